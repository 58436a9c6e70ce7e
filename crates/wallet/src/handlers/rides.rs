//! Rides: boarding holds the highest fare, whatever ends the ride pays one fare of it.

use super::services::{number_for, numbered, of_rule, remember_number};
use crate::command::services::{Board, Leave, PutLine, RideCommand};
use crate::machine::{Context, refuse};
use crate::objects::Ride;
use crate::service_book::OwnLine;
use crate::{Object, Refusal, Reply, ShopNumber, Wallet};
use base::ResultCode;
use ids::RideId;
use ledger::{Limits, Transfer};
use services::{Boarding, FarePlan, Leaving, Line, LineRules, RideCancel, RideRefusal};
use std::sync::Arc;

impl Wallet {
    pub(super) fn ride_command(
        &mut self,
        cx: &mut Context<'_>,
        it: RideCommand,
    ) -> Result<Reply, Refusal> {
        match it {
            RideCommand::PutLine(it) => self.put_line(cx, it),
            RideCommand::SetRunning { by, line, is_running } => {
                let found = self.line(line)?;
                self.shop_of(found.line.rules().carrier, by)?;
                // From here the command succeeds.
                let changed = OwnLine { is_running, ..found.as_ref().clone() };
                self.services.lines[line as usize] = Arc::new(changed);
                Ok(Reply::Done)
            }
            RideCommand::Board(it) => self.board(cx, &it),
            RideCommand::Leave(it) => self.leave(cx, &it),
            RideCommand::Cancel { shop, by, id } => self.cancel_ride(cx, (shop, by), id),
        }
    }

    fn put_line(&mut self, cx: &mut Context<'_>, it: PutLine) -> Result<Reply, Refusal> {
        if let Some(reply) = numbered(cx, it.by, &it.once)? {
            return Ok(reply);
        }
        self.has_services()?;
        let shop = self.shop_of(it.rules.carrier, it.by)?;
        self.must_be_own_currency(it.rules.currency)?;
        let is_own = |it: &Arc<OwnLine>| it.line.rules().carrier == shop.number;
        let number = number_for(&self.services.lines, it.number, is_own)?;
        let fee = self.market.services.ride_fee;
        let line = Line::new(LineRules { line: number, fee, ..it.rules }).map_err(of_rule)?;
        // From here the command succeeds.
        match self.services.lines.get_mut(number as usize) {
            Some(known) => {
                let is_running = known.is_running;
                *known = Arc::new(OwnLine { name: it.name, line, is_running });
            }
            None => {
                let new = OwnLine { name: it.name, line, is_running: true };
                self.services.lines.push(Arc::new(new));
            }
        }
        Ok(remember_number(cx, it.by, &it.once, number))
    }

    fn line(&self, number: u32) -> Result<Arc<OwnLine>, Refusal> {
        let found = self.services.lines.get(number as usize).map(Arc::clone);
        found.ok_or_else(|| Refusal::new(ResultCode::OrderNotExist, "line: there is no such line"))
    }

    /// A customer's latest ride, of whatever line and state.
    fn latest_ride(&self, cx: &Context<'_>, customer: u32) -> Option<Arc<Ride>> {
        let id = self.services.rides.get(&customer)?;
        match self.load(cx.history, id.as_u128()) {
            Some(Object::Ride(it)) => Some(it),
            _ => None,
        }
    }

    fn board(&mut self, cx: &mut Context<'_>, it: &Board) -> Result<Reply, Refusal> {
        if let Some(reply) = self.repeat(cx, it.customer, &it.once)? {
            return Ok(reply);
        }
        self.has_services()?;
        let found = self.line(it.line)?;
        let carrier = found.line.rules().carrier;
        self.open_one(carrier)?;
        if !found.is_running {
            return refuse(ResultCode::BusinessNotSupport, "line: it does not run");
        }
        self.must_be_other(carrier, it.customer)?;
        let Board { customer, vehicle, stop, .. } = *it;
        let boarding = Boarding { customer, vehicle, stop, now: cx.now() };
        let before = self.latest_ride(cx, customer);
        let latest = before.as_ref().map(|it| &it.body);
        let boarded = services::Ride::board(&found.line, boarding, latest).map_err(of_ride)?;
        let forgotten = before.zip(boarded.earlier);
        let held_minor = boarded.ride.reserved.minor();
        self.hold_fare(cx, it, held_minor, forgotten.as_ref().map(|(it, end)| (&**it, &end.1)))?;
        // From here the command succeeds.
        if let Some((before, (body, fare))) = forgotten {
            self.uncount(customer, fare.released.minor(), before.counted);
            self.keep(cx, Ride { body, ..before.as_ref().clone() });
        }
        self.services.rides.insert(customer, it.id);
        let counted = self.today(cx);
        let ride = Ride { id: it.id, body: boarded.ride, counted, created: cx.stamp };
        let object = self.make(cx, ride);
        Wallet::remember(cx, customer, &it.once, vec![object.id()]);
        Ok(Reply::Made { object, is_repeat: false })
    }

