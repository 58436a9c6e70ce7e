//! A user's way to a wallet and back: the choice of one where the merchant left it open, and, after
//! the consent, on to the merchant with the network's code in the place of the wallet's.
//!
//! Nothing is decided here: whoever comes by with a wrong code gets no token for it.

use super::Shared;
use super::html::{escape, nothing, page as framed};
use super::words::{Words, spoken};
use crate::links::{percent_encode, read_agreement, with_query};
use crate::wire_edge::{Failure, page_for};
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use base::Text;
use directory::Product;
use effects::{Partner, network_code};
use http::{HeaderMap, StatusCode};
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
    Redirect::to(&with_query(agreement.redirect_url.as_str(), &added)).into_response()
}

/// `GET /c/{agreement}`: the wallets that can ask the user.
pub async fn choice(
    State(shared): State<Arc<Shared>>,
    Path(path): Path<String>,
    headers: HeaderMap,
) -> Response {
    let words = spoken(&headers);
    let Some(agreement) = look(&shared, &path).await else { return nothing(words) };
    if !agreement.waits_for_consent(shared.door.now()) {
        return nothing(words);
    }
    choose_again(&shared, words, &agreement, None)
}

/// `GET /c/{agreement}/{wallet}`: on to the wallet in which the user consents. Choosing decides
/// nothing, and until there is a consent the user may choose again.
pub async fn choose(
    State(shared): State<Arc<Shared>>,
    Path((path, wallet)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    let words = spoken(&headers);
    let Some(agreement) = look(&shared, &path).await else { return nothing(words) };
    let Some(wallet) = shared.door.wallet(&wallet) else { return nothing(words) };
    match page_for(&shared.door, agreement.id, &wallet).await {
        Ok(page) => Redirect::to(page.as_str()).into_response(),
        Err(Failure::Refusal(refusal)) => {
            choose_again(&shared, words, &agreement, Some(&refusal.message))
        }
        Err(_) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}

fn choose_again(
    shared: &Shared,
    words: &Words,
    agreement: &Agreement,
    problem: Option<&str>,
) -> Response {
    let name = agreement.display_name.as_ref().map_or(agreement.name.as_str(), |it| it.as_str());
    let here = shared.door.links.consent_choice(agreement.id);
    let row = |wallet: &Arc<Partner>| {
        let (code, name) = (wallet.participant.code.as_str(), wallet.participant.name.as_str());
        let link = format!("{here}/{}", percent_encode(code));
        format!("<li><a href=\"{}\">{}</a></li>", escape(&link), escape(name))
    };
    let wallets = shared.door.wallets_for(Product::AgreementPayment);
    let rows: String = wallets.iter().map(row).collect();
    let problem =
        problem.map_or_else(String::new, |text| format!("<p class=\"bad\">{}</p>", escape(text)));
    let inner = format!(
        "<h1>{}</h1>{problem}<p class=\"soft\">{}</p><ul>{rows}</ul>",
        escape(name),
        words.pay_with,
    );
    framed(StatusCode::OK, words, "none", name, &inner)
}

async fn look(shared: &Shared, path: &str) -> Option<Arc<Agreement>> {
    let id = read_agreement(path)?;
    if id.partition().0 >= shared.door.partitions.count() {
        return None;
    }
    shared.door.agreement(id).await.ok()?
}
