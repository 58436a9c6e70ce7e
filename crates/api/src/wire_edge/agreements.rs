//! Agreements: `prepare`, `cancelToken`, and what wallets say of them (`authNotify`,
//! `consultUnbinding`). Tokens are given in [`tokens`](super::tokens).

use super::answer::{Answered, Failure, Outcome, missing, unexpected};
use super::door::Door;
use super::random;
use super::tokens::{asked_for, grant_of_wallet};
use base::{ResultCode, ResultStatus, Text};
use directory::{MerchantKey, Url};
use effects::{Partner, agreement_text, digest_of, named_agreement, network_code};
use ids::{AgreementId, ParticipantId};
use network::{
    Agreement, AgreementState, Command, EndAgreement, EndedBy, Prepare, Refusal, Reply, Scope,
    partition_of_request,
};
use std::sync::Arc;
use std::time::Duration;
use wire::acqp::{
    AuthNotifyType, CancelTokenRequest, ConsultUnbindingRequest, ConsultUnbindingResponse,
    PrepareRequest, PrepareResponse,
};
use wire::mpp::{AuthNotifyRequest, AuthNotifyResponse};
use wire::parts::{OsType, TerminalType};
use wire::{Label, WireError, mpp, paths};

/// How long a wallet or an acquirer may take. Source: acquirer interface 1.6.
pub(crate) const PATIENCE: Duration = Duration::from_secs(6);

/// `prepare`: the wallet is asked for the page on which its user consents.
pub(crate) async fn prepare(door: &Door, caller: &Partner, body: &[u8]) -> Outcome {
    let request: PrepareRequest = wire::parse(body)?;
    let wallet = chosen_wallet(door, &request)?;
    let mpp = wallet.as_ref().map(|wallet| wallet.participant.id);
    let (client, acquirer) = (request.auth_client_id.clone(), &caller.participant);
    let count = door.partitions.count();
    let partition = match &request.reference_agreement_id {
        Some(reference) => {
            partition_of_request(acquirer.id, &format!("{client}\n{reference}"), count)
        }
        None => random::partition(count),
    };
    let text = |field: &str, text: &str| {
        Text::<256>::new(text)
            .map_err(|_| WireError::new(field, "has no usable character", "send a text"))
    };
    let display = request.auth_client_display_name.as_ref();
    let merchant = request.reference_merchant_id.clone().unwrap_or_else(|| client.clone());
    let key = MerchantKey { acquirer: acquirer.id, reference: merchant.clone() };
    let registered = door.directory.merchant(key).await?;
    let name = match (&request.auth_client_name, registered) {
        (Some(name), _) => text("authClientName", name.as_str())?,
        (None, Some(merchant)) => merchant.name.clone(),
        // Nobody knows it: the machine says so.
        (None, None) => text("authClientId", client.as_str())?,
    };
    let command = Prepare {
        id: random::agreement_id(door.now(), partition),
        acquirer: acquirer.id,
        mpp,
        merchant,
        client: client.clone(),
        reference: request.reference_agreement_id.clone(),
        name,
        display_name: display.and_then(|name| Text::new(name.as_str()).ok()),
        scopes: request.scopes.iter().map(|scope| scope_of(*scope)).collect(),
        redirect_url: web_page(&request.auth_redirect_url)?,
        auth_state: request.auth_state.clone(),
    };
    let command = Command::Prepare(Box::new(command));
    let (_, reply) = door.partitions.submit(partition, command).await?;
    let agreement = match reply {
        Reply::Agreement { agreement, .. } => agreement,
        Reply::Refused(refusal) => return Err(refusal.into()),
        _ => unexpected("prepare"),
    };
    if let AgreementState::Ended { .. } = agreement.state {
        let message = "referenceAgreementId: the agreement has ended; prepare one with a new id";
        return Err(Refusal::new(ResultCode::ProcessFail, message).into());
    }
    let page = match wallet {
        Some(wallet) => {
            let shown = Shown {
                logo: request.auth_client_logo,
                terminal_type: request.terminal_type,
                os_type: request.os_type,
            };
            ask_for_page(door, &wallet, &agreement, shown).await?
        }
        None => {
            let page = Url::new(&door.links.consent_choice(agreement.id));
            page.expect("an origin and an id are short")
        }
    };
    let mut response = PrepareResponse::new(ResultCode::Success.into());
    response.auth_url = Some(page);
    Ok(Answered::new(ResultCode::Success, &response).with_id(&client))
}

