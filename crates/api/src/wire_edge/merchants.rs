//! `registration` of merchants and stores, and what became of it.

use super::answer::{Answered, Failure, Outcome, missing, unexpected};
use super::door::Door;
use base::ResultCode;
use directory::{Country, Legal, Mcc, Merchant, MerchantKey, Product, Store};
use effects::{Partner, acquirer_of_registration, decision_of, decisions, overall};
use engine::SubmitError;
use ids::{ParticipantId, Partition};
use network::{Command, DecideMerchant, Refusal, RegisterMerchant, Reply};
use std::sync::Arc;
use std::time::Duration;
use wire::acqp::{
    InquiryRegistrationStatusRequest, InquiryRegistrationStatusResponse,
    NotifyRegistrationStatusRequest, ProductCode, RegistrationRequest, RegistrationResponse,
    RegistrationResult,
};
use wire::{Text, WireError};

/// Wait before an overloaded partition is asked again.
const AGAIN: Duration = Duration::from_millis(10);

/// Every partition holds the whole directory: the first one decides, the others follow.
pub(crate) async fn register(door: &Door, caller: &Partner, body: &[u8]) -> Outcome {
    let request: RegistrationRequest = wire::parse(body)?;
    request.check()?;
    let command = command(caller.participant.id, &request)?;
    let request_id = request.registration_request_id;
    for partition in door.partitions.all() {
        match submit(door, partition, command.clone()).await? {
            Reply::Done => {}
            Reply::Refused(refusal) => return Ok(Answered::refusal(&refusal).with_id(&request_id)),
            _ => unexpected("registration"),
        }
    }
    let mut response = RegistrationResponse::new(ResultCode::Success.into());
    response.pass_through_info = request.pass_through_info;
    Ok(Answered::new(ResultCode::Success, &response).with_id(&request_id))
}

/// The first partition may refuse for overload; the others have to follow it, within the time there
/// is. A caller that is told U sends the same request again, which every partition takes up where
/// it was.
async fn submit(
    door: &Door,
    partition: Partition,
    command: RegisterMerchant,
) -> Result<Reply, Failure> {
    let deadline = door.deadline();
    loop {
        let command = Command::RegisterMerchant(command.clone());
        match door.partitions.submit(partition, command).await {
            Ok((_, reply)) => return Ok(reply),
            Err(SubmitError::Overloaded)
                if partition != Partition(0) && tokio::time::Instant::now() < deadline =>
            {
                tokio::time::sleep(AGAIN).await;
            }
            Err(error) => return Err(error.into()),
        }
    }
}

fn command(
    acquirer: ParticipantId,
    request: &RegistrationRequest,
) -> Result<RegisterMerchant, WireError> {
    let merchant = &request.merchant_info;
    let detail = &merchant.registration_detail;
    let address = merchant.merchant_address.as_ref().or(detail.registration_address.as_ref());
    let Some(address) = address else {
        let remedy = "send it: the region decides what is cross-border";
        return Err(WireError::new("merchantInfo.merchantAddress", "is missing", remedy));
    };
    let country = Country::new(address.region.as_str()).ok_or_else(|| {
        let field = "merchantInfo.merchantAddress.region";
        WireError::new(field, "is not two capital letters", "send ISO 3166-1 alpha-2")
    })?;
    let name = merchant.merchant_name.as_ref().unwrap_or(&detail.legal_name);
    let display_name = match &merchant.merchant_display_name {
        None => None,
        Some(name) => Some(text("merchantInfo.merchantDisplayName", name.as_str())?),
    };
    let store = match &request.store_info {
        None => None,
        Some(store) => Some(Store::new(
            store.reference_store_id.clone(),
            text("storeInfo.storeName", store.store_name.as_str())?,
            mcc("storeInfo.storeMCC", store.store_mcc.as_str())?,
        )),
    };
    let city = address.city.as_ref().map(|city| city.as_str().chars().take(32).collect::<String>());
    Ok(RegisterMerchant {
        acquirer,
        request_id: request.registration_request_id.clone(),
        reference: merchant.reference_merchant_id.clone(),
        name: text("merchantInfo.merchantName", name.as_str())?,
        display_name,
        mcc: mcc("merchantInfo.merchantMCC", merchant.merchant_mcc.as_str())?,
        country,
        city: city.and_then(|city| Text::new(&city).ok()),
        products: request.product_codes.iter().map(|code| product(*code)).collect(),
        store,
        legal: Some(Legal {
            name: text("merchantInfo.registrationDetail.legalName", detail.legal_name.as_str())?,
            kind: detail.registration_type.clone(),
            number: text(
                "merchantInfo.registrationDetail.registrationNo",
                detail.registration_no.as_str(),
            )?,
        }),
        notify_url: request.registration_notify_url.clone(),
    })
}

