//! Everything that a customer or a shop can look at, as a card of one form: the row of a list.
//!
//! What a card says is decided here without names; they are looked up for a whole list at once. The
//! words are keys: the app has the sentences in its languages.

use super::names::{Names, Other, PartyView};
use super::saving_words::words;
use super::service_card;
use super::view::{AmountView, time};
use base::Timestamp;
use gifts::{Audience, GiftState, PacketState};
use serde::Serialize;
use utoipa::ToSchema;
use wallet::Object;
use wallet::objects::{
    Agreement, AgreementState, BankMove, BankState, BankWay, Cash, CashState, CashWay, Gift,
    Packet, Party, Payment, PaymentState, Request, RequestState, Sale, Schedule, ScheduleState,
    ShopOrder, ShopOrderState, Transfer, TransferState,
};

/// Who looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Viewer {
    Customer(u32),
    /// Whoever runs this shop.
    Shop(u32),
}

/// One row of a list.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Card {
    #[schema(example = "trf_019adf3c5a7b00f1e2d3c4b5a6978869")]
    pub id: String,
    /// `TRANSFER`, `REQUEST`, `PLAN`, `TOP_UP`, `WITHDRAWAL`, `CASH`, `ORDER`, `SALE`, `PAYMENT`,
    /// `AGREEMENT`, `PACKET`, `GIFT`, `SAVING`, `DONATION`, `RIDE`, `BOOKING`, `BILL`.
    pub kind: &'static str,
    /// A word of the kind.
    #[schema(example = "DONE")]
    pub state: &'static str,
    /// Which sentence the app shows, with the other side's name in it.
    #[schema(example = "SENT")]
    pub title: &'static str,
    /// `IN`, `OUT`, `NONE`, as the one who looks sees it.
    pub direction: &'static str,
    /// In the wallet's currency.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount: Option<AmountView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub counterparty: Option<PartyView>,
    /// Why a balance has changed, in English: of savings, whose sentences have many parts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub says: Option<String>,
    pub time: String,
}

/// A card without names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Draft {
    pub id: String,
    pub kind: &'static str,
    pub state: &'static str,
    pub title: &'static str,
    pub direction: &'static str,
    pub amount_minor: Option<u64>,
    pub other: Other,
    pub time: Timestamp,
}

pub(super) const IN: &str = "IN";
pub(super) const OUT: &str = "OUT";
pub(super) const NONE: &str = "NONE";

impl Draft {
    /// What the one who looks sees of an object. `None`: nothing.
    pub fn of(object: &Object, viewer: Viewer) -> Option<Draft> {
        match object {
            Object::Transfer(it) => Some(transfer(it, viewer)),
            Object::Request(it) => Some(request(it, viewer)),
            Object::Schedule(it) => Some(schedule(it)),
            Object::BankMove(it) => Some(bank_move(it)),
            Object::Cash(it) => Some(cash(it, viewer)),
            Object::ShopOrder(it) => Some(shop_order(it)),
            Object::Sale(it) => Some(sale(it, viewer)),
            Object::Payment(it) => Some(payment(it)),
            Object::Agreement(it) => Some(agreement(it)),
            Object::Packet(it) => packet(it, viewer),
            Object::Gift(it) => Some(gift(it, viewer)),
            Object::Saving(it) => Some(service_card::saving(it)),
            Object::Donation(it) => Some(service_card::donation(it, viewer)),
            Object::Ride(it) => Some(service_card::ride(it, viewer)),
            Object::Booking(it) => Some(service_card::booking(it, viewer)),
            Object::Bill(it) => Some(service_card::bill(it)),
            // The operator's own.
            Object::Proposal(_) | Object::FundDay(_) => None,
        }
    }

    /// The card of the object that this is the draft of.
    pub fn named(self, object: &Object, names: &Names) -> Card {
        let says = match object {
            Object::Saving(it) => Some(words(it, names.currency)),
            _ => None,
        };
        Card {
            says,
            counterparty: names.of(&self.other),
            amount: self.amount_minor.map(|minor| names.amount(minor)),
            id: self.id,
            kind: self.kind,
            state: self.state,
            title: self.title,
            direction: self.direction,
            time: time(self.time),
        }
    }
}

