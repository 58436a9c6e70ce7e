//! The simulated partners keep every rule; each way to misbehave breaks the rule that names it.

use super::acquirer::merchant;
use super::{CLIENT, FakeNetwork, id, key, money, verifying};
use crate::conform::{
    ACQUIRER_RULES, AcquirerTrial, Direction, PeerConfig, Report, Verdict, WALLET_RULES,
    WalletTrial,
};
use crate::{
    AcquirerConfig, Api, Behaviour, Clock, Credentials, NetworkPeer, Said, ScriptChange,
    SimAcquirer, SimWallet, WalletConfig,
};
use base::ResultCode as C;
use money::Currency;
use std::sync::Arc;
use std::time::Duration;
use wire::{Amount, Opaque, SigningKey, acqp};

/// Longer than any answer takes on a loaded machine; only held connections wait for it.
const PATIENCE: Duration = Duration::from_secs(4);

pub(super) fn peer(
    client_id: &str,
    network: &Arc<SigningKey>,
    partner: &SigningKey,
    url: &str,
) -> PeerConfig {
    PeerConfig {
        network: Credentials::new(client_id, network.clone()),
        url: url.to_string(),
        partner_key: verifying(partner),
        partner_key_version: 1,
        patience: PATIENCE,
        clock: Clock::system(),
    }
}

/// A simulated wallet on the machine's clock, and what a run against it is told.
async fn wallet() -> (SimWallet, WalletTrial) {
    let (network_key, wallet_key) = (key(), key());
    let network = NetworkPeer::new("http://127.0.0.1:1", verifying(&network_key));
    let won = Currency::from_code("KRW").unwrap();
    let credentials = Credentials::new(CLIENT, wallet_key.clone());
    let config = WalletConfig::new(credentials, won, "KR", network).with_user("mina", 100_000);
    let wallet = SimWallet::start(config).await.unwrap();
    let peer = peer(CLIENT, &network_key, &wallet_key, &wallet.base_url());
    let mut trial = WalletTrial::new(peer, id("mina"), money(1_000, "KRW"));
    trial.poll_every = Duration::from_millis(2);
    trial.polls = 3;
    (wallet, trial)
}

/// The ids of the rules with a verdict.
pub(super) fn ids(report: &Report, verdict: Verdict) -> Vec<&'static str> {
    let judged = report.rules.iter().filter(|judged| judged.verdict == verdict);
    judged.map(|judged| judged.id).collect()
}

/// Books that add up, and as much money as before.
fn nothing_is_owed(wallet: &SimWallet) -> bool {
    let books = wallet.books();
    books.check().unwrap();
    books.accounts["mina"].balance_minor() == 100_000
}

#[tokio::test]
async fn the_simulated_wallet_keeps_every_rule() {
    let (wallet, trial) = wallet().await;
    let report = trial.run().await;
    assert_eq!(report.passed, WALLET_RULES.len(), "{report}");
    assert!(report.is_conforming() && nothing_is_owed(&wallet));
    let tried: Vec<_> = report.rules.iter().map(|judged| judged.id).collect();
    let known: Vec<_> = WALLET_RULES.iter().map(|rule| rule.id).collect();
    assert_eq!(tried, known);
    let json = serde_json::to_string(&report).unwrap();
    assert!(!json.contains("mina"), "who pays is not told");
}

/// What a behaviour breaks: rules that fail, rules that warn.
type Broken = (&'static [&'static str], &'static [&'static str]);

/// Runs against a wallet that behaves so for the first call of an interface.
async fn breaks(api: Api, behaviour: Behaviour, (failed, warned): Broken) {
    let (wallet, mut trial) = wallet().await;
    if let Behaviour::Slow { .. } = behaviour {
        trial.pay_limit = Duration::from_millis(300);
    }
    trial.peer.patience = match behaviour {
        Behaviour::Silent { .. } => Duration::from_secs(1),
        _ => PATIENCE,
    };
    wallet.script(ScriptChange::next(api, [behaviour.clone()])).unwrap();
    let report = trial.run().await;
    assert_eq!(ids(&report, Verdict::Fail), failed, "{behaviour:?} {report}");
    let told = ids(&report, Verdict::Warn);
    assert!(warned.iter().all(|id| told.contains(id)), "{behaviour:?} {told:?}");
    assert!(nothing_is_owed(&wallet), "{behaviour:?} {report}");
}

#[tokio::test]
async fn answers_that_do_not_arrive_well_break_their_rules() {
    let cases: [(Behaviour, Broken); 7] = [
        (Behaviour::WrongSignature, (&["W30"], &[])),
        (Behaviour::Unsigned, (&["W30", "W31"], &[])),
        (Behaviour::Garbage, (&["W01", "W33"], &[])),
        (Behaviour::HttpError { status: 500 }, (&["W01", "W30", "W31", "W32", "W33"], &[])),
        (Behaviour::LostReply, (&["W01"], &["W34"])),
        (Behaviour::Silent { does_work: true }, (&["W01"], &["W34"])),
        (Behaviour::Slow { ms: 400, before_work: false }, (&[], &["W34"])),
    ];
    for (behaviour, broken) in cases {
        breaks(Api::Pay, behaviour, broken).await;
    }
}

