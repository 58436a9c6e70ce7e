//! `pay`, `inquiryPayment`, `cancelPayment`, `refund`. Source: wallet interface 2.3 to 2.8.

use super::view::{OrderParts, customer_of, digest, order_view, own_minor, wire_amount};
use super::{Answered, Refused, customer_id, done};
use crate::edge::{Edge, digest_of};
use base::{ResultCode, ResultStatus};
use ids::{PaymentId, RefundId};
use money::Money;
use wallet::command::network::{NetworkCommand, NetworkPay, NetworkRefund, PaidBy};
use wallet::objects::{Payment, TokenDigest};
use wallet::{Command, NetworkName, Object};
use wire::mpp::{
    CancelPaymentRequest, CancelPaymentResponse, InquiryPaymentRequest, InquiryPaymentResponse,
    PayRequest, PayResponse, RefundRequest, RefundResponse,
};
use wire::{AmountOrZero, Datetime, Text, Value, WireResult};

fn rendered<T: Value>(part: Option<&T>) -> Option<Vec<u8>> {
    part.map(|part| wire::render(part))
}

/// The digest of a token as the machine keeps it.
pub(super) fn token_digest(token: &str) -> TokenDigest {
    TokenDigest(digest_of(&[token.as_bytes()]))
}

pub(super) async fn pay(edge: &Edge, it: &PayRequest) -> Answered {
    let market = edge.read(|wallet, _, _| wallet.market().clone()).await?;
    let currency = market.account.currency;
    let price = AmountOrZero(it.pay_to_amount.0);
    let price_minor = own_minor("payToAmount", price, currency)?;
    let method = &it.payment_method;
    let factor = &it.payment_factor;
    let by = if factor.is_agreement_payment == Some(true) {
        let token = method.payment_method_id.as_ref().map_or("", |token| token.as_str());
        PaidBy::Token(token_digest(token))
    } else {
        let customer = method.customer_id.as_ref().and_then(|id| customer_of(id.as_str()));
        let unknown = || Refused::new(ResultCode::UserNotExist, "customerId: not known here");
        PaidBy::Customer(customer.ok_or_else(unknown)?)
    };
    if factor.is_payment_evaluation == Some(true) {
        return evaluate(edge, by, price_minor).await;
    }
    let order = order_view(
        &it.order,
        &OrderParts {
            acquirer: &it.acquirer_id,
            amount: it.payment_amount.0,
            quote: it.payment_quote.as_ref(),
            promo: it.payment_promo_info.as_ref(),
            redirect: it.payment_redirect_url.as_ref(),
        },
    )?;
    let others = [
        rendered(it.surcharge_info.as_ref()),
        Some(wire::render(method)),
        rendered(it.payment_promo_info.as_ref()),
    ];
    let (millis, partition, random) = edge.draw();
    let pay = NetworkPay {
        id: PaymentId::new(millis, partition, random),
        request: it.payment_request_id.clone(),
        by,
        price_minor,
        order,
        expires: it.payment_expiry_time.as_ref().map(|time| time.at),
        digest: digest(&[it.payment_amount.0, it.pay_to_amount.0], &others),
    };
    let command = Command::Network(Box::new(NetworkCommand::Pay(pay)));
    let payment = payment_of(edge.make(command).await?.0)?;
    let mut answer = PayResponse::new(payment.result().into());
    answer.payment_id = Text::new(&payment.id.to_string()).ok();
    if payment.result().status() == ResultStatus::S {
        answer.payment_time = payment.ended.map(|stamp| Datetime::utc(stamp.time));
        answer.customer_id = Text::new(&customer_id(payment.customer)).ok();
        answer.payment_amount = wire_amount(payment.order.amount);
        answer.pay_to_amount = Some(it.pay_to_amount);
    }
    done(&answer)
}

