//! `applyToken`: tokens for a user's consent, and fresh ones for those that expire.
//!
//! The wallet gives its own token; the network seals it and gives the acquirer one that it can make
//! again. A request that is repeated because its answer was lost is answered with the same tokens,
//! without asking the wallet again.

use super::agreements::{PATIENCE, label, silent};
use super::answer::{Answered, Failure, Outcome, missing, unexpected};
use super::door::Door;
use base::{ResultCode, ResultStatus, Span, Text, Timestamp};
use effects::{Partner, WalletTokens, bound_wallet, digest_of};
use ids::ParticipantId;
use network::{
    Agreement, AgreementState, Command, Consenter, Digest, Grant, GrantTokens, Refusal, Reply,
    Scope,
};
use std::sync::Arc;
use wire::acqp::{ApplyTokenRequest, ApplyTokenResponse, GrantType};
use wire::{Datetime, Label, mpp, paths};

/// How long a token holds whose wallet names no end: ours, for the protocol names none.
const USUAL_LIFE: Span = Span::days(365);

pub(crate) async fn apply(door: &Door, caller: &Partner, body: &[u8]) -> Outcome {
    let request: ApplyTokenRequest = wire::parse(body)?;
    let credential = request.grant()?.as_str();
    let refused = |message: &'static str| match request.grant_type {
        GrantType::AuthorizationCode => Refusal::new(ResultCode::InvalidAuthcode, message),
        GrantType::RefreshToken => Refusal::new(ResultCode::InvalidRefreshToken, message),
    };
    let unknown = || refused("no agreement of yours has this code or token");
    let (id, code) = door.named(credential).ok_or_else(unknown)?;
    let client = request.auth_client_id.as_ref();
    let agreement = door.agreement(id).await?.filter(|agreement| {
        agreement.acquirer == caller.participant.id
            && client.is_none_or(|client| agreement.client == *client)
    });
    let agreement = agreement.ok_or_else(unknown)?;
    if let AgreementState::Ended { .. } = agreement.state {
        return Err(refused("the agreement has ended; let the user authorise again").into());
    }
    let proof = digest_of(credential);
    let is_repeat = agreement.grant.as_ref().is_some_and(|grant| grant.proof == proof);
    let agreement = if is_repeat {
        agreement
    } else {
        let wallet = agreement.mpp.and_then(|mpp| door.directory.partner(mpp));
        let wallet = wallet.ok_or_else(|| refused("the user has chosen no wallet yet"))?;
        let asked = match request.grant_type {
            GrantType::AuthorizationCode if agreement.state == AgreementState::Prepared => {
                Credential::Code(code.to_owned())
            }
            GrantType::AuthorizationCode => {
                return Err(refused("another code was used for this agreement").into());
            }
            GrantType::RefreshToken => {
                let own = refreshable(door, &agreement, &proof);
                Credential::Refresh(own.ok_or_else(|| refused("it is used up or expired"))?)
            }
        };
        let answer = ask_wallet(door, (&wallet, caller), &agreement, asked, &refused).await?;
        let granted = granted(door, &agreement, proof, &answer)?;
        submit(door, granted).await?
    };
    answer(door, caller, &agreement).await
}

/// What the wallet is shown.
enum Credential {
    Code(String),
    Refresh(String),
}

/// The wallet's refresh token, when the network's is the one that holds.
fn refreshable(door: &Door, agreement: &Agreement, proof: &Digest) -> Option<String> {
    let grant = agreement.grant.as_ref()?;
    let is_it = grant.refresh.as_ref() == Some(proof)
        && grant.refresh_until.is_none_or(|until| door.now() < until);
    let tokens = door.effects.tokens().open(agreement.id, &grant.wallet_tokens)?;
    tokens.refresh.filter(|_| is_it)
}

