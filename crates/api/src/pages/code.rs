//! The page of an acquirer's own code, such as a national QR on a sticker that says no amount: the
//! payer enters one and goes on to the order's page.
//!
//! The acquirer is asked what the code means, for the page and again for the order. Source: wallet
//! interface 3.4.

use super::Shared;
use super::html::{escape, nothing, page as framed};
use super::keypad::{Entered, Till, ask, follow, read_amount};
use super::words::{Words, spoken};
use crate::wire_edge::{
    Failure, Meaning, ask as ask_acquirer, asks_for_amount, currency_of, open_code, whose,
};
use axum::Form;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use directory::{Merchant, MerchantKey};
use http::{HeaderMap, StatusCode};
use ids::ParticipantId;
use money::Currency;
use network::{EntryToken, Refusal};
use serde::Deserialize;
use std::sync::Arc;

/// Scans belong to a wallet's user; these to a page that nobody has signed in to.
const NOBODY: ParticipantId = ParticipantId(0);

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Asked {
    code_value: String,
}

/// What a code means, as far as a page needs it.
struct Seen {
    meaning: Meaning,
    merchant: Option<Arc<Merchant>>,
    name: String,
    currency: Currency,
}

impl Seen {
    fn till(&self) -> Till<'_> {
        let merchant = self.merchant.as_ref();
        let city = merchant.and_then(|it| it.city.as_ref());
        Till {
            name: &self.name,
            country: merchant.map_or("", |it| it.country.as_str()),
            city: city.map_or("", |city| city.as_str()),
            currency: self.currency,
            price: self.meaning.amount(),
        }
    }
}

/// `GET /n?codeValue=...`.
pub async fn page(
    State(shared): State<Arc<Shared>>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Response {
    let words = spoken(&headers);
    match look(&shared, &asked.code_value).await {
        Ok(seen) => ask(words, &seen.till(), None),
        Err(answer) => answer.page(words),
    }
}

/// `POST /n?codeValue=...`: opens a payment and leads to its page.
pub async fn open(
    State(shared): State<Arc<Shared>>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
    Form(entered): Form<Entered>,
) -> Response {
    let words = spoken(&headers);
    let seen = match look(&shared, &asked.code_value).await {
        Ok(seen) => seen,
        Err(answer) => return answer.page(words),
    };
    let amount = seen.meaning.amount().or_else(|| read_amount(&entered.amount, seen.currency));
    let attempt = EntryToken::parse(&entered.attempt);
    let (Some(amount), Some(attempt)) = (amount, attempt) else {
        return ask(words, &seen.till(), Some(words.bad_amount));
    };
    let tokens = shared.door.effects.tokens();
    let scan = tokens.scan(NOBODY, &attempt.to_string(), &asked.code_value);
    let code = (asked.code_value.as_str(), scan);
    match open_code(&shared.door, seen.meaning, code, amount).await {
        Ok(payment) => follow(&shared, words, &payment),
        Err(failure) => Nothing::of(failure).page(words),
    }
}

/// Why there is no page to show.
enum Nothing {
    Unknown,
    TooMany,
    Refused(Refusal),
    NotNow,
}

impl Nothing {
    fn of(failure: Failure) -> Nothing {
        match failure {
            Failure::Refusal(refusal) => Nothing::Refused(refusal),
            Failure::Body(_) | Failure::Engine(_) => Nothing::NotNow,
        }
    }

    fn page(self, words: &Words) -> Response {
        match self {
            Nothing::Unknown => nothing(words),
            Nothing::TooMany => StatusCode::TOO_MANY_REQUESTS.into_response(),
            Nothing::NotNow => StatusCode::SERVICE_UNAVAILABLE.into_response(),
            Nothing::Refused(refusal) => {
                let inner = format!(
                    "<h1>{}</h1><p class=\"soft\">{}</p><p class=\"soft\">{}</p>",
                    words.unknown,
                    words.ask_shop,
                    escape(&refusal.message),
                );
                framed(StatusCode::OK, words, "none", words.unknown, &inner)
            }
        }
    }
}

async fn look(shared: &Shared, scanned: &str) -> Result<Seen, Nothing> {
    let found = whose(&shared.door, scanned).await.map_err(Nothing::of)?;
    let (acquirer, _) = found.ok_or(Nothing::Unknown)?;
    if !asks_for_amount(&acquirer, scanned) {
        return Err(Nothing::Unknown);
    }
    let id = acquirer.participant.id;
    if !shared.asked.take(id, shared.door.now()) {
        return Err(Nothing::TooMany);
    }
    let meaning = ask_acquirer(&shared.door, acquirer, None, scanned).await.map_err(Nothing::of)?;
    let currency = meaning.amount().map(|amount| amount.currency());
    let currency = currency.or_else(|| currency_of(scanned)).ok_or(Nothing::Unknown)?;
    let (reference, name) = meaning.merchant().ok_or(Nothing::Unknown)?;
    let key = MerchantKey { acquirer: id, reference };
    let merchant = shared.door.directory.merchant(key).await.map_err(|_| Nothing::NotNow)?;
    Ok(Seen { meaning, merchant, name, currency })
}
