//! Codes that an acquirer made: its own order codes and the codes of its country. The acquirer says
//! what each means; from then on it is an order like any other.
//!
//! In pull mode the acquirer's answer becomes a `pay` under the id that it gave, so that the same
//! code asked for twice is one payment, whoever asks. In push mode it gives none: each user who
//! scans has an order of the network's own, which the acquirer hears of once it is paid. Nothing
//! has happened before that order is durable.

use super::answer::{Failure, unexpected};
use super::door::Door;
use super::pay::{self, id_text};
use super::random;
use base::{ResultCode, ResultStatus};
use directory::{CodeAction, Identified};
use effects::Partner;
use ids::{ParticipantId, Partition, PaymentId};
use money::{Currency, Money};
use network::{
    Command, Digest, OrderToken, Payment, Refusal, Reply, ScannedCode, Way, partition_of_request,
};
use std::sync::Arc;
use std::time::Duration;
use wire::acqp::{PayRequest, UserInitiatedPayRequest, UserInitiatedPayResponse};
use wire::parts::{Id, InStoreScenario, PaymentFactor, PaymentMethod};
use wire::{Amount, Text, paths};

/// How long an acquirer may take. Source: acquirer interface 1.6.
const PATIENCE: Duration = Duration::from_secs(8);

/// What an acquirer says that one of its codes means.
pub(crate) struct Meaning {
    pub acquirer: Arc<Partner>,
    answer: UserInitiatedPayResponse,
}

impl Meaning {
    /// What is to be paid; `None` when the payer has to enter it.
    pub fn amount(&self) -> Option<Money> {
        self.answer.payment_amount.map(|amount| amount.0)
    }

    /// The acquirer's id of the merchant, and the merchant's name.
    pub fn merchant(&self) -> Option<(Id, String)> {
        let merchant = &self.answer.order.as_ref()?.merchant;
        let name = merchant.merchant_name.as_str().to_owned();
        Some((merchant.reference_merchant_id.clone(), name))
    }
}

/// Does the payer have to enter the amount on the network's page? So with a code of the EMVCo form
/// that says none, of an acquirer in push mode: in pull mode the acquirer has an order for it.
pub(crate) fn asks_for_amount(acquirer: &Partner, scanned: &str) -> bool {
    let pushes = acquirer.participant.endpoints.push_payment.is_some();
    pushes && qr::MerchantCode::read(scanned).is_ok_and(|code| code.amount_minor().is_none())
}

/// What a payer enters amounts in, as a code of the EMVCo form says it.
pub(crate) fn currency_of(scanned: &str) -> Option<Currency> {
    qr::MerchantCode::read(scanned).ok()?.currency()
}

/// The order that a code of some acquirer stands for, for this wallet's user.
///
/// Errors: nobody's code; the acquirer refuses it, or does not say what it means.
pub(crate) async fn order_of(
    door: &Door,
    wallet: &Partner,
    customer: &str,
    scanned: &str,
) -> Result<OrderToken, Failure> {
    let Some((acquirer, _)) = whose(door, scanned).await? else {
        let message = "codeValue: not a code of this network; identify the code first";
        return Err(Refusal::new(ResultCode::InvalidCode, message).into());
    };
    let meaning = ask(door, acquirer, Some((wallet, customer)), scanned).await?;
    let Some(amount) = meaning.amount() else {
        let message = "codeValue: the code says no amount; identify it and open its page";
        return Err(Refusal::new(ResultCode::InvalidCode, message).into());
    };
    let scan = door.effects.tokens().scan(wallet.participant.id, customer, scanned);
    let payment = open(door, meaning, (scanned, scan), amount).await?;
    // Whether it can still be taken up is for the next step to say.
    match payment.by.order() {
        Some(token) if payment.payer.is_some() || !payment.is_final() => Ok(token),
        Some(token) if payment.visible_result() == ResultCode::OrderIsClosed => Ok(token),
        _ => {
            let code = payment.visible_result();
            let message = payment.message.as_ref().map_or(code.meaning(), |it| it.as_str());
            Err(Refusal::new(code, message.to_owned()).into())
        }
    }
}

/// The acquirer whose code it is, and what its rule says to do with it.
pub(crate) async fn whose(
    door: &Door,
    scanned: &str,
) -> Result<Option<(Arc<Partner>, CodeAction)>, Failure> {
    let text = scanned.to_owned();
    let look =
        move |machine: &network::Network, _: &dyn base::History, _: base::Stamp| match machine
            .directory()
            .code_rules()
            .identify(&text)
        {
            Identified::Rule(rule) => Some((rule.acquirer, rule.action)),
            Identified::Unknown => None,
        };
    let found: Option<(ParticipantId, CodeAction)> =
        door.partitions.read(Partition(0), look).await?;
    Ok(found.and_then(|(id, action)| Some((door.directory.partner(id)?, action))))
}

