//! Everything about one object: the card, and all that a receipt shows.

use super::card::{Card, Draft, Viewer};
use super::failure::Failure;
use super::gift_view::acts;
use super::names::{Names, Other};
use super::view::{AmountView, time};
use crate::Edge;
use crate::edge::EdgeError;
use base::{ResultCode, Stamp};
use ids::{NoteId, PersonId};
use serde::Serialize;
use services::{BillState, PayPlan};
use utoipa::ToSchema;
use wallet::Object;
use wallet::objects::{
    Agreement, AgreementState, BankMove, BankState, BankWay, Bill, Booking, BookingState, Cash,
    CashState, CashWay, Donation, Every, Gift, Origin, Packet, Party, Payment, PaymentState,
    Request, RequestState, Ride, Sale, SavingAct, Schedule, ScheduleState, ShopOrder,
    ShopOrderState, Transfer, TransferState,
};

/// Which record of the log it is.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct RecordView {
    pub position: u64,
    pub time: String,
}

impl RecordView {
    fn of(stamp: Stamp) -> RecordView {
        RecordView { position: stamp.position, time: time(stamp.time) }
    }
}

/// Money that came back.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct RefundView {
    pub id: String,
    pub amount: AmountView,
    /// In the merchant's currency.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order_amount: Option<AmountView>,
    pub record: RecordView,
}

/// Why it failed.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct ReasonView {
    #[schema(example = "USER_BALANCE_NOT_ENOUGH")]
    pub code: &'static str,
    pub meaning: &'static str,
    pub remedy: &'static str,
}

impl ReasonView {
    fn of(code: ResultCode) -> ReasonView {
        ReasonView { code: code.as_str(), meaning: code.meaning(), remedy: code.remedy() }
    }
}

/// How a plan goes on.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct PlanView {
    /// `DAY`, `WEEK`, `MONTH`.
    pub every: &'static str,
    /// When the next turn is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    pub left: u32,
    pub done: u32,
    /// What the last turn came to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last: Option<&'static str>,
}

/// A receipt. What a kind does not have is absent.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Receipt {
    #[serde(flatten)]
    pub card: Card,
    /// On top of the amount or, of cash that comes in, off it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fee: Option<AmountView>,
    /// What went from the account or came to it, fee included.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total: Option<AmountView>,
    /// What the merchant shows, in its currency.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order_amount: Option<AmountView>,
    /// The pair and the rate, as the network wrote them.
    #[schema(example = "JPY/KRW 9.4123")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate: Option<String>,
    /// What the network took off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub discount: Option<AmountView>,
    /// The merchant's own name for the order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// The network's name for the payment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub network_reference: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub acquirer: Option<String>,
    /// The message of who made it, or the name under which something was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// The last digits of the account at the bank.
    #[schema(example = "****3456")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bank_account: Option<String>,
    /// The last digits of the customer's number with the biller.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub biller_account: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub refunds: Vec<RefundView>,
    /// What is not refunded yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_refunded: Option<AmountView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<ReasonView>,
    /// It waits until then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// Where the payer goes after paying.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub redirect: Option<String>,
    /// The request, plan, order, agreement, payment or group that it belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub belongs_to: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plan: Option<PlanView>,
    /// What the one who looks can do about it now: `TAKE_BACK`, `PAY`, `END`, `CONFIRM`, `DECLINE`,
    /// `LEAVE`, `CANCEL`, and those of packets and gifts.
    pub can: Vec<&'static str>,
    pub record: RecordView,
}

/// A receipt without names and texts.
struct Sheet {
    fee_minor: Option<u64>,
    total_minor: Option<u64>,
    order_amount: Option<money::Money>,
    rate: Option<String>,
    discount_minor: Option<u64>,
    reference: Option<String>,
    network_reference: Option<String>,
    acquirer: Option<String>,
    note: Option<NoteId>,
    bank_account: Option<NoteId>,
    biller_account: Option<NoteId>,
    /// Id, amount, amount in the merchant's currency, record.
    refunds: Vec<(String, u64, Option<money::Money>, Stamp)>,
    left_minor: Option<u64>,
    reason: Option<ResultCode>,
    until: Option<base::Timestamp>,
    redirect: Option<String>,
    belongs_to: Option<String>,
    plan: Option<PlanView>,
    can: Vec<&'static str>,
    record: Stamp,
}

impl Sheet {
    fn new(record: Stamp) -> Sheet {
        Sheet {
            fee_minor: None,
            total_minor: None,
            order_amount: None,
            rate: None,
            discount_minor: None,
            reference: None,
            network_reference: None,
            acquirer: None,
            note: None,
            bank_account: None,
            biller_account: None,
            refunds: Vec::new(),
            left_minor: None,
            reason: None,
            until: None,
            redirect: None,
            belongs_to: None,
            plan: None,
            can: Vec::new(),
            record,
        }
    }

