//! A wallet (and the acquirer's ear for notifications) that answers by a script.

use crate::world::KEY;
use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use dhow_api::{ServerOptions, serve};
use http::Response;
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;
use wire::{SignatureHeader, SignedMessage};

/// What the wallet says to `pay` and `refund`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Mood {
    Approves,
    Declines,
    /// Never answers.
    IsSilent,
    /// Says yes with a signature over something else.
    Forges,
    /// Says yes to another amount.
    Contradicts,
}

struct Script {
    mood: Mutex<Mood>,
    /// Paths and bodies of all calls.
    calls: Mutex<Vec<(String, String)>>,
}

pub struct Wallet {
    pub origin: String,
    script: Arc<Script>,
}

impl Wallet {
    pub async fn start() -> Wallet {
        let calls = Mutex::default();
        let script = Arc::new(Script { mood: Mutex::new(Mood::Approves), calls });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(answer).with_state(script.clone());
        tokio::spawn(serve(listener, router, ServerOptions::default(), std::future::pending()));
        Wallet { origin, script }
    }

    pub fn set(&self, mood: Mood) {
        *self.script.mood.lock().unwrap() = mood;
    }

    /// Bodies of the calls to a path so far.
    pub fn calls(&self, path: &str) -> Vec<String> {
        let calls = self.script.calls.lock().unwrap();
        calls.iter().filter(|(at, _)| at == path).map(|(_, body)| body.clone()).collect()
    }

    /// The first call to a path, once it has come.
    pub async fn called(&self, path: &str) -> String {
        loop {
            if let Some(body) = self.calls(path).into_iter().next() {
                return body;
            }
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    }
}

const SUCCESS: &str = r#""result":{"resultStatus":"S","resultCode":"SUCCESS"}"#;

async fn answer(State(script): State<Arc<Script>>, request: Request) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 65_536).await.unwrap();
    let header = |name: &str| parts.headers[name].to_str().unwrap().to_string();
    let (client_id, path) = (header("client-id"), parts.uri.path().to_string());
    let time = header("request-time");
    let asked = SignedMessage::new(&path, &client_id, &time, &body).unwrap();
    let signature = SignatureHeader::parse(&header("signature")).unwrap();
    assert_eq!(signature.verify(KEY.public(), &asked), Ok(()));
    let text = String::from_utf8(body.to_vec()).unwrap();
    script.calls.lock().unwrap().push((path.clone(), text));
    let mood = *script.mood.lock().unwrap();
    let is_asked_to_pay = path.ends_with("/pay") || path.ends_with("/refund");
    if is_asked_to_pay && mood == Mood::IsSilent {
        std::future::pending::<()>().await;
    }
    let answer = match path.as_str() {
        "/v1/payments/pay" => pay(mood),
        "/v1/payments/refund" => format!(r#"{{{SUCCESS},"refundId":"WR-1"}}"#),
        "/v1/payments/inquiryPayment" => {
            format!(
                r#"{{{SUCCESS},"paymentResult":{{"resultStatus":"U","resultCode":"PAYMENT_IN_PROCESS"}}}}"#
            )
        }
        _ => format!("{{{SUCCESS}}}"),
    };
    let time = "2026-11-22T07:20:47Z";
    let signed = if mood == Mood::Forges && is_asked_to_pay { "{}" } else { &answer };
    let message = SignedMessage::new(&path, &client_id, time, signed.as_bytes()).unwrap();
    let signature = SignatureHeader::sign(&KEY, 1, &message).to_string();
    Response::builder()
        .header("client-id", client_id)
        .header("response-time", time)
        .header("signature", signature)
        .body(Body::from(answer))
        .unwrap()
}

fn pay(mood: Mood) -> String {
    match mood {
        Mood::Declines => {
            r#"{"result":{"resultStatus":"F","resultCode":"USER_BALANCE_NOT_ENOUGH"}}"#.to_string()
        }
        Mood::Contradicts => {
            let amount = r#""paymentAmount":{"currency":"JPY","value":"1"}"#;
            format!(r#"{{{SUCCESS},"paymentId":"WP-1",{amount}}}"#)
        }
        Mood::Approves | Mood::IsSilent | Mood::Forges => {
            format!(r#"{{{SUCCESS},"paymentId":"WP-1","paymentTime":"2026-11-22T16:20:47+09:00"}}"#)
        }
    }
}
