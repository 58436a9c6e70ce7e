//! The simulated wallet's own ledger: users, payments, refunds. Pure; amounts are the wallet's
//! currency unless said.
//!
//! Whatever happens, `balance + taken - returned` of a user is what the user was opened with, and
//! no payment returns more than it took.

use base::{ResultCode, Timestamp};
use money::{Currency, Money};
use serde::Serialize;
use std::collections::BTreeMap;

/// What `pay` asks for, with the fields that a repeat is compared by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PayOrder {
    /// The network's id of the payment.
    pub payment_request_id: String,
    pub customer_id: String,
    /// In the merchant's currency.
    pub payment_amount: Money,
    /// What the user is debited.
    pub pay_to_amount: Money,
    /// The other compared fields (`surchargeInfo`, `paymentMethod`, `paymentPromoInfo`), as text.
    pub compared: String,
    pub expires_at: Option<Timestamp>,
}

/// What `refund` asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefundOrder {
    pub refund_request_id: String,
    pub payment_request_id: String,
    /// The wallet's id of the payment.
    pub payment_id: Option<String>,
    /// In the merchant's currency.
    pub refund_amount: Money,
    /// What the user is given back.
    pub refund_from_amount: Money,
    /// The other compared fields (`refundPromoInfo`, `surchargeInfo`), as text.
    pub compared: String,
}

/// Where a payment stands in the wallet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PaymentState {
    /// Waits for the user or for a late success; nothing is taken.
    InProcess,
    Paid,
    Failed(ResultCode),
    /// Cancelled; all that was taken is returned. Also for ids that never paid: a late payment is
    /// refused.
    Cancelled,
}

impl PaymentState {
    /// What the wallet says about the payment.
    pub const fn code(self) -> ResultCode {
        match self {
            PaymentState::InProcess => ResultCode::PaymentInProcess,
            PaymentState::Paid => ResultCode::Success,
            PaymentState::Failed(code) => code,
            PaymentState::Cancelled => ResultCode::OrderIsClosed,
        }
    }
}

/// A payment in the wallet.
#[derive(Clone, Debug)]
pub struct PaymentRow {
    /// None for a tombstone: a cancel came and no payment.
    pub order: Option<PayOrder>,
    pub state: PaymentState,
    /// The wallet's own id.
    pub payment_id: String,
    pub paid_at: Option<Timestamp>,
    /// Minor units taken from the user.
    pub taken_minor: u64,
    /// Minor units given back, by refunds or a cancel.
    pub returned_minor: u64,
    /// Minor units refunded in the merchant's currency.
    pub refunded_payment_minor: u64,
    /// Inquiries are to say that the payment is not known.
    pub is_hidden: bool,
    /// Inquiries are to say this instead of the truth.
    pub claimed: Option<ResultCode>,
}

/// A refund that was decided.
#[derive(Clone, Debug)]
pub struct RefundRow {
    pub order: RefundOrder,
    pub code: ResultCode,
    pub refund_id: String,
    pub refunded_at: Timestamp,
}

/// One user's account: minor units of the wallet's currency.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Account {
    pub opened_with_minor: u64,
    pub debited_minor: u64,
    pub credited_minor: u64,
}

impl Account {
    pub fn balance_minor(self) -> u64 {
        self.opened_with_minor + self.credited_minor - self.debited_minor
    }
}

/// Answer to a `pay`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begun {
    /// The id is new; the payment waits to be debited, declined or left in process.
    New,
    /// The id is known with the same content: say what its state says.
    Known,
    /// Refused, and nothing is kept of it.
    Refused(ResultCode),
}

/// All of the wallet's state.
#[derive(Clone, Debug)]
pub struct Books {
    currency: Currency,
    pub accounts: BTreeMap<String, Account>,
    pub payments: BTreeMap<String, PaymentRow>,
    pub refunds: BTreeMap<String, RefundRow>,
    next_id: u64,
}

impl Books {
    pub fn new(currency: Currency) -> Books {
        Books {
            currency,
            accounts: BTreeMap::new(),
            payments: BTreeMap::new(),
            refunds: BTreeMap::new(),
            next_id: 1,
        }
    }

    pub fn currency(&self) -> Currency {
        self.currency
    }