/// The wallet that the user has: named, or the only one there is for it. `None`: the user is to
/// choose one of several.
fn chosen_wallet(door: &Door, request: &PrepareRequest) -> Result<Option<Arc<Partner>>, Failure> {
    let unknown = |message| Refusal::new(ResultCode::UnavailablePaymentMethod, message).into();
    if let Some(code) = &request.customer_belongs_to {
        let wallet = door.wallet(code.as_str());
        let wallet = wallet.ok_or_else(|| unknown("customerBelongsTo: no wallet has this code"))?;
        return Ok(Some(wallet));
    }
    let mut wallets = door.wallets_for(directory::Product::AgreementPayment);
    match wallets.len() {
        0 => Err(unknown("no wallet of this network takes agreements")),
        1 => Ok(wallets.pop()),
        _ => Ok(None),
    }
}

/// The user chose this wallet on the network's page: its own page for the consent.
pub(crate) async fn page_for(
    door: &Door,
    agreement: AgreementId,
    wallet: &Partner,
) -> Result<Url, Failure> {
    let mpp = wallet.participant.id;
    let command = Command::ChooseWallet { agreement, mpp };
    let (_, reply) = door.partitions.submit(agreement.partition(), command).await?;
    match reply {
        Reply::Agreement { agreement, .. } => {
            ask_for_page(door, wallet, &agreement, Shown::default()).await
        }
        Reply::Refused(refusal) => Err(refusal.into()),
        _ => unexpected("a choice of wallet"),
    }
}

fn web_page(url: &Url) -> Result<Url, WireError> {
    let text = url.as_str();
    let is_web = text.starts_with("https://") || text.starts_with("http://");
    if is_web && !text.contains(char::is_whitespace) {
        return Ok(url.clone());
    }
    Err(WireError::new("authRedirectUrl", "is no page of the web", "send an https URL"))
}

const fn scope_of(scope: wire::acqp::Scope) -> Scope {
    match scope {
        wire::acqp::Scope::AgreementPay => Scope::AgreementPay,
        wire::acqp::Scope::BaseUserInfo => Scope::BaseUserInfo,
        wire::acqp::Scope::UserInfo => Scope::UserInfo,
        wire::acqp::Scope::UserLoginId => Scope::UserLoginId,
        wire::acqp::Scope::HashLoginId => Scope::HashLoginId,
        wire::acqp::Scope::SendOtp => Scope::SendOtp,
    }
}

const fn wire_scope(scope: Scope) -> wire::acqp::Scope {
    match scope {
        Scope::AgreementPay => wire::acqp::Scope::AgreementPay,
        Scope::BaseUserInfo => wire::acqp::Scope::BaseUserInfo,
        Scope::UserInfo => wire::acqp::Scope::UserInfo,
        Scope::UserLoginId => wire::acqp::Scope::UserLoginId,
        Scope::HashLoginId => wire::acqp::Scope::HashLoginId,
        Scope::SendOtp => wire::acqp::Scope::SendOtp,
    }
}

/// What the acquirer said about the user's screen, for the wallet alone.
#[derive(Default)]
struct Shown {
    logo: Option<Url>,
    terminal_type: Option<TerminalType>,
    os_type: Option<OsType>,
}

/// The user returns by way of the network, which puts its own code in the place of the wallet's.
async fn ask_for_page(
    door: &Door,
    wallet: &Partner,
    agreement: &Agreement,
    shown: Shown,
) -> Result<Url, Failure> {
    let acquirer = door.code_of(agreement.acquirer);
    let back = door.links.consent_return(agreement.id);
    let mut request = mpp::PrepareRequest::new(
        acquirer.ok_or_else(|| asked_for("the acquirer"))?,
        wallet.participant.code.clone(),
        agreement.client.clone(),
        Label::new(agreement.name.as_str()).map_err(|_| asked_for("the merchant's name"))?,
        agreement_text(agreement),
        Url::new(&back).expect("an origin and an id are short"),
        agreement.auth_state.clone(),
        agreement.scopes.iter().map(|scope| wire_scope(*scope)).collect(),
    );
    let display_name = agreement.display_name.as_ref();
    request.auth_client_display_name = display_name.and_then(|name| Label::new(name.as_str()).ok());
    request.auth_client_logo = shown.logo;
    request.reference_merchant_id = Some(agreement.merchant.clone());
    (request.terminal_type, request.os_type) = (shown.terminal_type, shown.os_type);
    let endpoint = wallet.participant.endpoints.prepare.as_ref();
    let path = endpoint.map_or(paths::wallet::PREPARE, |url| url.as_str());
    let body = wire::render(&request).into();
    let asked = door.effects.ask(wallet.participant.id, path, body, PATIENCE).await;
    let answer: mpp::PrepareResponse = asked.map_err(|error| silent(wallet, &error))?;
    match (answer.result.status(), answer.auth_url) {
        (ResultStatus::S, Some(url)) if url.as_str().contains("://") => Ok(url),
        (ResultStatus::F, _) => {
            let message = "the wallet refuses to ask its user; use another wallet";
            Err(Refusal::new(ResultCode::UnavailablePaymentMethod, message).into())
        }
        _ => Err(asked_for("the wallet's page").into()),
    }
}

