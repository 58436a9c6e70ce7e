//! Scanned codes.

use super::error::Failure;
use super::extract::Json;
use super::tokens::Asker;
use serde::Deserialize;
use utoipa::ToSchema;
use wire::scanned::Scanned;

/// A text as a scanner gives it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ScannedText {
    #[schema(example = "00020101021126400009SG.PAYNOW...6304DF3F")]
    pub payload: String,
}

/// Says what a scanned text is, as `dhow qr decode` does: `valid`, `error`, `warnings`, and what
/// the code holds.
#[utoipa::path(
    post, path = "/v1/qr/decode", tag = "codes",
    request_body = ScannedText,
    responses(
        (status = 200, description = "also for a text that is no code: `valid` is then false", body = serde_json::Value),
        (status = 400, body = Failure), (status = 401, body = Failure)
    )
)]
pub async fn decode(_: Asker, Json(it): Json<ScannedText>) -> Json<Scanned> {
    Json(Scanned::read(&it.payload))
}
