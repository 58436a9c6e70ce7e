//! Each behaviour does what it says, in the answer and in the books.

use super::*;
use crate::{Api, Said, ScriptChange};
use base::ResultCode as C;

/// Pays once with this behaviour; the answer's code or the error's label.
async fn misbehave(stage: &Stage, behaviour: Behaviour) -> String {
    let is_silent = matches!(behaviour, Behaviour::Silent { .. });
    stage.wallet.script(ScriptChange::next(Api::Pay, [behaviour])).unwrap();
    let timeout = if is_silent { SHORT } else { LONG };
    let request = pay("P1", 1_000);
    let answer = stage.call::<mpp::PayResponse>(paths::wallet::PAY, &request, timeout).await;
    match answer {
        Ok(answer) => answer.result.code().as_str().to_string(),
        Err(error) => error.label().to_string(),
    }
}

#[tokio::test]
async fn the_answer_and_the_truth_of_each_behaviour() {
    let late = Behaviour::LateSuccess { ms: 0, notify: false };
    let far = Behaviour::LateSuccess { ms: 3_600_000, notify: false };
    let contradict = |say| Behaviour::Contradict { say };
    for (behaviour, says, inquiry, balance) in [
        (Behaviour::Normal, "SUCCESS", C::Success, 91_000),
        (Behaviour::Slow { ms: 1, before_work: false }, "SUCCESS", C::Success, 91_000),
        (Behaviour::Slow { ms: 1, before_work: true }, "SUCCESS", C::Success, 91_000),
        (Behaviour::Silent { does_work: false }, "timeout", C::OrderNotExist, 100_000),
        (Behaviour::Silent { does_work: true }, "timeout", C::Success, 91_000),
        (Behaviour::LostReply, "unreachable", C::Success, 91_000),
        (late, "PAYMENT_IN_PROCESS", C::Success, 91_000),
        (far, "PAYMENT_IN_PROCESS", C::PaymentInProcess, 100_000),
        (Behaviour::NeedsUser, "PAYMENT_IN_PROCESS", C::PaymentInProcess, 100_000),
        (Behaviour::Decline { code: C::RiskReject }, "RISK_REJECT", C::RiskReject, 100_000),
        (
            Behaviour::Decline { code: C::UnknownException },
            "UNKNOWN_EXCEPTION",
            C::OrderNotExist,
            100_000,
        ),
        (contradict(Said::S), "SUCCESS", C::ProcessFail, 91_000),
        (contradict(Said::F), "PROCESS_FAIL", C::Success, 91_000),
        (Behaviour::WrongSignature, "bad_signature", C::Success, 91_000),
        (Behaviour::Unsigned, "bad_signature", C::Success, 91_000),
        (Behaviour::Garbage, "bad_body", C::Success, 91_000),
        (Behaviour::HttpError { status: 503 }, "bad_status", C::OrderNotExist, 100_000),
        (Behaviour::UnknownOnInquiry, "SUCCESS", C::OrderNotExist, 91_000),
    ] {
        let stage = Stage::new().await;
        assert_eq!(misbehave(&stage, behaviour.clone()).await, says, "{behaviour:?}");
        assert_eq!(stage.inquired("P1").await, inquiry, "{behaviour:?}");
        assert_eq!(stage.balance(), balance, "{behaviour:?}");
        assert_eq!(stage.cancel("P1").await, C::Success, "{behaviour:?}");
        assert_eq!(stage.balance(), 100_000, "a cancel ends it all: {behaviour:?}");
    }
}

#[tokio::test]
async fn a_wrong_currency_is_echoed_but_not_booked() {
    let stage = Stage::new().await;
    for api in [Api::Pay, Api::InquiryPayment] {
        stage.wallet.script(ScriptChange::next(api, [Behaviour::WrongCurrency])).unwrap();
    }
    let francs = Some(Amount(money(9_000, "CHF")));
    assert_eq!(stage.pay(&pay("P1", 1_000)).await.pay_to_amount, francs);
    assert_eq!(stage.inquiry("P1").await.pay_to_amount, francs);
    let truth = Some(Amount(money(9_000, "KRW")));
    assert_eq!(stage.inquiry("P1").await.pay_to_amount, truth);
    assert_eq!(stage.balance(), 91_000);
}

#[tokio::test]
async fn an_answer_stuck_in_a_queue_meets_the_tombstone() {
    let stage = Stage::new().await;
    let stuck = Behaviour::Slow { ms: 2_000, before_work: true };
    stage.wallet.script(ScriptChange::next(Api::Pay, [stuck])).unwrap();
    let request = pay("P1", 1_000);
    let slow = stage.call::<mpp::PayResponse>(paths::wallet::PAY, &request, LONG);
    let (slow, cancelled) = tokio::join!(slow, stage.cancel("P1"));
    assert_eq!(cancelled, C::Success);
    assert_eq!(slow.unwrap().result.code(), C::OrderIsClosed);
    assert_eq!(stage.balance(), 100_000);
}

