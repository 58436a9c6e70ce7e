//! `prepare`, `applyToken`, `cancelToken`, `inquiryUserInfo`, `registration`. Source: wallet
//! interface 2.12 to 2.14.

use super::payments::token_digest;
use super::view::digest;
use super::{Answered, Refused, customer_id, done};
use crate::edge::Edge;
use base::{ResultCode, Span};
use ids::AgreementId;
use std::sync::Arc;
use wallet::command::network::{GrantBy, GrantTokens, NetworkCommand, PrepareAgreement};
use wallet::objects::{Agreement, AgreementState};
use wallet::{Command, Object};
use wire::acqp::{
    GrantType, InquiryRegistrationStatusResponse, RegistrationRequest, RegistrationResult,
    RegistrationStatus, Scope,
};
use wire::mpp::{
    ApplyTokenRequest, ApplyTokenResponse, CancelTokenRequest, InquiryUserInfoRequest,
    InquiryUserInfoResponse, LoginIdInfo, PrepareRequest, PrepareResponse, UserInfo,
};
use wire::{Datetime, Label, ResultOnly, Text};

/// How long an access token and a refresh token are good.
const ACCESS_FOR: Span = Span::days(365);
const REFRESH_FOR: Span = Span::days(3 * 365);

fn agreement_of(object: Object) -> Result<Arc<Agreement>, Refused> {
    match object {
        Object::Agreement(agreement) => Ok(agreement),
        _ => Err(Refused::new(ResultCode::InvalidContract, "no such agreement")),
    }
}

pub(super) async fn prepare(edge: &Edge, it: &PrepareRequest) -> Answered {
    let (millis, partition, random) = edge.draw();
    let scopes: Vec<Text<64>> =
        it.scopes.iter().filter_map(|scope| Text::new(scope.as_str()).ok()).collect();
    let name = it.auth_client_display_name.as_ref().map(|name| name.as_str());
    let name = name.unwrap_or(it.auth_client_name.as_str());
    let asked = PrepareAgreement {
        id: AgreementId::new(millis, partition, random),
        auth_client: it.auth_client_id.clone(),
        merchant: Text::new(name).map_err(|error| {
            Refused::new(ResultCode::ParamIllegal, format!("authClientName: {error}"))
        })?,
        reference: it.reference_agreement_id.clone(),
        reference_merchant: it.reference_merchant_id.clone(),
        redirect: it.auth_redirect_url.clone(),
        state: Some(it.auth_state.clone()),
        scopes,
        // Source: wallet interface 1.6, what is compared.
        digest: digest(
            &[],
            &[
                Some(it.auth_client_name.as_str().as_bytes().to_vec()),
                it.reference_merchant_id.as_ref().map(|id| id.as_str().as_bytes().to_vec()),
                Some(it.auth_redirect_url.as_str().as_bytes().to_vec()),
                Some(
                    it.scopes
                        .iter()
                        .map(|scope| scope.as_str())
                        .collect::<Vec<_>>()
                        .join(" ")
                        .into(),
                ),
            ],
        ),
    };
    let command = Command::Network(Box::new(NetworkCommand::Prepare(asked)));
    let agreement = agreement_of(edge.make(command).await?.0)?;
    let mut answer = PrepareResponse::new(ResultCode::Success.into());
    let url = format!("{}/app/consent?agreement={}", edge.public_url, agreement.id);
    answer.auth_url = Text::new(&url).ok();
    done(&answer)
}

