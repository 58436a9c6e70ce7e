//! The acquirer's way through a payment, and what it makes of notifications.

use super::*;
use crate::{
    AcquirerConfig, Api, Ended, Journal, Outcome, Polling, Refund, ScriptChange, SimAcquirer,
    SimMerchant, Source, Traffic, TrafficOptions, Verdict,
};
use base::ResultCode as C;
use wire::{Api as Hosted, WireResult, acqp};

const ACQUIRER: &str = "ACQP_JP";

struct Shop {
    acquirer: Arc<SimAcquirer>,
    network: Arc<FakeNetwork>,
    client: SignedClient,
    acquirer_keys: NetworkPeer,
    journal: tempfile::TempDir,
    _server: Server,
}

pub(super) fn merchant() -> SimMerchant {
    SimMerchant {
        merchant_id: "M1".into(),
        name: "Tea House KK".into(),
        mcc: "5812".into(),
        currency: Currency::from_code("JPY").unwrap(),
        region: "JP".into(),
        city: "Osaka".into(),
        store_id: "S1".into(),
        store_name: "Umeda".into(),
    }
}

impl Shop {
    async fn new(polling: Polling) -> Shop {
        let (network_key, own_key) = (key(), key());
        let network = FakeNetwork::new(ACQUIRER, network_key.clone(), &own_key);
        let (server, url) = serve(&network).await;
        let acquirer_keys = NetworkPeer::new("", verifying(&own_key));
        let peer = NetworkPeer::new(&url, verifying(&network_key));
        let dollar = Currency::from_code("USD").unwrap();
        let credentials = Credentials::new(ACQUIRER, own_key);
        let mut config = AcquirerConfig::new(credentials, dollar, peer).with_merchant(merchant());
        let journal = tempfile::tempdir().unwrap();
        config.journal = Some(journal.path().join("journal.jsonl"));
        config.polling = polling;
        (config.pay_timeout, config.call_timeout) = (LONG, LONG);
        let acquirer = Arc::new(SimAcquirer::start(config).await.unwrap());
        let client = client(network_key, 1);
        Shop { acquirer, network, client, acquirer_keys, journal, _server: server }
    }

    fn say_pay(&self, code: C) {
        self.network.say(Hosted::Pay, &acqp::PayResponse::new(code.into()));
    }

    fn say_inquiry(&self, code: C) {
        let answer = acqp::InquiryPaymentResponse {
            payment_result: Some(WireResult::of(code)),
            ..acqp::InquiryPaymentResponse::new(C::Success.into())
        };
        self.network.say(Hosted::InquiryPayment, &answer);
    }

    async fn notify(&self, payment: &str, code: C, yen: u64) -> Result<C, CallError> {
        self.notify_within(payment, (code, yen), LONG).await
    }

    async fn notify_within(
        &self,
        payment: &str,
        (code, yen): (C, u64),
        timeout: Duration,
    ) -> Result<C, CallError> {
        let notification = acqp::NotifyPaymentRequest {
            payment_amount: Some(Amount(money(yen, "JPY"))),
            ..acqp::NotifyPaymentRequest::new(code.into(), id(payment), id(ACQUIRER))
        };
        let url = self.acquirer.notify_url();
        let call = Call {
            url: &url,
            own_origin: None,
            client_id: ACQUIRER,
            body: wire::render(&notification).into(),
            keys: &self.acquirer_keys,
            timeout,
        };
        let (answer, _) = self.client.call_for(call, wire::parse::<ResultOnly>).await?;
        Ok(answer.result.code())
    }

    async fn buy(&self) -> Ended {
        let sale = self.acquirer.sale("M1", money(1_000, "JPY"), "251001020000000000000001");
        self.acquirer.pay_to_end(&sale).await.unwrap()
    }
}

fn quick() -> Polling {
    let ms = Duration::from_millis(1);
    Polling { first: ms, every: ms, times: 3, cancel_every: ms, cancel_times: 3 }
}

