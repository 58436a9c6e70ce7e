//! Rides: a customer scans on boarding and on leaving, and pays one fare.
//!
//! Boarding reserves the highest fare that the ride can come to; whatever ends the ride turns a
//! part of it into the fare and frees the rest. All that a ride needs to end without its customer
//! is frozen on it when it begins. A carrier is the merchant that runs a line.

mod fare;
mod line;
mod step;

pub use fare::{DistanceRate, Fare, Stop};
pub use line::{Line, LineRules};
pub use step::{RideInput, RideRefusal, RideState, RideStep, ride_step};

use crate::{PayPlan, RefundPlan, Share};
use base::{Span, Timestamp, codec_enum, codec_struct};
use money::Money;

/// A customer scanned to board.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Boarding {
    pub customer: u32,
    /// 0: a code at a stop.
    pub vehicle: u32,
    /// On a line without stops any number.
    pub stop: u16,
    pub now: Timestamp,
}

/// A customer scanned to leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leaving {
    /// 0: a code at a stop, which fits every vehicle of the line.
    pub vehicle: u32,
    pub stop: u16,
    pub now: Timestamp,
}

/// One ride of one customer, with everything that ends it by rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ride {
    pub line: u32,
    pub carrier: u32,
    pub customer: u32,
    pub vehicle: u32,
    pub from: u16,
    pub boarded: Timestamp,
    pub state: RideState,
    /// Held on the customer while the ride is `Boarded`: no fare is above it.
    pub reserved: Money,
    /// The first instant at which the ride is forgotten.
    pub overdue: Timestamp,
    /// Where it was left; `None` while it lasts and when it was forgotten.
    pub to: Option<u16>,
    /// When it ended, and what was paid: nothing when it was cancelled while it lasted.
    pub end: Option<(Timestamp, PayPlan)>,
    forgotten: Money,
    fee: Share,
    refund_within: Span,
}
codec_struct!(Ride {
    line,
    carrier,
    customer,
    vehicle,
    from,
    boarded,
    state,
    reserved,
    overdue,
    to,
    end,
    forgotten,
    fee,
    refund_within,
});

/// The fare of a ride: `pay.total() + released` is what was reserved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FarePlan {
    pub pay: PayPlan,
    pub released: Money,
}
codec_struct!(FarePlan { pay, released });

/// What boarding leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Boarded {
    /// Reserve its `reserved` on the customer.
    pub ride: Ride,
    /// The ride that this customer forgot to scan out of, ended by this boarding.
    pub earlier: Option<(Ride, FarePlan)>,
}

/// What a carrier's cancel leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RideCancel {
    /// The ride was under way: the whole reservation is freed.
    Release(Money),
    /// The fare was paid: all of it goes back.
    Refund(RefundPlan),
    /// It was cancelled before: nothing happens.
    Nothing,
}
codec_enum!(RideCancel { 0 = Release(amount), 1 = Refund(plan), 2 = Nothing });

impl Ride {
    /// Boards a line. `latest` is the customer's latest ride, of whatever line and state.
    ///
    /// A customer has one ride at a time: boarding another vehicle ends the one before as
    /// forgotten, so that nobody is left standing at a bus stop for a scan of the morning.
    ///
    /// Errors: `AlreadyAboard`, `StopNotOnLine`. The ride before is unchanged then.
    pub fn board(
        line: &Line,
        boarding: Boarding,
        latest: Option<&Ride>,
    ) -> Result<Boarded, RideRefusal> {
        let is_same = |ride: &Ride| {
            let is_here = ride.is_aboard(line, boarding.vehicle);
            is_here && boarding.now < ride.overdue
        };
        let input =
            if latest.is_some_and(is_same) { RideInput::Board } else { RideInput::BoardOther };
        let earlier = match ride_step(latest.map(|ride| ride.state), input) {
            RideStep::Start => None,
            RideStep::ForgetAndStart => latest.map(|ride| ride.forgotten_at(boarding.now)),
            RideStep::Refuse(refusal) => return Err(refusal),
            RideStep::To(_) | RideStep::Refund | RideStep::Same => {
                unreachable!("boarding starts a ride or is refused")
            }
        };
        Ok(Boarded { ride: Ride::begin(line, boarding)?, earlier })
    }

    fn begin(line: &Line, boarding: Boarding) -> Result<Ride, RideRefusal> {
        let rules = line.rules();
        Ok(Ride {
            line: rules.line,
            carrier: rules.carrier,
            customer: boarding.customer,
            vehicle: boarding.vehicle,
            from: boarding.stop,
            boarded: boarding.now,
            state: RideState::Boarded,
            reserved: line.highest_fare(boarding.stop)?,
            overdue: boarding.now.after(rules.longest),
            to: None,
            end: None,
            forgotten: rules.forgotten,
            fee: rules.fee,
            refund_within: rules.refund_within,
        })
    }

