//! Steps about agreements: a consent, its tokens, debits under it, its end.

use super::Outcome;
use super::language::{AmountText, Asked, Words, amount, number, span};
use super::on_bare::{OnBare, positive, repeated, shown};
use crate::preset::{currency, text};
use base::{ResultCode, Span};
use ids::{AgreementId, CustomerAlias, Partition, PaymentId};
use network::{
    Agreement, AgreementState, Change, Command, Consenter, Digest, EndAgreement, EndedBy, Grant,
    GrantTokens, Order, Pay, PayBy, Prepare, Reply, Scope, Sealed, TokenUse, Way,
};
use std::sync::Arc;

#[derive(Clone, Debug)]
pub enum AgreementAct {
    /// A shop asks for a user's consent.
    Agree(AgreeAct),
    /// The wallet gives tokens.
    Grant(GrantAct),
    Debit(DebitAct),
    End(EndAct),
    /// How it stands.
    Stands(String),
}

#[derive(Clone, Debug)]
pub struct AgreeAct {
    pub name: String,
    /// `referenceAgreementId`.
    pub reference: String,
    pub acquirer: String,
    pub wallet: String,
    pub user: String,
    pub merchant: String,
    pub times: u32,
}

#[derive(Clone, Debug)]
pub struct GrantAct {
    pub agreement: String,
    /// The generation whose refresh token is presented, 0 for the consent itself; absent, the
    /// newest.
    pub from: Option<u32>,
    /// For how long the access token holds.
    pub lasts: Span,
    /// Another wallet or user than the one that was asked.
    pub wallet: Option<String>,
    pub user: Option<String>,
    pub is_unasked: bool,
    pub times: u32,
}

#[derive(Clone, Debug)]
pub struct DebitAct {
    pub asked: Asked,
    pub agreement: String,
    pub amount: AmountText,
    /// Another shop than the one that the agreement names.
    pub merchant: Option<String>,
    /// Generation of the token; absent, the newest.
    pub token: Option<u32>,
    pub notifies: bool,
}

#[derive(Clone, Debug)]
pub struct EndAct {
    pub agreement: String,
    pub by: EndedBy,
    /// Another participant than the agreement's own.
    pub who: Option<String>,
    pub token: Option<u32>,
    pub times: u32,
}

impl Words<'_> {
    pub(super) fn agreement(&mut self) -> Result<AgreementAct, String> {
        let name = self.text(1)?;
        Ok(match self.word(0)? {
            "agree" => AgreementAct::Agree(self.agree(name)?),
            "grant" => AgreementAct::Grant(self.grant(name, Some(0))?),
            "refresh" => AgreementAct::Grant(self.grant(name, None)?),
            "debit" => AgreementAct::Debit(self.debit()?),
            "end" => AgreementAct::End(self.end(name)?),
            _ => AgreementAct::Stands(name),
        })
    }

    fn agree(&mut self, name: String) -> Result<AgreeAct, String> {
        let acquirer = self.or("acquirer", "A-JP").to_owned();
        let merchant = if acquirer == "A-JP" { "M-TEA" } else { "M-MANGO" };
        Ok(AgreeAct {
            reference: self.take("as").map_or_else(|| name.clone(), str::to_owned),
            name,
            acquirer,
            wallet: self.needed("wallet")?.to_owned(),
            user: self.or("user", "minjun").to_owned(),
            merchant: self.or("merchant", merchant).to_owned(),
            times: self.times()?,
        })
    }

    fn grant(&mut self, agreement: String, from: Option<u32>) -> Result<GrantAct, String> {
        Ok(GrantAct {
            agreement,
            from: self.take("from").map(number).transpose()?.or(from),
            lasts: span(self.or("lasts", "365d"))?,
            wallet: self.take("wallet").map(str::to_owned),
            user: self.take("user").map(str::to_owned),
            is_unasked: self.take("unasked").is_some_and(|it| it == "yes"),
            times: self.times()?,
        })
    }

    fn debit(&mut self) -> Result<DebitAct, String> {
        Ok(DebitAct {
            agreement: self.text(2)?,
            asked: self.asked(1)?,
            amount: amount(self.needed("amount")?)?,
            merchant: self.take("merchant").map(str::to_owned),
            token: self.take("token").map(number).transpose()?,
            notifies: self.take("notify").is_some_and(|it| it == "yes"),
        })
    }

    fn end(&mut self, agreement: String) -> Result<EndAct, String> {
        let by = match self.needed("by")? {
            "acquirer" => EndedBy::Acquirer,
            "wallet" => EndedBy::Wallet,
            "operator" => EndedBy::Operator,
            other => return Err(format!("no agreement is ended by {other}")),
        };
        Ok(EndAct {
            agreement,
            by,
            who: self.take("who").map(str::to_owned),
            token: self.take("token").map(number).transpose()?,
            times: self.times()?,
        })
    }

    pub(super) fn times(&mut self) -> Result<u32, String> {
        number(self.or("times", "1"))
    }
}