fn text<const MAX: usize>(field: &str, text: &str) -> Result<Text<MAX>, WireError> {
    Text::new(text).map_err(|error| WireError::new(field, &error.to_string(), "mend the text"))
}

fn mcc(field: &str, text: &str) -> Result<Mcc, WireError> {
    Mcc::new(text)
        .ok_or_else(|| WireError::new(field, "is not four digits", "send an ISO 18245 code"))
}

const fn product(code: ProductCode) -> Product {
    match code {
        ProductCode::InStore => Product::InStorePayment,
        ProductCode::Cashier => Product::CashierPayment,
        ProductCode::Agreement => Product::AgreementPayment,
    }
}

pub(crate) async fn status(door: &Door, caller: &Partner, body: &[u8]) -> Outcome {
    let request: InquiryRegistrationStatusRequest = wire::parse(body)?;
    request.check()?;
    let found = find(door, caller.participant.id, &request).await?;
    let has_store = |merchant: &Arc<Merchant>| {
        let store = request.reference_store_id.as_ref();
        store.is_none_or(|store| merchant.stores.contains_key(store))
    };
    let Some(merchant) = found.filter(has_store) else {
        let message = "no such registration is known to you; check the ids";
        return Err(Refusal::new(ResultCode::RecordNotFound, message).into());
    };
    let results = decisions(&merchant, &door.directory.now());
    let mut response = InquiryRegistrationStatusResponse::new(ResultCode::Success.into());
    response.registration_result = Some(RegistrationResult::new(overall(&results)));
    response.psp_registration_result_list = Some(results);
    Ok(Answered::new(ResultCode::Success, &response))
}

/// `notifyRegistrationStatus` from a wallet.
pub(crate) async fn decided(door: &Door, caller: &Partner, body: &[u8]) -> Outcome {
    let request: NotifyRegistrationStatusRequest = wire::parse(body)?;
    let id = request.registration_request_id.as_ref();
    let id = id.ok_or_else(|| missing("registrationRequestId", "send the one of registration"))?;
    let unknown = || {
        let message = "registrationRequestId: no such registration; send the network's own";
        Refusal::new(ResultCode::RecordNotFound, message)
    };
    let acquirer = acquirer_of_registration(id.as_str()).ok_or_else(unknown)?;
    let merchant = MerchantKey { acquirer, reference: request.reference_merchant_id.clone() };
    let own = request.psp_registration_result_list.as_ref().and_then(|list| list.first());
    let result = own.map_or(&request.registration_result, |own| &own.registration_result);
    let answered = || Answered::result(ResultCode::Success, ResultCode::Success.into()).with_id(id);
    let Some(approval) = decision_of(Some(result)) else { return Ok(answered()) };
    let decided = DecideMerchant { mpp: caller.participant.id, merchant, approval };
    match door.partitions.submit_to_all(Command::WalletDecides(decided)).await? {
        Reply::Done => Ok(answered()),
        Reply::Refused(_) => Err(unknown().into()),
        _ => unexpected("notifyRegistrationStatus"),
    }
}

/// By merchant in one step; by registration id through all merchants of the network, which is slow
/// when there are many:
/// callers who know the merchant do better to name it.
async fn find(
    door: &Door,
    acquirer: ParticipantId,
    request: &InquiryRegistrationStatusRequest,
) -> Result<Option<Arc<Merchant>>, SubmitError> {
    let request_id = request.registration_request_id.clone();
    let is_asked = move |merchant: &Arc<Merchant>| {
        let registered = &merchant.registration.request_id;
        merchant.acquirer == acquirer && request_id.as_ref().is_none_or(|id| id == registered)
    };
    let reference = request.reference_merchant_id.clone();
    let look = move |machine: &network::Network, _: &dyn base::History, _| match reference {
        Some(reference) => {
            let found = machine.directory().merchant(&MerchantKey { acquirer, reference });
            found.filter(|merchant| is_asked(merchant)).cloned()
        }
        None => machine.directory().merchants().find(|merchant| is_asked(merchant)).cloned(),
    };
    door.partitions.read(Partition(0), look).await
}
