//! What is tried for each rule of a wallet.

use super::peer::Signing;
use super::run::{Fault, Finding, broken, refuses, skipped, succeeds, told};
use super::wallet::{Paid, Wallet};
use base::{ResultCode, ResultStatus, Span};
use money::Money;
use wire::mpp::{InquiryPaymentResponse, PayRequest, RefundRequest, RefundResponse};
use wire::parts::Id;
use wire::{Amount, AmountOrZero, Datetime, ResultOnly, Value};

/// How long ago an expired payment expired: longer than clocks differ.
const LONG_AGO: Span = Span::minutes(10);

/// A part that was refunded, and what the wallet said.
pub(super) struct Part {
    paid: Paid,
    request: RefundRequest,
    answer: RefundResponse,
}

impl Wallet {
    fn first(&self) -> Finding<Paid> {
        match &self.first {
            Some(paid) => Ok(paid.clone()),
            None => skipped("no payment was made"),
        }
    }

    pub(super) async fn pays(&mut self) -> Finding {
        self.first = Some(self.pay_to_end().await?);
        Ok(())
    }

    pub(super) async fn names(&mut self) -> Finding {
        let paid = self.first()?;
        let customer = paid.customer_id.as_ref();
        for (field, is_there) in [
            ("paymentId", paid.payment_id.is_some()),
            ("paymentTime", paid.payment_time.is_some()),
            ("customerId", customer.is_some()),
        ] {
            if !is_there {
                return broken(format!("{field} is missing"));
            }
        }
        match customer == Some(&self.trial.customer) {
            true => Ok(()),
            false => broken("customerId is not the one of the request"),
        }
    }

    pub(super) async fn echoes(&mut self) -> Finding {
        let paid = self.first()?;
        same_amounts(&paid)
    }

    pub(super) async fn pays_once(&mut self) -> Finding {
        let paid = self.first()?;
        let body = wire::render(&paid.request);
        self.is_same_payment(&paid, body).await
    }

    pub(super) async fn reads_any_order(&mut self) -> Finding {
        let paid = self.first()?;
        let body = reversed(&paid.request);
        self.is_same_payment(&paid, body).await
    }

    pub(super) async fn reads_new_fields(&mut self) -> Finding {
        let paid = self.first()?;
        let body = with_new_fields(&wire::render(&paid.request));
        self.is_same_payment(&paid, body).await
    }

    /// A repeat is S, and the payment that it is about is the first one.
    async fn is_same_payment(&mut self, paid: &Paid, body: Vec<u8>) -> Finding {
        let answer = self.pay_body(&paid.request, body).await?;
        succeeds("the repeat", &answer.result)?;
        let repeat = Paid::of_pay(paid.request.clone(), answer);
        if repeat.payment_id != paid.payment_id {
            return broken("the repeat has another paymentId: was the user debited twice?");
        }
        if repeat.payment_time != paid.payment_time {
            return broken("the repeat has another paymentTime: was the user debited twice?");
        }
        Ok(())
    }

    pub(super) async fn refuses_other_pay(&mut self) -> Finding {
        let paid = self.first()?;
        let mut request = paid.request;
        let other = one_more(self.trial.amount)?;
        request.payment_amount = Amount(other);
        request.pay_to_amount = Amount(other);
        request.order.order_amount = Amount(other);
        let answer = self.pay(&request).await?;
        refuses("the answer", &answer.result, &[ResultCode::RepeatReqInconsistent])
    }

    pub(super) async fn knows_paid(&mut self) -> Finding {
        let paid = self.first()?;
        let answer = self.inquire(&paid.request.payment_request_id).await?;
        succeeds("result", &answer.result)?;
        succeeds("paymentResult", &payment_result(&answer)?)?;
        let known = Paid::of_inquiry(paid.request.clone(), answer);
        for (field, is_same) in [
            ("paymentId", known.payment_id == paid.payment_id),
            ("paymentTime", known.payment_time == paid.payment_time),
            ("customerId", known.customer_id == paid.customer_id),
        ] {
            if !is_same {
                return broken(format!("{field} is not the one that was named before"));
            }
        }
        same_amounts(&known)
    }

