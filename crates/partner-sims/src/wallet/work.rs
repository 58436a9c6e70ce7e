//! What the four interfaces of the wallet do to its books, and the answers they give.

use super::Wallet;
use crate::behaviour::{Behaviour, Said};
use crate::books::{Begun, Books, PayOrder, PaymentRow, PaymentState, RefundOrder};
use base::{ResultCode, ResultStatus, Span, Timestamp};
use money::{Currency, Money};
use wire::mpp::{
    CancelPaymentRequest, CancelPaymentResponse, InquiryPaymentRequest, InquiryPaymentResponse,
    NotifyPaymentRequest, PayRequest, PayResponse, RefundRequest, RefundResponse,
};
use wire::parts::Id;
use wire::{Amount, Datetime, Value, WireResult};

/// How long a payment may take when the network names no expiry.
const DEFAULT_EXPIRY: Span = Span::minutes(1);

/// What `pay` did.
pub(super) struct Paying {
    pub answer: PayResponse,
    /// The id was new: what the behaviour promises for later is to be done.
    pub is_new: bool,
}

impl Wallet {
    pub(super) fn pay(&self, request: &PayRequest, behaviour: &Behaviour) -> Paying {
        if let Some(code) = said_only(behaviour) {
            return Paying { answer: PayResponse::new(code.into()), is_new: false };
        }
        let now = self.edge.clock.now();
        if let Some(code) = self.refused_token(request) {
            return Paying { answer: PayResponse::new(code.into()), is_new: false };
        }
        let order = pay_order(request, now);
        let id = order.payment_request_id.clone();
        let mut books = self.books();
        let is_new = match books.begin(order, now) {
            Begun::Refused(code) => {
                return Paying { answer: PayResponse::new(code.into()), is_new: false };
            }
            Begun::Known => false,
            Begun::New => true,
        };
        let said = if is_new { decide(&mut books, &id, behaviour, now) } else { None };
        let Some(row) = books.payments.get(&id) else {
            return Paying {
                answer: PayResponse::new(ResultCode::UnknownException.into()),
                is_new,
            };
        };
        let code = said.unwrap_or_else(|| row.state.code());
        let mut answer =
            PayResponse { payment_id: wire_id(&row.payment_id), ..PayResponse::new(code.into()) };
        if let (ResultStatus::S, Some(order)) = (code.status(), &row.order) {
            answer.payment_time = row.paid_at.map(Datetime::utc);
            answer.customer_id = wire_id(&order.customer_id);
            answer.payment_amount = Some(Amount(order.payment_amount));
            answer.pay_to_amount = Some(Amount(echo(order.pay_to_amount, behaviour)));
        }
        Paying { answer, is_new }
    }

    pub(super) fn inquiry(
        &self,
        request: &InquiryPaymentRequest,
        behaviour: &Behaviour,
    ) -> InquiryPaymentResponse {
        let id = request.payment_request_id.as_str();
        let mut books = self.books();
        books.expire(id, self.edge.clock.now());
        let is_lie = *behaviour == Behaviour::UnknownOnInquiry;
        let code = match (behaviour, books.payments.get(id)) {
            (Behaviour::Decline { code }, _) => *code,
            (_, Some(row)) if !row.is_hidden && !is_lie => {
                return inquiry_answer(row, behaviour);
            }
            _ => ResultCode::OrderNotExist,
        };
        InquiryPaymentResponse::new(code.into())
    }

    pub(super) fn cancel(
        &self,
        request: &CancelPaymentRequest,
        behaviour: &Behaviour,
    ) -> CancelPaymentResponse {
        if let Behaviour::Decline { code } = behaviour {
            return CancelPaymentResponse::new((*code).into());
        }
        self.books().cancel(request.payment_request_id.as_str());
        CancelPaymentResponse::new(ResultCode::Success.into())
    }

    pub(super) fn refund(&self, request: &RefundRequest, behaviour: &Behaviour) -> RefundResponse {
        if let Some(code) = said_only(behaviour) {
            return RefundResponse::new(code.into());
        }
        let now = self.edge.clock.now();
        let order = refund_order(request);
        let mut books = self.books();
        if let Behaviour::Decline { code } = behaviour {
            books.refuse_refund(order.clone(), *code, now);
        }
        let refund_request_id = order.refund_request_id.clone();
        let code = books.refund(order, now);
        let mut answer = RefundResponse::new(code.into());
        if let (ResultCode::Success, Some(row)) = (code, books.refunds.get(&refund_request_id)) {
            answer.refund_id = wire_id(&row.refund_id);
            answer.refund_time = Some(Datetime::utc(row.refunded_at));
        }
        answer
    }

