//! Signing in with phone number or e-mail address and PIN, for one step.

use super::words::Words;
use super::{Place, Shared};
use crate::app::{Who, prove_pin, read_alias};
use crate::edge::EdgeError;
use crate::random;
use api::pages::escape;
use axum::http::StatusCode;
use ids::PersonId;
use std::net::IpAddr;

/// Why somebody is not let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// Unknown, wrong PIN, or locked: which of them is told to nobody.
    NotYou,
    TooOften,
    Later,
}

impl Refused {
    pub const fn status(self) -> StatusCode {
        match self {
            Refused::NotYou => StatusCode::FORBIDDEN,
            Refused::TooOften => StatusCode::TOO_MANY_REQUESTS,
            Refused::Later => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    pub const fn says(self, words: &Words) -> &'static str {
        match self {
            Refused::NotYou => words.not_you,
            Refused::TooOften => words.too_often,
            Refused::Later => words.later,
        }
    }
}

impl From<EdgeError> for Refused {
    fn from(error: EdgeError) -> Refused {
        tracing::warn!(%error, "nobody can sign in");
        Refused::Later
    }
}

/// Who gave this alias and PIN. A try counts for the address at once, and for the customer before
/// the PIN is looked at.
pub(super) async fn prove(
    shared: &Shared,
    place: &Place,
    from: IpAddr,
    (alias, pin): (&str, &str),
) -> Result<Who, Refused> {
    let edge = &shared.app.edge;
    if !shared.tries.take(from, edge.now()) {
        return Err(Refused::TooOften);
    }
    let alias = read_alias(alias, "alias", place.market.country.as_str());
    let alias = alias.map_err(|_| Refused::NotYou)?;
    let pin = pin.trim().to_owned();
    let person = edge.in_vault(move |vault| vault.find_alias(&alias)).await?;
    let customer = match person {
        Some(person) => edge.customer_of(person).await?,
        None => None,
    };
    let (Some(person), Some(customer)) = (person, customer) else {
        // Whoever is unknown takes the same time.
        let nobody = PersonId::from_u128(random::bits());
        edge.in_vault(move |vault| vault.check_pin(nobody, &pin)).await?;
        return Err(Refused::NotYou);
    };
    match prove_pin(edge, (person, customer), pin).await {
        Ok(()) => {
            shared.tries.give_back(from);
            Ok(Who { person, customer })
        }
        Err(failure) if failure.status >= 500 || failure.status == 429 => Err(Refused::Later),
        Err(_) => Err(Refused::NotYou),
    }
}

/// The two fields. The alias is kept when a form comes back, the PIN is not.
pub(super) fn fields(words: &Words, alias: &str) -> String {
    format!(
        "<label class=\"field\">{}<input name=\"alias\" value=\"{}\" maxlength=\"254\" \
         autocomplete=\"username\" required></label>\
         <label class=\"field\">{}<input name=\"pin\" type=\"password\" inputmode=\"numeric\" \
         maxlength=\"12\" autocomplete=\"current-password\" required></label>",
        words.alias,
        escape(alias),
        words.pin,
    )
}
