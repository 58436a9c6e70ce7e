//! The keypad on which a payer enters an amount, and the way from there to the order's page.

use super::Shared;
use super::html::{escape, page as framed};
use super::words::Words;
use crate::wire_edge::nonce;
use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;
use money::{Currency, Money};
use network::Payment;
use serde::Deserialize;

/// What the payer sends.
#[derive(Debug, Deserialize)]
pub struct Entered {
    /// In major units, as it stands on the keypad.
    pub amount: String,
    /// Drawn with the page: the same page opens one payment.
    pub attempt: String,
}

/// What stands on the page around the keypad.
pub struct Till<'a> {
    pub name: &'a str,
    pub country: &'a str,
    pub city: &'a str,
    pub currency: Currency,
    /// What is to be paid when the code says it: then there is nothing to enter.
    pub price: Option<Money>,
}

/// An amount in major units: digits, and behind a point as many as the currency has.
pub fn read_amount(text: &str, currency: Currency) -> Option<Money> {
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

/// From an opened payment to its page, or what became of it.
pub fn follow(shared: &Shared, words: &Words, payment: &Payment) -> Response {
    match payment.by.order() {
        Some(token) if !payment.is_final() => {
            Redirect::to(&shared.door.links.order_code(token)).into_response()
        }
        _ => {
            let reason = payment.message.as_ref().map_or(words.closed, |text| text.as_str());
            let inner =
                format!("<h1>{}</h1><p class=\"soft\">{}</p>", words.closed, escape(reason));
            framed(StatusCode::OK, words, "none", words.closed, &inner)
        }
    }
}

/// The keypad: a point for currencies that have parts, two zeros for those that have none. Source:
/// wallet interface 5.3.
pub fn ask(words: &Words, till: &Till<'_>, problem: Option<&str>) -> Response {
    let nonce = nonce();
    let places = till.currency.exponent();
    let last = if places == 0 { "00" } else { "." };
    let keys: String = ["1", "2", "3", "4", "5", "6", "7", "8", "9", last, "0", "&#9003;"]
        .iter()
        .map(|key| format!("<button type=\"button\">{key}</button>"))
        .collect();
    let problem =
        problem.map_or_else(String::new, |text| format!("<p class=\"bad\">{}</p>", escape(text)));
    let (keys, fixed) = match till.price {
        Some(price) => (String::new(), format!("readonly value=\"{}\"", major(price))),
        None => (keys, String::new()),
    };
    let inner = format!(
        "<h1>{}</h1><p class=\"soft\">{} · {}</p>{problem}<form method=\"post\" \
         autocomplete=\"off\"><label>{} ({})<input id=\"amount\" name=\"amount\" \
         inputmode=\"decimal\" maxlength=\"16\" required {fixed}></label>\
         <input type=\"hidden\" name=\"attempt\" value=\"{}\"><div class=\"keys\">{keys}</div>\
         <button>{}</button></form><script nonce=\"{nonce}\">\
         const field=document.getElementById('amount');\
         document.querySelectorAll('.keys button').forEach(key=>key.onclick=()=>{{\
         const text=key.textContent;field.value=text==='\\u232b'?field.value.slice(0,-1):\
         (text==='.'&&field.value.includes('.'))?field.value:field.value+text;}});</script>",
        escape(till.name),
        escape(till.country),
        escape(till.city),
        words.amount,
        till.currency.code(),
        crate::wire_edge::attempt(),
        words.go_on,
    );
    framed(StatusCode::OK, words, &nonce, till.name, &inner)
}

/// An amount as it is entered: digits, and a point where the currency has parts.
fn major(money: Money) -> String {
    let places = usize::from(money.currency().exponent());
    let digits = format!("{:0>width$}", money.minor(), width = places + 1);
    let (whole, part) = digits.split_at(digits.len() - places);
    if part.is_empty() { whole.to_owned() } else { format!("{whole}.{part}") }
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

    #[test]
    fn what_is_shown_is_what_is_read() {
        for (minor, code) in [(5, "THB"), (120, "THB"), (1, "JPY"), (1_800, "JPY"), (1_234, "KWD")]
        {
            let money = Money::new(minor, Currency::from_code(code).unwrap()).unwrap();
            assert_eq!(read_amount(&major(money), money.currency()), Some(money));
        }
    }
}
