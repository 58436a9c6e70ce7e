//! Disputes: a wallet asks for documents or claims money back, the acquirer answers.
//!
//! Documents name people: they go from the acquirer's request straight to the wallet, and only that
//! they were given is recorded.

use super::agreements::{PATIENCE, silent};
use super::answer::{Answered, Failure, Outcome, unexpected};
use super::door::Door;
use super::random;
use super::refs::known_id;
use super::tokens::asked_for;
use base::{ResultCode, ResultStatus, Text};
use effects::Partner;
use ids::{ParticipantId, PaymentId};
use network::{
    AnswerDispute, Command, DisputeAnswer, DisputeKind, DisputeState, OpenDispute, Payment,
    Refusal, Reply,
};
use std::sync::Arc;
use wire::acqp::{ResponseEscalationRequest, ResponseRetrievalRequest};
use wire::mpp::{InitiateEscalationRequest, InitiateRetrievalRequest};
use wire::parts::Id;
use wire::{Label, ResultOnly, mpp, paths};

pub(crate) async fn initiate_retrieval(door: &Door, caller: &Partner, body: &[u8]) -> Outcome {
    let request: InitiateRetrievalRequest = wire::parse(body)?;
    let asked = Asked {
        request_id: request.dispute_request_id,
        payment: request.payment_request_id,
        reason: request.reason,
    };
    open(door, caller, asked, DisputeKind::Retrieval).await
}

pub(crate) async fn initiate_escalation(door: &Door, caller: &Partner, body: &[u8]) -> Outcome {
    let request: InitiateEscalationRequest = wire::parse(body)?;
    let kind = DisputeKind::Escalation { amount: request.escalation_amount.0 };
    let asked = Asked {
        request_id: request.dispute_request_id,
        payment: request.payment_request_id,
        reason: request.reason,
    };
    open(door, caller, asked, kind).await
}

/// What both requests of a wallet say.
struct Asked {
    request_id: Id,
    payment: Id,
    reason: Option<Label<256>>,
}

async fn open(door: &Door, caller: &Partner, asked: Asked, kind: DisputeKind) -> Outcome {
    let Some(payment) = known_id(&asked.payment, door.partitions.count()) else {
        let message = "paymentRequestId: no such payment";
        return Err(Refusal::new(ResultCode::OrderNotExist, message).into());
    };
    only_one_payment(door, caller.participant.id, (&asked.request_id, payment)).await?;
    let command = Command::OpenDispute(OpenDispute {
        mpp: caller.participant.id,
        request_id: asked.request_id.clone(),
        payment,
        kind,
        reason: asked.reason.and_then(|reason| Text::new(reason.as_str()).ok()),
        refund: random::refund_id(door.now(), payment.partition()),
    });
    submit(door, payment, command, &asked.request_id).await
}

/// An id means one payment in all partitions. Each partition sees to its own; two requests at the
/// same moment in two of them are not noticed.
async fn only_one_payment(
    door: &Door,
    mpp: ParticipantId,
    (request_id, payment): (&Id, PaymentId),
) -> Result<(), Failure> {
    let id = request_id.clone();
    let look = move |machine: &network::Network, history: &dyn base::History| {
        machine.find_dispute(history, mpp, &id)
    };
    match door.partitions.find(look).await? {
        Some((_, (known, _))) if known.id != payment => {
            let message =
                "paymentRequestId: differs from the first request with this disputeRequestId";
            Err(Refusal::new(ResultCode::RepeatReqInconsistent, message).into())
        }
        _ => Ok(()),
    }
}

async fn submit(door: &Door, payment: PaymentId, command: Command, request_id: &Id) -> Outcome {
    let (_, reply) = door.partitions.submit(payment.partition(), command).await?;
    match reply {
        Reply::Dispute { .. } => {
            let done = Answered::result(ResultCode::Success, ResultCode::Success.into());
            Ok(done.with_id(request_id))
        }
        Reply::Refused(refusal) => Err(refusal.into()),
        _ => unexpected("a dispute"),
    }
}

