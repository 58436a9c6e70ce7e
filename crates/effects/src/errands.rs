//! Messages that belong to no payment, and what their answers mean.

use crate::participants::{Participants, Partner};
use crate::render::id_text;
use crate::tokens::{Tokens, network_code};
use base::ResultStatus;
use directory::{Approval, Endpoints, Merchant, Participant, Product, Role, StoreText, Url};
use ids::ParticipantId;
use network::{
    Agreement, AgreementState, AuthNews, DisputeAnswer, DisputeKind, DisputeRecord, DisputeState,
    EndedBy, ErrandOutcome, Message, Payment,
};
use std::sync::Arc;
use wire::acqp::{
    AuthNotifyRequest, AuthNotifyType, BoundWallet, InitiateEscalationRequest,
    InitiateRetrievalRequest, MerchantRegistration, MppRegistrationResult,
    NotifyRegistrationStatusRequest, ProductCode, RefundType, RegistrationDetail,
    RegistrationRequest, RegistrationResult, RegistrationStatus, StoreRegistration,
};
use wire::parts::{Address, Id};
use wire::{Amount, Datetime, Label, Text, WireResult, mpp, paths};

/// The path or URL at the participant that is called, and the usual path.
pub(crate) fn target<'a>(
    message: &Message,
    endpoints: &'a Endpoints,
) -> (&'a Option<Url>, &'static str) {
    match message {
        Message::CancelToken(_) => (&endpoints.cancel_token, paths::wallet::CANCEL_TOKEN),
        Message::AuthNotify { .. } => (&endpoints.auth_notify, paths::acquirer::AUTH_NOTIFY),
        Message::Registration { .. } => (&endpoints.registration, paths::wallet::REGISTRATION),
        Message::Dispute { payment, number } => match kind_of(payment, *number) {
            Some(DisputeKind::Escalation { .. }) => {
                (&endpoints.escalation, paths::acquirer::INITIATE_ESCALATION)
            }
            _ => (&endpoints.retrieval, paths::acquirer::INITIATE_RETRIEVAL),
        },
        Message::DisputeAnswered { .. } => {
            (&endpoints.escalation, paths::wallet::RESPONSE_ESCALATION)
        }
        // The URL that the registration named comes before this.
        Message::RegistrationStatus(_) => {
            (&endpoints.registration, paths::acquirer::NOTIFY_REGISTRATION_STATUS)
        }
    }
}

/// The body. `None` when something that it says cannot be said any more: a participant that left the
/// directory, a seal of another secret.
pub(crate) fn body(
    message: &Message,
    participants: &Participants,
    tokens: &Tokens,
) -> Option<Vec<u8>> {
    match message {
        Message::CancelToken(agreement) => {
            let (acquirer, mpp) = ends(agreement, participants)?;
            let grant = agreement.grant.as_ref()?;
            let access = tokens.open(agreement.id, &grant.wallet_tokens)?.access;
            let mut request = mpp::CancelTokenRequest::new(
                acquirer.code.clone(),
                mpp.code.clone(),
                Text::new(&access).ok()?,
            );
            request.auth_client_id = Some(agreement.client.clone());
            Some(wire::render(&request))
        }
        Message::AuthNotify { agreement, news } => {
            let (acquirer, mpp) = ends(agreement, participants)?;
            Some(wire::render(&auth_notify(agreement, news, (&acquirer, &mpp), tokens)?))
        }
        Message::Registration { merchant, store } => {
            let acquirer = participants.by_id(merchant.acquirer)?;
            let code = acquirer.participant.code.as_str();
            Some(wire::render(&registration(merchant, store.as_ref(), code)?))
        }
        Message::Dispute { payment, number } => dispute(payment, *number),
        Message::DisputeAnswered { payment, number } => dispute_answered(payment, *number),
        Message::RegistrationStatus(merchant) => {
            Some(wire::render(&registration_status(merchant, participants)?))
        }
    }
}

fn ends(
    agreement: &Agreement,
    participants: &Participants,
) -> Option<(Arc<Participant>, Arc<Participant>)> {
    let of = |id| Some(participants.by_id(id)?.participant.clone());
    Some((of(agreement.acquirer)?, of(agreement.mpp?)?))
}

