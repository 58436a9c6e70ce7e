//! The simulated wallet's app, as two pages in a browser: confirm, and what became of it.
//!
//! Anybody who opens it is whoever of the users they say they are: it is a demonstration.

use super::Wallet;
use super::scan::stands;
use crate::books::PaymentState;
use crate::pages::{escape, page};
use crate::server::{Answer, Received};
use base::ResultCode;
use http::{Method, StatusCode};
use serde::Deserialize;
use std::fmt::Write;
use wire::mpp::UserInitiatedPayResponse;

/// Where the app is opened.
pub(super) const PATH: &str = "/app/pay";

/// What the pages send to each other.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Sent {
    code_value: String,
    user: String,
    payment_request_id: String,
    redirect_url: String,
}

impl Wallet {
    /// `GET` asks who pays, `POST` with a user shows the order, `POST` with a payment pays it.
    pub(super) async fn app(&self, request: &Received) -> Answer {
        let query = request.target.split_once('?').map_or("", |(_, query)| query);
        let text = if request.method == Method::POST { &*request.body } else { query.as_bytes() };
        let Ok(sent) = serde_urlencoded::from_bytes::<Sent>(text) else {
            return page(StatusCode::BAD_REQUEST, &self.config.name, "<p>Not understood.</p>");
        };
        let inner = if request.method != Method::POST {
            self.who(&sent)
        } else if sent.payment_request_id.is_empty() {
            self.order(&sent).await
        } else {
            self.paid(&sent).await
        };
        page(StatusCode::OK, &self.config.name, &inner)
    }

    fn who(&self, sent: &Sent) -> String {
        let mut users = String::new();
        for (user, account) in &self.books().accounts {
            let balance = account.balance_minor();
            let shown = money::Money::new(balance, self.config.currency);
            let shown = shown.map_or_else(|_| String::new(), |money| money.to_string());
            let _ = write!(
                users,
                "<option value=\"{user}\">{user} ({shown})</option>",
                user = escape(user)
            );
        }
        format!(
            "<form method=\"post\"><label>Who pays?<select name=\"user\">{users}</select></label>\
             <input type=\"hidden\" name=\"codeValue\" value=\"{}\"><button>Next</button></form>",
            escape(&sent.code_value)
        )
    }

    async fn order(&self, sent: &Sent) -> String {
        let taken = self.take_order(&sent.user, &sent.code_value).await;
        match taken {
            Ok(answer) => confirm(&answer),
            Err(error) => format!("<p class=\"bad\">{}</p>", escape(&error.to_string())),
        }
    }

    async fn paid(&self, sent: &Sent) -> String {
        let said = self.confirm_order(&sent.payment_request_id, ResultCode::Success).await;
        let state = match stands(self, &sent.payment_request_id) {
            Some(PaymentState::Paid) => "<p class=\"good\">Paid.</p>".to_string(),
            _ => {
                let code = said.map_or("not known", ResultCode::as_str);
                format!("<p class=\"bad\">Not paid: {code}</p>")
            }
        };
        let is_web = sent.redirect_url.starts_with("http");
        let back = escape(&sent.redirect_url);
        let back = if is_web { format!("<a href=\"{back}\">Back</a>") } else { String::new() };
        format!("{state}{back}")
    }
}

/// Shop, both amounts, the rate, and the button. Source: wallet interface 5.2.
fn confirm(answer: &UserInitiatedPayResponse) -> String {
    let order = answer.order.as_ref();
    let shop = order.map_or("", |order| order.merchant.merchant_name.as_str());
    let store = order.and_then(|order| order.merchant.store.as_ref());
    let shop = store.map_or(shop, |store| store.store_name.as_str());
    let what = order.map_or("", |order| order.order_description.as_str());
    let price = answer.payment_amount.map_or_else(String::new, |it| it.0.to_string());
    let own = answer.pay_to_amount.map_or_else(String::new, |it| it.0.to_string());
    let rate = answer.payment_quote.as_ref().map_or_else(String::new, |quote| {
        format!("<p>Rate {} {}</p>", quote.quote_currency_pair, quote.quote_price)
    });
    let id = answer.payment_request_id.as_ref().map_or("", |id| id.as_str());
    let back = answer.payment_redirect_url.as_ref().map_or("", |url| url.as_str());
    format!(
        "<p>{}</p><p>{}</p><h2>{}</h2><p>You pay {}</p>{rate}<form method=\"post\">\
         <input type=\"hidden\" name=\"paymentRequestId\" value=\"{}\">\
         <input type=\"hidden\" name=\"redirectUrl\" value=\"{}\"><button>Pay</button></form>",
        escape(shop),
        escape(what),
        escape(&price),
        escape(&own),
        escape(id),
        escape(back),
    )
}
