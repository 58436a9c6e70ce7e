//! A run against a wallet: payments are made, repeated, cancelled and refunded, and in the end
//! nobody owes anybody anything.

use super::peer::{PeerConfig, Signing};
use super::report::{Report, Rule};
use super::rules::wallet as rules;
use super::run::{Concern, Fault, Finding, Pace, Run, broken, succeeds, told};
use super::wallet_checks::Part;
use crate::wallet::WalletPaths;
use base::{ResultCode, ResultStatus, Span};
use money::Money;
use std::time::Duration;
use wire::mpp::{
    CancelPaymentRequest, CancelPaymentResponse, InquiryPaymentRequest, InquiryPaymentResponse,
    PayRequest, PayResponse, RefundRequest, RefundResponse,
};
use wire::parts::{
    Address, Id, InStoreScenario, Merchant, Order, PaymentFactor, PaymentMethod, Store,
};
use wire::{Amount, AmountOrZero, Datetime, Label, Text};

/// How long a payment of the run may be paid.
const EXPIRY: Span = Span::minutes(1);
/// Attempts of one cancel or refund before the run gives up on it.
const ATTEMPTS: u32 = 4;

/// What a run against a wallet needs to know.
#[derive(Clone, Debug)]
pub struct WalletTrial {
    pub peer: PeerConfig,
    pub paths: WalletPaths,
    /// A user of the wallet who has at least ten times the amount, and whom nobody has to ask.
    pub customer: Id,
    /// The digits that the merchant scanned; made up for each payment when not set.
    pub payment_code: Option<Text<128>>,
    /// The price of each payment, at least 2 minor units, in the wallet's currency.
    pub amount: Money,
    /// Names of the acquirer and the wallet in requests.
    pub acquirer_id: Id,
    pub psp_id: Id,
    /// Where the merchant is, ISO 3166-1 alpha-2.
    pub region: Text<2>,
    /// How fast `pay` and `refund` have to be, and how fast the other two.
    pub pay_limit: Duration,
    pub other_limit: Duration,
    /// From one inquiry or repeat to the next, and how many while a payment is U.
    pub poll_every: Duration,
    pub polls: u32,
}

impl WalletTrial {
    /// With the usual paths, the limits of `docs/integrate/wallet.md`, and a minute of inquiries.
    pub fn new(peer: PeerConfig, customer: Id, amount: Money) -> WalletTrial {
        let name = |text: &str| Id::new(text).expect("a short name is an id");
        WalletTrial {
            psp_id: Id::new(&peer.network.client_id).unwrap_or_else(|_| name("WALLET")),
            acquirer_id: name("CONFORM"),
            region: Text::new("SG").expect("two letters"),
            peer,
            paths: WalletPaths::default(),
            customer,
            payment_code: None,
            amount,
            pay_limit: Duration::from_secs(6),
            other_limit: Duration::from_secs(5),
            poll_every: Duration::from_secs(1),
            polls: 60,
        }
    }

    /// Tries every rule. The report says what could not be given back.
    pub async fn run(self) -> Report {
        let run = Run::new(self.peer.clone());
        let started_ms = self.peer.clock.now().millis();
        let mut wallet =
            Wallet { trial: self, run, started_ms, next: 0, owed: Vec::new(), first: None };
        wallet.try_payments().await;
        wallet.try_cancels().await;
        wallet.try_refunds().await;
        wallet.try_strangers().await;
        // Asked for even when the wallet went away in between.
        wallet.run.peer.forgive();
        wallet.check(&rules::GIVES_BACK, Wallet::gives_back).await;
        wallet.run.report("wallet")
    }
}

/// A payment of the run that the wallet may hold money for.
struct Owed {
    id: Id,
    /// The wallet's id, once it said S.
    payment_id: Option<Id>,
    refunded_minor: u64,
}

/// What a wallet said about a payment that is S.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Paid {
    pub request: PayRequest,
    pub payment_id: Option<Id>,
    pub payment_time: Option<Datetime>,
    pub customer_id: Option<Id>,
    pub payment_amount: Option<Amount>,
    pub pay_to_amount: Option<Amount>,
}

impl Paid {
    pub fn of_pay(request: PayRequest, answer: PayResponse) -> Paid {
        Paid {
            request,
            payment_id: answer.payment_id,
            payment_time: answer.payment_time,
            customer_id: answer.customer_id,
            payment_amount: answer.payment_amount,
            pay_to_amount: answer.pay_to_amount,
        }
    }

    pub fn of_inquiry(request: PayRequest, answer: InquiryPaymentResponse) -> Paid {
        Paid {
            request,
            payment_id: answer.payment_id,
            payment_time: answer.payment_time,
            customer_id: answer.customer_id,
            payment_amount: answer.payment_amount,
            pay_to_amount: answer.pay_to_amount,
        }
    }
}

