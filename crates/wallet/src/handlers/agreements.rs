//! Standing agreements: asked for by the network, consented to by the customer, ended by either.

use crate::command::network::{GrantBy, GrantTokens, PrepareAgreement};
use crate::machine::{Context, name_kind, name_of, refuse};
use crate::objects::{AUTH_CODE_FOR, Agreement, AgreementEnd, AgreementState, Grant, TokenDigest};
use crate::{CodeKind, ErrandAnswer, ErrandKind, Event, Object, Refusal, Reply, Wallet};
use base::{History, ResultCode, Row, decode_all, encode};
use ids::AgreementId;
use std::sync::Arc;

impl Wallet {
    pub(crate) fn prepare(
        &mut self,
        cx: &mut Context<'_>,
        it: PrepareAgreement,
    ) -> Result<Reply, Refusal> {
        let (client, reference) = (it.auth_client.as_str(), it.reference.as_str());
        let parts = [client.as_bytes(), b"\0", reference.as_bytes()];
        let name = name_of(name_kind::AGREEMENT, &parts);
        if let Some(bytes) = cx.history.name(&name) {
            let id = decode_all(&bytes).expect("history returns the id that was put there");
            let known = self.find_agreement(cx, id)?;
            if known.digest != it.digest {
                return refuse(
                    ResultCode::RepeatReqInconsistent,
                    "referenceAgreementId: it names an agreement with other content",
                );
            }
            return Ok(Reply::Made { object: known.into(), is_repeat: true });
        }
        // From here the command succeeds.
        cx.rows.push(Row::Name { name, value: encode(&it.id) });
        let agreement = Agreement {
            id: it.id,
            customer: None,
            auth_client: it.auth_client,
            merchant: it.merchant,
            reference: it.reference,
            reference_merchant: it.reference_merchant,
            redirect: it.redirect,
            auth_state: it.state,
            scopes: it.scopes,
            digest: it.digest,
            allowance_minor: 0,
            taken_on: self.today(cx),
            taken_minor: 0,
            state: AgreementState::Asked,
            created: cx.stamp,
        };
        let object = self.make(cx, agreement);
        Ok(Reply::Made { object, is_repeat: false })
    }

    pub(crate) fn consent(
        &mut self,
        cx: &mut Context<'_>,
        (customer, id): (u32, AgreementId),
        code: TokenDigest,
        allowance_minor: u64,
    ) -> Result<Reply, Refusal> {
        self.payer(customer)?;
        self.market.codes.admit(CodeKind::AutoDebit, 0)?;
        let mut agreement = self.find_agreement(cx, id)?;
        match agreement.state {
            AgreementState::Asked if Object::from(agreement.clone()).due() > Some(cx.now()) => {}
            AgreementState::Consented { .. } if agreement.customer == Some(customer) => {
                return Ok(Reply::Made { object: agreement.into(), is_repeat: true });
            }
            _ => {
                return refuse(
                    ResultCode::InvalidContract,
                    "the agreement is somebody's already, or over; ask the merchant again",
                );
            }
        }
        let name = token_name(code);
        if cx.history.name(&name).is_some() {
            return refuse(ResultCode::ProcessFail, "the code was drawn before; try again");
        }
        // From here the command succeeds.
        cx.rows.push(Row::Name { name, value: encode(&id) });
        let list = crate::list_of_customer(customer);
        cx.rows.push(Row::Listed { list, id: id.as_u128() });
        agreement.customer = Some(customer);
        agreement.allowance_minor = allowance_minor;
        let until = cx.now().after(AUTH_CODE_FOR);
        agreement.state = AgreementState::Consented { code, until };
        let object = self.keep(cx, agreement);
        Ok(Reply::Made { object, is_repeat: false })
    }

    /// The agreement that a code or token belongs to, whatever its state.
    pub fn agreement_of_token(
        &self,
        history: &dyn History,
        digest: TokenDigest,
    ) -> Option<Arc<Agreement>> {
        let bytes = history.name(&token_name(digest))?;
        let id: AgreementId =
            decode_all(&bytes).expect("history returns the id that was put there");
        match self.load(history, id.as_u128()) {
            Some(Object::Agreement(it)) => Some(it),
            _ => None,
        }
    }

    /// The agreement that an access token debits now.
    pub(crate) fn by_access_token(
        &self,
        cx: &Context<'_>,
        access: TokenDigest,
    ) -> Result<Agreement, Refusal> {
        let found = self.agreement_of_token(cx.history, access);
        match found.as_ref().map(|agreement| &agreement.state) {
            Some(AgreementState::Active(grant)) if grant.access == access => {
                if grant.access_until <= cx.now() {
                    return refuse(ResultCode::ExpiredAccessToken, "accessToken: refresh it");
                }
            }
            _ => return refuse(ResultCode::InvalidToken, "accessToken: unknown, old or revoked"),
        }
        Ok(found.expect("its state was just read").as_ref().clone())
    }

