//! From a checked request to its handler, and what handlers share.

use super::agreements;
use super::answer::{Answered, Failure, Outcome};
use super::hub::PaymentHub;
use super::random::Aliases;
use super::{
    WireEdgeParts, cancel, codes, consult, customs, disputes, inquiry, merchants, notify, pay,
    push, quote, refund, scan, take_order, tokens,
};
use crate::links::Links;
use base::Timestamp;
use directory::{Product, Role};
use effects::{DirectoryView, Effects, Partitions, Partner};
use engine::{Clock, SubmitError};
use ids::{AgreementId, ParticipantId};
use network::Agreement;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;
use wire::Api;
use wire::parts::Id;

/// What all handlers use.
pub(crate) struct Door {
    pub partitions: Partitions,
    pub directory: Arc<DirectoryView>,
    pub effects: Effects,
    pub hub: PaymentHub,
    pub aliases: Aliases,
    pub links: Links,
    clock: Arc<dyn Clock>,
    wait: Duration,
}

impl Door {
    pub fn open(parts: WireEdgeParts, wait: Duration) -> Result<Door, SubmitError> {
        let hub = PaymentHub::open(&parts.partitions).ok_or(SubmitError::Stopped)?;
        let aliases = Aliases::new(&parts.alias_secret);
        let (partitions, directory, clock) = (parts.partitions, parts.directory, parts.clock);
        let (effects, links) = (parts.effects, parts.links);
        Ok(Door { partitions, directory, effects, hub, aliases, links, clock, wait })
    }

    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Until when a request that starts now may wait.
    pub fn deadline(&self) -> Instant {
        Instant::now() + self.wait
    }

    pub fn client(&self, client_id: &str) -> Option<Arc<Partner>> {
        self.directory.now().by_client(client_id).cloned()
    }

    /// The `pspId` of a wallet.
    pub fn code_of(&self, participant: ParticipantId) -> Option<Id> {
        let partner = self.directory.partner(participant)?;
        Some(partner.participant.code.clone())
    }

    /// A wallet by its code.
    pub fn wallet(&self, code: &str) -> Option<Arc<Partner>> {
        let participants = self.directory.now();
        let mut wallets = participants.iter().filter(|it| it.participant.role == Role::Mpp);
        wallets.find(|it| it.participant.code.as_str() == code).cloned()
    }

    /// The wallets whose contract covers a product.
    pub fn wallets_for(&self, product: Product) -> Vec<Arc<Partner>> {
        let participants = self.directory.now();
        let fits = |it: &&Arc<Partner>| {
            let participant = &it.participant;
            participant.role == Role::Mpp
                && participant.is_active()
                && participant.contract.covers_product(product)
        };
        participants.iter().filter(fits).cloned().collect()
    }

    /// The agreement that a code or a token names, and what stands behind its id.
    pub fn named<'a>(&self, credential: &'a str) -> Option<(AgreementId, &'a str)> {
        agreements::named(credential, self.partitions.count())
    }

    /// An agreement by its id, whoever's it is.
    pub async fn agreement(&self, id: AgreementId) -> Result<Option<Arc<Agreement>>, Failure> {
        let look = move |machine: &network::Network,
                         history: &dyn base::History,
                         _: base::Stamp| { machine.agreement(history, id) };
        Ok(self.partitions.read(id.partition(), look).await?)
    }

    pub async fn dispatch(&self, api: Api, caller: &Partner, body: &[u8]) -> Answered {
        let outcome: Outcome = match api {
            Api::Pay => pay::handle(self, caller, body).await,
            Api::InquiryPayment => inquiry::handle(self, caller, body).await,
            Api::CancelPayment => cancel::handle(self, caller, body).await,
            Api::Refund => refund::handle(self, caller, body).await,
            Api::Registration => merchants::register(self, caller, body).await,
            Api::InquiryRegistrationStatus => merchants::status(self, caller, body).await,
            Api::GetPaymentCode => codes::handle(self, caller, body).await,
            Api::ConsultPayment => consult::handle(self, caller, body).await,
            Api::IdentifyCode => scan::identify(self, caller, body).await,
            Api::InquiryCodeRules => scan::rules(self, caller, body).await,
            Api::UserInitiatedPay => take_order::handle(self, caller, body).await,
            Api::NotifyPayment => notify::handle(self, caller, body).await,
            Api::NotifyRegistrationStatus => merchants::decided(self, caller, body).await,
            Api::InitiateRetrieval => disputes::initiate_retrieval(self, caller, body).await,
            Api::InitiateEscalation => disputes::initiate_escalation(self, caller, body).await,
            Api::ResponseRetrieval => disputes::response_retrieval(self, caller, body).await,
            Api::ResponseEscalation => disputes::response_escalation(self, caller, body).await,
            Api::Prepare => agreements::prepare(self, caller, body).await,
            Api::ApplyToken => tokens::apply(self, caller, body).await,
            Api::CancelToken => agreements::cancel_token(self, caller, body).await,
            Api::AuthNotify => agreements::auth_notify(self, caller, body).await,
            Api::ConsultUnbinding => agreements::consult_unbinding(self, caller, body).await,
            Api::InquiryForeignExchangeQuote => quote::handle(self, caller, body).await,
            Api::Declare => customs::declare(self, caller, body).await,
            Api::InquireDeclarationRequests => customs::inquire(self, caller, body).await,
            Api::NotifyPushPayment => push::handle(self, caller, body).await,
        };
        outcome.unwrap_or_else(Answered::from)
    }
}
