//! A wallet with its keys and secrets, made on the first start in its directory.

use crate::node::{new_token, random, secret_file};
use anyhow::{Context, Result};
use api::ops::{Role, Tokens};
use base::Text;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use vault::Settings;
use wallet::Market;
use wallet_edge::bank::SimBank;
use wallet_edge::biller::SimBiller;
use wallet_edge::fund::SimFund;
use wallet_edge::{KeptMessages, Link, NetworkPeer, WalletNode, WalletOptions};
use wire::{SigningKey, VerifyingKey};

/// How to run a wallet.
pub struct RunOptions {
    pub market: Market,
    pub data: PathBuf,
    pub listen: SocketAddr,
    pub public_url: Option<String>,
    pub network: Option<NetworkPeer>,
    pub snapshot_every: u64,
}

/// A running wallet with its simulated surroundings.
pub struct WalletRun {
    pub node: WalletNode,
    pub brand: String,
    pub bank: Arc<SimBank>,
    pub messages: Arc<KeptMessages>,
    /// The token of the desk.
    pub token: String,
}

/// The market of a file, or one that ships.
pub fn market(name: &str) -> Result<Market> {
    let text = match wallet_edge::shipped_market(name) {
        Some(text) => text.to_owned(),
        None => std::fs::read_to_string(name).with_context(|| {
            format!("--market: {name} is no file, and no market of that name ships")
        })?,
    };
    wallet_edge::read_market(&text).with_context(|| format!("--market: {name}"))
}

/// The network as the wallet knows it.
pub fn peer(url: &str, key: &Path, client_id: &str) -> Result<NetworkPeer> {
    let text = std::fs::read(key).with_context(|| format!("cannot read {}", key.display()))?;
    let key = VerifyingKey::parse(&text)
        .with_context(|| format!("{} holds no public key", key.display()))?;
    Ok(NetworkPeer {
        base_url: url.trim_end_matches('/').to_owned(),
        keys: BTreeMap::from([(1, Arc::new(key))]),
        client_id: client_id.to_owned(),
    })
}

/// The wallet's own key, made on the first start; its public half lies beside it.
pub fn wallet_key(data: &Path) -> Result<Arc<SigningKey>> {
    std::fs::create_dir_all(data).with_context(|| format!("cannot make {}", data.display()))?;
    let path = data.join("wallet-key.pem");
    let pem =
        secret_file(&path, || Ok(SigningKey::generate_rsa2048()?.to_pkcs8_pem()?.into_bytes()))?;
    let key = SigningKey::parse(&pem)
        .with_context(|| format!("{} holds no usable key", path.display()))?;
    let public = data.join("wallet-key.pub");
    if !public.exists() {
        std::fs::write(&public, key.public().to_spki_pem())
            .with_context(|| format!("cannot write {}", public.display()))?;
    }
    Ok(Arc::new(key))
}

/// Starts a wallet in its directory.
pub async fn start(options: RunOptions) -> Result<WalletRun> {
    let home = &options.data;
    let key = wallet_key(home)?;
    let secret = secret_file(&home.join("wallet-secret"), || Ok(random::<32>()?.to_vec()))?;
    let master = secret_file(&home.join("vault-key"), || Ok(random::<32>()?.to_vec()))?;
    let master_key = master.as_slice().try_into().context("vault-key must have 32 bytes")?;
    let token = secret_file(&home.join("operator-token"), || Ok(new_token()?.into_bytes()))?;
    let token = String::from_utf8(token).context("the operator token is not text")?;
    let token = token.trim().to_owned();
    let mut tokens = Tokens::of_file(home.join("tokens"));
    tokens.add(Text::new("operator")?, Role::Admin, &token);
    let brand = options.market.brand.to_string();
    let (bank, messages) = (Arc::new(SimBank::default()), Arc::new(KeptMessages::default()));
    let node = WalletNode::start(WalletOptions {
        data: home.clone(),
        market: options.market,
        listen: options.listen,
        public_url: options.public_url,
        link: options.network.map(|peer| Link::new(peer, key)),
        bank: bank.clone(),
        fund: Arc::new(SimFund::default()),
        billers: Arc::new(SimBiller::default()),
        messenger: messages.clone(),
        tokens,
        master_key,
        secret,
        vault_settings: Settings::default(),
        snapshot_every: options.snapshot_every,
    })
    .await?;
    Ok(WalletRun { node, brand, bank, messages, token })
}
