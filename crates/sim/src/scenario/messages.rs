//! Messages that belong to no payment: what a partner hears, and how it answers.

use super::Outcome;
use super::language::Words;
use super::on_bare::OnBare;
use base::ResultCode;
use ids::AgreementId;
use network::{AuthNews, Command, ErrandOutcome, Message};

/// A partner hears the oldest message that is on its way to it.
#[derive(Clone, Debug)]
pub struct HearsAct {
    pub participant: String,
    pub outcome: ErrandOutcome,
}

impl Words<'_> {
    pub(super) fn hears(&mut self) -> Result<HearsAct, String> {
        let outcome = match self.word(2).unwrap_or("yes") {
            "yes" => ErrandOutcome::Acknowledged,
            "no" => ErrandOutcome::Refused(ResultCode::ProcessFail),
            "silent" => ErrandOutcome::Silent,
            other => return Err(format!("a message is not answered {other}")),
        };
        Ok(HearsAct { participant: self.text(1)?, outcome })
    }
}

impl OnBare {
    pub(super) fn hears(&mut self, it: &HearsAct) -> Outcome {
        let to = self.participant(&it.participant)?;
        let oldest = self.world.errands.values().find(|errand| errand.to == to);
        let Some(errand) = oldest.cloned() else { return Ok("nothing".to_owned()) };
        let words = self.words_of(&errand.message);
        self.world.errands.remove(&errand.id);
        let (id, attempt, outcome) = (errand.id, errand.attempts, it.outcome);
        self.submit(Command::ErrandDone { id, attempt, outcome });
        Ok(words)
    }

    fn words_of(&self, message: &Message) -> String {
        let name = |id: AgreementId| {
            let found = self.agreements.iter().find(|(_, it)| it.id == id);
            found.map_or("an agreement", |(name, _)| name)
        };
        let dispute = |payment: &network::Payment, number: u32| {
            payment.disputes[number as usize].request_id.to_string()
        };
        match message {
            Message::CancelToken(it) => format!("ended {}", name(it.id)),
            Message::AuthNotify { agreement, news } => {
                let word = match news {
                    AuthNews::CodeCreated(_) => "consented",
                    AuthNews::TokenCreated => "granted",
                    AuthNews::TokenCancelled => "ended",
                };
                format!("{word} {}", name(agreement.id))
            }
            Message::Registration { merchant, .. } => format!("merchant {}", merchant.reference),
            Message::RegistrationStatus(it) => format!("decided {}", it.reference),
            Message::Dispute { payment, number } => {
                format!("dispute {}", dispute(payment, *number))
            }
            Message::DisputeAnswered { payment, number } => {
                format!("answered {}", dispute(payment, *number))
            }
        }
    }
}
