//! A show: its times, prices, seats and rules.

use crate::fault::must;
use crate::{RuleFault, Share};
use base::{Codec, DecodeError, Reader, Span, Timestamp, codec_struct};
use money::Money;

/// Most seats of a show.
pub const MAX_SEATS: u16 = 2_000;
/// Most price classes of a show.
pub const MAX_CLASSES: usize = 16;
/// Longest time for which seats are held.
const LONGEST_HOLD: Span = Span::hours(1);

/// A price, and the entrance through which its seats are reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PriceClass {
    /// Of one seat; above zero, and in one currency for all classes.
    pub price: Money,
    /// One device checks at each entrance: a ticket that only one device admits cannot be admitted
    /// twice, even when no device has a network.
    pub door: u8,
}
codec_struct!(PriceClass { price, door });

/// Whether and how tickets are returned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReturnRule {
    /// The first instant at which no ticket is taken back; not after the doors open, so that a
    /// door without network knows all returned tickets.
    pub until: Timestamp,
    /// What of the price the customer gets.
    pub share: Share,
}
codec_struct!(ReturnRule { until, share });

/// What a house says of a show; checked by [`Show::new`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShowRules {
    pub show: u32,
    pub film: u32,
    /// The merchant: a cinema.
    pub house: u32,
    /// The first instant at which no seat is sold.
    pub sale_ends: Timestamp,
    pub doors_open: Timestamp,
    pub starts: Timestamp,
    /// The first instant at which nobody is admitted.
    pub doors_close: Timestamp,
    pub classes: Vec<PriceClass>,
    pub seats_in_row: u16,
    /// The class of each seat, row by row: its place in `classes`, or [`ShowRules::NO_SEAT`].
    pub class_of_seat: Vec<u8>,
    /// How long seats are held for a customer who has not paid yet.
    pub hold: Span,
    /// Most seats of one customer, held and bought together.
    pub most_per_customer: u16,
    /// `None`: tickets are not taken back.
    pub returns: Option<ReturnRule>,
    /// The wallet's share of each ticket.
    pub fee: Share,
}
codec_struct!(ShowRules {
    show,
    film,
    house,
    sale_ends,
    doors_open,
    starts,
    doors_close,
    classes,
    seats_in_row,
    class_of_seat,
    hold,
    most_per_customer,
    returns,
    fee,
});

impl ShowRules {
    /// A place of the plan where no seat stands: an aisle, a pillar.
    pub const NO_SEAT: u8 = u8::MAX;
}

/// A show whose rules hold together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Show(ShowRules);

impl Show {
    /// Error: the first field that is wrong.
    pub fn new(rules: ShowRules) -> Result<Show, RuleFault> {
        check_times(&rules)?;
        let classes = &rules.classes;
        must((1..=MAX_CLASSES).contains(&classes.len()), "classes", "must be 1 to 16")?;
        let first = classes[0].price.currency();
        let same = classes.iter().all(|class| class.price.currency() == first);
        must(same, "classes", "must be priced in one currency")?;
        // All tickets that a show can sell still add up to an amount.
        let is_price =
            |class: &PriceClass| (1..=Money::MAX_MINOR / 10_000).contains(&class.price.minor());
        must(
            classes.iter().all(is_price),
            "classes",
            "must have a price above zero, within reason",
        )?;
        let (places, row) = (rules.class_of_seat.len(), usize::from(rules.seats_in_row));
        let is_small = places <= usize::from(MAX_SEATS) && places > 0;
        must(is_small, "class_of_seat", "must be of 1 to 2000 seats")?;
        must(row > 0 && places.is_multiple_of(row), "seats_in_row", "must make whole rows")?;
        let is_class =
            |class: &u8| *class == ShowRules::NO_SEAT || usize::from(*class) < classes.len();
        must(rules.class_of_seat.iter().all(is_class), "class_of_seat", "must name classes")?;
        must(rules.most_per_customer > 0, "most_per_customer", "must be above zero")?;
        Ok(Show(rules))
    }

    pub fn rules(&self) -> &ShowRules {
        &self.0
    }

    /// How many places the plan has, those without a seat among them.
    pub fn places(&self) -> usize {
        self.0.class_of_seat.len()
    }

    /// The class of a seat, as a place in `classes`; seats count from 0, row by row.
    pub fn class(&self, seat: u16) -> Option<(u8, PriceClass)> {
        let class = *self.0.class_of_seat.get(usize::from(seat))?;
        self.0.classes.get(usize::from(class)).map(|it| (class, *it))
    }

    /// Row and number of a seat as they are printed, both from 1 on.
    pub fn row_and_number(&self, seat: u16) -> (u16, u16) {
        (seat / self.0.seats_in_row + 1, seat % self.0.seats_in_row + 1)
    }
}

fn check_times(rules: &ShowRules) -> Result<(), RuleFault> {
    must(rules.hold.nanos() > 0, "hold", "must be above zero")?;
    must(rules.hold <= LONGEST_HOLD, "hold", "must be an hour at most")?;
    must(rules.doors_open < rules.doors_close, "doors_close", "must be after `doors_open`")?;
    must(rules.doors_open <= rules.starts, "starts", "must not be before `doors_open`")?;
    must(rules.sale_ends <= rules.doors_close, "sale_ends", "must not be after `doors_close`")?;
    let is_early = rules.returns.is_none_or(|rule| rule.until <= rules.doors_open);
    must(is_early, "returns", "must end before the doors open")
}

impl Codec for Show {
    fn encode(&self, out: &mut Vec<u8>) {
        self.0.encode(out);
    }
    fn decode(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let rules = ShowRules::decode(input)?;
        Show::new(rules).map_err(|_| input.expected("rules of a show"))
    }
}