    /// Opens an account, or puts more into one that is there.
    pub fn top_up(&mut self, user: &str, minor: u64) {
        self.accounts.entry(user.to_string()).or_default().opened_with_minor += minor;
    }

    fn id(&mut self, prefix: &str) -> String {
        let id = format!("{prefix}{:06}", self.next_id);
        self.next_id += 1;
        id
    }

    /// Looks at a `pay`, and keeps it as in process when its id is new.
    pub fn begin(&mut self, order: PayOrder, now: Timestamp) -> Begun {
        if let Some(row) = self.payments.get(&order.payment_request_id) {
            return match &row.order {
                None => Begun::Refused(ResultCode::OrderIsClosed),
                Some(known) if is_same(known, &order) => Begun::Known,
                Some(_) => Begun::Refused(ResultCode::RepeatReqInconsistent),
            };
        }
        if order.pay_to_amount.currency() != self.currency {
            return Begun::Refused(ResultCode::CurrencyNotSupport);
        }
        let is_expired = order.expires_at.is_some_and(|expiry| now > expiry);
        let state = if is_expired {
            PaymentState::Failed(ResultCode::OrderIsClosed)
        } else if !self.accounts.contains_key(&order.customer_id) {
            PaymentState::Failed(ResultCode::UserNotExist)
        } else {
            PaymentState::InProcess
        };
        let id = order.payment_request_id.clone();
        let row = self.row(Some(order), state);
        self.payments.insert(id, row);
        if state == PaymentState::InProcess { Begun::New } else { Begun::Known }
    }

    fn row(&mut self, order: Option<PayOrder>, state: PaymentState) -> PaymentRow {
        PaymentRow {
            order,
            state,
            payment_id: self.id("WP"),
            paid_at: None,
            taken_minor: 0,
            returned_minor: 0,
            refunded_payment_minor: 0,
            is_hidden: false,
            claimed: None,
        }
    }

    /// Takes the money of a payment in process; one that is not stays as it is. Returns where it
    /// stands then.
    pub fn debit(&mut self, payment_request_id: &str, now: Timestamp) -> Option<PaymentState> {
        let row = self.payments.get_mut(payment_request_id)?;
        let (PaymentState::InProcess, Some(order)) = (row.state, &row.order) else {
            return Some(row.state);
        };
        let wanted = order.pay_to_amount.minor();
        let account = self.accounts.get_mut(&order.customer_id)?;
        row.state = if order.expires_at.is_some_and(|expiry| now > expiry) {
            PaymentState::Failed(ResultCode::OrderIsClosed)
        } else if account.balance_minor() < wanted {
            PaymentState::Failed(ResultCode::UserBalanceNotEnough)
        } else {
            account.debited_minor += wanted;
            row.taken_minor = wanted;
            row.paid_at = Some(now);
            PaymentState::Paid
        };
        Some(row.state)
    }

    /// Ends a payment in process without taking money; one that is not stays as it is.
    pub fn decline(&mut self, payment_request_id: &str, code: ResultCode) -> Option<PaymentState> {
        let row = self.payments.get_mut(payment_request_id)?;
        if row.state == PaymentState::InProcess {
            row.state = PaymentState::Failed(code);
        }
        Some(row.state)
    }

    /// Closes a payment that is still in process after its expiry.
    pub fn expire(&mut self, payment_request_id: &str, now: Timestamp) {
        let Some(row) = self.payments.get_mut(payment_request_id) else { return };
        let expiry = row.order.as_ref().and_then(|order| order.expires_at);
        if row.state == PaymentState::InProcess && expiry.is_some_and(|expiry| now > expiry) {
            row.state = PaymentState::Failed(ResultCode::OrderIsClosed);
        }
    }

    /// Cancels whatever there is, also nothing: it always succeeds and may be repeated.
    pub fn cancel(&mut self, payment_request_id: &str) {
        if !self.payments.contains_key(payment_request_id) {
            let row = self.row(None, PaymentState::Cancelled);
            self.payments.insert(payment_request_id.to_string(), row);
            return;
        }
        let Some(row) = self.payments.get_mut(payment_request_id) else { return };
        row.state = PaymentState::Cancelled;
        let rest = row.taken_minor - row.returned_minor;
        let account = row.order.as_ref().and_then(|o| self.accounts.get_mut(&o.customer_id));
        if let Some(account) = account {
            account.credited_minor += rest;
            row.returned_minor += rest;
        }
    }