async fn ask_wallet(
    door: &Door,
    (wallet, caller): (&Partner, &Partner),
    agreement: &Agreement,
    credential: Credential,
    refused: &impl Fn(&'static str) -> Refusal,
) -> Result<mpp::ApplyTokenResponse, Failure> {
    let too_long = |_| refused("the wallet's code or token is longer than 128 characters");
    let mut request = mpp::ApplyTokenRequest::new(
        caller.participant.code.clone(),
        wallet.participant.code.clone(),
        agreement.client.clone(),
        GrantType::AuthorizationCode,
    );
    match credential {
        Credential::Code(code) => request.auth_code = Some(Text::new(&code).map_err(too_long)?),
        Credential::Refresh(token) => {
            request.grant_type = GrantType::RefreshToken;
            request.refresh_token = Some(Text::new(&token).map_err(too_long)?);
        }
    }
    let endpoint = wallet.participant.endpoints.apply_token.as_ref();
    let path = endpoint.map_or(paths::wallet::APPLY_TOKEN, |url| url.as_str());
    let body = wire::render(&request).into();
    let asked = door.effects.ask(wallet.participant.id, path, body, PATIENCE).await;
    let answer: mpp::ApplyTokenResponse = asked.map_err(|error| silent(wallet, &error))?;
    match (answer.result.status(), answer.result.code()) {
        (ResultStatus::S, _) if answer.access_token.is_some() => Ok(answer),
        (ResultStatus::F, code @ (ResultCode::UserStatusAbnormal | ResultCode::UserNotExist)) => {
            Err(Refusal::new(code, "the wallet refuses its user").into())
        }
        (ResultStatus::F, _) => Err(refused("the wallet does not accept the code or token").into()),
        _ => Err(asked_for("the wallet's token").into()),
    }
}

/// Nothing is decided; the same request again will do.
pub(crate) fn asked_for(what: &str) -> Refusal {
    let message = format!("{what} is not there yet; repeat the same request");
    Refusal::new(ResultCode::UnknownException, message)
}

/// What the wallet gave, as the log keeps it.
fn granted(
    door: &Door,
    agreement: &Agreement,
    proof: Digest,
    answer: &mpp::ApplyTokenResponse,
) -> Result<GrantTokens, Failure> {
    let given = Given {
        access: answer.access_token.as_ref().map_or("", |token| token.as_str()),
        access_until: answer.access_token_expiry_time,
        refresh: answer.refresh_token.as_ref().map(|token| token.as_str()),
        refresh_until: answer.refresh_token_expiry_time,
        customer: answer.customer_id.as_ref(),
    };
    let user = consenter(door, agreement, &given);
    let user = user.ok_or_else(|| asked_for("the wallet's name of its user"))?;
    Ok(grant(door, agreement, proof, &given, user))
}

/// Tokens that a wallet sent by itself.
pub(crate) fn grant_of_wallet(
    door: &Door,
    agreement: &Agreement,
    request: &mpp::AuthNotifyRequest,
) -> Result<GrantTokens, Failure> {
    let access = request.access_token.as_ref();
    let access = access.ok_or_else(|| missing("accessToken", "send the token that was made"))?;
    let given = Given {
        access: access.as_str(),
        access_until: request.access_token_expiry_time,
        refresh: request.refresh_token.as_ref().map(|token| token.as_str()),
        refresh_until: request.refresh_token_expiry_time,
        customer: request.customer_id.as_ref(),
    };
    let user = consenter(door, agreement, &given);
    let user = user.ok_or_else(|| missing("customerId", "send whose token it is"))?;
    let granted = grant(door, agreement, digest_of(access.as_str()), &given, user);
    Ok(GrantTokens { is_unasked: true, ..granted })
}

/// A wallet's tokens as its message names them.
struct Given<'a> {
    access: &'a str,
    access_until: Option<Datetime>,
    refresh: Option<&'a str>,
    refresh_until: Option<Datetime>,
    customer: Option<&'a ids::PartnerText>,
}

/// The agreement's wallet and its user; a refresh need not name the user again.
fn consenter(
    door: &Door,
    agreement: &Agreement,
    given: &Given<'_>,
) -> Option<(ParticipantId, Consenter)> {
    let mpp = agreement.mpp?;
    let user = match given.customer {
        Some(customer) => {
            let alias = door.aliases.of(mpp, customer.as_str());
            Consenter { customer: customer.clone(), alias }
        }
        None => agreement.user.clone()?,
    };
    Some((mpp, user))
}

