//! A model wallet: its own books, its own mistakes, and a word that it keeps.
//!
//! It obeys blindly: a refund that it is asked for is paid out whether the payment held money or
//! not. So its books show what the network did wrong.

use super::dice::Dice;
use super::profile::WalletHabits;
use base::{ResultCode, Span, Timestamp};
use ids::{ParticipantId, PartnerText, PaymentId, RefundId};
use money::Money;
use network::{EffectKind, Payment, PaymentEffect, WalletAnswer, WalletVerdict};
use std::collections::{BTreeMap, BTreeSet};

/// Where a payment stands in the wallet's books.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// The user has not decided yet.
    Open,
    Taken,
    Declined,
    Cancelled,
}

/// One payment in the wallet's books.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub standing: Standing,
    pub amount: Money,
    pub pay_to: Money,
    pub expiry: Timestamp,
    /// Taken from the payer and given back, in minor units of `pay_to`.
    pub taken_minor: u64,
    pub given_back_minor: u64,
    pub refunds: BTreeMap<RefundId, Said>,
    pub word: Word,
    /// The money was taken after the wallet had said that it would not be: the wallet tells the
    /// network until it hears an answer.
    pub is_late: bool,
    pub owes_notice: bool,
}

/// What the wallet has said about a payment, whether it was heard or not.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Word {
    pub declined: bool,
    pub confirmed_cancel: bool,
}

/// What the wallet said about a refund: it says the same again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Said {
    Done,
    Refused,
}

/// What the network asks a wallet.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub payment: PaymentId,
    pub kind: EffectKind,
    pub amount: Money,
    pub pay_to: Money,
    pub expiry: Timestamp,
    pub refund: Option<(RefundId, u64)>,
    /// Whose money it is, as the wallet named the payer to the network.
    pub customer: Option<PartnerText>,
}

impl Call {
    /// What the edge would write to the wallet. `None` for effects that do not go to a wallet.
    pub fn of(effect: &PaymentEffect) -> Option<Call> {
        let payment = &effect.payment;
        let refund = match effect.id.kind {
            EffectKind::Refund(number) => {
                let refund = payment.refunds.get(usize::try_from(number).ok()?)?;
                Some((refund.id, payment.refund_pay_to(refund)?.minor()))
            }
            EffectKind::Notify
            | EffectKind::Claim
            | EffectKind::EndDebit
            | EffectKind::Push
            | EffectKind::PushInquiry => return None,
            EffectKind::Pay | EffectKind::Inquiry | EffectKind::Cancel => None,
        };
        Some(Call {
            payment: payment.id,
            kind: effect.id.kind,
            amount: payment.amount,
            pay_to: payment.terms.as_ref()?.pay_to,
            expiry: payment.expiry,
            refund,
            customer: payment.payer.as_ref().map(|payer| payer.customer.clone()),
        })
    }
}

impl Call {
    /// What a wallet learns of an order that its user scanned. `None` before it is priced.
    pub fn of_order(payment: &Payment) -> Option<Call> {
        Some(Call {
            payment: payment.id,
            kind: EffectKind::Pay,
            amount: payment.amount,
            pay_to: payment.terms.as_ref()?.pay_to,
            expiry: payment.expiry,
            refund: None,
            customer: payment.payer.as_ref().map(|payer| payer.customer.clone()),
        })
    }
}

/// What a call leads to.
#[derive(Default)]
pub(crate) struct Reaction {
    /// The answer, unless the wallet stays silent.
    pub answer: Option<WalletAnswer>,
    /// The user decides after this time.
    pub decides_after: Option<Span>,
    /// Unasked notifications: what they say, and after which time.
    pub notices: Vec<(bool, Span)>,
}

pub(crate) struct Wallet {
    pub id: ParticipantId,
    pub entries: BTreeMap<PaymentId, Entry>,
    /// Payments it was asked to cancel before it knew them.
    barred: BTreeSet<PaymentId>,
    asked_in_vain: BTreeSet<PaymentId>,
    /// Set when more was given back than had been taken.
    pub overpaid: Option<PaymentId>,
}

fn answer(verdict: WalletVerdict, entry: Option<&Entry>) -> WalletAnswer {
    let mut answer = WalletAnswer::of(verdict);
    answer.amount = entry.map(|entry| entry.amount);
    answer.pay_to = entry.map(|entry| entry.pay_to);
    answer
}

fn declined(code: ResultCode) -> WalletVerdict {
    WalletVerdict::Declined(code)
}

impl Wallet {
    pub fn new(id: u32) -> Wallet {
        Wallet {
            id: ParticipantId(id),
            entries: BTreeMap::new(),
            barred: BTreeSet::new(),
            asked_in_vain: BTreeSet::new(),
            overpaid: None,
        }
    }

