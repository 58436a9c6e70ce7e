//! Messages to wallets and acquirers, made from the payment as it stood when the effect was wished
//! for.

use directory::{Merchant, Participant};
use network::{Payment, RefundRecord, Way};
use payment::PaymentState;
use wire::acqp::{InquiryPushPaymentRequest, NotifyPaymentRequest, PushPaymentRequest};
use wire::mpp;
use wire::parts::{
    Address, Id, InStoreScenario, Merchant as WireMerchant, Order, PaymentFactor, PaymentMethod,
    Quote, Store as WireStore,
};
use wire::{Amount, Datetime, Label, Opaque, Text, WireResult};

/// Both ends of a payment, as the directory knows them.
pub(crate) struct Ends<'a> {
    pub acquirer: &'a Participant,
    /// Absent while nobody knows whose code it is.
    pub mpp: Option<&'a Participant>,
    pub merchant: Option<&'a Merchant>,
}

/// The network's ids always fit.
pub(crate) fn id_text(id: impl std::fmt::Display) -> Id {
    Id::new(&id.to_string()).expect("an id is a short ASCII text")
}

/// A frozen quote as the protocol writes it.
pub fn wire_quote(quote: &fx::Quote) -> Quote {
    Quote {
        quote_id: Some(id_text(quote.id)),
        quote_start_time: Some(Datetime::utc(quote.issued)),
        quote_expiry_time: Some(Datetime::utc(quote.expires)),
        ..Quote::from_rate(quote.rate)
    }
}

/// `None` when the payment lacks what the message says: such an effect is never wished for.
///
/// `means` is what the wallet knows its payer by.
pub(crate) fn pay(
    payment: &Payment,
    means: Option<Text<128>>,
    ends: &Ends<'_>,
) -> Option<mpp::PayRequest> {
    let (mpp, payer) = (ends.mpp?, payment.payer.as_ref()?);
    let terms = payment.terms.as_ref()?;
    let mut method = PaymentMethod::new(payment.method_type.clone());
    method.payment_method_id = means;
    method.customer_id = Some(payer.customer.clone());
    let mut request = mpp::PayRequest::new(
        ends.acquirer.code.clone(),
        mpp.code.clone(),
        id_text(payment.id),
        wire_order(payment, ends.merchant?)?,
        Amount(payment.amount),
        Amount(terms.pay_to),
        method,
        wire_factor(payment.way),
    );
    request.payment_quote = terms.payment_quote.as_ref().map(wire_quote);
    request.payment_expiry_time = Some(Datetime::utc(payment.expiry));
    Some(request)
}

/// How a payment began, in the protocol's flags. Source: acquirer interface 2.3.
pub fn wire_factor(way: Way) -> PaymentFactor {
    let scenario = match way {
        Way::UserCode => Some(InStoreScenario::PaymentCode),
        Way::OrderCode => Some(InStoreScenario::OrderCode),
        Way::EntryCode => Some(InStoreScenario::EntryCode),
        Way::Cashier | Way::AutoDebit => None,
    };
    let mut factor = PaymentFactor::new();
    factor.is_in_store_payment = Some(scenario.is_some());
    factor.is_cashier_payment = Some(way.is_presented());
    factor.is_agreement_payment = Some(way == Way::AutoDebit);
    factor.in_store_payment_scenario = scenario;
    factor
}

/// The order with the merchant as it is registered, not as the acquirer's message named it. `None`
/// when a registered text does not fit the protocol, which registration refuses.
pub fn wire_order(payment: &Payment, merchant: &Merchant) -> Option<Order> {
    let ordered = &payment.order;
    let mcc = Text::new(&merchant.mcc.to_string()).ok()?;
    let name = Label::new(merchant.name.as_str()).ok()?;
    let mut shop = WireMerchant::new(merchant.reference.clone(), mcc, name);
    shop.merchant_display_name =
        merchant.display_name.as_ref().and_then(|name| Label::new(name.as_str()).ok());
    let mut address = Address::new(Text::new(merchant.country.as_str()).ok()?);
    address.city = merchant.city.as_ref().and_then(|city| Label::new(city.as_str()).ok());
    shop.merchant_address = Some(address);
    let store = ordered.store.as_ref().and_then(|store| merchant.stores.get(store));
    shop.store = store.and_then(|store| {
        let mcc = Text::new(&store.mcc.to_string()).ok()?;
        let name = Label::new(store.name.as_str()).ok()?;
        let mut place = WireStore::new(store.reference.clone(), name, mcc);
        place.store_terminal_id = ordered.terminal.clone();
        Some(place)
    });
    let description = Label::new(ordered.description.as_str()).ok()?;
    Some(Order::new(ordered.reference.clone(), description, Amount(ordered.amount), shop))
}