    pub(super) async fn knows_unknown(&mut self) -> Finding {
        let id = self.new_id();
        self.is_unknown(&id).await
    }

    async fn is_unknown(&mut self, id: &Id) -> Finding {
        let answer = self.inquire(id).await?;
        refuses("result", &answer.result, &[ResultCode::OrderNotExist])?;
        match answer.payment_result {
            None => Ok(()),
            Some(_) => broken("there is a paymentResult"),
        }
    }

    pub(super) async fn cancels(&mut self, cancelled: &mut Option<Id>) -> Finding {
        let paid = self.paid_or_skip().await?;
        let id = paid.request.payment_request_id;
        let answer = self.cancel(&id).await?;
        succeeds("the answer", &answer.result)?;
        *cancelled = Some(id);
        Ok(())
    }

    /// A payment of its own for a rule that is not about paying.
    async fn paid_or_skip(&mut self) -> Finding<Paid> {
        self.pay_to_end().await.map_err(|fault| match fault {
            Fault::Broken(why) | Fault::Skipped(why) => {
                Fault::Skipped(format!("no payment was made: {why}"))
            }
        })
    }

    pub(super) async fn cancels_again(&mut self, cancelled: Option<&Id>) -> Finding {
        let Some(id) = cancelled else { return skipped("no payment was cancelled") };
        let answer = self.cancel(id).await?;
        succeeds("the answer", &answer.result)
    }

    pub(super) async fn knows_cancelled(&mut self, cancelled: Option<&Id>) -> Finding {
        let Some(id) = cancelled else { return skipped("no payment was cancelled") };
        let answer = self.inquire(id).await?;
        succeeds("result", &answer.result)?;
        let result = payment_result(&answer)?;
        refuses("paymentResult", &result, &[ResultCode::OrderIsClosed])
    }

    pub(super) async fn cancels_unknown(&mut self, late: &PayRequest) -> Finding {
        let answer = self.cancel(&late.payment_request_id).await?;
        let is_unknown = answer.result.code() == ResultCode::OrderNotExist;
        match answer.result.status() {
            ResultStatus::S => Ok(()),
            _ if is_unknown => Ok(()),
            _ => broken(format!("the answer is {}", told(&answer.result))),
        }
    }

    pub(super) async fn bars_late_pay(&mut self, late: &PayRequest) -> Finding {
        let answer = self.pay(late).await?;
        self.is_closed(late, &answer.result)
    }

    /// The payment is refused as closed, and nothing is owed for it.
    fn is_closed(&mut self, request: &PayRequest, result: &wire::WireResult) -> Finding {
        refuses("pay", result, &[ResultCode::OrderIsClosed])?;
        self.owes_nothing(&request.payment_request_id);
        Ok(())
    }

    pub(super) async fn minds_expiry(&mut self) -> Finding {
        let mut request = self.order();
        let expired = self.trial.peer.clock.now().before(LONG_AGO);
        request.payment_expiry_time = Some(Datetime::utc(expired));
        let answer = self.pay(&request).await?;
        self.is_closed(&request, &answer.result)
    }

    pub(super) async fn refunds(&mut self, part: &mut Option<Part>) -> Finding {
        let paid = self.paid_or_skip().await?;
        let Some(payment_id) = paid.payment_id.clone() else {
            return skipped("the payment has no paymentId");
        };
        let id = paid.request.payment_request_id.clone();
        let half = self.trial.amount.minor() / 2;
        let half = Money::new(half.max(1), self.trial.amount.currency());
        let Ok(half) = half else { return skipped("the amount has no half") };
        let request = self.refund_of((&id, &payment_id), half);
        let answer = self.refund(&request).await?;
        succeeds("the answer", &answer.result)?;
        self.was_refunded(&id, half);
        let is_named = answer.refund_id.is_some() && answer.refund_time.is_some();
        *part = Some(Part { paid, request, answer });
        if is_named { Ok(()) } else { broken("refundId or refundTime is missing") }
    }

