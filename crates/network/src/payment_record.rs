//! One payment with everything that is known of it: the record that goes to history when it closes.

use crate::posting::Shares;
use crate::{
    Command, Debit, Declaration, DisputeRecord, EffectKind, Order, PayBy, Push, TokenUse, Way,
};
use base::{ResultCode, Span, Stamp, Text, Timestamp, codec_enum, codec_struct};
use directory::{Country, Fees, Mcc, Participant, Reach, Url};
use fx::Quote;
use ids::{CustomerAlias, ParticipantId, Partition, PartnerText, PaymentId, RefundId};
use money::{Currency, Money};
use payment::{DeliveryState, PaymentState, PushState, RefundState};

/// The payment method that leaves the wallet to the payer. Source: acquirer interface 2.4.
const ANY_WALLET: &str = "CONNECT_WALLET";

/// Entries that one timeline holds; later inquiries are counted but not listed.
pub const MAX_TIMELINE: usize = 64;

/// Who pays, as the code told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payer {
    pub mpp: ParticipantId,
    pub customer: PartnerText,
    pub alias: CustomerAlias,
    pub region: Option<Country>,
}
codec_struct!(Payer { mpp, customer, alias, region });

/// What was agreed on when the payment was accepted; frozen, and used again for its refunds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    pub pay_to: Money,
    /// Order currency to wallet currency; absent when they are one.
    pub payment_quote: Option<Quote>,
    pub settlement: Money,
    /// Order currency to settlement currency; absent when they are one.
    pub settlement_quote: Option<Quote>,
    pub interchange: Money,
    pub network_fee: Money,
    pub fees: Fees,
    pub reach: Reach,
    pub mcc: Mcc,
    pub acquirer_contract: u32,
    pub mpp_contract: u32,
    pub refund_returns_interchange: bool,
    pub refund_returns_network_fee: bool,
}
codec_struct!(Terms {
    pay_to,
    payment_quote,
    settlement,
    settlement_quote,
    interchange,
    network_fee,
    fees,
    reach,
    mcc,
    acquirer_contract,
    mpp_contract,
    refund_returns_interchange,
    refund_returns_network_fee,
});

/// One refund of a payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefundRecord {
    pub id: RefundId,
    pub request_id: PartnerText,
    pub state: RefundState,
    pub result: ResultCode,
    pub amount: Money,
    /// What it gives back of each amount of the payment; zero when it was refused at once.
    pub shares: Shares,
    pub created: Stamp,
    pub done: Option<Timestamp>,
    pub wallet_refund_id: Option<PartnerText>,
    pub attempts: u32,
    pub reason: Option<Text<256>>,
}
codec_struct!(RefundRecord {
    id,
    request_id,
    state,
    result,
    amount,
    shares,
    created,
    done,
    wallet_refund_id,
    attempts,
    reason,
});

/// How a partner contradicted itself or the books: somebody must look. No break moves money.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BreakKind {
    /// Its approval echoes other amounts than it was asked for.
    OtherAmounts,
    /// It says of a payment what cannot follow what it said before.
    OtherOutcome,
    /// It took money after the payment had closed; it was booked in and out again.
    TakenAfterClose,
    /// It says of a refund what cannot follow what it said before.
    OtherRefundOutcome,
    /// Its notification differs from the payment.
    OtherNotification,
    /// An acquirer says of a pushed payment what cannot follow what it said before, takes one that
    /// went back to the payer, or gives it a name that means another.
    OtherPushOutcome,
}
codec_enum!(BreakKind {
    0 = OtherAmounts,
    1 = OtherOutcome,
    2 = TakenAfterClose,
    3 = OtherRefundOutcome,
    4 = OtherNotification,
    5 = OtherPushOutcome,
});

