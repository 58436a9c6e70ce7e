//! Whether the books agree with what the wallet holds for its customers: for tests, the simulator
//! and the operator.

use crate::machine::Timer;
use crate::objects::{CashState, TransferState};
use crate::{ErrandKind, Object, Wallet, chart};
use ids::SetId;
use std::collections::BTreeSet;

impl Wallet {
    /// Walks everything. The error says what does not agree.
    pub fn verify(&self) -> Result<(), String> {
        self.ledger.verify().map_err(|fault| fault.to_string())?;
        let (mut held, mut packets, mut gifts): (i128, i128, i128) = (0, 0, 0);
        for object in self.open_objects() {
            match object {
                Object::Packet(it) => packets += i128::from(it.body.rest().minor()),
                Object::Gift(it) => gifts += i128::from(it.body.liability().minor()),
                _ => {}
            }
            held += match object {
                Object::Transfer(it) if matches!(it.state, TransferState::Held { .. }) => {
                    i128::from(it.amount_minor)
                }
                Object::Cash(it) if matches!(it.state, CashState::Called { .. }) => {
                    i128::from(it.amount_minor)
                }
                Object::Ride(it) => i128::from(it.held_minor()),
                _ => 0,
            };
        }
        self.agree("what is held", chart::HELD, held)?;
        self.agree("what is in red packets", chart::PACKETS, packets)?;
        self.agree("what is left on gift coupons", chart::GIFTS, gifts)?;
        self.gifts.verify()?;
        for (number, _) in self.customers.entries() {
            let account = self.ledger.account(&self.books().customer(number));
            if account.is_some_and(|account| account.highest() > 0) {
                return Err(format!("customer {number} is below zero"));
            }
        }
        self.verify_what_is_to_come()
    }

    /// Nothing that is open is forgotten: by the books, by time, or by the world.
    fn verify_what_is_to_come(&self) -> Result<(), String> {
        for object in self.open_objects() {
            let id = object.id();
            if let Some(due) = object.due()
                && !self.timers.contains(&(due, Timer::Object(id)))
            {
                return Err(format!("no timer waits for {object:?}"));
            }
            if matches!(object, Object::BankMove(_)) && object.is_open() {
                let is_asked = self.errands.range((id, ErrandKind::BankSubmit)..).next();
                if self.ledger.pending(SetId::from_u128(id)).is_none() {
                    return Err(format!("nothing is reserved for {object:?}"));
                }
                if is_asked.is_none_or(|((about, _), _)| *about != id) {
                    return Err(format!("no bank is asked about {object:?}"));
                }
            }
        }
        let timers: BTreeSet<Timer> = self.timers.iter().map(|(_, timer)| *timer).collect();
        for ((about, kind), errand) in &self.errands {
            let is_tried = errand.is_out || timers.contains(&Timer::Errand(*about, *kind));
            if !self.open.contains(about) || !is_tried {
                return Err(format!("{errand:?} is never tried again"));
            }
        }
        self.verify_savings()?;
        self.verify_services()
    }

    /// Is what the operator's account says owed exactly this?
    pub(crate) fn agree(
        &self,
        what: &str,
        purpose: ledger::Purpose,
        owed: i128,
    ) -> Result<(), String> {
        let account = self.ledger.account(&self.books().own(purpose));
        let booked = account.map_or(0, |account| -account.balance());
        if booked != owed {
            return Err(format!("{what}: {booked} is booked, {owed} is there"));
        }
        Ok(())
    }
}