/// Asks the acquirer what its code means; `user` is a wallet's, when it is known already.
pub(crate) async fn ask(
    door: &Door,
    acquirer: Arc<Partner>,
    user: Option<(&Partner, &str)>,
    scanned: &str,
) -> Result<Meaning, Failure> {
    let mut request = UserInitiatedPayRequest::new(wire::Opaque::new(scanned).map_err(|_| {
        Refusal::new(ResultCode::InvalidCode, "codeValue: is longer than 512 characters")
    })?);
    request.acquirer_id = Some(acquirer.participant.code.clone());
    if let Some((wallet, customer)) = user {
        request.psp_id = Some(wallet.participant.code.clone());
        let alias = door.aliases.of(wallet.participant.id, customer);
        request.customer_id = Some(id_text(alias));
    }
    let endpoint = acquirer.participant.endpoints.user_initiated_pay.as_ref();
    let path = endpoint.map_or(paths::acquirer::USER_INITIATED_PAY, |url| url.as_str());
    let body = wire::render(&request);
    let asked = door.effects.ask(acquirer.participant.id, path, body.into(), PATIENCE).await;
    let answer: UserInitiatedPayResponse = asked.map_err(|error| {
        tracing::info!(acquirer = acquirer.participant.code.as_str(), %error, "no usable answer");
        let message = "the acquirer does not say what the code means; repeat the same request";
        Failure::from(Refusal::new(ResultCode::UnknownException, message))
    })?;
    match answer.result.status() {
        ResultStatus::S => Ok(Meaning { acquirer, answer }),
        ResultStatus::F => {
            let code = match answer.result.code() {
                code @ (ResultCode::OrderIsClosed
                | ResultCode::ExpiredCode
                | ResultCode::InvalidCode) => code,
                _ => ResultCode::InvalidCode,
            };
            Err(Refusal::new(code, "codeValue: the acquirer refuses the code").into())
        }
        ResultStatus::U => {
            let message = "the acquirer does not know yet; repeat the same request";
            Err(Refusal::new(ResultCode::UnknownException, message).into())
        }
    }
}

/// Opens the payment that a code stands for. `scan` tells whose scan it is: the same one again is
/// the same open order.
pub(crate) async fn open(
    door: &Door,
    mut meaning: Meaning,
    (scanned, scan): (&str, Digest),
    amount: Money,
) -> Result<Arc<Payment>, Failure> {
    let (acquirer, count) = (Arc::clone(&meaning.acquirer), door.partitions.count());
    let pushes = acquirer.participant.endpoints.push_payment.is_some();
    let given = meaning.answer.payment_request_id.take();
    let (id, push) = match &given {
        Some(request_id) => {
            let home = partition_of_request(acquirer.participant.id, request_id.as_str(), count);
            (random::payment_id(door.now(), home), None)
        }
        None if pushes => {
            let id = random::payment_id(door.now(), Partition(scan[0] % count));
            let text = door.effects.tokens().seal_text(id.as_u128(), scanned);
            (id, Some(ScannedCode { text, scan }))
        }
        None => return Err(missing()),
    };
    let request = pay_of(meaning.answer, given, id, amount)?;
    let way = match request.payment_factor.in_store_payment_scenario {
        Some(InStoreScenario::EntryCode) => Way::EntryCode,
        _ => Way::OrderCode,
    };
    let mut command = pay::command(id, way, &acquirer, count, request)?;
    command.push = push;
    let command = Command::Pay(Box::new(command));
    let (_, reply) = door.partitions.submit(id.partition(), command).await?;
    match reply {
        Reply::Payment { payment, .. } => Ok(payment),
        Reply::Refused(refusal) => Err(refusal.into()),
        _ => unexpected("pay"),
    }
}

fn missing() -> Failure {
    let message = "the acquirer's answer names no order, amount or paymentRequestId";
    Refusal::new(ResultCode::UnknownException, message).into()
}

/// The acquirer's answer as the `pay` that it stands for.
fn pay_of(
    answer: UserInitiatedPayResponse,
    given: Option<Id>,
    id: PaymentId,
    amount: Money,
) -> Result<PayRequest, Failure> {
    let mut order = answer.order.ok_or_else(missing)?;
    let request_id = match given {
        Some(request_id) => request_id,
        None => {
            // A code without an order of its own: it is named by the payment and by the shop.
            order.reference_order_id.get_or_insert_with(|| id_text(id));
            let name = order.merchant.merchant_name.as_str();
            order.order_description = order.order_description.or(wire::Label::new(name).ok());
            id_text(id)
        }
    };
    let order = order.complete(Amount(amount)).ok_or_else(missing)?;
    let method = PaymentMethod::new(Text::new("CONNECT_WALLET").expect("a short text"));
    let factor = answer.payment_factor.unwrap_or_else(PaymentFactor::new);
    let mut request = PayRequest::new(request_id, order, Amount(amount), method, factor);
    request.payment_expiry_time = answer.payment_expiry_time;
    request.payment_notify_url = answer.payment_notify_url;
    request.payment_redirect_url = answer.payment_redirect_url;
    request.settlement_strategy = answer.settlement_strategy;
    Ok(request)
}
