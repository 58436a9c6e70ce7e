//! What partners answer to the network's calls, and what wallets tell by themselves.

use super::desk::Reply;
use super::over_http::{OverHttp, parse, shown};
use super::spelling;
use engine::Clock;
use network::{EffectKind, PaymentEffect};
use sim::scenario::{Call, Outcome, Says, WalletAct};
use wire::{Api, Datetime};

impl OverHttp {
    fn due(&self, name: &str) -> Result<Vec<Due>, String> {
        let id = &self.known(name)?.id;
        let own = |effect: &PaymentEffect| effect.id.payment.to_string() == *id;
        Ok(self.outbox()?.iter().filter(|it| own(it)).map(Due::of).collect())
    }

    pub(super) fn told(&mut self, it: &WalletAct, wallet: &str) -> Outcome {
        let id = self.known(&it.payment)?.id.clone();
        let asked = match &self.known(&it.payment)?.taken {
            Some(taken) => taken.clone(),
            None => self.until("the wallet's call", || Ok(self.desk.asked(&id)))?,
        };
        let result = match it.says {
            Says::Approved => r#"{"resultStatus":"S","resultCode":"SUCCESS"}"#.to_owned(),
            Says::Declined(code) => {
                format!(r#"{{"resultStatus":"F","resultCode":"{code}"}}"#)
            }
            Says::InProcess => {
                r#"{"resultStatus":"U","resultCode":"PAYMENT_IN_PROCESS"}"#.to_owned()
            }
            Says::Silent | Says::NotFound => {
                return Err("a wallet cannot notify that".to_owned());
            }
        };
        let (pay_to, customer) = asked;
        let pay_to = it.pay_to.as_ref().map_or_else(
            || {
                let (code, minor) = (pay_to.currency().code(), pay_to.minor());
                format!(r#"{{"currency":"{code}","value":"{minor}"}}"#)
            },
            spelling::amount,
        );
        let amount = &self.known(&it.payment)?.amount;
        let amount = it.amount.as_ref().map_or_else(|| amount.clone(), spelling::amount);
        let time = Datetime::utc(self.clock.now());
        let body = format!(
            r#"{{"paymentResult":{result},"paymentRequestId":"{id}","paymentId":"wallet-id","paymentTime":"{time}",
"paymentAmount":{amount},"payToAmount":{pay_to},"customerId":"{customer}"}}"#
        );
        let answer = self.of_wallet(wallet, Api::NotifyPayment, body)?;
        Ok(shown(&parse::<wire::ResultOnly>(&answer)?.result))
    }

    /// Answers a call and waits until the network has recorded what came of it.
    fn answer(&self, due: &Due, reply: Reply) -> Result<(), String> {
        self.until("the call", || Ok(self.desk.answer(due.wanted(), reply.clone()).then_some(())))?;
        self.until("the outcome", || {
            let is_out = self.outbox()?.iter().any(|it| it.id == due.id);
            Ok((!is_out).then_some(()))
        })
    }

    pub(super) fn wallet(&mut self, it: &WalletAct, call: Option<Call>) -> Outcome {
        let due = self
            .due(&it.payment)?
            .into_iter()
            .find(|due| due.call != Call::Notify && call.is_none_or(|wanted| wanted == due.call));
        let due = due.ok_or_else(|| format!("no call to the wallet is open for {}", it.payment))?;
        let reply = self.reply(it, due.call)?;
        self.answer(&due, reply)?;
        let story = self.story(&it.payment)?;
        let state = match due.id.kind {
            EffectKind::Refund(number) => &story["refunds"][number as usize]["state"],
            _ => &story["state"],
        };
        state.as_str().map(str::to_owned).ok_or_else(|| "the story tells no state".to_owned())
    }

