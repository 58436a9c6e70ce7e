//! A run against an acquirer: what it makes of notifications, and of questions about its codes.
//!
//! It speaks to the acquirer, and listens for one call only, `notifyPushPayment`. What else the
//! acquirer sends to a network is for the network to check.

use super::peer::{PeerConfig, Signing};
use super::push::{self, PushTrial};
use super::report::{Report, Rule};
use super::rules::acquirer as rules;
use super::run::{Concern, Fault, Finding, Pace, Run, broken, refuses, skipped, succeeds, told};
use super::wallet_checks::with_new_fields;
use base::{ResultCode, ResultStatus};
use money::Money;
use std::time::Duration;
use wire::acqp::{NotifyPaymentRequest, UserInitiatedPayRequest, UserInitiatedPayResponse};
use wire::parts::Id;
use wire::{Amount, Datetime, Opaque, ResultOnly, WireResult, paths};

/// How long the network waits for an answer. Source: acquirer interface 1.6.
pub(super) const LONG: Pace = Pace { limit: Duration::from_secs(8), is_first: true };
pub(super) const SHORT: Pace = Pace { limit: Duration::from_secs(5), is_first: false };

/// A text that no acquirer made a code of.
const NOBODYS_CODE: &str = "https://conformance.invalid/no-such-code";

/// What a run against an acquirer needs to know.
#[derive(Debug)]
pub struct AcquirerTrial {
    pub peer: PeerConfig,
    pub notify_path: String,
    pub decode_path: String,
    /// The acquirer's name in messages.
    pub acquirer_id: Id,
    /// A payment that the acquirer asked for and that has no result yet; without it the rules of
    /// notifications that need one are skipped.
    pub payment: Option<(Id, Amount)>,
    /// Another one, which is told to have failed.
    pub failed_payment: Option<(Id, Amount)>,
    /// A text that the acquirer made a code of.
    pub code: Option<Opaque<512>>,
    /// `None`: the acquirer is not in push mode, and the rules of it are left out.
    pub push: Option<PushTrial>,
}

impl AcquirerTrial {
    /// With the paths of the public documents, and nothing to ask about.
    pub fn new(peer: PeerConfig) -> AcquirerTrial {
        let name = Id::new(&peer.network.client_id);
        AcquirerTrial {
            acquirer_id: name.unwrap_or_else(|_| Id::new("ACQUIRER").expect("a short name")),
            peer,
            notify_path: paths::acquirer::NOTIFY_PAYMENT.to_string(),
            decode_path: paths::acquirer::USER_INITIATED_PAY.to_string(),
            payment: None,
            failed_payment: None,
            code: None,
            push: None,
        }
    }

    /// Tries every rule.
    pub async fn run(mut self) -> Report {
        let run = Run::new(self.peer.clone());
        let pushes = self.push.take();
        let mut acquirer = Acquirer { trial: self, run };
        acquirer.try_notifications().await;
        acquirer.try_codes().await;
        match pushes {
            Some(trial) => push::try_rules(&mut acquirer, trial).await,
            None => {
                let (first, last) = (&rules::READS_STICKER, &rules::TELLS_PUSH_TRULY);
                acquirer.run.leave_out(first, last, "push mode: no code of the country was named");
            }
        }
        for (rule, concern) in [
            (&rules::SIGNS, Concern::Signature),
            (&rules::HAS_HEADERS, Concern::Headers),
            (&rules::ANSWERS_200, Concern::Status),
            (&rules::AGREES, Concern::Result),
            (&rules::IS_QUICK, Concern::Slow),
            (&rules::IS_QUICK_OTHERWISE, Concern::OtherSlow),
        ] {
            acquirer.run.judge_concern(rule, concern);
        }
        acquirer.run.report("acquirer")
    }
}

pub(super) struct Acquirer {
    pub trial: AcquirerTrial,
    pub run: Run,
}

impl Acquirer {
    async fn check(&mut self, rule: &Rule, attempt: impl AsyncFnOnce(&mut Acquirer) -> Finding) {
        let finding = attempt(self).await;
        self.run.judge(rule, finding);
    }

