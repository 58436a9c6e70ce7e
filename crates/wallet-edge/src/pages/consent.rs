//! Consenting to an agreement: who asks, what it may do, how much at most, and the PIN. One form,
//! so that nothing has to be carried from one page to the next.

use super::lead::{self, is_page, link};
use super::sign_in::{self, fields};
use super::{Place, Shared, problem, reason};
use crate::app::{Failure, give_consent, load, way_back};
use api::pages::{escape, read_amount};
use axum::Form;
use axum::extract::rejection::{FormRejection, QueryRejection};
use axum::extract::{ConnectInfo, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use ids::AgreementId;
use serde::Deserialize;
use std::net::SocketAddr;
use std::sync::Arc;
use wallet::Object;
use wallet::objects::{Agreement, AgreementState};

/// What the network's link carries.
#[derive(Debug, Deserialize)]
pub(super) struct Link {
    agreement: String,
}

/// What the form sends.
#[derive(Debug, Deserialize)]
pub(super) struct Entered {
    agreement: String,
    alias: String,
    pin: String,
    /// In major units; empty is no limit.
    #[serde(default)]
    allowance: String,
    /// Absent unless the box is ticked.
    agrees: Option<String>,
}

/// `GET /app/consent?agreement=agr_...`
pub(super) async fn ask(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    link: Result<Query<Link>, QueryRejection>,
) -> Response {
    let place = match Place::of(&shared, &headers).await {
        Ok(place) => place,
        Err(failure) => return failure.into_response(),
    };
    let id = link.ok().and_then(|Query(link)| link.agreement.parse().ok());
    match find(&shared, id).await {
        Ok(Some(it)) if waits(&shared, &it) => form(&place, &it, &Tried::default()),
        Ok(Some(_)) => place.says(StatusCode::GONE, place.words.over, ""),
        Ok(None) => place.says(StatusCode::NOT_FOUND, place.words.unknown, ""),
        Err(failure) => reason::page(&place, &failure),
    }
}

async fn find(shared: &Shared, id: Option<AgreementId>) -> Result<Option<Arc<Agreement>>, Failure> {
    let Some(id) = id else { return Ok(None) };
    match load(&shared.app.edge, vec![id.as_u128()]).await?.pop() {
        Some(Object::Agreement(it)) => Ok(Some(it)),
        _ => Ok(None),
    }
}

/// Has nobody consented yet, and is there time?
fn waits(shared: &Shared, it: &Arc<Agreement>) -> bool {
    let due = Object::Agreement(Arc::clone(it)).due();
    it.state == AgreementState::Asked && due.is_some_and(|due| due > shared.app.edge.now())
}

/// What a form that comes back keeps, and why it comes back.
#[derive(Default)]
struct Tried<'a> {
    alias: &'a str,
    allowance: &'a str,
    said: Option<(StatusCode, &'static str)>,
}

fn may(place: &Place, scope: &str) -> String {
    let words = place.words;
    let text = match scope {
        "AGREEMENT_PAY" => words.may_debit,
        "BASE_USER_INFO" | "USER_INFO" => words.may_name,
        "USER_LOGIN_ID" => words.may_login,
        // One that this wallet has no sentence for is shown as it is.
        other => return format!("<li>{}</li>", escape(other)),
    };
    format!("<li>{text}</li>")
}

fn form(place: &Place, it: &Agreement, tried: &Tried<'_>) -> Response {
    let words = place.words;
    let mut scopes: Vec<String> = it.scopes.iter().map(|it| may(place, it.as_str())).collect();
    scopes.dedup();
    let refusing = way_back(it, None);
    let refusing = if is_page(&refusing) { link(&refusing, words.refuse) } else { String::new() };
    let inner = format!(
        "<h1>{}</h1><p>{}</p><ul class=\"says\">{}</ul>{}\
         <form method=\"post\" action=\"/app/consent\">\
         <input type=\"hidden\" name=\"agreement\" value=\"{}\">\
         <label class=\"field\">{} ({})<input name=\"allowance\" value=\"{}\" \
         inputmode=\"decimal\" maxlength=\"16\" autocomplete=\"off\"></label>{}\
         <label class=\"tick\"><input type=\"checkbox\" name=\"agrees\" value=\"yes\" required>\
         {}</label><button>{}</button></form>{refusing}",
        words.asks.replace("{}", &escape(it.merchant.as_str())),
        words.may,
        scopes.concat(),
        problem(tried.said.map(|(_, text)| text)),
        it.id,
        words.allowance,
        place.market.account.currency.code(),
        escape(tried.allowance),
        fields(words, tried.alias),
        words.agree,
        words.consent,
    );
    place.page(tried.said.map_or(StatusCode::OK, |(status, _)| status), &inner)
}

/// `POST /app/consent`: consents, and leads to the merchant. Sent twice it is one consent.
pub(super) async fn decide(
    State(shared): State<Arc<Shared>>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    entered: Result<Form<Entered>, FormRejection>,
) -> Response {
    let place = match Place::of(&shared, &headers).await {
        Ok(place) => place,
        Err(failure) => return failure.into_response(),
    };
    let nothing = || place.says(StatusCode::NOT_FOUND, place.words.unknown, "");
    let Ok(Form(entered)) = entered else { return nothing() };
    match find(&shared, entered.agreement.parse().ok()).await {
        Ok(Some(it)) => consent(&shared, &place, (&it, &entered), from).await,
        Ok(None) => nothing(),
        Err(failure) => reason::page(&place, &failure),
    }
}

async fn consent(
    shared: &Shared,
    place: &Place,
    (it, entered): (&Arc<Agreement>, &Entered),
    from: SocketAddr,
) -> Response {
    let words = place.words;
    let waits = waits(shared, it);
    if !waits && !matches!(it.state, AgreementState::Consented { .. }) {
        return place.says(StatusCode::GONE, words.over, "");
    }
    let again = |status, text| {
        let (alias, allowance) = (entered.alias.as_str(), entered.allowance.as_str());
        form(place, it, &Tried { alias, allowance, said: Some((status, text)) })
    };
    if entered.agrees.is_none() {
        return again(StatusCode::BAD_REQUEST, words.must_agree);
    }
    let allowance = entered.allowance.trim();
    let currency = place.market.account.currency;
    let allowance_minor = match read_amount(allowance, currency) {
        Some(money) if money.minor() > 0 => money.minor(),
        None if allowance.is_empty() => 0,
        _ => return again(StatusCode::BAD_REQUEST, words.bad_amount),
    };
    let given = (entered.alias.as_str(), entered.pin.as_str());
    let who = match sign_in::prove(shared, place, from.ip(), given).await {
        Ok(who) => who,
        Err(refused) => return again(refused.status(), refused.says(words)),
    };
    match give_consent(&shared.app.edge, who.customer, it.id, allowance_minor).await {
        Ok((_, url)) => lead::on(place, &url),
        // Somebody else's is as unknown as one that there is not.
        Err(failure) if failure.code == "NOT_FOUND" => {
            place.says(StatusCode::NOT_FOUND, words.unknown, "")
        }
        Err(failure) if failure.code == "INVALID_CONTRACT" => {
            place.says(StatusCode::GONE, words.over, "")
        }
        Err(failure) => reason::page(place, &failure),
    }
}
