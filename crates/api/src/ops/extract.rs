//! Bodies and queries, read so that one that is not understood is refused like everything else.

use super::error::Failure;
use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A JSON body, in both directions.
pub struct Json<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Json<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, state: &S) -> Result<Json<T>, Failure> {
        let read: Result<axum::Json<T>, JsonRejection> =
            axum::Json::from_request(request, state).await;
        let refused = |it: JsonRejection| {
            let message = format!("body: {}", it.body_text());
            Failure::new(it.status(), "PARAM_ILLEGAL", message)
        };
        read.map(|axum::Json(value)| Json(value)).map_err(refused)
    }
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        axum::Json(self.0).into_response()
    }
}

/// What stands behind the `?` of a URL.
pub struct Query<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Query<T>, Failure> {
        let read: Result<axum::extract::Query<T>, QueryRejection> =
            axum::extract::Query::from_request_parts(parts, state).await;
        let refused = |it: QueryRejection| Failure::illegal(format!("query: {}", it.body_text()));
        read.map(|axum::extract::Query(value)| Query(value)).map_err(refused)
    }
}
