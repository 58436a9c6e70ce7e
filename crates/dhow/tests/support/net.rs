//! The network itself on a directory of its own: engine, workers, edge and operations API, as the
//! program wires them, with a clock that is set by hand. It can be killed.

use super::client::TOKEN;
use api::auth::AuthOptions;
use api::links::Links;
use api::ops::{Ops, Role, Tokens};
use api::wire_edge::{WireEdge, WireEdgeOptions, WireEdgeParts};
use base::Timestamp;
use directory::ParticipantKey;
use effects::{
    BreakerOptions, ClientOptions, DirectoryView, Effects, EffectsOptions, LaneOptions, Partitions,
    SignedClient, TargetRule,
};
use engine::{Clock, Engine, ManualClock, Options, Startup};
use ids::Partition;
use network::{AddParticipant, Change, Command, Network, Operator, PartitionPlan, Reply};
use sim::preset;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};
use wire::SigningKey;

/// Longer than any test: what is to time out here does so by the scenario's word.
const FOR_EVER: Duration = Duration::from_secs(3_600);

/// Of the network, for names of users and for tokens.
const SECRET: &[u8] = b"a secret of the scenarios";

/// Small, so that snapshots are written in the middle of scenarios.
const SNAPSHOT_EVERY: u64 = 9;

/// Small, so that segments end in the middle of scenarios and a start has little to look through.
const SEGMENT_BYTES: u64 = 16 * 1024;

/// Who and where everybody is.
pub struct Place<'a> {
    pub home: &'a Path,
    pub clock: Arc<ManualClock>,
    pub network_key: Arc<SigningKey>,
    /// Key 1 of all partners.
    pub partner_key: &'a SigningKey,
    /// Where all partners listen.
    pub partners: &'a str,
}

/// A running network.
pub struct Net {
    pub partitions: Partitions,
    pub address: SocketAddr,
    pub startup: Startup,
    runtime: Runtime,
}

impl Net {
    /// Starts the network on what its directory holds; an empty one gets the preset's world.
    pub fn start(place: &Place<'_>) -> Result<Net, String> {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.map_err(|error| error.to_string())?;
        let mut options = Options::new(place.home, "network");
        options.clock = place.clock.clone();
        options.snapshot_every = SNAPSHOT_EVERY;
        options.segment_bytes = SEGMENT_BYTES;
        let (engine, startup) = Engine::start(options, Network::new(PartitionPlan::SINGLE))
            .map_err(|error| error.to_string())?;
        let partitions = Partitions::new(vec![engine]);
        let is_new = startup.position == 0;
        let address = runtime.block_on(async {
            if is_new {
                fill(&partitions, place).await?;
            }
            serve(&partitions, place).await
        })?;
        Ok(Net { partitions, address, startup, runtime })
    }

    pub fn engine(&self) -> &Engine<Network> {
        self.partitions.engine(Partition(0)).expect("there is one partition")
    }

    /// Ends everything where it stands, as a killed process would.
    pub fn kill(self) {
        drop(self.partitions);
        self.runtime.shutdown_timeout(FOR_EVER);
    }
}

async fn serve(partitions: &Partitions, place: &Place<'_>) -> Result<SocketAddr, String> {
    let directory =
        DirectoryView::open(partitions.clone()).await.map_err(|error| error.to_string())?;
    let targets = TargetRule { allows_loopback: true, ..TargetRule::default() };
    let client_options = ClientOptions { targets, ..ClientOptions::default() };
    let client = SignedClient::new(place.network_key.clone(), 1, client_options);
    // A partner that is silent for two days of a scenario is silent within a second here.
    let breaker = BreakerOptions { failures_to_open: u32::MAX, ..BreakerOptions::default() };
    let options = EffectsOptions {
        lane: LaneOptions { breaker, ..LaneOptions::default() },
        timeout: Some(FOR_EVER),
    };
    let tokens = effects::Tokens::new(SECRET);
    let effects = Effects::new(partitions.clone(), directory.clone(), client, tokens, options);
    effects.start().await.map_err(|error| error.to_string())?;
    // The same after every restart, whichever port it has then.
    let links = Links::new("https://codes.example").map_err(|error| error.to_string())?;
    let parts = WireEdgeParts {
        partitions: partitions.clone(),
        directory: directory.clone(),
        effects: effects.clone(),
        key: place.network_key.clone(),
        key_version: 1,
        alias_secret: SECRET.to_vec(),
        links: links.clone(),
        clock: place.clock.clone(),
    };
    // Nobody waits: what the wallet has not said before the request came is not known.
    let edge_options = WireEdgeOptions {
        auth: AuthOptions::default(),
        rate_per_second: None,
        wait: Duration::ZERO,
    };
    let edge = WireEdge::new(parts, edge_options).map_err(|error| error.to_string())?;
    let mut tokens = Tokens::default();
    tokens.add(preset::text("scenario"), Role::Admin, TOKEN);
    let ops = Ops { partitions: partitions.clone(), directory, effects, tokens, links };
    let router = edge.router().merge(api::ops::router(ops));
    let listener = TcpListener::bind("127.0.0.1:0").await.map_err(|error| error.to_string())?;
    let address = listener.local_addr().map_err(|error| error.to_string())?;
    // Connections of a busy machine may be idle for long.
    let server = api::ServerOptions { head_timeout: FOR_EVER, ..api::ServerOptions::default() };
    tokio::spawn(api::serve(listener, router, server, std::future::pending()));
    Ok(address)
}

/// The preset's world, with keys and addresses.
async fn fill(partitions: &Partitions, place: &Place<'_>) -> Result<(), String> {
    let now = place.clock.now();
    let changes = preset::changes(now).into_iter().map(|change| match change {
        Change::AddParticipant(mut it) => {
            let spki = place.partner_key.public().to_spki_der().to_vec();
            let from = Timestamp::default();
            it.participant.keys = vec![ParticipantKey { version: 1, spki, from, until: None }];
            it.participant.endpoints.origin = Some(preset::text(place.partners));
            Change::AddParticipant(Box::new(AddParticipant { participant: it.participant }))
        }
        other => other,
    });
    let by = Operator { who: preset::text("scenario"), why: preset::text("set up") };
    let changes = changes.map(|change| Command::Operate { by: by.clone(), change });
    let merchants = preset::merchants().into_iter().map(Command::RegisterMerchant);
    for command in changes.chain(merchants) {
        let answered = partitions.submit(Partition(0), command).await;
        let (_, reply) = answered.map_err(|error| error.to_string())?;
        if let Reply::Refused(refusal) = reply {
            return Err(format!("the world cannot be set up: {}", refusal.message));
        }
    }
    Ok(())
}
