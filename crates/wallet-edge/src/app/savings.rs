//! Savings: idle balance in a fund, and what its prices have done to it.

use super::App;
use super::access::{Signed, SteppedUp};
use super::card::Viewer;
use super::failure::Failure;
use super::once::{Keyed, Made};
use super::receipt::Receipt;
use super::view::{AmountBody, AmountView, market, time};
use crate::Edge;
use crate::fund_text::{day, decimal, earned, price, units};
use ::savings::{DayYield, FundPrice, LocalDay, PriceHistory, SavingsRules};
use api::ops::extract::Json;
use axum::extract::State;
use base::{Refusal, ResultCode};
use ids::SavingId;
use money::Currency;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use wallet::command::savings::{PutIn, SavingsCommand, TakeOut, TakeWay};
use wallet::{Command, Market};

/// Prices that are shown, at most.
const PRICES_SHOWN: usize = 31;
/// Decimals of a rate in percent, which comes in millionths.
const PERCENT_DECIMALS: u8 = 4;
/// Decimals of the yield of 10,000 units, in minor units.
const TEN_THOUSAND_DECIMALS: u8 = 4;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(show, switch))
        .routes(routes!(put))
        .routes(routes!(take_out))
        .routes(routes!(fund))
}

/// The price of one unit on a day.
#[derive(Serialize, ToSchema)]
struct PriceView {
    #[schema(example = "2026-12-25")]
    day: String,
    /// In major units.
    #[schema(example = "1000.02739726")]
    price: String,
}

impl PriceView {
    fn of(it: FundPrice, currency: Currency) -> PriceView {
        PriceView { day: day(it.day), price: price(it.price, currency) }
    }
}

/// What one day earned: exactly, in major units. A loss begins with `-`.
#[derive(Serialize, ToSchema)]
struct YieldView {
    /// The day that it is shown for.
    day: String,
    /// Days since the price before: more than one after a weekend.
    days: u16,
    /// The units that earned it.
    units: String,
    #[schema(example = "2.7397")]
    amount: String,
}

impl YieldView {
    fn of(it: &DayYield, currency: Currency) -> YieldView {
        YieldView {
            day: day(it.day),
            days: it.days,
            units: units(it.units),
            amount: earned(it.micro_minor(), currency),
        }
    }
}

/// What 10,000 units earned as of the day of the last price, in major units.
#[derive(Serialize, ToSchema)]
struct TenThousandView {
    day: String,
    days: u16,
    #[schema(example = "0.5123")]
    amount: String,
}

/// Money that waits for the price of a day.
#[derive(Serialize, ToSchema)]
struct WaitingView {
    day: String,
    amount: AmountView,
}

/// Units that wait for the price of a day.
#[derive(Serialize, ToSchema)]
struct RedeemingView {
    day: String,
    units: String,
}

/// The two rates of the trade.
struct Rates {
    seven_day: Option<String>,
    ten_thousand: Option<TenThousandView>,
}

impl Rates {
    fn of(prices: &PriceHistory, currency: Currency) -> Rates {
        let last = prices.last().and_then(|last| prices.ten_thousand_yield(last.day));
        let ten_thousand = last.map(|it| TenThousandView {
            day: day(it.day),
            days: it.days,
            amount: decimal(it.yield_e4, currency.exponent() + TEN_THOUSAND_DECIMALS),
        });
        let seven_day = prices.seven_day_yield_ppm().map(|ppm| decimal(ppm, PERCENT_DECIMALS));
        Rates { seven_day, ten_thousand }
    }
}

/// A customer's savings.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct SavingsView {
    is_on: bool,
    /// What stays in the balance when it is swept.
    keep_back: AmountView,
    /// Units that the customer has, those that are being sold among them.
    #[schema(example = "12.345678")]
    units: String,
    /// Those that no order has promised.
    free_units: String,
    /// What the units are worth at the last price, without money that waits.
    value: AmountView,
    /// The last price, by whose day everything is shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    as_of: Option<PriceView>,
    /// What the units are worth beyond what they cost, in major units; a loss begins with `-`.
    gain: String,
    /// Money that gets units at the price of its day.
    waiting: Vec<WaitingView>,
    /// What of it can still be had back.
    recallable: AmountView,
    #[serde(skip_serializing_if = "Option::is_none")]
    redeeming: Option<RedeemingView>,
    /// What the limits still let be taken out at once today.
    instant_left: AmountView,
    /// What can be paid directly from savings right now.
    spendable: AmountView,
    /// What each day earned, newest first.
    yields: Vec<YieldView>,
    /// Percent a year, by the last seven days.
    #[schema(example = "1.865")]
    #[serde(skip_serializing_if = "Option::is_none")]
    seven_day_yield: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ten_thousand_yield: Option<TenThousandView>,
}

