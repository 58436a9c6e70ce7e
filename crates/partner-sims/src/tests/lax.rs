//! Partners that say yes to everything: each rule about what is to be refused, or to be answered as
//! the first time, has to notice.

use super::conform::{ids, peer};
use super::{CLIENT, id, key, money, verifying};
use crate::Behaviour;
use crate::conform::{AcquirerTrial, PushTrial, Verdict, WalletTrial};
use crate::edge::{Clock, Credentials, Edge, NetworkPeer};
use crate::server::{Answer, Answering, Handler, Received, Server};
use base::ResultCode as C;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::net::TcpListener;
use wire::{Amount, Datetime, Opaque, SigningKey, WireResult, acqp, mpp, paths};

/// Looks at no signature, reads no body, remembers nothing; signs well.
struct Lax {
    edge: Edge,
    next: AtomicU64,
}

impl Lax {
    async fn start(client_id: &str, own: &Arc<SigningKey>) -> (Server, String) {
        let network = NetworkPeer::new("http://127.0.0.1:1", verifying(own));
        let edge = Edge::new(Credentials::new(client_id, own.clone()), network, Clock::system());
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let lax = Arc::new(Lax { edge, next: AtomicU64::new(1) });
        let server = Server::start(listener, lax).unwrap();
        let url = format!("http://{}", server.address());
        (server, url)
    }

    /// Yes, with ids that are new each time.
    fn yes(&self, path: &str) -> Vec<u8> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let new = |letter: &str| Some(id(&format!("{letter}{number}")));
        let (yes, now) = (WireResult::of(C::Success), Some(Datetime::utc(self.edge.clock.now())));
        match path {
            paths::wallet::PAY => wire::render(&mpp::PayResponse {
                payment_id: new("P"),
                payment_time: now,
                customer_id: Some(id("mina")),
                ..mpp::PayResponse::new(yes)
            }),
            paths::wallet::INQUIRY_PAYMENT => wire::render(&mpp::InquiryPaymentResponse {
                payment_result: Some(yes.clone()),
                payment_id: new("P"),
                payment_time: now,
                ..mpp::InquiryPaymentResponse::new(yes)
            }),
            paths::wallet::REFUND => wire::render(&mpp::RefundResponse {
                refund_id: new("R"),
                refund_time: now,
                ..mpp::RefundResponse::new(yes)
            }),
            paths::acquirer::USER_INITIATED_PAY => wire::render(&acqp::UserInitiatedPayResponse {
                payment_request_id: new("PR"),
                order: Some(super::pay("O", 1_200).order.into()),
                payment_amount: Some(Amount(money(1_200, "JPY"))),
                ..acqp::UserInitiatedPayResponse::new(yes)
            }),
            paths::acquirer::PUSH_PAYMENT | paths::acquirer::INQUIRY_PUSH_PAYMENT => {
                wire::render(&acqp::PushPaymentResponse {
                    payment_result: Some(yes.clone()),
                    payment_request_id: new("PP"),
                    ..acqp::PushPaymentResponse::new(yes)
                })
            }
            _ => wire::render(&wire::ResultOnly::new(yes)),
        }
    }
}

impl Handler for Lax {
    fn answer(self: Arc<Self>, request: Received) -> Answering {
        Box::pin(async move {
            let body = self.yes(&request.target);
            let answer: Answer = self.edge.deliver(&request.target, body, &Behaviour::Normal).await;
            answer
        })
    }
}

#[tokio::test]
async fn a_wallet_that_says_yes_to_everything_is_caught() {
    let (network_key, own_key) = (key(), key());
    let (_server, url) = Lax::start(CLIENT, &own_key).await;
    let peer = peer(CLIENT, &network_key, &own_key, &url);
    let report = WalletTrial::new(peer, id("mina"), money(1_000, "KRW")).run().await;
    let failed = [
        "W04", "W05", "W06", "W07", "W08", "W09", "W12", "W15", "W17", "W18", "W19", "W22", "W23",
        "W24", "W25", "W26", "W27", "W28", "W29",
    ];
    assert_eq!(ids(&report, Verdict::Fail), failed, "{report}");
    assert_eq!(ids(&report, Verdict::Warn), ["W14"], "{report}");
    assert_eq!(report.skipped, 0, "{report}");
}

#[tokio::test]
async fn an_acquirer_that_says_yes_to_everything_is_caught() {
    let (network_key, own_key) = (key(), key());
    let (_server, url) = Lax::start("ACQP_JP", &own_key).await;
    let mut trial = AcquirerTrial::new(peer("ACQP_JP", &network_key, &own_key, &url));
    let price = Amount(money(1_200, "JPY"));
    trial.payment = Some((id("PR-1"), price));
    trial.failed_payment = Some((id("PR-2"), price));
    let code = Opaque::new("https://pay.acquirer.example/order/1").unwrap();
    trial.code = Some(code.clone());
    let mut push = PushTrial::new(code.clone());
    (push.refused_code, push.late_code) = (Some(code.clone()), Some(code));
    trial.push = Some(push);
    let report = trial.run().await;
    let failed = [
        "A01", "A02", "A03", "A04", "A05", "A06", "A13", "A14", "A15", "A22", "A24", "A25", "A26",
        "A27", "A28", "A29", "A30", "A31", "A32", "A34", "A35", "A36", "A37", "A38", "A41",
    ];
    assert_eq!(ids(&report, Verdict::Fail), failed, "{report}");
    assert_eq!(ids(&report, Verdict::Warn), ["A07"], "{report}");
    // Nothing was refused or left open that could be asked about.
    assert_eq!(ids(&report, Verdict::Skip), ["A39", "A40", "A42", "A43"], "{report}");
}
