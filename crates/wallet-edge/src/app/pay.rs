//! Paying: codes that a merchant abroad scans, orders that were scanned, the wallet's own shops.

use super::App;
use super::access::{Signed, SteppedUp};
use super::activity::receipt_of;
use super::card::Viewer;
use super::failure::{Failure, not_found};
use super::once::{Keyed, Made, Nothing};
use super::receipt::Receipt;
use super::view::{AmountBody, market, read_id, read_text, time};
use crate::edge::EdgeError;
use crate::link::{LinkError, succeed};
use crate::mpp::customer_id;
use api::ops::extract::Json;
use axum::extract::{Path, State};
use base::ResultCode;
use ids::{PaymentId, ShopOrderId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use wallet::Command;
use wallet::command::network::NetworkCommand;
use wallet::command::shops::{PayShop, ShopCommand};
use wire::Api;
use wire::mpp::{GetPaymentCodeRequest, GetPaymentCodeResponse};

/// Codes of one request. Source: wallet interface 2.1.
const MAX_CODES: u32 = 10;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(codes))
        .routes(routes!(pay_shop))
        .routes(routes!(show))
        .routes(routes!(confirm))
        .routes(routes!(decline))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CodesBody {
    /// Where the customer means to pay: ISO 3166-1 alpha-2.
    #[schema(example = "JP")]
    region: Option<String>,
    /// 1 to 10, to be shown one after the other; 1 when absent.
    count: Option<u32>,
}

/// A code to be shown to a merchant, once, for about a minute.
#[derive(Serialize, ToSchema)]
struct CodeView {
    #[schema(example = "281012345678901234567890")]
    code: String,
    from: String,
    until: String,
}

/// Fetches payment codes. Whoever scans one takes money without asking again, so that this needs
/// the PIN.
#[utoipa::path(
    post, path = "/v1/payment-codes", tag = "pay", request_body = CodesBody,
    responses((status = 200, body = Vec<CodeView>), (status = 400, body = Failure),
        (status = 403, body = Failure), (status = 409, body = Failure),
        (status = 503, body = Failure))
)]
async fn codes(
    State(app): State<App>,
    SteppedUp(signed): SteppedUp,
    Json(body): Json<CodesBody>,
) -> Result<Json<Vec<CodeView>>, Failure> {
    let link = app.edge.link.as_ref().ok_or(EdgeError::NoNetwork)?;
    let count = body.count.unwrap_or(1);
    if !(1..=MAX_CODES).contains(&count) {
        return Err(Failure::illegal("count: give 1 to 10"));
    }
    let customer = read_text(&customer_id(signed.customer), "customer")?;
    let mut request = GetPaymentCodeRequest::new(customer);
    request.code_quantity = Some(count);
    request.region = match &body.region {
        None => None,
        Some(region) => Some(read_text(region, "region")?),
    };
    let answer: Result<GetPaymentCodeResponse, _> = link.call(Api::GetPaymentCode, &request).await;
    let answer = answer.map_err(LinkError::Call)?;
    succeed(&answer.result)?;
    let view = |it: wire::mpp::PaymentCode| CodeView {
        code: it.payment_code.to_string(),
        from: time(it.code_validity_start_time.at),
        until: time(it.code_expiry_time.at),
    };
    Ok(Json(answer.payment_codes.unwrap_or_default().into_iter().map(view).collect()))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PayShopBody {
    /// The shop's number, as `POST /v1/scans` says it.
    shop: u32,
    /// What the payer entered, or what the order says.
    amount: AmountBody,
    /// With the code of an order.
    order: Option<String>,
}

/// Pays at a shop of this wallet. It is paid at once.
#[utoipa::path(
    post, path = "/v1/shop-payments", tag = "pay", request_body = PayShopBody,
    params(("Idempotency-Key" = String, Header)),
    responses((status = 201, body = Receipt), (status = 400, body = Failure),
        (status = 403, body = Failure), (status = 404, body = Failure),
        (status = 409, body = Failure))
)]
async fn pay_shop(
    State(app): State<App>,
    SteppedUp(signed): SteppedUp,
    Keyed { once, body }: Keyed<PayShopBody>,
) -> Result<Made<Receipt>, Failure> {
    let (edge, customer) = (&app.edge, signed.customer);
    let currency = market(edge).await?.account.currency;
    let order = match &body.order {
        None => None,
        Some(id) => Some(read_id::<ShopOrderId>(id, "order")?),
    };
    let (millis, partition, random) = edge.draw();
    let paid = PayShop {
        id: PaymentId::new(millis, partition, random),
        customer,
        shop: body.shop,
        amount_minor: body.amount.read("amount", currency)?,
        order,
        once,
    };
    let (object, is_repeat) = edge.make(Command::Shop(ShopCommand::Pay(paid))).await?;
    let view = Receipt::made(edge, &object, Viewer::Customer(customer), signed.person).await?;
    Ok(Made { view, is_repeat })
}

/// Shows a payment: before it is confirmed the order with both prices, then what became of it.
#[utoipa::path(
    get, path = "/v1/payments/{id}", tag = "pay", params(("id" = String, Path)),
    responses((status = 200, body = Receipt), (status = 404, body = Failure))
)]
async fn show(
    State(app): State<App>,
    signed: Signed,
    Path(id): Path<String>,
) -> Result<Json<Receipt>, Failure> {
    read_id::<PaymentId>(&id, "payment")?;
    Ok(Json(receipt_of(&app.edge, &signed, &id, "payment").await?))
}

async fn decide(
    app: &App,
    signed: &Signed,
    id: &str,
    decision: impl FnOnce(PaymentId) -> NetworkCommand,
) -> Result<Json<Receipt>, Failure> {
    let edge = &app.edge;
    let id = read_id::<PaymentId>(id, "payment").map_err(|_| not_found("payment"))?;
    let (object, _) = edge.make(Command::Network(Box::new(decision(id)))).await?;
    let viewer = Viewer::Customer(signed.customer);
    Ok(Json(Receipt::made(edge, &object, viewer, signed.person).await?))
}

/// Pays a scanned order for the price that was shown. It can be repeated: it is paid once.
#[utoipa::path(
    post, path = "/v1/payments/{id}/confirm", tag = "pay",
    params(("id" = String, Path)), request_body = Nothing,
    responses((status = 200, body = Receipt), (status = 400, body = Failure),
        (status = 403, body = Failure), (status = 404, body = Failure),
        (status = 409, body = Failure))
)]
async fn confirm(
    State(app): State<App>,
    SteppedUp(signed): SteppedUp,
    Path(id): Path<String>,
) -> Result<Json<Receipt>, Failure> {
    let customer = signed.customer;
    decide(&app, &signed, &id, |id| NetworkCommand::Confirm { customer, id }).await
}

/// Does not pay a scanned order. It can be repeated.
#[utoipa::path(
    post, path = "/v1/payments/{id}/decline", tag = "pay",
    params(("id" = String, Path)), request_body = Nothing,
    responses((status = 200, body = Receipt), (status = 404, body = Failure),
        (status = 409, body = Failure))
)]
async fn decline(
    State(app): State<App>,
    signed: Signed,
    Path(id): Path<String>,
) -> Result<Json<Receipt>, Failure> {
    let (customer, code) = (signed.customer, ResultCode::OrderIsClosed);
    decide(&app, &signed, &id, |id| NetworkCommand::Decline { customer, id, code }).await
}