    pub(super) async fn refunds_once(&mut self, part: Option<&Part>) -> Finding {
        let part = refunded(part)?;
        let repeat = self.refund(&part.request).await?;
        succeeds("the repeat", &repeat.result)?;
        match repeat.refund_id == part.answer.refund_id {
            true => Ok(()),
            false => broken("the repeat has another refundId: was the user paid back twice?"),
        }
    }

    pub(super) async fn refuses_other_refund(&mut self, part: Option<&Part>) -> Finding {
        let mut request = refunded(part)?.request.clone();
        let other = one_more(request.refund_amount.0)?;
        request.refund_amount = Amount(other);
        request.refund_from_amount = AmountOrZero(other);
        let answer = self.refund(&request).await?;
        refuses("the answer", &answer.result, &[ResultCode::RepeatReqInconsistent])
    }

    /// The part is a half, rounded down: the whole amount once more is always too much.
    pub(super) async fn refuses_too_much(&mut self, part: Option<&Part>) -> Finding {
        let part = refunded(part)?;
        let request = self.another_refund(part, self.trial.amount);
        let answer = self.refund(&request).await?;
        refuses("the answer", &answer.result, &[])
    }

    pub(super) async fn refunds_the_rest(&mut self, part: Option<&Part>) -> Finding {
        let part = refunded(part)?;
        let rest = self.trial.amount.checked_sub(part.request.refund_amount.0);
        let Some(rest) = rest.ok().filter(|rest| rest.minor() > 0) else {
            return skipped("nothing is left of the payment");
        };
        let request = self.another_refund(part, rest);
        let answer = self.refund(&request).await?;
        succeeds("the answer", &answer.result)?;
        self.was_refunded(&part.request.payment_request_id, rest);
        Ok(())
    }

    fn another_refund(&mut self, part: &Part, amount: Money) -> RefundRequest {
        let (id, payment_id) = (&part.request.payment_request_id, &part.request.payment_id);
        self.refund_of((id, payment_id), amount)
    }

    pub(super) async fn knows_refunded(&mut self, part: Option<&Part>) -> Finding {
        let part = refunded(part)?;
        let answer = self.inquire(&part.paid.request.payment_request_id).await?;
        succeeds("result", &answer.result)?;
        succeeds("paymentResult", &payment_result(&answer)?)
    }

    pub(super) async fn refuses_stray_refund(&mut self) -> Finding {
        let (id, payment_id) = (self.new_id(), self.new_id());
        let request = self.refund_of((&id, &payment_id), self.trial.amount);
        let answer = self.refund(&request).await?;
        refuses("the answer", &answer.result, &[])
    }

    pub(super) async fn refuses_broken(&mut self, request: &PayRequest) -> Finding {
        let result = self.pay_signed(request, Signing::Broken).await?;
        refuses("the answer", &result, &[ResultCode::InvalidSignature])
    }

    pub(super) async fn knows_nothing_of(&mut self, request: &PayRequest) -> Finding {
        self.is_unknown(&request.payment_request_id).await?;
        self.owes_nothing(&request.payment_request_id);
        Ok(())
    }

    pub(super) async fn refuses_signing(&mut self, signing: Signing) -> Finding {
        let request = self.order();
        let result = self.pay_signed(&request, signing).await?;
        let codes: &[ResultCode] = match signing {
            Signing::OtherPath => &[ResultCode::InvalidSignature],
            _ => &[],
        };
        refuses("the answer", &result, codes)?;
        self.knows_nothing_of(&request).await
    }

    async fn pay_signed(
        &mut self,
        request: &PayRequest,
        signing: Signing,
    ) -> Finding<wire::WireResult> {
        self.may_owe(&request.payment_request_id);
        let (path, pace) = (self.trial.paths.pay.clone(), self.pay_pace());
        let heard = self.run.ask_signed(&path, wire::render(request), pace, signing).await;
        let answer: ResultOnly = heard.read().map_err(Fault::Broken)?;
        Ok(answer.result)
    }

