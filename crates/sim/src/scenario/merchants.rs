//! Steps about merchants: reported by acquirers, decided about by wallets.

use super::Outcome;
use super::language::Words;
use super::on_bare::{OnBare, repeated, shown};
use crate::preset::{merchant, text};
use base::ResultCode;
use directory::{Approval, Endpoints, MerchantKey};
use ids::ParticipantId;
use network::{Change, Command, DecideMerchant, Reply};

#[derive(Clone, Debug)]
pub enum MerchantAct {
    /// An acquirer reports a merchant, or that it has changed.
    Report(ReportAct),
    /// A wallet decides about it.
    Decide { wallet: String, merchant: String, acquirer: String, approval: Approval },
    /// From now on a participant is told of merchants.
    Listens(String),
}

#[derive(Clone, Debug)]
pub struct ReportAct {
    pub merchant: String,
    pub acquirer: String,
    /// `registrationRequestId`.
    pub request_id: String,
    pub name: String,
    pub times: u32,
}

impl Words<'_> {
    pub(super) fn merchant(&mut self) -> Result<MerchantAct, String> {
        let name = self.text(1)?;
        Ok(match self.word(0)? {
            "report" => MerchantAct::Report(ReportAct {
                acquirer: self.or("acquirer", "A-JP").to_owned(),
                request_id: self.take("as").map_or_else(|| name.clone(), str::to_owned),
                name: self.or("name", "Noodles").to_owned(),
                merchant: name,
                times: self.times()?,
            }),
            "decide" => MerchantAct::Decide {
                wallet: name,
                merchant: self.text(2)?,
                acquirer: self.or("acquirer", "A-JP").to_owned(),
                approval: match self.word(3)? {
                    "yes" => Approval::Approved,
                    "no" => Approval::Rejected { reason: text("no papers") },
                    other => return Err(format!("a wallet does not decide {other}")),
                },
            },
            _ => MerchantAct::Listens(name),
        })
    }
}

fn done(reply: &Reply) -> Outcome {
    match reply {
        Reply::Done => Ok(shown(ResultCode::Success)),
        Reply::Refused(refusal) => Ok(shown(refusal.code)),
        _ => Err("an unexpected reply".to_owned()),
    }
}

impl OnBare {
    pub(super) fn merchant(&mut self, act: &MerchantAct) -> Outcome {
        match act {
            MerchantAct::Report(it) => repeated(it.times, || self.report(it)),
            MerchantAct::Decide { wallet, merchant, acquirer, approval } => {
                let acquirer = self.participant(acquirer)?;
                let decision = DecideMerchant {
                    mpp: self.participant(wallet)?,
                    merchant: MerchantKey { acquirer, reference: text(merchant) },
                    approval: approval.clone(),
                };
                done(&self.submit(Command::WalletDecides(decision)))
            }
            MerchantAct::Listens(code) => {
                let registration = Some(text("https://partner.example/registration"));
                let endpoints = Box::new(Endpoints { registration, ..Endpoints::default() });
                let participant = self.participant(code)?;
                done(&self.operate(Change::SetEndpoints { participant, endpoints }))
            }
        }
    }

    fn report(&mut self, it: &ReportAct) -> Outcome {
        let ParticipantId(acquirer) = self.participant(&it.acquirer)?;
        let mut report = merchant(acquirer, &it.merchant, &it.name, ("5812", "Osaka"));
        report.request_id = text(&it.request_id);
        done(&self.submit(Command::RegisterMerchant(report)))
    }
}
