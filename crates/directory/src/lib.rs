//! Participants, keys, contracts, merchants and stores: who may do what with whom. And whose a
//! scanned code is.
//!
//! A small state of its own: changes are checked whole before anything changes, and look-ups never
//! fail silently. Keys are kept as bytes; reading and using them is the edge's work.

mod code_rules;
mod contract;
mod merchant;
mod participant;

pub use code_rules::{
    CodeAction, CodeMatch, CodeMatchFault, CodeRule, CodeRuleConflict, CodeRules, CodeRulesVersion,
    CodeText, EmvGuid, EmvMember, Identified, MAX_CODE_CHARS, MAX_CODE_RULES,
};
pub use contract::{Contract, ContractError, FeeRule, Fees, MccRange, Reach};
pub use merchant::{
    Approval, LanguageTag, Legal, Merchant, MerchantKey, Registration, Store, StoreDisplay,
    StoreText,
};
pub use participant::{
    Country, Endpoints, Mcc, Participant, ParticipantKey, ParticipantStatus, Product, Role, Url,
};

use base::{Table, codec_struct};
use ids::{ParticipantId, PartnerText};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Largest number of participants of one network.
pub const MAX_PARTICIPANTS: usize = 100_000;
/// Keys one participant may have enrolled at once.
pub const MAX_KEYS: usize = 16;

/// Why a change of the directory was refused. The text names the field and the remedy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DirectoryError {
    UnknownParticipant,
    IdTaken(ParticipantId),
    ClientIdTaken(PartnerText),
    CodeTaken(PartnerText),
    KeyVersionTaken(u32),
    UnknownKey(u32),
    TooMany(&'static str),
    Contract(ContractError),
    CodeRules(CodeRuleConflict),
    /// A code rule leads to somebody who is not an acquirer of this network.
    NotAnAcquirer {
        rule: PartnerText,
        acquirer: ParticipantId,
    },
    /// Other code rules have this version.
    CodeRulesVersionTaken(CodeRulesVersion),
}

impl std::fmt::Display for DirectoryError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            DirectoryError::UnknownParticipant => write!(f, "participant: not known; add it first"),
            DirectoryError::IdTaken(id) => {
                write!(f, "id: {} is taken; read the directory again and retry", id.0)
            }
            DirectoryError::ClientIdTaken(text) => {
                write!(f, "clientId: {text} belongs to another participant; choose another")
            }
            DirectoryError::CodeTaken(text) => {
                write!(f, "code: {text} belongs to another participant; choose another")
            }
            DirectoryError::KeyVersionTaken(version) => {
                write!(f, "version: key {version} is enrolled already; use the next number")
            }
            DirectoryError::UnknownKey(version) => {
                write!(f, "version: no key {version} is enrolled")
            }
            DirectoryError::TooMany(what) => write!(f, "{what}: the limit is reached"),
            DirectoryError::Contract(error) => write!(f, "{error}"),
            DirectoryError::CodeRules(error) => write!(f, "{error}"),
            DirectoryError::NotAnAcquirer { rule, acquirer } => write!(
                f,
                "codeRules: rule `{rule}` leads to {}, which is no acquirer here; add it first",
                acquirer.0
            ),
            DirectoryError::CodeRulesVersionTaken(version) => write!(
                f,
                "version: {version} is that of the present rules, which are others; use the next"
            ),
        }
    }
}

impl std::error::Error for DirectoryError {}

/// All participants and merchants of the network.
#[derive(Clone, Debug, Default)]
pub struct Directory {
    participants: BTreeMap<ParticipantId, Arc<Participant>>,
    by_client: BTreeMap<PartnerText, ParticipantId>,
    by_code: BTreeMap<PartnerText, ParticipantId>,
    merchants: Table<MerchantKey, Arc<Merchant>>,
    code_rules: Arc<CodeRules>,
}
codec_struct!(Directory { participants, by_client, by_code, merchants, code_rules });

impl Directory {
    pub fn participant(&self, id: ParticipantId) -> Option<&Arc<Participant>> {
        self.participants.get(&id)
    }
    pub fn by_client(&self, client_id: &str) -> Option<&Arc<Participant>> {
        let text = PartnerText::new(client_id).ok()?;
        self.participants.get(self.by_client.get(&text)?)
    }
    pub fn by_code(&self, code: &str) -> Option<&Arc<Participant>> {
        let text = PartnerText::new(code).ok()?;
        self.participants.get(self.by_code.get(&text)?)
    }
    pub fn participants(&self) -> impl Iterator<Item = &Arc<Participant>> {
        self.participants.values()
    }
    /// The id that the next participant would get.
    pub fn next_id(&self) -> ParticipantId {
        ParticipantId(self.participants.keys().next_back().map_or(1, |last| last.0 + 1))
    }

