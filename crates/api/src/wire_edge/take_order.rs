//! `userInitiatedPay`: a wallet's user scanned an order's code and sees what it asks for.

use super::answer::{Answered, Outcome, unexpected};
use super::door::Door;
use super::pay::id_text;
use super::private_code;
use crate::links::way_back;
use base::{ResultCode, Text};
use directory::MerchantKey;
use effects::{Partner, wire_factor, wire_order, wire_quote};
use network::{Command, Payment, Refusal, Reply, TakeOrder};
use wire::mpp::{CodeType, UserInitiatedPayRequest, UserInitiatedPayResponse};
use wire::{Amount, Datetime};

pub(crate) async fn handle(door: &Door, caller: &Partner, body: &[u8]) -> Outcome {
    let request: UserInitiatedPayRequest = wire::parse(body)?;
    let token = door.links.read_order_code(request.code_value.as_str());
    let token = token.filter(|token| token.partition().0 < door.partitions.count());
    let token = match token {
        Some(token) => token,
        None => {
            let (customer, scanned) = (request.customer_id.as_str(), request.code_value.as_str());
            private_code::order_of(door, caller, customer, scanned).await?
        }
    };
    let mpp = caller.participant.id;
    let command = Command::TakeOrder(TakeOrder {
        mpp,
        alias: door.aliases.of(mpp, request.customer_id.as_str()),
        customer: request.customer_id,
        token,
    });
    let (_, reply) = door.partitions.submit(token.partition(), command).await?;
    match reply {
        Reply::Payment { payment, .. } => Ok(taken(door, caller, &payment).await),
        Reply::Refused(refusal) => Err(refusal.into()),
        _ => unexpected("userInitiatedPay"),
    }
}

/// What the user is to see, and what the wallet needs to debit.
async fn taken(door: &Door, caller: &Partner, payment: &Payment) -> Answered {
    let acquirer = door.code_of(payment.acquirer);
    let reference = payment.order.merchant.clone();
    let key = MerchantKey { acquirer: payment.acquirer, reference };
    let merchant = door.directory.merchant(key).await.ok().flatten();
    let order = merchant.and_then(|merchant| wire_order(payment, &merchant));
    let (Some(terms), Some(order)) = (&payment.terms, order) else {
        // It was priced a moment ago, so only an engine that stops can end here.
        let message = "the order cannot be read now; repeat the same request";
        return Answered::refusal(&Refusal::new(ResultCode::UnknownException, message));
    };
    let mut response = UserInitiatedPayResponse::new(ResultCode::Success.into());
    response.acquirer_id = acquirer;
    response.psp_id = Some(caller.participant.code.clone());
    response.code_type = Some(CodeType::OrderCode);
    response.payment_request_id = Some(id_text(payment.id));
    response.order = Some(order);
    response.payment_amount = Some(Amount(payment.amount));
    response.pay_to_amount = Some(Amount(terms.pay_to));
    response.payment_quote = terms.payment_quote.as_ref().map(wire_quote);
    response.payment_factor = Some(wire_factor(payment.way));
    response.payment_expiry_time = Some(Datetime::utc(payment.expiry));
    response.payment_redirect_url = payment.redirect_url.as_ref().map(|url| {
        let longer = way_back(url.as_str(), payment.request_id.as_str());
        Text::new(&longer).unwrap_or_else(|_| url.clone())
    });
    Answered::new(ResultCode::Success, &response).with_id(&payment.request_id)
}
