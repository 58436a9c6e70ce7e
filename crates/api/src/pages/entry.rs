//! The page of one store behind its printed code: the payer enters the amount and goes on to the
//! order's page.
//!
//! The network opens the payment in the acquirer's name. Its `paymentRequestId` is the store's
//! reference, a dot, and the 20 digits of the page, so that the acquirer knows where it was, and so
//! that a payer who taps twice opens one payment.

use super::Shared;
use super::html::{nothing, picture};
use super::keypad::{Entered, Till, ask, follow, read_amount};
use super::words::{Words, spoken};
use crate::wire_edge::{order_token, payment_id};
use axum::Form;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use base::Text;
use directory::Merchant;
use http::{HeaderMap, StatusCode};
use ids::Partition;
use money::Money;
use network::{
    Command, EntryCode, EntryToken, Order, Pay, PayBy, Reply, Way, partition_of_request,
};
use std::sync::Arc;

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
        return ask(words, &till(words, &code, &merchant), None);
    }
    let printed = shared.door.links.entry_code(code.token);
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
    if !shared.opened.take(code.token, shared.door.now()) {
        return StatusCode::TOO_MANY_REQUESTS.into_response();
    }
    let amount = read_amount(&entered.amount, code.currency);
    let attempt = EntryToken::parse(&entered.attempt);
    let (Some(amount), Some(attempt)) = (amount, attempt) else {
        return ask(words, &till(words, &code, &merchant), Some(words.bad_amount));
    };
    let Some(request) = request(&shared, &code, &merchant, amount, attempt) else {
        return nothing(words);
    };
    let partition = request.id.partition();
    let command = Command::Pay(Box::new(request));
    match shared.door.partitions.submit(partition, command).await {
        Ok((_, Reply::Payment { payment, .. })) => follow(&shared, words, &payment),
        Ok((_, Reply::Refused(refusal))) => {
            ask(words, &till(words, &code, &merchant), Some(&refusal.message))
        }
        _ => StatusCode::SERVICE_UNAVAILABLE.into_response(),
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
    shared.door.partitions.read(Partition(0), look).await.ok()?
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
    let partitions = shared.door.partitions.count();
    let partition = partition_of_request(acquirer, &request_id, partitions);
    let id = payment_id(shared.door.now(), partition);
    let request_id = Text::new(&request_id).ok()?;
    Some(Pay {
        id,
        acquirer,
        order: Order {
            reference: request_id.clone(),
            description: Text::new(shop_name(code, merchant, "")).ok()?,
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
        push: None,
    })
}

/// The store's name in a language.
fn shop_name<'a>(code: &EntryCode, merchant: &'a Merchant, language: &str) -> &'a str {
    let store = merchant.stores.get(&code.place.store);
    store.map_or(&merchant.name, |store| store.name_in(language)).as_str()
}

fn till<'a>(words: &Words, code: &EntryCode, merchant: &'a Merchant) -> Till<'a> {
    Till {
        name: shop_name(code, merchant, words.tag),
        country: merchant.country.as_str(),
        city: merchant.city.as_ref().map_or("", |city| city.as_str()),
        currency: code.currency,
        price: None,
    }
}