#[tokio::test]
async fn answers_that_are_not_true_break_their_rules() {
    let late = Behaviour::LateSuccess { ms: 0, notify: false };
    let no = Behaviour::Decline { code: C::ProcessFail };
    let cases: [(Api, Behaviour, &'static [&'static str]); 11] = [
        (Api::Pay, Behaviour::Contradict { say: Said::S }, &["W08"]),
        (Api::Pay, Behaviour::Contradict { say: Said::F }, &["W01"]),
        (Api::Pay, Behaviour::UnknownOnInquiry, &["W08"]),
        (Api::Pay, Behaviour::WrongCurrency, &["W03"]),
        (Api::Pay, Behaviour::NeedsUser, &["W01"]),
        (Api::Pay, no.clone(), &["W01"]),
        (Api::Pay, late, &[]),
        (Api::InquiryPayment, Behaviour::WrongCurrency, &["W08"]),
        (Api::CancelPayment, no.clone(), &["W10"]),
        (Api::Refund, no, &["W16"]),
        (Api::Refund, Behaviour::LostReply, &["W16"]),
    ];
    for (api, behaviour, failed) in cases {
        breaks(api, behaviour, (failed, &[])).await;
    }
}

#[tokio::test]
async fn answers_that_change_later_break_their_rules() {
    let no = Behaviour::Decline { code: C::ProcessFail };
    // How many calls of the interface are answered well first.
    for (api, well, failed, warned) in [
        (Api::CancelPayment, 1, &["W11"][..], &[][..]),
        (Api::Refund, 4, &["W20"], &[]),
        (Api::InquiryPayment, 3, &[], &["W21"]),
    ] {
        let (wallet, trial) = wallet().await;
        let mut steps = vec![Behaviour::Normal; well];
        steps.push(no.clone());
        wallet.script(ScriptChange::next(api, steps)).unwrap();
        let report = trial.run().await;
        assert_eq!(ids(&report, Verdict::Fail), failed, "{report}");
        assert_eq!(ids(&report, Verdict::Warn), warned, "{report}");
        assert!(nothing_is_owed(&wallet), "{report}");
    }
}

#[tokio::test]
async fn what_is_not_given_back_is_named() {
    let (wallet, trial) = wallet().await;
    let no = Behaviour::Decline { code: C::ProcessFail };
    wallet.script(ScriptChange::always(Api::CancelPayment, no)).unwrap();
    let report = trial.run().await;
    assert_eq!(ids(&report, Verdict::Fail), ["W10", "W13", "W36"], "{report}");
    assert!(!nothing_is_owed(&wallet));
    let last = report.rules.last().unwrap();
    let books = wallet.books();
    let held = books.payments.iter().filter(|(_, row)| row.taken_minor > row.returned_minor);
    for (id, _) in held {
        assert!(last.why.contains(id.as_str()), "{id}: {}", last.why);
    }
}

#[tokio::test]
async fn what_a_rule_needs_and_does_not_get_is_skipped() {
    let (wallet, trial) = wallet().await;
    let no = Behaviour::Decline { code: C::RiskReject };
    wallet.script(ScriptChange::always(Api::Pay, no)).unwrap();
    let report = trial.run().await;
    let skipped = ids(&report, Verdict::Skip);
    for id in ["W02", "W08", "W10", "W12", "W16", "W20"] {
        assert!(skipped.contains(&id), "{id}: {report}");
    }
    let first = &report.rules[0];
    assert_eq!((first.verdict, first.messages.len()), (Verdict::Fail, 2));
    assert_eq!(first.messages[0].direction, Direction::Sent);
    assert!(first.why.contains("RISK_REJECT") && first.messages[1].body.contains("RISK_REJECT"));
    let shown = report.to_string();
    assert!(shown.contains("FAIL W01 ") && shown.contains("skip W02 "), "{shown}");
    assert!(!report.is_conforming() && nothing_is_owed(&wallet));
}

#[tokio::test]
async fn a_wallet_that_is_away_is_not_asked_for_ever() {
    let (wallet, mut trial) = wallet().await;
    wallet.go_offline();
    trial.peer.patience = Duration::from_secs(1);
    let report = trial.run().await;
    assert_eq!(report.passed, 0, "{report}");
    assert!(ids(&report, Verdict::Fail).contains(&"W01"));
    assert!(ids(&report, Verdict::Skip).contains(&"W30"), "nothing was seen of it");
}

