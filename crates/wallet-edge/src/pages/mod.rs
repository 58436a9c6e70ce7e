//! Pages for a browser where the wallet's app is not installed: an order is paid, an agreement is
//! consented to.
//!
//! Plain HTML without scripts, no cookies. Whoever comes signs in with the PIN; what a page carries
//! to the next one is a [`ticket`](Ticket) in a hidden field. A page decides nothing: what it shows
//! is the state of the payment or agreement, so that a reload, a second click and the way back do
//! no harm. Where a form leads to another origin, a page with a refresh stands between: browsers
//! hold redirects after a form to the policy `form-action`, and whose address comes last is not
//! known here.

mod consent;
mod lead;
mod order;
mod reason;
mod sign_in;
mod taken;
mod ticket;
mod tries;
mod words;

use crate::Edge;
use crate::app::{App, Failure, market};
use api::pages::{escape, framed, nonce};
use axum::Router;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use axum::routing::{get, post};
use std::sync::Arc;
use taken::Taken;
use ticket::Ticket;
use tries::Tries;
use wallet::Market;
use words::{Words, spoken};

/// What the pages share.
struct Shared {
    app: App,
    tries: Tries,
    taken: Taken,
}

/// Routes of the pages; merge it with others. The network leads to `/app/open?codeValue=...`, a
/// merchant's `prepare` to `/app/consent?agreement=...`.
pub fn router(edge: Arc<Edge>) -> Router {
    let shared = Shared { app: App::new(edge), tries: Tries::default(), taken: Taken::default() };
    Router::new()
        .route("/app/open", get(order::ask).post(order::open))
        .route("/app/confirm", post(order::decide))
        .route("/app/consent", get(consent::ask).post(consent::decide))
        .with_state(Arc::new(shared))
}

/// What is around a page: the market that it is in, and the language of who looks.
struct Place {
    market: Arc<Market>,
    words: &'static Words,
}

impl Place {
    async fn of(shared: &Shared, headers: &HeaderMap) -> Result<Place, Failure> {
        let market = market(&shared.app.edge).await?;
        let words = spoken(headers, &market);
        Ok(Place { market, words })
    }

    /// A page under the wallet's brand.
    fn page(&self, status: StatusCode, inner: &str) -> Response {
        let brand = self.market.brand.as_str();
        let inner = format!("<p class=\"soft\"><b>{}</b></p>{inner}", escape(brand));
        framed(status, self.words.tag, &nonce(), brand, &inner)
    }

    /// A page that says one thing, with something in small print.
    fn says(&self, status: StatusCode, text: &str, small: &str) -> Response {
        let inner = format!(
            "<h1 role=\"status\">{}</h1><p class=\"soft\">{}</p>",
            escape(text),
            escape(small)
        );
        self.page(status, &inner)
    }
}

/// Something that went wrong, above a form.
fn problem(text: Option<&str>) -> String {
    text.map_or_else(String::new, |text| {
        format!("<p class=\"bad\" role=\"alert\">{}</p>", escape(text))
    })
}