pub(crate) fn inquiry(payment: &Payment, ends: &Ends<'_>) -> Option<mpp::InquiryPaymentRequest> {
    let (acquirer, mpp) = (ends.acquirer.code.clone(), ends.mpp?.code.clone());
    Some(mpp::InquiryPaymentRequest::new(acquirer, mpp, id_text(payment.id)))
}

pub(crate) fn cancel(payment: &Payment, ends: &Ends<'_>) -> Option<mpp::CancelPaymentRequest> {
    let (acquirer, mpp) = (ends.acquirer.code.clone(), ends.mpp?.code.clone());
    Some(mpp::CancelPaymentRequest::new(acquirer, mpp, id_text(payment.id)))
}

pub(crate) fn refund(
    payment: &Payment,
    refund: &RefundRecord,
    ends: &Ends<'_>,
) -> Option<mpp::RefundRequest> {
    let wallet_id = payment.wallet_payment_id.clone();
    let mut request = mpp::RefundRequest::new(
        ends.acquirer.code.clone(),
        ends.mpp?.code.clone(),
        id_text(payment.id),
        // A wallet that never told its own id knows the payment by ours.
        wallet_id.unwrap_or_else(|| id_text(payment.id)),
        id_text(refund.id),
        Amount(refund.amount),
        payment.refund_pay_to(refund)?.into(),
    );
    request.refund_quote = payment.terms.as_ref()?.payment_quote.as_ref().map(wire_quote);
    request.refund_reason =
        refund.reason.as_ref().and_then(|reason| Label::new(reason.as_str()).ok());
    Some(request)
}

/// `notifyPayment` to the acquirer. `None` before the payment has a final result.
pub(crate) fn notify(payment: &Payment, ends: &Ends<'_>) -> Option<NotifyPaymentRequest> {
    if !payment.is_final() {
        return None;
    }
    let code = payment.visible_result();
    let result = match &payment.message {
        Some(message) => WireResult::with_message(code, message.as_str()),
        None => WireResult::of(code),
    };
    let request_id = payment.request_id.clone();
    let mut request = NotifyPaymentRequest::new(result, request_id, ends.acquirer.code.clone());
    request.payment_id = Some(id_text(payment.id));
    request.payment_amount = Some(Amount(payment.amount));
    request.psp_id = ends.mpp.map(|mpp| mpp.code.clone());
    if payment.state == PaymentState::Paid {
        request.customer_id = payment.payer.as_ref().map(|payer| id_text(payer.alias));
        request.mpp_payment_id.clone_from(&payment.wallet_payment_id);
        request.wallet_brand_name = ends.mpp.and_then(|mpp| Label::new(mpp.name.as_str()).ok());
        request.payment_time = payment.paid_at.map(Datetime::utc);
        let terms = payment.terms.as_ref()?;
        request.settlement_amount = Some(terms.settlement.into());
        request.settlement_quote = terms.settlement_quote.as_ref().map(wire_quote);
    }
    Some(request)
}

/// The acquirer's own name of a pushed payment, once it has given one.
fn given_name(payment: &Payment) -> Option<Id> {
    payment.push.as_ref()?.is_named.then(|| payment.request_id.clone())
}

/// `pushPayment` to the acquirer; `code` is what the user scanned.
pub(crate) fn push(
    payment: &Payment,
    code: Opaque<512>,
    ends: &Ends<'_>,
) -> Option<PushPaymentRequest> {
    let (mpp, terms) = (ends.mpp?, payment.terms.as_ref()?);
    let acquirer = ends.acquirer.code.clone();
    let mut request =
        PushPaymentRequest::new(acquirer, mpp.code.clone(), id_text(payment.id), code);
    request.payment_request_id = given_name(payment);
    request.order = wire_order(payment, ends.merchant?);
    request.payment_amount = Some(Amount(payment.amount));
    request.payment_factor = Some(wire_factor(payment.way));
    request.payment_time = payment.paid_at.map(Datetime::utc);
    request.customer_id = payment.payer.as_ref().map(|payer| id_text(payer.alias));
    request.mpp_payment_id.clone_from(&payment.wallet_payment_id);
    request.wallet_brand_name = Label::new(mpp.name.as_str()).ok();
    request.settlement_amount = Some(terms.settlement.into());
    request.settlement_quote = terms.settlement_quote.as_ref().map(wire_quote);
    Some(request)
}

/// `inquiryPushPayment` to the acquirer.
pub(crate) fn push_inquiry(
    payment: &Payment,
    code: Opaque<512>,
    ends: &Ends<'_>,
) -> Option<InquiryPushPaymentRequest> {
    let (acquirer, mpp) = (ends.acquirer.code.clone(), ends.mpp?.code.clone());
    let mut request = InquiryPushPaymentRequest::new(acquirer, mpp, code, id_text(payment.id));
    request.payment_request_id = given_name(payment);
    Some(request)
}
