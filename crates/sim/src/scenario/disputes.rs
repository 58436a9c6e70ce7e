//! Steps about disputes: opened by a wallet, answered by the acquirer.

use super::Outcome;
use super::language::{AmountText, Words, amount};
use super::on_bare::{OnBare, positive, repeated, shown};
use crate::preset::text;
use base::ResultCode;
use ids::{Partition, PaymentId, RefundId};
use network::{
    AnswerDispute, Command, DisputeAnswer, DisputeKind, DisputeRecord, DisputeState, OpenDispute,
    Reply,
};

#[derive(Clone, Debug)]
pub enum DisputeAct {
    Open(OpenAct),
    Answer(AnswerAct),
    /// How it stands.
    Stands(String),
}

#[derive(Clone, Debug)]
pub struct OpenAct {
    /// `disputeRequestId`.
    pub name: String,
    pub payment: String,
    pub wallet: String,
    /// What is claimed; absent, documents are asked for.
    pub amount: Option<AmountText>,
    pub times: u32,
}

#[derive(Clone, Debug)]
pub struct AnswerAct {
    pub name: String,
    /// The payment that the acquirer names with it, when it is not the dispute's own.
    pub payment: Option<String>,
    pub acquirer: String,
    pub says: DisputeSays,
    pub times: u32,
}

/// What an acquirer says to a dispute.
#[derive(Clone, Debug)]
pub enum DisputeSays {
    Documents,
    Accepted(AmountText),
    Refused,
}

impl Words<'_> {
    pub(super) fn dispute(&mut self) -> Result<DisputeAct, String> {
        let name = self.text(1)?;
        Ok(match self.word(0)? {
            word @ ("retrieval" | "escalate") => DisputeAct::Open(OpenAct {
                name,
                payment: self.text(2)?,
                wallet: self.or("wallet", "W-KR").to_owned(),
                amount: match word {
                    "escalate" => Some(amount(self.needed("amount")?)?),
                    _ => None,
                },
                times: self.times()?,
            }),
            "answer" => DisputeAct::Answer(AnswerAct {
                name,
                payment: self.take("payment").map(str::to_owned),
                acquirer: self.or("acquirer", "A-JP").to_owned(),
                says: match self.word(2)? {
                    "documents" => DisputeSays::Documents,
                    "accepted" => DisputeSays::Accepted(amount(self.word(3)?)?),
                    "refused" => DisputeSays::Refused,
                    other => return Err(format!("no dispute is answered {other}")),
                },
                times: self.times()?,
            }),
            _ => DisputeAct::Stands(name),
        })
    }
}

fn disputed(reply: &Reply) -> Outcome {
    match reply {
        Reply::Dispute { .. } => Ok(shown(ResultCode::Success)),
        Reply::Refused(refusal) => Ok(shown(refusal.code)),
        _ => Err("an unexpected reply".to_owned()),
    }
}

impl OnBare {
    pub(super) fn dispute(&mut self, act: &DisputeAct) -> Outcome {
        match act {
            DisputeAct::Open(it) => repeated(it.times, || self.open_dispute(it)),
            DisputeAct::Answer(it) => repeated(it.times, || self.answer_dispute(it)),
            DisputeAct::Stands(name) => {
                let found = self.dispute_named(name).ok_or_else(|| format!("no dispute {name}"))?;
                Ok(stands(&found.1))
            }
        }
    }

    /// The dispute of this name and its payment.
    fn dispute_named(&self, name: &str) -> Option<(PaymentId, DisputeRecord)> {
        self.payments.values().find_map(|id| {
            let payment = self.world.machine.payment(&self.world.history, *id)?;
            let found = payment.disputes.iter().find(|it| it.request_id.as_str() == name)?;
            Some((*id, found.clone()))
        })
    }

    fn open_dispute(&mut self, it: &OpenAct) -> Outcome {
        let kind = match it.amount.as_ref().map(positive) {
            None => DisputeKind::Retrieval,
            Some(Ok(amount)) => DisputeKind::Escalation { amount },
            Some(Err(code)) => return Ok(shown(code)),
        };
        let open = OpenDispute {
            mpp: self.participant(&it.wallet)?,
            request_id: text(&it.name),
            payment: self.id(&it.payment)?,
            kind,
            reason: None,
            refund: RefundId::new(self.world.now.millis(), Partition(0), self.draw()),
        };
        disputed(&self.submit(Command::OpenDispute(open)))
    }

    fn answer_dispute(&mut self, it: &AnswerAct) -> Outcome {
        let answer = match &it.says {
            DisputeSays::Documents => DisputeAnswer::Documents,
            DisputeSays::Refused => DisputeAnswer::Refused,
            DisputeSays::Accepted(amount) => match positive(amount) {
                Ok(amount) => DisputeAnswer::Accepted { amount },
                Err(code) => return Ok(shown(code)),
            },
        };
        let own = self.dispute_named(&it.name).map(|(payment, _)| payment);
        let payment = match &it.payment {
            Some(name) => self.id(name)?,
            None => own.ok_or_else(|| format!("no dispute {}", it.name))?,
        };
        let acquirer = self.participant(&it.acquirer)?;
        let answer = AnswerDispute { acquirer, request_id: text(&it.name), payment, answer };
        disputed(&self.submit(Command::AnswerDispute(answer)))
    }
}

fn stands(dispute: &DisputeRecord) -> String {
    match dispute.state {
        DisputeState::Open => "Open".to_owned(),
        DisputeState::Expired => "Expired".to_owned(),
        DisputeState::Answered(DisputeAnswer::Documents) => "Documents".to_owned(),
        DisputeState::Answered(DisputeAnswer::Refused) => "Refused".to_owned(),
        DisputeState::Answered(DisputeAnswer::Accepted { amount }) => {
            format!("Accepted {}:{}", amount.currency().code(), amount.minor())
        }
    }
}
