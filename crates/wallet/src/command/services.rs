//! Donations, rides, tickets, bills. Amounts in minor units; rules are those of the crate
//! `services`, in which the number and the wallet's fee are filled in by the machine.

use crate::{Once, ShopNumber};
use base::{Text, Timestamp, codec_enum, codec_struct};
use ids::{BillId, BookingId, DonationId, NoteId, RideId};
use services::{BoxRules, LineRules, ShowRules};

/// A customer gives to a charity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Give {
    pub id: DonationId,
    pub customer: u32,
    pub donation_box: u32,
    pub amount_minor: u64,
    /// Under which name, if not without one: it is in the vault.
    pub name: Option<NoteId>,
    pub once: Once,
}
codec_struct!(Give { id, customer, donation_box, amount_minor, name, once });

/// A charity's owner makes a box, or changes the one of this number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PutBox {
    pub by: u32,
    pub number: Option<u32>,
    pub name: Text<64>,
    /// The charity is the shop. `donation_box` and `fee` are not looked at.
    pub rules: BoxRules,
    pub once: Once,
}
codec_struct!(PutBox { by, number, name, rules, once });

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DonationCommand {
    PutBox(PutBox),
    Give(Give),
}
codec_enum!(DonationCommand { 0 = PutBox(it), 1 = Give(it) });

/// A customer scans to board.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Board {
    pub id: RideId,
    pub customer: u32,
    pub line: u32,
    /// 0: a code at a stop.
    pub vehicle: u32,
    pub stop: u16,
    pub once: Once,
}
codec_struct!(Board { id, customer, line, vehicle, stop, once });

/// A customer scans to leave: whatever ride is under way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leave {
    pub customer: u32,
    pub line: u32,
    /// 0: a code at a stop.
    pub vehicle: u32,
    pub stop: u16,
    pub once: Once,
}
codec_struct!(Leave { customer, line, vehicle, stop, once });

/// A carrier's owner makes a line, or changes the one of this number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PutLine {
    pub by: u32,
    pub number: Option<u32>,
    pub name: Text<64>,
    /// The carrier is the shop. `line` and `fee` are not looked at.
    pub rules: LineRules,
    pub once: Once,
}
codec_struct!(PutLine { by, number, name, rules, once });

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RideCommand {
    PutLine(PutLine),
    /// Nobody boards a line that does not run; rides under way end as they began.
    SetRunning {
        by: u32,
        line: u32,
        is_running: bool,
    },
    Board(Board),
    Leave(Leave),
    /// The carrier cancels a ride, or gives its fare back.
    Cancel {
        shop: ShopNumber,
        by: u32,
        id: RideId,
    },
}
codec_enum!(RideCommand {
    0 = PutLine(it),
    1 = SetRunning { by, line, is_running },
    2 = Board(it),
    3 = Leave(it),
    4 = Cancel { shop, by, id },
});

/// Seats that a customer wants, all of them or none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HoldSeats {
    pub id: BookingId,
    pub customer: u32,
    pub show: u32,
    /// From 0, row by row.
    pub seats: Vec<u16>,
    pub once: Once,
}
codec_struct!(HoldSeats { id, customer, show, seats, once });

/// A house's owner adds a show of one of its films.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddShow {
    pub by: u32,
    /// The house is the shop. `show` and `fee` are not looked at.
    pub rules: ShowRules,
    pub once: Once,
}
codec_struct!(AddShow { by, rules, once });

/// A door of a show, and whose it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AtDoor {
    pub shop: ShopNumber,
    pub by: u32,
    pub show: u32,
    pub door: u8,
}
codec_struct!(AtDoor { shop, by, show, door });

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TicketCommand {
    /// A house gets a number for a film, which its poster carries.
    AddFilm {
        shop: ShopNumber,
        by: u32,
        title: Text<64>,
        once: Once,
    },
    AddShow(AddShow),
    /// The show does not take place: everybody gets the whole price back.
    CallOff {
        shop: ShopNumber,
        by: u32,
        show: u32,
    },
    Hold(HoldSeats),
    /// The customer does not want the seats any more.
    Release {
        customer: u32,
        id: BookingId,
    },
    Pay {
        customer: u32,
        id: BookingId,
    },
    /// The customer gives one ticket back.
    Return {
        customer: u32,
        id: BookingId,
        serial: u32,
    },
    /// A door with network asks before it lets somebody in.
    Admit {
        at: AtDoor,
        serial: u32,
        once: Once,
    },
    /// A door without network tells whom it let in, and when.
    Report {
        at: AtDoor,
        admitted: Vec<(u32, Timestamp)>,
    },
}
codec_enum!(TicketCommand {
    0 = AddFilm { shop, by, title, once },
    1 = AddShow(it),
    2 = CallOff { shop, by, show },
    3 = Hold(it),
    4 = Release { customer, id },
    5 = Pay { customer, id },
    6 = Return { customer, id, serial },
    7 = Admit { at, serial, once },
    8 = Report { at, admitted },
});

/// The biller knows the customer's number: the edge has asked it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckBill {
    pub id: BillId,
    pub customer: u32,
    pub biller: u32,
    /// The customer's number with the biller: it is in the vault.
    pub account: NoteId,
    /// What the biller says is due, if it says so.
    pub due_minor: Option<u64>,
    pub once: Once,
}
codec_struct!(CheckBill { id, customer, biller, account, due_minor, once });

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BillCommand {
    Check(CheckBill),
    Pay { customer: u32, id: BillId, amount_minor: u64, once: Once },
}
codec_enum!(BillCommand { 0 = Check(it), 1 = Pay { customer, id, amount_minor, once } });

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ServiceCommand {
    Donation(DonationCommand),
    Ride(RideCommand),
    Ticket(TicketCommand),
    Bill(BillCommand),
}
codec_enum!(ServiceCommand { 0 = Donation(it), 1 = Ride(it), 2 = Ticket(it), 3 = Bill(it) });
