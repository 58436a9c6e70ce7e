//! Cards of savings and of what service codes lead to.

use super::card::{Draft, IN, NONE, OUT, Viewer};
use super::names::Other;
use savings::Deal;
use services::{BillState, RideState};
use wallet::objects::{Bill, Booking, BookingState, Donation, Ride, Saving, SavingAct};

pub(super) fn saving(it: &Saving) -> Draft {
    let (title, direction, amount_minor) = match &it.act {
        SavingAct::Put { amount_minor, .. } => ("SAVED", OUT, Some(*amount_minor)),
        SavingAct::Swept { amount_minor, .. } => ("SWEPT", OUT, Some(*amount_minor)),
        SavingAct::TakenOut { drawn, .. } if drawn.amount_minor() == 0 => {
            ("TAKE_OUT_ORDERED", NONE, None)
        }
        SavingAct::TakenOut { drawn, .. } => ("TAKEN_OUT", IN, Some(drawn.amount_minor())),
        SavingAct::Paid { drawn, .. } => ("PAID_FROM_SAVINGS", IN, Some(drawn.amount_minor())),
        SavingAct::Settled(it) => {
            let paid_out = |deal: &Deal| match deal {
                Deal::Redeemed { amount_minor, .. } => *amount_minor,
                Deal::Subscribed { .. } => 0,
            };
            match it.deals.iter().map(paid_out).sum() {
                0 => ("SAVINGS_EARNED", NONE, None),
                minor => ("TAKEN_OUT", IN, Some(minor)),
            }
        }
    };
    Draft {
        id: it.id.to_string(),
        kind: "SAVING",
        state: "DONE",
        title,
        direction,
        amount_minor,
        other: Other::Nobody,
        time: it.created.time,
    }
}

/// A charity sees no more of a giver than the name that the giver told, which is in its receipt.
pub(super) fn donation(it: &Donation, viewer: Viewer) -> Draft {
    let (title, direction, other) = match viewer {
        Viewer::Customer(_) => ("GIVEN", OUT, Other::Shop(it.charity)),
        Viewer::Shop(_) => ("GIVEN_TO_YOU", IN, Other::Nobody),
    };
    Draft {
        id: it.id.to_string(),
        kind: "DONATION",
        state: "DONE",
        title,
        direction,
        amount_minor: Some(it.body.plan.total().minor()),
        other,
        time: it.created.time,
    }
}

/// A carrier does not learn who rode.
pub(super) fn ride(it: &Ride, viewer: Viewer) -> Draft {
    let body = &it.body;
    let (direction, other) = match viewer {
        Viewer::Customer(_) => (OUT, Other::Shop(body.carrier)),
        Viewer::Shop(_) => (IN, Other::Nobody),
    };
    let state = match body.state {
        RideState::Boarded => "BOARDED",
        RideState::Left => "LEFT",
        RideState::Forgotten => "FORGOTTEN",
        RideState::Cancelled => "CANCELLED",
    };
    let amount = body.end.map_or(body.reserved, |(_, plan)| plan.total());
    Draft {
        id: it.id.to_string(),
        kind: "RIDE",
        state,
        title: "RIDE",
        direction,
        amount_minor: Some(amount.minor()),
        other,
        time: it.created.time,
    }
}

pub(super) fn booking(it: &Booking, viewer: Viewer) -> Draft {
    let (direction, other) = match viewer {
        Viewer::Customer(_) => (OUT, Other::Shop(it.house)),
        Viewer::Shop(_) => (IN, Other::Customer(it.customer)),
    };
    let state = match it.state {
        BookingState::Held { .. } => "HELD",
        BookingState::Paid if it.back_minor == 0 => "PAID",
        BookingState::Paid if it.back_minor >= it.plan.total().minor() => "REFUNDED",
        BookingState::Paid => "PARTLY_REFUNDED",
        BookingState::Released => "RELEASED",
        BookingState::Expired => "EXPIRED",
        BookingState::CalledOff => "CALLED_OFF",
    };
    Draft {
        id: it.id.to_string(),
        kind: "BOOKING",
        state,
        title: "SEATS",
        direction,
        amount_minor: Some(it.plan.total().minor()),
        other,
        time: it.created.time,
    }
}

pub(super) fn bill(it: &Bill) -> Draft {
    let state = match it.body.state {
        BillState::Checked => "CHECKED",
        BillState::Paying => "PAYING",
        BillState::Unknown => "UNKNOWN",
        BillState::Confirmed => "PAID",
        BillState::Reversed => "REVERSED",
        BillState::Lapsed => "LAPSED",
    };
    let amount = it.plan().map(|plan| plan.payee()).or(it.body.due);
    Draft {
        id: it.id.to_string(),
        kind: "BILL",
        state,
        title: "BILL",
        direction: OUT,
        amount_minor: amount.map(|amount| amount.minor()),
        other: Other::Biller(it.body.biller),
        time: it.created.time,
    }
}
