//! One running network: engines, effects, edges, in one process.

use crate::progress;
use anyhow::{Context, Result, bail};
use api::auth::AuthOptions;
use api::links::Links;
use api::ops::{Ops, Role, Tokens};
use api::wire_edge::{WireEdge, WireEdgeOptions, WireEdgeParts};
use base::Text;
use effects::{
    ClientOptions, DirectoryView, Effects, EffectsOptions, Partitions, SignedClient, TargetRule,
};
use engine::{Engine, Options, SystemClock};
use ids::Partition;
use network::{Change, Command, Network, Operator, PartitionPlan, Reply};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::watch;
use wire::SigningKey;

/// How to run a network.
#[derive(Clone, Debug)]
pub struct NodeOptions {
    pub data: PathBuf,
    pub listen: SocketAddr,
    /// The origin that stands in codes and under which payers reach the pages; without it, the
    /// address that is listened on.
    pub public_url: Option<String>,
    pub partitions: u8,
    /// Hosts outside this machine that may be called; loopback is allowed when this is a sandbox.
    pub allowed_hosts: Vec<String>,
    pub is_sandbox: bool,
    /// How old or new a request's time may be; `None` switches the check off.
    pub freshness_secs: Option<u64>,
    /// How long `pay` waits for the wallet, in milliseconds.
    pub wait_ms: u64,
    /// A snapshot is written every so many records of a partition.
    pub snapshot_every: u64,
    /// A log segment ends before the batch that would make it longer.
    pub segment_bytes: u64,
}

impl Default for NodeOptions {
    /// One partition on a free port of this machine, for tests and measurements.
    fn default() -> NodeOptions {
        NodeOptions {
            data: PathBuf::from("data"),
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            public_url: None,
            partitions: 1,
            allowed_hosts: Vec::new(),
            is_sandbox: true,
            freshness_secs: Some(300),
            wait_ms: 6_500,
            snapshot_every: 1_000_000,
            segment_bytes: 64 << 20,
        }
    }
}

/// A running network.
pub struct Node {
    pub partitions: Partitions,
    pub directory: Arc<DirectoryView>,
    pub address: SocketAddr,
    pub key: Arc<SigningKey>,
    /// Where payers reach it.
    pub links: Links,
    effects: Effects,
    stop: watch::Sender<bool>,
    served: tokio::task::JoinHandle<()>,
}

/// Writes a new file that only its owner can read.
pub fn write_secret(path: &Path, bytes: &[u8]) -> Result<()> {
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .with_context(|| format!("cannot write {}", path.display()))?;
    file.write_all(bytes)?;
    file.sync_all()?;
    Ok(())
}

/// Puts a file that only its owner can read in the place of an older one, whole or not at all.
pub fn replace_secret(path: &Path, bytes: &[u8]) -> Result<()> {
    let beside = path.with_extension("new");
    if beside.exists() {
        std::fs::remove_file(&beside)
            .with_context(|| format!("cannot remove {}", beside.display()))?;
    }
    write_secret(&beside, bytes)?;
    std::fs::rename(&beside, path).with_context(|| format!("cannot write {}", path.display()))
}

/// Reads a secret file, or makes it first.
pub(crate) fn secret_file(path: &Path, make: impl FnOnce() -> Result<Vec<u8>>) -> Result<Vec<u8>> {
    if path.exists() {
        return std::fs::read(path).with_context(|| format!("cannot read {}", path.display()));
    }
    let bytes = make()?;
    write_secret(path, &bytes)?;
    Ok(bytes)
}

pub fn random<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    if aws_lc_rs::rand::fill(&mut bytes).is_err() {
        bail!("the system gives no random numbers");
    }
    Ok(bytes)
}

/// The network's own key, made on the first start unless one was imported before.
pub fn network_key(data: &Path) -> Result<SigningKey> {
    std::fs::create_dir_all(data).with_context(|| format!("cannot make {}", data.display()))?;
    let path = data.join("network-key.pem");
    let pem =
        secret_file(&path, || Ok(SigningKey::generate_rsa2048()?.to_pkcs8_pem()?.into_bytes()))?;
    SigningKey::parse(&pem).with_context(|| format!("{} holds no usable key", path.display()))
}

/// The secret of a new token: 192 random bits.
pub fn new_token() -> Result<String> {
    let bytes: [u8; 24] = random()?;
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(format!("dhow_{hex}"))
}

/// The token of the operations API, made on the first start.
pub fn operator_token(data: &Path) -> Result<String> {
    std::fs::create_dir_all(data).with_context(|| format!("cannot make {}", data.display()))?;
    let bytes = secret_file(&data.join("operator-token"), || Ok(new_token()?.into_bytes()))?;
    Ok(String::from_utf8(bytes).context("the operator token is not text")?.trim().to_owned())
}

impl Node {
    /// Starts a network: it answers, and calls its partners.
    pub async fn start(options: &NodeOptions) -> Result<Node> {
        let node = Node::open(options).await?;
        node.call_partners().await?;
        Ok(node)
    }

    /// Begins to carry out what waits in the outbox, and what will.
    pub async fn call_partners(&self) -> Result<()> {
        Ok(self.effects.start().await?)
    }

