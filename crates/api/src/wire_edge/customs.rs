//! Customs declarations: `declare` and `inquireDeclarationRequests`. The buyer's certificate names a
//! person and is not kept: the office gets it from the acquirer.

use super::answer::{Answered, Failure, Outcome, unexpected};
use super::door::Door;
use super::pay::id_text;
use base::{ResultCode, Text};
use effects::Partner;
use ids::ParticipantId;
use network::{
    Command, Declaration, DeclarationContent, DeclarationState, Declare, Payment, Refusal, Reply,
    partition_of_request,
};
use std::sync::Arc;
use wire::acqp::{
    Customs, DeclarationRecord, DeclareRequest, DeclareResponse, InquireDeclarationRequestsRequest,
    InquireDeclarationRequestsResponse, MerchantCustomsInfo,
};
use wire::parts::Id;
use wire::{Amount, Datetime, Label, WireError};

/// The only customs region. Source: acquirer interface 2.6.
const REGION: &str = "CN";

pub(crate) async fn declare(door: &Door, caller: &Partner, body: &[u8]) -> Outcome {
    let request: DeclareRequest = wire::parse(body)?;
    if request.customs.region.as_str() != REGION {
        return Err(WireError::new("customs.region", "is not CN", "send CN").into());
    }
    let order = request.split_order()?.cloned();
    let merchant = &request.merchant_customs_info;
    let merchant_name = Text::new(merchant.merchant_customs_name.as_str()).map_err(|_| {
        let field = "merchantCustomsInfo.merchantCustomsName";
        WireError::new(field, "has no usable character", "send a text")
    })?;
    let acquirer = caller.participant.id;
    let partition = partition_of_request(
        acquirer,
        request.payment_request_id.as_str(),
        door.partitions.count(),
    );
    let request_id = request.customs_declaration_request_id.clone();
    // Each partition sees to its own ids; two requests at the same moment are not noticed.
    if let Some((known, _)) = find(door, acquirer, &request_id).await?
        && known.request_id != request.payment_request_id
    {
        let message = "paymentRequestId: differs from the first request with this \
                       customsDeclarationRequestId";
        return Err(Refusal::new(ResultCode::RepeatReqInconsistent, message).into());
    }
    let command = Command::Declare(Box::new(Declare {
        acquirer,
        payment: request.payment_request_id,
        request_id: request_id.clone(),
        content: DeclarationContent {
            customs_code: request.customs.customs_code,
            merchant_code: merchant.merchant_customs_code.clone(),
            merchant_name,
            amount: request.declaration_amount.0,
            order,
        },
    }));
    let payment = match door.partitions.submit(partition, command).await?.1 {
        Reply::Declared { payment, .. } => payment,
        Reply::Refused(refusal) => return Err(refusal.into()),
        _ => unexpected("declare"),
    };
    let mut response = DeclareResponse::new(ResultCode::Success.into());
    response.psp_payment_id.clone_from(&payment.wallet_payment_id);
    response.psp_declaration_request_id = Some(own_id(&payment, &request_id));
    response.psp_order_amount = payment.terms.as_ref().map(|terms| Amount(terms.pay_to));
    Ok(Answered::new(ResultCode::Success, &response).with_id(&request_id))
}

/// The network's name of a declaration: its payment, and its place there.
fn own_id(payment: &Payment, request_id: &Id) -> Id {
    let place = payment.declarations.iter().position(|it| it.request_id == *request_id);
    id_text(format!("{}-{}", payment.id, place.unwrap_or_default()))
}

pub(crate) async fn inquire(door: &Door, caller: &Partner, body: &[u8]) -> Outcome {
    let request: InquireDeclarationRequestsRequest = wire::parse(body)?;
    let (mut missing, mut records) = (Vec::new(), Vec::new());
    for id in request.ids()? {
        let found = find(door, caller.participant.id, id).await?;
        match found.as_ref().and_then(|(payment, number)| record(payment, *number)) {
            Some(record) => records.push(record),
            None => missing.push(id.clone()),
        }
    }
    let mut response = InquireDeclarationRequestsResponse::new(ResultCode::Success.into());
    response.declaration_requests_not_found = (!missing.is_empty()).then_some(missing);
    response.declaration_records = (!records.is_empty()).then_some(records);
    Ok(Answered::new(ResultCode::Success, &response))
}

async fn find(
    door: &Door,
    acquirer: ParticipantId,
    request_id: &Id,
) -> Result<Option<(Arc<Payment>, u32)>, Failure> {
    let id = request_id.clone();
    let look = move |machine: &network::Network, history: &dyn base::History| {
        machine.find_declaration(history, acquirer, &id)
    };
    Ok(door.partitions.find(look).await?.map(|(_, found)| found))
}

fn record(payment: &Payment, number: u32) -> Option<DeclarationRecord> {
    let it: &Declaration = payment.declarations.get(usize::try_from(number).ok()?)?;
    let mut record = DeclarationRecord::new(it.request_id.clone());
    record.psp_declaration_request_id = Some(own_id(payment, &it.request_id));
    record.psp_payment_id.clone_from(&payment.wallet_payment_id);
    let content = &it.content;
    let region = Text::new(REGION).expect("two letters");
    record.customs = Some(Customs::new(content.customs_code.clone(), region));
    record.merchant_customs_info = Some(MerchantCustomsInfo::new(
        content.merchant_code.clone(),
        Label::new(content.merchant_name.as_str()).ok()?,
    ));
    record.declaration_amount = Some(Amount(content.amount));
    record.is_split = Some(content.order.is_some());
    record.reference_order_id.clone_from(&content.order);
    record.modified_time = Some(Datetime::utc(it.modified.time));
    record.declaration_request_status = Text::new(word_of(&it.state)).ok();
    match &it.state {
        DeclarationState::Waiting | DeclarationState::Filed => {}
        DeclarationState::Accepted { code } => record.customs_result_code.clone_from(code),
        DeclarationState::Rejected { reason } => {
            record.customs_result_description = Label::new(reason.as_str()).ok();
        }
    }
    Some(record)
}

/// `WAITING_FOR_PROCESSING` is the interface's word; it names no others, these are ours.
pub(crate) const fn word_of(state: &DeclarationState) -> &'static str {
    match state {
        DeclarationState::Waiting => "WAITING_FOR_PROCESSING",
        DeclarationState::Filed => "PROCESSING",
        DeclarationState::Accepted { .. } => "SUCCESS",
        DeclarationState::Rejected { .. } => "FAIL",
    }
}