    /// Decides a refund once; a repeat gets the first decision.
    pub fn refund(&mut self, order: RefundOrder, now: Timestamp) -> ResultCode {
        if let Some(known) = self.refunds.get(&order.refund_request_id) {
            let is_same = known.order == order;
            return if is_same { known.code } else { ResultCode::RepeatReqInconsistent };
        }
        let code = self.try_refund(&order);
        self.keep_refund(order, code, now);
        code
    }

    /// Keeps a refund as refused with this code, as a wallet in trouble would.
    pub fn refuse_refund(&mut self, order: RefundOrder, code: ResultCode, now: Timestamp) {
        if !self.refunds.contains_key(&order.refund_request_id) {
            self.keep_refund(order, code, now);
        }
    }

    fn keep_refund(&mut self, order: RefundOrder, code: ResultCode, now: Timestamp) {
        // A payment that is not known yet may still come: nothing final is said about its refund.
        if code == ResultCode::OrderNotExist {
            return;
        }
        let refund_id = self.id("WR");
        let id = order.refund_request_id.clone();
        self.refunds.insert(id, RefundRow { order, code, refund_id, refunded_at: now });
    }

    fn try_refund(&mut self, order: &RefundOrder) -> ResultCode {
        let Some(row) = self.payments.get_mut(&order.payment_request_id) else {
            return ResultCode::OrderNotExist;
        };
        let Some(paid) = &row.order else { return ResultCode::OrderNotExist };
        if order.payment_id.as_ref().is_some_and(|id| *id != row.payment_id) {
            return ResultCode::OrderNotExist;
        }
        if row.state != PaymentState::Paid {
            return ResultCode::OrderStatusInvalid;
        }
        let (back, back_payment) = (order.refund_from_amount, order.refund_amount);
        if back.currency() != self.currency
            || back_payment.currency() != paid.payment_amount.currency()
        {
            return ResultCode::CurrencyNotSupport;
        }
        let is_too_much = row.returned_minor + back.minor() > row.taken_minor
            || row.refunded_payment_minor + back_payment.minor() > paid.payment_amount.minor();
        if is_too_much {
            return ResultCode::RefundAmountExceed;
        }
        let Some(account) = self.accounts.get_mut(&paid.customer_id) else {
            return ResultCode::UserNotExist;
        };
        account.credited_minor += back.minor();
        row.returned_minor += back.minor();
        row.refunded_payment_minor += back_payment.minor();
        ResultCode::Success
    }

    /// The first thing that does not add up, as a sentence.
    pub fn check(&self) -> Result<(), String> {
        let mut nets: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
        for (id, row) in &self.payments {
            if row.returned_minor > row.taken_minor {
                return Err(format!("payment {id} returned more than it took"));
            }
            if row.state == PaymentState::Cancelled && row.returned_minor != row.taken_minor {
                return Err(format!("payment {id} is cancelled, but not all of it is returned"));
            }
            let Some(order) = &row.order else { continue };
            let net = nets.entry(&order.customer_id).or_default();
            net.0 += row.taken_minor;
            net.1 += row.returned_minor;
        }
        for (user, account) in &self.accounts {
            let net = nets.get(user.as_str()).copied().unwrap_or_default();
            if net != (account.debited_minor, account.credited_minor) {
                return Err(format!("the account of {user} is not the sum of its payments"));
            }
            let money_in = account.opened_with_minor + account.credited_minor;
            if account.debited_minor > money_in {
                return Err(format!("the account of {user} is below zero"));
            }
        }
        Ok(())
    }
}

/// The repeat of a `pay` may have another expiry; everything that says what is paid by whom must be
/// equal.
fn is_same(known: &PayOrder, repeat: &PayOrder) -> bool {
    known.customer_id == repeat.customer_id
        && known.payment_amount == repeat.payment_amount
        && known.pay_to_amount == repeat.pay_to_amount
        && known.compared == repeat.compared
}

#[cfg(test)]
#[path = "books_tests.rs"]
mod tests;