    /// Starts a network that answers but calls nobody yet.
    pub async fn open(options: &NodeOptions) -> Result<Node> {
        let key = Arc::new(network_key(&options.data)?);
        let alias_secret =
            secret_file(&options.data.join("alias-secret"), || Ok(random::<32>()?.to_vec()))?;
        let token = operator_token(&options.data)?;
        let engines = start_engines(options).await?;
        let partitions = Partitions::new(engines);
        let directory = DirectoryView::open(partitions.clone()).await?;
        let targets = TargetRule {
            allowed_hosts: options.allowed_hosts.iter().cloned().collect(),
            allows_loopback: options.is_sandbox,
            ..TargetRule::default()
        };
        let client_options = ClientOptions { targets, ..ClientOptions::default() };
        let client = SignedClient::new(Arc::clone(&key), 1, client_options);
        let effects = Effects::new(
            partitions.clone(),
            Arc::clone(&directory),
            client,
            effects::Tokens::new(&alias_secret),
            EffectsOptions::default(),
        );
        let listener = TcpListener::bind(options.listen).await.with_context(|| {
            format!("cannot listen on {}; choose another with --listen", options.listen)
        })?;
        let address = listener.local_addr()?;
        let links = links(options, address)?;
        let parts = WireEdgeParts {
            partitions: partitions.clone(),
            directory: Arc::clone(&directory),
            effects: effects.clone(),
            key: Arc::clone(&key),
            key_version: 1,
            alias_secret,
            links: links.clone(),
            clock: Arc::new(SystemClock),
        };
        let edge = WireEdge::new(parts, edge_options(options))?;
        let mut tokens = Tokens::of_file(options.data.join("tokens"));
        tokens.add(Text::new("operator")?, Role::Admin, &token);
        let ops = Ops {
            partitions: partitions.clone(),
            directory: Arc::clone(&directory),
            effects: effects.clone(),
            tokens,
            links: links.clone(),
        };
        let pages = api::pages::router(&edge);
        let router = edge.router().merge(api::ops::router(ops)).merge(pages);
        let (stop, mut stopped) = watch::channel(false);
        let served = tokio::spawn(async move {
            let shutdown = async move {
                // An error means that the node itself is gone.
                let _ = stopped.wait_for(|stop| *stop).await;
            };
            api::serve(listener, router, api::ServerOptions::default(), shutdown).await;
        });
        Ok(Node { partitions, directory, address, key, links, effects, stop, served })
    }

    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Applies a change in every partition, in order; the first refusal ends it.
    pub async fn operate(&self, who: &str, why: &str, change: Change) -> Result<Reply> {
        operate(&self.partitions, who, why, change).await
    }

    /// Answers what is under way, writes snapshots, ends the threads.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        // A panic of the server was reported where it happened.
        let _ = self.served.await;
        let partitions = self.partitions.clone();
        let stopped = tokio::task::spawn_blocking(move || {
            for partition in partitions.all() {
                if let Some(engine) = partitions.engine(partition) {
                    engine.stop();
                }
            }
        });
        let _ = stopped.await;
    }
}

/// Applies a change in every partition, in order; the first refusal ends it.
pub async fn operate(
    partitions: &Partitions,
    who: &str,
    why: &str,
    change: Change,
) -> Result<Reply> {
    let by = Operator {
        who: Text::new(who).map_err(|error| anyhow::anyhow!("who: {error}"))?,
        why: Text::new(why).map_err(|error| anyhow::anyhow!("why: {error}"))?,
    };
    match partitions.submit_to_all(Command::Operate { by, change }).await? {
        Reply::Refused(refusal) => bail!("{}: {}", refusal.code, refusal.message),
        reply => Ok(reply),
    }
}

/// Where payers reach the network. An address of all interfaces is no address for them.
fn links(options: &NodeOptions, address: SocketAddr) -> Result<Links> {
    let own = match address.ip() {
        ip if ip.is_unspecified() => format!("http://127.0.0.1:{}", address.port()),
        _ => format!("http://{address}"),
    };
    let origin = options.public_url.as_deref().unwrap_or(&own);
    Links::new(origin).context("--public-url")
}

fn edge_options(options: &NodeOptions) -> WireEdgeOptions {
    WireEdgeOptions {
        auth: AuthOptions {
            freshness: options.freshness_secs.map(base::Span::secs),
            explains_signatures: options.is_sandbox,
        },
        wait: Duration::from_millis(options.wait_ms),
        ..WireEdgeOptions::default()
    }
}

async fn start_engines(options: &NodeOptions) -> Result<Vec<Engine<Network>>> {
    check_plan(options)?;
    let mut engines = Vec::new();
    for number in 0..options.partitions {
        let plan = PartitionPlan { partition: Partition(number), partitions: options.partitions };
        let mut settings = Options::new(&options.data, "network");
        settings.partition = number;
        settings.snapshot_every = options.snapshot_every;
        settings.segment_bytes = options.segment_bytes;
        settings.on_progress = Some(progress::of_replay());
        let started =
            tokio::task::spawn_blocking(move || Engine::start(settings, Network::new(plan)));
        let (engine, startup) = started.await??;
        tracing::info!(
            partition = number,
            position = startup.position,
            replayed = startup.replayed,
            torn_bytes = startup.torn_bytes,
            elapsed_ms = startup.elapsed_ms,
            "partition is ready"
        );
        engines.push(engine);
    }
    Ok(engines)
}

/// The number of partitions is chosen once: ids and codes say where things live.
fn check_plan(options: &NodeOptions) -> Result<()> {
    std::fs::create_dir_all(&options.data)?;
    let path = options.data.join("partitions");
    let wanted = options.partitions.to_string();
    if !path.exists() {
        std::fs::write(&path, &wanted)?;
    }
    let found = std::fs::read_to_string(&path)?;
    if found.trim() != wanted {
        bail!(
            "--partitions {wanted}: {} was made with {}; start it with that number",
            options.data.display(),
            found.trim()
        );
    }
    Ok(())
}
