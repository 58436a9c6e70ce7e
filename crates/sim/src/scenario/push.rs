//! Steps about push mode: codes without an order, paid first and then pushed to the acquirer.

use super::Outcome;
use super::language::{AmountText, Words, amount};
use super::on_bare::{OnBare, positive, shown};
use crate::preset::text;
use base::ResultCode;
use ids::{Partition, PartnerText, PaymentId};
use network::{
    Command, EffectKind, EffectOutcome, NotifyPush, Order, OrderToken, Pay, PayBy, PushAnswer,
    Reply, ScannedCode, Sealed, Way,
};
use payment::PushInput;

#[derive(Clone, Debug)]
pub enum PushAct {
    /// A user scans a sticker and enters an amount.
    Scan { payment: String, user: String, acquirer: String, merchant: String, amount: AmountText },
    /// The acquirer's answer to the call that is open.
    Answers { payment: String, says: PushInput, name: Option<String> },
    /// The acquirer's `notifyPushPayment`.
    Notifies { payment: String, acquirer: String, says: PushInput, name: Option<String> },
}

impl Words<'_> {
    pub(super) fn push(&mut self) -> Result<PushAct, String> {
        let payment = self.text(1)?;
        let acquirer = self.or("acquirer", "A-JP").to_owned();
        let word = self.word(0)?;
        if word == "scan" {
            return Ok(PushAct::Scan {
                payment,
                user: self.or("user", "minjun").to_owned(),
                acquirer,
                merchant: self.or("merchant", "M-RAMEN").to_owned(),
                amount: amount(self.needed("amount")?)?,
            });
        }
        let says = match self.word(2)? {
            "accepted" => PushInput::Accepted,
            "refused" => PushInput::Refused,
            "in-process" => PushInput::InProcess,
            "silent" => PushInput::Silent,
            "not-found" => PushInput::NotFound,
            other => return Err(format!("an acquirer does not say {other}")),
        };
        let name = self.take("as").map(str::to_owned);
        Ok(match word {
            "push" => PushAct::Answers { payment, says, name },
            _ => PushAct::Notifies { payment, acquirer, says, name },
        })
    }
}

fn answer(says: PushInput, name: Option<&String>) -> PushAnswer {
    let code = match says {
        PushInput::Accepted => ResultCode::Success,
        PushInput::Refused => ResultCode::RiskReject,
        PushInput::InProcess => ResultCode::PaymentInProcess,
        PushInput::NotFound => ResultCode::OrderNotExist,
        PushInput::Silent => ResultCode::UnknownException,
    };
    PushAnswer { says, code, request_id: name.map(|name| text(name)) }
}

impl OnBare {
    pub(super) fn push(&mut self, act: &PushAct) -> Outcome {
        match act {
            PushAct::Scan { payment, user, acquirer, merchant, amount } => {
                let place = (self.participant(acquirer)?, text(merchant));
                self.scan(payment, user, place, amount)
            }
            PushAct::Answers { payment, says, name } => {
                let id = self.id(payment)?;
                let is_push = |kind| matches!(kind, EffectKind::Push | EffectKind::PushInquiry);
                let open = self.world.effects.keys();
                let open = open.copied().find(|it| it.payment == id && is_push(it.kind));
                let open = open.ok_or_else(|| format!("{payment} waits for no acquirer"))?;
                let outcome = EffectOutcome::Pushed(answer(*says, name.as_ref()));
                self.world.effects.remove(&open);
                self.submit(Command::EffectDone { id: open, outcome });
                let found = self.world.machine.payment(&self.world.history, id);
                Ok(found.map_or_else(String::new, |it| format!("{:?}", it.state)))
            }
            PushAct::Notifies { payment, acquirer, says, name } => {
                let it = NotifyPush {
                    acquirer: self.participant(acquirer)?,
                    payment: self.id(payment)?,
                    answer: answer(*says, name.as_ref()),
                };
                match self.submit(Command::NotifyPush(it)) {
                    Reply::Done => Ok(shown(ResultCode::Success)),
                    Reply::Refused(refusal) => Ok(shown(refusal.code)),
                    _ => Err("an unexpected reply".to_owned()),
                }
            }
        }
    }

    /// The same user sees the same order, so that a scan is known by the user alone.
    fn scan(
        &mut self,
        name: &str,
        user: &str,
        (acquirer, merchant): (ids::ParticipantId, PartnerText),
        price: &AmountText,
    ) -> Outcome {
        let amount = match positive(price) {
            Ok(amount) => amount,
            Err(code) => return Ok(shown(code)),
        };
        let mut scan = [0; 32];
        scan.iter_mut().zip(user.bytes()).for_each(|(to, from)| *to = from);
        let id = PaymentId::new(self.world.now.millis(), Partition(0), self.draw());
        let pay = Pay {
            id,
            acquirer,
            request_id: text(&id.to_string()),
            order: Order {
                reference: text(name),
                description: text("an order"),
                amount,
                store: Some(text(&format!("{merchant}-S1"))),
                merchant,
                terminal: None,
            },
            amount,
            settlement_currency: None,
            method_type: text("CONNECT_WALLET"),
            way: Way::EntryCode,
            by: PayBy::Order(OrderToken::new(id, self.draw())),
            expiry: None,
            notify_url: None,
            redirect_url: None,
            push: Some(ScannedCode { text: Sealed(vec![1, 2, 3]), scan }),
        };
        self.submit_pay(name, pay)
    }
}
