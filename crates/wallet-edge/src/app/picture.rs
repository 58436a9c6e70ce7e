//! The wallet's own codes, as text and as pictures.

use super::failure::{Failure, internal};
use axum::extract::FromRequestParts;
use axum::http::header;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use code_image::{Level, Qr};
use ids::ShopOrderId;
use qr::crc16;
use std::fmt::Write;
use utoipa::IntoParams;

/// Pixels of one module of a PNG: sharp on paper up to about 10 cm.
const PIXELS: u32 = 12;

/// What `Shape` reads.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "it is there for the contract")]
pub(super) struct PictureQuery {
    /// `text`, `svg` or `png`; without it, what `Accept` asks for.
    form: Option<String>,
}

/// In which form a code is wanted: `?form=text|svg|png`, or the `Accept` header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    Text,
    Svg,
    Png,
}

impl<S: Send + Sync> FromRequestParts<S> for Shape {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Shape, Failure> {
        let accept = parts.headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
        Shape::read(parts.uri.query(), accept.unwrap_or_default())
    }
}

impl Shape {
    fn read(query: Option<&str>, accept: &str) -> Result<Shape, Failure> {
        match query {
            None | Some("") if accept.contains("image/svg+xml") => Ok(Shape::Svg),
            None | Some("") if accept.contains("image/png") => Ok(Shape::Png),
            None | Some("" | "form=text") => Ok(Shape::Text),
            Some("form=svg") => Ok(Shape::Svg),
            Some("form=png") => Ok(Shape::Png),
            Some(_) => Err(Failure::illegal("form: give text, svg or png")),
        }
    }
}

fn qr_of(text: &str) -> Result<Qr, Failure> {
    // Printed codes are dirty and torn after a while.
    Qr::of(text, Level::Quartile).map_err(|error| internal(&error))
}

/// A code as an SVG picture.
pub(super) fn svg(text: &str, title: &str) -> Result<String, Failure> {
    Ok(qr_of(text)?.svg(title))
}

/// A code's text or picture.
pub(super) fn draw(text: &str, title: &str, shape: Shape) -> Result<Response, Failure> {
    let qr = || qr_of(text);
    let (kind, bytes) = match shape {
        Shape::Text => ("text/plain; charset=utf-8", text.as_bytes().to_vec()),
        Shape::Svg => ("image/svg+xml", qr()?.svg(title).into_bytes()),
        Shape::Png => ("image/png", qr()?.png(PIXELS).map_err(|error| internal(&error))?),
    };
    Ok(([(header::CONTENT_TYPE, kind)], bytes).into_response())
}

const ORDER: &str = "DHW1/ORDER/";

/// The text of an order's code, built as all of the wallet's own codes are: see `OwnCode`.
pub(super) fn order_text(id: ShopOrderId) -> String {
    let mut text = format!("{ORDER}{:032X}/", id.as_u128());
    let check = crc16(text.as_bytes());
    // Writing to a String cannot fail.
    let _ = write!(text, "{check:04X}");
    text
}

/// The order behind a text, if it is an order's.
pub(super) fn read_order_text(text: &str) -> Option<ShopOrderId> {
    let digits = text.strip_prefix(ORDER)?.get(..32)?;
    let id = ShopOrderId::from_u128(u128::from_str_radix(digits, 16).ok()?);
    (order_text(id) == text).then_some(id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ids::Partition;

    #[test]
    fn an_order_has_one_text() {
        let id = ShopOrderId::new(1_790_000_000_123, Partition(0), 0xabc_def0);
        let text = order_text(id);
        assert_eq!(text, "DHW1/ORDER/01A0C4506C7B0000000000000ABCDEF0/E68B");
        assert_eq!(read_order_text(&text), Some(id));
        assert_eq!(read_order_text(&text.to_lowercase()), None);
        assert_eq!(read_order_text(&text.replace("ABC", "ABD")), None);
        // As the scanner sees it: ours, with a check that fits, of a kind that is read here.
        assert_eq!(services::OwnCode::read(&text), Err(services::ScanError::Kind));
    }

    #[test]
    fn a_form_is_asked_for_in_two_ways() {
        assert_eq!(Shape::read(Some("form=svg"), "").unwrap(), Shape::Svg);
        assert_eq!(Shape::read(None, "image/png, */*").unwrap(), Shape::Png);
        assert_eq!(Shape::read(None, "*/*").unwrap(), Shape::Text);
        assert!(Shape::read(Some("form=gif"), "").is_err());
    }
}