fn transfer(it: &Transfer, viewer: Viewer) -> Draft {
    let (title, direction, other) = match (it.from, viewer) {
        (Party::Shop(_), Viewer::Shop(_)) => ("PAY_OUT", OUT, Other::Customer(it.to)),
        (Party::Shop(shop), Viewer::Customer(_)) => ("PAY_OUT", IN, Other::Shop(shop)),
        (Party::Customer(from), Viewer::Customer(me)) if from == me => {
            ("SENT", OUT, Other::Customer(it.to))
        }
        (Party::Customer(from), _) => ("RECEIVED", IN, Other::Customer(from)),
    };
    let state = match it.state {
        TransferState::Held { .. } => "HELD",
        TransferState::Done => "DONE",
        TransferState::TakenBack => "TAKEN_BACK",
    };
    Draft {
        id: it.id.to_string(),
        kind: "TRANSFER",
        state,
        title,
        direction,
        amount_minor: Some(it.amount_minor),
        other,
        time: it.created.time,
    }
}

fn request(it: &Request, viewer: Viewer) -> Draft {
    let (title, direction, other) = match viewer {
        Viewer::Customer(me) if me == it.payer => ("ASKED_OF_YOU", OUT, it.asker),
        _ => ("ASKED_BY_YOU", IN, it.payer),
    };
    let state = match it.state {
        RequestState::Open => "OPEN",
        RequestState::Paid(_) => "PAID",
        RequestState::Declined => "DECLINED",
        RequestState::Withdrawn => "WITHDRAWN",
        RequestState::Expired => "EXPIRED",
    };
    Draft {
        id: it.id.to_string(),
        kind: "REQUEST",
        state,
        title,
        direction,
        amount_minor: Some(it.amount_minor),
        other: Other::Customer(other),
        time: it.created.time,
    }
}

fn schedule(it: &Schedule) -> Draft {
    let state = match it.state {
        ScheduleState::Active => "ACTIVE",
        ScheduleState::Ended => "ENDED",
        ScheduleState::Cancelled => "CANCELLED",
    };
    Draft {
        id: it.id.to_string(),
        kind: "PLAN",
        state,
        title: "PLANNED",
        direction: OUT,
        amount_minor: Some(it.amount_minor),
        other: Other::Customer(it.to),
        time: it.created.time,
    }
}

fn bank_move(it: &BankMove) -> Draft {
    let (kind, direction) = match it.way {
        BankWay::In => ("TOP_UP", IN),
        BankWay::Out => ("WITHDRAWAL", OUT),
    };
    let state = match it.state {
        BankState::Asked => "ASKED",
        BankState::Unknown => "UNKNOWN",
        BankState::Done => "DONE",
        BankState::Failed(_) => "FAILED",
    };
    Draft {
        id: it.id.to_string(),
        kind,
        state,
        title: kind,
        direction,
        amount_minor: Some(it.amount_minor),
        other: Other::Nobody,
        time: it.created.time,
    }
}

fn cash(it: &Cash, viewer: Viewer) -> Draft {
    let (title, direction) = match (it.way, viewer) {
        (CashWay::In, Viewer::Customer(_)) => ("CASH_IN", IN),
        (CashWay::In, Viewer::Shop(_)) => ("CASH_TAKEN", OUT),
        (CashWay::Out, Viewer::Customer(_)) => ("CASH_OUT", OUT),
        (CashWay::Out, Viewer::Shop(_)) => ("CASH_GIVEN", IN),
    };
    let (state, agent) = match it.state {
        CashState::Called { .. } => ("CALLED", None),
        CashState::Done { agent } => ("DONE", Some(agent)),
        CashState::Withdrawn => ("WITHDRAWN", None),
        CashState::Expired => ("EXPIRED", None),
    };
    let other = match viewer {
        Viewer::Customer(_) => agent.map_or(Other::Nobody, Other::Shop),
        Viewer::Shop(_) => Other::Customer(it.customer),
    };
    Draft {
        id: it.id.to_string(),
        kind: "CASH",
        state,
        title,
        direction,
        amount_minor: Some(it.amount_minor),
        other,
        time: it.created.time,
    }
}

pub(super) const fn order_state(state: ShopOrderState) -> &'static str {
    match state {
        ShopOrderState::Shown => "SHOWN",
        ShopOrderState::Paid(_) => "PAID",
        ShopOrderState::Withdrawn => "WITHDRAWN",
        ShopOrderState::Expired => "EXPIRED",
    }
}

fn shop_order(it: &ShopOrder) -> Draft {
    Draft {
        id: it.id.to_string(),
        kind: "ORDER",
        state: order_state(it.state),
        title: "ORDER",
        direction: IN,
        amount_minor: Some(it.amount_minor),
        other: Other::Shop(it.shop),
        time: it.created.time,
    }
}