pub(super) struct Wallet {
    pub trial: WalletTrial,
    pub run: Run,
    started_ms: u64,
    next: u64,
    owed: Vec<Owed>,
    /// The payment that the first rules are about, and that stays paid until the end.
    pub first: Option<Paid>,
}

impl Wallet {
    /// Tries one rule and writes down what came of it.
    async fn check(&mut self, rule: &Rule, attempt: impl AsyncFnOnce(&mut Wallet) -> Finding) {
        let finding = attempt(self).await;
        self.run.judge(rule, finding);
    }

    async fn try_payments(&mut self) {
        self.check(&rules::PAYS, Wallet::pays).await;
        self.check(&rules::NAMES, Wallet::names).await;
        self.check(&rules::ECHOES, Wallet::echoes).await;
        self.check(&rules::PAYS_ONCE, Wallet::pays_once).await;
        self.check(&rules::READS_ANY_ORDER, Wallet::reads_any_order).await;
        self.check(&rules::READS_NEW_FIELDS, Wallet::reads_new_fields).await;
        self.check(&rules::REFUSES_OTHER_PAY, Wallet::refuses_other_pay).await;
        self.check(&rules::KNOWS_PAID, Wallet::knows_paid).await;
        self.check(&rules::KNOWS_UNKNOWN, Wallet::knows_unknown).await;
    }

    async fn try_cancels(&mut self) {
        let mut paid: Option<Id> = None;
        self.check(&rules::CANCELS, async |wallet: &mut Wallet| wallet.cancels(&mut paid).await)
            .await;
        let paid = paid.as_ref();
        self.check(&rules::CANCELS_AGAIN, async |it: &mut Wallet| it.cancels_again(paid).await)
            .await;
        self.check(&rules::KNOWS_CANCELLED, async |it: &mut Wallet| it.knows_cancelled(paid).await)
            .await;
        let late = self.order();
        self.check(&rules::CANCELS_UNKNOWN, async |it: &mut Wallet| {
            it.cancels_unknown(&late).await
        })
        .await;
        self.check(&rules::BARS_LATE_PAY, async |it: &mut Wallet| it.bars_late_pay(&late).await)
            .await;
        self.check(&rules::MINDS_EXPIRY, Wallet::minds_expiry).await;
    }

    async fn try_refunds(&mut self) {
        let mut part: Option<Part> = None;
        self.check(&rules::REFUNDS, async |it: &mut Wallet| it.refunds(&mut part).await).await;
        let part = part.as_ref();
        self.check(&rules::REFUNDS_ONCE, async |it: &mut Wallet| it.refunds_once(part).await).await;
        self.check(&rules::REFUSES_OTHER_REFUND, async |it: &mut Wallet| {
            it.refuses_other_refund(part).await
        })
        .await;
        self.check(&rules::REFUSES_TOO_MUCH, async |it: &mut Wallet| {
            it.refuses_too_much(part).await
        })
        .await;
        self.check(&rules::REFUNDS_THE_REST, async |it: &mut Wallet| {
            it.refunds_the_rest(part).await
        })
        .await;
        self.check(&rules::KNOWS_REFUNDED, async |it: &mut Wallet| it.knows_refunded(part).await)
            .await;
        self.check(&rules::REFUSES_STRAY_REFUND, Wallet::refuses_stray_refund).await;
    }

    async fn try_strangers(&mut self) {
        let order = self.order();
        self.check(&rules::REFUSES_BROKEN, async |it: &mut Wallet| it.refuses_broken(&order).await)
            .await;
        self.check(&rules::DOES_NOTHING_UNSIGNED, async |it: &mut Wallet| {
            it.knows_nothing_of(&order).await
        })
        .await;
        for (rule, signing) in [
            (&rules::REFUSES_OTHER_PATH, Signing::OtherPath),
            (&rules::REFUSES_OTHER_KEY, Signing::UnknownVersion),
            (&rules::REFUSES_ABSENT, Signing::Absent),
        ] {
            self.check(rule, async |it: &mut Wallet| it.refuses_signing(signing).await).await;
        }
        self.check(&rules::REFUSES_NOT_JSON, Wallet::refuses_not_json).await;
        self.check(&rules::REFUSES_INCOMPLETE, Wallet::refuses_incomplete).await;
        for (rule, concern) in [
            (&rules::SIGNS, Concern::Signature),
            (&rules::HAS_HEADERS, Concern::Headers),
            (&rules::ANSWERS_200, Concern::Status),
            (&rules::AGREES, Concern::Result),
            (&rules::IS_QUICK, Concern::Slow),
            (&rules::IS_QUICK_OTHERWISE, Concern::OtherSlow),
        ] {
            self.run.judge_concern(rule, concern);
        }
    }