#[tokio::test]
async fn a_payment_is_followed_to_its_end() {
    let shop = Shop::new(quick()).await;
    shop.say_pay(C::Success);
    assert_eq!(shop.buy().await.outcome, Outcome::Paid);
    shop.say_pay(C::RiskReject);
    assert_eq!(shop.buy().await.outcome, Outcome::Failed(C::RiskReject));

    shop.say_pay(C::PaymentInProcess);
    shop.say_inquiry(C::PaymentInProcess);
    shop.say_inquiry(C::Success);
    let ended = shop.buy().await;
    assert_eq!((ended.outcome, ended.inquiries, ended.cancels), (Outcome::Paid, 2, 0));

    shop.say_pay(C::UnknownException);
    (0..3).for_each(|_| shop.say_inquiry(C::PaymentInProcess));
    shop.network.say(Hosted::CancelPayment, &ResultOnly::new(C::UnknownException.into()));
    let ended = shop.buy().await;
    assert_eq!((ended.outcome, ended.inquiries, ended.cancels), (Outcome::Cancelled, 3, 2));

    let lines = shop.acquirer.journal().lines();
    let told: Vec<_> = lines.iter().map(|line| (line.source, line.code.as_str())).collect();
    let (process, unknown) = ("PAYMENT_IN_PROCESS", "UNKNOWN_EXCEPTION");
    assert_eq!(
        told,
        [
            (Source::Pay, "SUCCESS"),
            (Source::Pay, "RISK_REJECT"),
            (Source::Pay, process),
            (Source::Inquiry, process),
            (Source::Inquiry, "SUCCESS"),
            (Source::Pay, unknown),
            (Source::Inquiry, process),
            (Source::Inquiry, process),
            (Source::Inquiry, process),
            (Source::Cancel, unknown),
            (Source::Cancel, "SUCCESS"),
        ]
    );
    assert_eq!(Journal::read(&shop.journal.path().join("journal.jsonl")).unwrap(), lines);
}

#[tokio::test]
async fn a_notification_ends_the_wait() {
    let shop = Shop::new(Polling { first: LONG * 3, ..quick() }).await;
    shop.say_pay(C::PaymentInProcess);
    let notified = async {
        shop.network.wait_for(Hosted::Pay, 1).await;
        let heard: acqp::PayRequest = wire::parse(&shop.network.heard(Hosted::Pay)[0]).unwrap();
        assert_eq!(heard.mode(), Ok(wire::Mode::UserCode));
        assert_eq!(heard.payment_notify_url.unwrap().as_str(), shop.acquirer.notify_url());
        let payment = heard.payment_request_id.as_str().to_string();
        assert_eq!(shop.notify(&payment, C::Success, 1_000).await, Ok(C::Success));
    };
    let (ended, ()) = tokio::join!(shop.buy(), notified);
    assert_eq!((ended.outcome, ended.inquiries), (Outcome::Paid, 0));
}

#[tokio::test]
async fn notifications_are_judged() {
    let shop = Shop::new(quick()).await;
    shop.say_pay(C::Success);
    let paid = shop.buy().await.payment_request_id;
    assert_eq!(shop.notify(&paid, C::Success, 1_000).await, Ok(C::Success));
    assert_eq!(shop.notify(&paid, C::OrderIsClosed, 1_000).await, Ok(C::Success));
    assert_eq!(shop.notify(&paid, C::Success, 1_001).await, Ok(C::ParamIllegal));
    assert_eq!(shop.notify("other", C::Success, 1_000).await, Ok(C::OrderNotExist));
    assert_eq!(shop.notify(&paid, C::PaymentInProcess, 1_000).await, Ok(C::ParamIllegal));
    let verdicts: Vec<_> = shop.acquirer.notifications().iter().map(|told| told.verdict).collect();
    use Verdict as V;
    assert_eq!(
        verdicts,
        [V::Duplicate, V::Contradicts, V::AmountDiffers, V::UnknownPayment, V::NotFinal]
    );
    assert_eq!(shop.acquirer.cancel(&paid).await.unwrap().result.code(), C::Success);
    assert_eq!(shop.notify(&paid, C::OrderIsClosed, 1_000).await, Ok(C::Success));
    assert_eq!(shop.notify(&paid, C::Success, 1_000).await, Ok(C::Success));
    let last = shop.acquirer.notifications();
    assert_eq!(last[last.len() - 2].verdict, V::Duplicate);
    assert_eq!(last[last.len() - 1].verdict, V::Contradicts, "paid after the cancel");
}

#[tokio::test]
async fn a_notification_with_another_amount_is_not_believed() {
    let shop = Shop::new(quick()).await;
    shop.say_pay(C::PaymentInProcess);
    let sale = shop.acquirer.sale("M1", money(1_000, "JPY"), "251001020000000000000001");
    shop.acquirer.pay(&sale).await.unwrap();
    let open = &sale.payment_request_id;
    assert_eq!(shop.notify(open, C::Success, 1_001).await, Ok(C::ParamIllegal));
    assert_eq!(shop.notify(open, C::RiskReject, 1_000).await, Ok(C::Success));
    let verdicts: Vec<_> = shop.acquirer.notifications().iter().map(|told| told.verdict).collect();
    assert_eq!(verdicts, [Verdict::AmountDiffers, Verdict::Accepted]);
    assert_eq!(shop.acquirer.journal().len(), 3, "what was told is written down all the same");
}

