//! The page of one store behind its printed code: the payer enters the amount and goes on to the
//! order's page.
//!
//! The network opens the payment in the acquirer's name. Its `paymentRequestId` is the store's
//! reference, a dot, and the 20 digits of the page, so that the acquirer knows where it was, and so
//! that a payer who taps twice opens one payment.

use super::Shared;
use super::html::{escape, nothing, page as framed, picture};
use super::words::{Words, spoken};
use crate::wire_edge::{nonce, order_token, payment_id};
use axum::Form;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use base::Text;
use directory::Merchant;
use http::{HeaderMap, StatusCode};
use ids::Partition;
use money::{Currency, Money};
use network::{
    Command, EntryCode, EntryToken, Order, Pay, PayBy, Payment, Reply, Way, partition_of_request,
};
use serde::Deserialize;
use std::sync::Arc;

/// What the payer sends.
#[derive(Debug, Deserialize)]
pub struct Entered {
    /// In major units, as it stands on the keypad.
    amount: String,
    /// Drawn with the page: the same page opens one payment.
    attempt: String,
}

/// The longest store reference that leaves room for a dot and 20 digits.
const MAX_STORE: usize = 43;

/// `GET /s/{token}`, also with `.svg` or `.png` behind it.
pub async fn page(
    State(shared): State<Arc<Shared>>,
    Path(path): Path<String>,
    headers: HeaderMap,
) -> Response {
    let words = spoken(&headers);
    let (bare, form) = path.split_once('.').unwrap_or((&path, ""));
    let Some((code, merchant)) = look(&shared, bare).await else { return nothing(words) };
    if form.is_empty() {
        return ask(words, &code, &merchant, None);
    }
    let printed = shared.pages.links.entry_code(code.token);
    picture(&printed, form).unwrap_or_else(|| nothing(words))
}

/// `POST /s/{token}`: opens a payment and leads to its page.
pub async fn open(
    State(shared): State<Arc<Shared>>,
    Path(path): Path<String>,
    headers: HeaderMap,
    Form(entered): Form<Entered>,
) -> Response {
    let words = spoken(&headers);
    let Some((code, merchant)) = look(&shared, &path).await else { return nothing(words) };
    if !shared.opened.take(code.token, shared.pages.clock.now()) {
        return StatusCode::TOO_MANY_REQUESTS.into_response();
    }
    let amount = read_amount(&entered.amount, code.currency);
    let attempt = EntryToken::parse(&entered.attempt);
    let (Some(amount), Some(attempt)) = (amount, attempt) else {
        return ask(words, &code, &merchant, Some(words.bad_amount));
    };
    let Some(request) = request(&shared, &code, &merchant, amount, attempt) else {
        return nothing(words);
    };
    let partition = request.id.partition();
    let command = Command::Pay(Box::new(request));
    match shared.pages.partitions.submit(partition, command).await {
        Ok((_, Reply::Payment { payment, .. })) => follow(&shared, words, &payment),
        Ok((_, Reply::Refused(refusal))) => ask(words, &code, &merchant, Some(&refusal.message)),
        _ => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}

fn follow(shared: &Shared, words: &Words, payment: &Payment) -> Response {
    match payment.by.order() {
        Some(token) if !payment.is_final() => {
            Redirect::to(&shared.pages.links.order_code(token)).into_response()
        }
        _ => {
            let reason = payment.message.as_ref().map_or(words.closed, |text| text.as_str());
            let inner =
                format!("<h1>{}</h1><p class=\"soft\">{}</p>", words.closed, escape(reason));
            framed(StatusCode::OK, words, "none", words.closed, &inner)
        }
    }
}

/// The code and its merchant; `None` when it is not in use.
async fn look(shared: &Shared, token: &str) -> Option<(EntryCode, Arc<Merchant>)> {
    let token = EntryToken::parse(token)?;
    let look = move |machine: &network::Network, _: &dyn base::History, _: base::Stamp| {
        let code = machine.entry_codes().get(token)?.clone();
        let merchant = machine.directory().merchant(&code.place.merchant)?.clone();
        Some((code, merchant))
    };
    shared.pages.partitions.read(Partition(0), look).await.ok()?
}

/// An amount in major units: digits, and behind a point as many as the currency has.
fn read_amount(text: &str, currency: Currency) -> Option<Money> {
    let text = text.trim();
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let places = usize::from(currency.exponent());
    let is_digits = |text: &str| text.bytes().all(|c| c.is_ascii_digit());
    let has_point = text.contains('.');
    if whole.is_empty()
        || !is_digits(whole)
        || !is_digits(part)
        || part.len() > places
        || has_point && part.is_empty()
    {
        return None;
    }
    let minor = format!("{whole}{part:0<places$}");
    let minor = minor.trim_start_matches('0');
    Money::parse_minor(minor, currency).ok()
}

/// `None` when the store's reference is too long to stand in a request id.
fn request(
    shared: &Shared,
    code: &EntryCode,
    merchant: &Merchant,
    amount: Money,
    attempt: EntryToken,
) -> Option<Pay> {
    let store = &code.place.store;
    if store.as_str().len() > MAX_STORE {
        return None;
    }
    let acquirer = code.place.merchant.acquirer;
    let request_id = format!("{store}.{attempt}");
    let partitions = shared.pages.partitions.count();
    let partition = partition_of_request(acquirer, &request_id, partitions);
    let id = payment_id(shared.pages.clock.now(), partition);
    let request_id = Text::new(&request_id).ok()?;
    Some(Pay {
        id,
        acquirer,
        order: Order {
            reference: request_id.clone(),
            description: Text::new(shop_name(code, merchant)).ok()?,
            amount,
            merchant: merchant.reference.clone(),
            store: Some(store.clone()),
            terminal: None,
        },
        request_id,
        amount,
        settlement_currency: None,
        method_type: Text::new("CONNECT_WALLET").ok()?,
        way: Way::EntryCode,
        by: PayBy::Order(order_token(id)),
        expiry: None,
        notify_url: None,
        redirect_url: None,
    })
}

fn shop_name<'a>(code: &EntryCode, merchant: &'a Merchant) -> &'a str {
    merchant.stores.get(&code.place.store).map_or(merchant.name.as_str(), |it| it.name.as_str())
}