/// What happened, in the timeline of a payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    Received,
    Refused(ResultCode),
    /// Sent a call or a notification; the number is the attempt.
    Sent(EffectKind, u32),
    Approved,
    Declined(ResultCode),
    InProcess,
    Silent,
    NotFound,
    Expired,
    CancelAsked,
    CancelConfirmed,
    LateApproval,
    Break(BreakKind),
    RefundAsked(u32),
    Refunded(u32),
    RefundRefused(u32, ResultCode),
    Notified,
    NotifyFailed,
    NotifyGivenUp,
    Claimed,
    WalletNotified,
    /// A wallet took the order up.
    Taken,
    DisputeOpened(u32),
    /// The acquirer answered.
    DisputeAnswered(u32),
    /// The acquirer's time to answer was over.
    DisputeExpired(u32),
    /// The acquirer took the payment that was pushed to it.
    PushAccepted,
    PushRefused(ResultCode),
    PushGivenUp,
}
codec_enum!(What {
    0 = Received,
    1 = Refused(code),
    2 = Sent(kind, attempt),
    3 = Approved,
    4 = Declined(code),
    5 = InProcess,
    6 = Silent,
    7 = NotFound,
    8 = Expired,
    9 = CancelAsked,
    10 = CancelConfirmed,
    11 = LateApproval,
    12 = Break(kind),
    13 = RefundAsked(number),
    14 = Refunded(number),
    15 = RefundRefused(number, code),
    16 = Notified,
    17 = NotifyFailed,
    18 = NotifyGivenUp,
    19 = Claimed,
    20 = WalletNotified,
    21 = Taken,
    22 = DisputeOpened(number),
    23 = DisputeAnswered(number),
    24 = DisputeExpired(number),
    25 = PushAccepted,
    26 = PushRefused(code),
    27 = PushGivenUp,
});

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimelineEntry {
    pub at: Stamp,
    pub what: What,
}
codec_struct!(TimelineEntry { at, what });

/// See the module's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payment {
    pub id: PaymentId,
    pub acquirer: ParticipantId,
    pub request_id: PartnerText,
    pub created: Stamp,
    pub state: PaymentState,
    /// Why, once the state is final.
    pub result: ResultCode,
    /// The reason in words, when the network itself refused.
    pub message: Option<Text<256>>,
    pub way: Way,
    pub order: Order,
    pub amount: Money,
    pub settlement_currency: Currency,
    pub method_type: PartnerText,
    pub by: PayBy,
    pub expiry: Timestamp,
    pub notify_url: Option<Url>,
    /// Where the payer goes on after paying.
    pub redirect_url: Option<Url>,
    pub payer: Option<Payer>,
    pub terms: Option<Terms>,
    pub paid_at: Option<Timestamp>,
    pub wallet_payment_id: Option<PartnerText>,
    /// Attempts so far, by kind of effect.
    pub pay_attempts: u32,
    pub inquiries: u32,
    pub cancels: u32,
    /// The acquirer was told that its cancel stands.
    pub is_cancelled_by_acquirer: bool,
    /// A debit whose part of its agreement's allowance is neither used nor given back yet.
    pub holds_allowance: bool,
    /// Money was booked in and out again after the payment had closed.
    pub is_reversed: bool,
    pub refunds: Vec<RefundRecord>,
    /// The notification towards the acquirer, once there is one.
    pub notify: Option<DeliveryState>,
    /// Attempts to notify so far.
    pub notifies: u32,
    pub timeline: Vec<TimelineEntry>,
    /// When the wallet is to be asked again: kept to find the timer again.
    pub wallet_timer: Option<Timestamp>,
    pub disputes: Vec<DisputeRecord>,
    /// What of it was declared to customs offices.
    pub declarations: Vec<Declaration>,
    /// In push mode.
    pub push: Option<Push>,
}
codec_struct!(Payment {
    id,
    acquirer,
    request_id,
    created,
    state,
    result,
    message,
    way,
    order,
    amount,
    settlement_currency,
    method_type,
    by,
    expiry,
    notify_url,
    redirect_url,
    payer,
    terms,
    paid_at,
    wallet_payment_id,
    pay_attempts,
    inquiries,
    cancels,
    is_cancelled_by_acquirer,
    holds_allowance,
    is_reversed,
    refunds,
    notify,
    notifies,
    timeline,
    wallet_timer,
    disputes,
    declarations,
    push,
});

