//! The network's chart of accounts: which accounts there are, whose they are and what they are
//! called.
//!
//! A balance is debits minus credits, seen from the operator: positive is an asset.

use ids::ParticipantId;
use ledger::{AccountKey, Owner, Purpose};
use money::Currency;

/// What a wallet owes the network. Its ceiling is the wallet's cap.
pub const RECEIVABLE: Purpose = Purpose(1);
/// What the network owes an acquirer.
pub const PAYABLE: Purpose = Purpose(2);
/// The operator's open position in a currency.
pub const FX: Purpose = Purpose(3);
/// The order between its two conversions, in the merchant's currency; zero when nothing is pending.
pub const ORDER: Purpose = Purpose(4);
/// Mark-up on conversions: income.
pub const MARKUP: Purpose = Purpose(5);
/// Network fee: income.
pub const NETWORK_FEE: Purpose = Purpose(6);
/// A wallet's share of what acquirers paid: owed to the wallet.
pub const INTERCHANGE: Purpose = Purpose(7);
/// What rounding to minor units left over.
pub const ROUNDING: Purpose = Purpose(8);
/// Money at the settlement bank.
pub const BANK: Purpose = Purpose(9);

/// The operator itself owns the accounts that belong to no participant.
pub const OPERATOR: Owner = Owner(0);

pub fn of(participant: ParticipantId, purpose: Purpose, currency: Currency) -> AccountKey {
    AccountKey { owner: Owner(u64::from(participant.0)), purpose, currency }
}

pub fn own(purpose: Purpose, currency: Currency) -> AccountKey {
    AccountKey { owner: OPERATOR, purpose, currency }
}

/// The account's name as people read it, such as `mpp/3/receivable/KRW`.
pub fn name(key: AccountKey) -> String {
    let (owner, currency) = (key.owner.0, key.currency.code());
    match key.purpose {
        RECEIVABLE => format!("mpp/{owner}/receivable/{currency}"),
        PAYABLE => format!("acqp/{owner}/payable/{currency}"),
        FX => format!("fx/{currency}"),
        ORDER => format!("order/{currency}"),
        MARKUP => format!("fee/markup/{currency}"),
        NETWORK_FEE => format!("fee/network/{currency}"),
        INTERCHANGE => format!("interchange/{owner}/{currency}"),
        ROUNDING => format!("rounding/{currency}"),
        BANK => format!("bank/{currency}"),
        Purpose(other) => format!("purpose-{other}/{owner}/{currency}"),
    }
}