/// An agreement as the scenario knows it.
#[derive(Clone, Debug)]
pub(super) struct Consent {
    pub id: AgreementId,
    asked: AgreeAct,
    /// The newest generation of its tokens, 0 before the consent.
    newest: u32,
}

/// By what the access token of a generation is known.
fn access(id: AgreementId, generation: u32) -> Digest {
    let mut digest = [0; 32];
    digest[..16].copy_from_slice(&id.as_u128().to_be_bytes());
    digest[16..20].copy_from_slice(&generation.to_be_bytes());
    digest
}

/// The network's answer to a step about an agreement.
fn agreed(reply: &Reply) -> Outcome {
    match reply {
        Reply::Agreement { .. } => Ok(shown(ResultCode::Success)),
        Reply::Refused(refusal) => Ok(shown(refusal.code)),
        _ => Err("an unexpected reply".to_owned()),
    }
}

impl OnBare {
    pub(super) fn agreement(&mut self, act: &AgreementAct) -> Outcome {
        match act {
            AgreementAct::Agree(it) => repeated(it.times, || self.agree(it)),
            AgreementAct::Grant(it) => repeated(it.times, || self.grant(it)),
            AgreementAct::Debit(it) => repeated(it.asked.times, || self.debit(it)),
            AgreementAct::End(it) => repeated(it.times, || self.end(it)),
            AgreementAct::Stands(name) => self.agreement_stands(name),
        }
    }

    fn consent(&self, name: &str) -> Result<Consent, String> {
        self.agreements.get(name).cloned().ok_or_else(|| format!("no agreement {name}"))
    }

    fn agree(&mut self, it: &AgreeAct) -> Outcome {
        let prepare = Prepare {
            id: AgreementId::new(self.world.now.millis(), Partition(0), self.draw()),
            acquirer: self.participant(&it.acquirer)?,
            mpp: Some(self.participant(&it.wallet)?),
            client: text(&it.merchant),
            merchant: text(&it.merchant),
            reference: Some(text(&it.reference)),
            name: text("a shop"),
            display_name: None,
            scopes: vec![Scope::AgreementPay],
            redirect_url: text("https://shop.example/back"),
            auth_state: text("state"),
        };
        let reply = self.submit(Command::Prepare(Box::new(prepare)));
        if let Reply::Agreement { agreement, is_repeat } = &reply {
            let is_known = self.agreements.values().any(|known| known.id == agreement.id);
            if *is_repeat != is_known {
                return Err("the same reference is not the same agreement".to_owned());
            }
            let newest = agreement.grant.as_ref().map_or(0, |grant| grant.generation);
            let consent = Consent { id: agreement.id, asked: it.clone(), newest };
            self.agreements.insert(it.name.clone(), consent);
        }
        agreed(&reply)
    }