    fn of(object: &Object, viewer: Viewer) -> Option<Sheet> {
        match object {
            Object::Transfer(it) => Some(transfer(it, viewer)),
            Object::Request(it) => Some(request(it, viewer)),
            Object::Schedule(it) => Some(schedule(it)),
            Object::BankMove(it) => Some(bank_move(it)),
            Object::Cash(it) => Some(cash(it, viewer)),
            Object::ShopOrder(it) => Some(shop_order(it)),
            Object::Sale(it) => Some(sale(it)),
            Object::Payment(it) => Some(payment(it)),
            Object::Agreement(it) => Some(agreement(it)),
            Object::Packet(it) => Some(packet(it, viewer)),
            Object::Gift(it) => Some(gift(it, viewer)),
            Object::Saving(it) => Some(Sheet::new(it.created)),
            Object::Donation(it) => Some(donation(it, viewer)),
            Object::Ride(it) => Some(ride(it, viewer)),
            Object::Booking(it) => Some(booking(it, viewer)),
            Object::Bill(it) => Some(bill(it)),
            // As in the list of cards.
            Object::Proposal(_) | Object::FundDay(_) => None,
        }
    }
}

fn transfer(it: &Transfer, viewer: Viewer) -> Sheet {
    let mut sheet = Sheet::new(it.created);
    let is_sender =
        matches!((it.from, viewer), (Party::Customer(from), Viewer::Customer(me)) if from == me);
    // What sending costs is the sender's business.
    if is_sender {
        sheet.fee_minor = Some(it.fee_minor);
        sheet.total_minor = it.amount_minor.checked_add(it.fee_minor);
    }
    sheet.note = it.note;
    sheet.belongs_to = match it.origin {
        Origin::Request(id) => Some(id.to_string()),
        Origin::Schedule(id) if is_sender => Some(id.to_string()),
        Origin::Direct | Origin::Schedule(_) | Origin::PayOut => None,
    };
    if let TransferState::Held { until } = it.state {
        sheet.until = Some(until);
        if is_sender {
            sheet.can.push("TAKE_BACK");
        }
    }
    sheet
}

fn request(it: &Request, viewer: Viewer) -> Sheet {
    let mut sheet = Sheet::new(it.created);
    sheet.note = it.note;
    sheet.belongs_to = match it.state {
        RequestState::Paid(id) => Some(id.to_string()),
        _ => Some(it.group.to_string()),
    };
    if it.state == RequestState::Open {
        sheet.until = Some(it.until);
        if viewer == Viewer::Customer(it.payer) {
            sheet.can.push("PAY");
        }
        sheet.can.push("END");
    }
    sheet
}

fn schedule(it: &Schedule) -> Sheet {
    let mut sheet = Sheet::new(it.created);
    sheet.note = it.note;
    let is_active = it.state == ScheduleState::Active;
    sheet.plan = Some(PlanView {
        every: match it.every {
            Every::Day => "DAY",
            Every::Week => "WEEK",
            Every::Month { .. } => "MONTH",
        },
        next: is_active.then(|| time(it.next)),
        left: it.left,
        done: it.done,
        last: it.last.map(ResultCode::as_str),
    });
    if is_active {
        sheet.can.push("END");
    }
    sheet
}

fn bank_move(it: &BankMove) -> Sheet {
    let mut sheet = Sheet::new(it.created);
    if it.way == BankWay::Out {
        sheet.fee_minor = Some(it.fee_minor);
        sheet.total_minor = it.amount_minor.checked_add(it.fee_minor);
    }
    sheet.bank_account = Some(it.bank_account);
    if let BankState::Failed(code) = it.state {
        sheet.reason = Some(code);
    }
    sheet
}

fn cash(it: &Cash, viewer: Viewer) -> Sheet {
    let mut sheet = Sheet::new(it.created);
    if matches!(viewer, Viewer::Customer(_)) {
        sheet.fee_minor = Some(it.fee_minor);
        sheet.total_minor = match it.way {
            CashWay::In => it.amount_minor.checked_sub(it.fee_minor),
            CashWay::Out => it.amount_minor.checked_add(it.fee_minor),
        };
    }
    if let CashState::Called { until } = it.state {
        sheet.until = Some(until);
        sheet.can.push("END");
    }
    sheet
}

fn shop_order(it: &ShopOrder) -> Sheet {
    let mut sheet = Sheet::new(it.created);
    sheet.reference = Some(it.reference.to_string());
    match it.state {
        ShopOrderState::Shown => {
            sheet.until = Some(it.until);
            sheet.can.push("END");
        }
        ShopOrderState::Paid(id) => sheet.belongs_to = Some(id.to_string()),
        ShopOrderState::Withdrawn | ShopOrderState::Expired => {}
    }
    sheet
}

