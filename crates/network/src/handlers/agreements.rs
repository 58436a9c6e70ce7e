//! Agreements: prepared, granted, refreshed, debited under, ended.

use super::pay::{WalletCheck, agreement_list, check_wallet};
use crate::machine::{Context, Named, Network, Object, name_kind, name_of};
use crate::query::wallet_token_name;
use crate::{
    Agreement, AgreementState, AuthNews, ClaimAnswer, Debit, EndAgreement, EndedBy, GrantTokens,
    MAX_OPEN_DEBITS, Message, Payer, Prepare, Refusal, Reply, Scope, Taken,
};
use base::{ResultCode, Row, encode};
use directory::{Merchant, MerchantKey, Participant, Product, Role};
use fx::Side;
use ids::{AgreementId, ParticipantId, PaymentId, QuoteId};
use money::Money;
use std::collections::BTreeMap;
use std::sync::Arc;

fn refuse<T>(code: ResultCode, message: &'static str) -> Result<T, Refusal> {
    Err(Refusal::new(code, message))
}

impl Network {
    /// An agreement, in use or at rest.
    pub(crate) fn load_agreement(
        &self,
        history: &dyn base::History,
        id: AgreementId,
    ) -> Option<Arc<Agreement>> {
        if let Some(agreement) = self.agreements.get(&id) {
            return Some(Arc::clone(agreement));
        }
        match Object::read(&history.object(id.as_u128())?) {
            Object::Agreement(agreement) => Some(Arc::new(*agreement)),
            Object::Payment(_) => None,
        }
    }

    /// Puts an agreement back: in memory while debits are under way, else at rest.
    fn keep_agreement(&mut self, cx: &mut Context<'_>, agreement: Agreement) -> Arc<Agreement> {
        let agreement = Arc::new(agreement);
        if agreement.open_debits.is_empty() {
            self.agreements.remove(&agreement.id);
            let bytes = Object::bytes_of_agreement(&agreement);
            cx.rows.push(Row::Object { id: agreement.id.as_u128(), bytes });
        } else {
            self.agreements.insert(agreement.id, Arc::clone(&agreement));
        }
        agreement
    }

    /// `prepare`: a merchant asks for a user's consent.
    pub(crate) fn prepare(&mut self, cx: &mut Context<'_>, it: Prepare) -> Result<Reply, Refusal> {
        let acquirer = self.active(it.acquirer)?;
        if acquirer.role != Role::Acqp {
            return refuse(ResultCode::AccessDenied, "only acquirers prepare agreements");
        }
        let name = it.reference.as_ref().map(|reference| {
            let own = format!("{}\n{reference}", it.client);
            name_of(name_kind::AGREEMENT, it.acquirer, &own)
        });
        if let Some(named) = name.as_ref().and_then(|name| self.named(cx.history, name)) {
            return self.prepare_again(cx, named, &it);
        }
        self.check_prepare(&acquirer, &it)?;
        // From here the command succeeds.
        if let Some(name) = name {
            cx.rows.push(Row::Name { name, value: encode(&Named::Agreement(it.id)) });
        }
        let id = it.id.as_u128();
        cx.rows.push(Row::Listed { list: agreement_list(it.acquirer), id });
        let agreement = Agreement {
            id: it.id,
            acquirer: it.acquirer,
            mpp: it.mpp,
            client: it.client,
            merchant: it.merchant,
            reference: it.reference,
            name: it.name,
            display_name: it.display_name,
            scopes: it.scopes,
            redirect_url: it.redirect_url,
            auth_state: it.auth_state,
            created: cx.stamp,
            state: AgreementState::Prepared,
            granted: None,
            user: None,
            grant: None,
            taken: None,
            open_debits: BTreeMap::new(),
        };
        let agreement = self.keep_agreement(cx, agreement);
        Ok(Reply::Agreement { agreement, is_repeat: false })
    }

    fn prepare_again(
        &self,
        cx: &Context<'_>,
        named: Named,
        it: &Prepare,
    ) -> Result<Reply, Refusal> {
        let Named::Agreement(id) = named else {
            unreachable!("an agreement's name stands for agreements only")
        };
        let agreement = self.load_agreement(cx.history, id);
        let agreement = agreement.expect("a named agreement is kept");
        let differs = [
            ("authClientName", agreement.name != it.name),
            ("referenceMerchantId", agreement.merchant != it.merchant),
            ("authRedirectUrl", agreement.redirect_url != it.redirect_url),
            ("scopes", agreement.scopes != it.scopes),
            ("customerBelongsTo", it.mpp.is_some() && agreement.mpp != it.mpp),
        ];
        if let Some((field, _)) = differs.into_iter().find(|(_, differs)| *differs) {
            return Err(Refusal::new(
                ResultCode::RepeatReqInconsistent,
                format!("{field}: differs from the first request with this referenceAgreementId"),
            ));
        }
        Ok(Reply::Agreement { agreement, is_repeat: true })
    }

