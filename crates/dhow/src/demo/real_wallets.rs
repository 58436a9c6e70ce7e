//! The demonstration's wallets as what they are: three wallets of our own, each in its market.

use super::{Demo, Phones, busy, endpoints};
use crate::wallet::{RunOptions, market, start};
use account::Tier;
use anyhow::{Context, Result};
use base::Text;
use directory::{Endpoints, Participant};
use partner_sims::NetworkPeer;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

impl Demo {
    pub(super) async fn start_real_wallet(
        &mut self,
        it: &Participant,
        (peer, address): (&NetworkPeer, SocketAddr),
        data: PathBuf,
    ) -> Result<Endpoints> {
        let mut market = market(&it.country.as_str().to_lowercase())?;
        market.brand = Text::new(it.name.as_str()).context("a participant's name is short")?;
        // The demonstration pays for days on end: nobody's month is used up by it.
        let limits = [1, 1_000, 10_000, 10].map(|times| 100_000_000_000 * times);
        let tier = Tier::new("demonstration", limits).context("a constant of this file")?;
        market.account.tiers.push(tier);
        let running = start(RunOptions {
            market,
            data: data.clone(),
            listen: address,
            public_url: None,
            network: Some(wallet_edge::NetworkPeer {
                base_url: peer.base_url.clone(),
                keys: peer.keys.clone(),
                client_id: it.client_id.to_string(),
            }),
            snapshot_every: 1_000_000,
        })
        .await
        .with_context(|| busy(address))?;
        let mut endpoints = endpoints(running.node.address, Some(wallet_edge::mpp::PREFIX), None)?;
        let base = running.node.base_url();
        endpoints.app_link = Some(format!("{base}/app/open").parse()?);
        let phones = Arc::new(Phones::new(it.code.as_str(), running, data.join("phones.json")));
        self.phones.push(Arc::clone(&phones));
        self.wallets.push(phones);
        Ok(endpoints)
    }
}
