//! Questions: answered from local state, never by asking a wallet.

use crate::machine::{Named, Network, Object, name_kind, name_of};
use crate::{Agreement, Digest, EntryCodes, Errand, Payment, PaymentRef};
use base::{DecodeError, History, decode_all};
use directory::Directory;
use fx::{FxPolicy, RateBook};
use ids::{AgreementId, ParticipantId, PartnerText, PaymentId};
use ledger::Ledger;
use std::sync::Arc;

/// The payment that history keeps as these bytes; `None` when it is something else.
///
/// Errors: history is damaged.
pub fn kept_payment(bytes: &[u8]) -> Result<Option<Payment>, DecodeError> {
    Ok(match decode_all(bytes)? {
        Object::Payment(payment) => Some(*payment),
        Object::Agreement(_) => None,
    })
}

/// The agreement that history keeps as these bytes; `None` when it is something else.
///
/// Errors: history is damaged.
pub fn kept_agreement(bytes: &[u8]) -> Result<Option<Agreement>, DecodeError> {
    Ok(match decode_all(bytes)? {
        Object::Agreement(agreement) => Some(*agreement),
        Object::Payment(_) => None,
    })
}

pub(crate) fn wallet_token_name(mpp: ParticipantId, token: &Digest) -> Vec<u8> {
    let mut name = name_of(name_kind::WALLET_TOKEN, mpp, "");
    name.extend_from_slice(token);
    name
}

/// What an acquirer's way of naming a payment leads to.
#[derive(Clone, Debug)]
pub enum Found {
    Payment(Arc<Payment>),
    /// A cancel came first: the request id can never be paid.
    Tombstone,
    /// Unknown, or somebody else's: the answer is the same.
    Missing,
    /// Both ids were given and name different payments.
    Mismatch,
}

impl Network {
    pub fn directory(&self) -> &Directory {
        &self.directory
    }
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }
    pub fn entry_codes(&self) -> &EntryCodes {
        &self.entry_codes
    }
    pub fn rates(&self) -> &RateBook {
        &self.rates
    }
    pub fn fx_policy(&self) -> &FxPolicy {
        &self.fx_policy
    }
    /// Payments about which something is still open, in no promised order.
    pub fn open_payments(&self) -> impl Iterator<Item = &Arc<Payment>> {
        self.open.entries().map(|(_, payment)| payment)
    }
    /// A payment about which something is still open.
    pub fn open_payment(&self, id: PaymentId) -> Option<&Arc<Payment>> {
        self.open.get(&id)
    }
    pub fn open_count(&self) -> usize {
        self.open.len()
    }
    pub fn outbox_count(&self) -> usize {
        self.outbox.len()
    }

    /// A payment by the network's own id, whoever's it is: for operators.
    pub fn payment(&self, history: &dyn History, id: PaymentId) -> Option<Arc<Payment>> {
        self.load(history, id)
    }

    /// A payment as its acquirer names it.
    pub fn find(
        &self,
        history: &dyn History,
        acquirer: ParticipantId,
        reference: &PaymentRef,
    ) -> Found {
        let by_id = reference.id.map(|id| match self.load(history, id) {
            Some(payment) if payment.acquirer == acquirer => Found::Payment(payment),
            _ => Found::Missing,
        });
        let by_request = reference.request_id.as_ref().map(|request_id| {
            let name = name_of(name_kind::PAY, acquirer, request_id.as_str());
            match self.named(history, &name) {
                Some(Named::Payment(id)) => {
                    self.load(history, id).map_or(Found::Missing, Found::Payment)
                }
                Some(Named::Tombstone) => Found::Tombstone,
                Some(
                    Named::Refund(..)
                    | Named::Agreement(_)
                    | Named::Dispute(..)
                    | Named::Declaration(..),
                )
                | None => Found::Missing,
            }
        });
        match (by_request, by_id) {
            (Some(Found::Payment(one)), Some(Found::Payment(other))) if one.id == other.id => {
                Found::Payment(one)
            }
            (Some(Found::Missing), Some(Found::Missing)) => Found::Missing,
            (Some(_), Some(_)) => Found::Mismatch,
            (Some(found), None) | (None, Some(found)) => found,
            (None, None) => Found::Missing,
        }
    }

    /// The payment and place of a refund, as its acquirer names it.
    pub fn find_refund(
        &self,
        history: &dyn History,
        acquirer: ParticipantId,
        request_id: &PartnerText,
    ) -> Option<(Arc<Payment>, u32)> {
        let name = name_of(name_kind::REFUND, acquirer, request_id.as_str());
        match self.named(history, &name)? {
            Named::Refund(id, number) => Some((self.load(history, id)?, number)),
            _ => None,
        }
    }

    /// The payment and place of a dispute by the wallet's `disputeRequestId`, for the wallet that
    /// opened it and for the acquirer that answers it.
    pub fn find_dispute(
        &self,
        history: &dyn History,
        participant: ParticipantId,
        request_id: &PartnerText,
    ) -> Option<(Arc<Payment>, u32)> {
        let name = name_of(name_kind::DISPUTE, participant, request_id.as_str());
        match self.named(history, &name)? {
            Named::Dispute(id, number) => Some((self.load(history, id)?, number)),
            _ => None,
        }
    }

    /// An agreement by its id, whoever's it is: the caller checks.
    pub fn agreement(&self, history: &dyn History, id: AgreementId) -> Option<Arc<Agreement>> {
        self.load_agreement(history, id)
    }
    /// The agreement under which a wallet gave this token, by the token's digest.
    pub fn agreement_of_wallet_token(
        &self,
        history: &dyn History,
        mpp: ParticipantId,
        token: &Digest,
    ) -> Option<Arc<Agreement>> {
        match self.named(history, &wallet_token_name(mpp, token))? {
            Named::Agreement(id) => self.load_agreement(history, id),
            _ => None,
        }
    }
    /// The payment and place of a customs declaration, as its acquirer names it.
    pub fn find_declaration(
        &self,
        history: &dyn History,
        acquirer: ParticipantId,
        request_id: &PartnerText,
    ) -> Option<(Arc<Payment>, u32)> {
        let name = name_of(name_kind::DECLARATION, acquirer, request_id.as_str());
        match self.named(history, &name)? {
            Named::Declaration(id, number) => Some((self.load(history, id)?, number)),
            _ => None,
        }
    }
    /// The list in history that holds an acquirer's declared payments, by time.
    pub fn declared_list(acquirer: ParticipantId) -> Vec<u8> {
        crate::handlers::declared_list(acquirer)
    }
    /// The list in history that holds an acquirer's agreements, by time.
    pub fn agreement_list(acquirer: ParticipantId) -> Vec<u8> {
        crate::handlers::agreement_list(acquirer)
    }
    /// Messages that are still owed to participants, oldest first.
    pub fn errands(&self) -> impl Iterator<Item = &Arc<Errand>> {
        self.errands.values()
    }

    /// The list in history that holds the payments about which a wallet contradicted itself or the
    /// books, by time.
    pub fn breaks_list() -> Vec<u8> {
        crate::handlers::breaks_list()
    }
    /// The list in history that holds an acquirer's payments, by time.
    pub fn acquirer_list(acquirer: ParticipantId) -> Vec<u8> {
        crate::handlers::acquirer_list(acquirer)
    }
    /// The list in history that holds a merchant's payments, by time.
    pub fn merchant_list(acquirer: ParticipantId, reference: &str) -> Vec<u8> {
        crate::handlers::merchant_list(acquirer, reference)
    }
}