/// A partner that did not answer: nothing is decided.
pub(crate) fn silent(partner: &Partner, error: &dyn std::fmt::Display) -> Failure {
    tracing::info!(partner = partner.participant.code.as_str(), %error, "no usable answer");
    let message = "the partner does not answer now; repeat the same request";
    Refusal::new(ResultCode::UnknownException, message).into()
}

/// `cancelToken`: over from the record on; the wallet is told until it has heard.
pub(crate) async fn cancel_token(door: &Door, caller: &Partner, body: &[u8]) -> Outcome {
    let request: CancelTokenRequest = wire::parse(body)?;
    let token = request.access_token.as_str();
    let Some((agreement, _)) = door.named(token) else {
        let message = "accessToken: no agreement of yours has it";
        return Err(Refusal::new(ResultCode::InvalidToken, message).into());
    };
    let (by, participant) = (EndedBy::Acquirer, Some(caller.participant.id));
    let access = Some(digest_of(token));
    end(door, EndAgreement { agreement, by, participant, access }).await?;
    Ok(Answered::result(ResultCode::Success, ResultCode::Success.into()))
}

async fn end(door: &Door, it: EndAgreement) -> Result<(), Failure> {
    let partition = it.agreement.partition();
    let (_, reply) = door.partitions.submit(partition, Command::EndAgreement(it)).await?;
    match reply {
        Reply::Agreement { .. } => Ok(()),
        Reply::Refused(refusal) => Err(refusal.into()),
        _ => unexpected("cancelToken"),
    }
}

/// `authNotify` from a wallet.
pub(crate) async fn auth_notify(door: &Door, caller: &Partner, body: &[u8]) -> Outcome {
    let request: AuthNotifyRequest = wire::parse(body)?;
    let mpp = caller.participant.id;
    let agreement = match request.authorization_notify_type {
        AuthNotifyType::TokenCanceled => {
            let token = request.access_token.as_ref();
            let token = token.ok_or_else(|| missing("accessToken", "send the token that ended"))?;
            let agreement = of_wallet_token(door, mpp, token.as_str()).await?;
            let (by, id) = (EndedBy::Wallet, agreement.id);
            let participant = Some(mpp);
            end(door, EndAgreement { agreement: id, by, participant, access: None }).await?;
            agreement
        }
        AuthNotifyType::AuthcodeCreated => {
            let code = request.auth_code.as_ref();
            let code = code.ok_or_else(|| missing("authCode", "send the code that was made"))?;
            let agreement = by_reference(door, mpp, &request).await?;
            if Text::<128>::new(&network_code(agreement.id, code.as_str())).is_err() {
                let problem = "is longer than 96 characters";
                return Err(WireError::new("authCode", problem, "send a shorter code").into());
            }
            let (id, code) = (
                agreement.id,
                door.effects.tokens().seal_text(agreement.id.as_u128(), code.as_str()),
            );
            let command = Command::PassCodeOn { mpp, agreement: id, code };
            match door.partitions.submit(id.partition(), command).await?.1 {
                Reply::Done => agreement,
                Reply::Refused(refusal) => return Err(refusal.into()),
                _ => unexpected("authNotify"),
            }
        }
        AuthNotifyType::TokenCreated => {
            let agreement = by_reference(door, mpp, &request).await?;
            let granted = grant_of_wallet(door, &agreement, &request)?;
            let command = Command::GrantTokens(Box::new(granted));
            match door.partitions.submit(agreement.id.partition(), command).await?.1 {
                Reply::Agreement { agreement, .. } => agreement,
                Reply::Refused(refusal) => return Err(refusal.into()),
                _ => unexpected("authNotify"),
            }
        }
    };
    let mut response = AuthNotifyResponse::new(ResultCode::Success.into());
    response.acquirer_id = door.code_of(agreement.acquirer);
    response.psp_id = Some(caller.participant.code.clone());
    Ok(Answered::new(ResultCode::Success, &response).with_id(&request.auth_client_id))
}

