//! Steps about customs declarations: made by an acquirer, filed by the operator.

use super::Outcome;
use super::language::{AmountText, Asked, Words, amount};
use super::on_bare::{OnBare, positive, repeated, shown};
use crate::preset::text;
use base::ResultCode;
use network::{
    Change, Command, Declaration, DeclarationContent, DeclarationState, Declare, Reply,
    SetDeclaration,
};

#[derive(Clone, Debug)]
pub enum CustomsAct {
    Declare(DeclareAct),
    /// What the operator learnt about a declaration.
    Set {
        name: String,
        acquirer: String,
        state: CustomsSays,
    },
    /// How it stands.
    Stands(String),
}

#[derive(Clone, Debug)]
pub struct DeclareAct {
    /// `customsDeclarationRequestId`.
    pub name: String,
    pub asked: Asked,
    pub amount: AmountText,
    /// The order, when the payment is declared in parts.
    pub order: Option<String>,
}

/// What a customs office says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CustomsSays {
    Filed,
    Accepted,
    Rejected,
}

impl Words<'_> {
    pub(super) fn customs(&mut self) -> Result<CustomsAct, String> {
        let name = self.text(1)?;
        Ok(match self.word(0)? {
            "declare" => CustomsAct::Declare(DeclareAct {
                name,
                asked: self.asked(2)?,
                amount: amount(self.needed("amount")?)?,
                order: self.take("order").map(str::to_owned),
            }),
            "customs" => CustomsAct::Set {
                name,
                acquirer: self.or("acquirer", "A-JP").to_owned(),
                state: match self.word(2)? {
                    "filed" => CustomsSays::Filed,
                    "accepted" => CustomsSays::Accepted,
                    "rejected" => CustomsSays::Rejected,
                    other => return Err(format!("customs do not say {other}")),
                },
            },
            _ => CustomsAct::Stands(name),
        })
    }
}

fn declared(reply: &Reply) -> Outcome {
    match reply {
        Reply::Declared { .. } => Ok(shown(ResultCode::Success)),
        Reply::Refused(refusal) => Ok(shown(refusal.code)),
        _ => Err("an unexpected reply".to_owned()),
    }
}

impl OnBare {
    pub(super) fn customs(&mut self, act: &CustomsAct) -> Outcome {
        match act {
            CustomsAct::Declare(it) => repeated(it.asked.times, || self.declare(it)),
            CustomsAct::Set { name, acquirer, state } => {
                let state = match state {
                    CustomsSays::Filed => DeclarationState::Filed,
                    CustomsSays::Accepted => DeclarationState::Accepted { code: None },
                    CustomsSays::Rejected => {
                        DeclarationState::Rejected { reason: text("papers are missing") }
                    }
                };
                let acquirer = self.participant(acquirer)?;
                let it = SetDeclaration { acquirer, request_id: text(name), state };
                declared(&self.operate(Change::SetDeclaration(it)))
            }
            CustomsAct::Stands(name) => self.declaration_stands(name),
        }
    }

    fn declare(&mut self, it: &DeclareAct) -> Outcome {
        let amount = match positive(&it.amount) {
            Ok(amount) => amount,
            Err(code) => return Ok(shown(code)),
        };
        let declare = Declare {
            acquirer: self.participant(&it.asked.acquirer)?,
            payment: text(&it.asked.request_id),
            request_id: text(&it.name),
            content: DeclarationContent {
                customs_code: text("HANGZHOU"),
                merchant_code: text("330196"),
                merchant_name: text("Ramen Ichiban"),
                amount,
                order: it.order.as_ref().map(|order| text(order)),
            },
        };
        declared(&self.submit(Command::Declare(Box::new(declare))))
    }

    fn declaration_stands(&self, name: &str) -> Outcome {
        let found = self.payments.values().find_map(|id| {
            let payment = self.world.machine.payment(&self.world.history, *id)?;
            let found = payment.declarations.iter().find(|it| it.request_id.as_str() == name);
            found.cloned()
        });
        let it: Declaration = found.ok_or_else(|| format!("no declaration {name}"))?;
        let state = match it.state {
            DeclarationState::Waiting => "Waiting",
            DeclarationState::Filed => "Filed",
            DeclarationState::Accepted { .. } => "Accepted",
            DeclarationState::Rejected { .. } => "Rejected",
        };
        let amount = it.content.amount;
        Ok(format!("{state} {}:{}", amount.currency().code(), amount.minor()))
    }
}