fn sale(it: &Sale) -> Sheet {
    let mut sheet = Sheet::new(it.created);
    sheet.belongs_to = it.order.map(|id| id.to_string());
    let refund = |refund: &wallet::objects::ShopRefund| {
        (refund.id.to_string(), refund.amount_minor, None, refund.at)
    };
    sheet.refunds = it.refunds.iter().map(refund).collect();
    sheet.left_minor = Some(it.left_minor());
    sheet
}

fn payment(it: &Payment) -> Sheet {
    let mut sheet = Sheet::new(it.ended.unwrap_or(it.created));
    let order = &it.order;
    sheet.order_amount = Some(order.amount);
    sheet.rate = order.rate.as_ref().map(ToString::to_string);
    sheet.discount_minor = (order.saved_minor > 0).then_some(order.saved_minor);
    sheet.reference = order.reference.as_ref().map(ToString::to_string);
    sheet.network_reference = Some(it.request.to_string());
    sheet.acquirer = Some(order.acquirer.to_string());
    sheet.belongs_to = it.agreement.map(|id| id.to_string());
    let refund = |refund: &wallet::objects::Refunded| {
        (refund.id.to_string(), refund.price_minor, Some(refund.amount), refund.at)
    };
    sheet.refunds = it.refunds.iter().map(refund).collect();
    match it.state {
        PaymentState::Shown => {
            sheet.until = it.expires;
            sheet.can.extend(["CONFIRM", "DECLINE"]);
        }
        PaymentState::Paid => {
            sheet.left_minor = Some(it.left_minor());
            sheet.redirect = order.redirect.as_ref().map(ToString::to_string);
        }
        PaymentState::Failed(code) => sheet.reason = Some(code),
        PaymentState::Cancelled => {}
    }
    sheet
}

fn agreement(it: &Agreement) -> Sheet {
    let mut sheet = Sheet::new(it.created);
    sheet.reference = Some(it.reference.to_string());
    match it.state {
        AgreementState::Asked => sheet.until = Object::from(it.clone()).due(),
        AgreementState::Consented { until, .. } => {
            sheet.until = Some(until);
            sheet.can.push("END");
        }
        AgreementState::Active(_) => sheet.can.push("END"),
        AgreementState::Ended { .. } => {}
    }
    sheet
}

fn packet(it: &Packet, viewer: Viewer) -> Sheet {
    let mut sheet = Sheet::new(it.created);
    sheet.note = it.note;
    if it.is_open() {
        sheet.until = Some(it.body.expires());
        match viewer {
            Viewer::Customer(me) if me == it.body.sender() => sheet.can.push("CANCEL"),
            Viewer::Customer(me) if it.claim_of(me).is_none() => sheet.can.push("CLAIM"),
            Viewer::Customer(_) | Viewer::Shop(_) => {}
        }
    }
    sheet
}

fn gift(it: &Gift, viewer: Viewer) -> Sheet {
    let mut sheet = Sheet::new(it.created);
    sheet.note = it.note;
    if it.is_open() {
        sheet.until = Some(it.body.expires());
    }
    if let Viewer::Customer(me) = viewer {
        sheet.can = acts(it, me);
    }
    sheet
}

fn donation(it: &Donation, viewer: Viewer) -> Sheet {
    let mut sheet = Sheet::new(it.created);
    sheet.reference = Some(it.body.receipt.to_string());
    sheet.note = it.name();
    shares(&mut sheet, it.body.plan, viewer);
    sheet
}

/// What a shop gets of what is paid to it, and what the wallet keeps.
fn shares(sheet: &mut Sheet, plan: PayPlan, viewer: Viewer) {
    if let Viewer::Shop(_) = viewer {
        sheet.fee_minor = Some(plan.fee().minor());
        sheet.total_minor = Some(plan.payee().minor());
    }
}

fn ride(it: &Ride, viewer: Viewer) -> Sheet {
    let mut sheet = Sheet::new(it.created);
    if let Some((_, plan)) = it.body.end {
        shares(&mut sheet, plan, viewer);
    }
    if it.is_under_way() {
        sheet.until = Some(it.body.overdue);
        sheet.can.push(if matches!(viewer, Viewer::Shop(_)) { "CANCEL" } else { "LEAVE" });
    }
    sheet
}

fn booking(it: &Booking, viewer: Viewer) -> Sheet {
    let mut sheet = Sheet::new(it.created);
    if let BookingState::Held { until } = it.state {
        sheet.until = Some(until);
        if matches!(viewer, Viewer::Customer(_)) {
            sheet.can.extend(["PAY", "END"]);
        }
    }
    if it.state == BookingState::Paid {
        shares(&mut sheet, it.plan, viewer);
        sheet.left_minor = it.plan.total().minor().checked_sub(it.back_minor);
    }
    sheet
}

