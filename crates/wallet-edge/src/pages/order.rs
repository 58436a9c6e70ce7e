//! Paying an order: sign in, see it with both prices, pay or return, see what became of it.

use super::lead::{self, is_page, link, refresh};
use super::sign_in::{self, fields};
use super::{Place, Shared, Ticket, problem, reason};
use crate::app::{Failure, Who, load, name_of, scan_text};
use crate::edge::EdgeError;
use account::Zone;
use api::pages::escape;
use axum::Form;
use axum::extract::rejection::{FormRejection, QueryRejection};
use axum::extract::{ConnectInfo, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use base::{ResultCode, Timestamp};
use money::{Currency, Money};
use serde::Deserialize;
use std::fmt::Write;
use std::net::SocketAddr;
use std::sync::Arc;
use wallet::command::network::NetworkCommand;
use wallet::objects::{Payment, PaymentState};
use wallet::{Command, Object};

/// What is left of a day's limit is shown when it is less than this part of the limit.
const CLOSE: u64 = 5;
/// Seconds until the payer is led back. Source: wallet interface 5.3.
const BACK_AFTER_SECS: u32 = 6;

/// What the link into the wallet carries. Source: wallet interface 2.11.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Link {
    #[serde(default)]
    code_value: String,
}

/// `GET /app/open?codeValue=...`: who pays?
pub(super) async fn ask(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    link: Result<Query<Link>, QueryRejection>,
) -> Response {
    let place = match Place::of(&shared, &headers).await {
        Ok(place) => place,
        Err(failure) => return failure.into_response(),
    };
    match link {
        Ok(Query(link)) if !link.code_value.trim().is_empty() => {
            form(&place, StatusCode::OK, (&link.code_value, ""), None)
        }
        _ => place.says(StatusCode::NOT_FOUND, place.words.nobody, ""),
    }
}

fn form(
    place: &Place,
    status: StatusCode,
    (code, alias): (&str, &str),
    said: Option<&str>,
) -> Response {
    let words = place.words;
    let inner = format!(
        "<h1>{}</h1>{}<form method=\"post\" action=\"/app/open\">{}\
         <input type=\"hidden\" name=\"codeValue\" value=\"{}\"><button>{}</button></form>",
        words.sign_in,
        problem(said),
        fields(words, alias),
        escape(code),
        words.go_on,
    );
    place.page(status, &inner)
}

/// What the first page sends.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Entered {
    alias: String,
    pin: String,
    code_value: String,
}

/// `POST /app/open`: takes the order up for whoever signed in, as the app's scanner does.
pub(super) async fn open(
    State(shared): State<Arc<Shared>>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    entered: Result<Form<Entered>, FormRejection>,
) -> Response {
    let place = match Place::of(&shared, &headers).await {
        Ok(place) => place,
        Err(failure) => return failure.into_response(),
    };
    let Ok(Form(entered)) = entered else {
        return place.says(StatusCode::BAD_REQUEST, place.words.unknown, "");
    };
    let code = entered.code_value.as_str();
    let given = (entered.alias.as_str(), entered.pin.as_str());
    let who = match sign_in::prove(&shared, &place, from.ip(), given).await {
        Ok(who) => who,
        Err(refused) => {
            let said = refused.says(place.words);
            return form(&place, refused.status(), (code, &entered.alias), Some(said));
        }
    };
    match take_up(&shared, &place, who, code).await {
        Ok(response) => response,
        Err(failure) => reason::page(&place, &failure),
    }
}

async fn take_up(
    shared: &Shared,
    place: &Place,
    who: Who,
    code: &str,
) -> Result<Response, Failure> {
    let (words, now) = (place.words, shared.app.edge.now());
    let view = match scan_text(&shared.app, who, code).await {
        Ok(view) => view,
        // The network does not tell an order again that is over: what is known of it is here.
        Err(failure) => {
            let Some(id) = shared.taken.find(who.customer, code, now) else { return Err(failure) };
            let ticket = Ticket::new(who.customer, id, now);
            return present(shared, place, &ticket, None).await;
        }
    };
    if let Some(id) = view.payment_id() {
        shared.taken.keep(who.customer, code, id, now);
        let ticket = Ticket::new(who.customer, id, now);
        return present(shared, place, &ticket, None).await;
    }
    Ok(match (view.kind, &view.url) {
        ("PAGE", Some(url)) => lead::on(place, url),
        ("SHOP" | "ORDER" | "PERSON" | "PRODUCT", _) => {
            place.says(StatusCode::OK, words.in_app, &view.says)
        }
        _ => place.says(StatusCode::OK, words.nobody, &view.says),
    })
}