    /// What has to be refused comes first: a payment that was told to be paid stays so.
    async fn try_notifications(&mut self) {
        for (rule, signing) in [
            (&rules::REFUSES_BROKEN, Signing::Broken),
            (&rules::REFUSES_OTHER_PATH, Signing::OtherPath),
            (&rules::REFUSES_OTHER_KEY, Signing::UnknownVersion),
            (&rules::REFUSES_ABSENT, Signing::Absent),
        ] {
            self.check(rule, async |it: &mut Acquirer| it.refuses_signing(signing).await).await;
        }
        self.check(&rules::REFUSES_NOT_JSON, Acquirer::refuses_not_json).await;
        self.check(&rules::COMPARES_AMOUNT, Acquirer::compares_amount).await;
        self.check(&rules::COMPARES_ID, Acquirer::compares_id).await;
        self.check(&rules::ACKNOWLEDGES, Acquirer::acknowledges).await;
        self.check(&rules::ACKNOWLEDGES_AGAIN, Acquirer::acknowledges).await;
        self.check(&rules::READS_NEW_FIELDS, Acquirer::reads_new_fields).await;
        self.check(&rules::ACKNOWLEDGES_FAILURE, Acquirer::acknowledges_failure).await;
    }

    async fn try_codes(&mut self) {
        let mut first: Option<UserInitiatedPayResponse> = None;
        self.check(&rules::DECODES, async |it: &mut Acquirer| it.decodes(&mut first).await).await;
        let first = first.as_ref();
        self.check(&rules::DECODES_AGAIN, async |it: &mut Acquirer| it.decodes_again(first).await)
            .await;
        self.check(&rules::REFUSES_CODE, Acquirer::refuses_code).await;
        self.check(&rules::GUARDS_CODE, Acquirer::guards_code).await;
    }

    /// A payment of the acquirer that has no result yet.
    fn payment(&self) -> Finding<(Id, Amount)> {
        match &self.trial.payment {
            Some(payment) => Ok(payment.clone()),
            None => skipped("no payment of the acquirer was named"),
        }
    }

    /// A notification; the network's own ids are made from the acquirer's.
    fn notification(&self, payment: (Id, Amount), code: ResultCode) -> NotifyPaymentRequest {
        let (id, amount) = payment;
        let now = Datetime::utc(self.trial.peer.clock.now());
        let own_id: String = format!("C-{}", id.as_str()).chars().take(64).collect();
        let is_paid = code.status() == ResultStatus::S;
        let acquirer = self.trial.acquirer_id.clone();
        NotifyPaymentRequest {
            payment_id: Id::new(&own_id).ok(),
            payment_amount: Some(amount),
            payment_time: is_paid.then_some(now),
            ..NotifyPaymentRequest::new(WireResult::of(code), id, acquirer)
        }
    }

    async fn notify(&mut self, body: Vec<u8>, signing: Signing) -> Finding<WireResult> {
        let path = self.trial.notify_path.clone();
        let heard = self.run.ask_signed(&path, body, SHORT, signing).await;
        let answer: ResultOnly = heard.read().map_err(Fault::Broken)?;
        Ok(answer.result)
    }

    async fn refuses_signing(&mut self, signing: Signing) -> Finding {
        let body = wire::render(&self.notification(self.payment()?, ResultCode::Success));
        let result = self.notify(body, signing).await?;
        is_not_acknowledged(&result)
    }

    async fn refuses_not_json(&mut self) -> Finding {
        let result = self.notify(b"paymentRequestId=1".to_vec(), Signing::Good).await?;
        is_not_acknowledged(&result)
    }

    async fn compares_amount(&mut self) -> Finding {
        let (id, amount) = self.payment()?;
        let Ok(other) = Money::new(amount.0.minor() + 1, amount.0.currency()) else {
            return skipped("the amount is the largest there is");
        };
        let body = wire::render(&self.notification((id, Amount(other)), ResultCode::Success));
        let result = self.notify(body, Signing::Good).await?;
        is_not_acknowledged(&result)
    }

