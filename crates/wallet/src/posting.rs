//! Posting templates: the transfers of one business act. Each transfer debits and credits the same
//! amount, so that every template balances; what it means to whom stands here, once.

use crate::chart::{
    self, FEES, FLOAT, FUND, GIFTS, HELD, NETWORK, PACKETS, POOL, POOL_GAIN, ROUNDING, SAVINGS,
};
use ledger::{AccountKey, Transfer};
use money::Currency;

/// Money from one account to another; nothing when the amount is nothing.
fn moved(parts: &[(AccountKey, AccountKey, u64)]) -> Vec<Transfer> {
    let some = parts.iter().filter(|(_, _, amount_minor)| *amount_minor > 0);
    some.map(|&(debit, credit, amount_minor)| Transfer { debit, credit, amount_minor }).collect()
}

/// The accounts of one wallet, which has one currency.
#[derive(Clone, Copy, Debug)]
pub struct Books {
    pub currency: Currency,
}

impl Books {
    pub fn customer(self, number: u32) -> AccountKey {
        chart::of_customer(number, self.currency)
    }
    pub fn shop(self, number: u32) -> AccountKey {
        chart::of_shop(number, self.currency)
    }
    pub fn biller(self, number: u32) -> AccountKey {
        chart::of_biller(number, self.currency)
    }
    pub fn own(self, purpose: ledger::Purpose) -> AccountKey {
        chart::own(purpose, self.currency)
    }

    /// From one account to another, and a fee from the first.
    pub fn pay(self, from: AccountKey, to: AccountKey, amount: u64, fee: u64) -> Vec<Transfer> {
        moved(&[(from, to, amount), (from, self.own(FEES), fee)])
    }

    /// Leaves the customer and waits.
    pub fn hold(self, customer: u32, amount: u64, fee: u64) -> Vec<Transfer> {
        let from = self.customer(customer);
        moved(&[(from, self.own(HELD), amount), (from, self.own(FEES), fee)])
    }

    /// What waited arrives.
    pub fn arrive(self, to: AccountKey, amount: u64) -> Vec<Transfer> {
        moved(&[(self.own(HELD), to, amount)])
    }

    /// What waited goes back, with the fee.
    pub fn unhold(self, to: AccountKey, amount: u64, fee: u64) -> Vec<Transfer> {
        moved(&[(self.own(HELD), to, amount), (self.own(FEES), to, fee)])
    }

    /// A top-up: the trust bank has more, and so does the customer.
    pub fn bank_in(self, customer: u32, amount: u64) -> Vec<Transfer> {
        moved(&[(self.own(FLOAT), self.customer(customer), amount)])
    }

    /// A withdrawal with its fee.
    pub fn bank_out(self, customer: u32, amount: u64, fee: u64) -> Vec<Transfer> {
        let from = self.customer(customer);
        moved(&[(from, self.own(FLOAT), amount), (from, self.own(FEES), fee)])
    }

    /// A payment abroad: owed to the network from now on.
    pub fn pay_network(self, customer: u32, price: u64) -> Vec<Transfer> {
        moved(&[(self.customer(customer), self.own(NETWORK), price)])
    }

    /// The network gives back, whole or in part.
    pub fn network_back(self, to: AccountKey, price: u64) -> Vec<Transfer> {
        moved(&[(self.own(NETWORK), to, price)])
    }

    /// The wallet pays the network what it owes.
    pub fn settle_network(self, amount: u64) -> Vec<Transfer> {
        moved(&[(self.own(NETWORK), self.own(FLOAT), amount)])
    }

    /// Cash begins to wait for the fund's price.
    pub fn save(self, customer: u32, amount: u64) -> Vec<Transfer> {
        moved(&[(self.customer(customer), self.own(SAVINGS), amount)])
    }

    /// Cash from savings at once: some still waited, some is paid by the pool.
    pub fn draw(self, customer: u32, recalled: u64, redeemed: u64) -> Vec<Transfer> {
        let to = self.customer(customer);
        moved(&[(self.own(SAVINGS), to, recalled), (self.own(POOL), to, redeemed)])
    }

    /// Cash that waited became units: owed to the fund.
    pub fn fund_takes(self, amount: u64) -> Vec<Transfer> {
        moved(&[(self.own(SAVINGS), self.own(FUND), amount)])
    }

    /// Units became cash: the fund owes it.
    pub fn fund_pays(self, to: AccountKey, amount: u64) -> Vec<Transfer> {
        moved(&[(self.own(FUND), to, amount)])
    }

    /// The fund owes the pool `proceeds` for units that the pool had paid `advanced` for.
    pub fn pool_redeems(self, advanced: u64, proceeds: u64) -> Vec<Transfer> {
        let (fund, pool, gain) = (self.own(FUND), self.own(POOL), self.own(POOL_GAIN));
        moved(&[
            (fund, pool, advanced.min(proceeds)),
            (fund, gain, proceeds.saturating_sub(advanced)),
            (gain, pool, advanced.saturating_sub(proceeds)),
        ])
    }

    /// What rounding left with the fund, and it owes.
    pub fn fund_rounding(self, amount: u64) -> Vec<Transfer> {
        moved(&[(self.own(FUND), self.own(ROUNDING), amount)])
    }

    /// A day is settled: the fund got what was subscribed, and paid what was redeemed.
    pub fn settle_fund(self, subscribed: u64, paid: u64) -> Vec<Transfer> {
        let (fund, float) = (self.own(FUND), self.own(FLOAT));
        moved(&[(fund, float, subscribed), (float, fund, paid)])
    }

    /// Into a red packet.
    pub fn into_packet(self, sender: u32, total: u64) -> Vec<Transfer> {
        moved(&[(self.customer(sender), self.own(PACKETS), total)])
    }

    /// A share of a red packet, or its rest.
    pub fn out_of_packet(self, to: AccountKey, amount: u64) -> Vec<Transfer> {
        moved(&[(self.own(PACKETS), to, amount)])
    }

    /// A gift coupon is bought: its price is owed from now on.
    pub fn buy_gift(self, buyer: u32, price: u64) -> Vec<Transfer> {
        moved(&[(self.customer(buyer), self.own(GIFTS), price)])
    }

    /// What one step takes out of a gift coupon, and to whom.
    pub fn out_of_gift(self, parts: &[(AccountKey, u64)]) -> Vec<Transfer> {
        let gifts = self.own(GIFTS);
        let parts: Vec<_> = parts.iter().map(|&(to, amount)| (gifts, to, amount)).collect();
        moved(&parts)
    }

    /// What was held for a ride: the fare with its fee, and the rest to whom it was held for.
    pub fn pay_fare(
        self,
        carrier: AccountKey,
        (payee, fee): (u64, u64),
        (home, rest): (AccountKey, u64),
    ) -> Vec<Transfer> {
        let held = self.own(HELD);
        moved(&[(held, carrier, payee), (held, self.own(FEES), fee), (held, home, rest)])
    }

    /// A shop gives back what it got, and the wallet its fee.
    pub fn give_back(
        self,
        till: AccountKey,
        home: AccountKey,
        (payee, fee): (u64, u64),
    ) -> Vec<Transfer> {
        moved(&[(till, home, payee), (self.own(FEES), home, fee)])
    }

    /// The wallet pays a biller what it owes.
    pub fn settle_biller(self, number: u32, amount: u64) -> Vec<Transfer> {
        moved(&[(self.biller(number), self.own(FLOAT), amount)])
    }
}