    fn check_prepare(&self, acquirer: &Participant, it: &Prepare) -> Result<(), Refusal> {
        if !acquirer.contract.covers_product(Product::AgreementPayment) {
            return refuse(
                ResultCode::BusinessNotSupport,
                "authClientId: the contract does not cover AGREEMENT_PAYMENT",
            );
        }
        if it.scopes.is_empty() {
            return refuse(ResultCode::ParamIllegal, "scopes: name at least one, AGREEMENT_PAY");
        }
        let key = MerchantKey { acquirer: it.acquirer, reference: it.merchant.clone() };
        let merchant = self.directory.merchant(&key);
        let Some(merchant) = merchant.filter(|it| it.covers_product(Product::AgreementPayment))
        else {
            return refuse(
                ResultCode::MerchantNotRegistered,
                "authClientId: no merchant of yours with this id is registered for \
                 AGREEMENT_PAYMENT; register it, or name it in referenceMerchantId",
            );
        };
        it.mpp.map_or(Ok(()), |mpp| self.check_consent(mpp, merchant))
    }

    /// May this wallet's users agree to be debited by this merchant?
    fn check_consent(&self, mpp: ParticipantId, merchant: &Merchant) -> Result<(), Refusal> {
        let mpp = self.directory.participant(mpp).filter(|mpp| mpp.role == Role::Mpp);
        let Some(mpp) = mpp else {
            return refuse(
                ResultCode::UnavailablePaymentMethod,
                "customerBelongsTo: no wallet has this code",
            );
        };
        let (product, country) = (Product::AgreementPayment, merchant.country);
        let merchant = Some(merchant);
        check_wallet(mpp, &WalletCheck { amount: None, product, country, merchant, store: None })
    }

    /// The user chose a wallet, or another one, before consenting in any.
    pub(crate) fn choose_wallet(
        &mut self,
        cx: &mut Context<'_>,
        agreement: AgreementId,
        mpp: ParticipantId,
    ) -> Result<Reply, Refusal> {
        let Some(agreement) = self.load_agreement(cx.history, agreement) else {
            return refuse(ResultCode::ParamIllegal, "referenceAgreementId: no such agreement");
        };
        if agreement.mpp == Some(mpp) {
            return Ok(Reply::Agreement { agreement, is_repeat: true });
        }
        if !agreement.waits_for_consent(cx.now()) {
            return refuse(ResultCode::ProcessFail, "the agreement does not wait for a consent");
        }
        let (acquirer, reference) = (agreement.acquirer, agreement.merchant.clone());
        let merchant = self.directory.merchant(&MerchantKey { acquirer, reference });
        self.check_consent(mpp, merchant.expect("checked when it was prepared"))?;
        // From here the command succeeds.
        let mut agreement = agreement.as_ref().clone();
        agreement.mpp = Some(mpp);
        let agreement = self.keep_agreement(cx, agreement);
        Ok(Reply::Agreement { agreement, is_repeat: false })
    }

    /// The wallet gave tokens: for a consent, for a refresh, or unasked.
    pub(crate) fn grant_tokens(
        &mut self,
        cx: &mut Context<'_>,
        it: GrantTokens,
    ) -> Result<Reply, Refusal> {
        self.active(it.mpp)?;
        let agreement = self.load_agreement(cx.history, it.agreement);
        let Some(agreement) = agreement.filter(|agreement| agreement.mpp == Some(it.mpp)) else {
            return refuse(ResultCode::InvalidAuthcode, "authCode: no agreement has this code");
        };
        let before = agreement.grant.as_ref();
        let is_repeat = before.is_some_and(|grant| grant.proof == it.grant.proof);
        match agreement.state {
            AgreementState::Ended { .. } if !base::planted(37) => {
                return refuse(ResultCode::InvalidAuthcode, "the agreement has ended");
            }
            _ if is_repeat => return Ok(Reply::Agreement { agreement, is_repeat }),
            AgreementState::Prepared => {
                if !agreement.waits_for_consent(cx.now()) {
                    return refuse(
                        ResultCode::InvalidAuthcode,
                        "authCode: the consent came too late; prepare a new agreement",
                    );
                }
            }
            AgreementState::Active | AgreementState::Ended { .. } => {
                let next = before.map_or(1, |grant| grant.generation + 1);
                if it.grant.generation != next {
                    return refuse(
                        ResultCode::InvalidRefreshToken,
                        "refreshToken: the tokens were refreshed meanwhile",
                    );
                }
                if agreement.user.as_ref() != Some(&it.user) {
                    return refuse(
                        ResultCode::ProcessFail,
                        "customerId: the wallet gave the token to another user than before",
                    );
                }
            }
        }
        let name = wallet_token_name(it.mpp, &it.grant.wallet_access);
        let is_new_token = match self.named(cx.history, &name) {
            None => true,
            Some(Named::Agreement(id)) if id == it.agreement => false,
            Some(_) => {
                return refuse(
                    ResultCode::ProcessFail,
                    "accessToken: the wallet gave this token for another agreement before",
                );
            }
        };
        // From here the command succeeds.
        if is_new_token {
            cx.rows.push(Row::Name { name, value: encode(&Named::Agreement(it.agreement)) });
        }
        let mut agreement = agreement.as_ref().clone();
        agreement.state = AgreementState::Active;
        agreement.granted.get_or_insert(cx.stamp);
        agreement.user = Some(it.user);
        agreement.grant = Some(it.grant);
        let agreement = self.keep_agreement(cx, agreement);
        if it.is_unasked {
            let news = AuthNews::TokenCreated;
            let message = Message::AuthNotify { agreement: Arc::clone(&agreement), news };
            self.send_out(cx, agreement.acquirer, message);
        }
        Ok(Reply::Agreement { agreement, is_repeat: false })
    }

