//! The network's side of what an acquirer calls: hears `notifyPushPayment` and acknowledges it.

use super::peer::PeerConfig;
use crate::behaviour::Behaviour;
use crate::edge::{Edge, NetworkPeer};
use crate::server::{Answering, Handler, Received, Server};
use base::ResultCode;
use bytes::Bytes;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::watch;
use wire::parts::Id;
use wire::{Api, ResultOnly};

/// Most calls kept; later ones are answered and forgotten.
const MAX_HEARD: usize = 1_000;

/// A call of the acquirer.
#[derive(Clone, Debug)]
pub(super) struct Call {
    pub path: String,
    pub body: Bytes,
    /// Its headers are there and its signature holds.
    pub is_signed: bool,
}

impl Call {
    /// Also a call that cannot be read is about the payment that it names.
    fn is_about(&self, payment: &Id) -> bool {
        String::from_utf8_lossy(&self.body).contains(payment.as_str())
    }
}

/// Listens until it is dropped.
pub(super) struct Listener {
    ear: Arc<Ear>,
    _server: Server,
}

impl Listener {
    pub fn start(socket: TcpListener, peer: &PeerConfig) -> std::io::Result<Listener> {
        // The one who calls is the partner, and its key the one to verify with.
        let mut partner = NetworkPeer::new(&peer.url, peer.partner_key.clone());
        partner.keys = [(peer.partner_key_version, peer.partner_key.clone())].into();
        let edge = Edge::new(peer.network.clone(), partner, peer.clock.clone());
        let ear = Ear { edge, heard: Mutex::default(), news: watch::Sender::new(0) };
        let ear = Arc::new(ear);
        Ok(Listener { _server: Server::start(socket, ear.clone())?, ear })
    }

    /// The first call about this payment; none within the limit.
    pub async fn call_about(&self, payment: &Id, limit: Duration) -> Option<Call> {
        let mut news = self.ear.news.subscribe();
        let first = async {
            loop {
                let call = self.ear.heard().iter().find(|it| it.is_about(payment)).cloned();
                if call.is_some() || news.changed().await.is_err() {
                    return call;
                }
            }
        };
        tokio::time::timeout(limit, first).await.ok().flatten()
    }
}

struct Ear {
    edge: Edge,
    heard: Mutex<Vec<Call>>,
    /// Counts the calls, so that who waits for one wakes up.
    news: watch::Sender<u64>,
}

impl Ear {
    fn heard(&self) -> MutexGuard<'_, Vec<Call>> {
        self.heard.lock().expect("no code panics while it holds the calls")
    }

    fn keep(&self, call: Call) {
        let mut heard = self.heard();
        if heard.len() < MAX_HEARD {
            heard.push(call);
        }
        drop(heard);
        self.news.send_modify(|count| *count += 1);
    }
}

impl Handler for Ear {
    fn answer(self: Arc<Self>, request: Received) -> Answering {
        Box::pin(async move {
            let (path, body) = (request.target.clone(), request.body.clone());
            if path != Api::NotifyPushPayment.path() {
                let code = ResultCode::NoInterfaceDef;
                return self.edge.refuse(&path, code, code.meaning());
            }
            let verified = self.edge.verify(request);
            self.keep(Call { path: path.clone(), body, is_signed: verified.is_ok() });
            if let Err(refusal) = verified {
                return *refusal;
            }
            let taken = wire::render(&ResultOnly::new(ResultCode::Success.into()));
            self.edge.deliver(&path, taken, &Behaviour::Normal).await
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edge::{Clock, Credentials};
    use std::sync::Arc;
    use wire::{SigningKey, VerifyingKey, acqp::NotifyPushPaymentRequest};

    #[tokio::test]
    async fn a_call_that_somebody_else_signed_is_heard_and_refused() {
        let key = || Arc::new(SigningKey::generate_ed25519().unwrap());
        let public =
            |key: &SigningKey| Arc::new(VerifyingKey::parse(key.public().to_spki_der()).unwrap());
        let (network, partner, stranger) = (key(), key(), key());
        let peer = PeerConfig {
            network: Credentials::new("ACQP", network.clone()),
            url: "http://127.0.0.1:1".to_string(),
            partner_key: public(&partner),
            partner_key_version: 1,
            patience: Duration::from_secs(5),
            clock: Clock::system(),
        };
        let socket = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let url = format!("http://{}", socket.local_addr().unwrap());
        let listener = Listener::start(socket, &peer).unwrap();
        let limit = Duration::from_secs(20);
        for (at, signer, result, is_signed) in [
            ("P-1", &partner, ResultCode::Success, true),
            ("P-2", &stranger, ResultCode::InvalidSignature, false),
        ] {
            let called = NetworkPeer::new(&url, public(&network));
            let credentials = Credentials::new("ACQP", signer.clone());
            let edge = Edge::new(credentials, called, Clock::system());
            let payment = Id::new(at).unwrap();
            let told = NotifyPushPaymentRequest::new(ResultCode::Success.into(), payment.clone());
            let answer: ResultOnly = edge.call(Api::NotifyPushPayment, &told, limit).await.unwrap();
            assert_eq!(answer.result.code(), result, "{at}");
            let call = listener.call_about(&payment, limit).await.unwrap();
            assert_eq!(call.is_signed, is_signed, "{at}");
        }
        let other = Id::new("P-3").unwrap();
        assert!(listener.call_about(&other, Duration::from_millis(1)).await.is_none());
    }
}
