//! What somebody has to look back at, by the days of the market's calendar: who corrected what and
//! who agreed, who contradicted the books, what the bank refused. Source: failure catalogue K8.

use super::books::{self, BooksView};
use super::csv::line;
use super::moves::way_text;
use super::proposals::{self, ProposalView};
use super::{AmountBody, AtDesk, Shared};
use crate::app::load;
use crate::edge::{Edge, EdgeError};
use crate::fund_text::read_day;
use account::LocalDay;
use api::ops::Failure;
use api::ops::extract::{Json, Query};
use api::ops::model::time;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::header;
use money::Currency;
use serde::{Deserialize, Serialize};
use state::{ListQuery, Order};
use std::collections::{BTreeMap, BTreeSet};
use utoipa::{IntoParams, ToSchema};
use wallet::objects::BankState;
use wallet::{DayList, FoundBreak, Object};

/// Rows of one list that a report has, at most.
const MAX_ROWS: usize = 10_000;

#[derive(Clone, Copy, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ReportForm {
    #[default]
    Json,
    /// One table, for spreadsheets.
    Csv,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct FormQuery {
    #[serde(default)]
    form: ReportForm,
}

/// Somebody contradicted the books, or does not say what became of something. No money moved by it.
#[derive(Debug, Serialize, ToSchema)]
pub struct BreakView {
    time: String,
    /// What it is about, such as `BANK_MOVE`.
    kind: String,
    object: String,
    /// In words.
    what: String,
}

/// A top-up or withdrawal that the bank refused.
#[derive(Debug, Serialize, ToSchema)]
pub struct FailedMoveView {
    /// When the customer asked for it.
    time: String,
    object: String,
    customer: u32,
    /// IN or OUT.
    way: String,
    amount: AmountBody,
    /// The bank's reason.
    code: String,
}

/// One day.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReportView {
    day: String,
    /// `false`: the day goes on, and so may the lists.
    is_over: bool,
    /// Proposals that were approved or rejected on the day, or whose time ended on it.
    decided: Vec<ProposalView>,
    breaks: Vec<BreakView>,
    failed_moves: Vec<FailedMoveView>,
    /// `false`: a list was too long to be shown whole.
    is_complete: bool,
    /// The books as they are now, whatever the day.
    books: BooksView,
    as_of: String,
}

/// What the lists of a day hold, oldest first.
struct Found {
    decided: Vec<Object>,
    breaks: Vec<BreakView>,
    failed_moves: Vec<Object>,
    is_complete: bool,
}

/// Ids of a list, and whether these are all.
async fn ids_of(edge: &Edge, list: Vec<u8>) -> Result<(Vec<u128>, bool), EdgeError> {
    let history = edge.engine.history();
    let query =
        ListQuery { from: 0, to: u128::MAX, order: Order::OldestFirst, limit: MAX_ROWS + 1 };
    let found = tokio::task::spawn_blocking(move || history.list(&list, query)).await;
    let mut ids = found.map_err(|_| EdgeError::Task)??;
    let is_complete = ids.len() <= MAX_ROWS;
    ids.truncate(MAX_ROWS);
    Ok((ids, is_complete))
}

async fn breaks_of(edge: &Edge, ids: Vec<u128>) -> Result<Vec<FoundBreak>, EdgeError> {
    let history = edge.engine.history();
    let found = tokio::task::spawn_blocking(move || {
        let mut breaks = Vec::with_capacity(ids.len());
        for id in ids {
            let bytes = history.name(&wallet::name_of_break(id))?;
            let read = |bytes: Vec<u8>| base::decode_all::<FoundBreak>(&bytes);
            let found = bytes.map(read).transpose();
            breaks.extend(found.expect("history returns the break that was put there"));
        }
        Ok::<_, state::StateError>(breaks)
    });
    Ok(found.await.map_err(|_| EdgeError::Task)??)
}

async fn look(edge: &Edge, day: LocalDay) -> Result<Found, EdgeError> {
    let list = |kind| wallet::list_of_day(kind, day);
    let (decided, all_decided) = ids_of(edge, list(DayList::Decided)).await?;
    let (moves, all_moves) = ids_of(edge, list(DayList::FailedMoves)).await?;
    let (ids, all_breaks) = ids_of(edge, list(DayList::Breaks)).await?;
    let breaks = breaks_of(edge, ids).await?;
    let about: BTreeSet<u128> = breaks.iter().map(|it| it.object).collect();
    let about = load(edge, about.into_iter().collect()).await?;
    let about: BTreeMap<u128, &Object> = about.iter().map(|it| (it.id(), it)).collect();
    let of = |it: FoundBreak| break_view(about.get(&it.object).copied(), it);
    Ok(Found {
        decided: load(edge, decided).await?,
        breaks: breaks.into_iter().map(of).collect(),
        failed_moves: load(edge, moves).await?,
        is_complete: all_decided && all_moves && all_breaks,
    })
}

