//! Messages that belong to no payment, and what their answers mean.

use crate::participants::Participants;
use crate::render::id_text;
use crate::tokens::{Tokens, network_code};
use base::ResultStatus;
use directory::{Endpoints, Participant, Url};
use network::{Agreement, AgreementState, AuthNews, EndedBy, ErrandOutcome, Message};
use wire::acqp::{AuthNotifyRequest, AuthNotifyType, BoundWallet};
use wire::{Datetime, Label, ResultOnly, Text, mpp, paths};

/// The path or URL at the participant that is called, and the usual path.
pub(crate) fn target<'a>(
    message: &Message,
    endpoints: &'a Endpoints,
) -> (&'a Option<Url>, &'static str) {
    match message {
        Message::CancelToken(_) => (&endpoints.cancel_token, paths::wallet::CANCEL_TOKEN),
        Message::AuthNotify { .. } => (&endpoints.auth_notify, paths::acquirer::AUTH_NOTIFY),
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
    }
}

fn ends(
    agreement: &Agreement,
    participants: &Participants,
) -> Option<(std::sync::Arc<Participant>, std::sync::Arc<Participant>)> {
    let of = |id| Some(participants.by_id(id)?.participant.clone());
    Some((of(agreement.acquirer)?, of(agreement.mpp)?))
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
        let code = network_code(agreement.id, &tokens.open_text(agreement.id, code)?);
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

/// What a signed answer means.
pub(crate) fn outcome(answer: &ResultOnly) -> ErrandOutcome {
    match answer.result.status() {
        ResultStatus::S => ErrandOutcome::Acknowledged,
        ResultStatus::F => ErrandOutcome::Refused(answer.result.code()),
        ResultStatus::U => ErrandOutcome::Silent,
    }
}

/// The network's id of an agreement, as wallets see it.
pub fn agreement_text(agreement: &Agreement) -> wire::parts::Id {
    id_text(agreement.id)
}
