//! What of the protocol's objects the machine keeps.

use crate::edge::{EdgeError, digest_of};
use base::{Refusal, ResultCode, Text};
use ids::PartnerText;
use money::Money;
use wallet::objects::OrderView;
use wire::mpp::PaymentPromo;
use wire::parts::{Order, Quote};
use wire::{Amount, AmountOrZero};

/// The name under which the network knows a customer.
pub fn customer_id(customer: u32) -> String {
    format!("c{customer}")
}

/// The customer behind that name.
pub(super) fn customer_of(id: &str) -> Option<u32> {
    let digits = id.strip_prefix('c')?;
    let number: u32 = digits.parse().ok()?;
    // One customer has one name.
    (customer_id(number) == id).then_some(number)
}

/// What is beside the order itself on a payment.
pub struct OrderParts<'a> {
    pub acquirer: &'a PartnerText,
    /// What is paid for the merchant, after the network's discounts.
    pub amount: Money,
    pub quote: Option<&'a Quote>,
    pub promo: Option<&'a PaymentPromo>,
    pub redirect: Option<&'a Text<2048>>,
}

/// The order as the wallet keeps and shows it.
pub fn order_view(order: &Order, parts: &OrderParts<'_>) -> Result<OrderView, EdgeError> {
    let merchant = &order.merchant;
    let name = merchant.merchant_display_name.as_ref().unwrap_or(&merchant.merchant_name);
    let illegal = |field: &str| {
        EdgeError::Refused(Refusal::new(ResultCode::ParamIllegal, format!("{field}: is no text")))
    };
    let rate = parts.quote.map(|quote| {
        format!("{} {}", quote.quote_currency_pair.as_str(), quote.quote_price.as_str())
    });
    let details = parts.promo.map(|promo| promo.payment_promo_details.as_slice());
    let savings = details.unwrap_or_default().iter().map(|it| it.savings_amount.0.minor());
    Ok(OrderView {
        amount: parts.amount,
        merchant: Text::new(name.as_str()).map_err(|_| illegal("order.merchant.merchantName"))?,
        reference: Some(order.reference_order_id.clone()),
        rate: rate.and_then(|rate| Text::new(&rate).ok()),
        acquirer: parts.acquirer.clone(),
        redirect: parts.redirect.cloned(),
        saved_minor: savings.fold(0, u64::saturating_add),
    })
}

/// A digest over what a repeat must not change. Source: wallet interface 1.6.
pub(super) fn digest(amounts: &[Money], others: &[Option<Vec<u8>>]) -> [u8; 32] {
    let mut parts: Vec<Vec<u8>> = Vec::new();
    for amount in amounts {
        parts.push(format!("{} {}", amount.currency().code(), amount.minor()).into_bytes());
    }
    for other in others {
        // Absent and empty are different things.
        parts.push(other.as_ref().map_or_else(Vec::new, |it| [b"=", it.as_slice()].concat()));
    }
    let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
    digest_of(&parts)
}

pub(super) fn wire_amount(money: Money) -> Option<Amount> {
    (!money.is_zero()).then_some(Amount(money))
}

/// An amount in the wallet's own currency, in minor units.
pub(super) fn own_minor(
    field: &str,
    amount: AmountOrZero,
    currency: money::Currency,
) -> Result<u64, EdgeError> {
    if amount.0.currency() == currency {
        return Ok(amount.0.minor());
    }
    let message = format!("{field}.currency: this wallet settles in {}", currency.code());
    Err(EdgeError::Refused(Refusal::new(ResultCode::CurrencyNotSupport, message)))
}