/// The dispute that an acquirer names by the wallet's id.
async fn find(
    door: &Door,
    acquirer: ParticipantId,
    request_id: &Id,
) -> Result<(Arc<Payment>, usize), Failure> {
    let id = request_id.clone();
    let look = move |machine: &network::Network, history: &dyn base::History| {
        machine.find_dispute(history, acquirer, &id)
    };
    if let Some((_, (payment, number))) = door.partitions.find(look).await? {
        return Ok((payment, usize::try_from(number).unwrap_or(usize::MAX)));
    }
    let message = "disputeRequestId: no such dispute";
    Err(Refusal::new(ResultCode::OrderNotExist, message).into())
}

/// An answer that names a payment has to name the dispute's.
fn is_about(payment: &Payment, named: Option<&Id>) -> Result<(), Refusal> {
    if named.is_none_or(|named| *named == payment.request_id) {
        return Ok(());
    }
    let message = "paymentRequestId: the dispute is about another payment";
    Err(Refusal::new(ResultCode::RepeatReqInconsistent, message))
}

pub(crate) async fn response_retrieval(door: &Door, caller: &Partner, body: &[u8]) -> Outcome {
    let request: ResponseRetrievalRequest = wire::parse(body)?;
    let request_id = request.dispute_request_id.clone();
    let (payment, number) = find(door, caller.participant.id, &request_id).await?;
    is_about(&payment, request.payment_request_id.as_ref())?;
    let dispute = payment.disputes.get(number).ok_or_else(|| asked_for("the dispute"))?;
    let waits = dispute.state == DisputeState::Open && dispute.kind == DisputeKind::Retrieval;
    if waits {
        pass_on(door, &payment, request).await?;
    }
    let command = Command::AnswerDispute(AnswerDispute {
        acquirer: caller.participant.id,
        request_id: request_id.clone(),
        payment: payment.id,
        answer: DisputeAnswer::Documents,
    });
    submit(door, payment.id, command, &request_id).await
}

/// The documents, to the wallet that asked for them. Errors: it has not taken them.
async fn pass_on(
    door: &Door,
    payment: &Payment,
    request: ResponseRetrievalRequest,
) -> Result<(), Failure> {
    let wallet = payment.payer.as_ref().and_then(|payer| door.directory.partner(payer.mpp));
    let wallet = wallet.ok_or_else(|| asked_for("the wallet"))?;
    let mut passed = mpp::ResponseRetrievalRequest::new(request.dispute_request_id);
    passed.payment_request_id = Some(super::pay::id_text(payment.id));
    passed.response_code = request.response_code;
    passed.transaction_receipt = request.transaction_receipt;
    passed.proof_of_delivery = request.proof_of_delivery;
    passed.other_documentation = request.other_documentation;
    let endpoint = wallet.participant.endpoints.retrieval.as_ref();
    let path = endpoint.map_or(paths::wallet::RESPONSE_RETRIEVAL, |url| url.as_str());
    let body = wire::render(&passed).into();
    let asked = door.effects.ask(wallet.participant.id, path, body, PATIENCE).await;
    let answer: ResultOnly = asked.map_err(|error| silent(&wallet, &error))?;
    match answer.result.status() {
        ResultStatus::S => Ok(()),
        ResultStatus::F | ResultStatus::U => Err(asked_for("the wallet's receipt").into()),
    }
}

pub(crate) async fn response_escalation(door: &Door, caller: &Partner, body: &[u8]) -> Outcome {
    let request: ResponseEscalationRequest = wire::parse(body)?;
    let request_id = request.dispute_request_id.clone();
    let (payment, number) = find(door, caller.participant.id, &request_id).await?;
    is_about(&payment, request.payment_request_id.as_ref())?;
    let dispute = payment.disputes.get(number).ok_or_else(|| asked_for("the dispute"))?;
    let answer = match dispute.kind {
        DisputeKind::Escalation { amount } => match request.accepted(amount)? {
            Some(amount) => DisputeAnswer::Accepted { amount },
            None => DisputeAnswer::Refused,
        },
        DisputeKind::Retrieval => DisputeAnswer::Refused,
    };
    let command = Command::AnswerDispute(AnswerDispute {
        acquirer: caller.participant.id,
        request_id: request_id.clone(),
        payment: payment.id,
        answer,
    });
    submit(door, payment.id, command, &request_id).await
}
