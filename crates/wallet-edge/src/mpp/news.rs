//! What the wallet tells the network by itself: how a scanned order ended, and that an agreement
//! has ended. One attempt each; the machine decides about the next.

use super::customer_id;
use super::payments::price_of;
use super::view::wire_amount;
use crate::edge::Edge;
use crate::errands::answer_of;
use base::ResultStatus;
use wallet::ErrandAnswer;
use wallet::objects::{Agreement, Payment};
use wire::acqp::AuthNotifyType;
use wire::mpp::{AuthNotifyRequest, AuthNotifyResponse, NotifyPaymentRequest};
use wire::{Api, Datetime, Label, ResultOnly, Text};

/// `notifyPayment`: how a scanned order ended. Source: wallet interface 2.6.
pub(crate) async fn tell_payment(edge: &Edge, payment: &Payment) -> ErrandAnswer {
    let Some(link) = &edge.link else { return ErrandAnswer::Silent };
    let result = payment.result();
    let mut news = NotifyPaymentRequest::new(result.into(), payment.request.clone());
    news.customer_id = Text::new(&customer_id(payment.customer)).ok();
    news.payment_amount = wire_amount(payment.order.amount);
    match price_of(edge, payment.price_minor).await {
        Ok(price) => news.pay_to_amount = price,
        Err(_) => return ErrandAnswer::Silent,
    }
    if result.status() == ResultStatus::S {
        news.payment_id = Text::new(&payment.id.to_string()).ok();
        news.payment_time = payment.ended.map(|stamp| Datetime::utc(stamp.time));
    }
    let answer: Result<ResultOnly, _> = link.call(Api::NotifyPayment, &news).await;
    answer_of(answer.map(|answer| answer.result))
}

/// `authNotify`: an agreement has ended. Source: wallet interface 2.12.
pub(crate) async fn tell_agreement_ended(edge: &Edge, agreement: &Agreement) -> ErrandAnswer {
    let Some(link) = &edge.link else { return ErrandAnswer::Silent };
    // The last tokens that were given: made again from the secret, since only digests are kept.
    let Some(generation) = agreement.last_generation() else { return ErrandAnswer::Yes };
    let access = edge.tokens.access(agreement.id, generation);
    let client = agreement.auth_client.clone();
    let mut news = AuthNotifyRequest::new(AuthNotifyType::TokenCanceled, client);
    news.reference_agreement_id = Some(agreement.reference.clone());
    news.reference_merchant_id.clone_from(&agreement.reference_merchant);
    news.access_token = Text::new(&access).ok();
    news.reason = Label::new("the user or the wallet has ended the agreement").ok();
    let answer: Result<AuthNotifyResponse, _> = link.call(Api::AuthNotify, &news).await;
    answer_of(answer.map(|answer| answer.result))
}
