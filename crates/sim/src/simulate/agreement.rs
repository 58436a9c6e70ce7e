//! Standing agreements in this world: consents, fresh tokens, ends from all sides, and the messages
//! that tell of them.

use super::acquirer::{SHOPS, acquirer_id};
use super::process::operate;
use super::world::{Asker, Event, World};
use crate::preset::text;
use base::{ResultCode, Span};
use ids::{AgreementId, CustomerAlias, Partition};
use network::{
    Change, Command, Consenter, Digest, EndAgreement, EndedBy, Errand, ErrandId, ErrandOutcome,
    Grant, GrantTokens, Prepare, Scope, Sealed, TokenUse,
};
use std::sync::Arc;

/// One user's agreement with one shop.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Subscription {
    pub id: AgreementId,
    pub acquirer: usize,
    pub merchant: &'static str,
    pub wallet: usize,
}

/// By what the access token of a generation is known.
pub(crate) fn access(id: AgreementId, generation: u32) -> Digest {
    let mut digest = [0; 32];
    digest[..16].copy_from_slice(&id.as_u128().to_be_bytes());
    digest[16..20].copy_from_slice(&generation.to_be_bytes());
    digest
}

impl World {
    /// Something about agreements that a partner begins.
    pub fn agree(&mut self) {
        if self.subscriptions.is_empty() || self.dice.per_mille(300) {
            return self.subscribe();
        }
        let subscription = self.dice.pick(&self.subscriptions);
        match self.dice.below(10) {
            0..5 => {
                let generation = self.checker.generation(subscription.id) + 1;
                self.grant(subscription, generation);
            }
            5 => self.end(subscription, EndedBy::Operator, false),
            6 | 7 => self.end(subscription, EndedBy::Wallet, false),
            8 => self.end(subscription, EndedBy::Acquirer, false),
            _ => self.end(subscription, EndedBy::Wallet, true),
        }
    }

    /// A user consents, and the wallet gives the first token.
    fn subscribe(&mut self) {
        let (acquirer, merchant, _, _) = self.dice.pick(&SHOPS);
        let wallet = self.dice.index(self.wallets.len());
        let partition = self.dice.below(u64::from(self.profile.partitions));
        let partition = Partition(u8::try_from(partition).expect("below 256"));
        let id = AgreementId::new(self.clock().millis(), partition, self.dice.wide());
        let prepare = Prepare {
            id,
            acquirer: acquirer_id(acquirer),
            mpp: Some(self.wallets[wallet].id),
            client: text(merchant),
            merchant: text(merchant),
            reference: None,
            name: text("a shop"),
            display_name: None,
            scopes: vec![Scope::AgreementPay],
            redirect_url: text("https://shop.example/back"),
            auth_state: text("state"),
        };
        let subscription = Subscription { id, acquirer, merchant, wallet };
        self.subscriptions.push(subscription);
        let place = usize::from(partition.0);
        self.submit(place, Command::Prepare(Box::new(prepare)), Asker::Nobody);
        self.grant(subscription, 1);
    }

    fn grant(&mut self, it: Subscription, generation: u32) {
        let life_s = self.dice.pick(&[20, 600, 86_400, 8_640_000]);
        let mut proof = access(it.id, generation);
        proof[31] = 1;
        let grant = Grant {
            generation,
            proof,
            access: access(it.id, generation),
            access_until: self.clock().after(Span::secs(life_s)),
            refresh: None,
            refresh_until: None,
            wallet_access: proof,
            wallet_tokens: Sealed::default(),
        };
        let number = it.id.as_u128();
        let customer = self.name_of_customer(it.wallet, &format!("payer-{number:x}"), number);
        let user = Consenter { customer, alias: CustomerAlias::from_u128(number) };
        let mpp = self.wallets[it.wallet].id;
        let is_unasked = self.dice.per_mille(100);
        let granted = GrantTokens { agreement: it.id, mpp, user, grant, is_unasked };
        let place = usize::from(it.id.partition().0);
        self.submit(place, Command::GrantTokens(Box::new(granted)), Asker::Nobody);
    }

    /// One side ends an agreement; or another wallet tries to.
    fn end(&mut self, it: Subscription, by: EndedBy, is_rogue: bool) {
        let wallet = if is_rogue { (it.wallet + 1) % self.wallets.len() } else { it.wallet };
        let (participant, access) = match by {
            EndedBy::Acquirer => {
                let generation = self.checker.generation(it.id);
                (Some(acquirer_id(it.acquirer)), Some(access(it.id, generation)))
            }
            EndedBy::Wallet => (Some(self.wallets[wallet].id), None),
            EndedBy::Operator => (None, None),
        };
        let agreement = it.id;
        let command = match by {
            EndedBy::Operator => operate(Change::EndAgreement(agreement)),
            _ => Command::EndAgreement(EndAgreement { agreement, by, participant, access }),
        };
        self.submit(usize::from(it.id.partition().0), command, Asker::Nobody);
    }

    /// A token for a debit at this shop: mostly the newest of an agreement with it, sometimes an
    /// older one, or another shop's.
    pub fn draw_token(&mut self, merchant: &str) -> Option<TokenUse> {
        if self.subscriptions.is_empty() {
            return None;
        }
        let is_foreign = self.dice.per_mille(60);
        let fits = |it: &&Subscription| is_foreign || it.merchant == merchant;
        let fitting: Vec<Subscription> = self.subscriptions.iter().filter(fits).copied().collect();
        // Mostly the newest: the others have ended long ago.
        let newest = self.dice.index(fitting.len().clamp(1, 4));
        let it = fitting.iter().rev().nth(newest)?;
        let newest = self.checker.generation(it.id);
        let generation = if self.dice.per_mille(100) { newest.saturating_sub(1) } else { newest };
        Some(TokenUse { agreement: it.id, access: access(it.id, generation) })
    }

    /// A message on its way to a partner, and the time at which its answer is given up.
    pub fn launch_errand(&mut self, errand: &Arc<Errand>) {
        let (boot, id, attempt) = (self.boot, errand.id, errand.attempts);
        self.errands_out.insert((id, attempt));
        self.trace.number(id.number << 8 | u64::from(attempt));
        self.send(|| Event::Errand { boot, errand: Arc::clone(errand) });
        let outcome = ErrandOutcome::Silent;
        self.at(Errand::TIMEOUT, Event::ErrandOutcome { boot, id, attempt, outcome });
    }

    /// A partner hears the message and answers as it is used to.
    pub fn errand_arrives(&mut self, boot: u64, errand: &Errand) {
        self.message_heard(errand);
        let acquirer = usize::from(acquirer_id(0) != errand.to);
        let habits = self.profile.acquirers[acquirer];
        let outcome = if self.dice.per_mille(habits.ignores_notify) {
            return;
        } else if self.dice.per_mille(habits.refuses_notify) {
            ErrandOutcome::Refused(ResultCode::ProcessFail)
        } else {
            ErrandOutcome::Acknowledged
        };
        let (id, attempt) = (errand.id, errand.attempts);
        self.send(|| Event::ErrandOutcome { boot, id, attempt, outcome });
    }

    /// The answer, or its time-out: whichever comes first.
    pub fn errand_answered(&mut self, id: ErrandId, attempt: u32, outcome: ErrandOutcome) {
        if self.errands_out.remove(&(id, attempt)) {
            let done = Command::ErrandDone { id, attempt, outcome };
            self.submit(usize::from(id.partition.0), done, Asker::Nobody);
        }
    }
}
