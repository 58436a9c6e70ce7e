//! `notifyPushPayment`: an acquirer says whether it took a payment that was pushed to it.

use super::answer::{Answered, Outcome, unexpected};
use super::door::Door;
use super::refs::known_id;
use base::ResultCode;
use effects::{Partner, of_push_notification};
use network::{Command, NotifyPush, PushAnswer, Refusal, Reply};
use wire::acqp::NotifyPushPaymentRequest;

pub(crate) async fn handle(door: &Door, caller: &Partner, body: &[u8]) -> Outcome {
    let request: NotifyPushPaymentRequest = wire::parse(body)?;
    let Some(payment) = known_id(&request.payment_id, door.partitions.count()) else {
        let message = "paymentId: no such payment";
        return Err(Refusal::new(ResultCode::OrderNotExist, message).into());
    };
    let command = Command::NotifyPush(NotifyPush {
        acquirer: caller.participant.id,
        payment,
        answer: PushAnswer {
            says: of_push_notification(&request.payment_result),
            code: request.payment_result.code(),
            request_id: request.payment_request_id,
        },
    });
    let (_, reply) = door.partitions.submit(payment.partition(), command).await?;
    match reply {
        Reply::Done => {
            let done = Answered::result(ResultCode::Success, ResultCode::Success.into());
            Ok(done.with_id(&request.payment_id))
        }
        Reply::Refused(refusal) => Err(refusal.into()),
        _ => unexpected("notifyPushPayment"),
    }
}
