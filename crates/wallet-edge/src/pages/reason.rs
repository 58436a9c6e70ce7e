//! Why something was not paid, in the customer's words, with what to do about it.

use super::Place;
use super::words::Words;
use crate::app::Failure;
use axum::http::StatusCode;
use axum::response::Response;

/// The sentence for one of the protocol's result codes.
pub(super) fn of_code(words: &Words, code: &str) -> &'static str {
    match code {
        "USER_BALANCE_NOT_ENOUGH" => words.too_little,
        "USER_AMOUNT_EXCEED_LIMIT"
        | "PAYMENT_AMOUNT_EXCEED_LIMIT"
        | "PAYMENT_COUNT_EXCEED_LIMIT"
        | "USER_KYC_NOT_QUALIFIED" => words.over_limit,
        "ORDER_IS_CLOSED" | "ORDER_NOT_EXIST" | "EXPIRED_CODE" | "INVALID_CODE" => words.closed,
        "REPEAT_REQ_INCONSISTENT" => words.others,
        "USER_STATUS_ABNORMAL" => words.frozen,
        "NETWORK_SILENT" | "UNKNOWN_EXCEPTION" | "REQUEST_TRAFFIC_EXCEED_LIMIT" => words.later,
        _ => words.other,
    }
}

/// The sentence for a failure: what does not work now may work later.
pub(super) fn of_failure(words: &Words, failure: &Failure) -> &'static str {
    if failure.status >= 500 { words.later } else { of_code(words, &failure.code) }
}

/// A failure as a page of its own; its code stands in small print, for whoever is asked about it.
pub(super) fn page(place: &Place, failure: &Failure) -> Response {
    let status = StatusCode::from_u16(failure.status).unwrap_or(StatusCode::BAD_REQUEST);
    let small = format!("{} ({})", failure.message, failure.code);
    place.says(status, of_failure(place.words, failure), &small)
}