/// The keypad: a point for currencies that have parts, two zeros for those that have none. Source:
/// wallet interface 5.3.
fn ask(words: &Words, code: &EntryCode, merchant: &Merchant, problem: Option<&str>) -> Response {
    let nonce = nonce();
    let name = shop_name(code, merchant);
    let places = code.currency.exponent();
    let last = if places == 0 { "00" } else { "." };
    let keys: String = ["1", "2", "3", "4", "5", "6", "7", "8", "9", last, "0", "&#9003;"]
        .iter()
        .map(|key| format!("<button type=\"button\">{key}</button>"))
        .collect();
    let problem =
        problem.map_or_else(String::new, |text| format!("<p class=\"bad\">{}</p>", escape(text)));
    let city = merchant.city.as_ref().map_or("", |city| city.as_str());
    let inner = format!(
        "<h1>{}</h1><p class=\"soft\">{} · {}</p>{problem}<form method=\"post\" \
         autocomplete=\"off\"><label>{} ({})<input id=\"amount\" name=\"amount\" \
         inputmode=\"decimal\" maxlength=\"16\" required></label>\
         <input type=\"hidden\" name=\"attempt\" value=\"{}\"><div class=\"keys\">{keys}</div>\
         <button>{}</button></form><script nonce=\"{nonce}\">\
         const field=document.getElementById('amount');\
         document.querySelectorAll('.keys button').forEach(key=>key.onclick=()=>{{\
         const text=key.textContent;field.value=text==='\\u232b'?field.value.slice(0,-1):\
         (text==='.'&&field.value.includes('.'))?field.value:field.value+text;}});</script>",
        escape(name),
        escape(merchant.country.as_str()),
        escape(city),
        words.amount,
        code.currency.code(),
        crate::wire_edge::attempt(),
        words.go_on,
    );
    framed(StatusCode::OK, words, &nonce, name, &inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_as_the_keypad_gives_them() {
        let read = |text: &str, code: &str| {
            read_amount(text, Currency::from_code(code).unwrap()).map(Money::minor)
        };
        for (text, code, minor) in [
            ("1200", "JPY", Some(1200)),
            ("12.5", "USD", Some(1250)),
            ("12", "USD", Some(1200)),
            ("0.05", "THB", Some(5)),
            ("1.234", "KWD", Some(1234)),
            ("007", "JPY", Some(7)),
            ("12.5", "JPY", None),
            ("12.", "USD", None),
            (".5", "USD", None),
            ("1.234", "USD", None),
            ("-5", "USD", None),
            ("1e3", "JPY", None),
            ("1,200", "JPY", None),
            ("", "JPY", None),
            ("99999999999999999999", "JPY", None),
        ] {
            assert_eq!(read(text, code), minor, "{text} {code}");
        }
        assert_eq!(read("0", "JPY"), None);
    }
}