    async fn compares_id(&mut self) -> Finding {
        let amount = self.payment()?.1;
        let id = format!("CONFORM-{:x}", self.trial.peer.clock.now().millis());
        let Ok(id) = Id::new(&id) else { return skipped("no id could be made") };
        let body = wire::render(&self.notification((id, amount), ResultCode::Success));
        let result = self.notify(body, Signing::Good).await?;
        is_not_acknowledged(&result)
    }

    async fn acknowledges(&mut self) -> Finding {
        let body = wire::render(&self.notification(self.payment()?, ResultCode::Success));
        let result = self.notify(body, Signing::Good).await?;
        succeeds("the acknowledgement", &result)
    }

    async fn reads_new_fields(&mut self) -> Finding {
        let body = wire::render(&self.notification(self.payment()?, ResultCode::Success));
        let result = self.notify(with_new_fields(&body), Signing::Good).await?;
        succeeds("the acknowledgement", &result)
    }

    async fn acknowledges_failure(&mut self) -> Finding {
        let Some(payment) = self.trial.failed_payment.clone() else {
            return skipped("no payment that is to fail was named");
        };
        let body = wire::render(&self.notification(payment, ResultCode::UserBalanceNotEnough));
        let result = self.notify(body, Signing::Good).await?;
        succeeds("the acknowledgement", &result)
    }

    pub async fn decode(
        &mut self,
        code: Opaque<512>,
        signing: Signing,
    ) -> Finding<UserInitiatedPayResponse> {
        let acquirer_id = Some(self.trial.acquirer_id.clone());
        let request = UserInitiatedPayRequest { acquirer_id, ..UserInitiatedPayRequest::new(code) };
        let path = self.trial.decode_path.clone();
        let heard = self.run.ask_signed(&path, wire::render(&request), LONG, signing).await;
        heard.read().map_err(Fault::Broken)
    }

    fn code(&self) -> Finding<Opaque<512>> {
        match &self.trial.code {
            Some(code) => Ok(code.clone()),
            None => skipped("no code of the acquirer was named"),
        }
    }

    async fn decodes(&mut self, first: &mut Option<UserInitiatedPayResponse>) -> Finding {
        let code = self.code()?;
        let answer = self.decode(code, Signing::Good).await?;
        succeeds("the answer", &answer.result)?;
        for (field, is_there) in [
            ("paymentRequestId", answer.payment_request_id.is_some()),
            ("order", answer.order.is_some()),
            ("paymentAmount", answer.payment_amount.is_some()),
        ] {
            if !is_there {
                return broken(format!("{field} is missing"));
            }
        }
        *first = Some(answer);
        Ok(())
    }

    async fn decodes_again(&mut self, first: Option<&UserInitiatedPayResponse>) -> Finding {
        let Some(first) = first else { return skipped("the code had no order") };
        let code = self.code()?;
        let answer = self.decode(code, Signing::Good).await?;
        succeeds("the answer", &answer.result)?;
        if answer.payment_request_id != first.payment_request_id {
            return broken("it has another paymentRequestId: the code could be paid twice");
        }
        match answer.payment_amount == first.payment_amount {
            true => Ok(()),
            false => broken("it has another paymentAmount"),
        }
    }

    async fn refuses_code(&mut self) -> Finding {
        let code = Opaque::new(NOBODYS_CODE).expect("a short text is a code");
        let answer = self.decode(code, Signing::Good).await?;
        refuses("the answer", &answer.result, &[ResultCode::InvalidCode])
    }

    async fn guards_code(&mut self) -> Finding {
        let code = self.code()?;
        let answer = self.decode(code, Signing::Broken).await?;
        refuses("the answer", &answer.result, &[])?;
        match answer.order.is_some() || answer.payment_request_id.is_some() {
            true => broken("the refusal tells the order"),
            false => Ok(()),
        }
    }
}

fn is_not_acknowledged(result: &WireResult) -> Finding {
    match result.result_status {
        ResultStatus::S => broken(format!("it is acknowledged with {}", told(result))),
        ResultStatus::F | ResultStatus::U => Ok(()),
    }
}
