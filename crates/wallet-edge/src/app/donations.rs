//! Donations: boxes of charities, and what is given into them.

use super::App;
use super::access::{Signed, SteppedUp};
use super::card::Viewer;
use super::failure::{Failure, not_found};
use super::names::{Names, Other, PartyView};
use super::notes;
use super::numbers::{NumberPart, page};
use super::once::{Keyed, Made};
use super::picture::{PictureQuery, Shape, draw};
use super::receipt::Receipt;
use super::shops::{own_shop, read_number};
use super::view::{AmountBody, AmountView, market, read_id, read_text, read_time, time};
use crate::Edge;
use api::ops::extract::{Json, Query};
use axum::extract::{Path, State};
use axum::response::Response;
use base::{Text, Timestamp};
use ids::DonationId;
use money::{Currency, Money};
use serde::{Deserialize, Serialize};
use services::{BoxRules, OwnCode, Share};
use std::sync::Arc;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use wallet::command::services::{DonationCommand, Give, PutBox, ServiceCommand};
use wallet::{Command, OwnBox, Reply, ShopNumber};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(show))
        .routes(routes!(give))
        .routes(routes!(own, add))
        .routes(routes!(change))
        .routes(routes!(code))
}

/// A donation box, as givers see it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct BoxView {
    number: u32,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    charity: Option<PartyView>,
    /// Amounts that are suggested, in rising order.
    presets: Vec<AmountView>,
    least: AmountView,
    most: AmountView,
    opens: String,
    /// From then on it takes nothing any more.
    closes: String,
    is_open: bool,
    /// What the charity hopes for.
    #[serde(skip_serializing_if = "Option::is_none")]
    goal: Option<AmountView>,
    /// What was given into it so far.
    given: AmountView,
    /// The text of its code.
    #[schema(example = "DHW1/DONATE/7/0576")]
    code: String,
}

impl BoxView {
    fn of(it: &OwnBox, names: &Names, now: Timestamp) -> BoxView {
        let rules = it.rules.rules();
        BoxView {
            number: rules.donation_box,
            name: it.name.to_string(),
            charity: names.of(&Other::Shop(rules.charity)),
            presets: rules.presets.iter().map(|it| AmountView::of(*it)).collect(),
            least: AmountView::of(rules.least),
            most: AmountView::of(rules.most),
            opens: time(rules.open_from),
            closes: time(rules.open_until),
            is_open: (rules.open_from..rules.open_until).contains(&now),
            goal: rules.goal.map(AmountView::of),
            given: names.amount(sum(it.totals.given_minor)),
            code: OwnCode::Donate { donation_box: rules.donation_box }.to_string(),
        }
    }

    async fn all(edge: &Edge, boxes: &[Arc<OwnBox>]) -> Result<Vec<BoxView>, Failure> {
        let charities = boxes.iter().map(|it| Other::Shop(it.rules.rules().charity)).collect();
        let (names, now) = (Names::find(edge, charities).await?, edge.now());
        Ok(boxes.iter().map(|it| BoxView::of(it, &names, now)).collect())
    }
}

/// All money of a market is below 2^64 minor units.
fn sum(minor: u128) -> u64 {
    u64::try_from(minor).unwrap_or(u64::MAX)
}

/// A donation box, as its charity sees it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct OwnBoxView {
    #[serde(flatten)]
    shown: BoxView,
    donations: u64,
    /// Those of givers who told their names, among them.
    named: u64,
    /// What reached the charity: what was given without the wallet's share.
    received: AmountView,
}

impl OwnBoxView {
    async fn all(edge: &Edge, boxes: &[Arc<OwnBox>]) -> Result<Vec<OwnBoxView>, Failure> {
        let shown = BoxView::all(edge, boxes).await?;
        let own = |(it, shown): (&Arc<OwnBox>, BoxView)| OwnBoxView {
            shown,
            donations: it.totals.donations,
            named: it.totals.named,
            received: AmountView::minor(
                sum(it.totals.payee_minor),
                it.rules.rules().least.currency(),
            ),
        };
        Ok(boxes.iter().zip(shown).map(own).collect())
    }
}

