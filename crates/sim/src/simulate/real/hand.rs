//! The hand that fills in what customers, shops and the desk ask of a real wallet.

use super::super::dice::Dice;
use super::CUSTOMERS;
use super::market::unit_minor;
use crate::preset::text;
use base::{Timestamp, decode_all, encode};
use ids::Partition;
use money::{Currency, Money};
use std::collections::BTreeMap;
use wallet::command::desk::DeskAct;
use wallet::{Command, Object, Once, Operator, Wallet};

/// Objects of a kind that are chosen from: the newest.
const NEWEST: usize = 10;

/// See the module's text.
pub(crate) struct Hand<'a> {
    pub dice: &'a mut Dice,
    /// Counts the names that were given.
    pub drawn: &'a mut u64,
    pub now: Timestamp,
    pub machine: &'a Wallet,
    pub objects: &'a BTreeMap<u128, Object>,
    /// The name given last, if the command has one.
    pub once: Option<Once>,
}

impl Hand<'_> {
    pub fn currency(&self) -> Currency {
        self.machine.market().account.currency
    }

    pub fn unit(&self) -> u64 {
        unit_minor(self.currency())
    }

    pub fn money(&self, minor: u64) -> Money {
        Money::new(minor, self.currency()).expect("amounts of this world are small")
    }

    pub fn id<T>(&mut self, make: fn(u64, Partition, u128) -> T) -> T {
        // Below what the machine gives itself.
        make(self.now.millis(), Partition(0), self.dice.wide() >> 64)
    }

    pub fn digest(&mut self) -> [u8; 32] {
        let mut digest = [0; 32];
        digest[..16].copy_from_slice(&self.dice.wide().to_be_bytes());
        digest[16..].copy_from_slice(&self.dice.wide().to_be_bytes());
        digest
    }

    pub fn once(&mut self) -> Once {
        *self.drawn += 1;
        let once = Once { key: text(&format!("k{}", self.drawn)), digest: self.digest() };
        self.once = Some(once.clone());
        once
    }

    pub fn customer(&mut self) -> u32 {
        u32::try_from(self.dice.below(u64::from(CUSTOMERS))).expect("fewer than the customers")
    }

    /// Up to so many units.
    pub fn amount(&mut self, most: u64) -> u64 {
        let unit = self.unit();
        self.dice.between(1, most * unit)
    }

    /// One of the newest objects of a kind.
    pub fn one<T>(&mut self, kind: impl Fn(&Object) -> Option<T>) -> Option<T> {
        let newest = self.objects.values().rev().filter_map(kind).take(NEWEST);
        let mut found: Vec<T> = newest.collect();
        let count = found.len();
        (count > 0).then(|| found.swap_remove(self.dice.index(count)))
    }

    /// What a customer can spend now.
    pub fn available(&self, customer: u32) -> u64 {
        self.machine.overview(customer, self.now).map_or(0, |it| it.available_minor)
    }

    /// A shop, and who runs it.
    pub fn shop(&mut self) -> Option<(u32, u32)> {
        let shops = self.machine.shops();
        let shop = shops.get(self.dice.index(shops.len().max(1)))?;
        Some((shop.number, shop.owner))
    }
}

/// Somebody at the operator's desk does something.
pub(crate) fn desk(who: &str, act: DeskAct) -> Command {
    Command::Desk { by: Operator { who: text(who), why: text("simulation") }, act: Box::new(act) }
}

/// The same command, under the same name, for something else.
pub(crate) fn altered(command: &Command, once: &Once) -> Option<Command> {
    let mut bytes = encode(command);
    let place = bytes.windows(32).position(|part| part == once.digest)?;
    bytes[place] ^= 1;
    decode_all(&bytes).ok()
}
