//! Printed codes of stores.

use super::Shared;
use super::directory::{by_code, change};
use super::error::Failure;
use super::extract::{Json, Query};
use super::model::{read_currency, read_text};
use super::tokens::{Asker, Role};
use crate::links::Links;
use crate::wire_edge::attempt;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use directory::MerchantKey;
use ids::Partition;
use network::{Change, EntryCode, EntryToken, StorePlace};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// The store that a code is for.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct EntryCodeBody {
    /// Code of the acquirer.
    #[schema(example = "A-JP")]
    pub acquirer: String,
    #[schema(example = "M-RAMEN")]
    pub merchant: String,
    #[schema(example = "M-RAMEN-S1")]
    pub store: String,
    /// What shoppers enter amounts in; without it the acquirer's first settlement currency.
    #[schema(example = "JPY")]
    pub currency: Option<String>,
}

/// A code in use.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct EntryCodeView {
    pub token: String,
    /// What is printed. With `.svg` or `.png` behind it, as a picture.
    #[schema(example = "https://pay.example/s/3f0c9a5be17d2468ace0")]
    pub url: String,
    pub merchant: String,
    pub store: String,
    pub currency: String,
}

impl EntryCodeView {
    fn of(code: &EntryCode, links: &Links) -> EntryCodeView {
        EntryCodeView {
            token: code.token.to_string(),
            url: links.entry_code(code.token),
            merchant: code.place.merchant.reference.to_string(),
            store: code.place.store.to_string(),
            currency: code.currency.code().to_owned(),
        }
    }
}

/// Makes a store's printed code. The code that it had before is out of use from then on.
#[utoipa::path(
    post, path = "/v1/entry-codes", tag = "codes", request_body = EntryCodeBody,
    responses(
        (status = 201, body = EntryCodeView), (status = 400, body = Failure),
        (status = 404, body = Failure)
    )
)]
pub async fn issue(
    State(ops): State<Shared>,
    asker: Asker,
    Json(body): Json<EntryCodeBody>,
) -> Result<(StatusCode, Json<EntryCodeView>), Failure> {
    let by = asker.may(Role::Operator)?;
    let acquirer = by_code(&ops, &body.acquirer).await?;
    let currency = match &body.currency {
        Some(code) => read_currency(code, "currency")?,
        None => acquirer.contract.settlement_currencies[0],
    };
    let reference = read_text(&body.merchant, "merchant")?;
    let merchant = MerchantKey { acquirer: acquirer.id, reference };
    let place = StorePlace { merchant, store: read_text(&body.store, "store")? };
    let code = EntryCode { token: attempt(), place, currency };
    let view = EntryCodeView::of(&code, &ops.links);
    change(&ops, by, Change::IssueEntryCode(code)).await?;
    Ok((StatusCode::CREATED, Json(view)))
}

/// Whose codes.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct EntryCodeQuery {
    /// Code of the acquirer.
    pub acquirer: String,
}

/// Lists an acquirer's printed codes, by store.
#[utoipa::path(
    get, path = "/v1/entry-codes", tag = "codes", params(EntryCodeQuery),
    responses((status = 200, body = Vec<EntryCodeView>), (status = 404, body = Failure))
)]
pub async fn list(
    State(ops): State<Shared>,
    _: Asker,
    Query(query): Query<EntryCodeQuery>,
) -> Result<Json<Vec<EntryCodeView>>, Failure> {
    let acquirer = by_code(&ops, &query.acquirer).await?.id;
    let ask = move |machine: &network::Network, _: &dyn base::History, _: base::Stamp| {
        let own = machine.entry_codes().all().filter(|it| it.place.merchant.acquirer == acquirer);
        own.cloned().collect::<Vec<_>>()
    };
    let mut codes = ops.partitions.read(Partition(0), ask).await?;
    codes.sort_by(|one, other| one.place.cmp(&other.place));
    Ok(Json(codes.iter().map(|code| EntryCodeView::of(code, &ops.links)).collect()))
}

/// Takes a printed code out of use at once.
#[utoipa::path(
    delete, path = "/v1/entry-codes/{token}", tag = "codes", params(("token" = String, Path)),
    responses((status = 204), (status = 404, body = Failure))
)]
pub async fn revoke(
    State(ops): State<Shared>,
    asker: Asker,
    Path(token): Path<String>,
) -> Result<StatusCode, Failure> {
    let by = asker.may(Role::Operator)?;
    let token = EntryToken::parse(&token).ok_or_else(|| Failure::not_found("entry code"))?;
    change(&ops, by, Change::RevokeEntryCode(token)).await
}
