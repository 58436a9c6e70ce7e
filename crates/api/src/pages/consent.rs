//! The way back from a wallet in which a user consented to an agreement: on to the merchant, with
//! the network's code in the place of the wallet's.
//!
//! Nothing is decided here: whoever comes by with a wrong code gets no token for it.

use super::Shared;
use super::html::nothing;
use super::words::spoken;
use crate::links::percent_encode;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use base::Text;
use effects::network_code;
use http::HeaderMap;
use ids::AgreementId;
use network::Agreement;
use serde::Deserialize;
use std::sync::Arc;

/// What the wallet adds. Source: wallet interface 2.12.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Given {
    auth_code: Option<String>,
    auth_state: Option<String>,
}

/// `GET /a/{agreement}?authCode=...&authState=...`.
pub async fn back(
    State(shared): State<Arc<Shared>>,
    Path(path): Path<String>,
    Query(given): Query<Given>,
    headers: HeaderMap,
) -> Response {
    let words = spoken(&headers);
    let Some(agreement) = look(&shared, &path).await else { return nothing(words) };
    if given.auth_state.as_deref() != Some(agreement.auth_state.as_str()) {
        return nothing(words);
    }
    let state = percent_encode(agreement.auth_state.as_str());
    let added = match &given.auth_code {
        // The user said no: the merchant learns that there is no code.
        None => format!("authState={state}"),
        Some(code) => {
            let code = network_code(agreement.id, code);
            if Text::<128>::new(&code).is_err() {
                return nothing(words);
            }
            format!("authCode={}&authState={state}", percent_encode(&code))
        }
    };
    let (page, place) = match agreement.redirect_url.as_str().split_once('#') {
        Some((page, place)) => (page, format!("#{place}")),
        None => (agreement.redirect_url.as_str(), String::new()),
    };
    let joint = if page.contains('?') { '&' } else { '?' };
    Redirect::to(&format!("{page}{joint}{added}{place}")).into_response()
}

async fn look(shared: &Shared, path: &str) -> Option<Arc<Agreement>> {
    let is_hex = |c: u8| c.is_ascii_digit() || (b'a'..=b'f').contains(&c);
    if path.len() != 32 || !path.bytes().all(is_hex) {
        return None;
    }
    let id = AgreementId::from_u128(u128::from_str_radix(path, 16).ok()?);
    if id.partition().0 >= shared.pages.partitions.count() {
        return None;
    }
    let look = move |machine: &network::Network, history: &dyn base::History, _: base::Stamp| {
        machine.agreement(history, id)
    };
    shared.pages.partitions.read(id.partition(), look).await.ok()?
}
