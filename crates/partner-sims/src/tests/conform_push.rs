//! The rules of push mode: the simulated acquirer keeps them all, and each way to stray breaks the
//! rule that names it. What only a partner without a memory breaks is in `lax`.

use super::conform::{CODE, acquirer, ids};
use super::money;
use crate::conform::{ACQUIRER_RULES, AcquirerTrial, Direction, PushTrial, Report, Verdict};
use crate::{Api, Behaviour, NetworkPeer, Pushes, Said, ScriptChange, SimAcquirer};
use base::ResultCode as C;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use wire::{Amount, Opaque, VerifyingKey};

const TAKEN: &str = "sticker of the tea house";
const REFUSED: &str = "sticker of a shop without papers";
const LATE: &str = "sticker of a shop that is slow";

/// Calls of `pushPayment` before the one that is left open.
const OPEN: usize = 6;

fn sticker(code: &str) -> Option<Opaque<512>> {
    Some(Opaque::new(code).unwrap())
}

/// A simulated acquirer in push mode that has been told to call the run.
async fn pusher() -> (SimAcquirer, AcquirerTrial) {
    let (acquirer, mut trial) = acquirer().await;
    let price = Some(money(900, "JPY"));
    acquirer.put_sticker_where(TAKEN, "M1", price, Pushes::Taken);
    acquirer.put_sticker_where(REFUSED, "M1", None, Pushes::Refused);
    acquirer.put_sticker_where(LATE, "M1", None, Pushes::TakenLate);
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    let key = trial.peer.network.key.public().to_spki_der();
    let network = NetworkPeer::new(&origin, Arc::new(VerifyingKey::parse(key).unwrap()));
    acquirer.set_network(network);
    let mut push = PushTrial::new(Opaque::new(TAKEN).unwrap());
    push.refused_code = sticker(REFUSED);
    push.late_code = sticker(LATE);
    push.amount = Some(Amount(money(500, "JPY")));
    push.listener = Some(listener);
    (push.poll_every, push.polls) = (Duration::from_millis(5), 3);
    // Longer than a loaded machine takes; only what is never told is waited for so long.
    push.notify_limit = Duration::from_secs(20);
    trial.push = Some(push);
    (acquirer, trial)
}

/// The run against an acquirer that answers `well` calls of an interface well, then one so.
async fn strays(api: Api, well: usize, behaviour: Behaviour) -> Report {
    let (acquirer, mut trial) = pusher().await;
    if well == OPEN {
        trial.push.as_mut().unwrap().notify_limit = Duration::from_millis(200);
    }
    let mut steps = Vec::new();
    // Steps come before what the stickers say, so that those before the last one repeat it.
    for call in 0..well {
        steps.push(match (api, call) {
            (Api::PushPayment, 4 | 5) => Behaviour::Decline { code: C::RiskReject },
            _ => Behaviour::Normal,
        });
    }
    steps.push(behaviour);
    acquirer.script(ScriptChange::next(api, steps)).unwrap();
    trial.run().await
}

#[tokio::test]
async fn the_simulated_acquirer_keeps_every_rule_of_push_mode() {
    let (_acquirer, trial) = pusher().await;
    let report = trial.run().await;
    assert_eq!(report.passed, ACQUIRER_RULES.len(), "{report}");
    let tried: Vec<_> = report.rules.iter().map(|judged| judged.id).collect();
    let known: Vec<_> = ACQUIRER_RULES.iter().map(|rule| rule.id).collect();
    assert_eq!(tried, known);
    assert!(report.left_out.is_empty());
    let told = report.rules.iter().find(|judged| judged.id == "A42").unwrap();
    assert_eq!(told.messages.len(), 1);
    assert_eq!(told.messages[0].direction, Direction::Heard);
    assert!(told.messages[0].path.ends_with("/notifyPushPayment"));
}

#[tokio::test]
async fn a_code_that_means_an_order_is_no_code_of_push_mode() {
    let (_acquirer, mut trial) = pusher().await;
    trial.push.as_mut().unwrap().code = Opaque::new(CODE).unwrap();
    let report = trial.run().await;
    assert_eq!(ids(&report, Verdict::Fail), ["A22"], "{report}");
}

#[tokio::test]
async fn an_acquirer_that_strays_in_push_mode_breaks_its_rules() {
    use Api::{InquiryPushPayment as Inquiry, PushPayment as Push, UserInitiatedPay as Decode};
    let no = Behaviour::Decline { code: C::RiskReject };
    let unknown = Behaviour::UnknownOnInquiry;
    let says = |say| Behaviour::Contradict { say };
    let never = Behaviour::LateSuccess { ms: 0, notify: false };
    let cases: [(Api, usize, Behaviour, &[&str]); 13] = [
        // The codes of the rules before it are read first.
        (Decode, 3, Behaviour::Decline { code: C::ExpiredCode }, &["A22"]),
        (Decode, 4, Behaviour::Decline { code: C::ExpiredCode }, &["A23"]),
        (Push, 0, no.clone(), &["A33"]),
        (Push, 0, says(Said::S), &["A34", "A35", "A37"]),
        (Push, 1, Behaviour::Garbage, &["A19", "A34"]),
        (Push, 2, Behaviour::Garbage, &["A19", "A35"]),
        (Inquiry, 7, unknown.clone(), &["A37"]),
        (Push, 4, Behaviour::Normal, &["A38"]),
        (Push, 4, says(Said::F), &["A39", "A40"]),
        (Push, OPEN, Behaviour::Normal, &["A41"]),
        (Push, OPEN, never, &["A42"]),
        (Inquiry, 8, unknown.clone(), &["A40"]),
        (Inquiry, 9, unknown, &["A43"]),
    ];
    for (api, well, behaviour, failed) in cases {
        let report = strays(api, well, behaviour.clone()).await;
        assert_eq!(ids(&report, Verdict::Fail), failed, "{api:?} {well} {behaviour:?} {report}");
    }
}

#[tokio::test]
async fn a_payment_that_is_decided_between_two_inquiries_is_taken() {
    let late = Behaviour::LateSuccess { ms: 0, notify: false };
    let report = strays(Api::PushPayment, 0, late).await;
    assert_eq!(report.passed, ACQUIRER_RULES.len(), "{report}");
}

#[tokio::test]
async fn what_was_not_named_is_skipped() {
    let (_acquirer, mut trial) = pusher().await;
    let push = trial.push.as_mut().unwrap();
    (push.refused_code, push.listener) = (None, None);
    let report = trial.run().await;
    assert_eq!(ids(&report, Verdict::Skip), ["A38", "A39", "A40", "A42", "A43"], "{report}");
    assert_eq!(report.failed, 0, "{report}");
}