    /// Leaves the vehicle. `line` is the one of the scanned code; a fare that was raised on the way
    /// is held to what was reserved.
    ///
    /// At the instant `overdue` the ride counts as forgotten, whichever record comes first. Errors:
    /// those of the table in [`ride_step`]; the ride is unchanged then.
    pub fn leave(&self, line: &Line, leaving: Leaving) -> Result<(Ride, FarePlan), RideRefusal> {
        let fare = line.fare(self.from, leaving.stop);
        let is_elsewhere = !self.is_aboard(line, leaving.vehicle);
        let is_overdue = self.state == RideState::Boarded && leaving.now >= self.overdue;
        let input = match fare {
            _ if is_overdue => RideInput::Overdue,
            _ if is_elsewhere => RideInput::LeaveElsewhere,
            Err(_) => RideInput::LeaveOffLine,
            Ok(_) => RideInput::Leave,
        };
        match ride_step(Some(self.state), input) {
            RideStep::To(RideState::Forgotten) => Ok(self.forgotten_at(leaving.now)),
            RideStep::To(state) => {
                let (ride, plan) = self.ended(state, fare?, leaving.now);
                Ok((Ride { to: Some(leaving.stop), ..ride }, plan))
            }
            RideStep::Refuse(refusal) => Err(refusal),
            RideStep::Start | RideStep::ForgetAndStart | RideStep::Refund | RideStep::Same => {
                unreachable!("leaving ends a ride or is refused")
            }
        }
    }

    /// The timer of `overdue`. `None`: the ride has ended before, or its time has not come.
    pub fn forget(&self, now: Timestamp) -> Option<(Ride, FarePlan)> {
        if now < self.overdue {
            return None;
        }
        match ride_step(Some(self.state), RideInput::Overdue) {
            RideStep::To(_) => Some(self.forgotten_at(now)),
            RideStep::Start
            | RideStep::ForgetAndStart
            | RideStep::Refund
            | RideStep::Refuse(_)
            | RideStep::Same => None,
        }
    }

    /// The carrier cancels the ride: it broke down, or a fare was taken in error.
    ///
    /// Errors: `TooLateToCancel`, when the fare was paid longer ago than the line gives back.
    pub fn cancel(&self, now: Timestamp) -> Result<(Ride, RideCancel), RideRefusal> {
        let cancelled = Ride { state: RideState::Cancelled, ..*self };
        match ride_step(Some(self.state), RideInput::Cancel) {
            RideStep::To(_) => {
                let nothing = PayPlan::nothing(self.reserved.currency());
                let ride = Ride { end: Some((now, nothing)), ..cancelled };
                Ok((ride, RideCancel::Release(self.reserved)))
            }
            RideStep::Refund => {
                let (ended, paid) = self.end.ok_or(RideRefusal::NotAboard)?;
                if now >= ended.after(self.refund_within) {
                    return Err(RideRefusal::TooLateToCancel);
                }
                Ok((cancelled, RideCancel::Refund(paid.refund(Share::ALL))))
            }
            RideStep::Same => Ok((*self, RideCancel::Nothing)),
            RideStep::Refuse(refusal) => Err(refusal),
            RideStep::Start | RideStep::ForgetAndStart => {
                unreachable!("a cancel starts no ride")
            }
        }
    }

    /// Does the code of a vehicle of this line fit the ride? A code at a stop fits every vehicle.
    fn is_aboard(&self, line: &Line, vehicle: u32) -> bool {
        let fits = vehicle == 0 || self.vehicle == 0 || vehicle == self.vehicle;
        line.rules().line == self.line && fits
    }

    fn forgotten_at(&self, now: Timestamp) -> (Ride, FarePlan) {
        self.ended(RideState::Forgotten, self.forgotten, now)
    }

    fn ended(&self, state: RideState, fare: Money, now: Timestamp) -> (Ride, FarePlan) {
        // The line may have changed meanwhile: never more than was reserved, nor another currency.
        let fare = fare.min(self.reserved).unwrap_or(self.reserved);
        let released = self.reserved.checked_sub(fare).expect("a fare is within its reservation");
        let pay = PayPlan::within(fare, self.fee);
        (Ride { state, end: Some((now, pay)), ..*self }, FarePlan { pay, released })
    }
}

#[cfg(test)]
mod tests;
