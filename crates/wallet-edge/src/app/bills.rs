//! Bills and airtime: a directory, a check with the biller, a payment that it confirms.
//!
//! A customer's number with a biller stays in the vault; the log has a reference to it.

use super::App;
use super::access::{Signed, SteppedUp};
use super::activity::load;
use super::card::Viewer;
use super::failure::{Failure, not_found};
use super::notes;
use super::numbers::{NumberPart, page};
use super::once::{Keyed, Made};
use super::receipt::Receipt;
use super::tallies::Counted;
use super::view::{AmountBody, AmountView, market, read_id, time};
use crate::Edge;
use crate::biller::BillerCheck;
use crate::biller_words::{AmountsView, FormatView, amounts, category, formats};
use api::ops::extract::{Json, Query};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use ids::{BillId, PersonId};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::Duration;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use wallet::command::services::{BillCommand, CheckBill, ServiceCommand};
use wallet::objects::Bill;
use wallet::{Command, Object, OwnBiller};

/// How long a biller may think about a customer's number.
const CHECK_WITHIN: Duration = Duration::from_secs(10);
/// A number that the biller does not know weighs as much as so many that it does.
const MISS: u32 = 5;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(billers))
        .routes(routes!(check))
        .routes(routes!(show))
        .routes(routes!(pay))
}

/// A biller in the directory.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct BillerView {
    number: u32,
    name: String,
    /// `ELECTRICITY`, `WATER`, `GAS`, `TELEPHONE`, `INTERNET`, `TELEVISION`, `AIRTIME`,
    /// `INSURANCE`, `SCHOOL`, `GOVERNMENT`, `OTHER`.
    category: &'static str,
    /// One of these a customer's number has.
    formats: Vec<FormatView>,
    amounts: AmountsView,
    /// What paying costs besides.
    fee: AmountView,
}

impl BillerView {
    fn of(it: &OwnBiller) -> BillerView {
        let rules = it.biller.rules();
        BillerView {
            number: rules.biller,
            name: it.name.to_string(),
            category: category(rules.category),
            formats: formats(&rules.formats),
            amounts: amounts(&rules.amounts),
            fee: AmountView::of(rules.fee),
        }
    }
}

/// One page of billers, by number.
#[derive(Serialize, ToSchema)]
struct BillersPage {
    items: Vec<BillerView>,
    /// Give it as `from` to see more.
    next: Option<u32>,
}

/// Lists billers that take bills here.
#[utoipa::path(
    get, path = "/v1/billers", tag = "bills", params(NumberPart),
    responses((status = 200, body = BillersPage), (status = 401, body = Failure))
)]
async fn billers(
    State(app): State<App>,
    _: Signed,
    Query(part): Query<NumberPart>,
) -> Result<Json<BillersPage>, Failure> {
    let (from, limit) = part.read()?;
    let found = app.edge.read(move |wallet, _, _| {
        let all = (0..).zip(wallet.billers());
        let listed = all.filter(|(number, it)| *number >= from && it.is_listed);
        page(listed.map(|(number, it)| (number, BillerView::of(it))), limit)
    });
    let (items, next) = found.await?;
    Ok(Json(BillersPage { items: items.into_iter().map(|(_, it)| it).collect(), next }))
}

async fn find_biller(edge: &Edge, number: u32) -> Result<Option<Arc<OwnBiller>>, Failure> {
    let place = usize::try_from(number).unwrap_or(usize::MAX);
    Ok(edge.read(move |wallet, _, _| wallet.billers().get(place).cloned()).await?)
}

/// A bill of the customer.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct BillView {
    #[serde(flatten)]
    receipt: Receipt,
    biller: u32,
    /// What the biller says is due, if it says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    due: Option<AmountView>,
    /// Which amounts can be paid.
    #[serde(skip_serializing_if = "Option::is_none")]
    amounts: Option<AmountsView>,
    /// What paying costs besides.
    #[serde(skip_serializing_if = "Option::is_none")]
    costs: Option<AmountView>,
    /// Until when it can be paid without another check.
    #[serde(skip_serializing_if = "Option::is_none")]
    pay_until: Option<String>,
}

impl BillView {
    async fn of(edge: &Edge, it: Arc<Bill>, person: PersonId) -> Result<BillView, Failure> {
        let viewer = Viewer::Customer(it.body.customer);
        let receipt = Receipt::made(edge, &Object::Bill(Arc::clone(&it)), viewer, person).await?;
        let is_checked = it.body.state == services::BillState::Checked;
        let found = find_biller(edge, it.body.biller).await?.filter(|_| is_checked);
        let rules = found.as_ref().map(|it| it.biller.rules());
        Ok(BillView {
            receipt,
            biller: it.body.biller,
            due: it.body.due.map(AmountView::of),
            amounts: rules.map(|rules| amounts(&rules.amounts)),
            costs: rules.map(|rules| AmountView::of(rules.fee)),
            pay_until: is_checked.then(|| time(it.body.lapses)),
        })
    }