    /// A wallet tells that its user consented: the acquirer gets the code.
    pub(crate) fn pass_code_on(
        &mut self,
        cx: &mut Context<'_>,
        mpp: ParticipantId,
        agreement: AgreementId,
        code: crate::Sealed,
    ) -> Result<Reply, Refusal> {
        let agreement = self.load_agreement(cx.history, agreement);
        let own = agreement.filter(|agreement| agreement.mpp == Some(mpp));
        let Some(agreement) = own else {
            return refuse(ResultCode::ParamIllegal, "referenceAgreementId: no such agreement");
        };
        if agreement.state == AgreementState::Prepared {
            let (to, news) = (agreement.acquirer, AuthNews::CodeCreated(code));
            self.send_out(cx, to, Message::AuthNotify { agreement, news });
        }
        Ok(Reply::Done)
    }

    /// Either side ends an agreement: from this record on nothing is debited under it.
    pub(crate) fn end_agreement(
        &mut self,
        cx: &mut Context<'_>,
        it: EndAgreement,
    ) -> Result<Reply, Refusal> {
        let agreement = self.load_agreement(cx.history, it.agreement);
        let is_own = |agreement: &Arc<Agreement>| match it.by {
            EndedBy::Acquirer => Some(agreement.acquirer) == it.participant,
            EndedBy::Wallet => {
                it.participant.is_some() && agreement.mpp == it.participant || base::planted(38)
            }
            EndedBy::Operator => true,
        };
        let is_token = |agreement: &Arc<Agreement>| {
            let grant = agreement.grant.as_ref();
            it.access.is_none_or(|access| grant.is_some_and(|grant| grant.access == access))
        };
        let found = agreement.filter(|agreement| is_own(agreement) && is_token(agreement));
        let Some(agreement) = found else {
            return refuse(ResultCode::InvalidToken, "accessToken: no agreement of yours has it");
        };
        if let AgreementState::Ended { .. } = agreement.state {
            return Ok(Reply::Agreement { agreement, is_repeat: true });
        }
        // From here the command succeeds.
        let was_granted = agreement.grant.is_some();
        let mut agreement = agreement.as_ref().clone();
        agreement.state = AgreementState::Ended { by: it.by, at: cx.stamp };
        let agreement = self.keep_agreement(cx, agreement);
        if was_granted && it.by != EndedBy::Wallet {
            self.send_out(cx, agreement.wallet(), Message::CancelToken(Arc::clone(&agreement)));
        }
        if was_granted && it.by != EndedBy::Acquirer {
            let news = AuthNews::TokenCancelled;
            let message = Message::AuthNotify { agreement: Arc::clone(&agreement), news };
            self.send_out(cx, agreement.acquirer, message);
        }
        Ok(Reply::Agreement { agreement, is_repeat: false })
    }

