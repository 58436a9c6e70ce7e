//! Both partners over real HTTP on loopback, against a network that the test plays.

mod acquirer;
mod behaviour;
mod conform;
mod conform_push;
mod control;
mod lax;
mod wallet;

use crate::edge::{Clock, Credentials, Edge, NetworkPeer};
use crate::server::{Answering, Handler, Received, Server};
use crate::{Behaviour, CallError, SimWallet, WalletConfig};
use base::{ResultCode, Timestamp};
use effects::{Call, ClientOptions, SignedClient, TargetRule};
use money::{Currency, Money};
use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::TcpListener;
use wire::parts::{Id, Merchant, Order, PaymentFactor, PaymentMethod};
use wire::{Amount, AmountOrZero, Label, ResultOnly, SigningKey, Text, Value, mpp, paths};

/// Long enough for a loaded machine; only a failing test waits for it.
const LONG: Duration = Duration::from_secs(20);
/// For calls that are never answered.
const SHORT: Duration = Duration::from_secs(1);

fn key() -> Arc<SigningKey> {
    Arc::new(SigningKey::generate_ed25519().unwrap())
}

fn money(minor: u64, code: &str) -> Money {
    Money::new(minor, Currency::from_code(code).unwrap()).unwrap()
}

fn id(text: &str) -> Id {
    Id::new(text).unwrap()
}

/// The network's side of the wire to one partner: records what it hears, says what it was told to
/// say.
struct FakeNetwork {
    edge: Edge,
    heard: Mutex<Vec<(String, Vec<u8>)>>,
    /// By path; without one the answer is S.
    says: Mutex<BTreeMap<String, VecDeque<Vec<u8>>>>,
}

impl FakeNetwork {
    fn new(client_id: &str, key: Arc<SigningKey>, partner: &SigningKey) -> Arc<FakeNetwork> {
        let partner = wire::VerifyingKey::parse(partner.public().to_spki_der()).unwrap();
        let peer = NetworkPeer::new("http://127.0.0.1:1", Arc::new(partner));
        let edge = Edge::new(Credentials::new(client_id, key), peer, Clock::system());
        Arc::new(FakeNetwork { edge, heard: Mutex::default(), says: Mutex::default() })
    }

    fn say(&self, api: wire::Api, answer: &impl Value) {
        let mut says = self.says.lock().unwrap();
        says.entry(api.path().to_string()).or_default().push_back(wire::render(answer));
    }

    fn heard(&self, api: wire::Api) -> Vec<Vec<u8>> {
        let heard = self.heard.lock().unwrap();
        heard.iter().filter(|(path, _)| path == api.path()).map(|(_, body)| body.clone()).collect()
    }

    /// Waits until a call was made at least `count` times.
    async fn wait_for(&self, api: wire::Api, count: usize) {
        let many = async {
            while self.heard(api).len() < count {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(LONG, many).await.unwrap();
    }
}

impl Handler for FakeNetwork {
    fn answer(self: Arc<Self>, request: Received) -> Answering {
        Box::pin(async move {
            let verified = match self.edge.verify(request) {
                Ok(verified) => verified,
                Err(refusal) => return *refusal,
            };
            let path = verified.target.clone();
            self.heard.lock().unwrap().push((path.clone(), verified.body.to_vec()));
            let said = self.says.lock().unwrap().get_mut(&path).and_then(VecDeque::pop_front);
            let success = || wire::render(&ResultOnly::new(ResultCode::Success.into()));
            let body = said.unwrap_or_else(success);
            self.edge.deliver(&path, body, &Behaviour::Normal).await
        })
    }
}

async fn serve(network: &Arc<FakeNetwork>) -> (Server, String) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let server = Server::start(listener, network.clone()).unwrap();
    let url = format!("http://{}", server.address());
    (server, url)
}

fn verifying(key: &SigningKey) -> Arc<wire::VerifyingKey> {
    Arc::new(wire::VerifyingKey::parse(key.public().to_spki_der()).unwrap())
}

fn client(key: Arc<SigningKey>, key_version: u32) -> SignedClient {
    let targets = TargetRule { allows_loopback: true, ..TargetRule::default() };
    SignedClient::new(key, key_version, ClientOptions { targets, ..ClientOptions::default() })
}

/// A Korean wallet, and a network that calls it.
struct Stage {
    wallet: SimWallet,
    network: Arc<FakeNetwork>,
    network_key: Arc<SigningKey>,
    wallet_keys: NetworkPeer,
    client: SignedClient,
    now_secs: Arc<AtomicU64>,
    _server: Server,
}

const CLIENT: &str = "WALLET_KR";
const START_SECS: u64 = 1_800_000_000;

impl Stage {
    async fn new() -> Stage {
        let (network_key, wallet_key) = (key(), key());
        let network = FakeNetwork::new(CLIENT, network_key.clone(), &wallet_key);
        let (server, url) = serve(&network).await;
        let wallet_keys = NetworkPeer::new("", verifying(&wallet_key));
        let now_secs = Arc::new(AtomicU64::new(START_SECS));
        let clock = now_secs.clone();
        let peer = NetworkPeer::new(&url, verifying(&network_key));
        let won = Currency::from_code("KRW").unwrap();
        let mut config = WalletConfig::new(Credentials::new(CLIENT, wallet_key), won, "KR", peer)
            .with_user("mina", 100_000);
        config.clock = Clock::of(move || Timestamp::from_secs(clock.load(Ordering::SeqCst)));
        config.call_timeout = LONG;
        config.notify_pause = Duration::from_millis(1);
        let wallet = SimWallet::start(config).await.unwrap();
        let client = client(network_key.clone(), 1);
        Stage { wallet, network, network_key, wallet_keys, client, now_secs, _server: server }
    }