    /// The wallet's answer to this kind of call.
    fn reply(&mut self, it: &WalletAct, call: Call) -> Result<Reply, String> {
        let (status, code) = match it.says {
            Says::Approved => ("S", "SUCCESS"),
            Says::Declined(code) => ("F", code.as_str()),
            Says::InProcess => ("U", "PAYMENT_IN_PROCESS"),
            Says::NotFound if call == Call::Pay => {
                return Err("a wallet that is asked to pay knows the payment".to_owned());
            }
            Says::NotFound => ("F", "ORDER_NOT_EXIST"),
            Says::Silent => return Ok(self.silence()),
        };
        let result = format!(r#"{{"resultStatus":"{status}","resultCode":"{code}"}}"#);
        let mut body = match call {
            // An inquiry that works says what became of the payment.
            Call::Inquiry if it.says != Says::NotFound => format!(
                r#"{{"result":{{"resultStatus":"S","resultCode":"SUCCESS"}},"paymentResult":{result}"#
            ),
            _ => format!(r#"{{"result":{result}"#),
        };
        if it.says == Says::Approved && call != Call::Cancel {
            let id = if call == Call::Refund { "refundId" } else { "paymentId" };
            body.push_str(&format!(r#","{id}":"wallet-id""#));
        }
        for (name, amount) in [("paymentAmount", &it.amount), ("payToAmount", &it.pay_to)] {
            if let Some(amount) = amount {
                body.push_str(&format!(r#","{name}":{}"#, spelling::amount(amount)));
            }
        }
        body.push('}');
        Ok(Reply::Say(body.into()))
    }

    /// No usable answer: every way of it in turn.
    fn silence(&mut self) -> Reply {
        const SUCCESS: &str = r#"{"result":{"resultStatus":"S","resultCode":"SUCCESS"}}"#;
        const UNKNOWN: &str = r#"{"result":{"resultStatus":"U","resultCode":"UNKNOWN_EXCEPTION"}}"#;
        self.silences += 1;
        match self.silences % 5 {
            0 => Reply::Forge(SUCCESS.into()),
            1 => Reply::Hang,
            2 => Reply::Status(500),
            3 => Reply::Say("<html>Bad Gateway</html>".into()),
            _ => Reply::Say(UNKNOWN.into()),
        }
    }

    pub(super) fn acknowledge(&mut self, name: &str, yes: bool) -> Outcome {
        let due = self.due(name)?.into_iter().find(|due| due.call == Call::Notify);
        let due = due.ok_or("no notification is under way")?;
        let reply = match yes {
            true => Reply::Say(r#"{"result":{"resultStatus":"S","resultCode":"SUCCESS"}}"#.into()),
            false => self.silence(),
        };
        self.answer(&due, reply)?;
        let story = self.story(name)?;
        Ok(story["notification"].as_str().unwrap_or("none").to_owned())
    }

    pub(super) fn waits(&self, name: &str) -> Outcome {
        let due = self.due(name)?;
        for due in &due {
            self.until("a call", || Ok(self.desk.is_parked(due.wanted()).then_some(())))?;
        }
        let words: Vec<&str> = due.iter().map(|due| due.call.as_str()).collect();
        Ok(if words.is_empty() { "nothing".to_owned() } else { words.join(" ") })
    }
}

/// A call that the network owes a partner.
struct Due {
    id: network::EffectId,
    call: Call,
    payment: String,
    refund: Option<String>,
}

impl Due {
    fn of(effect: &PaymentEffect) -> Due {
        let (call, refund) = match effect.id.kind {
            EffectKind::Pay => (Call::Pay, None),
            EffectKind::Inquiry => (Call::Inquiry, None),
            EffectKind::Cancel => (Call::Cancel, None),
            EffectKind::Notify => (Call::Notify, None),
            EffectKind::Refund(number) => {
                (Call::Refund, Some(effect.payment.refunds[number as usize].id.to_string()))
            }
            EffectKind::Claim
            | EffectKind::EndDebit
            | EffectKind::Push
            | EffectKind::PushInquiry => {
                unreachable!("a single partition holds all codes and agreements")
            }
        };
        Due { id: effect.id, call, payment: effect.id.payment.to_string(), refund }
    }

    fn wanted(&self) -> (Call, &str, Option<&str>) {
        (self.call, &self.payment, self.refund.as_deref())
    }
}
