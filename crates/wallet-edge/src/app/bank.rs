//! Money in and out for customers: through a bank, and as cash from an agent.

use super::App;
use super::access::{Signed, SteppedUp};
use super::card::Viewer;
use super::failure::Failure;
use super::notes;
use super::once::{Keyed, Made, Nothing};
use super::receipt::Receipt;
use super::view::{AmountBody, market, read_id, read_text, read_time};
use crate::Edge;
use api::ops::extract::Json;
use axum::extract::{Path, State};
use ids::{BankMoveId, CashId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use wallet::command::bank::{BankCommand, CallCash, MoveMoney};
use wallet::objects::BankWay;
use wallet::{Command, Once};

/// Digits of the code for cash. Only an agent can try it, for one customer, ten times an hour.
const CODE_DIGITS: u64 = 100_000_000;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(top_up))
        .routes(routes!(withdraw))
        .routes(routes!(call_cash))
        .routes(routes!(end_cash))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct MoveBody {
    amount: AmountBody,
    /// The bank and the account there, as the bank wants it.
    #[schema(example = "KB 123-456-7890")]
    bank_account: String,
}

async fn move_money(
    app: &App,
    signed: &Signed,
    way: BankWay,
    Keyed { once, body }: Keyed<MoveBody>,
) -> Result<Made<Receipt>, Failure> {
    let (edge, customer) = (&app.edge, signed.customer);
    let currency = market(edge).await?.account.currency;
    let amount_minor = body.amount.read("amount", currency)?;
    let account: base::Text<64> = read_text(&body.bank_account, "bankAccount")?;
    let kept = notes::keep(edge, (customer, &once), &[], Some(account.as_str())).await?;
    let missing = || Failure::illegal("bankAccount: must not be empty");
    let bank_account = kept.id.ok_or_else(missing)?;
    let (millis, partition, random) = edge.draw();
    let id = BankMoveId::new(millis, partition, random);
    let moved = MoveMoney { id, customer, way, amount_minor, bank_account, once };
    let made = edge.make(Command::Bank(BankCommand::Move(moved))).await;
    let (object, is_repeat) = kept.unless_refused(edge, made).await?;
    let view = Receipt::made(edge, &object, Viewer::Customer(customer), signed.person).await?;
    Ok(Made { view, is_repeat })
}

/// Brings money from the customer's bank account. It is here when the bank has said so.
#[utoipa::path(
    post, path = "/v1/top-ups", tag = "bank", request_body = MoveBody,
    params(("Idempotency-Key" = String, Header)),
    responses((status = 201, body = Receipt), (status = 400, body = Failure),
        (status = 403, body = Failure), (status = 409, body = Failure))
)]
async fn top_up(
    State(app): State<App>,
    SteppedUp(signed): SteppedUp,
    keyed: Keyed<MoveBody>,
) -> Result<Made<Receipt>, Failure> {
    move_money(&app, &signed, BankWay::In, keyed).await
}

/// Sends money to the customer's bank account.
#[utoipa::path(
    post, path = "/v1/withdrawals", tag = "bank", request_body = MoveBody,
    params(("Idempotency-Key" = String, Header)),
    responses((status = 201, body = Receipt), (status = 400, body = Failure),
        (status = 403, body = Failure), (status = 409, body = Failure))
)]
async fn withdraw(
    State(app): State<App>,
    SteppedUp(signed): SteppedUp,
    keyed: Keyed<MoveBody>,
) -> Result<Made<Receipt>, Failure> {
    move_money(&app, &signed, BankWay::Out, keyed).await
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CashBody {
    amount: AmountBody,
    /// Without it, as long as the market's rules let it wait.
    until: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct CashView {
    cash: Receipt,
    /// The agent asks for it. It stands in no other answer.
    #[schema(example = "40127755")]
    code: String,
}

/// The code of a request: a repeat gives the same one, and only the wallet can make it.
fn cash_code(edge: &Edge, customer: u32, once: &Once) -> String {
    let key = once.key.as_str().as_bytes();
    let digest = edge.keyed_digest(&[b"code for cash", &customer.to_be_bytes(), key, &once.digest]);
    let number = u64::from_be_bytes(*digest.first_chunk().expect("a digest has 32 bytes"));
    format!("{:08}", number % CODE_DIGITS)
}

/// How the machine knows a code: nobody else can try codes out on it.
pub(super) fn cash_digest(edge: &Edge, customer: u32, code: &str) -> [u8; 32] {
    edge.keyed_digest(&[b"cash", &customer.to_be_bytes(), code.as_bytes()])
}

/// Holds cash for an agent to give. The code in the answer is for the customer to tell.
#[utoipa::path(
    post, path = "/v1/cash", tag = "bank", request_body = CashBody,
    params(("Idempotency-Key" = String, Header)),
    responses((status = 201, body = CashView), (status = 400, body = Failure),
        (status = 403, body = Failure), (status = 409, body = Failure))
)]
async fn call_cash(
    State(app): State<App>,
    SteppedUp(signed): SteppedUp,
    Keyed { once, body }: Keyed<CashBody>,
) -> Result<Made<CashView>, Failure> {
    let (edge, customer) = (&app.edge, signed.customer);
    let market = market(edge).await?;
    let amount_minor = body.amount.read("amount", market.account.currency)?;
    let until = match &body.until {
        None => edge.now().after(market.cash_for),
        Some(text) => read_time(text, "until")?,
    };
    let code = cash_code(edge, customer, &once);
    let (millis, partition, random) = edge.draw();
    let called = CallCash {
        id: CashId::new(millis, partition, random),
        customer,
        amount_minor,
        code: cash_digest(edge, customer, &code),
        until,
        once,
    };
    let (object, is_repeat) = edge.make(Command::Bank(BankCommand::CallCash(called))).await?;
    let cash = Receipt::made(edge, &object, Viewer::Customer(customer), signed.person).await?;
    Ok(Made { view: CashView { cash, code }, is_repeat })
}

/// Takes held cash back. It can be repeated.
#[utoipa::path(
    post, path = "/v1/cash/{id}/end", tag = "bank",
    params(("id" = String, Path)), request_body = Nothing,
    responses((status = 200, body = Receipt), (status = 404, body = Failure),
        (status = 409, body = Failure))
)]
async fn end_cash(
    State(app): State<App>,
    signed: Signed,
    Path(id): Path<String>,
) -> Result<Json<Receipt>, Failure> {
    let (edge, customer) = (&app.edge, signed.customer);
    let id = read_id::<CashId>(&id, "cash")?;
    let command = Command::Bank(BankCommand::EndCash { customer, id });
    let (object, _) = edge.make(command).await?;
    Ok(Json(Receipt::made(edge, &object, Viewer::Customer(customer), signed.person).await?))
}