    pub fn pay_pace(&self) -> Pace {
        Pace { limit: self.trial.pay_limit, is_first: true }
    }

    pub fn other_pace(&self) -> Pace {
        Pace { limit: self.trial.other_limit, is_first: false }
    }

    /// An id that no other run uses: two runs do not start in the same millisecond.
    pub fn new_id(&mut self) -> Id {
        self.next += 1;
        let text = format!("CONFORM-{:x}-{}", self.started_ms, self.next);
        Id::new(&text).expect("at most 45 characters are an id")
    }

    /// A new payment of the customer at a made-up merchant.
    pub fn order(&mut self) -> PayRequest {
        let id = self.new_id();
        let trial = &self.trial;
        let (price, fixed) = (Amount(trial.amount), "a fixed text fits its field");
        let mcc = Text::new("5812").expect(fixed);
        let shop = |name: &str| Id::new(name).expect(fixed);
        let store = Store::new(shop("CONFORM-S"), Label::new("Store").expect(fixed), mcc.clone());
        let merchant = Merchant {
            merchant_address: Some(Address::new(trial.region.clone())),
            store: Some(store),
            ..Merchant::new(shop("CONFORM-M"), mcc, Label::new("Conformance").expect(fixed))
        };
        let what = Label::new("conformance check").expect(fixed);
        let made_up = || {
            let digits = (self.started_ms % 100_000_000_000) * 100_000 + self.next % 100_000;
            Text::new(&format!("25000102{digits:016}")).expect(fixed)
        };
        let method = PaymentMethod {
            payment_method_id: Some(trial.payment_code.clone().unwrap_or_else(made_up)),
            customer_id: Some(trial.customer.clone()),
            ..PaymentMethod::new(Text::new("CONNECT_WALLET").expect(fixed))
        };
        let factor = PaymentFactor {
            is_in_store_payment: Some(true),
            is_cashier_payment: Some(false),
            in_store_payment_scenario: Some(InStoreScenario::PaymentCode),
            ..PaymentFactor::new()
        };
        let (acquirer, wallet) = (trial.acquirer_id.clone(), trial.psp_id.clone());
        let order = Order::new(id.clone(), what, price, merchant);
        let expiry = trial.peer.clock.now().after(EXPIRY);
        PayRequest {
            payment_expiry_time: Some(Datetime::utc(expiry)),
            ..PayRequest::new(acquirer, wallet, id, order, price, price, method, factor)
        }
    }

    /// Remembers that the wallet may debit for this id.
    pub fn may_owe(&mut self, id: &Id) -> usize {
        if let Some(at) = self.owed.iter().position(|owed| owed.id == *id) {
            return at;
        }
        self.owed.push(Owed { id: id.clone(), payment_id: None, refunded_minor: 0 });
        self.owed.len() - 1
    }

    /// Nothing is held for this id any more.
    pub fn owes_nothing(&mut self, id: &Id) {
        self.owed.retain(|owed| owed.id != *id);
    }

    /// One `pay`.
    pub async fn pay(&mut self, request: &PayRequest) -> Finding<PayResponse> {
        self.pay_body(request, wire::render(request)).await
    }

    /// One `pay` whose body is written in a way of its own.
    pub async fn pay_body(&mut self, request: &PayRequest, body: Vec<u8>) -> Finding<PayResponse> {
        let at = self.may_owe(&request.payment_request_id);
        let (path, pace) = (self.trial.paths.pay.clone(), self.pay_pace());
        let heard = self.run.ask(&path, body, pace).await;
        let answer: PayResponse = heard.read().map_err(Fault::Broken)?;
        if answer.result.status() == ResultStatus::S {
            self.owed[at].payment_id.clone_from(&answer.payment_id);
        }
        Ok(answer)
    }

    /// Pays, and inquires while it is U.
    pub async fn pay_to_end(&mut self) -> Finding<Paid> {
        let request = self.order();
        let answer = self.pay(&request).await?;
        match answer.result.status() {
            ResultStatus::S => Ok(Paid::of_pay(request, answer)),
            ResultStatus::F => broken(format!(
                "pay is {}: is this a user with enough money?",
                told(&answer.result)
            )),
            ResultStatus::U => self.inquire_to_end(request).await,
        }
    }

    async fn inquire_to_end(&mut self, request: PayRequest) -> Finding<Paid> {
        for _ in 0..self.trial.polls {
            tokio::time::sleep(self.trial.poll_every).await;
            let answer = self.inquire(&request.payment_request_id).await?;
            let result = answer.payment_result.as_ref().unwrap_or(&answer.result);
            match result.status() {
                ResultStatus::U => {}
                ResultStatus::F => {
                    return broken(format!("pay was U, and an inquiry says {}", told(result)));
                }
                ResultStatus::S => {
                    let at = self.may_owe(&request.payment_request_id);
                    self.owed[at].payment_id.clone_from(&answer.payment_id);
                    return Ok(Paid::of_inquiry(request, answer));
                }
            }
        }
        broken(format!("pay is U, and still U after {} inquiries", self.trial.polls))
    }

