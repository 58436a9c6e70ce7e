//! The life of one bill: what each input does to it and to the money.

use super::biller::Biller;
use super::step::{BillInput, BillState, BillStep, bill_step};
use crate::PayPlan;
use base::{Span, Text, Timestamp, codec_enum, codec_struct};
use money::Money;

/// An opaque reference to the customer's number with a biller; the number is in the vault.
pub type AccountRef = Text<64>;

/// How long a bill may stay unknown before somebody should look.
pub const UNKNOWN_ALERT_AFTER: Span = Span::minutes(10);

/// How long after the attempt before it (or after the payment was sent) inquiry number `attempt`,
/// from 0, is made: 5 s six times, then 1, 5 and 30 min, then hourly without end.
pub const fn bill_inquiry_after(attempt: u32) -> Span {
    match attempt {
        0..=5 => Span::secs(5),
        6 => Span::minutes(1),
        7 => Span::minutes(5),
        8 => Span::minutes(30),
        _ => Span::hours(1),
    }
}

/// What the biller answered to the check of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckedAccount {
    pub customer: u32,
    pub account: AccountRef,
    /// What is due, if the biller said so.
    pub due: Option<Money>,
    pub now: Timestamp,
}
codec_struct!(CheckedAccount { customer, account, due, now });

/// What came back from the biller after the customer paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BillerAnswer {
    Confirmed,
    Refused,
    InProcess,
    /// Nothing usable.
    Silent,
    /// To an inquiry: there is no such payment.
    NotKnown,
}
codec_enum!(BillerAnswer {
    0 = Confirmed,
    1 = Refused,
    2 = InProcess,
    3 = Silent,
    4 = NotKnown,
});

/// One bill. It names its biller and customer by number and the account by reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bill {
    pub biller: u32,
    pub customer: u32,
    pub account: AccountRef,
    pub due: Option<Money>,
    pub state: BillState,
    /// The first instant at which the check is too old to be paid.
    pub lapses: Timestamp,
    /// From `Paying` on: what the customer pays, and when the biller was told.
    pub paid: Option<(PayPlan, Timestamp)>,
    /// Inquiries that were answered, or not.
    pub asked: u32,
    /// How often in a row the biller has said, late enough, that it does not know the payment.
    not_known: u8,
}
codec_struct!(Bill { biller, customer, account, due, state, lapses, paid, asked, not_known });

/// What a step does to the money.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BillMove {
    Nothing,
    /// Hold the total on the customer and tell the biller.
    Reserve(PayPlan),
    /// The held total becomes the biller's amount and the wallet's fee.
    Post(PayPlan),
    /// The held total is free again, all of it.
    Release(Money),
}
codec_enum!(BillMove { 0 = Nothing, 1 = Reserve(plan), 2 = Post(plan), 3 = Release(total) });

/// A bill after an input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BillOutcome {
    pub bill: Bill,
    pub act: BillMove,
    /// The biller contradicts itself or the books: record a break.
    pub is_break: bool,
    /// When to ask the biller next, while it is not known. `None` arms nothing new: the answer or the
    /// silence of the call that is out comes by itself.
    pub ask_at: Option<Timestamp>,
}

/// Why a bill is not paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BillRefusal {
    /// The bill is of another biller than the entry that was looked up.
    OtherBiller,
    /// The check is too old: check again.
    CheckTooOld,
    /// It was reversed: a new bill is needed.
    WasReversed,
    OtherCurrency,
    /// Not on the list, or below the least.
    AmountNotOffered,
    /// The biller says that nothing is due.
    NothingDue,
    NotTheAmountDue {
        due: Money,
    },
    AboveMost {
        most: Money,
    },
}
codec_enum!(BillRefusal {
    0 = OtherBiller,
    1 = CheckTooOld,
    2 = WasReversed,
    3 = OtherCurrency,
    4 = AmountNotOffered,
    5 = NothingDue,
    6 = NotTheAmountDue { due },
    7 = AboveMost { most },
});

impl Bill {
    /// A bill of an account that the biller knows.
    pub fn checked(biller: &Biller, account: CheckedAccount) -> Bill {
        let rules = biller.rules();
        Bill {
            biller: rules.biller,
            customer: account.customer,
            account: account.account,
            due: account.due,
            state: BillState::Checked,
            lapses: account.now.after(rules.check_good_for),
            paid: None,
            asked: 0,
            not_known: 0,
        }
    }

