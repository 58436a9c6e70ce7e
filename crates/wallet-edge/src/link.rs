//! The wallet's own signed calls to the network.

use base::{ResultStatus, Timestamp};
use effects::{Call, CallError, CallKeys, ClientOptions, SignedClient, TargetRule};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use wire::{SigningKey, Value, VerifyingKey, WireResult};

/// How long one call may take. Source: wallet interface 1.7.
const TIMEOUT: Duration = Duration::from_secs(8);

/// The network as the wallet knows it.
#[derive(Clone, Debug)]
pub struct NetworkPeer {
    /// Without a path and a slash at the end: `http://127.0.0.1:8080`.
    pub base_url: String,
    /// The network's public keys by version.
    pub keys: BTreeMap<u32, Arc<VerifyingKey>>,
    /// The id that the network gave this wallet, which stands on calls in both directions.
    pub client_id: String,
}

impl CallKeys for NetworkPeer {
    fn key(&self, version: u32, _: Timestamp) -> Option<Arc<VerifyingKey>> {
        self.keys.get(&version).cloned()
    }
}

/// Why a call to the network did not succeed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LinkError {
    /// No verified answer: what became of the request is not known.
    #[error(transparent)]
    Call(#[from] CallError),
    /// The network answered with something else than S.
    #[error("the network answered {} {}", .0.status().as_str(), .0.result_code.as_str())]
    Refused(WireResult),
}

/// Calls the network, and knows by which key it is to be believed.
pub struct Link {
    pub peer: NetworkPeer,
    pub key: Arc<SigningKey>,
    pub key_version: u32,
    client: SignedClient,
}

impl Link {
    pub fn new(peer: NetworkPeer, key: Arc<SigningKey>) -> Link {
        // The one network that the operator entered is called, wherever it is.
        let targets =
            TargetRule { allows_loopback: true, allows_private: true, ..TargetRule::default() };
        let options = ClientOptions { targets, ..ClientOptions::default() };
        let client = SignedClient::new(Arc::clone(&key), 1, options);
        Link { peer, key, key_version: 1, client }
    }

    /// Calls the network and reads the verified answer, whatever its result.
    pub async fn call<A: Value>(
        &self,
        api: wire::Api,
        request: &impl Value,
    ) -> Result<A, CallError> {
        let call = Call {
            url: &format!("{}{}", self.peer.base_url, api.path()),
            own_origin: Some(&self.peer.base_url),
            client_id: &self.peer.client_id,
            body: wire::render(request).into(),
            keys: &self.peer,
            timeout: TIMEOUT,
        };
        let (answer, _) = self.client.call_for(call, wire::parse::<A>).await?;
        Ok(answer)
    }
}

/// The result as an error unless it is S.
pub(crate) fn succeed(result: &WireResult) -> Result<(), LinkError> {
    match result.status() {
        ResultStatus::S => Ok(()),
        ResultStatus::F | ResultStatus::U => Err(LinkError::Refused(result.clone())),
    }
}