    /// One `inquiryPayment`.
    pub async fn inquire(&mut self, id: &Id) -> Finding<InquiryPaymentResponse> {
        let (acquirer, wallet) = (self.trial.acquirer_id.clone(), self.trial.psp_id.clone());
        let request = InquiryPaymentRequest::new(acquirer, wallet, id.clone());
        let (path, pace) = (self.trial.paths.inquiry_payment.clone(), self.other_pace());
        self.run.call(&path, &request, pace).await
    }

    /// One `cancelPayment`.
    pub async fn cancel(&mut self, id: &Id) -> Finding<CancelPaymentResponse> {
        let (acquirer, wallet) = (self.trial.acquirer_id.clone(), self.trial.psp_id.clone());
        let request = CancelPaymentRequest::new(acquirer, wallet, id.clone());
        let (path, pace) = (self.trial.paths.cancel_payment.clone(), self.other_pace());
        let answer: CancelPaymentResponse = self.run.call(&path, &request, pace).await?;
        if answer.result.status() == ResultStatus::S {
            self.owes_nothing(id);
        }
        Ok(answer)
    }

    /// A refund of a paid payment, with a new id.
    pub fn refund_of(&mut self, payment: (&Id, &Id), amount: Money) -> RefundRequest {
        let (id, payment_id) = payment;
        let (acquirer, wallet) = (self.trial.acquirer_id.clone(), self.trial.psp_id.clone());
        let (id, payment_id, refund_id) = (id.clone(), payment_id.clone(), self.new_id());
        let (back, debit_back) = (Amount(amount), AmountOrZero(amount));
        RefundRequest::new(acquirer, wallet, id, payment_id, refund_id, back, debit_back)
    }

    /// One `refund`, repeated with the same id while it is U.
    pub async fn refund(&mut self, request: &RefundRequest) -> Finding<RefundResponse> {
        let (path, pace) = (self.trial.paths.refund.clone(), self.pay_pace());
        let mut attempt = 1;
        loop {
            let answer: RefundResponse = self.run.call(&path, request, pace).await?;
            if answer.result.status() != ResultStatus::U || attempt == ATTEMPTS {
                return Ok(answer);
            }
            attempt += 1;
            tokio::time::sleep(self.trial.poll_every).await;
        }
    }

    /// Remembers that a refund was answered S for the first time.
    pub fn was_refunded(&mut self, id: &Id, amount: Money) {
        let at = self.may_owe(id);
        self.owed[at].refunded_minor += amount.minor();
        if self.owed[at].refunded_minor >= self.trial.amount.minor() {
            self.owed.remove(at);
        }
    }

    /// Cancels or refunds everything that may still be held.
    async fn gives_back(&mut self) -> Finding {
        let mut left = Vec::new();
        for owed in std::mem::take(&mut self.owed) {
            // Made once: a repeat must be the same refund.
            let rest = self.rest_of(&owed);
            let mut tried = self.give_back(&owed, rest.as_ref()).await;
            for _ in 1..ATTEMPTS {
                if tried.is_ok() {
                    break;
                }
                tokio::time::sleep(self.trial.poll_every).await;
                tried = self.give_back(&owed, rest.as_ref()).await;
            }
            if let Err(Fault::Broken(why) | Fault::Skipped(why)) = tried {
                left.push(format!("{}: {why}", owed.id.as_str()));
            }
        }
        match left.is_empty() {
            true => Ok(()),
            false => broken(format!("not given back: {}", left.join("; "))),
        }
    }

    /// The refund of what is left of a payment that was refunded in part: a cancel is for whole
    /// payments.
    fn rest_of(&mut self, owed: &Owed) -> Option<RefundRequest> {
        let payment_id = owed.payment_id.as_ref().filter(|_| owed.refunded_minor > 0)?;
        let rest = self.trial.amount.minor().checked_sub(owed.refunded_minor)?;
        let rest = Money::new(rest, self.trial.amount.currency()).ok()?;
        Some(self.refund_of((&owed.id, payment_id), rest))
    }

    async fn give_back(&mut self, owed: &Owed, rest: Option<&RefundRequest>) -> Finding {
        if let Some(rest) = rest {
            return succeeds("refund of the rest", &self.refund(rest).await?.result);
        }
        let answer = self.cancel(&owed.id).await?;
        let is_unknown = answer.result.code() == ResultCode::OrderNotExist;
        match (&owed.payment_id, is_unknown) {
            // Nothing was ever said to be paid, and nothing is known.
            (None, true) => Ok(()),
            _ => succeeds("cancelPayment", &answer.result),
        }
    }
}
