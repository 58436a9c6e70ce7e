//! The partners' ear: one server for all wallets and acquirers. Every call is parked until the
//! scenario says what the partner answers.

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use money::Money;
use sim::scenario::Call;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use wire::{Datetime, SignatureHeader, SignedMessage, SigningKey, VerifyingKey, acqp, mpp, paths};

/// Where acquirers want their notifications.
pub const NOTIFY_PATH: &str = "/notify";

/// A call that came in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heard {
    pub call: Call,
    /// The network's id of the payment.
    pub payment: String,
    /// The network's id of the refund.
    pub refund: Option<String>,
    /// Of `pay`: what the wallet is asked for, and whom it is to take it from.
    pub asked: Option<(Money, String)>,
}

/// What a partner does with a call.
#[derive(Clone, Debug)]
pub enum Reply {
    Say(Bytes),
    /// The bytes, with a signature over others.
    Forge(Bytes),
    Status(u16),
    /// Closes the connection unanswered.
    Hang,
}

struct Parked {
    heard: Heard,
    reply: oneshot::Sender<Reply>,
}

#[derive(Default)]
struct Seen {
    parked: Vec<Parked>,
    heard: Vec<Heard>,
    complaints: Vec<String>,
}

/// The server; cheap to clone.
#[derive(Clone)]
pub struct Desk {
    pub origin: String,
    key: Arc<SigningKey>,
    network: Arc<VerifyingKey>,
    seen: Arc<Mutex<Seen>>,
}

impl Desk {
    pub async fn open(key: Arc<SigningKey>, network: Arc<VerifyingKey>) -> io::Result<Desk> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let origin = format!("http://{}", listener.local_addr()?);
        let desk = Desk { origin, key, network, seen: Arc::default() };
        let receiver = desk.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let desk = receiver.clone();
                tokio::spawn(async move {
                    let service = service_fn(move |request| desk.clone().receive(request));
                    let connection =
                        http1::Builder::new().serve_connection(TokioIo::new(stream), service);
                    // Hanging up is one of the things that a partner does.
                    let _ = connection.await;
                });
            }
        });
        Ok(desk)
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().expect("nothing panics while it notes a call")
    }

    /// Is such a call waiting for its answer?
    pub fn is_parked(&self, wanted: (Call, &str, Option<&str>)) -> bool {
        self.seen().parked.iter().any(|it| !it.reply.is_closed() && fits(&it.heard, wanted))
    }

    /// Answers the call; `false` when none waits.
    pub fn answer(&self, wanted: (Call, &str, Option<&str>), reply: Reply) -> bool {
        let mut seen = self.seen();
        seen.parked.retain(|it| !it.reply.is_closed());
        let Some(at) = seen.parked.iter().position(|it| fits(&it.heard, wanted)) else {
            return false;
        };
        seen.parked.remove(at).reply.send(reply).is_ok()
    }

    /// How often such a call came, answered or not.
    pub fn count(&self, call: Call, payment: &str) -> usize {
        self.seen().heard.iter().filter(|it| it.call == call && it.payment == payment).count()
    }

    /// What the wallet was asked to take, and from whom, once it was asked.
    pub fn asked(&self, payment: &str) -> Option<(Money, String)> {
        let seen = self.seen();
        seen.heard.iter().find(|it| it.payment == payment && it.asked.is_some())?.asked.clone()
    }

    /// Calls that were not as the protocol wants them.
    pub fn complaints(&self) -> Vec<String> {
        self.seen().complaints.clone()
    }

    /// The network is gone, and its calls with it.
    pub fn forget(&self) {
        self.seen().parked.clear();
    }

    async fn receive(self, request: Request<Incoming>) -> io::Result<Response<Full<Bytes>>> {
        let (head, body) = request.into_parts();
        let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
        let header = |name: &str| head.headers.get(name).and_then(|value| value.to_str().ok());
        let (path, client_id) = (head.uri.path(), header("client-id").unwrap_or_default());
        let heard = self
            .check(path, (client_id, header("request-time"), header("signature")), &body)
            .and_then(|()| read(path, &body));
        let heard = match heard {
            Ok(heard) => heard,
            Err(complaint) => {
                self.seen().complaints.push(format!("{path}: {complaint}"));
                return Err(io::Error::other(complaint));
            }
        };
        let (sender, receiver) = oneshot::channel();
        {
            let mut seen = self.seen();
            seen.heard.push(heard.clone());
            seen.parked.push(Parked { heard, reply: sender });
        }
        match receiver.await.map_err(io::Error::other)? {
            Reply::Say(answer) => Ok(self.signed((path, client_id), answer.clone(), answer)),
            Reply::Forge(answer) => {
                Ok(self.signed((path, client_id), Bytes::from_static(b"{}"), answer))
            }
            Reply::Status(status) => {
                let response = Response::builder().status(status).body(Full::default());
                response.map_err(io::Error::other)
            }
            Reply::Hang => Err(io::ErrorKind::ConnectionReset.into()),
        }
    }

    /// Every call of the network is signed over its raw bytes.
    fn check(
        &self,
        path: &str,
        (client_id, time, signature): (&str, Option<&str>, Option<&str>),
        body: &[u8],
    ) -> Result<(), String> {
        let message = SignedMessage::new(path, client_id, time.ok_or("no request-time")?, body);
        let message = message.map_err(|error| error.to_string())?;
        let header = SignatureHeader::parse(signature.ok_or("no signature")?);
        let header = header.map_err(|error| error.to_string())?;
        header.verify(&self.network, &message).map_err(|error| error.to_string())
    }

    fn signed(
        &self,
        (path, client_id): (&str, &str),
        signed: Bytes,
        answer: Bytes,
    ) -> Response<Full<Bytes>> {
        let time = Datetime::utc(sim::scenario::OnBare::START).to_string();
        let message = SignedMessage::new(path, client_id, &time, &signed);
        let message = message.expect("the call's own path and client can be signed");
        let signature = SignatureHeader::sign(&self.key, 1, &message).to_string();
        Response::builder()
            .header("client-id", client_id)
            .header("response-time", time)
            .header("signature", signature)
            .body(Full::new(answer))
            .expect("ASCII headers")
    }
}

