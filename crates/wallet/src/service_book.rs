//! What the machine keeps of services between commands: boxes, films, lines, shows, billers.
//!
//! A show leaves memory some days after its doors have closed; its bookings are in history.

use crate::ShopNumber;
use base::{Span, Table, Text, Timestamp, codec_struct};
use ids::{BookingId, RideId};
use services::{Biller, BoxTotals, DonationBox, Line, ReceiptBook, Seating};
use std::collections::BTreeMap;
use std::sync::Arc;

/// How long after its doors have closed a show can still be called off, and doors report.
pub const SHOW_KEPT_FOR: Span = Span::days(7);

/// See the module's text. Numbers count from 0 and are given once.
#[derive(Clone, Debug, Default)]
pub(crate) struct ServiceBook {
    pub boxes: Vec<Arc<OwnBox>>,
    /// By charity.
    pub receipts: BTreeMap<ShopNumber, ReceiptBook>,
    pub lines: Vec<Arc<OwnLine>>,
    /// The latest ride of each customer who ever rode.
    pub rides: Table<u32, RideId>,
    pub films: Vec<Arc<Film>>,
    pub shows: BTreeMap<u32, Arc<OwnShow>>,
    pub next_show: u32,
    pub billers: Vec<Arc<OwnBiller>>,
}
codec_struct!(ServiceBook { boxes, receipts, lines, rides, films, shows, next_show, billers });

/// A donation box, and what it has taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnBox {
    /// What stands on it.
    pub name: Text<64>,
    pub rules: DonationBox,
    pub totals: BoxTotals,
}
codec_struct!(OwnBox { name, rules, totals });

/// A line of a carrier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnLine {
    pub name: Text<64>,
    pub line: Line,
    /// Can it be boarded?
    pub is_running: bool,
}
codec_struct!(OwnLine { name, line, is_running });

/// A film as one house shows it: what its poster leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Film {
    pub house: ShopNumber,
    pub title: Text<64>,
}
codec_struct!(Film { house, title });

/// A show, its seats, and to whose booking each ticket belongs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnShow {
    pub seating: Seating,
    /// By serial.
    pub(crate) bookings: BTreeMap<u32, BookingId>,
    /// When time does something to it next.
    pub(crate) turn: Timestamp,
}
codec_struct!(OwnShow { seating, bookings, turn });

impl OwnShow {
    pub fn house(&self) -> ShopNumber {
        self.seating.show().rules().house
    }

    /// From then on nothing is known of it but what its bookings say.
    pub(crate) fn forgotten(&self) -> Timestamp {
        self.seating.show().rules().doors_close.after(SHOW_KEPT_FOR)
    }

    /// What its house has still to give back, in minor units.
    pub fn owed_minor(&self) -> u64 {
        self.seating.refunds().map(|refund| refund.plan.from_payee().minor()).sum()
    }
}

/// A biller in the directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnBiller {
    pub name: Text<64>,
    pub biller: Biller,
    /// Does it take new bills?
    pub is_listed: bool,
}
codec_struct!(OwnBiller { name, biller, is_listed });