    async fn made(
        edge: &Edge,
        (object, is_repeat): (Object, bool),
        person: PersonId,
    ) -> Result<Made<BillView>, Failure> {
        let Object::Bill(it) = object else {
            unreachable!("a bill's command is answered by a bill: {object:?}")
        };
        Ok(Made { view: BillView::of(edge, it, person).await?, is_repeat })
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CheckBody {
    /// The biller's number.
    biller: u32,
    /// The customer's number with the biller, as its `formats` say.
    #[schema(example = "0123456789")]
    account: String,
}

/// Asks the biller about a number: what is due, in minor units, if it says so. Whoever tries out
/// numbers has to wait soon.
async fn ask_biller(
    app: &App,
    customer: u32,
    biller: u32,
    account: &str,
) -> Result<Option<u64>, Failure> {
    let (edge, now) = (&app.edge, app.edge.now());
    app.tallies.check(Counted::BillChecks, customer, now)?;
    let asked = tokio::time::timeout(CHECK_WITHIN, edge.billers.check(biller, account)).await;
    let (answer, weight) = match asked.unwrap_or(BillerCheck::Silent) {
        BillerCheck::Known { due_minor } => (Ok(due_minor), 1),
        BillerCheck::NotKnown => {
            (Err(Failure::illegal("account: the biller does not know it; check the number")), MISS)
        }
        BillerCheck::Silent => {
            let message = "the biller does not answer now; try again in a moment";
            let status = StatusCode::SERVICE_UNAVAILABLE;
            (Err(Failure::new(status, "BILLER_SILENT", message)), 1)
        }
    };
    app.tallies.add(Counted::BillChecks, customer, weight, now);
    answer
}

/// Begins a bill: the biller is asked whether it knows the number, and what is due. Nothing is paid
/// yet.
#[utoipa::path(
    post, path = "/v1/bills/check", tag = "bills", request_body = CheckBody,
    params(("Idempotency-Key" = String, Header)),
    responses((status = 201, body = BillView), (status = 400, body = Failure),
        (status = 404, body = Failure), (status = 409, body = Failure),
        (status = 429, body = Failure), (status = 503, body = Failure))
)]
async fn check(
    State(app): State<App>,
    signed: Signed,
    Keyed { once, body }: Keyed<CheckBody>,
) -> Result<Made<BillView>, Failure> {
    let (edge, customer) = (&app.edge, signed.customer);
    let found = find_biller(edge, body.biller).await?.filter(|it| it.is_listed);
    let found = found.ok_or_else(|| not_found("biller"))?;
    let account = body.account.trim();
    found
        .biller
        .check_account(account)
        .map_err(|fault| Failure::illegal(format!("account: {fault}")))?;
    let due_minor = ask_biller(&app, customer, body.biller, account).await?;
    let kept = notes::keep(edge, (customer, &once), &[], Some(account)).await?;
    let note = kept.id.ok_or_else(|| Failure::illegal("account: give the number"))?;
    let (millis, partition, random) = edge.draw();
    let it = CheckBill {
        id: BillId::new(millis, partition, random),
        customer,
        biller: body.biller,
        account: note,
        due_minor,
        once,
    };
    let command = Command::Service(Box::new(ServiceCommand::Bill(BillCommand::Check(it))));
    let made = edge.make(command).await;
    let made = kept.unless_refused(edge, made).await?;
    BillView::made(edge, made, signed.person).await
}

/// Shows a bill: has the biller confirmed it?
#[utoipa::path(
    get, path = "/v1/bills/{id}", tag = "bills", params(("id" = String, Path)),
    responses((status = 200, body = BillView), (status = 404, body = Failure))
)]
async fn show(
    State(app): State<App>,
    signed: Signed,
    Path(id): Path<String>,
) -> Result<Json<BillView>, Failure> {
    let id = read_id::<BillId>(&id, "bill")?;
    match load(&app.edge, vec![id.as_u128()]).await?.pop() {
        Some(Object::Bill(it)) if it.body.customer == signed.customer => {
            Ok(Json(BillView::of(&app.edge, it, signed.person).await?))
        }
        _ => Err(not_found("bill")),
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PayBody {
    /// What the biller gets; what paying costs comes on top.
    amount: AmountBody,
}

/// Pays a bill. The money is set aside until the biller has confirmed it; if it refuses, all of it
/// comes back.
#[utoipa::path(
    post, path = "/v1/bills/{id}/pay", tag = "bills", request_body = PayBody,
    params(("id" = String, Path), ("Idempotency-Key" = String, Header)),
    responses((status = 201, body = BillView), (status = 400, body = Failure),
        (status = 403, body = Failure), (status = 404, body = Failure),
        (status = 409, body = Failure))
)]
async fn pay(
    State(app): State<App>,
    SteppedUp(signed): SteppedUp,
    Path(id): Path<String>,
    Keyed { once, body }: Keyed<PayBody>,
) -> Result<Made<BillView>, Failure> {
    let (edge, customer) = (&app.edge, signed.customer);
    let id = read_id(&id, "bill")?;
    let amount_minor = body.amount.read("amount", market(edge).await?.account.currency)?;
    let it = BillCommand::Pay { customer, id, amount_minor, once };
    let made = edge.make(Command::Service(Box::new(ServiceCommand::Bill(it)))).await?;
    BillView::made(edge, made, signed.person).await
}
