//! Questions: answered from local state, never by asking a wallet.

use crate::machine::{Named, Network, name_kind, name_of};
use crate::{EntryCodes, Payment, PaymentRef};
use base::History;
use directory::Directory;
use fx::{FxPolicy, RateBook};
use ids::{ParticipantId, PartnerText, PaymentId};
use ledger::Ledger;
use std::sync::Arc;

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
                Some(Named::Refund(..)) | None => Found::Missing,
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
            Named::Payment(_) | Named::Tombstone => None,
        }
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