#[tokio::test]
async fn acknowledgements_misbehave_by_script() {
    let shop = Shop::new(quick()).await;
    shop.say_pay(C::Success);
    let paid = shop.buy().await.payment_request_id;
    let before = shop.acquirer.journal().len();
    let script = ScriptChange {
        words: "silent, http:500, F, unsigned, lost-reply, slow:1".into(),
        ..ScriptChange::reset(Api::NotifyPayment)
    };
    shop.acquirer.script(script).unwrap();
    let mut heard = Vec::new();
    // Only the first one is never answered.
    for timeout in [SHORT, LONG, LONG, LONG, LONG, LONG] {
        let answer = shop.notify_within(&paid, (C::Success, 1_000), timeout).await;
        heard.push(match answer {
            Ok(code) => code.as_str(),
            Err(error) => error.label(),
        });
    }
    let expected =
        ["timeout", "bad_status", "PROCESS_FAIL", "bad_signature", "unreachable", "SUCCESS"];
    assert_eq!(heard, expected);
    assert!(shop.acquirer.wait_for_notifications(6, LONG).await);
    let taken = shop.acquirer.notifications().iter().filter(|told| told.is_acknowledged).count();
    assert_eq!(
        (taken, shop.acquirer.journal().len() - before),
        (3, 3),
        "refused ones do not count"
    );
}

#[tokio::test]
async fn merchants_are_registered_and_refunds_journaled() {
    let shop = Shop::new(quick()).await;
    let answer = shop.acquirer.register(&merchant()).await.unwrap();
    assert_eq!(answer.result.code(), C::Success);
    let heard = shop.network.heard(Hosted::Registration);
    let request: acqp::RegistrationRequest = wire::parse(&heard[0]).unwrap();
    request.check().unwrap();
    shop.acquirer.register(&merchant()).await.unwrap();
    assert_eq!(
        shop.network.heard(Hosted::Registration)[1],
        heard[0],
        "a repeat is the same request"
    );
    let refund = Refund {
        refund_request_id: shop.acquirer.new_id("RF"),
        payment_request_id: "P1".into(),
        amount: money(500, "JPY"),
    };
    shop.acquirer.refund(&refund).await.unwrap();
    let line = shop.acquirer.journal().lines().pop().unwrap();
    assert_eq!(line.refund_request_id, Some(refund.refund_request_id));
    assert_eq!(line.payment_amount.unwrap().money(), Some(refund.amount));
}

#[tokio::test]
async fn traffic_makes_its_payments_and_counts_them() {
    let (stage, shop) = (Stage::new().await, Shop::new(quick()).await);
    let code = mpp::PaymentCode::new(
        Text::new("251001020000000000000001").unwrap(),
        wire::Datetime::utc(stage.now()),
        wire::Datetime::utc(stage.now()),
    );
    for _ in 0..9 {
        let answer = mpp::GetPaymentCodeResponse {
            payment_codes: Some(vec![code.clone()]),
            ..mpp::GetPaymentCodeResponse::new(C::Success.into())
        };
        stage.network.say(Hosted::GetPaymentCode, &answer);
    }
    let options = TrafficOptions {
        every: Duration::from_millis(1),
        at_once: 1,
        scanned_by_user_percent: 0,
        refund_percent: 50,
        cancel_percent: 50,
        payments: Some(10),
        ..TrafficOptions::default()
    };
    let wallet: Arc<dyn crate::Payers> = Arc::new(stage.wallet);
    let wallets = vec![wallet];
    let mut traffic = Traffic::start(wallets, vec![shop.acquirer.clone()], options);
    let stats = tokio::time::timeout(LONG, traffic.finished()).await.unwrap();
    assert_eq!((stats.started, stats.paid, stats.not_started), (10, 9, 1));
    assert_eq!(stats.refunded + stats.cancelled, 9);
    assert!(stats.refunded > 0 && stats.cancelled > 0);
    assert_eq!(stats.last_error.as_deref(), Some("a payment code is not known here"));
    let paid = shop.network.heard(Hosted::Pay);
    for request in paid.iter().map(|body| wire::parse::<acqp::PayRequest>(body).unwrap()) {
        assert_eq!(crate::magic_behaviour(request.payment_amount.0), None);
    }
}
