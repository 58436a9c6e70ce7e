//! What edges ask of the machine and of history: reading only.

use crate::machine::{name_kind, name_of};
use crate::{Market, Object, Shop, Wallet};
use account::{Customer, Customers, LocalDay};
use base::{History, Timestamp, decode_all};
use ids::PersonId;
use ledger::{Ledger, Limits};
use std::sync::Arc;

/// The list of what concerns a customer, in history.
pub fn list_of_customer(number: u32) -> Vec<u8> {
    [b"C".as_slice(), &number.to_be_bytes()].concat()
}

/// The list of what concerns a shop, in history.
pub fn list_of_shop(number: u32) -> Vec<u8> {
    [b"S".as_slice(), &number.to_be_bytes()].concat()
}

/// The customer behind a person of the vault.
pub fn customer_of(history: &dyn History, person: PersonId) -> Option<u32> {
    let name = name_of(name_kind::PERSON, &[&person.as_u128().to_be_bytes()]);
    let bytes = history.name(&name)?;
    Some(decode_all(&bytes).expect("history returns the number that was put there"))
}

/// The person of the vault behind a customer.
pub fn person_of(history: &dyn History, customer: u32) -> Option<PersonId> {
    let bytes = history.name(&name_of(name_kind::CUSTOMER, &[&customer.to_be_bytes()]))?;
    Some(decode_all(&bytes).expect("history returns the person that was put there"))
}

/// A customer's account at one glance. Amounts in minor units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Overview {
    pub customer: Customer,
    pub balance_minor: u64,
    /// What is free to spend: the balance without what is reserved.
    pub available_minor: u64,
    pub today: LocalDay,
    /// Spent on this day and in this month.
    pub spent_day_minor: u64,
    pub spent_month_minor: u64,
}

impl Wallet {
    pub fn market(&self) -> &Arc<Market> {
        &self.market
    }

    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    pub fn all_customers(&self) -> &Customers {
        &self.customers
    }

    pub fn shops(&self) -> &[Arc<Shop>] {
        &self.shops
    }

    /// Open objects, in no order that means anything.
    pub fn open_objects(&self) -> impl Iterator<Item = &Object> {
        self.open.entries().map(|(_, object)| object)
    }

    /// An object about which something is still to come.
    pub fn open_object(&self, id: u128) -> Option<&Object> {
        self.open.get(&id)
    }

    /// An object, open or closed.
    pub fn object(&self, history: &dyn History, id: u128) -> Option<Object> {
        self.load(history, id)
    }

    pub fn overview(&self, number: u32, now: Timestamp) -> Option<Overview> {
        let customer = *self.customers.get(number)?;
        let account = self.ledger.account(&self.books().customer(number));
        let owed = |balance: i128| u64::try_from(-balance).unwrap_or(0);
        let today = self.market.account.zone.day_of(now);
        let (spent_day_minor, spent_month_minor) = customer.spent().on(today);
        Some(Overview {
            customer,
            balance_minor: account.map_or(0, |account| owed(account.balance())),
            available_minor: account.map_or(0, |account| owed(account.highest())),
            today,
            spent_day_minor,
            spent_month_minor,
        })
    }

    /// What a shop has, in minor units.
    pub fn shop_balance(&self, number: u32) -> u64 {
        let account = self.ledger.account(&self.books().shop(number));
        account.map_or(0, |account| u64::try_from(-account.highest()).unwrap_or(0))
    }

    /// What the wallet owes the network, in minor units.
    pub fn network_payable(&self) -> u64 {
        let account = self.ledger.account(&self.books().own(crate::chart::NETWORK));
        account.map_or(0, |account| u64::try_from(-account.balance()).unwrap_or(0))
    }

    /// The limits of an account, for tests of what they are.
    pub fn limits_of(&self, number: u32) -> Option<Limits> {
        Some(self.ledger.account(&self.books().customer(number))?.limits())
    }
}
