//! `inquiryPayment`: answered from local state; it never asks a wallet.

use super::answer::{Answered, Outcome};
use super::door::Door;
use super::pay::{id_text, result_of};
use super::refs::locate;
use base::ResultCode;
use effects::{Partner, wire_quote};
use network::{Found, Payment, RefundRecord, Refusal};
use payment::{PaymentState, RefundState};
use wire::acqp::{
    InquiryPaymentRequest, InquiryPaymentResponse, Transaction, TransactionStatus, TransactionType,
};
use wire::{Amount, Datetime, Label, WireResult};

pub(crate) async fn handle(door: &Door, caller: &Partner, body: &[u8]) -> Outcome {
    let request: InquiryPaymentRequest = wire::parse(body)?;
    let acquirer = caller.participant.id;
    let named = locate(door, caller, request.payment()?).await?;
    let reference = named.payment;
    let look = move |machine: &network::Network, history: &dyn base::History, _| {
        machine.find(history, acquirer, &reference)
    };
    let found = door.partitions.read(named.partition, look).await?;
    let answered = match found {
        Found::Payment(payment) => full(door, caller, &payment),
        Found::Tombstone => {
            let mut response = InquiryPaymentResponse::new(ResultCode::Success.into());
            let message = "the payment was cancelled before it arrived";
            let closed = WireResult::with_message(ResultCode::OrderIsClosed, message);
            response.payment_result = Some(closed);
            response.acquirer_id = Some(caller.participant.code.clone());
            response.payment_request_id.clone_from(&request.payment_request_id);
            Answered::new(ResultCode::Success, &response)
        }
        Found::Missing => Answered::refusal(&Refusal::new(
            ResultCode::OrderNotExist,
            "no such payment is known to you; inquire again for a while, then cancel",
        )),
        Found::Mismatch => Answered::refusal(&Refusal::new(
            ResultCode::ParamIllegal,
            "paymentId: names another payment than paymentRequestId; send one of them",
        )),
    };
    Ok(match &request.payment_request_id {
        Some(request_id) => answered.with_id(request_id),
        None => answered,
    })
}

fn full(door: &Door, caller: &Partner, payment: &Payment) -> Answered {
    let mut response = InquiryPaymentResponse::new(ResultCode::Success.into());
    response.payment_result = Some(result_of(payment));
    response.acquirer_id = Some(caller.participant.code.clone());
    response.payment_request_id = Some(payment.request_id.clone());
    response.payment_id = Some(id_text(payment.id));
    response.payment_amount = Some(Amount(payment.amount));
    let mpp = payment.payer.as_ref().and_then(|payer| door.directory.partner(payer.mpp));
    response.psp_id = mpp.as_ref().map(|mpp| mpp.participant.code.clone());
    if payment.state == PaymentState::Paid {
        response.customer_id = payment.payer.as_ref().map(|payer| id_text(payer.alias));
        response.mpp_payment_id.clone_from(&payment.wallet_payment_id);
        response.wallet_brand_name =
            mpp.as_ref().and_then(|mpp| Label::new(mpp.participant.name.as_str()).ok());
        response.payment_time = payment.paid_at.map(Datetime::utc);
        if let Some(terms) = &payment.terms {
            response.customs_declaration_amount = payment.customs_amount().map(Amount);
            response.settlement_amount = Some(terms.settlement.into());
            response.settlement_quote = terms.settlement_quote.as_ref().map(wire_quote);
        }
    }
    let transactions = transactions(payment);
    if !transactions.is_empty() {
        response.transactions = Some(transactions);
    }
    Answered::new(ResultCode::Success, &response)
}

/// Refunds in their order, then the acquirer's cancel.
fn transactions(payment: &Payment) -> Vec<Transaction> {
    let mut transactions: Vec<Transaction> = payment.refunds.iter().map(refund).collect();
    if payment.is_cancelled_by_acquirer {
        let mut cancel = Transaction::new(
            TransactionType::Cancel,
            TransactionStatus::Success,
            id_text(payment.id),
            payment.request_id.clone(),
        );
        cancel.transaction_result = Some(ResultCode::Success.into());
        cancel.transaction_amount = Some(Amount(payment.amount));
        transactions.push(cancel);
    }
    transactions
}

fn refund(refund: &RefundRecord) -> Transaction {
    let (status, result) = match refund.state {
        RefundState::Done => (TransactionStatus::Success, ResultCode::Success),
        RefundState::Refused => (TransactionStatus::Fail, refund.result),
        RefundState::Pending | RefundState::Unknown => {
            (TransactionStatus::Processing, ResultCode::UnknownException)
        }
    };
    let mut transaction = Transaction::new(
        TransactionType::Refund,
        status,
        id_text(refund.id),
        refund.request_id.clone(),
    );
    transaction.transaction_result = Some(result.into());
    transaction.transaction_amount = Some(Amount(refund.amount));
    transaction.transaction_time = Some(Datetime::utc(refund.done.unwrap_or(refund.created.time)));
    transaction
}
