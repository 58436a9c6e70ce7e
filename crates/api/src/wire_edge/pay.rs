//! `pay`: with a payment code that the merchant scanned, it waits for the wallet, but never past
//! its budget; for an order that a wallet is to take up, it answers at once with code or links.

use super::agreements;
use super::answer::{Answered, Failure, Outcome, missing, unexpected};
use super::door::Door;
use super::random;
use base::ResultCode;
use effects::{Partner, digest_of, wire_quote};
use ids::{AgreementId, Partition, PaymentId};
use network::{Command, Order, Pay, PayBy, Payment, Reply, TokenUse, Way, partition_of_request};
use payment::PaymentState;
use std::sync::Arc;
use wire::acqp::{CodeDetail, CodeValueType, DisplayType, OrderCodeForm, PayRequest, PayResponse};
use wire::parts::{Id, Url};
use wire::{Amount, Datetime, Label, Mode, Text, WireError, WireResult};

/// The scheme that any wallet's app may answer to.
const ANY_APP: &str = "dhow://pay";

pub(crate) async fn handle(door: &Door, caller: &Partner, body: &[u8]) -> Outcome {
    let request: PayRequest = wire::parse(body)?;
    let request_id = request.payment_request_id.clone();
    let outcome = carry_out(door, caller, request).await;
    Ok(outcome.unwrap_or_else(Answered::from).with_id(&request_id))
}

async fn carry_out(door: &Door, caller: &Partner, request: PayRequest) -> Outcome {
    let deadline = door.deadline();
    let mode = request.mode()?;
    let way = match mode {
        Mode::UserCode => Way::UserCode,
        Mode::OrderCode => Way::OrderCode,
        Mode::EntryCode => Way::EntryCode,
        Mode::Cashier => Way::Cashier,
        Mode::AutoDebit => Way::AutoDebit,
    };
    let acquirer = &caller.participant;
    let request_id = request.payment_request_id.as_str();
    let partition_count = door.partitions.count();
    let partition = partition_of_request(acquirer.id, request_id, partition_count);
    let id = random::payment_id(door.now(), partition);
    let command = Command::Pay(Box::new(command(id, way, caller, partition_count, request)?));
    // Before the command: whatever happens to the payment from its first moment on is seen.
    let mut waiter = door.hub.register(id);
    let (_, reply) = door.partitions.submit(partition, command).await?;
    let payment = match reply {
        Reply::Payment { payment, .. } => payment,
        Reply::Refused(refusal) => return Err(refusal.into()),
        _ => unexpected("pay"),
    };
    if payment.is_final() || payment.way.is_presented() {
        return Ok(answer(door, caller, &payment));
    }
    let payment = if payment.id == id {
        waiter.until(deadline, Payment::is_final).await.unwrap_or(payment)
    } else {
        again(door, payment, deadline).await?
    };
    Ok(answer(door, caller, &payment))
}

/// The id was seen before and the payment is still open: waits for the first one's result.
async fn again(
    door: &Door,
    payment: Arc<Payment>,
    deadline: tokio::time::Instant,
) -> Result<Arc<Payment>, Failure> {
    let id = payment.id;
    let mut waiter = door.hub.register(id);
    // It may have moved between the reply and the registration.
    let look = move |machine: &network::Network, history: &dyn base::History, _| {
        machine.payment(history, id)
    };
    let payment = door.partitions.read(id.partition(), look).await?.unwrap_or(payment);
    if payment.is_final() {
        return Ok(payment);
    }
    Ok(waiter.until(deadline, Payment::is_final).await.unwrap_or(payment))
}

pub(crate) fn command(
    id: PaymentId,
    way: Way,
    caller: &Partner,
    partitions: u8,
    request: PayRequest,
) -> Result<Pay, Failure> {
    let order = request.order;
    let text = |field: &str, text: &str| {
        let problem = |_| WireError::new(field, "has no usable character", "send a text");
        Text::<256>::new(text).map_err(problem)
    };
    let means = || {
        let remedy = match way {
            Way::AutoDebit => "send the access token",
            _ => "send the scanned code",
        };
        let means = request.payment_method.payment_method_id.clone();
        means.ok_or_else(|| missing("paymentMethod.paymentMethodId", remedy))
    };
    let by = if way.is_presented() {
        PayBy::Order(random::order_token(id))
    } else if way == Way::AutoDebit {
        PayBy::Token(token_use(means()?.as_str(), id.partition(), partitions))
    } else {
        PayBy::Code(means()?)
    };
    let store = order.merchant.store;
    let terminal = store.as_ref().and_then(|store| store.store_terminal_id.clone());
    let in_env = order.env.as_ref().and_then(|env| env.store_terminal_id.as_ref());
    let terminal = terminal.or_else(|| in_env.and_then(|id| Text::new(id.as_str()).ok()));
    let settlement = request.settlement_strategy.and_then(|it| it.settlement_currency);
    Ok(Pay {
        id,
        acquirer: caller.participant.id,
        request_id: request.payment_request_id,
        order: Order {
            reference: order.reference_order_id,
            description: text("order.orderDescription", order.order_description.as_str())?,
            amount: order.order_amount.0,
            merchant: order.merchant.reference_merchant_id,
            store: store.map(|store| store.reference_store_id),
            terminal,
        },
        amount: request.payment_amount.0,
        settlement_currency: settlement.map(|currency| currency.0),
        method_type: request.payment_method.payment_method_type,
        way,
        by,
        expiry: request.payment_expiry_time.map(|time| time.at),
        notify_url: request.payment_notify_url,
        redirect_url: request.payment_redirect_url.and_then(web_url),
        push: None,
    })
}