    /// Adds a participant; its id, client id and code must be new.
    pub fn add(&mut self, participant: Participant) -> Result<(), DirectoryError> {
        if self.participants.len() >= MAX_PARTICIPANTS {
            return Err(DirectoryError::TooMany("participants"));
        }
        if self.participants.contains_key(&participant.id) {
            return Err(DirectoryError::IdTaken(participant.id));
        }
        if self.by_client.contains_key(&participant.client_id) {
            return Err(DirectoryError::ClientIdTaken(participant.client_id));
        }
        if self.by_code.contains_key(&participant.code) {
            return Err(DirectoryError::CodeTaken(participant.code));
        }
        participant.contract.check().map_err(DirectoryError::Contract)?;
        self.by_client.insert(participant.client_id.clone(), participant.id);
        self.by_code.insert(participant.code.clone(), participant.id);
        self.participants.insert(participant.id, Arc::new(participant));
        Ok(())
    }

    fn change(&mut self, id: ParticipantId) -> Result<&mut Participant, DirectoryError> {
        self.participants.get_mut(&id).map(Arc::make_mut).ok_or(DirectoryError::UnknownParticipant)
    }

    pub fn set_contract(
        &mut self,
        id: ParticipantId,
        contract: Contract,
    ) -> Result<(), DirectoryError> {
        contract.check().map_err(DirectoryError::Contract)?;
        let participant = self.change(id)?;
        // Each payment stores the version of the contract that priced it.
        let version = participant.contract.version + 1;
        participant.contract = Contract { version, ..contract };
        Ok(())
    }

    pub fn set_endpoints(
        &mut self,
        id: ParticipantId,
        endpoints: Endpoints,
    ) -> Result<(), DirectoryError> {
        self.change(id)?.endpoints = endpoints;
        Ok(())
    }

    pub fn set_status(
        &mut self,
        id: ParticipantId,
        status: ParticipantStatus,
    ) -> Result<(), DirectoryError> {
        self.change(id)?.status = status;
        Ok(())
    }

    /// Enrols a public key. Earlier keys stay valid until they are retired: that is the overlap.
    pub fn add_key(
        &mut self,
        id: ParticipantId,
        key: ParticipantKey,
    ) -> Result<(), DirectoryError> {
        let keys = &mut self.change(id)?.keys;
        if keys.iter().any(|k| k.version == key.version) {
            return Err(DirectoryError::KeyVersionTaken(key.version));
        }
        if keys.len() >= MAX_KEYS {
            return Err(DirectoryError::TooMany("keys"));
        }
        keys.push(key);
        Ok(())
    }

    /// Ends a key at an instant: messages that arrive then or later are refused.
    pub fn retire_key(
        &mut self,
        id: ParticipantId,
        version: u32,
        until: base::Timestamp,
    ) -> Result<(), DirectoryError> {
        let keys = &mut self.change(id)?.keys;
        let key = keys.iter_mut().find(|k| k.version == version);
        key.ok_or(DirectoryError::UnknownKey(version))?.until = Some(until);
        Ok(())
    }

    /// The rules by which scanned texts are recognised; none, with version `0`, at first.
    pub fn code_rules(&self) -> &CodeRules {
        &self.code_rules
    }

    /// Puts a whole new table of code rules in the place of the present one. Giving the present one
    /// again changes nothing.
    ///
    /// The directory does not know the network's own order codes: who takes the table from the
    /// operator calls [`CodeRules::check`] with them before.
    ///
    /// Errors: the table could lead a text to two places; a rule leads to somebody who is not an
    /// acquirer; the version is the present one and the rules are not.
    pub fn set_code_rules(&mut self, rules: CodeRules) -> Result<(), DirectoryError> {
        if rules == *self.code_rules {
            return Ok(());
        }
        if rules.version == self.code_rules.version {
            return Err(DirectoryError::CodeRulesVersionTaken(rules.version));
        }
        rules.check(&[]).map_err(DirectoryError::CodeRules)?;
        let is_acquirer = |id| self.participant(id).is_some_and(|it| it.role == Role::Acqp);
        if let Some(rule) = rules.rules.iter().find(|rule| !is_acquirer(rule.acquirer)) {
            let (rule, acquirer) = (rule.id.clone(), rule.acquirer);
            return Err(DirectoryError::NotAnAcquirer { rule, acquirer });
        }
        self.code_rules = Arc::new(rules);
        Ok(())
    }

    pub fn merchant(&self, key: &MerchantKey) -> Option<&Arc<Merchant>> {
        self.merchants.get(key)
    }
    pub fn merchant_count(&self) -> usize {
        self.merchants.len()
    }
    /// All merchants, in no promised order.
    pub fn merchants(&self) -> impl Iterator<Item = &Arc<Merchant>> {
        self.merchants.entries().map(|(_, merchant)| merchant)
    }
    pub fn put_merchant(&mut self, merchant: Merchant) {
        self.merchants.insert(merchant.key(), Arc::new(merchant));
    }

    /// Records what a wallet decided about a merchant. `false` when the merchant is not known.
    pub fn set_approval(
        &mut self,
        key: &MerchantKey,
        mpp: ParticipantId,
        approval: Approval,
    ) -> bool {
        match self.merchants.get_mut(key) {
            Some(merchant) => {
                Arc::make_mut(merchant).approvals.insert(mpp, approval);
                true
            }
            None => false,
        }
    }
}

#[cfg(test)]
mod tests;