pub(super) async fn apply_token(edge: &Edge, it: &ApplyTokenRequest) -> Answered {
    let (text, invalid) = match it.grant_type {
        GrantType::AuthorizationCode => (it.auth_code.as_ref(), ResultCode::InvalidAuthcode),
        GrantType::RefreshToken => (it.refresh_token.as_ref(), ResultCode::InvalidRefreshToken),
    };
    let text = text.ok_or_else(|| Refused::new(invalid, "the code or token is missing"))?;
    let digest = token_digest(text.as_str());
    let look = move |wallet: &wallet::Wallet, history: &dyn base::History, _: base::Stamp| {
        wallet.agreement_of_token(history, digest)
    };
    let found = edge.read(look).await?;
    let known = found.filter(|agreement| agreement.auth_client == it.auth_client_id);
    let known = known.ok_or_else(|| Refused::new(invalid, "no agreement knows it"))?;
    let generation = match &known.state {
        AgreementState::Active(grant) => grant.generation.saturating_add(1),
        _ => 1,
    };
    let access = edge.tokens.access(known.id, generation);
    let refresh = edge.tokens.refresh(known.id, generation);
    let now = edge.now();
    let grant = GrantTokens {
        by: match it.grant_type {
            GrantType::AuthorizationCode => GrantBy::AuthCode(digest),
            GrantType::RefreshToken => GrantBy::RefreshToken(digest),
        },
        access: token_digest(&access),
        access_until: now.after(ACCESS_FOR),
        refresh: token_digest(&refresh),
        refresh_until: now.after(REFRESH_FOR),
    };
    let command = Command::Network(Box::new(NetworkCommand::GrantTokens(grant)));
    let agreement = agreement_of(edge.make(command).await?.0)?;
    // Of a repeat, what was given the first time.
    let AgreementState::Active(grant) = agreement.state else {
        return Err(Refused::new(invalid, "the agreement has ended"));
    };
    let customer = agreement.customer.map(customer_id).unwrap_or_default();
    let mut answer = ApplyTokenResponse::new(ResultCode::Success.into());
    answer.access_token = Text::new(&edge.tokens.access(agreement.id, grant.generation)).ok();
    answer.access_token_expiry_time = Some(Datetime::utc(grant.access_until));
    answer.refresh_token = Text::new(&edge.tokens.refresh(agreement.id, grant.generation)).ok();
    answer.refresh_token_expiry_time = Some(Datetime::utc(grant.refresh_until));
    answer.customer_id = Text::new(&customer).ok();
    done(&answer)
}

pub(super) async fn cancel_token(edge: &Edge, it: &CancelTokenRequest) -> Answered {
    let access = token_digest(it.access_token.as_str());
    let command = Command::Network(Box::new(NetworkCommand::EndByToken { access }));
    edge.make(command).await?;
    done(&ResultOnly::new(ResultCode::Success.into()))
}

/// The agreement whose access token this is now, and its customer.
pub(super) async fn held_agreement(
    edge: &Edge,
    token: &str,
) -> Result<(Arc<Agreement>, u32), Refused> {
    let access = token_digest(token);
    let look = move |wallet: &wallet::Wallet, history: &dyn base::History, _: base::Stamp| {
        wallet.agreement_of_token(history, access)
    };
    let found = edge.read(look).await?;
    let invalid = || Refused::new(ResultCode::InvalidToken, "accessToken: unknown or ended");
    let agreement = found.ok_or_else(invalid)?;
    match &agreement.state {
        AgreementState::Active(grant) if grant.access == access => {
            if grant.access_until <= edge.now() {
                return Err(Refused::new(
                    ResultCode::ExpiredAccessToken,
                    "accessToken: refresh it",
                ));
            }
        }
        _ => return Err(invalid()),
    }
    let customer = agreement.customer.ok_or_else(invalid)?;
    Ok((agreement, customer))
}

/// What the agreement's scopes open of its customer, masked.
pub(super) async fn user_info(edge: &Edge, it: &InquiryUserInfoRequest) -> Answered {
    let (agreement, customer) = held_agreement(edge, it.access_token.as_str()).await?;
    let has = |scope: Scope| agreement.scopes.iter().any(|it| it.as_str() == scope.as_str());
    let now = edge.now();
    let state = edge
        .read(move |wallet, _, _| wallet.overview(customer, now).map(|it| it.customer.state))
        .await?;
    let mut known = UserInfo::new();
    known.user_id = Text::new(&customer_id(customer)).ok();
    known.status = Text::new(match state {
        Some(state) if state.may_pay() => "ACTIVE",
        _ => "FROZEN",
    })
    .ok();
    let person = edge.person_of(customer).await?;
    if let (Some(person), true) = (person, has(Scope::UserInfo) || has(Scope::BaseUserInfo)) {
        let name = edge.in_vault(move |vault| vault.masked_name(person)).await?;
        known.nick_name = name.and_then(|name| Label::new(&name).ok());
    }
    if let (Some(person), true) = (person, has(Scope::UserLoginId)) {
        let phone = edge.in_vault(move |vault| vault.masked_phone(person)).await?;
        let mut login = LoginIdInfo::new();
        login.login_id_type = Text::new("MOBILE_PHONE").ok();
        login.mask_login_id = phone.and_then(|phone| Label::new(&phone).ok());
        known.login_id_infos = Some(vec![login]);
    }
    let mut answer = InquiryUserInfoResponse::new(ResultCode::Success.into());
    answer.user_info = Some(known);
    done(&answer)
}

/// Merchants are reported to this wallet, which takes them all: the network's operator has approved
/// them.
pub(super) fn registration(_: &RegistrationRequest) -> Answered {
    let mut answer = InquiryRegistrationStatusResponse::new(ResultCode::Success.into());
    answer.registration_result = Some(RegistrationResult::new(RegistrationStatus::Approved));
    done(&answer)
}
