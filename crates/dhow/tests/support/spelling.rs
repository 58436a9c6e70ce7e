//! The acquirer's and the wallet's messages as JSON text, and one message in several spellings.

use network::Way;
use serde_json::Value;
use sim::scenario::{AmountText, PayAct, Spelling};

/// An amount as it stands in a message, whatever it says.
pub fn amount(it: &AmountText) -> String {
    format!(r#"{{"currency":"{}","value":"{}"}}"#, it.currency, it.value)
}

/// The body of an acquirer's `pay`.
pub fn pay(it: &PayAct, code: &str, expiry: Option<String>, notify: Option<String>) -> String {
    let (id, name) = (&it.asked.request_id, &it.asked.payment);
    let (amount, merchant, store) = (amount(&it.amount), &it.merchant, &it.store);
    let expiry =
        expiry.map_or_else(String::new, |time| format!(r#","paymentExpiryTime":"{time}""#));
    let notify = notify.map_or_else(String::new, |url| format!(r#","paymentNotifyUrl":"{url}""#));
    let code =
        if code.is_empty() { String::new() } else { format!(r#","paymentMethodId":"{code}""#) };
    let (in_store, scenario, env) = match it.way {
        Way::OrderCode => ("true", r#","inStorePaymentScenario":"OrderCode""#, ""),
        Way::EntryCode => {
            ("true", r#","inStorePaymentScenario":"EntryCode""#, r#","env":{"userAgent":"Hanro"}"#)
        }
        Way::Cashier => ("false", "", r#","env":{"terminalType":"WEB"}"#),
        Way::UserCode | Way::AutoDebit => {
            ("true", r#","inStorePaymentScenario":"PaymentCode""#, "")
        }
    };
    let is_cashier = it.way.is_presented();
    let factor =
        format!(r#""isInStorePayment":"{in_store}","isCashierPayment":"{is_cashier}"{scenario}"#);
    let body = format!(
        r#"{{"paymentRequestId":"{id}","order":{{"referenceOrderId":"{name}","orderDescription":"an order","orderAmount":{amount},
"merchant":{{"referenceMerchantId":"{merchant}","merchantMCC":"5812","merchantName":"A Shop","merchantAddress":{{"region":"JP"}},
"store":{{"referenceStoreId":"{store}","storeName":"A Store","storeMCC":"5812"}}}}{env}}},
"paymentAmount":{amount},"paymentMethod":{{"paymentMethodType":"CONNECT_WALLET"{code}}},
"paymentFactor":{{{factor}}},
"settlementStrategy":{{"settlementCurrency":"{}"}}{expiry}{notify}}}"#,
        it.settle
    );
    spelled(&body, it.spelling)
}

/// The same message in another spelling.
fn spelled(body: &str, spelling: Spelling) -> String {
    let value: Value = serde_json::from_str(body).expect("the body is written here");
    match spelling {
        Spelling::Plain => body.to_owned(),
        Spelling::Reordered => reversed(&value),
        Spelling::Spaced => serde_json::to_string_pretty(&value)
            .expect("a value can be written")
            .replace('\n', "\r\n\t"),
        Spelling::Native => native(&value).to_string(),
        Spelling::Extended => {
            let rest = body.strip_prefix('{').expect("a message is an object");
            format!(r#"{{"someLaterField":{{"deep":[1,null,"text"]}},{rest}"#)
        }
    }
}

/// Keys of every object in reverse order.
fn reversed(value: &Value) -> String {
    let Value::Object(fields) = value else { return value.to_string() };
    let field = |(name, value): (&String, &Value)| format!("\"{name}\":{}", reversed(value));
    let fields: Vec<String> = fields.iter().rev().map(field).collect();
    format!("{{{}}}", fields.join(","))
}

/// Digits as numbers, `true` and `false` as booleans, except where a text is meant.
fn native(value: &Value) -> Value {
    let Value::Object(fields) = value else { return value.clone() };
    let field = |(name, value): (&String, &Value)| {
        let value = match (name.as_str(), value.as_str()) {
            ("value", Some(digits)) => {
                digits.parse::<u64>().map_or_else(|_| value.clone(), Value::from)
            }
            (_, Some("true")) => Value::from(true),
            (_, Some("false")) => Value::from(false),
            _ => native(value),
        };
        (name.clone(), value)
    };
    Value::Object(fields.iter().map(field).collect())
}