    /// Holds the highest fare of a new ride. A ride that was forgotten is paid in the same set, so
    /// that what it frees can be held again, and a refusal leaves it as it was.
    fn hold_fare(
        &mut self,
        cx: &mut Context<'_>,
        it: &Board,
        held_minor: u64,
        forgotten: Option<(&Ride, &FarePlan)>,
    ) -> Result<(), Refusal> {
        let mut set = forgotten.map_or(Vec::new(), |(ride, fare)| self.fare_of(ride, fare));
        set.extend(self.books().hold(it.customer, held_minor, 0));
        // What comes back is no more than what was the customer's before, whatever the cap says.
        let account = self.books().customer(it.customer);
        let limits = self.ledger.account(&account).map(ledger::Account::limits).unwrap_or_default();
        if forgotten.is_some() {
            self.ledger.set_limits(account, Limits { floor: None, ..limits });
        }
        let spent = self.spend(cx, it.customer, held_minor, (it.id.as_u128(), &set));
        if forgotten.is_some() {
            self.ledger.set_limits(account, limits);
        }
        spent
    }

    /// What is held becomes the fare, and the rest is the customer's again.
    fn fare_of(&self, ride: &Ride, fare: &FarePlan) -> Vec<Transfer> {
        let carrier = self.home_of_shop(ride.body.carrier);
        let (payee, fee) = (fare.pay.payee().minor(), fare.pay.fee().minor());
        let home = self.home_of(ride.body.customer);
        self.books().pay_fare(carrier, (payee, fee), (home, fare.released.minor()))
    }

    /// The ride is over and paid.
    fn pay_fare(
        &mut self,
        cx: &mut Context<'_>,
        ride: &Ride,
        (body, fare): (services::Ride, FarePlan),
    ) -> Object {
        let set = self.fare_of(ride, &fare);
        self.give(self.home_of(body.customer), &set);
        self.uncount(body.customer, fare.released.minor(), ride.counted);
        self.keep(cx, Ride { body, ..ride.clone() })
    }

    fn leave(&mut self, cx: &mut Context<'_>, it: &Leave) -> Result<Reply, Refusal> {
        if let Some(reply) = self.repeat(cx, it.customer, &it.once)? {
            return Ok(reply);
        }
        let found = self.line(it.line)?;
        let Some(ride) = self.latest_ride(cx, it.customer) else {
            return Err(of_ride(RideRefusal::NotAboard));
        };
        let leaving = Leaving { vehicle: it.vehicle, stop: it.stop, now: cx.now() };
        let end = ride.body.leave(&found.line, leaving).map_err(of_ride)?;
        // From here the command succeeds.
        let object = self.pay_fare(cx, &ride, end);
        Wallet::remember(cx, it.customer, &it.once, vec![object.id()]);
        Ok(Reply::Made { object, is_repeat: false })
    }

    pub(super) fn ride_is_overdue(&mut self, cx: &mut Context<'_>, it: &Ride) {
        if let Some(end) = it.body.forget(cx.now()) {
            self.pay_fare(cx, it, end);
        }
    }

    fn cancel_ride(
        &mut self,
        cx: &mut Context<'_>,
        (shop, by): (ShopNumber, u32),
        id: RideId,
    ) -> Result<Reply, Refusal> {
        self.shop_of(shop, by)?;
        let ride = match self.load(cx.history, id.as_u128()) {
            Some(Object::Ride(it)) if it.body.carrier == shop => it,
            _ => return refuse(ResultCode::OrderNotExist, "ride: the shop has no such ride"),
        };
        let (body, act) = ride.body.cancel(cx.now()).map_err(of_ride)?;
        let home = self.home_of(body.customer);
        let (back_minor, set) = match act {
            RideCancel::Nothing => {
                return Ok(Reply::Made { object: Object::Ride(ride), is_repeat: true });
            }
            RideCancel::Release(held) => (held.minor(), self.books().arrive(home, held.minor())),
            RideCancel::Refund(plan) => {
                if self.shop_balance(shop) < plan.from_payee().minor() {
                    return refuse(
                        ResultCode::UserBalanceNotEnough,
                        "the shop's balance does not cover the fare",
                    );
                }
                let till = self.books().shop(shop);
                let parts = (plan.from_payee().minor(), plan.from_fee().minor());
                (plan.to_customer().minor(), self.books().give_back(till, home, parts))
            }
        };
        // From here the command succeeds.
        self.give(home, &set);
        self.uncount(body.customer, back_minor, ride.counted);
        let object = self.keep(cx, Ride { body, ..ride.as_ref().clone() });
        Ok(Reply::Made { object, is_repeat: false })
    }
}

fn of_ride(refusal: RideRefusal) -> Refusal {
    let (code, message) = match refusal {
        RideRefusal::AlreadyAboard => {
            (ResultCode::OrderStatusInvalid, "you are aboard already; scan again when you leave")
        }
        RideRefusal::NotAboard => (ResultCode::OrderNotExist, "you are on no ride; scan to board"),
        RideRefusal::AlreadyLeft => (ResultCode::OrderIsClosed, "the ride is over and paid"),
        RideRefusal::WasForgotten => {
            (ResultCode::OrderIsClosed, "the ride was ended, because nobody scanned in time")
        }
        RideRefusal::WasCancelled => {
            (ResultCode::OrderIsClosed, "the carrier cancelled the ride; it costs nothing")
        }
        RideRefusal::OtherVehicle => {
            (ResultCode::InvalidCode, "this is not the vehicle that you boarded")
        }
        RideRefusal::StopNotOnLine => (ResultCode::ParamIllegal, "stop: it is not on the line"),
        RideRefusal::TooLateToCancel => {
            (ResultCode::RefundWindowExceed, "the fare was paid too long ago")
        }
    };
    Refusal::new(code, message)
}