fn bill(it: &Bill) -> Sheet {
    let mut sheet = Sheet::new(it.created);
    sheet.biller_account = it.account();
    if let Some(plan) = it.plan() {
        sheet.fee_minor = Some(plan.fee().minor());
        sheet.total_minor = Some(plan.total().minor());
    }
    if it.body.state == BillState::Checked {
        sheet.until = Some(it.body.lapses);
        sheet.can.push("PAY");
    }
    sheet
}

/// The id of what was paid with the help of savings.
async fn paid_from_savings(
    edge: &Edge,
    object: &Object,
    viewer: Viewer,
) -> Result<Option<String>, EdgeError> {
    let Object::Saving(it) = object else { return Ok(None) };
    let SavingAct::Paid { about, .. } = it.act else { return Ok(None) };
    let paid = super::activity::load(edge, vec![about]).await?.pop();
    Ok(paid.and_then(|paid| Draft::of(&paid, viewer)).map(|draft| draft.id))
}

/// The last digits of an account's number, enough to know one's own.
fn mask_account(text: &str) -> String {
    let shown: Vec<char> = text.chars().rev().filter(char::is_ascii_alphanumeric).take(4).collect();
    format!("****{}", shown.into_iter().rev().collect::<String>())
}

/// A text that this person has.
pub(super) async fn note(
    edge: &Edge,
    person: PersonId,
    id: Option<NoteId>,
) -> Result<Option<String>, EdgeError> {
    let Some(id) = id else { return Ok(None) };
    let text = edge.in_vault(move |vault| vault.note(person, id)).await?;
    Ok(text.map(|text| text.to_string()))
}

impl Receipt {
    /// The receipt of an object, with the notes that this person has. `None`: it has none.
    pub async fn of(
        edge: &Edge,
        object: &Object,
        viewer: Viewer,
        person: PersonId,
    ) -> Result<Option<Receipt>, EdgeError> {
        let (Some(draft), Some(sheet)) = (Draft::of(object, viewer), Sheet::of(object, viewer))
        else {
            return Ok(None);
        };
        let names = Names::find(edge, vec![draft.other.clone()]).await?;
        let amount = |minor: Option<u64>| minor.map(|minor| names.amount(minor));
        let refund =
            |(id, minor, foreign, at): (String, u64, Option<money::Money>, Stamp)| RefundView {
                id,
                amount: names.amount(minor),
                order_amount: foreign.map(AmountView::of),
                record: RecordView::of(at),
            };
        let account = note(edge, person, sheet.bank_account).await?;
        let number = note(edge, person, sheet.biller_account).await?;
        let paid = paid_from_savings(edge, object, viewer).await?;
        Ok(Some(Receipt {
            card: draft.named(object, &names),
            fee: amount(sheet.fee_minor),
            total: amount(sheet.total_minor),
            order_amount: sheet.order_amount.map(AmountView::of),
            rate: sheet.rate,
            discount: amount(sheet.discount_minor),
            reference: sheet.reference,
            network_reference: sheet.network_reference,
            acquirer: sheet.acquirer,
            note: note(edge, person, sheet.note).await?,
            bank_account: account.as_deref().map(mask_account),
            biller_account: number.as_deref().map(mask_account),
            refunds: sheet.refunds.into_iter().map(refund).collect(),
            not_refunded: amount(sheet.left_minor),
            reason: sheet.reason.map(ReasonView::of),
            until: sheet.until.map(time),
            redirect: sheet.redirect,
            belongs_to: sheet.belongs_to.or(paid),
            plan: sheet.plan,
            can: sheet.can,
            record: RecordView::of(sheet.record),
        }))
    }

    /// As [`Receipt::of`], of an object that was just made and has one.
    pub async fn made(
        edge: &Edge,
        object: &Object,
        viewer: Viewer,
        person: PersonId,
    ) -> Result<Receipt, Failure> {
        let receipt = Receipt::of(edge, object, viewer, person).await?;
        receipt.ok_or_else(|| super::failure::internal(&"an object has no receipt"))
    }
}

/// Names that a list of objects needs, and its cards.
pub(super) async fn cards(
    edge: &Edge,
    objects: &[Object],
    viewer: Viewer,
) -> Result<Vec<Card>, EdgeError> {
    let draft = |it| Some((Draft::of(it, viewer)?, it));
    let drafts: Vec<(Draft, &Object)> = objects.iter().filter_map(draft).collect();
    let others: Vec<Other> = drafts.iter().map(|(draft, _)| draft.other.clone()).collect();
    let names = Names::find(edge, others).await?;
    Ok(drafts.into_iter().map(|(draft, object)| draft.named(object, &names)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_shows_its_end() {
        assert_eq!(mask_account("KB 123-456-7890"), "****7890");
        assert_eq!(mask_account("12"), "****12");
    }
}