    pub(crate) fn grant_tokens(
        &mut self,
        cx: &mut Context<'_>,
        it: GrantTokens,
    ) -> Result<Reply, Refusal> {
        let (digest, invalid) = match it.by {
            GrantBy::AuthCode(digest) => (digest, ResultCode::InvalidAuthcode),
            GrantBy::RefreshToken(digest) => (digest, ResultCode::InvalidRefreshToken),
        };
        let Some(found) = self.agreement_of_token(cx.history, digest) else {
            return refuse(invalid, "no agreement knows it");
        };
        if let AgreementState::Active(grant) = &found.state
            && grant.by == digest
        {
            return Ok(Reply::Made { object: Object::Agreement(found), is_repeat: true });
        }
        let generation = match (it.by, &found.state) {
            (GrantBy::AuthCode(digest), AgreementState::Consented { code, until })
                if *code == digest && *until > cx.now() =>
            {
                1
            }
            (GrantBy::RefreshToken(digest), AgreementState::Active(grant))
                if grant.refresh == digest && grant.refresh_until > cx.now() =>
            {
                grant.generation.saturating_add(1)
            }
            _ => return refuse(invalid, "it was used, is over, or the agreement has ended"),
        };
        if found.customer.is_none_or(|number| self.payee(number).is_err()) {
            return refuse(invalid, "the customer has left the wallet");
        }
        let (access, refresh) = (token_name(it.access), token_name(it.refresh));
        if access == refresh
            || [&access, &refresh].into_iter().any(|name| cx.history.name(name).is_some())
        {
            return refuse(ResultCode::ProcessFail, "the token was drawn before; try again");
        }
        // From here the command succeeds.
        for name in [access, refresh] {
            cx.rows.push(Row::Name { name, value: encode(&found.id) });
        }
        let grant = Grant {
            access: it.access,
            access_until: it.access_until,
            refresh: it.refresh,
            refresh_until: it.refresh_until,
            generation,
            by: digest,
        };
        let state = AgreementState::Active(grant);
        let object = self.keep(cx, Agreement { state, ..found.as_ref().clone() });
        Ok(Reply::Made { object, is_repeat: false })
    }

    pub(crate) fn end_by_token(
        &mut self,
        cx: &mut Context<'_>,
        access: TokenDigest,
    ) -> Result<Reply, Refusal> {
        let Some(found) = self.agreement_of_token(cx.history, access) else {
            return refuse(ResultCode::InvalidToken, "accessToken: unknown");
        };
        match &found.state {
            AgreementState::Active(grant) if grant.access == access => {}
            AgreementState::Ended { .. } => {
                return Ok(Reply::Made { object: Object::Agreement(found), is_repeat: true });
            }
            _ => return refuse(ResultCode::InvalidToken, "accessToken: it is not the last one"),
        }
        // From here the command succeeds.
        let object = self.end(cx, &found, AgreementEnd::Merchant);
        Ok(Reply::Made { object, is_repeat: false })
    }

    pub(crate) fn end_agreement(
        &mut self,
        cx: &mut Context<'_>,
        (customer, id): (u32, AgreementId),
        by: AgreementEnd,
    ) -> Result<Reply, Refusal> {
        let agreement = self.find_agreement(cx, id)?;
        if agreement.customer != Some(customer) {
            return refuse(ResultCode::InvalidContract, "there is no such agreement");
        }
        if matches!(agreement.state, AgreementState::Ended { .. }) {
            return Ok(Reply::Made { object: agreement.into(), is_repeat: true });
        }
        // From here the command succeeds.
        let object = self.end(cx, &agreement, by);
        Ok(Reply::Made { object, is_repeat: false })
    }

    /// From this instant on nothing is debited. The network is told where it holds a token.
    fn end(&mut self, cx: &mut Context<'_>, it: &Agreement, by: AgreementEnd) -> Object {
        if matches!(it.state, AgreementState::Active(_)) {
            self.wish(cx, it.id.as_u128(), ErrandKind::TokenCancelled);
        }
        let generation = it.last_generation().unwrap_or(0);
        let state = AgreementState::Ended { by, generation };
        self.keep(cx, Agreement { state, ..it.clone() })
    }

    pub(crate) fn agreement_expires(&mut self, cx: &mut Context<'_>, it: &Agreement) {
        self.end(cx, it, AgreementEnd::Time);
    }

    pub(crate) fn agreement_told(
        &mut self,
        cx: &mut Context<'_>,
        it: &Arc<Agreement>,
        answer: ErrandAnswer,
    ) {
        let (id, kind) = (it.id.as_u128(), ErrandKind::TokenCancelled);
        let object = Object::Agreement(Arc::clone(it));
        let is_told = match answer {
            // A network that refuses does not know the token any more.
            ErrandAnswer::Yes | ErrandAnswer::No(_) => {
                self.end_errand(id, kind);
                true
            }
            ErrandAnswer::InProcess | ErrandAnswer::NotFound | ErrandAnswer::Silent => {
                self.later(cx, id, kind, None)
            }
        };
        if !is_told {
            let what = "the network does not take the news that an agreement has ended";
            cx.events.push(Event::Break { object: object.clone(), what });
        }
        self.keep(cx, object);
    }
}

fn token_name(digest: TokenDigest) -> Vec<u8> {
    name_of(name_kind::TOKEN, &[&digest.0])
}