    /// Begins a debit under an agreement of this partition: its token must hold, and what it takes
    /// must fit the allowance.
    pub(crate) fn begin_debit(
        &mut self,
        cx: &mut Context<'_>,
        it: &Debit,
    ) -> Result<Payer, Refusal> {
        let agreement = self.load_agreement(cx.history, it.token.agreement);
        let fits = |agreement: &Arc<Agreement>| {
            agreement.acquirer == it.acquirer
                && (agreement.merchant == it.merchant || base::planted(31))
        };
        let Some(agreement) = agreement.filter(fits) else {
            return refuse(
                ResultCode::InvalidToken,
                "paymentMethod.paymentMethodId: no agreement of this merchant has this token",
            );
        };
        // Asked again by another partition: what was granted stays granted.
        if !agreement.open_debits.contains_key(&it.payment) {
            self.check_token(cx, &agreement, it)?;
        }
        let user = agreement.user.as_ref().expect("an agreement with a token has a user");
        let payer = Payer {
            mpp: agreement.wallet(),
            customer: user.customer.clone(),
            alias: user.alias,
            region: None,
        };
        if agreement.open_debits.contains_key(&it.payment) {
            return Ok(payer);
        }
        if agreement.open_debits.len() >= MAX_OPEN_DEBITS {
            return refuse(
                ResultCode::PaymentCountExceedLimit,
                "too many debits of this agreement are under way; wait for their results",
            );
        }
        let taken = self.take_allowance(cx, &agreement, it)?;
        // From here the command succeeds.
        let mut agreement = agreement.as_ref().clone();
        let before = agreement.taken_in(taken.stretch, taken.amount.currency());
        let sum = Money::new(before + taken.amount.minor(), taken.amount.currency());
        let amount = sum.expect("take_allowance added it up");
        agreement.taken = Some(Taken { stretch: taken.stretch, amount });
        agreement.open_debits.insert(it.payment, taken);
        self.keep_agreement(cx, agreement);
        Ok(payer)
    }

    fn check_token(
        &self,
        cx: &Context<'_>,
        agreement: &Agreement,
        it: &Debit,
    ) -> Result<(), Refusal> {
        let grant = agreement.grant.as_ref();
        let is_token = grant.is_some_and(|grant| grant.access == it.token.access);
        let is_over = matches!(agreement.state, AgreementState::Ended { .. });
        if !is_token || (is_over && !base::planted(30)) {
            return refuse(
                ResultCode::InvalidToken,
                "paymentMethod.paymentMethodId: the token was revoked or replaced",
            );
        }
        if !agreement.scopes.contains(&Scope::AgreementPay) {
            return refuse(
                ResultCode::InvalidToken,
                "paymentMethod.paymentMethodId: the user's consent does not cover debits",
            );
        }
        if !agreement.accepts(&it.token.access, cx.now()) && !is_over && !base::planted(34) {
            return refuse(
                ResultCode::ExpiredAccessToken,
                "paymentMethod.paymentMethodId: the token has expired; refresh it",
            );
        }
        Ok(())
    }

    /// What a debit takes of the allowance: its price in the wallet's currency.
    fn take_allowance(
        &self,
        cx: &Context<'_>,
        agreement: &Agreement,
        it: &Debit,
    ) -> Result<Taken, Refusal> {
        let mpp = self.directory.participant(agreement.wallet());
        let mpp = mpp.expect("checked when it was chosen");
        let currency = mpp.contract.settlement_currencies[0];
        let side = (Side::PayerPays, mpp.contract.markup_bps);
        let (amount, _) = self.convert(cx, (it.amount, QuoteId::from_u128(0)), currency, side)?;
        let stretch = agreement.stretch_at(cx.now());
        let before = agreement.taken_in(stretch, currency);
        let sum = before.checked_add(amount.minor());
        let sum = sum.and_then(|sum| Money::new(sum, currency).ok());
        let limit = mpp.contract.debit_allowance(currency);
        let is_within = |sum: Money| limit.is_none_or(|limit| sum.minor() <= limit.minor());
        if !sum.is_some_and(is_within) && !base::planted(33) {
            return refuse(
                ResultCode::UserAmountExceedLimit,
                "paymentAmount: the user's agreement allows no more in these 30 days",
            );
        }
        Ok(Taken { stretch, amount })
    }

    /// A debit has its end: what was not paid is given back to the allowance.
    pub(crate) fn end_debit(
        &mut self,
        cx: &mut Context<'_>,
        agreement: AgreementId,
        payment: PaymentId,
        is_paid: bool,
    ) {
        let Some(agreement) = self.agreements.get(&agreement) else { return };
        let mut agreement = agreement.as_ref().clone();
        let Some(own) = agreement.open_debits.remove(&payment) else { return };
        let currency = own.amount.currency();
        let left = agreement.taken_in(own.stretch, currency).checked_sub(own.amount.minor());
        if let Some(left) = left.filter(|_| !is_paid && !base::planted(32)) {
            let amount = Money::new(left, currency).expect("less than an amount is an amount");
            agreement.taken = Some(Taken { stretch: own.stretch, amount });
        }
        self.keep_agreement(cx, agreement);
    }

    /// A payment of another partition wants to debit.
    pub(crate) fn claim_debit(&mut self, cx: &mut Context<'_>, it: &Debit) -> Reply {
        Reply::Claim(match self.begin_debit(cx, it) {
            Ok(payer) => ClaimAnswer::Granted(payer),
            Err(refusal) => ClaimAnswer::Refused(refusal.code),
        })
    }
}