impl SavingsView {
    /// `found` is none before savings were ever switched on.
    fn of(found: Option<&wallet::SavingsView>, rates: Rates, market: &Market) -> SavingsView {
        let currency = market.account.currency;
        let amount = |minor: u64| AmountView::minor(minor, currency);
        let keep_back = match (found, &market.savings) {
            (Some(it), Some(rules)) => rules.minor_of_major(it.keep_back_major),
            _ => 0,
        };
        let minor = |part: fn(&wallet::SavingsView) -> u64| amount(found.map_or(0, part));
        let waiting = found.map(|it| it.waiting.as_slice()).unwrap_or_default();
        let yields = found.map(|it| it.yields.as_slice()).unwrap_or_default();
        SavingsView {
            is_on: found.is_some_and(|it| it.is_on),
            keep_back: amount(keep_back),
            units: units(found.map_or(0, |it| it.units)),
            free_units: units(found.map_or(0, |it| it.free_units)),
            value: minor(|it| it.value_minor),
            as_of: found.and_then(|it| it.price).map(|it| PriceView::of(it, currency)),
            gain: decimal(found.map_or(0, |it| it.gain_minor), currency.exponent()),
            waiting: waiting
                .iter()
                .map(|(on, minor)| WaitingView { day: day(*on), amount: amount(*minor) })
                .collect(),
            recallable: minor(|it| it.recallable_minor),
            redeeming: found
                .and_then(|it| it.redeeming)
                .map(|(on, count)| RedeemingView { day: day(on), units: units(count) }),
            instant_left: minor(|it| it.instant_left_minor),
            spendable: minor(|it| it.spendable_minor),
            yields: yields.iter().map(|it| YieldView::of(it, currency)).collect(),
            seven_day_yield: rates.seven_day,
            ten_thousand_yield: rates.ten_thousand,
        }
    }

    async fn load(edge: &Edge, customer: u32) -> Result<SavingsView, Failure> {
        let now = edge.now();
        let view = edge.read(move |wallet, history, _| {
            let market = wallet.market();
            market.savings.as_ref()?;
            let rates = Rates::of(wallet.fund().prices(), market.account.currency);
            let found = wallet.savings_of(history, customer, now);
            Some(SavingsView::of(found.as_ref(), rates, market))
        });
        view.await?.ok_or_else(no_savings)
    }
}

fn no_savings() -> Failure {
    Refusal::new(ResultCode::BusinessNotSupport, "this wallet has no savings").into()
}

