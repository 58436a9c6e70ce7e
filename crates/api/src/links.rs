//! URLs under which payers reach this network: order codes and pages.

use ids::AgreementId;
use network::{EntryToken, OrderToken};
use std::sync::Arc;

/// The longest origin: what is scanned has to fit into a code that phones read from paper.
const MAX_ORIGIN: usize = 200;

/// The path before an entry code's token.
const ENTRY_HEAD: &str = "s/";
/// The path before an agreement's id, for its user's way back from a wallet and before it.
const CONSENT_HEAD: &str = "a/";
const CHOICE_HEAD: &str = "c/";
/// The page on which a payer enters the amount for an acquirer's code.
const CODE_PAGE: &str = "n?codeValue=";

/// The origin that stands in codes; cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Links {
    origin: Arc<str>,
}

/// Why a text cannot stand before all codes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text}: {problem}; give an origin such as https://pay.example")]
pub struct LinkError {
    text: String,
    problem: &'static str,
}

impl Links {
    /// An origin: https (or http on this machine), a host, perhaps a port, no path.
    pub fn new(origin: &str) -> Result<Links, LinkError> {
        let refuse = |problem| Err(LinkError { text: origin.to_owned(), problem });
        let text = origin.trim_end_matches('/').to_ascii_lowercase();
        let Ok(uri) = text.parse::<http::Uri>() else { return refuse("is not a URL") };
        let Some(authority) = uri.authority() else { return refuse("has no host") };
        if authority.as_str().contains('@') {
            return refuse("has a user name");
        }
        if text.len() > MAX_ORIGIN {
            return refuse("is longer than 200 characters");
        }
        match uri.scheme_str() {
            Some("https") => {}
            Some("http") if is_loopback(authority.host()) => {}
            Some("http") => return refuse("is http, and its host is not this machine"),
            _ => return refuse("is neither https nor http"),
        }
        let is_bare = uri.path_and_query().is_none_or(|path| path.as_str() == "/");
        if !is_bare || text.contains('#') {
            return refuse("has a path");
        }
        Ok(Links { origin: text.into() })
    }

    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// What is scanned for an order; opened in a browser it is the order's page.
    pub fn order_code(&self, token: OrderToken) -> String {
        format!("{}/{}{token}", self.origin, OrderToken::HEAD)
    }

    /// The order code in a scanned text. `None` when the text is none of this network.
    ///
    /// Scheme and host may come in capital letters, as codes sometimes do; the rest may not.
    pub fn read_order_code(&self, text: &str) -> Option<OrderToken> {
        read_order_path(self.path_of(text)?)
    }

    /// What stands before the token of every order code of this network.
    pub fn order_prefix(&self) -> String {
        format!("{}/{}", self.origin, OrderToken::HEAD)
    }

    /// What is printed for a store; opened in a browser it is the store's page.
    pub fn entry_code(&self, token: EntryToken) -> String {
        format!("{}{token}", self.entry_prefix())
    }

    /// What stands before the token of every entry code of this network.
    pub fn entry_prefix(&self) -> String {
        format!("{}/{ENTRY_HEAD}", self.origin)
    }

    /// Has the text the shape of an entry code of this network?
    pub fn is_entry_code(&self, text: &str) -> bool {
        let token = self.path_of(text).and_then(|path| path.strip_prefix(ENTRY_HEAD));
        token.and_then(EntryToken::parse).is_some()
    }

    /// Where a user goes after consenting in the wallet.
    pub fn consent_return(&self, agreement: AgreementId) -> String {
        format!("{}/{CONSENT_HEAD}{:032x}", self.origin, agreement.as_u128())
    }

    /// Where a user chooses the wallet for an agreement.
    pub fn consent_choice(&self, agreement: AgreementId) -> String {
        format!("{}/{CHOICE_HEAD}{:032x}", self.origin, agreement.as_u128())
    }