fn grant(
    door: &Door,
    agreement: &Agreement,
    proof: Digest,
    given: &Given<'_>,
    (mpp, user): (ParticipantId, Consenter),
) -> GrantTokens {
    let generation = agreement.grant.as_ref().map_or(1, |grant| grant.generation + 1);
    let tokens = door.effects.tokens();
    let time = |time: Option<Datetime>| -> Option<Timestamp> { time.map(|time| time.at) };
    let wallets =
        WalletTokens { access: given.access.to_owned(), refresh: given.refresh.map(str::to_owned) };
    let refresh = tokens.refresh(agreement.id, generation);
    let grant = Grant {
        generation,
        proof,
        access: digest_of(&tokens.access(agreement.id, generation)),
        access_until: time(given.access_until).unwrap_or_else(|| door.now().after(USUAL_LIFE)),
        refresh: given.refresh.map(|_| digest_of(&refresh)),
        refresh_until: time(given.refresh_until).filter(|_| given.refresh.is_some()),
        wallet_access: digest_of(given.access),
        wallet_tokens: tokens.seal(agreement.id, &wallets),
    };
    GrantTokens { agreement: agreement.id, mpp, user, grant, is_unasked: false }
}

async fn submit(door: &Door, granted: GrantTokens) -> Result<Arc<Agreement>, Failure> {
    let partition = granted.agreement.partition();
    let command = Command::GrantTokens(Box::new(granted));
    match door.partitions.submit(partition, command).await?.1 {
        Reply::Agreement { agreement, .. } => Ok(agreement),
        Reply::Refused(refusal) => Err(refusal.into()),
        _ => unexpected("applyToken"),
    }
}

async fn answer(door: &Door, caller: &Partner, agreement: &Agreement) -> Outcome {
    let grant = agreement.grant.as_ref().ok_or_else(|| asked_for("the token"))?;
    let tokens = door.effects.tokens();
    let text = |token: String| Text::new(&token).ok();
    let mut response = ApplyTokenResponse::new(ResultCode::Success.into());
    response.access_token = text(tokens.access(agreement.id, grant.generation));
    response.access_token_expiry_time = Some(Datetime::utc(grant.access_until));
    if grant.refresh.is_some() {
        response.refresh_token = text(tokens.refresh(agreement.id, grant.generation));
        response.refresh_token_expiry_time = grant.refresh_until.map(Datetime::utc);
    }
    if let Some(wallet) = agreement.mpp.and_then(|mpp| door.directory.partner(mpp)) {
        response.wallet_for_account_binding = bound_wallet(&wallet.participant);
        response.user_login_id = login_id(door, caller, &wallet, agreement).await;
    }
    Ok(Answered::new(ResultCode::Success, &response).with_id(&agreement.client))
}

/// The name under which the user signs in, when the consent covers it: from the wallet straight to
/// the acquirer, since personal data is not kept here. A wallet that does not say is left out.
async fn login_id(
    door: &Door,
    caller: &Partner,
    wallet: &Partner,
    agreement: &Agreement,
) -> Option<Label<64>> {
    let covers = |scope| agreement.scopes.contains(&scope);
    if !covers(Scope::UserLoginId) && !covers(Scope::HashLoginId) {
        return None;
    }
    let grant = agreement.grant.as_ref()?;
    let own = door.effects.tokens().open(agreement.id, &grant.wallet_tokens)?;
    let request = mpp::InquiryUserInfoRequest::new(
        caller.participant.code.clone(),
        wallet.participant.code.clone(),
        Text::new(&own.access).ok()?,
    );
    let endpoint = wallet.participant.endpoints.inquiry_user_info.as_ref();
    let path = endpoint.map_or(paths::wallet::INQUIRY_USER_INFO, |url| url.as_str());
    let body = wire::render(&request).into();
    let asked = door.effects.ask(wallet.participant.id, path, body, PATIENCE).await;
    let answer: mpp::InquiryUserInfoResponse = asked.ok()?;
    let known = answer.user_info?.login_id_infos?.into_iter().next()?;
    match (covers(Scope::UserLoginId), known.mask_login_id, known.hash_login_id) {
        (true, Some(masked), _) => Some(masked),
        (_, _, Some(hash)) if covers(Scope::HashLoginId) => label(hash.as_str()),
        _ => None,
    }
}
