//! Codes that an acquirer made: its own order codes and the codes of its country. The acquirer says
//! what each means; from then on it is an order like any other.
//!
//! The acquirer's answer becomes a `pay` under the id that the acquirer gave, so that the same code
//! asked for twice is one payment, whoever asks. Nothing has happened before that `pay` is durable.

use super::answer::{Failure, unexpected};
use super::door::Door;
use super::pay;
use super::random;
use base::{ResultCode, ResultStatus};
use directory::Identified;
use effects::Partner;
use ids::{ParticipantId, Partition};
use network::{Command, OrderToken, Refusal, Reply, Way, partition_of_request};
use std::sync::Arc;
use std::time::Duration;
use wire::acqp::{PayRequest, UserInitiatedPayRequest, UserInitiatedPayResponse};
use wire::parts::{InStoreScenario, PaymentFactor, PaymentMethod};
use wire::{Text, paths};

/// How long an acquirer may take. Source: acquirer interface 1.6.
const PATIENCE: Duration = Duration::from_secs(8);

/// The order that a code of some acquirer stands for.
///
/// Errors: nobody's code; the acquirer refuses it, or does not say what it means.
pub(crate) async fn order_of(
    door: &Door,
    wallet: &Partner,
    customer: &str,
    scanned: &str,
) -> Result<OrderToken, Failure> {
    let Some(acquirer) = whose(door, scanned).await? else {
        let message = "codeValue: not a code of this network; identify the code first";
        return Err(Refusal::new(ResultCode::InvalidCode, message).into());
    };
    let answer = ask(door, wallet, &acquirer, (customer, scanned)).await?;
    let request = pay_of(answer)?;
    let way = match request.payment_factor.in_store_payment_scenario {
        Some(InStoreScenario::EntryCode) => Way::EntryCode,
        _ => Way::OrderCode,
    };
    let count = door.partitions.count();
    let id = acquirer.participant.id;
    let partition = partition_of_request(id, request.payment_request_id.as_str(), count);
    let payment = random::payment_id(door.now(), partition);
    let command = pay::command(payment, way, &acquirer, count, request)?;
    let (_, reply) = door.partitions.submit(partition, Command::Pay(Box::new(command))).await?;
    match reply {
        // Whether it can still be taken up is for the next step to say.
        Reply::Payment { payment, .. } => match payment.by.order() {
            Some(token) if payment.payer.is_some() || !payment.is_final() => Ok(token),
            Some(token) if payment.visible_result() == ResultCode::OrderIsClosed => Ok(token),
            _ => {
                let code = payment.visible_result();
                let message = payment.message.as_ref().map_or(code.meaning(), |it| it.as_str());
                Err(Refusal::new(code, message.to_owned()).into())
            }
        },
        Reply::Refused(refusal) => Err(refusal.into()),
        _ => unexpected("pay"),
    }
}

/// The acquirer that a rule with `DECODE` names.
async fn whose(door: &Door, scanned: &str) -> Result<Option<Arc<Partner>>, Failure> {
    let text = scanned.to_owned();
    let look =
        move |machine: &network::Network, _: &dyn base::History, _: base::Stamp| match machine
            .directory()
            .code_rules()
            .identify(&text)
        {
            Identified::Rule(rule) if rule.action == directory::CodeAction::Decode => {
                Some(rule.acquirer)
            }
            Identified::Rule(_) | Identified::Unknown => None,
        };
    let acquirer: Option<ParticipantId> = door.partitions.read(Partition(0), look).await?;
    Ok(acquirer.and_then(|id| door.directory.partner(id)))
}

async fn ask(
    door: &Door,
    wallet: &Partner,
    acquirer: &Partner,
    (customer, scanned): (&str, &str),
) -> Result<UserInitiatedPayResponse, Failure> {
    let mut request = UserInitiatedPayRequest::new(wire::Opaque::new(scanned).map_err(|_| {
        Refusal::new(ResultCode::InvalidCode, "codeValue: is longer than 512 characters")
    })?);
    request.acquirer_id = Some(acquirer.participant.code.clone());
    request.psp_id = Some(wallet.participant.code.clone());
    let alias = door.aliases.of(wallet.participant.id, customer);
    request.customer_id = Some(pay::id_text(alias));
    let endpoint = acquirer.participant.endpoints.user_initiated_pay.as_ref();
    let path = endpoint.map_or(paths::acquirer::USER_INITIATED_PAY, |url| url.as_str());
    let body = wire::render(&request);
    let asked = door.effects.ask(acquirer.participant.id, path, body.into(), PATIENCE).await;
    asked.map_err(|error| {
        tracing::info!(acquirer = acquirer.participant.code.as_str(), %error, "no usable answer");
        let message = "the acquirer does not say what the code means; repeat the same request";
        Refusal::new(ResultCode::UnknownException, message).into()
    })
}

/// The acquirer's answer as the `pay` that it stands for.
fn pay_of(answer: UserInitiatedPayResponse) -> Result<PayRequest, Failure> {
    match answer.result.status() {
        ResultStatus::S => {}
        ResultStatus::F => {
            let code = match answer.result.code() {
                code @ (ResultCode::OrderIsClosed
                | ResultCode::ExpiredCode
                | ResultCode::InvalidCode) => code,
                _ => ResultCode::InvalidCode,
            };
            return Err(Refusal::new(code, "codeValue: the acquirer refuses the code").into());
        }
        ResultStatus::U => {
            let message = "the acquirer does not know yet; repeat the same request";
            return Err(Refusal::new(ResultCode::UnknownException, message).into());
        }
    }
    let missing = || {
        let message = "the acquirer's answer names no order, amount or paymentRequestId";
        Failure::from(Refusal::new(ResultCode::UnknownException, message))
    };
    let (Some(id), Some(order), Some(amount)) =
        (answer.payment_request_id, answer.order, answer.payment_amount)
    else {
        return Err(missing());
    };
    let method = PaymentMethod::new(Text::new("CONNECT_WALLET").expect("a short text"));
    let factor = answer.payment_factor.unwrap_or_else(PaymentFactor::new);
    let mut request = PayRequest::new(id, order, amount, method, factor);
    request.payment_expiry_time = answer.payment_expiry_time;
    request.payment_notify_url = answer.payment_notify_url;
    request.payment_redirect_url = answer.payment_redirect_url;
    request.settlement_strategy = answer.settlement_strategy;
    Ok(request)
}