/// What an object is, and its id as text.
fn named(object: &Object) -> (&'static str, String) {
    match object {
        Object::Transfer(it) => ("TRANSFER", it.id.to_string()),
        Object::Request(it) => ("REQUEST", it.id.to_string()),
        Object::Schedule(it) => ("PLAN", it.id.to_string()),
        Object::BankMove(it) => ("BANK_MOVE", it.id.to_string()),
        Object::Cash(it) => ("CASH", it.id.to_string()),
        Object::ShopOrder(it) => ("TILL_ORDER", it.id.to_string()),
        Object::Sale(it) => ("SALE", it.id.to_string()),
        Object::Payment(it) => ("PAYMENT", it.id.to_string()),
        Object::Agreement(it) => ("AGREEMENT", it.id.to_string()),
        Object::Proposal(it) => ("PROPOSAL", it.id.to_string()),
        Object::Saving(it) => ("SAVING", it.id.to_string()),
        Object::FundDay(it) => ("FUND_DAY", it.id.to_string()),
        Object::Donation(it) => ("DONATION", it.id.to_string()),
        Object::Ride(it) => ("RIDE", it.id.to_string()),
        Object::Booking(it) => ("BOOKING", it.id.to_string()),
        Object::Bill(it) => ("BILL", it.id.to_string()),
        Object::Packet(it) => ("PACKET", it.id().to_string()),
        Object::Gift(it) => ("GIFT", it.id.to_string()),
    }
}

fn break_view(object: Option<&Object>, it: FoundBreak) -> BreakView {
    let unknown = || ("UNKNOWN", format!("{:032x}", it.object));
    let (kind, object) = object.map_or_else(unknown, named);
    BreakView { time: time(it.at), kind: kind.to_owned(), object, what: it.what }
}

fn failed_move(object: &Object, currency: Currency) -> Option<FailedMoveView> {
    let Object::BankMove(it) = object else { return None };
    let BankState::Failed(code) = it.state else { return None };
    Some(FailedMoveView {
        time: time(it.created.time),
        object: it.id.to_string(),
        customer: it.customer,
        way: way_text(it.way),
        amount: AmountBody::of(it.amount_minor, currency),
        code: code.as_str().to_owned(),
    })
}

fn decided(object: &Object, currency: Currency) -> Option<ProposalView> {
    match object {
        Object::Proposal(it) => Some(proposals::view(it, currency)),
        _ => None,
    }
}

/// The report of a day: proposals that were decided, with who, why and who agreed; breaks; moves
/// that the bank refused; and the books as they are now.
#[utoipa::path(
    get, path = "/desk/reports/{day}", tag = "reports",
    params(("day" = String, Path, example = "2026-12-25"), FormQuery),
    responses((status = 200, body = ReportView), (status = 400, body = Failure))
)]
pub async fn of_day(
    State(desk): State<Shared>,
    _: AtDesk,
    Path(text): Path<String>,
    Query(query): Query<FormQuery>,
) -> Result<Response, Failure> {
    let bad = || Failure::illegal("day: give a day like 2026-12-25");
    let day = LocalDay(u32::from(read_day(&text).ok_or_else(bad)?.number()));
    let market = desk.edge.read(|wallet, _, _| wallet.market().clone()).await?;
    let (zone, currency) = (market.account.zone, market.account.currency);
    let now = desk.edge.now();
    let found = look(&desk.edge, day).await?;
    let report = ReportView {
        day: text,
        is_over: day < zone.day_of(now),
        decided: found.decided.iter().filter_map(|it| decided(it, currency)).collect(),
        breaks: found.breaks,
        failed_moves: found
            .failed_moves
            .iter()
            .filter_map(|it| failed_move(it, currency))
            .collect(),
        is_complete: found.is_complete,
        books: books::totals(&desk).await?,
        as_of: time(now),
    };
    Ok(match query.form {
        ReportForm::Json => Json(report).into_response(),
        ReportForm::Csv => {
            let kind = "text/csv; charset=utf-8";
            ([(header::CONTENT_TYPE, kind)], table(&report)).into_response()
        }
    })
}

/// All of it as one table.
fn table(it: &ReportView) -> String {
    let head = [
        "row",
        "id",
        "time",
        "what",
        "customer",
        "minor",
        "currency",
        "state",
        "by",
        "why",
        "decidedBy",
    ];
    let mut text = line(&head);
    for proposal in &it.decided {
        let none = (String::new(), String::new(), String::new(), proposal.what.clone());
        let (customer, minor, currency, what) = match &proposal.correction {
            None => none,
            Some(body) => (
                body.customer.to_string(),
                body.amount.value.clone(),
                body.amount.currency.clone(),
                format!("{}: {}", proposal.what, body.way),
            ),
        };
        let decided_by = proposal.decided_by.as_deref().unwrap_or_default();
        text += &line(&[
            "PROPOSAL",
            &proposal.proposal,
            "",
            &what,
            &customer,
            &minor,
            &currency,
            &proposal.state,
            &proposal.by,
            &proposal.why,
            decided_by,
        ]);
    }
    for found in &it.breaks {
        let what = format!("{}: {}", found.kind, found.what);
        text += &line(&["BREAK", &found.object, &found.time, &what, "", "", "", "", "", "", ""]);
    }
    for moved in &it.failed_moves {
        let (customer, amount) = (moved.customer.to_string(), &moved.amount);
        text += &line(&[
            "FAILED_MOVE",
            &moved.object,
            &moved.time,
            &moved.way,
            &customer,
            &amount.value,
            &amount.currency,
            &moved.code,
            "",
            "",
            "",
        ]);
    }
    for (account, minor) in &it.books.accounts {
        let currency = account.rsplit('/').next().unwrap_or_default();
        text += &line(&["ACCOUNT", account, &it.as_of, "", "", minor, currency, "", "", "", ""]);
    }
    text
}