fn sale(it: &Sale, viewer: Viewer) -> Draft {
    let (title, direction, other) = match viewer {
        Viewer::Customer(_) => ("PAID", OUT, Other::Shop(it.shop)),
        Viewer::Shop(_) => ("SOLD", IN, Other::Customer(it.customer)),
    };
    let state = match it.left_minor() {
        0 => "REFUNDED",
        left if left < it.amount_minor => "PARTLY_REFUNDED",
        _ => "PAID",
    };
    Draft {
        id: it.id.to_string(),
        kind: "SALE",
        state,
        title,
        direction,
        amount_minor: Some(it.amount_minor),
        other,
        time: it.created.time,
    }
}

fn payment(it: &Payment) -> Draft {
    let state = match it.state {
        PaymentState::Shown => "SHOWN",
        PaymentState::Paid if it.refunds.is_empty() => "PAID",
        PaymentState::Paid if it.left_minor() == 0 => "REFUNDED",
        PaymentState::Paid => "PARTLY_REFUNDED",
        PaymentState::Failed(_) => "FAILED",
        PaymentState::Cancelled => "CANCELLED",
    };
    Draft {
        id: it.id.to_string(),
        kind: "PAYMENT",
        state,
        title: if it.agreement.is_some() { "DEBITED" } else { "PAID" },
        direction: OUT,
        amount_minor: Some(it.price_minor),
        other: Other::Merchant(it.order.merchant.to_string()),
        time: it.created.time,
    }
}

fn agreement(it: &Agreement) -> Draft {
    let state = match it.state {
        AgreementState::Asked => "ASKED",
        AgreementState::Consented { .. } => "CONSENTED",
        AgreementState::Active(_) => "ACTIVE",
        AgreementState::Ended { .. } => "ENDED",
    };
    Draft {
        id: it.id.to_string(),
        kind: "AGREEMENT",
        state,
        title: "AGREEMENT",
        direction: NONE,
        amount_minor: None,
        other: Other::Merchant(it.merchant.to_string()),
        time: it.created.time,
    }
}

pub(super) const fn packet_state(state: PacketState) -> &'static str {
    match state {
        PacketState::Open => "OPEN",
        PacketState::Drained => "DRAINED",
        PacketState::Expired => "EXPIRED",
        PacketState::Cancelled => "CANCELLED",
    }
}

/// Who has not opened it does not see how much is in it.
fn packet(it: &Packet, viewer: Viewer) -> Option<Draft> {
    let Viewer::Customer(me) = viewer else { return None };
    let sender = Other::Customer(it.body.sender());
    let (title, direction, amount_minor, other) = match it.claim_of(me) {
        _ if it.body.sender() == me => {
            let other = match *it.body.audience() {
                Audience::Named(named) => Other::Customer(named),
                Audience::Link(_) => Other::Nobody,
            };
            ("PACKET_SENT", OUT, Some(it.body.split().total.minor()), other)
        }
        Some(claim) => ("PACKET_OPENED", IN, Some(claim.share_minor), sender),
        None => ("PACKET_FOR_YOU", IN, None, sender),
    };
    Some(Draft {
        id: it.id().to_string(),
        kind: "PACKET",
        state: packet_state(it.body.state()),
        title,
        direction,
        amount_minor,
        other,
        time: it.created.time,
    })
}

pub(super) const fn gift_state(state: GiftState) -> &'static str {
    match state {
        GiftState::Paid => "PAID",
        GiftState::Sent => "SENT",
        GiftState::Claimed => "CLAIMED",
        GiftState::PartlyUsed => "PARTLY_USED",
        GiftState::Used => "USED",
        GiftState::Refunded => "REFUNDED",
        GiftState::Expired => "EXPIRED",
    }
}

/// The buyer sees what it cost, the others what it is worth.
fn gift(it: &Gift, viewer: Viewer) -> Draft {
    let buyer = Other::Customer(it.body.buyer());
    let (title, direction, amount, other) = match viewer {
        Viewer::Customer(me) if me == it.body.buyer() => {
            ("GIFT_BOUGHT", OUT, it.body.price(), Other::Shop(it.shop))
        }
        Viewer::Customer(_) => ("GIFT_RECEIVED", NONE, it.body.face(), buyer),
        Viewer::Shop(_) => ("GIFT_SOLD", NONE, it.body.face(), buyer),
    };
    Draft {
        id: it.id.to_string(),
        kind: "GIFT",
        state: gift_state(it.body.state()),
        title,
        direction,
        amount_minor: Some(amount.minor()),
        other,
        time: it.created.time,
    }
}
