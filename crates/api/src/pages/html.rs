//! What all pages share: escaping, the frame, headers, pictures.

use super::words::Words;
use axum::body::Body;
use axum::response::Response;
use code_image::{Level, Qr};
use http::{HeaderValue, StatusCode, header};

/// Pixels for one module of a code that is shown or printed.
const PIXELS: u32 = 8;

/// Text that may stand in HTML, also inside quotes.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            _ => out.push(c),
        }
    }
    out
}

/// A text as a script's literal. `<` is written so that no text can end the script.
pub fn script_text(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' | '\0'..='\x1f' => {
                out.push_str(&format!("\\u{:04x}", u32::from(c)));
            }
            _ => out.push(c),
        }
    }
    out.push('"');
    out
}

const STYLE: &str = "\
body{font:17px/1.45 system-ui,sans-serif;margin:0;background:#f4f5f7;color:#1c2430}\
main{max-width:26rem;margin:1.5rem auto;padding:1.5rem;background:#fff;border-radius:14px;\
box-shadow:0 1px 6px #0002}\
h1{font-size:1.25rem;margin:0 0 .25rem}p{margin:.4rem 0}\
.price{font-size:2rem;font-weight:650;margin:.6rem 0}.soft{color:#5b6675;font-size:.9rem}\
.code svg{width:100%;max-width:17rem;display:block;margin:1rem auto}\
ul{list-style:none;padding:0;margin:1rem 0}li{margin:.5rem 0}\
li a,li span,button{display:flex;justify-content:space-between;align-items:center;width:100%;\
box-sizing:border-box;padding:.8rem 1rem;border:1px solid #ccd3dc;border-radius:10px;\
text-decoration:none;color:inherit;background:#fff;font:inherit}\
li span{color:#8a94a1;background:#f7f8fa}\
button{justify-content:center;background:#0b6b4f;color:#fff;border:0;cursor:pointer}\
input{width:100%;box-sizing:border-box;font-size:2rem;padding:.5rem;text-align:right;\
border:1px solid #ccd3dc;border-radius:10px}\
.keys{display:grid;grid-template-columns:repeat(3,1fr);gap:.5rem;margin:1rem 0}\
.keys button{background:#eef1f4;color:#1c2430;font-size:1.4rem}\
.good{color:#0b6b4f}.bad{color:#a32020}h1,dd{overflow-wrap:anywhere}\
dl{display:grid;grid-template-columns:auto 1fr;gap:.35rem 1rem;margin:1rem 0}\
dt{color:#5b6675}dd{margin:0;text-align:right}.field,.tick{display:block;margin:.9rem 0}\
.field input{font-size:1.15rem;text-align:left}\
.tick input{width:1.5rem;height:1.5rem;vertical-align:middle;margin:0 .5rem 0 0}\
.says{list-style:disc;padding-left:1.2rem}\
.plain{background:#eef1f4;color:#1c2430;margin-top:.6rem}";

/// The headers of a page: nothing is kept, framed or loaded from elsewhere but pictures.
///
/// `nonce` is drawn for each page and stands on its own style and script.
pub fn page(status: StatusCode, words: &Words, nonce: &str, title: &str, inner: &str) -> Response {
    framed(status, words.tag, nonce, title, inner)
}

/// As [`page`], in the language of this BCP 47 tag. `title` is escaped here, `inner` was before.
pub fn framed(status: StatusCode, tag: &str, nonce: &str, title: &str, inner: &str) -> Response {
    let html = format!(
        "<!doctype html><html lang=\"{tag}\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\
         <title>{}</title><style nonce=\"{nonce}\">{STYLE}</style></head>\
         <body><main>{inner}</main></body></html>",
        escape(title),
    );
    let policy = format!(
        "default-src 'none'; style-src 'nonce-{nonce}'; script-src 'nonce-{nonce}'; \
         connect-src 'self'; img-src 'self' https:; form-action 'self'; base-uri 'none'; \
         frame-ancestors 'none'"
    );
    let mut response = Response::new(Body::from(html));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    for (name, value) in [
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

/// A page that says that there is nothing here.
pub fn nothing(words: &Words) -> Response {
    let inner = format!("<h1>{}</h1><p class=\"soft\">{}</p>", words.unknown, words.ask_shop);
    page(StatusCode::NOT_FOUND, words, "none", words.unknown, &inner)
}

/// The code as an SVG, to stand in a page.
pub fn svg(text: &str) -> String {
    Qr::of(text, Level::Medium).map(|qr| qr.svg(text)).unwrap_or_default()
}

/// The code as a picture by itself: `svg` or `png`.
pub fn picture(text: &str, form: &str) -> Option<Response> {
    let qr = Qr::of(text, Level::Medium).ok()?;
    let (kind, bytes) = match form {
        "svg" => ("image/svg+xml", qr.svg(text).into_bytes()),
        "png" => ("image/png", qr.png(PIXELS).ok()?),
        _ => return None,
    };
    let mut response = Response::new(Body::from(bytes));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    Some(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_breaks_out() {
        assert_eq!(
            escape("<a href='x'>\"&\"</a>"),
            "&lt;a href=&#39;x&#39;&gt;&quot;&amp;&quot;&lt;/a&gt;"
        );
        assert_eq!(script_text("a\"</script>\n\\"), "\"a\\\"\\u003c/script\\u003e\\u000a\\\\\"");
    }
}