/// Shows the customer's savings as of the last price of the fund.
#[utoipa::path(
    get, path = "/v1/savings", tag = "savings",
    responses((status = 200, body = SavingsView), (status = 400, body = Failure),
        (status = 401, body = Failure))
)]
async fn show(State(app): State<App>, signed: Signed) -> Result<Json<SavingsView>, Failure> {
    Ok(Json(SavingsView::load(&app.edge, signed.customer).await?))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct SwitchBody {
    is_on: bool,
    /// What stays in the balance, in whole major units; nothing when absent.
    keep_back: Option<AmountBody>,
}

/// What stays in the balance, in whole major units.
fn read_keep_back(body: Option<&AmountBody>, rules: &SavingsRules) -> Result<u32, Failure> {
    let Some(body) = body else { return Ok(0) };
    let minor = body.read("keepBack", rules.terms().currency)?;
    let (one, bad) =
        (rules.minor_of_major(1), "keepBack.value: give a whole number of major units");
    if !minor.is_multiple_of(one) {
        return Err(Failure::illegal(bad));
    }
    u32::try_from(minor / one).map_err(|_| Failure::illegal(bad))
}

/// Switches savings on or off, and says what stays in the balance. On, idle balance is put in at
/// once and before the cut-off of each dealing day; off, what is there stays. It can be repeated.
#[utoipa::path(
    put, path = "/v1/savings", tag = "savings", request_body = SwitchBody,
    responses((status = 200, body = SavingsView), (status = 400, body = Failure),
        (status = 403, body = Failure))
)]
async fn switch(
    State(app): State<App>,
    SteppedUp(signed): SteppedUp,
    Json(body): Json<SwitchBody>,
) -> Result<Json<SavingsView>, Failure> {
    let (edge, customer) = (&app.edge, signed.customer);
    let market = market(edge).await?;
    let rules = market.savings.as_ref().ok_or_else(no_savings)?;
    let keep_back_major = read_keep_back(body.keep_back.as_ref(), rules)?;
    let it = SavingsCommand::Switch { customer, is_on: body.is_on, keep_back_major };
    edge.submit(Command::Savings(it)).await?;
    Ok(Json(SavingsView::load(edge, customer).await?))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PutBody {
    amount: AmountBody,
}

/// Puts money into savings, beside what the switch does.
#[utoipa::path(
    post, path = "/v1/savings/put", tag = "savings", request_body = PutBody,
    params(("Idempotency-Key" = String, Header)),
    responses((status = 201, body = Receipt), (status = 400, body = Failure),
        (status = 403, body = Failure), (status = 409, body = Failure))
)]
async fn put(
    State(app): State<App>,
    SteppedUp(signed): SteppedUp,
    Keyed { once, body }: Keyed<PutBody>,
) -> Result<Made<Receipt>, Failure> {
    let (edge, customer) = (&app.edge, signed.customer);
    let amount_minor = body.amount.read("amount", market(edge).await?.account.currency)?;
    let (millis, partition, random) = edge.draw();
    let id = SavingId::new(millis, partition, random);
    let it = SavingsCommand::Put(PutIn { id, customer, amount_minor, once });
    let (object, is_repeat) = edge.make(Command::Savings(it)).await?;
    let view = Receipt::made(edge, &object, Viewer::Customer(customer), signed.person).await?;
    Ok(Made { view, is_repeat })
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum WayBody {
    /// At the last price, within the limits: the money is there at once.
    Instant,
    /// At the price of the dealing day: the money comes with it.
    Ordinary,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct TakeOutBody {
    way: WayBody,
    /// Without it, with `ORDINARY`, everything.
    amount: Option<AmountBody>,
}

/// Takes money out of savings. What still waits for its price comes back at once either way.
#[utoipa::path(
    post, path = "/v1/savings/take-out", tag = "savings", request_body = TakeOutBody,
    params(("Idempotency-Key" = String, Header)),
    responses((status = 201, body = Receipt), (status = 400, body = Failure),
        (status = 403, body = Failure), (status = 409, body = Failure))
)]
async fn take_out(
    State(app): State<App>,
    SteppedUp(signed): SteppedUp,
    Keyed { once, body }: Keyed<TakeOutBody>,
) -> Result<Made<Receipt>, Failure> {
    let (edge, customer) = (&app.edge, signed.customer);
    let currency = market(edge).await?.account.currency;
    let amount = body.amount.map(|amount| amount.read("amount", currency)).transpose()?;
    let way = match (body.way, amount) {
        (WayBody::Instant, Some(amount_minor)) => TakeWay::AtOnce { amount_minor },
        (WayBody::Ordinary, Some(amount_minor)) => TakeWay::Ordinary { amount_minor },
        (WayBody::Ordinary, None) => TakeWay::All,
        (WayBody::Instant, None) => {
            let message = "amount: give one with INSTANT; `spendable` says what is possible";
            return Err(Failure::illegal(message));
        }
    };
    let (millis, partition, random) = edge.draw();
    let id = SavingId::new(millis, partition, random);
    let it = SavingsCommand::TakeOut(TakeOut { id, customer, way, once });
    let (object, is_repeat) = edge.make(Command::Savings(it)).await?;
    let view = Receipt::made(edge, &object, Viewer::Customer(customer), signed.person).await?;
    Ok(Made { view, is_repeat })
}

/// The fund, as customers may see it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct FundView {
    /// Newest first.
    prices: Vec<PriceView>,
    /// Percent a year, by the last seven days.
    #[serde(skip_serializing_if = "Option::is_none")]
    seven_day_yield: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ten_thousand_yield: Option<TenThousandView>,
    /// The day for which orders count now.
    #[serde(skip_serializing_if = "Option::is_none")]
    dealing_day: Option<String>,
    /// Until when.
    #[serde(skip_serializing_if = "Option::is_none")]
    orders_until: Option<String>,
    /// The least that the switch puts in at once.
    least_sweep: AmountView,
    /// What one customer can take out at once in a day.
    instant_a_day: AmountView,
}

/// Shows the fund: its prices with their days, its rates, and for which day orders count now.
#[utoipa::path(
    get, path = "/v1/fund", tag = "savings",
    responses((status = 200, body = FundView), (status = 400, body = Failure),
        (status = 401, body = Failure))
)]
async fn fund(State(app): State<App>, _: Signed) -> Result<Json<FundView>, Failure> {
    let now = app.edge.now();
    let view = app.edge.read(move |wallet, _, _| {
        let rules = wallet.market().savings.as_ref()?;
        let (terms, calendar) = (rules.terms(), rules.calendar());
        let (currency, prices) = (terms.currency, wallet.fund().prices());
        let shown = prices.all().iter().rev().take(PRICES_SHOWN);
        let dealing: Option<LocalDay> = calendar.dealing_day(now);
        let rates = Rates::of(prices, currency);
        Some(FundView {
            prices: shown.map(|it| PriceView::of(*it, currency)).collect(),
            seven_day_yield: rates.seven_day,
            ten_thousand_yield: rates.ten_thousand,
            dealing_day: dealing.map(day),
            orders_until: dealing.map(|it| time(calendar.closes(it))),
            least_sweep: AmountView::minor(terms.min_sweep_minor, currency),
            instant_a_day: AmountView::minor(terms.instant_limit_minor, currency),
        })
    });
    Ok(Json(view.await?.ok_or_else(no_savings)?))
}