/// Would the payment succeed? Nothing is debited, and nothing is remembered.
async fn evaluate(edge: &Edge, by: PaidBy, price_minor: u64) -> Answered {
    let now = edge.now();
    let code = edge
        .read(move |wallet, history, _| {
            let customer = match by {
                PaidBy::Customer(number) => Some(number),
                PaidBy::Token(access) => {
                    wallet.agreement_of_token(history, access).and_then(|it| it.customer)
                }
            };
            let Some(overview) = customer.and_then(|number| wallet.overview(number, now)) else {
                return ResultCode::UserNotExist;
            };
            let tier = wallet.market().account.tier(overview.customer.tier);
            let mut copy = overview.customer;
            if !copy.state.may_pay() {
                ResultCode::UserStatusAbnormal
            } else if copy.spend(tier, price_minor, overview.today).is_err() {
                ResultCode::UserAmountExceedLimit
            } else if overview.available_minor < price_minor {
                ResultCode::UserBalanceNotEnough
            } else {
                ResultCode::Success
            }
        })
        .await?;
    done(&PayResponse::new(code.into()))
}

fn payment_of(object: Object) -> Result<std::sync::Arc<Payment>, Refused> {
    match object {
        Object::Payment(payment) => Ok(payment),
        _ => Err(Refused::new(ResultCode::OrderNotExist, "no such payment")),
    }
}

pub(super) async fn inquiry(edge: &Edge, it: &InquiryPaymentRequest) -> Answered {
    let request = it.payment_request_id.clone();
    let found = edge.read(move |wallet, history, _| wallet.network_name(history, &request)).await?;
    let payment = match found {
        NetworkName::Payment(payment) => payment,
        NetworkName::Unknown => {
            return Err(Refused::new(ResultCode::OrderNotExist, "no such payment"));
        }
        NetworkName::Tombstone => {
            let mut answer = InquiryPaymentResponse::new(ResultCode::Success.into());
            answer.payment_result = Some(WireResult::of(ResultCode::OrderIsClosed));
            return done(&answer);
        }
    };
    let mut answer = InquiryPaymentResponse::new(ResultCode::Success.into());
    answer.payment_result = Some(WireResult::of(payment.result()));
    answer.payment_id = Text::new(&payment.id.to_string()).ok();
    if payment.result().status() == ResultStatus::S {
        answer.payment_time = payment.ended.map(|stamp| Datetime::utc(stamp.time));
        answer.payment_amount = wire_amount(payment.order.amount);
        answer.pay_to_amount = price_of(edge, payment.price_minor).await?;
        answer.customer_id = Text::new(&customer_id(payment.customer)).ok();
    }
    done(&answer)
}

/// A price in the wallet's currency, as the wire writes it.
pub(super) async fn price_of(
    edge: &Edge,
    minor: u64,
) -> Result<Option<wire::Amount>, crate::EdgeError> {
    let currency = edge.read(|wallet, _, _| wallet.market().account.currency).await?;
    Ok(Money::new(minor, currency).ok().and_then(wire_amount))
}

pub(super) async fn cancel(edge: &Edge, it: &CancelPaymentRequest) -> Answered {
    let request = it.payment_request_id.clone();
    let command = Command::Network(Box::new(NetworkCommand::Cancel { request }));
    edge.submit(command).await?;
    done(&CancelPaymentResponse::new(ResultCode::Success.into()))
}

pub(super) async fn refund(edge: &Edge, it: &RefundRequest) -> Answered {
    let currency = edge.read(|wallet, _, _| wallet.market().account.currency).await?;
    let price_minor = own_minor("refundFromAmount", it.refund_from_amount, currency)?;
    let (millis, partition, random) = edge.draw();
    let others = [rendered(it.refund_promo_info.as_ref()), rendered(it.surcharge_info.as_ref())];
    let wanted = NetworkRefund {
        id: RefundId::new(millis, partition, random),
        request: it.refund_request_id.clone(),
        payment: it.payment_request_id.clone(),
        payment_id: Some(it.payment_id.as_str().parse().map_err(|error: ids::IdError| {
            Refused::new(ResultCode::OrderNotExist, format!("paymentId: {error}"))
        })?),
        price_minor,
        amount: it.refund_amount.0,
        digest: digest(&[it.refund_amount.0, it.refund_from_amount.0], &others),
    };
    let request = wanted.request.clone();
    let command = Command::Network(Box::new(NetworkCommand::Refund(wanted)));
    let payment = payment_of(edge.make(command).await?.0)?;
    let mut answer = RefundResponse::new(ResultCode::Success.into());
    if let Some(refund) = payment.refunds.iter().find(|refund| refund.request == request) {
        answer.refund_id = Text::new(&refund.id.to_string()).ok();
        answer.refund_time = Some(Datetime::utc(refund.at.time));
    }
    done(&answer)
}