impl Payment {
    /// Adds to the timeline; past [`MAX_TIMELINE`] only turning points are kept.
    pub(crate) fn note(&mut self, at: Stamp, what: What) {
        let is_routine =
            matches!(what, What::Sent(..) | What::Silent | What::InProcess | What::NotifyFailed);
        if self.timeline.len() < MAX_TIMELINE || !is_routine {
            self.timeline.push(TimelineEntry { at, what });
        }
    }

    /// The breaks of this payment, each once and with the record that showed it.
    pub fn breaks(&self) -> impl Iterator<Item = (Stamp, BreakKind)> {
        self.timeline.iter().filter_map(|entry| match entry.what {
            What::Break(kind) => Some((entry.at, kind)),
            _ => None,
        })
    }

    /// Does the order's payment method mean this wallet? `CONNECT_WALLET` means any, another text
    /// the wallet with this code.
    pub fn may_be_taken_by(&self, mpp: &Participant) -> bool {
        let method = self.method_type.as_str();
        method == ANY_WALLET || method == mpp.code.as_str()
    }

    /// What the acquirer is told about the payment.
    pub fn visible_result(&self) -> ResultCode {
        match self.state {
            PaymentState::Paid if self.is_being_pushed() => ResultCode::PaymentInProcess,
            PaymentState::Paid => ResultCode::Success,
            PaymentState::Failed => self.result,
            PaymentState::Closed | PaymentState::Cancelled => ResultCode::OrderIsClosed,
            // The acquirer's cancel stands from the moment it was told so.
            PaymentState::Cancelling => ResultCode::OrderIsClosed,
            PaymentState::Claiming
            | PaymentState::Pending
            | PaymentState::Unknown
            | PaymentState::Closing
            | PaymentState::Presented => ResultCode::PaymentInProcess,
        }
    }

    /// Has the payer paid, and the acquirer not said yet whether it takes the payment?
    pub fn is_being_pushed(&self) -> bool {
        self.push.as_ref().is_some_and(Push::is_waiting)
    }

    /// The payment is undone before the acquirer has taken it.
    pub(crate) fn stop_pushing(&mut self) {
        if let Some(push) = self.push.as_mut().filter(|push| push.is_waiting()) {
            push.state = PushState::Refused;
        }
    }

    /// Has the acquirer a final answer?
    pub fn is_final(&self) -> bool {
        self.visible_result() != ResultCode::PaymentInProcess
    }

    /// What a refund gives back to the payer, in the wallet's currency.
    pub fn refund_pay_to(&self, refund: &RefundRecord) -> Option<Money> {
        Money::new(refund.shares.pay_to, self.terms.as_ref()?.pay_to.currency()).ok()
    }

    /// What a refund takes back from the acquirer, in its settlement currency.
    pub fn refund_settlement(&self, refund: &RefundRecord) -> Option<Money> {
        Money::new(refund.shares.settlement, self.settlement_currency).ok()
    }

    /// Sum of refunds that are done or under way, in the order currency.
    pub fn refunded_minor(&self) -> u64 {
        self.refunds
            .iter()
            .filter(|refund| refund.state != RefundState::Refused)
            .map(|refund| refund.amount.minor())
            .sum()
    }

    /// Is any refund still waiting for the wallet?
    pub fn has_open_refund(&self) -> bool {
        let open =
            |r: &RefundRecord| matches!(r.state, RefundState::Pending | RefundState::Unknown);
        self.refunds.iter().any(open)
    }

    /// What a debit asks of the agreement that its token names.
    pub fn debit(&self, token: TokenUse) -> Debit {
        Debit {
            token,
            payment: self.id,
            acquirer: self.acquirer,
            merchant: self.order.merchant.clone(),
            amount: self.amount,
        }
    }

    /// What the agreement of a debit is told when the debit has its end, and where it lives.
    pub fn end_of_debit(&self) -> Option<(Partition, Command)> {
        let (agreement, payment) = (self.by.token()?.agreement, self.id);
        let is_paid = self.state == PaymentState::Paid;
        Some((agreement.partition(), Command::EndDebit { agreement, payment, is_paid }))
    }

    /// How long ago the payment was made.
    pub fn age(&self, now: Timestamp) -> Span {
        now.since(self.created.time)
    }
}
