//! What the operator changes: directory, contracts, keys, rates, funding. The command names who and
//! why.

use crate::chart::{RECEIVABLE, of};
use crate::machine::{Context, Network, name_kind, name_of};
use crate::{
    Change, EndAgreement, EndedBy, EntryCode, Event, Funding, Refusal, Reply, SetStoreDisplay,
    posting,
};
use base::{ResultCode, Row, encode};
use directory::{DirectoryError, Participant, Product, Role};
use ids::ParticipantId;
use ledger::Limits;
use std::sync::Arc;

fn illegal(error: &DirectoryError) -> Refusal {
    Refusal::new(ResultCode::ParamIllegal, error.to_string())
}

impl Network {
    pub(crate) fn operate(
        &mut self,
        cx: &mut Context<'_>,
        change: Change,
    ) -> Result<Reply, Refusal> {
        let mut event = Event::DirectoryChanged;
        let done = match change {
            Change::AddParticipant(it) => {
                let id = it.participant.id;
                self.directory.add(it.participant).map(|()| self.set_caps(id))
            }
            Change::SetContract { participant, contract } => self
                .directory
                .set_contract(participant, *contract)
                .map(|()| self.set_caps(participant)),
            Change::SetEndpoints { participant, endpoints } => {
                self.directory.set_endpoints(participant, *endpoints)
            }
            Change::SetStatus { participant, status } => {
                self.directory.set_status(participant, status)
            }
            Change::AddKey { participant, key } => self.directory.add_key(participant, key),
            Change::RetireKey { participant, version, until } => {
                self.directory.retire_key(participant, version, until)
            }
            Change::LoadRates(it) => {
                cx.events.push(Event::RatesChanged);
                let report = self.rates.load(it.feed, cx.now(), &self.fx_policy);
                return Ok(Reply::Rates(report));
            }
            Change::SetFxPolicy(policy) => {
                self.fx_policy = policy;
                event = Event::RatesChanged;
                Ok(())
            }
            Change::HaltCorridor { base, quote, is_halted } => {
                if is_halted {
                    self.rates.halt(base, quote);
                } else {
                    self.rates.resume(base, quote);
                }
                event = Event::RatesChanged;
                Ok(())
            }
            Change::Fund(it) => return self.fund(cx, it),
            Change::DecideMerchant(it) => return self.decide_merchant(cx, it),
            Change::IssueEntryCode(code) => {
                self.check_entry_code(&code)?;
                self.entry_codes.issue(code);
                Ok(())
            }
            Change::RevokeEntryCode(token) => {
                if !self.entry_codes.revoke(token) {
                    return Err(Refusal::new(
                        ResultCode::RecordNotFound,
                        "token: no entry code in use has it",
                    ));
                }
                Ok(())
            }
            Change::SetStoreDisplay(it) => {
                self.set_store_display(*it)?;
                Ok(())
            }
            Change::SetDeclaration(it) => return self.set_declaration(cx, it),
            Change::EndAgreement(agreement) => {
                let (by, participant) = (EndedBy::Operator, None);
                return self
                    .end_agreement(cx, EndAgreement { agreement, by, participant, access: None });
            }
            Change::SetCodeRules(rules) => self.directory.set_code_rules(*rules),
        };
        done.map_err(|error| illegal(&error))?;
        cx.events.push(event);
        Ok(Reply::Done)
    }

    fn set_store_display(&mut self, it: SetStoreDisplay) -> Result<(), Refusal> {
        let illegal = |message: &'static str| Err(Refusal::new(ResultCode::ParamIllegal, message));
        let is_mpp = |id: &ParticipantId| {
            self.directory.participant(*id).is_some_and(|mpp| mpp.role == Role::Mpp)
        };
        if !it.display.wallets.iter().all(is_mpp) {
            return illegal("wallets: names a participant that is no wallet");
        }
        let merchant = self.directory.merchant(&it.place.merchant);
        let Some(mut merchant) = merchant.map(|merchant| merchant.as_ref().clone()) else {
            return illegal("merchant: no such merchant");
        };
        let Some(store) = merchant.stores.get_mut(&it.place.store) else {
            return illegal("store: the merchant has no such store");
        };
        // From here the command succeeds.
        store.display = it.display;
        self.directory.put_merchant(merchant);
        Ok(())
    }

    fn check_entry_code(&self, code: &EntryCode) -> Result<(), Refusal> {
        let illegal = |message: &'static str| Err(Refusal::new(ResultCode::ParamIllegal, message));
        let key = &code.place.merchant;
        let merchant = self.directory.merchant(key);
        let Some(merchant) = merchant.filter(|it| it.stores.contains_key(&code.place.store)) else {
            return illegal("store: no such store; register it first");
        };
        if !merchant.covers_product(Product::InStorePayment) {
            return illegal("store: its merchant is not registered for IN_STORE_PAYMENT");
        }
        let acquirer = self.directory.participant(key.acquirer);
        if !acquirer.is_some_and(|it| it.contract.may_order_in(code.currency)) {
            return illegal("currency: not in the acquirer's contract");
        }
        if self.entry_codes.get(code.token).is_some_and(|before| before != code) {
            return illegal("token: another store has it; draw again");
        }
        Ok(())
    }

    /// Gives the wallet's receivables their ceilings. With several partitions each holds its share
    /// of the cap.
    fn set_caps(&mut self, id: ParticipantId) {
        let Some(participant) = self.directory.participant(id).map(Arc::clone) else { return };
        if participant.role != Role::Mpp {
            return;
        }
        for currency in &participant.contract.settlement_currencies {
            let share = |cap: money::Money| {
                i128::from(cap.minor()) / i128::from(self.plan.partitions.max(1))
            };
            let ceiling = participant.contract.cap(*currency).map(share);
            let limits = Limits { floor: None, ceiling };
            self.ledger.set_limits(of(id, RECEIVABLE, *currency), limits);
        }
    }

    fn fund(&mut self, cx: &mut Context<'_>, it: Funding) -> Result<Reply, Refusal> {
        let participant = self
            .directory
            .participant(it.participant)
            .map(Arc::clone)
            .ok_or_else(|| illegal(&DirectoryError::UnknownParticipant))?;
        check_funding(&participant, &it)?;
        let name = name_of(name_kind::FUNDING, ParticipantId(0), it.reference.as_str());
        let content = encode(&it);
        if let Some(stored) = cx.history.name(&name) {
            if stored == content {
                return Ok(Reply::Done);
            }
            return Err(Refusal::new(
                ResultCode::RepeatReqInconsistent,
                "reference: was used before with other content",
            ));
        }
        self.ledger.post(&posting::funding(&participant, &it)).map_err(|refusal| {
            Refusal::new(ResultCode::ProcessFail, format!("amount: cannot be booked: {refusal}"))
        })?;
        cx.rows.push(Row::Name { name, value: content });
        Ok(Reply::Done)
    }
}

fn check_funding(participant: &Participant, it: &Funding) -> Result<(), Refusal> {
    if !participant.contract.settles_in(it.amount.currency()) {
        return Err(Refusal::new(
            ResultCode::CurrencyNotSupport,
            "amount.currency: the participant does not settle in it",
        ));
    }
    if it.amount.is_zero() {
        return Err(Refusal::new(ResultCode::ParamIllegal, "amount.value: must be at least 1"));
    }
    Ok(())
}