fn auth_notify(
    agreement: &Agreement,
    news: &AuthNews,
    (acquirer, mpp): (&Participant, &Participant),
    tokens: &Tokens,
) -> Option<AuthNotifyRequest> {
    let kind = match news {
        AuthNews::CodeCreated(_) => AuthNotifyType::AuthcodeCreated,
        AuthNews::TokenCreated => AuthNotifyType::TokenCreated,
        AuthNews::TokenCancelled => AuthNotifyType::TokenCanceled,
    };
    let mut request = AuthNotifyRequest::new(kind, agreement.client.clone());
    request.acquirer_id = Some(acquirer.code.clone());
    request.psp_id = Some(mpp.code.clone());
    request.reference_merchant_id = Some(agreement.merchant.clone());
    request.reference_agreement_id.clone_from(&agreement.reference);
    request.wallet_for_account_binding = Some(bound_wallet(mpp)?);
    if let AuthNews::CodeCreated(code) = news {
        let code = network_code(agreement.id, &tokens.open_text(agreement.id.as_u128(), code)?);
        request.auth_code = Some(Text::new(&code).ok()?);
        request.auth_state = Some(agreement.auth_state.clone());
        return Some(request);
    }
    let grant = agreement.grant.as_ref()?;
    let text = |text: &str| Text::new(text).ok();
    request.access_token = text(&tokens.access(agreement.id, grant.generation));
    if let AuthNews::TokenCreated = news {
        request.access_token_expiry_time = Some(Datetime::utc(grant.access_until));
        if grant.refresh.is_some() {
            request.refresh_token = text(&tokens.refresh(agreement.id, grant.generation));
            request.refresh_token_expiry_time = grant.refresh_until.map(Datetime::utc);
        }
    }
    if let AgreementState::Ended { by, .. } = agreement.state {
        request.reason = Label::new(match by {
            EndedBy::Acquirer => "ended by the merchant",
            EndedBy::Wallet => "ended in the wallet",
            EndedBy::Operator => "ended by the network's operator",
        })
        .ok();
    }
    Some(request)
}

/// The wallet's names, as acquirers are told them.
pub fn bound_wallet(mpp: &Participant) -> Option<BoundWallet> {
    let mut wallet = BoundWallet::new(Label::new(mpp.code.as_str()).ok()?);
    wallet.wallet_brand_name = Label::new(mpp.name.as_str()).ok();
    Some(wallet)
}

fn record_of(payment: &Payment, number: u32) -> Option<&DisputeRecord> {
    payment.disputes.get(usize::try_from(number).ok()?)
}

fn kind_of(payment: &Payment, number: u32) -> Option<DisputeKind> {
    record_of(payment, number).map(|dispute| dispute.kind)
}

/// A wallet's request, as the acquirer gets it: about its own id of the payment.
fn dispute(payment: &Payment, number: u32) -> Option<Vec<u8>> {
    let record = record_of(payment, number)?;
    let (id, own) = (record.request_id.clone(), payment.request_id.clone());
    let occurred = Some(Datetime::utc(record.opened.time));
    let reason = record.reason.as_ref().and_then(|reason| Label::new(reason.as_str()).ok());
    Some(match record.kind {
        DisputeKind::Retrieval => {
            let mut request = InitiateRetrievalRequest::new(id, own);
            (request.dispute_occur_time, request.reason) = (occurred, reason);
            wire::render(&request)
        }
        DisputeKind::Escalation { amount } => {
            let mut request = InitiateEscalationRequest::new(id, own, Amount(amount));
            (request.dispute_occur_time, request.reason) = (occurred, reason);
            wire::render(&request)
        }
    })
}

/// How an escalation ended, as the wallet gets it.
fn dispute_answered(payment: &Payment, number: u32) -> Option<Vec<u8>> {
    let record = record_of(payment, number)?;
    let DisputeKind::Escalation { amount: claimed } = record.kind else { return None };
    let (refund_type, amount) = match record.state {
        DisputeState::Answered(DisputeAnswer::Accepted { amount }) if amount == claimed => {
            (RefundType::AcceptRefund, Some(amount))
        }
        DisputeState::Answered(DisputeAnswer::Accepted { amount }) => {
            (RefundType::AcceptPartialRefund, Some(amount))
        }
        DisputeState::Answered(DisputeAnswer::Refused | DisputeAnswer::Documents)
        | DisputeState::Open
        | DisputeState::Expired => (RefundType::RefuseRefund, None),
    };
    let id = record.request_id.clone();
    let mut request = mpp::ResponseEscalationRequest::new(id, refund_type);
    request.payment_request_id = Some(id_text(payment.id));
    request.refund_amount = amount.map(Amount);
    Some(wire::render(&request))
}

/// The network's id of a registration towards wallets: which acquirer, and when.
fn registration_id(merchant: &Merchant) -> Option<Id> {
    let at = merchant.registration.at.nanos();
    Id::new(&format!("reg-{:08x}-{at:016x}", merchant.acquirer.0)).ok()
}

/// The acquirer that such an id names.
pub fn acquirer_of_registration(id: &str) -> Option<ParticipantId> {
    let digits = id.strip_prefix("reg-")?.get(..8)?;
    u32::from_str_radix(digits, 16).ok().map(ParticipantId)
}