    pub(super) async fn refuses_not_json(&mut self) -> Finding {
        self.refuses_inquiry(b"paymentRequestId=1".to_vec()).await
    }

    pub(super) async fn refuses_incomplete(&mut self) -> Finding {
        let (acquirer, wallet) = (text(&self.trial.acquirer_id), text(&self.trial.psp_id));
        let body = format!("{{\"acquirerId\":{acquirer},\"pspId\":{wallet}}}");
        self.refuses_inquiry(body.into_bytes()).await
    }

    async fn refuses_inquiry(&mut self, body: Vec<u8>) -> Finding {
        let (path, pace) = (self.trial.paths.inquiry_payment.clone(), self.other_pace());
        let heard = self.run.ask(&path, body, pace).await;
        let answer: ResultOnly = heard.read().map_err(Fault::Broken)?;
        refuses("the answer", &answer.result, &[ResultCode::ParamIllegal])
    }
}

fn refunded(part: Option<&Part>) -> Finding<&Part> {
    match part {
        Some(part) => Ok(part),
        None => skipped("nothing was refunded"),
    }
}

fn payment_result(answer: &InquiryPaymentResponse) -> Finding<wire::WireResult> {
    match &answer.payment_result {
        Some(result) => Ok(result.clone()),
        None => broken(format!("there is no paymentResult beside {}", told(&answer.result))),
    }
}

/// Amounts may be left out; those that are there have to be right.
fn same_amounts(paid: &Paid) -> Finding {
    for (field, said, asked) in [
        ("paymentAmount", paid.payment_amount, paid.request.payment_amount),
        ("payToAmount", paid.pay_to_amount, paid.request.pay_to_amount),
    ] {
        if let Some(said) = said.filter(|said| *said != asked) {
            return broken(format!("{field} is {}, and {} was asked for", said.0, asked.0));
        }
    }
    Ok(())
}

fn one_more(amount: Money) -> Finding<Money> {
    match Money::new(amount.minor() + 1, amount.currency()) {
        Ok(more) => Ok(more),
        Err(_) => skipped("the amount is the largest there is"),
    }
}

/// A value as JSON text.
fn text(value: &impl Value) -> String {
    String::from_utf8(wire::render(value)).expect("a rendered value is UTF-8")
}

/// The same request with its fields, and those of its amounts, from back to front.
fn reversed(request: &PayRequest) -> Vec<u8> {
    let amount = |amount: Amount| {
        let (value, currency) = (amount.0.minor(), amount.0.currency().code());
        format!("{{\"value\":\"{value}\",\"currency\":\"{currency}\"}}")
    };
    let mut fields = vec![
        ("acquirerId", text(&request.acquirer_id)),
        ("pspId", text(&request.psp_id)),
        ("paymentRequestId", text(&request.payment_request_id)),
        ("order", text(&request.order)),
        ("paymentAmount", amount(request.payment_amount)),
        ("payToAmount", amount(request.pay_to_amount)),
        ("paymentMethod", text(&request.payment_method)),
        ("paymentFactor", text(&request.payment_factor)),
    ];
    if let Some(expiry) = &request.payment_expiry_time {
        fields.push(("paymentExpiryTime", text(expiry)));
    }
    let fields = fields.iter().rev().map(|(name, value)| format!("\"{name}\":{value}"));
    format!("{{{}}}", fields.collect::<Vec<_>>().join(",")).into_bytes()
}

/// The same object with fields that no version of the protocol has.
pub(super) fn with_new_fields(body: &[u8]) -> Vec<u8> {
    let rest = body.strip_prefix(b"{").unwrap_or(body);
    let new = b"{\"conformanceObject\":{\"list\":[\"1\",null]},\"conformanceText\":\"true\",";
    [new.as_slice(), rest].concat()
}