/// What the confirmation page sends.
#[derive(Debug, Deserialize)]
pub(super) struct Decided {
    ticket: String,
    /// `pay`; anything else is a no.
    decision: String,
}

/// `POST /app/confirm`: pays the order, or does not. Sent twice it is paid once.
pub(super) async fn decide(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    decided: Result<Form<Decided>, FormRejection>,
) -> Response {
    let place = match Place::of(&shared, &headers).await {
        Ok(place) => place,
        Err(failure) => return failure.into_response(),
    };
    let old = || place.says(StatusCode::FORBIDDEN, place.words.old_page, "");
    let Ok(Form(decided)) = decided else { return old() };
    let edge = &shared.app.edge;
    let Some(ticket) = Ticket::read(edge, &decided.ticket) else { return old() };
    let mut said = None;
    if ticket.is_good(edge.now()) {
        let (customer, id) = (ticket.customer, ticket.payment);
        let command = match decided.decision.as_str() {
            "pay" => NetworkCommand::Confirm { customer, id },
            _ => NetworkCommand::Decline { customer, id, code: ResultCode::OrderIsClosed },
        };
        let done = edge.make(Command::Network(Box::new(command))).await;
        let refused = done.err().map(Failure::from);
        said = refused.map(|failure| reason::of_failure(place.words, &failure));
    } else if find(&shared, &ticket).await.is_none_or(|it| it.state == PaymentState::Shown) {
        return old();
    }
    match present(&shared, &place, &ticket, said).await {
        Ok(response) => response,
        Err(failure) => reason::page(&place, &failure),
    }
}

/// The payment of a ticket, if its customer has it.
async fn find(shared: &Shared, ticket: &Ticket) -> Option<Arc<Payment>> {
    let found = load(&shared.app.edge, vec![ticket.payment.as_u128()]).await;
    match found.ok()?.pop() {
        Some(Object::Payment(it)) if it.customer == ticket.customer => Some(it),
        _ => None,
    }
}

/// The page of a payment, as it stands now.
async fn present(
    shared: &Shared,
    place: &Place,
    ticket: &Ticket,
    said: Option<&str>,
) -> Result<Response, Failure> {
    let Some(payment) = find(shared, ticket).await else {
        return Ok(place.says(StatusCode::NOT_FOUND, place.words.unknown, ""));
    };
    if payment.state != PaymentState::Shown {
        return Ok(result(place, &payment));
    }
    let account = account_of(shared, ticket.customer).await?;
    let left_minor = left_today(shared, place, &payment).await?;
    let shown = Shown { payment: &payment, account, left_minor };
    Ok(confirmation(place, &shown, &ticket.text(&shared.app.edge), said))
}

/// Name and phone number, both masked.
async fn account_of(shared: &Shared, customer: u32) -> Result<String, EdgeError> {
    let edge = &shared.app.edge;
    let name = name_of(edge, customer).await?;
    let Some(person) = edge.person_of(customer).await? else { return Ok(name) };
    let phone = edge.in_vault(move |vault| vault.masked_phone(person)).await?;
    Ok(phone.map_or_else(|| name.clone(), |phone| format!("{name} {phone}")))
}

/// What this payment leaves of today's limit, when that is little.
async fn left_today(
    shared: &Shared,
    place: &Place,
    payment: &Payment,
) -> Result<Option<u64>, EdgeError> {
    let edge = &shared.app.edge;
    let (customer, now) = (payment.customer, edge.now());
    let overview = edge.read(move |wallet, _, _| wallet.overview(customer, now)).await?;
    Ok(overview.and_then(|it| {
        let most = place.market.account.tier(it.customer.tier).day_minor;
        let used = it.spent_day_minor.saturating_add(payment.price_minor);
        let left = most.saturating_sub(used);
        (left < most / CLOSE).then_some(left)
    }))
}

fn amount(minor: u64, currency: Currency) -> String {
    // More than one amount may be comes of sums only.
    Money::new(minor, currency)
        .map_or_else(|_| format!("{} {minor}", currency.code()), |money| money.to_string())
}

/// Hours and minutes on a clock there.
fn clock(zone: Zone, time: Timestamp) -> String {
    let minutes = zone.local_secs(time) / 60;
    format!("{:02}:{:02}", minutes / 60 % 24, minutes % 60)
}

