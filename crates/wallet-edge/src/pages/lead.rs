//! The way from a page of the wallet to somebody else's.

use super::Place;
use api::pages::escape;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::Response;

const REFRESH: HeaderName = HeaderName::from_static("refresh");

/// Addresses that a browser may be led to: pages, and nothing that runs here.
pub(super) fn is_page(url: &str) -> bool {
    let begins =
        |start: &str| url.get(..start.len()).is_some_and(|head| head.eq_ignore_ascii_case(start));
    begins("https://") || begins("http://")
}

/// Leads on after so many seconds; who does not want to wait has a link. An address that cannot
/// stand in a header is left to the link.
pub(super) fn refresh(mut response: Response, secs: u32, url: &str) -> Response {
    if let Ok(value) = HeaderValue::from_str(&format!("{secs}; url={url}")) {
        response.headers_mut().insert(REFRESH, value);
    }
    response
}

/// A link as a button of its own.
pub(super) fn link(url: &str, text: &str) -> String {
    let url = escape(url);
    format!("<ul><li><a href=\"{url}\" rel=\"noreferrer\">{}</a></li></ul>", escape(text))
}

/// Leads on at once.
pub(super) fn on(place: &Place, url: &str) -> Response {
    let words = place.words;
    if !is_page(url) {
        return place.says(StatusCode::BAD_GATEWAY, words.other, url);
    }
    let inner = format!("<h1>{}</h1>{}", words.leading, link(url, url));
    refresh(place.page(StatusCode::OK, &inner), 0, url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pages_are_led_to() {
        for good in ["https://shop.example/", "HTTP://127.0.0.1:1/x"] {
            assert!(is_page(good), "{good}");
        }
        for bad in ["javascript:alert(1)", "data:text/html,x", "shop://done", "", "//x", "é"] {
            assert!(!is_page(bad), "{bad}");
        }
    }

    #[test]
    fn no_header_is_broken_by_an_address() {
        let response = refresh(Response::default(), 6, "https://shop.example/\r\nSet-Cookie: a=b");
        assert!(response.headers().is_empty());
        let response = refresh(Response::default(), 6, "https://shop.example/?a=b;c");
        assert_eq!(response.headers()[REFRESH], "6; url=https://shop.example/?a=b;c");
    }
}