    /// The notification of a payment as it stands; none while it is in process or not known.
    pub(super) fn notification(&self, payment_request_id: &str) -> Option<NotifyPaymentRequest> {
        let books = self.books();
        let row = books.payments.get(payment_request_id)?;
        let order = row.order.as_ref()?;
        let code = row.state.code();
        if code.status() == ResultStatus::U {
            return None;
        }
        Some(NotifyPaymentRequest {
            payment_id: wire_id(&row.payment_id),
            payment_time: row.paid_at.map(Datetime::utc),
            payment_amount: Some(Amount(order.payment_amount)),
            pay_to_amount: Some(Amount(order.pay_to_amount)),
            customer_id: wire_id(&order.customer_id),
            ..NotifyPaymentRequest::new(code.into(), wire_id(payment_request_id)?)
        })
    }
}

/// Does the work of a new payment; the code is what is said instead of the truth.
fn decide(
    books: &mut Books,
    id: &str,
    behaviour: &Behaviour,
    now: Timestamp,
) -> Option<ResultCode> {
    match behaviour {
        Behaviour::NeedsUser => {}
        Behaviour::LateSuccess { ms, .. } => {
            if *ms == 0 {
                books.debit(id, now);
            }
            return Some(ResultCode::PaymentInProcess);
        }
        Behaviour::Decline { code } => {
            books.decline(id, *code);
        }
        Behaviour::Contradict { say } => {
            let is_paid = books.debit(id, now) == Some(PaymentState::Paid);
            let row = books.payments.get_mut(id).filter(|_| is_paid)?;
            match say {
                Said::S => row.claimed = Some(ResultCode::ProcessFail),
                Said::F => return Some(ResultCode::ProcessFail),
            }
        }
        other => {
            books.debit(id, now);
            if let Some(row) = books.payments.get_mut(id) {
                row.is_hidden = *other == Behaviour::UnknownOnInquiry;
            }
        }
    }
    None
}

fn inquiry_answer(row: &PaymentRow, behaviour: &Behaviour) -> InquiryPaymentResponse {
    // A cancelled payment is no longer lied about: the cancel was answered with S.
    let claimed = row.claimed.filter(|_| row.state == PaymentState::Paid);
    let code = claimed.unwrap_or_else(|| row.state.code());
    let mut answer = InquiryPaymentResponse {
        payment_result: Some(WireResult::of(code)),
        payment_id: wire_id(&row.payment_id),
        ..InquiryPaymentResponse::new(ResultCode::Success.into())
    };
    if let (ResultStatus::S, Some(order)) = (code.status(), &row.order) {
        answer.payment_time = row.paid_at.map(Datetime::utc);
        answer.customer_id = wire_id(&order.customer_id);
        answer.payment_amount = Some(Amount(order.payment_amount));
        answer.pay_to_amount = Some(Amount(echo(order.pay_to_amount, behaviour)));
    }
    answer
}

/// A code that is said without doing anything.
fn said_only(behaviour: &Behaviour) -> Option<ResultCode> {
    match behaviour {
        Behaviour::Decline { code } if code.status() != ResultStatus::F => Some(*code),
        _ => None,
    }
}

/// The amount that is echoed.
fn echo(amount: Money, behaviour: &Behaviour) -> Money {
    if *behaviour != Behaviour::WrongCurrency {
        return amount;
    }
    let other = if amount.currency().code() == "CHF" { "EUR" } else { "CHF" };
    let wrong = Currency::from_code(other).and_then(|c| Money::new(amount.minor(), c).ok());
    wrong.unwrap_or(amount)
}

fn pay_order(request: &PayRequest, now: Timestamp) -> PayOrder {
    let method = &request.payment_method;
    let expiry = request.payment_expiry_time.map(|time| time.at);
    PayOrder {
        payment_request_id: request.payment_request_id.as_str().to_string(),
        customer_id: method.customer_id.as_ref().map_or("", |id| id.as_str()).to_string(),
        payment_amount: request.payment_amount.0,
        pay_to_amount: request.pay_to_amount.0,
        compared: [
            text_of(Some(method)),
            text_of(request.surcharge_info.as_ref()),
            text_of(request.payment_promo_info.as_ref()),
        ]
        .join("\n"),
        expires_at: Some(expiry.unwrap_or_else(|| now.after(DEFAULT_EXPIRY))),
    }
}

fn refund_order(request: &RefundRequest) -> RefundOrder {
    RefundOrder {
        refund_request_id: request.refund_request_id.as_str().to_string(),
        payment_request_id: request.payment_request_id.as_str().to_string(),
        payment_id: Some(request.payment_id.as_str().to_string()),
        refund_amount: request.refund_amount.0,
        refund_from_amount: request.refund_from_amount.0,
        compared: [
            text_of(request.refund_promo_info.as_ref()),
            text_of(request.surcharge_info.as_ref()),
        ]
        .join("\n"),
    }
}

/// A part of a message as text with its fields in their declared order, to compare repeats by.
fn text_of<T: Value>(part: Option<&T>) -> String {
    part.map_or(String::new(), |part| String::from_utf8_lossy(&wire::render(part)).into_owned())
}

pub(super) fn wire_id(text: &str) -> Option<Id> {
    Id::new(text).ok()
}