/// As the acquirer registered it, without what the network does not keep (contacts, documents).
fn registration(
    merchant: &Merchant,
    store: Option<&StoreText>,
    acquirer: &str,
) -> Option<RegistrationRequest> {
    let name = Label::new(merchant.name.as_str()).ok()?;
    let mcc = |mcc: directory::Mcc| Text::new(&mcc.to_string()).ok();
    let detail = match &merchant.legal {
        Some(legal) => RegistrationDetail::new(
            Label::new(legal.name.as_str()).ok()?,
            legal.kind.clone(),
            Label::new(legal.number.as_str()).ok()?,
        ),
        None => {
            let (kind, number) = (Text::new("OTHER").ok()?, Label::new("-").ok()?);
            RegistrationDetail::new(name.clone(), kind, number)
        }
    };
    let reference = merchant.reference.clone();
    let mut shop = MerchantRegistration::new(reference, mcc(merchant.mcc)?, detail);
    shop.merchant_name = Some(name);
    let display = merchant.display_name.as_ref();
    shop.merchant_display_name = display.and_then(|name| Label::new(name.as_str()).ok());
    let mut address = Address::new(Text::new(merchant.country.as_str()).ok()?);
    address.city = merchant.city.as_ref().and_then(|city| Label::new(city.as_str()).ok());
    shop.merchant_address = Some(address);
    let products = merchant.products.iter().map(|product| product_code(*product)).collect();
    let mut request = RegistrationRequest::new(registration_id(merchant)?, products, shop);
    request.store_info = store.and_then(|store| merchant.stores.get(store)).and_then(|store| {
        let name = Label::new(store.name.as_str()).ok()?;
        Some(StoreRegistration::new(store.reference.clone(), name, mcc(store.mcc)?))
    });
    request.pass_through_info = wire::Opaque::new(acquirer).ok();
    Some(request)
}

fn registration_status(
    merchant: &Merchant,
    participants: &Participants,
) -> Option<NotifyRegistrationStatusRequest> {
    let decisions = decisions(merchant, participants);
    let overall = RegistrationResult::new(overall(&decisions));
    let mut request = NotifyRegistrationStatusRequest::new(merchant.reference.clone(), overall);
    request.registration_request_id = Some(merchant.registration.request_id.clone());
    request.psp_registration_result_list = Some(decisions);
    Some(request)
}

/// Is every wallet's decision there?
pub fn overall(decisions: &[MppRegistrationResult]) -> RegistrationStatus {
    let is_pending = |it: &MppRegistrationResult| {
        it.registration_result.registration_status == RegistrationStatus::Pending
    };
    match decisions.iter().any(is_pending) {
        true => RegistrationStatus::Pending,
        false => RegistrationStatus::Completed,
    }
}

/// What each wallet decided; one that does not review merchants accepts them.
pub fn decisions(merchant: &Merchant, participants: &Participants) -> Vec<MppRegistrationResult> {
    let products: Vec<ProductCode> =
        merchant.products.iter().map(|product| product_code(*product)).collect();
    let mut wallets: Vec<&Arc<Partner>> =
        participants.iter().filter(|partner| partner.participant.role == Role::Mpp).collect();
    wallets.sort_by_key(|wallet| wallet.participant.id);
    let decision = |wallet: &Arc<Partner>| {
        let wallet = &wallet.participant;
        let name = Label::new(wallet.name.as_str()).ok()?;
        let result = match merchant.approvals.get(&wallet.id) {
            Some(Approval::Rejected { reason }) => {
                let mut result = RegistrationResult::new(RegistrationStatus::Rejected);
                result.rejection_reason = Label::new(reason.as_str()).ok();
                result
            }
            Some(Approval::Approved) => RegistrationResult::new(RegistrationStatus::Approved),
            Some(Approval::Pending) | None if wallet.contract.approves_merchants => {
                RegistrationResult::new(RegistrationStatus::Pending)
            }
            Some(Approval::Pending) | None => RegistrationResult::new(RegistrationStatus::Approved),
        };
        Some(MppRegistrationResult::new(products.clone(), name, result))
    };
    wallets.into_iter().filter_map(decision).collect()
}

const fn product_code(product: Product) -> ProductCode {
    match product {
        Product::InStorePayment => ProductCode::InStore,
        Product::CashierPayment => ProductCode::Cashier,
        Product::AgreementPayment => ProductCode::Agreement,
    }
}

/// What a wallet decided, if its message says so.
pub fn decision_of(result: Option<&RegistrationResult>) -> Option<Approval> {
    let result = result?;
    match result.registration_status {
        RegistrationStatus::Approved | RegistrationStatus::Completed => Some(Approval::Approved),
        RegistrationStatus::Rejected => {
            let reason =
                result.rejection_reason.as_ref().map_or("no reason given", |it| it.as_str());
            let reason: String = reason.chars().take(256).collect();
            Some(Approval::Rejected { reason: base::Text::new(&reason).ok()? })
        }
        RegistrationStatus::Pending => None,
    }
}

/// What a signed answer means.
pub(crate) fn outcome(result: &WireResult) -> ErrandOutcome {
    match result.status() {
        ResultStatus::S => ErrandOutcome::Acknowledged,
        ResultStatus::F => ErrandOutcome::Refused(result.code()),
        ResultStatus::U => ErrandOutcome::Silent,
    }
}

/// The network's id of an agreement, as wallets see it.
pub fn agreement_text(agreement: &Agreement) -> wire::parts::Id {
    id_text(agreement.id)
}
