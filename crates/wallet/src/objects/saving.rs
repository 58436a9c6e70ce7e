//! What happened to a customer's savings, one object for each act; and the days on which the fund
//! and the wallet settle with each other.
//!
//! All of it is over when it is made, but for a day that the fund has not confirmed: what is still
//! to come stands in the saver, not in an object, so that waiting orders of millions of customers
//! cost no memory beyond their savers.

use base::{ResultCode, Stamp, codec_enum, codec_struct};
use ids::{Partition, SavingId};
use savings::{DayYield, Deal, FundStatement, InstantRedemption, LocalDay};

/// Marks ids that the machine makes itself, in the top one of the 72 bits that others draw.
const OF_THE_MACHINE: u128 = 1 << 71;
/// Marks, beside it, those of one day.
const OF_A_DAY: u128 = 1 << 70;
/// Marks, beside both, those of the fund: above all numbers of customers.
const OF_THE_FUND: u128 = 1 << 69;
const DAY_MILLIS: u64 = 86_400_000;

/// What was done. Amounts in minor units, units in millionths of a unit of the fund.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SavingAct {
    /// The customer put cash in; it waits for the price of `day`.
    Put { amount_minor: u64, day: LocalDay },
    /// The switch did it.
    Swept { amount_minor: u64, day: LocalDay },
    /// The customer took out: cash that still waited, units at once, and units that wait for the
    /// price of their day.
    TakenOut { drawn: Drawn, ordered: Option<Ordered> },
    /// A payment took from savings what the balance did not cover; `about` is what was paid.
    Paid { about: u128, drawn: Drawn },
    /// What the prices since the last settlement did.
    Settled(Settled),
}
codec_enum!(SavingAct {
    0 = Put { amount_minor, day },
    1 = Swept { amount_minor, day },
    2 = TakenOut { drawn, ordered },
    3 = Paid { about, drawn },
    4 = Settled(it),
});

/// Cash that came from savings at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Drawn {
    /// It still waited to be dealt.
    pub recalled_minor: u64,
    /// Units for it went to the fund's pool.
    pub redeemed: Option<InstantRedemption>,
}
codec_struct!(Drawn { recalled_minor, redeemed });

impl Drawn {
    pub fn amount_minor(&self) -> u64 {
        self.recalled_minor + self.redeemed.map_or(0, |it| it.redemption.amount_minor)
    }
}

/// Units that wait for the price of a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ordered {
    pub units: u64,
    pub day: LocalDay,
}
codec_struct!(Ordered { units, day });

/// Each day's yield and each dealt order, up to the price of a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settled {
    /// The day of the price up to which it goes.
    pub until: LocalDay,
    /// The settlement before goes up to this day: with it, the chain of yields is found.
    pub before: LocalDay,
    pub yields: Vec<DayYield>,
    pub deals: Vec<Deal>,
    /// See [`savings::Settlement`].
    pub untold_until: Option<LocalDay>,
    /// What the customer has from then on.
    pub units: u64,
}
codec_struct!(Settled { until, before, yields, deals, untold_until, units });

/// See the module's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Saving {
    pub id: SavingId,
    pub customer: u32,
    pub act: SavingAct,
    pub created: Stamp,
}
codec_struct!(Saving { id, customer, act, created });

impl Saving {
    /// The id of a customer's settlement up to a day: it can be found without being remembered.
    pub fn settlement_id(customer: u32, until: LocalDay, partition: Partition) -> SavingId {
        let millis = u64::from(until.number()) * DAY_MILLIS;
        SavingId::new(millis, partition, OF_THE_MACHINE | OF_A_DAY | u128::from(customer))
    }

    /// The id of a day of the fund, found in the same way.
    pub fn day_id(day: LocalDay, partition: Partition) -> SavingId {
        let millis = u64::from(day.number()) * DAY_MILLIS;
        SavingId::new(millis, partition, OF_THE_MACHINE | OF_A_DAY | OF_THE_FUND)
    }

    /// The id of what the machine does by itself: `place` differs within one record.
    pub fn own_id(stamp: Stamp, place: u32, partition: Partition) -> SavingId {
        let low = u128::from(stamp.position & 0xff_ffff_ffff) << 24;
        let random = OF_THE_MACHINE | low | (u128::from(place) & 0xff_ffff);
        SavingId::new(stamp.time.millis(), partition, random)
    }
}

/// How the settling of one dealing day with the fund stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FundDayState {
    /// The fund is told, until it answers or an employee says what its statement says.
    Asked,
    /// The fund does not agree: nothing moves until an employee settles it by the fund's statement.
    Refused(ResultCode),
    /// Paid: what is owed for the day has left or reached the float.
    Settled,
}
codec_enum!(FundDayState { 0 = Asked, 1 = Refused(code), 2 = Settled });

/// One dealing day, all orders dealt: what the fund has to agree to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FundDay {
    pub id: SavingId,
    pub statement: FundStatement,
    /// What rounding left with the fund and it pays back with this day, in minor units.
    pub rounding_minor: u64,
    pub state: FundDayState,
    pub created: Stamp,
}
codec_struct!(FundDay { id, statement, rounding_minor, state, created });