/// The agreement that the network named when it asked the wallet for the page.
async fn by_reference(
    door: &Door,
    mpp: ParticipantId,
    request: &AuthNotifyRequest,
) -> Result<Arc<Agreement>, Failure> {
    let reference = request.reference_agreement_id.as_ref();
    let reference =
        reference.ok_or_else(|| missing("referenceAgreementId", "send the one of prepare"))?;
    let id: Option<AgreementId> = reference.as_str().parse().ok();
    let found = match id.filter(|id| id.partition().0 < door.partitions.count()) {
        Some(id) => door.agreement(id).await?,
        None => None,
    };
    let is_own = |agreement: &Arc<Agreement>| {
        agreement.mpp == Some(mpp) && agreement.client == request.auth_client_id
    };
    found.filter(is_own).ok_or_else(|| {
        let message = "referenceAgreementId: no agreement of yours has it";
        Refusal::new(ResultCode::ParamIllegal, message).into()
    })
}

/// The agreement under which this wallet gave the token.
async fn of_wallet_token(
    door: &Door,
    mpp: ParticipantId,
    token: &str,
) -> Result<Arc<Agreement>, Failure> {
    let digest = digest_of(token);
    let look = move |machine: &network::Network, history: &dyn base::History| {
        machine.agreement_of_wallet_token(history, mpp, &digest)
    };
    if let Some((_, agreement)) = door.partitions.find(look).await? {
        return Ok(agreement);
    }
    let message = "accessToken: no agreement of yours has it";
    Err(Refusal::new(ResultCode::InvalidToken, message).into())
}

/// `consultUnbinding` from a wallet: the acquirer says whether its user may withdraw now.
pub(crate) async fn consult_unbinding(door: &Door, caller: &Partner, body: &[u8]) -> Outcome {
    let request: mpp::ConsultUnbindingRequest = wire::parse(body)?;
    let token = request.access_token.as_str();
    let agreement = of_wallet_token(door, caller.participant.id, token).await?;
    let mut response = ConsultUnbindingResponse::new(ResultCode::Success.into());
    response.allow_unbinding = Some(match &agreement.grant {
        Some(grant) if agreement.state == AgreementState::Active => {
            ask_acquirer(door, caller, &agreement, grant.generation).await?
        }
        _ => true,
    });
    Ok(Answered::new(ResultCode::Success, &response).with_id(&request.auth_client_id))
}

async fn ask_acquirer(
    door: &Door,
    wallet: &Partner,
    agreement: &Agreement,
    generation: u32,
) -> Result<bool, Failure> {
    let acquirer = door.directory.partner(agreement.acquirer);
    let acquirer = acquirer.ok_or_else(|| asked_for("the acquirer's word"))?;
    let own = door.effects.tokens().access(agreement.id, generation);
    let own = Text::new(&own).expect("a token of 80 digits");
    let mut request = ConsultUnbindingRequest::new(agreement.client.clone(), own);
    request.acquirer_id = Some(acquirer.participant.code.clone());
    request.psp_id = Some(wallet.participant.code.clone());
    request.reference_merchant_id = Some(agreement.merchant.clone());
    let endpoint = acquirer.participant.endpoints.consult_unbinding.as_ref();
    let path = endpoint.map_or(paths::acquirer::CONSULT_UNBINDING, |url| url.as_str());
    let body = wire::render(&request).into();
    let asked = door.effects.ask(acquirer.participant.id, path, body, PATIENCE).await;
    let answer: ConsultUnbindingResponse = asked.map_err(|error| silent(&acquirer, &error))?;
    match answer.result.status() {
        ResultStatus::S => Ok(answer.allow_unbinding.unwrap_or(true)),
        ResultStatus::F => Ok(false),
        ResultStatus::U => Err(asked_for("the acquirer's word").into()),
    }
}

/// A login name, if it is short enough for the acquirer's message.
pub(crate) fn label(text: &str) -> Option<Label<64>> {
    Label::new(text).ok()
}

/// Which agreement a credential names, if it can be one of this network's.
pub(crate) fn named(credential: &str, partitions: u8) -> Option<(AgreementId, &str)> {
    named_agreement(credential).filter(|(id, _)| id.partition().0 < partitions)
}
