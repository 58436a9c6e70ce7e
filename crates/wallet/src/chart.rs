//! The wallet's chart of accounts: which accounts there are, whose they are and what they are
//! called.
//!
//! A balance is debits minus credits, seen from the operator: positive is an asset. What customers
//! and shops have is owed to them, so their balances are never above zero: that is the ceiling
//! which no payment passes. How much a customer may hold is the account's floor.

use ledger::{AccountKey, Owner, Purpose};
use money::Currency;

/// Money at the trust bank.
pub const FLOAT: Purpose = Purpose(1);
/// What a customer has.
pub const BALANCE: Purpose = Purpose(2);
/// What one of the wallet's own shops has.
pub const SHOP: Purpose = Purpose(3);
/// What the wallet owes the network for payments abroad.
pub const NETWORK: Purpose = Purpose(4);
/// Fees: income.
pub const FEES: Purpose = Purpose(5);
/// Left a customer's account and has not arrived: transfers that wait, cash that is called for.
pub const HELD: Purpose = Purpose(6);
/// What is in red packets.
pub const PACKETS: Purpose = Purpose(7);
/// What is left on gift coupons.
pub const GIFTS: Purpose = Purpose(8);
/// What the fund is owed for orders that were dealt, or owes, until it is settled.
pub const FUND: Purpose = Purpose(9);
/// What a biller is owed.
pub const BILLER: Purpose = Purpose(10);
/// What belongs to people who have no account any more.
pub const UNCLAIMED: Purpose = Purpose(11);
/// Corrections by two employees.
pub const ADJUSTMENTS: Purpose = Purpose(12);
/// What rounding to minor units left over.
pub const ROUNDING: Purpose = Purpose(13);
/// Cash of customers that waits for the fund's price.
pub const SAVINGS: Purpose = Purpose(14);
/// What customers got at once for units that the fund has still to pay.
pub const POOL: Purpose = Purpose(15);
/// What those units were worth beyond it, or below it, when the fund paid.
pub const POOL_GAIN: Purpose = Purpose(16);

/// The operator itself owns the accounts that belong to nobody else.
pub const OPERATOR: Owner = Owner(0);

/// Customers and shops are numbered from 0, owners from 1: 0 is the operator.
pub fn of_customer(number: u32, currency: Currency) -> AccountKey {
    AccountKey { owner: Owner(u64::from(number) + 1), purpose: BALANCE, currency }
}

pub fn of_shop(number: u32, currency: Currency) -> AccountKey {
    AccountKey { owner: Owner(u64::from(number) + 1), purpose: SHOP, currency }
}

pub fn of_biller(number: u32, currency: Currency) -> AccountKey {
    AccountKey { owner: Owner(u64::from(number) + 1), purpose: BILLER, currency }
}

pub fn own(purpose: Purpose, currency: Currency) -> AccountKey {
    AccountKey { owner: OPERATOR, purpose, currency }
}

/// The account's name as people read it, such as `customer/3/balance/PHP`.
pub fn name(key: AccountKey) -> String {
    let (number, currency) = (key.owner.0.wrapping_sub(1), key.currency.code());
    match key.purpose {
        FLOAT => format!("float/{currency}"),
        BALANCE => format!("customer/{number}/balance/{currency}"),
        SHOP => format!("shop/{number}/balance/{currency}"),
        NETWORK => format!("network/payable/{currency}"),
        FEES => format!("fees/{currency}"),
        HELD => format!("held/{currency}"),
        PACKETS => format!("packets/{currency}"),
        GIFTS => format!("gifts/{currency}"),
        FUND => format!("fund/payable/{currency}"),
        BILLER => format!("biller/{number}/payable/{currency}"),
        UNCLAIMED => format!("unclaimed/{currency}"),
        ADJUSTMENTS => format!("adjustments/{currency}"),
        ROUNDING => format!("rounding/{currency}"),
        SAVINGS => format!("savings/waiting/{currency}"),
        POOL => format!("savings/pool/{currency}"),
        POOL_GAIN => format!("savings/pool-gain/{currency}"),
        Purpose(other) => format!("purpose-{other}/{}/{currency}", key.owner.0),
    }
}
