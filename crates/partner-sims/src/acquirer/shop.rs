//! The simulated acquirer's shops as pages: an online shop that leads to the checkout, and a till
//! that shows a code for each order.

use super::calls::Presented;
use super::{Acquirer, Sale, SimMerchant};
use crate::pages::{escape, lead_to, nothing, page};
use crate::server::{Answer, Received};
use base::{ResultCode, ResultStatus};
use http::{Method, StatusCode};
use money::Money;
use std::fmt::Write;

pub(super) const SHOP: &str = "/shop";
pub(super) const TILL: &str = "/till";
pub(super) const THANKS: &str = "/shop/thanks";

/// What things cost in the shops, in major units of a currency without parts.
const PRICE: u64 = 1_800;

impl Acquirer {
    /// `GET` shows what is sold, `POST` opens an order.
    pub(super) async fn shop(&self, request: &Received, how: Presented) -> Answer {
        let Some(merchant) = self.config.merchants.last() else { return nothing() };
        let price = price_of(merchant);
        if request.method != Method::POST {
            let inner = format!(
                "<p>{}</p><h2>{price}</h2><form method=\"post\"><button>{}</button></form>",
                escape(&merchant.store_name),
                match how {
                    Presented::Cashier => "Buy online",
                    Presented::OrderCode => "Show a code",
                },
            );
            return page(StatusCode::OK, &self.config.name, &inner);
        }
        let sale = Sale {
            payment_request_id: self.new_id("SHOP"),
            merchant_id: merchant.merchant_id.clone(),
            price,
            payment_code: String::new(),
            expires_at_ms: None,
        };
        let answer = match self.present(&sale, how).await {
            Ok(answer) => answer,
            Err(error) => {
                return page(StatusCode::OK, &self.config.name, &escape(&error.to_string()));
            }
        };
        if let Some(url) = &answer.normal_url {
            return lead_to(url.as_str());
        }
        let forms = answer.order_code_form.map(|form| form.code_details).unwrap_or_default();
        let mut inner = format!("<h2>{price}</h2>");
        for form in &forms {
            let value = escape(form.code_value.as_str());
            let _ = match form.display_type {
                wire::acqp::DisplayType::Text => {
                    write!(inner, "<p><a href=\"{value}\">{value}</a></p>")
                }
                _ => write!(inner, "<img src=\"{value}\" alt=\"order code\">"),
            };
        }
        page(StatusCode::OK, &self.config.name, &inner)
    }

    /// Where the checkout leads back to: the shop asks the network before it believes anything.
    pub(super) async fn thanks(&self, request: &Received) -> Answer {
        let query = request.target.split_once('?').map_or("", |(_, query)| query);
        let pairs: Vec<(String, String)> = serde_urlencoded::from_str(query).unwrap_or_default();
        let id = pairs.into_iter().find(|(name, _)| name == "paymentRequestId");
        let Some((_, id)) = id else { return nothing() };
        let text = match self.inquire(&id).await {
            Ok(answer) => answer.payment_result.map_or_else(
                || format!("The network does not know {id}."),
                |result| match result.status() {
                    ResultStatus::S => "Thank you, your order is paid.".to_string(),
                    _ if result.code() == ResultCode::PaymentInProcess => {
                        "Your payment is still under way.".to_string()
                    }
                    _ => format!("Your order was not paid: {}.", result.code()),
                },
            ),
            Err(error) => error.to_string(),
        };
        page(StatusCode::OK, &self.config.name, &format!("<p>{}</p>", escape(&text)))
    }
}

pub(super) fn price_of(merchant: &SimMerchant) -> Money {
    let parts = 10_u64.pow(u32::from(merchant.currency.exponent()));
    // A tenth of it where money has parts: 180 baht are about what 1,800 yen are.
    let major = if parts == 1 { PRICE } else { PRICE / 10 };
    Money::new(major * parts, merchant.currency).unwrap_or(Money::zero(merchant.currency))
}
