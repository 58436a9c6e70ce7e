//! A door without network: it admits each ticket once, by what its pass says.

use super::pass::TicketPass;
use super::seating::MAX_TICKETS;
use base::{Timestamp, codec_enum, codec_struct};
use std::collections::{BTreeMap, BTreeSet};

/// One entrance of one show, as its device keeps it. The house gives each entrance one device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Door {
    pub show: u32,
    pub door: u8,
    /// Serials that were given back, as known when the device last had a network.
    returned: BTreeSet<u32>,
    admitted: BTreeMap<u32, Timestamp>,
}
codec_struct!(Door { show, door, returned, admitted });

/// Why a ticket is not admitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DoorRefusal {
    OtherShow {
        show: u32,
    },
    OtherDoor {
        door: u8,
    },
    TooEarly {
        opens: Timestamp,
    },
    TooLate,
    WasReturned,
    AlreadyAdmitted {
        at: Timestamp,
    },
    /// More serials than a show can have: the signature cannot have been verified.
    Full,
    /// The show is called off; only a door with network knows.
    CalledOff,
    /// No ticket has this serial; only a door with network knows.
    NoSuchTicket,
}
codec_enum!(DoorRefusal {
    0 = OtherShow { show },
    1 = OtherDoor { door },
    2 = TooEarly { opens },
    3 = TooLate,
    4 = WasReturned,
    5 = AlreadyAdmitted { at },
    6 = Full,
    7 = CalledOff,
    8 = NoSuchTicket,
});

impl Door {
    /// An entrance of a show, with the serials that it must not let in and those that it has.
    pub fn new(
        (show, door): (u32, u8),
        returned: BTreeSet<u32>,
        admitted: BTreeMap<u32, Timestamp>,
    ) -> Door {
        Door { show, door, returned, admitted }
    }

    /// Lets the bearer of a pass in, once. The signature over the pass was verified before.
    ///
    /// Errors are tried in the order of [`DoorRefusal`]; nothing is noted then.
    pub fn admit(&mut self, pass: &TicketPass, now: Timestamp) -> Result<(), DoorRefusal> {
        check_pass(pass, (self.show, self.door), now)?;
        if self.returned.contains(&pass.serial) {
            return Err(DoorRefusal::WasReturned);
        }
        if let Some(at) = self.admitted.get(&pass.serial) {
            return Err(DoorRefusal::AlreadyAdmitted { at: *at });
        }
        if self.admitted.len() >= MAX_TICKETS {
            return Err(DoorRefusal::Full);
        }
        self.admitted.insert(pass.serial, now);
        Ok(())
    }

    /// Whom it let in: the report for `Seating::report`.
    pub fn admitted(&self) -> impl Iterator<Item = (u32, Timestamp)> {
        self.admitted.iter().map(|(serial, at)| (*serial, *at))
    }
}

/// Is the pass for this show and entrance, and is it time?
pub fn check_pass(
    pass: &TicketPass,
    (show, door): (u32, u8),
    now: Timestamp,
) -> Result<(), DoorRefusal> {
    if pass.show != show {
        return Err(DoorRefusal::OtherShow { show: pass.show });
    }
    if pass.door != door {
        return Err(DoorRefusal::OtherDoor { door: pass.door });
    }
    if now < pass.opens {
        return Err(DoorRefusal::TooEarly { opens: pass.opens });
    }
    if now >= pass.closes {
        return Err(DoorRefusal::TooLate);
    }
    Ok(())
}
