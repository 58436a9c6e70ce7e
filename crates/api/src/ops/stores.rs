//! How stores show themselves to payers: which wallets they take, and their names in the payers'
//! languages.

use super::Shared;
use super::directory::{by_code, change};
use super::error::Failure;
use super::extract::Json;
use super::model::read_text;
use super::tokens::{Asker, Role};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use directory::{LanguageTag, MerchantKey, StoreDisplay};
use ids::Partition;
use network::{Change, SetStoreDisplay, StorePlace};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct StoreDisplayBody {
    /// Codes of the wallets that the store takes; empty: all that its merchant takes.
    #[serde(default)]
    #[schema(example = json!(["W-KR"]))]
    pub wallets: Vec<String>,
    /// The store's name by language (BCP 47).
    #[serde(default)]
    #[schema(example = json!({"en": "Umeda Ramen", "ko": "우메다 라멘"}))]
    pub names: BTreeMap<String, String>,
}

/// Acquirer, merchant and store, as they stand in the path.
type Place = Path<(String, String, String)>;

async fn place(ops: &Shared, Path((code, merchant, store)): Place) -> Result<StorePlace, Failure> {
    let acquirer = by_code(ops, &code).await?.id;
    let merchant = MerchantKey { acquirer, reference: read_text(&merchant, "merchant")? };
    Ok(StorePlace { merchant, store: read_text(&store, "store")? })
}

/// Shows which wallets a store takes and what it is called in other languages.
#[utoipa::path(
    get, path = "/v1/participants/{code}/merchants/{reference}/stores/{store}/display",
    tag = "participants",
    params(("code" = String, Path), ("reference" = String, Path), ("store" = String, Path)),
    responses((status = 200, body = StoreDisplayBody), (status = 404, body = Failure))
)]
pub async fn show(
    State(ops): State<Shared>,
    _: Asker,
    path: Place,
) -> Result<Json<StoreDisplayBody>, Failure> {
    let place = place(&ops, path).await?;
    let ask = move |machine: &network::Network, _: &dyn base::History, _: base::Stamp| {
        let merchant = machine.directory().merchant(&place.merchant)?;
        Some(merchant.stores.get(&place.store)?.display.clone())
    };
    let display = ops.partitions.read(Partition(0), ask).await?;
    let display = display.ok_or_else(|| Failure::not_found("store"))?;
    let wallets = display.wallets.iter().filter_map(|id| ops.directory.partner(*id));
    Ok(Json(StoreDisplayBody {
        wallets: wallets.map(|it| it.participant.code.to_string()).collect(),
        names: display.names.iter().map(|(tag, it)| (tag.to_string(), it.to_string())).collect(),
    }))
}

/// Sets which wallets a store takes and what it is called in other languages: at once, for every
/// payment that is asked for from now on.
#[utoipa::path(
    put, path = "/v1/participants/{code}/merchants/{reference}/stores/{store}/display",
    tag = "participants", request_body = StoreDisplayBody,
    params(("code" = String, Path), ("reference" = String, Path), ("store" = String, Path)),
    responses(
        (status = 204), (status = 400, body = Failure), (status = 404, body = Failure)
    )
)]
pub async fn set(
    State(ops): State<Shared>,
    asker: Asker,
    path: Place,
    Json(body): Json<StoreDisplayBody>,
) -> Result<StatusCode, Failure> {
    let by = asker.may(Role::Operator)?;
    let place = place(&ops, path).await?;
    let mut display = StoreDisplay::default();
    for code in &body.wallets {
        display.wallets.push(by_code(&ops, code).await?.id);
    }
    display.wallets.sort();
    display.wallets.dedup();
    for (tag, name) in &body.names {
        let language = read_language(tag)?;
        display.names.insert(language, read_text(name, "names")?);
    }
    change(&ops, by, Change::SetStoreDisplay(Box::new(SetStoreDisplay { place, display }))).await
}

/// Letters and digits, joined by hyphens: what BCP 47 tags are made of.
fn read_language(tag: &str) -> Result<LanguageTag, Failure> {
    let is_part = |part: &str| {
        (1..=8).contains(&part.len()) && part.bytes().all(|c| c.is_ascii_alphanumeric())
    };
    let first = tag.split('-').next().unwrap_or("");
    let is_language =
        (2..=3).contains(&first.len()) && first.bytes().all(|c| c.is_ascii_alphabetic());
    if !is_language || !tag.split('-').all(is_part) {
        return Err(Failure::illegal(format!(
            "names: {tag} is no language; give one such as ko or zh-Hant"
        )));
    }
    read_text(tag, "names")
}