    /// The page that a scanned text leads to: a web address is its own; for any other code this
    /// network has one on which the payer enters the amount.
    pub fn page_of_code(&self, scanned: &str) -> String {
        if scanned.contains("://") {
            return scanned.to_owned();
        }
        format!("{}/{CODE_PAGE}{}", self.origin, percent_encode(scanned))
    }

    /// The path, without its slash, of a URL of this origin.
    fn path_of<'a>(&self, text: &'a str) -> Option<&'a str> {
        let (head, rest) = text.split_at_checked(self.origin.len())?;
        if !head.eq_ignore_ascii_case(&self.origin) {
            return None;
        }
        rest.strip_prefix('/')
    }

    /// An app's link with this order code, as wallets expect it: `codeValue` is the code, encoded.
    /// Source: wallet interface 2.11.
    pub fn into_app(&self, app: &str, code: &str) -> String {
        with_query(app, &format!("source=dhow&codeValue={}", percent_encode(code)))
    }
}

/// A page's address with more in its query; what stands behind `#` stays last.
pub(crate) fn with_query(url: &str, added: &str) -> String {
    let (page, place) = url.find('#').map_or((url, ""), |at| url.split_at(at));
    let joint = if page.contains('?') { '&' } else { '?' };
    format!("{page}{joint}{added}{place}")
}

/// Where a shop wants its payer back: it is told which payment it is about, not how it ended: that
/// it has to ask.
pub(crate) fn way_back(url: &str, request_id: &str) -> String {
    let id = percent_encode(request_id);
    with_query(url, &format!("paymentRequestId={id}"))
}

/// The agreement in the path of a page.
pub(crate) fn read_agreement(path: &str) -> Option<AgreementId> {
    let is_hex = |c: u8| c.is_ascii_digit() || (b'a'..=b'f').contains(&c);
    let is_id = path.len() == 32 && path.bytes().all(is_hex);
    let id = u128::from_str_radix(path, 16).ok().filter(|_| is_id)?;
    Some(AgreementId::from_u128(id))
}

/// The token in the last part of an order's URL.
pub(crate) fn read_order_path(path: &str) -> Option<OrderToken> {
    OrderToken::parse(path.strip_prefix(OrderToken::HEAD)?)
}

fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost"
        || bare.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Everything but letters, digits and `-._~` as `%XX`. Source: RFC 3986, 2.1 and 2.3.
pub(crate) fn percent_encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len() * 2);
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use ids::PaymentId;

    #[test]
    fn origins_that_may_stand_in_codes() {
        for good in ["https://pay.example", "HTTPS://Pay.Example:8443/", "http://127.0.0.1:8080"] {
            assert!(Links::new(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "pay.example",
            "http://pay.example",
            "https://pay.example/x",
            "https://pay.example?x",
            "https://u@pay.example",
            "ftp://pay.example",
            "https://",
        ] {
            let error = Links::new(bad).unwrap_err().to_string();
            assert!(error.contains("https://pay.example"), "{bad}: {error}");
        }
    }

    #[test]
    fn an_order_code_comes_back_and_others_do_not() {
        let links = Links::new("https://pay.example").unwrap();
        let token = OrderToken::new(PaymentId::from_u128(77), 99);
        let code = links.order_code(token);
        assert_eq!(links.read_order_code(&code), Some(token));
        assert_eq!(links.read_order_code(&code.replace("https://pay", "HTTPS://PAY")), Some(token));
        for other in [
            code.replace("pay.example", "pay.example.evil"),
            code.replace("https:", "http:"),
            code.replace("28100104", "28100102"),
            format!("{code}?a=1"),
            code[..code.len() - 1].to_owned(),
            String::new(),
        ] {
            assert_eq!(links.read_order_code(&other), None, "{other}");
        }
    }

    #[test]
    fn an_app_gets_the_code_encoded() {
        let links = Links::new("https://pay.example").unwrap();
        let link = links.into_app("https://wallet.example/pay?x=1", "https://pay.example/2 8");
        assert_eq!(
            link,
            "https://wallet.example/pay?x=1&source=dhow&codeValue=https%3A%2F%2Fpay.example%2F2%208"
        );
    }
}
