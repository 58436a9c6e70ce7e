//! `refund`: whole or in parts; waits for the wallet, but never past its budget.
//!
//! A refund is carried out in the partition of its payment, and its `refundRequestId` is known
//! there and nowhere else:
//! the same id sent for payments of two partitions makes two refunds, one of each payment.

use super::answer::{Answered, Outcome, unexpected};
use super::door::Door;
use super::pay::id_text;
use super::random;
use super::refs::locate;
use base::{ResultCode, Text};
use effects::{Partner, wire_quote};
use network::{Command, Payment, Refund, RefundRecord, Reply};
use payment::RefundState;
use std::sync::Arc;
use wire::acqp::{RefundRequest, RefundResponse};
use wire::{Amount, Datetime, WireResult};

pub(crate) async fn handle(door: &Door, caller: &Partner, body: &[u8]) -> Outcome {
    let request: RefundRequest = wire::parse(body)?;
    let request_id = request.refund_request_id.clone();
    let outcome = carry_out(door, caller, request).await;
    Ok(outcome.unwrap_or_else(Answered::from).with_id(&request_id))
}

async fn carry_out(door: &Door, caller: &Partner, request: RefundRequest) -> Outcome {
    let deadline = door.deadline();
    let acquirer = caller.participant.id;
    let named = locate(door, caller, request.payment()?).await?;
    let reason = request.refund_reason.as_ref();
    let command = Command::Refund(Refund {
        id: random::refund_id(door.now(), named.partition),
        acquirer,
        payment: named.payment,
        request_id: request.refund_request_id,
        amount: request.refund_amount.0,
        reason: reason.and_then(|reason| Text::new(reason.as_str()).ok()),
    });
    let (_, reply) = door.partitions.submit(named.partition, command).await?;
    let (payment, number) = match reply {
        Reply::Refund { payment, number, .. } => (payment, number),
        Reply::Refused(refusal) => return Ok(Answered::refusal(&refusal)),
        _ => unexpected("refund"),
    };
    let number = usize::try_from(number).expect("a payment has few refunds");
    let payment = settled(door, payment, number, deadline).await?;
    Ok(answer(door, caller, &payment, number))
}

fn is_settled(payment: &Payment, number: usize) -> bool {
    let refund = payment.refunds.get(number);
    refund.is_some_and(|it| matches!(it.state, RefundState::Done | RefundState::Refused))
}

/// Waits until the wallet has said something final about the refund.
async fn settled(
    door: &Door,
    payment: Arc<Payment>,
    number: usize,
    deadline: tokio::time::Instant,
) -> Result<Arc<Payment>, super::answer::Failure> {
    if is_settled(&payment, number) {
        return Ok(payment);
    }
    let id = payment.id;
    let mut waiter = door.hub.register(id);
    // It may have moved between the reply and the registration.
    let look = move |machine: &network::Network, history: &dyn base::History, _| {
        machine.payment(history, id)
    };
    let payment = door.partitions.read(id.partition(), look).await?.unwrap_or(payment);
    if is_settled(&payment, number) {
        return Ok(payment);
    }
    let moved = waiter.until(deadline, |payment| is_settled(payment, number)).await;
    Ok(moved.unwrap_or(payment))
}

fn result_of(refund: &RefundRecord) -> (ResultCode, WireResult) {
    match refund.state {
        RefundState::Done => (ResultCode::Success, ResultCode::Success.into()),
        RefundState::Refused => (refund.result, refund.result.into()),
        RefundState::Pending | RefundState::Unknown => {
            let code = ResultCode::UnknownException;
            let message = "the wallet has not confirmed yet; repeat with the same refundRequestId";
            (code, WireResult::with_message(code, message))
        }
    }
}

fn answer(door: &Door, caller: &Partner, payment: &Payment, number: usize) -> Answered {
    let refund = &payment.refunds[number];
    let (code, result) = result_of(refund);
    let mut response = RefundResponse::new(result);
    response.acquirer_id = Some(caller.participant.code.clone());
    response.psp_id = payment.payer.as_ref().and_then(|payer| door.code_of(payer.mpp));
    response.refund_id = Some(id_text(refund.id));
    response.refund_amount = Some(Amount(refund.amount));
    if refund.state == RefundState::Done {
        response.refund_time = refund.done.map(Datetime::utc);
        response.settlement_amount = payment.refund_settlement(refund).map(Into::into);
        let terms = payment.terms.as_ref();
        response.settlement_quote =
            terms.and_then(|terms| terms.settlement_quote.as_ref()).map(wire_quote);
    }
    Answered::new(code, &response)
}