/// The agreement that an access token names. A text that is no token of this network becomes an
/// agreement from 1970, which nobody has made: it is answered as any unknown one is.
fn token_use(token: &str, home: Partition, partitions: u8) -> TokenUse {
    let nobody = AgreementId::new(0, home, 0);
    let agreement = agreements::named(token, partitions).map_or(nobody, |(id, _)| id);
    TokenUse { agreement, access: digest_of(token) }
}

/// Clients that have no page to return to send `/`; nothing but a page of the web is led to.
fn web_url(url: Url) -> Option<Url> {
    let text = url.as_str();
    let is_web = text.starts_with("https://") || text.starts_with("http://");
    (is_web && !text.contains(char::is_whitespace)).then_some(url)
}

/// What the acquirer is told: the reason in the machine's own words where it has some.
pub(crate) fn result_of(payment: &Payment) -> WireResult {
    let code = payment.visible_result();
    match &payment.message {
        Some(message) if code == payment.result => WireResult::with_message(code, message.as_str()),
        _ => WireResult::of(code),
    }
}

pub(crate) fn id_text(id: impl std::fmt::Display) -> Id {
    Id::new(&id.to_string()).expect("an id is a short ASCII text")
}

fn answer(door: &Door, caller: &Partner, payment: &Payment) -> Answered {
    let result = result_of(payment);
    let code = payment.visible_result();
    let mut response = PayResponse::new(result);
    response.acquirer_id = Some(caller.participant.code.clone());
    response.payment_id = Some(id_text(payment.id));
    response.payment_amount = Some(Amount(payment.amount));
    let mpp = payment.payer.as_ref().and_then(|payer| door.directory.partner(payer.mpp));
    response.psp_id = mpp.as_ref().map(|mpp| mpp.participant.code.clone());
    if payment.state == PaymentState::Paid {
        response.payment_time = payment.paid_at.map(Datetime::utc);
        response.customer_id = payment.payer.as_ref().map(|payer| id_text(payer.alias));
        response.wallet_brand_name =
            mpp.as_ref().and_then(|mpp| Label::new(mpp.participant.name.as_str()).ok());
        response.mpp_payment_id.clone_from(&payment.wallet_payment_id);
        if let Some(terms) = &payment.terms {
            response.settlement_amount = Some(terms.settlement.into());
            response.settlement_quote = terms.settlement_quote.as_ref().map(wire_quote);
        }
    }
    if let (ResultCode::PaymentInProcess, Some(token)) = (code, payment.by.order()) {
        present(door, payment, &door.links.order_code(token), &mut response);
    }
    Answered::new(code, &response)
}

/// The code to show or the page to lead to, as the way asks for it.
fn present(door: &Door, payment: &Payment, code: &str, response: &mut PayResponse) {
    let url = |text: &str| Url::new(text).ok();
    match payment.way {
        Way::OrderCode => {
            let detail = |display, text: &str| {
                let mut detail = CodeDetail::new(display, Text::new(text).ok()?);
                detail.code_value_type = Some(CodeValueType::Qrcode);
                Some(detail)
            };
            let forms = [
                detail(DisplayType::Text, code),
                detail(DisplayType::Image, &format!("{code}.png")),
            ];
            let forms = forms.into_iter().flatten().collect();
            response.order_code_form =
                Some(OrderCodeForm::new(Datetime::utc(payment.expiry), forms));
        }
        Way::EntryCode => response.payment_url = url(code),
        Way::Cashier => {
            response.normal_url = url(code);
            // With a wallet chosen before, straight into its app; else by the links that any
            // wallet may answer to.
            let chosen = door.wallet(payment.method_type.as_str());
            let endpoints = chosen.as_ref().map(|it| &it.participant.endpoints);
            let link = endpoints.and_then(|it| it.app_link.as_ref());
            let scheme = endpoints.and_then(|it| it.app_scheme.as_ref());
            let link = link.map_or(code.to_owned(), |app| door.links.into_app(app.as_str(), code));
            let scheme = scheme.map_or(ANY_APP, |app| app.as_str());
            response.applink_url = url(&link);
            response.scheme_url = url(&door.links.into_app(scheme, code));
        }
        Way::UserCode | Way::AutoDebit => {}
    }
}