#[tokio::test]
async fn the_user_decides() {
    let stage = Stage::new().await;
    stage.wallet.script(ScriptChange::always(Api::Pay, Behaviour::NeedsUser)).unwrap();
    for (payment, code) in [("yes", C::Success), ("no", C::UserPaymentVerificationFailed)] {
        assert_eq!(stage.pay_code(&pay(payment, 1_000)).await, C::PaymentInProcess);
        assert_eq!(stage.wallet.complete(payment, code), Some(code));
        assert_eq!(stage.inquired(payment).await, code);
        assert_eq!(stage.pay_code(&pay(payment, 1_000)).await, code, "a repeat hears it too");
    }
    assert_eq!(stage.pay_code(&pay("slow", 1_000)).await, C::PaymentInProcess);
    stage.now_secs.fetch_add(61, Ordering::SeqCst);
    assert_eq!(stage.inquired("slow").await, C::OrderIsClosed);
    assert_eq!(stage.wallet.complete("slow", C::Success), Some(C::OrderIsClosed));
    assert_eq!(stage.wallet.complete("never", C::Success), None);
    assert_eq!(stage.balance(), 91_000);
}

#[tokio::test]
async fn notifications_come_late_early_and_twice() {
    let stage = Stage::new().await;
    let late = Behaviour::LateSuccess { ms: 0, notify: true };
    let twice = Behaviour::DuplicateNotify { times: 2 };
    let script = [Behaviour::NotifyBeforeReply, late, twice];
    stage.wallet.script(ScriptChange::next(Api::Pay, script)).unwrap();
    let heard = |count| stage.network.wait_for(wire::Api::NotifyPayment, count);
    assert_eq!(stage.pay_code(&pay("early", 1_000)).await, C::Success);
    assert_eq!(stage.network.heard(wire::Api::NotifyPayment).len(), 1, "before the answer");
    // The first two attempts of the late one are not taken.
    for code in [C::UnknownException, C::RequestTrafficExceedLimit] {
        stage.network.say(wire::Api::NotifyPayment, &ResultOnly::new(code.into()));
    }
    assert_eq!(stage.pay_code(&pay("late", 1_000)).await, C::PaymentInProcess);
    heard(4).await;
    assert_eq!(stage.pay_code(&pay("twice", 1_000)).await, C::Success);
    heard(6).await;
    let told: Vec<mpp::NotifyPaymentRequest> = stage
        .network
        .heard(wire::Api::NotifyPayment)
        .iter()
        .map(|body| wire::parse(body).unwrap())
        .collect();
    let ids: Vec<&str> = told.iter().map(|told| told.payment_request_id.as_str()).collect();
    assert_eq!(ids, ["early", "late", "late", "late", "twice", "twice"]);
    for told in &told {
        told.check().unwrap();
        assert_eq!(told.payment_result.code(), C::Success);
    }
    assert_eq!(stage.balance(), 73_000);
}

#[tokio::test]
async fn cancels_and_refunds_misbehave_by_script() {
    let stage = Stage::new().await;
    let paid = stage.pay(&pay("P1", 1_000)).await;
    let silent = Behaviour::Silent { does_work: false };
    stage.wallet.script(ScriptChange::next(Api::CancelPayment, [silent])).unwrap();
    let request = mpp::CancelPaymentRequest::new(id("A"), id("W"), id("P1"));
    let path = paths::wallet::CANCEL_PAYMENT;
    let held = stage.call::<mpp::CancelPaymentResponse>(path, &request, SHORT).await;
    assert_eq!(held.unwrap_err().label(), "timeout");
    assert_eq!(stage.balance(), 91_000, "nothing was cancelled");
    let decline = Behaviour::Decline { code: C::UserStatusAbnormal };
    stage.wallet.script(ScriptChange::next(Api::Refund, [decline, Behaviour::LostReply])).unwrap();
    let refused = refund("R1", &paid, "P1", 500);
    assert_eq!(stage.refund(&refused).await.result.code(), C::UserStatusAbnormal);
    let lost = refund("R2", &paid, "P1", 500);
    let gone = stage.call::<mpp::RefundResponse>(paths::wallet::REFUND, &lost, LONG).await;
    assert_eq!(gone.unwrap_err().label(), "unreachable");
    assert_eq!(stage.refund(&lost).await.result.code(), C::Success);
    assert_eq!(stage.refund(&refused).await.result.code(), C::UserStatusAbnormal, "for good");
    assert_eq!(stage.balance(), 95_500, "the lost one was done, once");
}

#[tokio::test]
async fn magic_prices_work_until_they_are_switched_off() {
    let stage = Stage::new().await;
    assert_eq!(stage.pay_code(&pay("P1", 1_001)).await, C::UserBalanceNotEnough);
    assert_eq!(stage.pay_code(&pay("P2", 1_002)).await, C::RiskReject);
    assert_eq!(stage.pay_code(&pay("P3", 1_003)).await, C::PaymentInProcess);
    let lost = stage.call::<mpp::PayResponse>(paths::wallet::PAY, &pay("P5", 1_005), LONG).await;
    assert_eq!(lost.unwrap_err().label(), "unreachable");
    assert_eq!(
        stage.pay_code(&pay("P5", 1_005)).await,
        C::Success,
        "only the first answer is lost"
    );
    let mut config = stage.wallet.config().clone();
    config.has_magic_amounts = false;
    let mut plain = Stage::new().await;
    plain.wallet = SimWallet::start(config).await.unwrap();
    plain.wallet_keys = stage.wallet_keys.clone();
    plain.client = stage.client.clone();
    assert_eq!(plain.pay_code(&pay("P1", 1_001)).await, C::Success);
}
