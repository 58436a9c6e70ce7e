//! The whole story of one payment: who, what, at which rates, what was booked, and every record of
//! the log that moved it.

use super::model::{AmountView, time};
use effects::{DirectoryView, Partner};
use fx::Quote;
use ids::ParticipantId;
use ledger::Transfer;
use network::{Payment, RefundRecord, Terms, chart, posting};
use payment::{PaymentState, RefundState};
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// One line of the ledger: a debit or a credit of one account.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct EntryView {
    /// `payment`, `reversal` or `refund 1`, `refund 2`, ...
    pub act: String,
    /// `posted` or `pending`.
    pub phase: String,
    #[schema(example = "mpp/1/receivable/KRW")]
    pub account: String,
    pub currency: String,
    pub debit_minor: Option<u64>,
    pub credit_minor: Option<u64>,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct QuoteView {
    pub id: String,
    #[schema(example = "JPY/KRW")]
    pub pair: String,
    pub price: String,
    pub mid_price: String,
    pub markup_bps: u32,
    pub issued: String,
    pub expires: String,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct StepView {
    /// Number of the record in the log of the payment's partition.
    pub log_position: u64,
    pub time: String,
    pub what: String,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RefundView {
    pub id: String,
    pub refund_request_id: String,
    pub state: String,
    pub result: String,
    pub amount: AmountView,
    pub refund_from_amount: Option<AmountView>,
    pub settlement_amount: Option<AmountView>,
}

/// In push mode: how the acquirer took the payment.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PushView {
    /// `Unpaid`, `Waiting { inquiries }`, `Accepted`, `Refused` or `GivenUp`.
    pub state: String,
    /// Calls made to the acquirer about it.
    pub calls: u32,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DisputeView {
    pub dispute_request_id: String,
    /// `Retrieval`, or `Escalation` with the amount.
    pub kind: String,
    /// `Open`, `Answered` with the answer, or `Expired`.
    pub state: String,
    pub reason: Option<String>,
    pub opened: String,
    pub due: String,
    pub closed: Option<String>,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeclaredView {
    pub declaration_request_id: String,
    pub state: String,
    pub amount: AmountView,
}

/// A payment with everything that is known of it.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PaymentStory {
    pub id: String,
    pub payment_request_id: String,
    pub state: String,
    /// How it began: `UserCode`, `OrderCode`, `EntryCode`, `Cashier` or `AutoDebit`.
    pub way: String,
    /// What the acquirer is told.
    pub result: String,
    pub message: Option<String>,
    pub acquirer: String,
    pub wallet: Option<String>,
    pub merchant: String,
    pub store: Option<String>,
    pub order: String,
    pub created: String,
    pub expires: String,
    pub paid_at: Option<String>,
    pub payment_amount: AmountView,
    pub pay_to_amount: Option<AmountView>,
    pub payment_quote: Option<QuoteView>,
    pub settlement_amount: Option<AmountView>,
    pub settlement_quote: Option<QuoteView>,
    pub interchange: Option<AmountView>,
    pub network_fee: Option<AmountView>,
    pub wallet_payment_id: Option<String>,
    pub notification: Option<String>,
    pub timeline: Vec<StepView>,
    pub entries: Vec<EntryView>,
    pub refunds: Vec<RefundView>,
    pub push: Option<PushView>,
    pub disputes: Vec<DisputeView>,
    /// What of it was declared to customs offices.
    pub declarations: Vec<DeclaredView>,
}

fn quote(quote: &Quote) -> QuoteView {
    QuoteView {
        id: quote.id.to_string(),
        pair: format!("{}/{}", quote.rate.base().code(), quote.rate.quote().code()),
        price: quote.rate.to_string(),
        mid_price: quote.mid.to_string(),
        markup_bps: quote.markup_bps,
        issued: time(quote.issued),
        expires: time(quote.expires),
    }
}

fn entries(act: &str, phase: &str, set: &[Transfer], out: &mut Vec<EntryView>) {
    for transfer in set {
        let line = |key: ledger::AccountKey, debit_minor, credit_minor| EntryView {
            act: act.to_owned(),
            phase: phase.to_owned(),
            account: chart::name(key),
            currency: key.currency.code().to_owned(),
            debit_minor,
            credit_minor,
        };
        out.push(line(transfer.debit, Some(transfer.amount_minor), None));
        out.push(line(transfer.credit, None, Some(transfer.amount_minor)));
    }
}

/// What stands in the ledger for a payment, derived from its frozen terms as the machine derives
/// it.
fn ledger_entries(payment: &Payment, terms: &Terms) -> Vec<EntryView> {
    let mut out = Vec::new();
    let Ok(set) = posting::payment(payment, terms) else { return out };
    match payment.state {
        PaymentState::Claiming | PaymentState::Failed if !payment.is_reversed => {}
        PaymentState::Pending | PaymentState::Unknown => {
            entries("payment", "pending", &set, &mut out);
        }
        PaymentState::Paid => entries("payment", "posted", &set, &mut out),
        _ if payment.is_reversed || payment.paid_at.is_some() => {
            entries("payment", "posted", &set, &mut out);
            entries("reversal", "posted", &posting::reversal(&set), &mut out);
        }
        PaymentState::Closing | PaymentState::Cancelling => {
            entries("payment", "pending", &set, &mut out);
        }
        PaymentState::Claiming
        | PaymentState::Failed
        | PaymentState::Closed
        | PaymentState::Cancelled
        | PaymentState::Presented => {}
    }
    for (number, refund) in payment.refunds.iter().enumerate() {
        let phase = match refund.state {
            RefundState::Done => "posted",
            RefundState::Pending | RefundState::Unknown => "pending",
            RefundState::Refused => continue,
        };
        if let Ok(set) = posting::refund(payment, terms, refund.amount, &refund.shares) {
            entries(&format!("refund {}", number + 1), phase, &set, &mut out);
        }
    }
    out
}

fn refund(payment: &Payment, refund: &RefundRecord) -> RefundView {
    RefundView {
        id: refund.id.to_string(),
        refund_request_id: refund.request_id.to_string(),
        state: format!("{:?}", refund.state),
        result: refund.result.to_string(),
        amount: AmountView::of(refund.amount),
        refund_from_amount: payment.refund_pay_to(refund).map(AmountView::of),
        settlement_amount: payment.refund_settlement(refund).map(AmountView::of),
    }
}

fn push(push: &network::Push) -> PushView {
    PushView { state: format!("{:?}", push.state), calls: push.calls }
}

fn dispute(it: &network::DisputeRecord) -> DisputeView {
    DisputeView {
        dispute_request_id: it.request_id.to_string(),
        kind: format!("{:?}", it.kind),
        state: format!("{:?}", it.state),
        reason: it.reason.as_ref().map(ToString::to_string),
        opened: time(it.opened.time),
        due: time(it.due),
        closed: it.closed.map(|at| time(at.time)),
    }
}

fn declared(it: &network::Declaration) -> DeclaredView {
    DeclaredView {
        declaration_request_id: it.request_id.to_string(),
        state: format!("{:?}", it.state),
        amount: AmountView::of(it.content.amount),
    }
}

impl PaymentStory {
    pub fn of(payment: &Payment, directory: &DirectoryView) -> PaymentStory {
        let name = |id: ParticipantId| {
            let text =
                |it: Arc<Partner>| format!("{} ({})", it.participant.name, it.participant.code);
            directory.partner(id).map_or_else(|| id.0.to_string(), text)
        };
        let terms = payment.terms.as_ref();
        let step = |entry: &network::TimelineEntry| StepView {
            log_position: entry.at.position,
            time: time(entry.at.time),
            what: format!("{:?}", entry.what),
        };
        PaymentStory {
            id: payment.id.to_string(),
            payment_request_id: payment.request_id.to_string(),
            state: format!("{:?}", payment.state),
            way: format!("{:?}", payment.way),
            result: payment.visible_result().to_string(),
            message: payment.message.as_ref().map(ToString::to_string),
            acquirer: name(payment.acquirer),
            wallet: payment.payer.as_ref().map(|payer| name(payer.mpp)),
            merchant: payment.order.merchant.to_string(),
            store: payment.order.store.as_ref().map(ToString::to_string),
            order: payment.order.description.to_string(),
            created: time(payment.created.time),
            expires: time(payment.expiry),
            paid_at: payment.paid_at.map(time),
            payment_amount: AmountView::of(payment.amount),
            pay_to_amount: terms.map(|terms| AmountView::of(terms.pay_to)),
            payment_quote: terms.and_then(|terms| terms.payment_quote.as_ref()).map(quote),
            settlement_amount: terms.map(|terms| AmountView::of(terms.settlement)),
            settlement_quote: terms.and_then(|terms| terms.settlement_quote.as_ref()).map(quote),
            interchange: terms.map(|terms| AmountView::of(terms.interchange)),
            network_fee: terms.map(|terms| AmountView::of(terms.network_fee)),
            wallet_payment_id: payment.wallet_payment_id.as_ref().map(ToString::to_string),
            notification: payment.notify.map(|state| format!("{state:?}")),
            timeline: payment.timeline.iter().map(step).collect(),
            entries: terms.map(|terms| ledger_entries(payment, terms)).unwrap_or_default(),
            refunds: payment.refunds.iter().map(|it| refund(payment, it)).collect(),
            push: payment.push.as_ref().map(push),
            disputes: payment.disputes.iter().map(dispute).collect(),
            declarations: payment.declarations.iter().map(declared).collect(),
        }
    }
}