/// One page of boxes, by number.
#[derive(Serialize, ToSchema)]
struct BoxesPage {
    items: Vec<BoxView>,
    /// Give it as `from` to see more.
    next: Option<u32>,
}

/// Lists donation boxes that are open now.
#[utoipa::path(
    get, path = "/v1/boxes", tag = "donations", params(NumberPart),
    responses((status = 200, body = BoxesPage), (status = 401, body = Failure))
)]
async fn list(
    State(app): State<App>,
    _: Signed,
    Query(part): Query<NumberPart>,
) -> Result<Json<BoxesPage>, Failure> {
    let ((from, limit), now) = (part.read()?, app.edge.now());
    let (found, next) = app
        .edge
        .read(move |wallet, _, _| {
            let is_open = |it: &OwnBox| {
                let rules = it.rules.rules();
                let shop = usize::try_from(rules.charity).ok();
                let shop = shop.and_then(|place| wallet.shops().get(place));
                (rules.open_from..rules.open_until).contains(&now)
                    && shop.is_some_and(|shop| shop.is_open)
            };
            let all = (0..).zip(wallet.donation_boxes());
            let open = all.filter(|(number, it)| *number >= from && is_open(it));
            page(open.map(|(number, it)| (number, Arc::clone(it))), limit)
        })
        .await?;
    let found: Vec<_> = found.into_iter().map(|(_, it)| it).collect();
    Ok(Json(BoxesPage { items: BoxView::all(&app.edge, &found).await?, next }))
}

pub(super) async fn find_box(edge: &Edge, number: u32) -> Result<Option<Arc<OwnBox>>, Failure> {
    let place = usize::try_from(number).unwrap_or(usize::MAX);
    Ok(edge.read(move |wallet, _, _| wallet.donation_boxes().get(place).cloned()).await?)
}

/// Shows a donation box.
#[utoipa::path(
    get, path = "/v1/boxes/{box}", tag = "donations", params(("box" = u32, Path)),
    responses((status = 200, body = BoxView), (status = 404, body = Failure))
)]
async fn show(
    State(app): State<App>,
    _: Signed,
    Path(number): Path<String>,
) -> Result<Json<BoxView>, Failure> {
    let found = find_box(&app.edge, read_id(&number, "box")?).await?;
    let found = found.ok_or_else(|| not_found("box"))?;
    let view = BoxView::all(&app.edge, &[found]).await?.pop();
    Ok(Json(view.ok_or_else(|| not_found("box"))?))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct DonationBody {
    /// The box's number.
    #[serde(rename = "box")]
    donation_box: u32,
    /// Or give a `preset`.
    amount: Option<AmountBody>,
    /// The place of a suggested amount, from 0. Should it have been changed, `amount` is safer.
    preset: Option<usize>,
    /// Under which name the charity learns of it. Without it, it learns nothing of the giver.
    #[schema(example = "Minsu Kim")]
    name: Option<String>,
}

impl DonationBody {
    fn amount_minor(&self, found: &OwnBox, currency: Currency) -> Result<u64, Failure> {
        match (&self.amount, self.preset) {
            (Some(amount), None) => amount.read("amount", currency),
            (None, Some(preset)) => {
                let preset = found.rules.rules().presets.get(preset).map(|it| it.minor());
                preset.ok_or_else(|| Failure::illegal("preset: the box has no such one"))
            }
            _ => Err(Failure::illegal("amount, preset: give one of the two")),
        }
    }
}

/// Gives to a charity. It is given at once and for good; `reference` is the receipt's number.
#[utoipa::path(
    post, path = "/v1/donations", tag = "donations", request_body = DonationBody,
    params(("Idempotency-Key" = String, Header)),
    responses((status = 201, body = Receipt), (status = 400, body = Failure),
        (status = 403, body = Failure), (status = 404, body = Failure),
        (status = 409, body = Failure))
)]
async fn give(
    State(app): State<App>,
    SteppedUp(signed): SteppedUp,
    Keyed { once, body }: Keyed<DonationBody>,
) -> Result<Made<Receipt>, Failure> {
    let (edge, customer) = (&app.edge, signed.customer);
    let found = find_box(edge, body.donation_box).await?.ok_or_else(|| not_found("box"))?;
    let amount_minor = body.amount_minor(&found, market(edge).await?.account.currency)?;
    if let Some(name) = &body.name {
        read_text::<64>(name, "name")?;
    }
    let charity = usize::try_from(found.rules.rules().charity).unwrap_or(usize::MAX);
    let owner = edge.read(move |wallet, _, _| wallet.shops().get(charity).map(|it| it.owner));
    let readers: Vec<u32> = owner.await?.into_iter().collect();
    let kept = notes::keep(edge, (customer, &once), &readers, body.name.as_deref()).await?;
    let (millis, partition, random) = edge.draw();
    let it = Give {
        id: DonationId::new(millis, partition, random),
        customer,
        donation_box: body.donation_box,
        amount_minor,
        name: kept.id,
        once,
    };
    let command = Command::Service(Box::new(ServiceCommand::Donation(DonationCommand::Give(it))));
    let made = edge.make(command).await;
    let (object, is_repeat) = kept.unless_refused(edge, made).await?;
    let view = Receipt::made(edge, &object, Viewer::Customer(customer), signed.person).await?;
    Ok(Made { view, is_repeat })
}