fn fits(heard: &Heard, (call, payment, refund): (Call, &str, Option<&str>)) -> bool {
    heard.call == call && heard.payment == payment && heard.refund.as_deref() == refund
}

/// Reads a call as strictly as the network reads those of its partners.
fn read(path: &str, body: &[u8]) -> Result<Heard, String> {
    let heard = |call, payment: &wire::parts::Id| Heard {
        call,
        payment: payment.to_string(),
        refund: None,
        asked: None,
    };
    Ok(match path {
        paths::wallet::PAY => {
            let it: mpp::PayRequest = parse(body)?;
            let customer = it.payment_method.customer_id.ok_or("no customerId")?;
            let asked = Some((it.pay_to_amount.0, customer.to_string()));
            Heard { asked, ..heard(Call::Pay, &it.payment_request_id) }
        }
        paths::wallet::INQUIRY_PAYMENT => {
            let it: mpp::InquiryPaymentRequest = parse(body)?;
            heard(Call::Inquiry, &it.payment_request_id)
        }
        paths::wallet::CANCEL_PAYMENT => {
            let it: mpp::CancelPaymentRequest = parse(body)?;
            heard(Call::Cancel, &it.payment_request_id)
        }
        paths::wallet::REFUND => {
            let it: mpp::RefundRequest = parse(body)?;
            let refund = Some(it.refund_request_id.to_string());
            Heard { refund, ..heard(Call::Refund, &it.payment_request_id) }
        }
        NOTIFY_PATH => {
            let it: acqp::NotifyPaymentRequest = parse(body)?;
            heard(Call::Notify, &it.payment_id.ok_or("no paymentId")?)
        }
        _ => return Err("nobody listens there".to_owned()),
    })
}

fn parse<T: wire::Value>(body: &[u8]) -> Result<T, String> {
    wire::parse(body).map_err(|error| error.to_string())
}