#[test]
fn the_guides_show_the_text_that_is_signed() {
    let at = "2026-11-22T07:20:47Z";
    for (guide, path, client, body) in [
        (
            include_str!("../../../../docs/integrate/wallet.md"),
            wire::Api::GetPaymentCode.path(),
            "WALLET_KR",
            r#"{"customerId":"u-1"}"#,
        ),
        (
            include_str!("../../../../docs/integrate/acquirer.md"),
            wire::Api::InquiryPayment.path(),
            "ACQP_JP",
            r#"{"paymentRequestId":"PR-1"}"#,
        ),
    ] {
        let message = wire::SignedMessage::new(path, client, at, body.as_bytes()).unwrap();
        let text = String::from_utf8(message.to_bytes()).unwrap();
        assert!(guide.contains(&format!("```text\n{text}\n```")), "{text}");
        assert!(guide.contains(&format!("printf '{body}' > body.json")), "{body}");
    }
}

pub(super) const CODE: &str = "https://pay.acquirer.example/order/1";

/// A simulated acquirer with an open payment, one that is to fail, and a code.
pub(super) async fn acquirer() -> (SimAcquirer, AcquirerTrial) {
    let (network_key, own_key) = (key(), key());
    let network = FakeNetwork::new("ACQP_JP", network_key.clone(), &own_key);
    let (_server, url) = super::serve(&network).await;
    let credentials = Credentials::new("ACQP_JP", own_key.clone());
    let peer_of = NetworkPeer::new(&url, verifying(&network_key));
    let dollar = Currency::from_code("USD").unwrap();
    let config = AcquirerConfig::new(credentials, dollar, peer_of).with_merchant(merchant());
    let acquirer = SimAcquirer::start(config).await.unwrap();
    let price = money(1_200, "JPY");
    let mut open = Vec::new();
    for _ in 0..2 {
        network.say(wire::Api::Pay, &acqp::PayResponse::new(C::PaymentInProcess.into()));
        let sale = acquirer.sale("M1", price, "251001020000000000000001");
        acquirer.pay(&sale).await.unwrap();
        open.push((id(&sale.payment_request_id), Amount(price)));
    }
    acquirer.sell_by_code(CODE, acquirer.sale("M1", price, ""));
    let url = format!("http://{}", acquirer.address());
    let mut trial = AcquirerTrial::new(peer("ACQP_JP", &network_key, &own_key, &url));
    trial.failed_payment = open.pop();
    trial.payment = open.pop();
    trial.code = Some(Opaque::new(CODE).unwrap());
    (acquirer, trial)
}

#[tokio::test]
async fn the_simulated_acquirer_keeps_every_rule() {
    let (acquirer, trial) = acquirer().await;
    let report = trial.run().await;
    assert_eq!((report.passed, report.rules.len()), (21, 21), "{report}");
    // Those of push mode are not about it, and one line says so.
    assert_eq!(report.left_out, ["A22 to A43: push mode: no code of the country was named"]);
    assert_eq!(report.rules.len() + 22, ACQUIRER_RULES.len());
    assert!(report.to_string().contains("\nleft out A22 to A43: push mode"), "{report}");
    // What was refused left no trace: the good notification is the first that is believed.
    use crate::Verdict as V;
    let told: Vec<_> = acquirer.notifications().iter().map(|told| told.verdict).collect();
    let expected =
        [V::AmountDiffers, V::UnknownPayment, V::Accepted, V::Duplicate, V::Duplicate, V::Accepted];
    assert_eq!(told, expected);
}

#[tokio::test]
async fn an_acquirer_that_misbehaves_breaks_its_rules() {
    let cases: [(Api, Behaviour, &[&str]); 4] = [
        (Api::NotifyPayment, Behaviour::Unsigned, &["A16", "A17"]),
        (Api::NotifyPayment, Behaviour::WrongSignature, &["A16"]),
        (Api::UserInitiatedPay, Behaviour::Garbage, &["A12", "A19"]),
        (Api::UserInitiatedPay, Behaviour::Decline { code: C::ExpiredCode }, &["A12"]),
    ];
    for (api, behaviour, failed) in cases {
        let (acquirer, trial) = acquirer().await;
        acquirer.script(ScriptChange::next(api, [behaviour.clone()])).unwrap();
        let report = trial.run().await;
        assert_eq!(ids(&report, Verdict::Fail), failed, "{behaviour:?} {report}");
    }
    let (acquirer, trial) = acquirer().await;
    let no = Behaviour::Decline { code: C::ProcessFail };
    acquirer.script(ScriptChange::always(Api::NotifyPayment, no)).unwrap();
    let report = trial.run().await;
    assert_eq!(ids(&report, Verdict::Fail), ["A08", "A09", "A10", "A11"], "{report}");
}

#[tokio::test]
async fn an_acquirer_is_asked_only_about_what_was_named() {
    let (_acquirer, mut trial) = acquirer().await;
    (trial.payment, trial.failed_payment, trial.code) = (None, None, None);
    let report = trial.run().await;
    let passed = ["A05", "A14", "A16", "A17", "A18", "A19", "A20", "A21"];
    assert_eq!(ids(&report, Verdict::Pass), passed, "{report}");
    assert_eq!(report.failed + report.warned, 0);
}