/// What a charity says of a box.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct BoxBody {
    /// What stands on it.
    #[schema(example = "Books for all")]
    name: String,
    /// Up to 8 amounts that are suggested, in rising order.
    #[serde(default)]
    presets: Vec<AmountBody>,
    least: AmountBody,
    most: AmountBody,
    /// Without it, now.
    opens: Option<String>,
    closes: String,
    goal: Option<AmountBody>,
}

impl BoxBody {
    fn read(
        &self,
        charity: ShopNumber,
        (currency, now): (Currency, Timestamp),
    ) -> Result<(Text<64>, BoxRules), Failure> {
        let money = |amount: &AmountBody, field: &str| {
            let minor = amount.read(field, currency)?;
            Money::new(minor, currency)
                .map_err(|error| Failure::illegal(format!("{field}.value: {error}")))
        };
        let presets = self.presets.iter().map(|preset| money(preset, "presets"));
        let rules = BoxRules {
            donation_box: 0,
            charity,
            presets: presets.collect::<Result<_, _>>()?,
            least: money(&self.least, "least")?,
            most: money(&self.most, "most")?,
            open_from: match &self.opens {
                Some(opens) => read_time(opens, "opens")?,
                None => now,
            },
            open_until: read_time(&self.closes, "closes")?,
            goal: self.goal.as_ref().map(|goal| money(goal, "goal")).transpose()?,
            fee: Share::NONE,
        };
        Ok((read_text(&self.name, "name")?, rules))
    }
}

/// Makes a box, or changes the one of this number.
async fn put_box(
    edge: &Edge,
    signed: &Signed,
    (n, number): (&str, Option<u32>),
    Keyed { once, body }: Keyed<BoxBody>,
) -> Result<Made<OwnBoxView>, Failure> {
    let by = signed.customer;
    let (shop, _, currency) = own_shop(edge, by, read_number(n)?).await?;
    let (name, rules) = body.read(shop.number, (currency, edge.now()))?;
    let it = PutBox { by, number, name, rules, once };
    let before = edge.read(|wallet, _, _| wallet.donation_boxes().len()).await?;
    let command = Command::Service(Box::new(ServiceCommand::Donation(DonationCommand::PutBox(it))));
    let number_made = match edge.submit(command).await? {
        Reply::Number(number) => number,
        other => unreachable!("a box is answered with its number: {other:?}"),
    };
    let found = find_box(edge, number_made).await?.ok_or_else(|| not_found("box"))?;
    let view = OwnBoxView::all(edge, &[found]).await?.pop();
    // Numbers are given in order: one that was given before belongs to an earlier request.
    let is_repeat =
        number.is_none() && usize::try_from(number_made).is_ok_and(|number| number < before);
    Ok(Made { view: view.ok_or_else(|| not_found("box"))?, is_repeat })
}

