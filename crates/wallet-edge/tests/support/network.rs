//! A network that signs what it is told to say, and remembers what it was asked.

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use dhow_wallet_edge::{Link, NetworkPeer};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock, Mutex};
use wire::{Datetime, SignatureHeader, SignedMessage, SigningKey, VerifyingKey};

/// One key for both sides: what is tested is what is said.
static KEY: LazyLock<Arc<SigningKey>> =
    LazyLock::new(|| Arc::new(SigningKey::generate_rsa2048().expect("a key can be drawn")));

const CLIENT: &str = "MPP_1";

#[derive(Clone, Default)]
pub struct Network {
    says: Arc<Mutex<BTreeMap<&'static str, Value>>>,
    heard: Arc<Mutex<Vec<(String, Value)>>>,
}

impl Network {
    /// From now on a path is answered with S and this.
    pub fn say(&self, path: &'static str, mut answer: Value) {
        answer["result"] = json!({ "resultStatus": "S", "resultCode": "SUCCESS" });
        self.says.lock().unwrap().insert(path, answer);
    }

    /// As [`say`](Network::say), but F with this code.
    pub fn refuse(&self, path: &'static str, code: &str) {
        let answer = json!({ "result": { "resultStatus": "F", "resultCode": code } });
        self.says.lock().unwrap().insert(path, answer);
    }

    /// What was last asked at a path.
    pub fn heard(&self, path: &str) -> Option<Value> {
        let heard = self.heard.lock().unwrap();
        heard.iter().rev().find(|(at, _)| at.ends_with(path)).map(|(_, body)| body.clone())
    }

    async fn answer(self, request: Request) -> Response {
        let path = request.uri().path().to_owned();
        let body = axum::body::to_bytes(request.into_body(), 1 << 20).await.unwrap();
        let asked = serde_json::from_slice(&body).unwrap();
        self.heard.lock().unwrap().push((path.clone(), asked));
        let says = self.says.lock().unwrap();
        let found = says.iter().find(|(end, _)| path.ends_with(*end)).map(|(_, answer)| answer);
        let done = json!({ "result": { "resultStatus": "S", "resultCode": "SUCCESS" } });
        let body = found.unwrap_or(&done).to_string();
        let time = Datetime::utc(base::Timestamp::from_secs(1_790_000_000)).to_string();
        let message = SignedMessage::new(&path, CLIENT, &time, body.as_bytes()).unwrap();
        let signature = SignatureHeader::sign(&KEY, 1, &message).to_string();
        Response::builder()
            .header("content-type", "application/json; charset=UTF-8")
            .header("client-id", CLIENT)
            .header("response-time", time)
            .header("signature", signature)
            .body(Body::from(body))
            .unwrap()
    }

    /// The headers of a call to the wallet, signed at this time.
    pub fn headers(path: &str, time: base::Timestamp, body: &[u8]) -> String {
        let time = Datetime::utc(time).to_string();
        let message = SignedMessage::new(path, CLIENT, &time, body).unwrap();
        let signature = SignatureHeader::sign(&KEY, 1, &message);
        format!(
            "Content-Type: application/json; charset=UTF-8\r\nClient-Id: {CLIENT}\r\n\
             Request-Time: {time}\r\nSignature: {signature}\r\n"
        )
    }

    pub async fn start(&self) -> Link {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base_url = format!("http://{}", listener.local_addr().unwrap());
        let network = self.clone();
        let router = Router::new().fallback(move |request| network.clone().answer(request));
        let options = api::ServerOptions::default();
        tokio::spawn(api::serve(listener, router, options, std::future::pending()));
        let key = VerifyingKey::parse(KEY.public().to_spki_der()).unwrap();
        let keys = BTreeMap::from([(1, Arc::new(key))]);
        let peer = NetworkPeer { base_url, keys, client_id: CLIENT.to_owned() };
        Link::new(peer, KEY.clone())
    }
}

/// What `userInitiatedPay` answers.
pub fn order() -> Value {
    json!({
        "acquirerId": "A-JP", "codeType": "ORDER_CODE", "paymentRequestId": "network-1",
        "order": {
            "referenceOrderId": "R-17", "orderDescription": "tea",
            "orderAmount": { "currency": "JPY", "value": "1200" },
            "merchant": {
                "referenceMerchantId": "M-1", "merchantMCC": "5814", "merchantName": "Kissaten",
            },
        },
        "paymentAmount": { "currency": "JPY", "value": "1200" },
        "payToAmount": { "currency": "KRW", "value": "11000" },
        "paymentQuote": { "quoteCurrencyPair": "JPY/KRW", "quotePrice": "9.4167" },
        "paymentRedirectUrl": "https://shop.example/done",
        "paymentPromoInfo": { "paymentPromoDetails": [{
            "promoId": "P1", "promoName": "Hello", "promoType": "DISCOUNT",
            "savingsAmount": { "currency": "KRW", "value": "300" },
        }] },
    })
}