/// Rows of a label and what stands beside it.
fn list(rows: &[(&str, Option<String>)]) -> String {
    let mut list = String::from("<dl>");
    for (label, text) in rows {
        if let Some(text) = text {
            // Writing to a String cannot fail.
            let _ = write!(list, "<dt>{label}</dt><dd>{}</dd>", escape(text));
        }
    }
    list.push_str("</dl>");
    list
}

/// What a customer decides about.
struct Shown<'a> {
    payment: &'a Payment,
    account: String,
    left_minor: Option<u64>,
}

/// What a payment is, before and after it was made.
fn rows(place: &Place, payment: &Payment) -> Vec<(&'static str, Option<String>)> {
    let (words, order) = (place.words, &payment.order);
    let currency = place.market.account.currency;
    let saved = (order.saved_minor > 0).then(|| amount(order.saved_minor, currency));
    vec![
        (words.order, order.reference.as_ref().map(ToString::to_string)),
        (words.price, Some(order.amount.to_string())),
        (words.rate, order.rate.as_ref().map(ToString::to_string)),
        (words.discount, saved),
        (words.from, Some(words.balance.to_owned())),
    ]
}

/// Source: wallet interface 5.2.
fn confirmation(place: &Place, shown: &Shown<'_>, ticket: &str, said: Option<&str>) -> Response {
    let (words, payment) = (place.words, shown.payment);
    let currency = place.market.account.currency;
    let price = amount(payment.price_minor, currency);
    let zone = place.market.account.zone;
    let mut rows = rows(place, payment);
    rows.push((words.customer, Some(shown.account.clone())));
    rows.push((words.left_today, shown.left_minor.map(|left| amount(left, currency))));
    rows.push((words.until, payment.expires.map(|time| clock(zone, time))));
    let inner = format!(
        "<h1>{}</h1><p class=\"price\">{price}</p>{}{}\
         <form method=\"post\" action=\"/app/confirm\">\
         <input type=\"hidden\" name=\"ticket\" value=\"{ticket}\">\
         <button name=\"decision\" value=\"pay\">{} {price}</button>\
         <button class=\"plain\" name=\"decision\" value=\"return\">{}</button></form>",
        escape(payment.order.merchant.as_str()),
        problem(said),
        list(&rows),
        words.pay,
        words.back,
    );
    let status = if said.is_some() { StatusCode::CONFLICT } else { StatusCode::OK };
    place.page(status, &inner)
}

/// Source: wallet interface 5.3.
fn result(place: &Place, payment: &Payment) -> Response {
    let words = place.words;
    let currency = place.market.account.currency;
    let (state, class, why) = match payment.state {
        PaymentState::Paid => (words.paid, "good", None),
        PaymentState::Failed(code) => {
            (words.not_paid, "bad", Some((reason::of_code(words, code.as_str()), code.as_str())))
        }
        PaymentState::Cancelled => (words.taken_back, "bad", None),
        // It has a page of its own.
        PaymentState::Shown => (words.not_paid, "soft", None),
    };
    let why = why.map_or_else(String::new, |(says, code)| {
        format!("<p>{says}</p><p class=\"soft\">{code}</p>")
    });
    let back: u64 = payment.refunds.iter().map(|refund| refund.price_minor).sum();
    let mut rows = rows(place, payment);
    rows.push((words.refunded, (back > 0).then(|| amount(back, currency))));
    rows.push((words.reference, Some(payment.id.to_string())));
    let redirect = payment.order.redirect.as_ref().map(|url| url.as_str());
    let redirect = redirect.filter(|url| is_page(url));
    let way = redirect.map_or_else(String::new, |url| {
        format!("<p class=\"soft\">{}</p>{}", words.soon, link(url, words.to_shop))
    });
    let inner = format!(
        "<h1 class=\"{class}\" role=\"status\">{state}</h1>{why}<p>{}</p>\
         <p class=\"price\">{}</p>{}{way}",
        escape(payment.order.merchant.as_str()),
        amount(payment.price_minor, currency),
        list(&rows),
    );
    let response = place.page(StatusCode::OK, &inner);
    match redirect {
        Some(url) => refresh(response, BACK_AFTER_SECS, url),
        None => response,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_is_the_markets() {
        let seoul = Zone::new(9 * 60).unwrap();
        assert_eq!(clock(seoul, Timestamp::from_secs(1_790_000_000)), "23:13");
    }

    #[test]
    fn what_others_wrote_cannot_break_out_of_a_row() {
        let rows = [("Order", Some("<script>\"".to_owned())), ("Rate", None)];
        assert_eq!(list(&rows), "<dl><dt>Order</dt><dd>&lt;script&gt;&quot;</dd></dl>");
    }
}
