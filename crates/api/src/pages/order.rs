//! The page of one order: its price, its code, and the wallets that can pay it.

use super::Shared;
use super::html::{escape, nothing, page as framed, picture, script_text, svg};
use super::words::{Words, spoken};
use crate::links::{read_order_path, way_back};
use crate::wire_edge::nonce;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use base::ResultCode;
use directory::{Merchant, MerchantKey};
use http::{HeaderMap, StatusCode};
use network::{OrderToken, Payment, WalletOption};
use payment::PaymentState;
use serde::Serialize;
use std::sync::Arc;

/// What the page asks for while it waits.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct OrderState {
    /// `waiting`, `taken`, `paid` or `closed`.
    state: &'static str,
    /// Where the payer goes on, once it is over.
    redirect_url: Option<String>,
}

/// `GET /{code}`, also with `.svg` or `.png` behind it.
pub async fn page(
    State(shared): State<Arc<Shared>>,
    Path(path): Path<String>,
    headers: HeaderMap,
) -> Response {
    let words = spoken(&headers);
    let (bare, form) = path.split_once('.').unwrap_or((&path, ""));
    let Some(token) = read_order_path(bare) else { return nothing(words) };
    let code = shared.door.links.order_code(token);
    let Some(seen) = look(&shared, token).await else { return nothing(words) };
    if !form.is_empty() {
        return picture(&code, form).unwrap_or_else(|| nothing(words));
    }
    let nonce = nonce();
    let inner = content(&shared, words, &nonce, &code, &seen);
    framed(StatusCode::OK, words, &nonce, &shop_of(&seen, words), &inner)
}

/// `GET /{code}/state`.
pub async fn state(State(shared): State<Arc<Shared>>, Path(path): Path<String>) -> Response {
    let token = read_order_path(&path);
    let seen = match token {
        Some(token) => look(&shared, token).await,
        None => None,
    };
    match seen {
        Some(seen) => axum::Json(state_of(&seen.payment)).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// An order as a page sees it.
struct Seen {
    payment: Arc<Payment>,
    merchant: Option<Arc<Merchant>>,
    options: Vec<WalletOption>,
}

/// `None` for a code that the network never gave out.
async fn look(shared: &Shared, token: OrderToken) -> Option<Seen> {
    let door = &shared.door;
    if token.partition().0 >= door.partitions.count() {
        return None;
    }
    let now = door.now();
    let look = move |machine: &network::Network, history: &dyn base::History, at: base::Stamp| {
        let payment = machine.payment(history, token.payment)?;
        if payment.by.order() != Some(token) {
            return None;
        }
        let reference = payment.order.merchant.clone();
        let key = MerchantKey { acquirer: payment.acquirer, reference };
        let merchant = machine.directory().merchant(&key).cloned();
        let is_waiting = payment.state == PaymentState::Presented;
        let now = now.max(at.time);
        let options =
            if is_waiting { machine.wallets_for_order(&payment, now) } else { Vec::new() };
        Some(Seen { payment, merchant, options })
    };
    door.partitions.read(token.partition(), look).await.ok()?
}

fn state_of(payment: &Payment) -> OrderState {
    let (state, is_over) = match payment.visible_result() {
        ResultCode::Success => ("paid", true),
        ResultCode::PaymentInProcess if payment.state == PaymentState::Presented => {
            ("waiting", false)
        }
        ResultCode::PaymentInProcess => ("taken", false),
        _ => ("closed", true),
    };
    let redirect_url = payment.redirect_url.as_ref().filter(|_| is_over);
    let redirect_url = redirect_url.map(|url| way_back(url.as_str(), payment.request_id.as_str()));
    OrderState { state, redirect_url }
}

fn shop_of(seen: &Seen, words: &Words) -> String {
    let merchant = seen.merchant.as_ref();
    let store = seen.payment.order.store.as_ref();
    let store = merchant.zip(store).and_then(|(merchant, store)| merchant.stores.get(store));
    store
        .map(|store| store.name_in(words.tag).to_string())
        .or_else(|| {
            merchant
                .map(|it| it.display_name.as_ref().map_or(it.name.to_string(), ToString::to_string))
        })
        .unwrap_or_default()
}

fn content(shared: &Shared, words: &Words, nonce: &str, code: &str, seen: &Seen) -> String {
    let payment = &seen.payment;
    let it = state_of(payment);
    let city = seen.merchant.as_ref().and_then(|merchant| merchant.city.as_ref());
    let city = city.map_or_else(String::new, |city| format!(" · {}", escape(city.as_str())));
    let country = seen.merchant.as_ref().map_or("", |merchant| merchant.country.as_str());
    let (state, class) = match it.state {
        "waiting" => (words.waiting, "soft"),
        "taken" => (words.taken, "soft"),
        "paid" => (words.paid, "good"),
        _ => (words.closed, "bad"),
    };
    let back = it.redirect_url.as_ref().map_or_else(String::new, |url| {
        format!("<ul><li><a href=\"{}\">{}</a></li></ul>", escape(url), words.back)
    });
    let ways = if it.state == "waiting" {
        format!(
            "<div class=\"code\">{}</div><p class=\"soft\">{}</p><h1>{}</h1><ul>{}</ul>",
            svg(code),
            words.scan,
            words.pay_with,
            wallets(shared, words, code, &seen.options),
        )
    } else {
        String::new()
    };
    format!(
        "<h1>{}</h1><p class=\"soft\">{}{city}</p><p>{}</p><p class=\"price\">{}</p>\
         <p id=\"state\" class=\"{class}\">{state}</p>{ways}{back}{}",
        escape(&shop_of(seen, words)),
        escape(country),
        escape(payment.order.description.as_str()),
        escape(&payment.amount.to_string()),
        script(nonce, code, it.state),
    )
}

fn wallets(shared: &Shared, words: &Words, code: &str, options: &[WalletOption]) -> String {
    let mut rows = String::new();
    for option in options {
        let endpoints = &option.mpp.endpoints;
        let name = escape(option.mpp.name.as_str());
        let price = option.price.map_or_else(String::new, |price| escape(&price.to_string()));
        let app = endpoints.app_link.as_ref().or(endpoints.app_scheme.as_ref());
        let row = match (&option.refusal, app) {
            (Some(refusal), _) => {
                format!("<span title=\"{}\">{name}<em>{}</em></span>", refusal.code, words.not_here)
            }
            (None, Some(app)) => {
                let link = escape(&shared.door.links.into_app(app.as_str(), code));
                format!("<a href=\"{link}\" rel=\"noreferrer\">{name}<b>{price}</b></a>")
            }
            (None, None) => format!("<span>{name}<b>{price}</b></span>"),
        };
        rows.push_str(&format!("<li>{row}</li>"));
    }
    rows
}

/// Hands the code to a wallet that opened the page in its own container, and reloads when the order
/// moved. Source: wallet interface 2.9 (`decode(codeValue)`) and 2.20.
fn script(nonce: &str, code: &str, state: &str) -> String {
    if state == "paid" || state == "closed" {
        return String::new();
    }
    let bridge = if state == "waiting" {
        "if(window.dhowWallet&&window.dhowWallet.decode)window.dhowWallet.decode(code);"
    } else {
        ""
    };
    format!(
        "<script nonce=\"{nonce}\">const code={};const shown={};{bridge}\
         setInterval(async()=>{{try{{const answer=await fetch(location.pathname+'/state');\
         const now=await answer.json();if(now.state!==shown)location.reload();}}catch(e){{}}}},\
         2000);</script>",
        script_text(code),
        script_text(state),
    )
}