    fn now(&self) -> Timestamp {
        Timestamp::from_secs(self.now_secs.load(Ordering::SeqCst))
    }

    async fn call<A: Value>(
        &self,
        path: &str,
        request: &impl Value,
        timeout: Duration,
    ) -> Result<A, CallError> {
        let url = format!("{}{path}", self.wallet.base_url());
        let call = Call {
            url: &url,
            own_origin: None,
            client_id: CLIENT,
            body: wire::render(request).into(),
            keys: &self.wallet_keys,
            timeout,
        };
        self.client.call_for(call, wire::parse::<A>).await.map(|(answer, _)| answer)
    }

    async fn pay(&self, request: &mpp::PayRequest) -> mpp::PayResponse {
        self.call(paths::wallet::PAY, request, LONG).await.unwrap()
    }

    async fn pay_code(&self, request: &mpp::PayRequest) -> ResultCode {
        self.pay(request).await.result.code()
    }

    async fn inquiry(&self, payment: &str) -> mpp::InquiryPaymentResponse {
        let request = mpp::InquiryPaymentRequest::new(id("A"), id("W"), id(payment));
        self.call(paths::wallet::INQUIRY_PAYMENT, &request, LONG).await.unwrap()
    }

    /// The payment's code, or the code of the inquiry itself when that is not S.
    async fn inquired(&self, payment: &str) -> ResultCode {
        let answer = self.inquiry(payment).await;
        answer.payment_result.as_ref().unwrap_or(&answer.result).code()
    }

    async fn cancel(&self, payment: &str) -> ResultCode {
        let request = mpp::CancelPaymentRequest::new(id("A"), id("W"), id(payment));
        let answer: mpp::CancelPaymentResponse =
            self.call(paths::wallet::CANCEL_PAYMENT, &request, LONG).await.unwrap();
        answer.result.code()
    }

    async fn refund(&self, request: &mpp::RefundRequest) -> mpp::RefundResponse {
        self.call(paths::wallet::REFUND, request, LONG).await.unwrap()
    }

    /// The user's balance, after a look at the books.
    fn balance(&self) -> u64 {
        let books = self.wallet.books();
        books.check().unwrap();
        books.accounts["mina"].balance_minor()
    }
}

fn pay(payment: &str, yen: u64) -> mpp::PayRequest {
    let merchant =
        Merchant::new(id("M1"), Text::new("5812").unwrap(), Label::new("Tea House").unwrap());
    let price = Amount(money(yen, "JPY"));
    let order = Order::new(id("O1"), Label::new("tea").unwrap(), price, merchant);
    let method = PaymentMethod {
        payment_method_id: Some(Text::new("251001020000000000000001").unwrap()),
        customer_id: Some(id("mina")),
        ..PaymentMethod::new(Text::new("CONNECT_WALLET").unwrap())
    };
    let won = Amount(money(yen * 9, "KRW"));
    mpp::PayRequest {
        acquirer_id: id("A"),
        psp_id: id("W"),
        payment_request_id: id(payment),
        order,
        payment_amount: price,
        pay_to_amount: won,
        payment_method: method,
        payment_factor: PaymentFactor::new(),
        payment_quote: None,
        surcharge_info: None,
        payment_expiry_time: None,
        payment_notify_url: None,
        payment_redirect_url: None,
        payment_promo_info: None,
        pass_through_info: None,
    }
}

fn refund(refund: &str, paid: &mpp::PayResponse, payment: &str, yen: u64) -> mpp::RefundRequest {
    mpp::RefundRequest {
        acquirer_id: id("A"),
        psp_id: id("W"),
        payment_request_id: id(payment),
        payment_id: paid.payment_id.clone().unwrap(),
        refund_request_id: id(refund),
        refund_amount: Amount(money(yen, "JPY")),
        refund_from_amount: AmountOrZero(money(yen * 9, "KRW")),
        refund_quote: None,
        refund_promo_info: None,
        surcharge_info: None,
        refund_reason: None,
        extend_info: None,
    }
}
