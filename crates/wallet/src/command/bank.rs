//! Money in and out: banks and agents. Amounts in minor units.

use crate::objects::BankWay;
use crate::{Once, ShopNumber};
use base::{Timestamp, codec_enum, codec_struct};
use ids::{BankMoveId, CashId, NoteId};

/// A customer moves money from or to a bank account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MoveMoney {
    pub id: BankMoveId,
    pub customer: u32,
    pub way: BankWay,
    pub amount_minor: u64,
    /// Which account at the bank: its number is in the vault.
    pub bank_account: NoteId,
    pub once: Once,
}
codec_struct!(MoveMoney { id, customer, way, amount_minor, bank_account, once });

/// A customer wants cash from an agent: whoever brings the code gets it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallCash {
    pub id: CashId,
    pub customer: u32,
    pub amount_minor: u64,
    /// Keyed digest of the one-time code and the customer.
    pub code: [u8; 32],
    pub until: Timestamp,
    pub once: Once,
}
codec_struct!(CallCash { id, customer, amount_minor, code, until, once });

/// An agent took cash from a customer, or gives cash for a code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TakeCash {
    pub id: CashId,
    /// The shop that is the agent, and the customer who runs it.
    pub agent: ShopNumber,
    pub by: u32,
    pub customer: u32,
    pub amount_minor: u64,
    pub once: Once,
}
codec_struct!(TakeCash { id, agent, by, customer, amount_minor, once });

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BankCommand {
    Move(MoveMoney),
    CallCash(CallCash),
    /// The customer does not want the cash any more.
    EndCash {
        customer: u32,
        id: CashId,
    },
    /// The agent counted out the cash.
    GiveCash {
        agent: ShopNumber,
        by: u32,
        code: [u8; 32],
    },
    TakeCash(TakeCash),
}
codec_enum!(BankCommand {
    0 = Move(it),
    1 = CallCash(it),
    2 = EndCash { customer, id },
    3 = GiveCash { agent, by, code },
    4 = TakeCash(it),
});
