//! What a shop did on one day of the market's calendar.

use super::App;
use super::access::Signed;
use super::activity::{ids_of, load};
use super::card::{Card, Viewer};
use super::failure::Failure;
use super::receipt::cards;
use super::shops::{own_shop, read_number};
use super::view::{AmountView, day_text, market, read_day, time};
use crate::Edge;
use crate::edge::EdgeError;
use account::LocalDay;
use api::ops::extract::{Json, Query};
use axum::extract::{Path, State};
use base::{Span, Timestamp};
use money::Currency;
use serde::{Deserialize, Serialize};
use services::RideState;
use state::{ListQuery, Order};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use wallet::objects::{BookingState, CashWay, Sale};
use wallet::{Object, ShopNumber};

/// An id is drawn before its record is made: this much earlier at most, or later by another clock.
const SLACK: Span = Span::minutes(10);
/// Objects of a shop that one statement looks at.
const MAX_LOOKED_AT: usize = 20_000;
/// Read from the list at a time.
const CHUNK: usize = 500;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(statement))
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct DayQuery {
    /// As `2026-12-25`; without it, today.
    day: Option<String>,
}

/// How many, and what they come to.
#[derive(Serialize, ToSchema)]
struct TotalView {
    count: u64,
    amount: AmountView,
}

#[derive(Clone, Copy, Default)]
struct Total {
    count: u64,
    minor: u64,
}

impl Total {
    /// Gives the condition back.
    fn add_if(&mut self, is_counted: bool, minor: u64) -> bool {
        if is_counted {
            self.count += 1;
            self.minor = self.minor.saturating_add(minor);
        }
        is_counted
    }

    fn view(self, currency: Currency) -> TotalView {
        TotalView { count: self.count, amount: AmountView::minor(self.minor, currency) }
    }
}

/// A refund that was made on the day, of a sale of that day or of an earlier one.
#[derive(Serialize, ToSchema)]
struct DayRefundView {
    id: String,
    sale: String,
    amount: AmountView,
    time: String,
}

/// The day of a shop.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct StatementView {
    shop: u32,
    name: String,
    day: String,
    sales: TotalView,
    refunds: TotalView,
    pay_outs: TotalView,
    cash_given: TotalView,
    cash_taken: TotalView,
    /// Coupons that were redeemed here, by their face value, whoever's offer they are of.
    coupons: TotalView,
    /// What was given, before the wallet's share.
    donations: TotalView,
    /// Fares that were paid, without those of rides that were cancelled since.
    rides: TotalView,
    /// Bookings that were made on the day and paid, less what has gone back since.
    bookings: TotalView,
    /// What the shop has now.
    balance: AmountView,
    as_of: String,
    /// What the totals count, but for refunds, newest first.
    items: Vec<Card>,
    refund_items: Vec<DayRefundView>,
    /// `false`: the shop has done so much that refunds of much older sales were not looked for.
    is_complete: bool,
}

#[derive(Default)]
struct Day {
    sales: Total,
    refunds: Total,
    pay_outs: Total,
    cash_given: Total,
    cash_taken: Total,
    coupons: Total,
    donations: Total,
    rides: Total,
    bookings: Total,
    items: Vec<Object>,
    refund_items: Vec<(String, String, u64, Timestamp)>,
}

impl Day {
    /// Counts what of an object was on the day, at this shop.
    fn take(&mut self, object: Object, shop: ShopNumber, is_day: impl Fn(Timestamp) -> bool) {
        let is_of_day = match &object {
            Object::Sale(it) => self.sale(it, is_day),
            Object::Transfer(it) => self.pay_outs.add_if(is_day(it.created.time), it.amount_minor),
            Object::Cash(it) => {
                let total = match it.way {
                    CashWay::In => &mut self.cash_taken,
                    CashWay::Out => &mut self.cash_given,
                };
                total.add_if(is_day(it.created.time), it.amount_minor)
            }
            Object::Gift(it) => {
                let mut is_some = false;
                for used in it.body.uses().iter().filter(|used| used.store == shop) {
                    is_some |= self.coupons.add_if(is_day(used.at), used.face_minor);
                }
                is_some
            }
            Object::Donation(it) => {
                self.donations.add_if(is_day(it.body.at), it.body.plan.total().minor())
            }
            Object::Ride(it) => match it.body.end {
                Some((at, plan)) if it.body.state != RideState::Cancelled => {
                    self.rides.add_if(is_day(at), plan.total().minor())
                }
                _ => false,
            },
            Object::Booking(it) => {
                let left = it.plan.total().minor().saturating_sub(it.back_minor);
                let is_paid = it.state == BookingState::Paid;
                self.bookings.add_if(is_paid && is_day(it.created.time), left)
            }
            _ => false,
        };
        if is_of_day {
            self.items.push(object);
        }
    }