/// Puts up a donation box. The shop must be a charity, which its operator decides.
#[utoipa::path(
    post, path = "/v1/shops/{n}/boxes", tag = "donations", request_body = BoxBody,
    params(("n" = u32, Path), ("Idempotency-Key" = String, Header)),
    responses((status = 201, body = OwnBoxView), (status = 400, body = Failure),
        (status = 403, body = Failure), (status = 404, body = Failure),
        (status = 409, body = Failure))
)]
async fn add(
    State(app): State<App>,
    signed: Signed,
    Path(n): Path<String>,
    keyed: Keyed<BoxBody>,
) -> Result<Made<OwnBoxView>, Failure> {
    put_box(&app.edge, &signed, (&n, None), keyed).await
}

/// Changes what a box says of itself. What was given stays given.
#[utoipa::path(
    put, path = "/v1/shops/{n}/boxes/{box}", tag = "donations", request_body = BoxBody,
    params(("n" = u32, Path), ("box" = u32, Path), ("Idempotency-Key" = String, Header)),
    responses((status = 201, body = OwnBoxView), (status = 400, body = Failure),
        (status = 404, body = Failure), (status = 409, body = Failure))
)]
async fn change(
    State(app): State<App>,
    signed: Signed,
    Path((n, number)): Path<(String, String)>,
    keyed: Keyed<BoxBody>,
) -> Result<Made<OwnBoxView>, Failure> {
    let number = read_id(&number, "box")?;
    put_box(&app.edge, &signed, (&n, Some(number)), keyed).await
}

/// Lists the boxes of one of the customer's own shops, with what they have taken.
#[utoipa::path(
    get, path = "/v1/shops/{n}/boxes", tag = "donations", params(("n" = u32, Path)),
    responses((status = 200, body = Vec<OwnBoxView>), (status = 404, body = Failure))
)]
async fn own(
    State(app): State<App>,
    signed: Signed,
    Path(n): Path<String>,
) -> Result<Json<Vec<OwnBoxView>>, Failure> {
    let (shop, _, _) = own_shop(&app.edge, signed.customer, read_number(&n)?).await?;
    let found = app.edge.read(move |wallet, _, _| {
        let own = wallet.donation_boxes().iter();
        let own = own.filter(|it| it.rules.rules().charity == shop.number);
        own.cloned().collect::<Vec<_>>()
    });
    Ok(Json(OwnBoxView::all(&app.edge, &found.await?).await?))
}

/// The code that stands on a box: its text, or a picture.
#[utoipa::path(
    get, path = "/v1/shops/{n}/boxes/{box}/code", tag = "donations",
    params(("n" = u32, Path), ("box" = u32, Path), PictureQuery),
    responses((status = 200, body = String), (status = 404, body = Failure))
)]
async fn code(
    State(app): State<App>,
    signed: Signed,
    Path((n, number)): Path<(String, String)>,
    shape: Shape,
) -> Result<Response, Failure> {
    let (shop, _, _) = own_shop(&app.edge, signed.customer, read_number(&n)?).await?;
    let number = read_id(&number, "box")?;
    let found = find_box(&app.edge, number).await?;
    let found = found.filter(|it| it.rules.rules().charity == shop.number);
    let found = found.ok_or_else(|| not_found("box"))?;
    let text = OwnCode::Donate { donation_box: number }.to_string();
    draw(&text, found.name.as_str(), shape)
}