    /// The customer pays. A repeat on a bill that is under way or paid changes nothing, whatever
    /// the amount: requests are told apart before they come here.
    ///
    /// Errors, in this order: `OtherBiller`, `WasReversed`, `CheckTooOld`, and those of
    /// [`Biller::plan`].
    pub fn pay(
        &self,
        biller: &Biller,
        amount: Money,
        now: Timestamp,
    ) -> Result<BillOutcome, BillRefusal> {
        if biller.rules().biller != self.biller {
            return Err(BillRefusal::OtherBiller);
        }
        let is_old = self.state == BillState::Checked && now >= self.lapses;
        match bill_step(self.state, BillInput::Pay) {
            BillStep::To(_) if is_old => Err(BillRefusal::CheckTooOld),
            BillStep::To(state) => {
                let plan = biller.plan(amount, self.due)?;
                let bill = Bill { state, paid: Some((plan, now)), ..self.clone() };
                Ok(BillOutcome { act: BillMove::Reserve(plan), ..bill.unmoved() })
            }
            BillStep::Over if self.state == BillState::Reversed => Err(BillRefusal::WasReversed),
            BillStep::Over => Err(BillRefusal::CheckTooOld),
            BillStep::Same | BillStep::Break => Ok(self.clone().unmoved()),
        }
    }

    /// The timer of `lapses`. Before that time nothing happens.
    pub fn lapse(&self, now: Timestamp) -> BillOutcome {
        if now < self.lapses {
            return self.clone().unmoved();
        }
        self.on(BillInput::Lapse, now)
    }

    /// The biller's answer, to the payment or to an inquiry, or its silence. That it does not know
    /// the payment counts only after the biller's time to settle, and as often in a row as its
    /// rules say; any other answer begins the count anew.
    pub fn answered(&self, biller: &Biller, answer: BillerAnswer, now: Timestamp) -> BillOutcome {
        let rules = biller.rules();
        let is_late = self.paid.is_some_and(|(_, sent)| now >= sent.after(rules.settle));
        let is_inquiry = self.state == BillState::Unknown;
        let not_known = match answer {
            BillerAnswer::NotKnown if is_late && is_inquiry => self.not_known.saturating_add(1),
            BillerAnswer::NotKnown
            | BillerAnswer::Confirmed
            | BillerAnswer::Refused
            | BillerAnswer::InProcess => 0,
            BillerAnswer::Silent => self.not_known,
        };
        let input = match answer {
            BillerAnswer::Confirmed => BillInput::Confirmed,
            BillerAnswer::Refused => BillInput::Refused,
            BillerAnswer::InProcess => BillInput::InProcess,
            BillerAnswer::Silent => BillInput::Silent,
            BillerAnswer::NotKnown if not_known >= rules.not_known_needed => {
                BillInput::NeverArrived
            }
            BillerAnswer::NotKnown => BillInput::NotKnown,
        };
        let mut next = self.on(input, now);
        if next.bill.state == BillState::Unknown {
            next.bill.not_known = not_known;
        }
        next
    }

    fn on(&self, input: BillInput, now: Timestamp) -> BillOutcome {
        let mut bill = self.clone();
        let state = match bill_step(self.state, input) {
            BillStep::To(state) => state,
            BillStep::Same | BillStep::Over => return bill.unmoved(),
            BillStep::Break => return BillOutcome { is_break: true, ..bill.unmoved() },
        };
        bill.state = state;
        let mut act = BillMove::Nothing;
        let mut ask_at = None;
        match (state, self.paid) {
            (BillState::Confirmed, Some((plan, _))) => act = BillMove::Post(plan),
            (BillState::Reversed, Some((plan, _))) => act = BillMove::Release(plan.total()),
            (BillState::Unknown, _) => {
                // The first time it is the payment itself that had no answer.
                bill.asked += u32::from(self.state == BillState::Unknown);
                ask_at = Some(now.after(bill_inquiry_after(bill.asked)));
            }
            (
                BillState::Confirmed
                | BillState::Reversed
                | BillState::Checked
                | BillState::Paying
                | BillState::Lapsed,
                _,
            ) => {}
        }
        BillOutcome { bill, act, is_break: false, ask_at }
    }

    fn unmoved(self) -> BillOutcome {
        BillOutcome { bill: self, act: BillMove::Nothing, is_break: false, ask_at: None }
    }
}