    /// The sale itself, and what of it went back on the day.
    fn sale(&mut self, it: &Sale, is_day: impl Fn(Timestamp) -> bool) -> bool {
        for refund in it.refunds.iter().filter(|refund| is_day(refund.at.time)) {
            self.refunds.add_if(true, refund.amount_minor);
            let (id, sale) = (refund.id.to_string(), it.id.to_string());
            self.refund_items.push((id, sale, refund.amount_minor, refund.at.time));
        }
        self.sales.add_if(is_day(it.created.time), it.amount_minor)
    }
}

/// Looks through what a shop did up to the end of the day: a refund stands in its sale, and a use
/// in its coupon, which may be older. `false`: there is too much of it.
async fn look(
    edge: &Edge,
    shop: ShopNumber,
    (start, end): (Timestamp, Timestamp),
) -> Result<(Day, bool), EdgeError> {
    let mut day = Day::default();
    let mut to = (u128::from(end.after(SLACK).millis()) << 80) | ((1 << 80) - 1);
    let mut looked_at = 0;
    loop {
        let query = ListQuery { from: 0, to, order: Order::NewestFirst, limit: CHUNK };
        let ids = ids_of(edge, wallet::list_of_shop(shop), query).await?;
        let Some(last) = ids.last().copied() else { return Ok((day, true)) };
        let is_last = ids.len() < CHUNK;
        looked_at += ids.len();
        for object in load(edge, ids).await? {
            day.take(object, shop, |time| start <= time && time < end);
        }
        match last.checked_sub(1) {
            Some(next) if !is_last && looked_at < MAX_LOOKED_AT => to = next,
            _ => return Ok((day, is_last)),
        }
    }
}

/// The statement of a day: sales, refunds, pay-outs, cash, coupons, donations, fares, seats, their
/// totals, and what the shop has.
#[utoipa::path(
    get, path = "/v1/shops/{n}/statement", tag = "shops", params(("n" = u32, Path), DayQuery),
    responses((status = 200, body = StatementView), (status = 400, body = Failure),
        (status = 404, body = Failure))
)]
async fn statement(
    State(app): State<App>,
    signed: Signed,
    Path(n): Path<String>,
    Query(query): Query<DayQuery>,
) -> Result<Json<StatementView>, Failure> {
    let edge = &app.edge;
    let (shop, balance_minor, currency) = own_shop(edge, signed.customer, read_number(&n)?).await?;
    let zone = market(edge).await?.account.zone;
    let now = edge.now();
    let day: LocalDay = match &query.day {
        None => zone.day_of(now),
        Some(text) => read_day(text, "day")?,
    };
    let bounds = (zone.start_of(day), zone.start_of(day.next()));
    let (found, is_complete) = look(edge, shop.number, bounds).await?;
    let refund = |(id, sale, minor, at): (String, String, u64, Timestamp)| DayRefundView {
        id,
        sale,
        amount: AmountView::minor(minor, currency),
        time: time(at),
    };
    Ok(Json(StatementView {
        shop: shop.number,
        name: shop.name.to_string(),
        day: day_text(day),
        sales: found.sales.view(currency),
        refunds: found.refunds.view(currency),
        pay_outs: found.pay_outs.view(currency),
        cash_given: found.cash_given.view(currency),
        cash_taken: found.cash_taken.view(currency),
        coupons: found.coupons.view(currency),
        donations: found.donations.view(currency),
        rides: found.rides.view(currency),
        bookings: found.bookings.view(currency),
        balance: AmountView::minor(balance_minor, currency),
        as_of: time(now),
        items: cards(edge, &found.items, Viewer::Shop(shop.number)).await?,
        refund_items: found.refund_items.into_iter().map(refund).collect(),
        is_complete,
    }))
}
