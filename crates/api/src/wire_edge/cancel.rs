//! `cancelPayment`: answered as soon as the intent is durable.

use super::answer::{Answered, Outcome, unexpected};
use super::door::Door;
use super::refs::locate;
use base::ResultCode;
use effects::Partner;
use network::{CancelPayment, Command, Reply};
use wire::acqp::{CancelPaymentRequest, CancelPaymentResponse};

pub(crate) async fn handle(door: &Door, caller: &Partner, body: &[u8]) -> Outcome {
    let request: CancelPaymentRequest = wire::parse(body)?;
    let acquirer = caller.participant.id;
    let named = locate(door, caller, request.payment()?).await?;
    let command = Command::CancelPayment(CancelPayment { acquirer, payment: named.payment });
    let (_, reply) = door.partitions.submit(named.partition, command).await?;
    let answered = match reply {
        Reply::Cancelled(payment) => {
            let mut response = CancelPaymentResponse::new(ResultCode::Success.into());
            response.acquirer_id = Some(caller.participant.code.clone());
            let payer = payment.as_ref().and_then(|payment| payment.payer.as_ref());
            response.psp_id = payer.and_then(|payer| door.code_of(payer.mpp));
            Answered::new(ResultCode::Success, &response)
        }
        Reply::Refused(refusal) => Answered::refusal(&refusal),
        _ => unexpected("cancelPayment"),
    };
    Ok(match &request.payment_request_id {
        Some(request_id) => answered.with_id(request_id),
        None => answered,
    })
}
