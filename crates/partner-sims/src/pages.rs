//! What the pages of both simulated partners share.

use crate::server::{Answer, plain};
use http::{HeaderValue, StatusCode, header};

/// Text that may stand in HTML, also inside quotes.
pub(crate) fn escape(text: &str) -> String {
    let replaced = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    replaced.replace('"', "&quot;").replace('\'', "&#39;")
}

/// A whole page: no script, nothing from elsewhere but pictures.
pub(crate) fn page(status: StatusCode, name: &str, inner: &str) -> Answer {
    let html = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><title>{0}</title>\
         <style>body{{font:17px system-ui;max-width:26rem;margin:2rem auto;padding:0 1rem}}\
         select,button{{width:100%;padding:.7rem;font:inherit;margin:.5rem 0}}\
         img{{max-width:100%}}a{{overflow-wrap:anywhere}}\
         .good{{color:#0b6b4f}}.bad{{color:#a32020}}</style></head>\
         <body><h1>{0}</h1>{inner}</body></html>",
        escape(name)
    );
    let mut response = plain(status, "text/html; charset=utf-8", html);
    let policy = "default-src 'none'; style-src 'unsafe-inline'; img-src http: https:";
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Answer::Send(response)
}

pub(crate) fn nothing() -> Answer {
    Answer::Send(plain(StatusCode::NOT_FOUND, "text/plain", "there is nothing here\n"))
}

/// Sends a browser on.
pub(crate) fn lead_to(url: &str) -> Answer {
    let mut response = plain(StatusCode::SEE_OTHER, "text/plain", "");
    match HeaderValue::from_str(url) {
        Ok(url) => {
            response.headers_mut().insert(header::LOCATION, url);
            Answer::Send(response)
        }
        Err(_) => nothing(),
    }
}