    /// What the payer is without, because of this payment.
    pub fn kept_minor(&self, payment: PaymentId) -> u64 {
        let kept = |entry: &Entry| entry.taken_minor.saturating_sub(entry.given_back_minor);
        self.entries.get(&payment).map_or(0, kept)
    }

    pub fn call(
        &mut self,
        call: &Call,
        now: Timestamp,
        (habits, dice): (WalletHabits, &mut Dice),
    ) -> Reaction {
        if dice.per_mille(habits.silent) {
            return Reaction::default();
        }
        let mut reaction = match call.kind {
            EffectKind::Pay => self.pay(call, now, (habits, dice)),
            EffectKind::Inquiry => self.inquiry(call, (habits, dice)),
            EffectKind::Cancel => self.cancel(call, (habits, dice)),
            EffectKind::Refund(_) => self.refund(call, (habits, dice)),
            EffectKind::Notify
            | EffectKind::Claim
            | EffectKind::EndDebit
            | EffectKind::Push
            | EffectKind::PushInquiry => Reaction::default(),
        };
        if dice.per_mille(habits.lost_reply) {
            reaction.answer = None;
        }
        reaction
    }

    fn take(&mut self, payment: PaymentId) {
        let was_asked = self.asked_in_vain.contains(&payment);
        let Some(entry) = self.entries.get_mut(&payment) else { return };
        entry.standing = Standing::Taken;
        entry.taken_minor = entry.pay_to.minor();
        entry.is_late = was_asked || entry.word.declined || entry.word.confirmed_cancel;
        entry.owes_notice = entry.is_late;
    }

    fn pay(
        &mut self,
        call: &Call,
        now: Timestamp,
        (habits, dice): (WalletHabits, &mut Dice),
    ) -> Reaction {
        if self.entries.contains_key(&call.payment) {
            return self.say(call.payment, false);
        }
        if !self.open(call, now) {
            return self.decline(call.payment, ResultCode::OrderIsClosed);
        }
        if dice.per_mille(habits.declines) {
            let mut reaction = self.decline(call.payment, ResultCode::UserBalanceNotEnough);
            if dice.per_mille(habits.late_success) {
                reaction.decides_after = Some(Span::millis(dice.between(100, 200_000)));
            }
            return reaction;
        }
        if dice.per_mille(habits.in_process) {
            let after = Span::millis(dice.between(500, 150_000));
            let answer = Some(answer(WalletVerdict::InProcess, None));
            return Reaction { answer, decides_after: Some(after), notices: Vec::new() };
        }
        self.take(call.payment);
        let mut reaction = self.say(call.payment, dice.per_mille(habits.wrong_amounts));
        while reaction.notices.len() < 3 && dice.per_mille(habits.notifies) {
            reaction.notices.push((true, Span::millis(dice.between(1, 30_000))));
        }
        if dice.per_mille(habits.contradicts) {
            reaction.notices.push((false, Span::millis(dice.between(1, 60_000))));
        }
        reaction
    }

    /// Enters a payment into the books. `false` when it must not be paid any more.
    fn open(&mut self, call: &Call, now: Timestamp) -> bool {
        let entry = Entry {
            standing: Standing::Open,
            amount: call.amount,
            pay_to: call.pay_to,
            expiry: call.expiry,
            taken_minor: 0,
            given_back_minor: 0,
            refunds: BTreeMap::new(),
            word: Word::default(),
            is_late: false,
            owes_notice: false,
        };
        self.entries.insert(call.payment, entry);
        !self.barred.contains(&call.payment) && now < call.expiry
    }

    /// An order that a user scanned is shown. `true` when it is new and the user may decide.
    pub fn show(&mut self, order: &Call, now: Timestamp) -> bool {
        if self.entries.contains_key(&order.payment) {
            return false;
        }
        let is_open = self.open(order, now);
        if !is_open {
            self.decline(order.payment, ResultCode::OrderIsClosed);
        }
        is_open
    }

    /// The user says no to an order.
    pub fn turn_down(&mut self, payment: PaymentId) {
        self.decline(payment, ResultCode::UserBalanceNotEnough);
    }

    fn decline(&mut self, payment: PaymentId, code: ResultCode) -> Reaction {
        if let Some(entry) = self.entries.get_mut(&payment) {
            entry.standing = Standing::Declined;
            entry.word.declined = true;
        }
        Reaction { answer: Some(answer(declined(code), None)), ..Reaction::default() }
    }

    /// A wallet that says F about money that it took has said F, and corrects itself.
    pub fn contradict(&mut self, payment: PaymentId) {
        if let Some(entry) = self.entries.get_mut(&payment) {
            entry.word.declined = true;
            entry.is_late = true;
            entry.owes_notice = true;
        }
    }