    fn grant(&mut self, it: &GrantAct) -> Outcome {
        let Consent { id, asked, newest } = self.consent(&it.agreement)?;
        let generation = it.from.unwrap_or(newest) + 1;
        let wallet = it.wallet.as_ref().unwrap_or(&asked.wallet);
        let customer = it.user.as_ref().unwrap_or(&asked.user);
        // What led to the tokens is another digest than theirs.
        let mut proof = access(id, generation);
        proof[31] = 1;
        let grant = Grant {
            generation,
            proof,
            access: access(id, generation),
            access_until: self.world.now.after(it.lasts),
            refresh: None,
            refresh_until: None,
            wallet_access: proof,
            wallet_tokens: Sealed::default(),
        };
        let reply = self.submit(Command::GrantTokens(Box::new(GrantTokens {
            agreement: id,
            mpp: self.participant(wallet)?,
            user: Consenter { customer: text(customer), alias: CustomerAlias::from_u128(7) },
            grant,
            is_unasked: it.is_unasked,
        })));
        if let (Reply::Agreement { .. }, Some(known)) =
            (&reply, self.agreements.get_mut(&it.agreement))
        {
            known.newest = known.newest.max(generation);
        }
        agreed(&reply)
    }

    fn debit(&mut self, it: &DebitAct) -> Outcome {
        let Consent { id: agreement, asked, newest } = self.consent(&it.agreement)?;
        let amount = match positive(&it.amount) {
            Ok(amount) => amount,
            Err(code) => return Ok(shown(code)),
        };
        let access = access(agreement, it.token.unwrap_or(newest));
        let pay = Pay {
            id: PaymentId::new(self.world.now.millis(), Partition(0), self.draw()),
            acquirer: self.participant(&it.asked.acquirer)?,
            request_id: text(&it.asked.request_id),
            order: Order {
                reference: text(&it.asked.payment),
                description: text("a subscription"),
                amount,
                merchant: text(it.merchant.as_ref().unwrap_or(&asked.merchant)),
                store: None,
                terminal: None,
            },
            amount,
            settlement_currency: Some(currency(&it.amount.currency)),
            method_type: text("CONNECT_WALLET"),
            way: Way::AutoDebit,
            by: PayBy::Token(TokenUse { agreement, access }),
            expiry: None,
            notify_url: it.notifies.then(|| text("http://127.0.0.1/notify")),
            redirect_url: None,
            push: None,
        };
        self.submit_pay(&it.asked.payment, pay)
    }

    fn end(&mut self, it: &EndAct) -> Outcome {
        let Consent { id, asked, newest } = self.consent(&it.agreement)?;
        let token = access(id, it.token.unwrap_or(newest));
        let (own, access) = match it.by {
            EndedBy::Acquirer => (asked.acquirer, Some(token)),
            EndedBy::Wallet => (asked.wallet, None),
            EndedBy::Operator => return agreed(&self.operate(Change::EndAgreement(id))),
        };
        let participant = Some(self.participant(it.who.as_ref().unwrap_or(&own))?);
        let end = EndAgreement { agreement: id, by: it.by, participant, access };
        agreed(&self.submit(Command::EndAgreement(end)))
    }

    fn agreement_stands(&self, name: &str) -> Outcome {
        let id = self.consent(name)?.id;
        let found: Option<Arc<Agreement>> = self.world.machine.agreement(&self.world.history, id);
        let found = found.ok_or_else(|| format!("agreement {name} is gone"))?;
        let state = match found.state {
            AgreementState::Prepared => "Prepared".to_owned(),
            AgreementState::Active => "Active".to_owned(),
            AgreementState::Ended { by, .. } => format!("Ended by {by:?}"),
        };
        let (taken, open) = (found.taken_now(self.world.now), found.open_debits.len());
        Ok(format!("{state}, {taken} taken, {open} open"))
    }
}
