//! `notifyPayment` from a wallet: how a payment ended.

use super::answer::{Answered, Outcome, unexpected};
use super::door::Door;
use super::refs::known_id;
use base::{ResultCode, ResultStatus};
use effects::Partner;
use network::{Command, NotifyPayment, Refusal, Reply, WalletAnswer, WalletVerdict};
use wire::mpp::NotifyPaymentRequest;

pub(crate) async fn handle(door: &Door, caller: &Partner, body: &[u8]) -> Outcome {
    let request: NotifyPaymentRequest = wire::parse(body)?;
    request.check()?;
    let Some(payment) = known_id(&request.payment_request_id, door.partitions.count()) else {
        let message = "paymentRequestId: no such payment";
        return Err(Refusal::new(ResultCode::OrderNotExist, message).into());
    };
    let verdict = match request.payment_result.status() {
        ResultStatus::S => WalletVerdict::Approved,
        ResultStatus::F => WalletVerdict::Declined(request.payment_result.code()),
        ResultStatus::U => WalletVerdict::Silent,
    };
    let answer = WalletAnswer {
        verdict,
        wallet_id: request.payment_id,
        wallet_time: request.payment_time.map(|time| time.at),
        amount: request.payment_amount.map(|amount| amount.0),
        pay_to: request.pay_to_amount.map(|amount| amount.0),
    };
    let (mpp, customer) = (caller.participant.id, request.customer_id);
    let command = Command::NotifyPayment(NotifyPayment { mpp, payment, customer, answer });
    let (_, reply) = door.partitions.submit(payment.partition(), command).await?;
    let answered = match reply {
        Reply::Done => Answered::result(ResultCode::Success, ResultCode::Success.into()),
        Reply::Refused(refusal) => Answered::refusal(&refusal),
        _ => unexpected("notifyPayment"),
    };
    Ok(answered.with_id(&request.payment_request_id))
}