    /// Has the wallet said, by whatever way, that the payer will not pay?
    pub fn has_said_no(&self, payment: PaymentId) -> bool {
        let word = self.entries.get(&payment).map(|entry| entry.word).unwrap_or_default();
        word.declined || word.confirmed_cancel || self.barred.contains(&payment)
    }

    /// It was asked to cancel the payment before it knew it, or its user cannot pay it any more.
    pub fn bar(&mut self, payment: PaymentId) {
        self.barred.insert(payment);
    }

    /// Was it asked to cancel the payment, and did not know it?
    pub fn was_asked_in_vain(&self, payment: PaymentId) -> bool {
        self.asked_in_vain.contains(&payment)
    }

    /// The user decides at last. Says whether the network is to be told.
    pub fn decide(&mut self, payment: PaymentId, now: Timestamp) -> bool {
        let Some(entry) = self.entries.get(&payment) else { return false };
        match entry.standing {
            Standing::Taken | Standing::Cancelled => false,
            // Said no before, and takes the money all the same.
            Standing::Declined => {
                self.take(payment);
                true
            }
            Standing::Open if now >= entry.expiry => {
                self.decline(payment, ResultCode::OrderIsClosed);
                true
            }
            Standing::Open => {
                self.take(payment);
                true
            }
        }
    }

    /// How the payment stands, in words.
    fn say(&mut self, payment: PaymentId, is_wrong: bool) -> Reaction {
        let Some(entry) = self.entries.get_mut(&payment) else {
            let answer = Some(answer(WalletVerdict::NotFound, None));
            return Reaction { answer, ..Reaction::default() };
        };
        let verdict = match entry.standing {
            Standing::Open => WalletVerdict::InProcess,
            Standing::Taken => WalletVerdict::Approved,
            Standing::Declined => declined(ResultCode::UserBalanceNotEnough),
            Standing::Cancelled => declined(ResultCode::OrderIsClosed),
        };
        entry.word.declined |= matches!(verdict, WalletVerdict::Declined(_));
        let mut answer = answer(verdict, Some(entry));
        if is_wrong {
            let currency = entry.pay_to.currency();
            answer.pay_to = Money::new(entry.pay_to.minor() + 1, currency).ok();
        }
        Reaction { answer: Some(answer), ..Reaction::default() }
    }

    fn inquiry(&mut self, call: &Call, (habits, dice): (WalletHabits, &mut Dice)) -> Reaction {
        if dice.per_mille(habits.silent) {
            // A replica that has not heard of the payment yet.
            let answer = Some(answer(WalletVerdict::NotFound, None));
            return Reaction { answer, ..Reaction::default() };
        }
        self.say(call.payment, dice.per_mille(habits.wrong_amounts))
    }

    fn cancel(&mut self, call: &Call, (habits, dice): (WalletHabits, &mut Dice)) -> Reaction {
        let plain =
            |verdict| Reaction { answer: Some(answer(verdict, None)), ..Reaction::default() };
        if dice.per_mille(habits.declines) {
            return plain(declined(ResultCode::ProcessFail));
        }
        let Some(entry) = self.entries.get_mut(&call.payment) else {
            if !habits.has_tombstones {
                self.asked_in_vain.insert(call.payment);
                return plain(WalletVerdict::NotFound);
            }
            self.barred.insert(call.payment);
            return plain(WalletVerdict::Approved);
        };
        if entry.standing == Standing::Taken {
            entry.given_back_minor = entry.taken_minor;
        }
        entry.standing = Standing::Cancelled;
        entry.word.confirmed_cancel = true;
        plain(WalletVerdict::Approved)
    }

    fn refund(&mut self, call: &Call, (habits, dice): (WalletHabits, &mut Dice)) -> Reaction {
        let plain =
            |verdict| Reaction { answer: Some(answer(verdict, None)), ..Reaction::default() };
        let Some(entry) = self.entries.get_mut(&call.payment) else {
            return plain(WalletVerdict::NotFound);
        };
        let Some((id, give_back_minor)) = call.refund else {
            return plain(WalletVerdict::NotFound);
        };
        let said = match entry.refunds.get(&id) {
            Some(said) => *said,
            None if dice.per_mille(habits.in_process) => return plain(WalletVerdict::InProcess),
            None if dice.per_mille(habits.refuses_refunds) => Said::Refused,
            None => {
                entry.given_back_minor += give_back_minor;
                if entry.given_back_minor > entry.taken_minor {
                    self.overpaid = Some(call.payment);
                }
                Said::Done
            }
        };
        entry.refunds.insert(id, said);
        plain(match said {
            Said::Done => WalletVerdict::Approved,
            Said::Refused => declined(ResultCode::UserStatusAbnormal),
        })
    }
}
