//! A wallet that has its customers from the beginning: for benchmarks and tests, which would wait
//! for hours if they registered a hundred million of them by commands.
//!
//! What registration leaves in history is not there: nobody is found by person, and none of these
//! customers has a name in the index. A program that serves people never begins like this.

use crate::{Market, Wallet};
use account::Customer;
use ids::Partition;
use ledger::Ledger;

/// Room for accounts of shops, billers and the operator in the index, so that it is not made anew
/// when they open: at a hundred million the index would be twice as large.
const OTHER_ACCOUNTS: usize = 65_536;

impl Wallet {
    /// The machine of an empty log whose `customers`, numbered from 0, are registered in the lowest
    /// tier and have each topped up `balance_minor` from the bank: the float holds as much as is
    /// owed to them.
    ///
    /// Errors: the market's own, and a balance that the lowest tier does not allow.
    pub fn with_customers(
        partition: Partition,
        market: Market,
        customers: u32,
        balance_minor: u64,
    ) -> Result<Wallet, String> {
        market.check().map_err(|error| error.to_string())?;
        let mut wallet = Wallet::new(partition, market);
        let mut ledger = Ledger::with_capacity(customers as usize + OTHER_ACCOUNTS);
        for (key, account) in wallet.ledger.accounts() {
            ledger.set_limits(*key, account.limits());
        }
        wallet.ledger = ledger;
        for _ in 0..customers {
            let since = account::LocalDay::default();
            let added = wallet.customers.add(Customer::new(0, since));
            let number = added.ok_or("a wallet has at most 2^32 - 1 customers")?;
            wallet.set_cap(number);
            if balance_minor > 0 {
                let set = wallet.books().bank_in(number, balance_minor);
                wallet.ledger.post(&set).map_err(|refusal| refusal.to_string())?;
            }
        }
        Ok(wallet)
    }
}
