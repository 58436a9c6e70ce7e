//! What must hold after any load: the books balance, nothing is open, what was paid is found.

use anyhow::{Result, bail};
use engine::Engine;
use ids::PaymentId;
use network::Network;
use payment::PaymentState;
use serde::Serialize;

/// The state of all partitions, looked at once.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Books {
    pub accounts: u64,
    /// Payments about which something is still open.
    pub open_payments: u64,
    /// Payments looked up and found paid.
    pub found_paid: u64,
    /// In each currency all balances sum to zero and agree with the open sets.
    pub balanced: bool,
}

/// Looks at one partition between two of its batches.
///
/// Errors: when the books do not balance or a payment of `paid` is not paid.
pub async fn check(engine: &Engine<Network>, paid: Vec<PaymentId>) -> Result<Books> {
    let look = move |machine: &Network, history: &dyn base::History, _: base::Stamp| {
        let fault = machine.ledger().verify().err().map(|fault| format!("{fault:?}"));
        let is_lost = |id: &&PaymentId| {
            let found = machine.payment(history, **id);
            found.is_none_or(|payment| payment.state != PaymentState::Paid)
        };
        let lost = paid.iter().find(is_lost).copied();
        let books = Books {
            accounts: machine.ledger().accounts().count() as u64,
            open_payments: machine.open_count() as u64,
            found_paid: paid.len() as u64,
            balanced: fault.is_none(),
        };
        (books, fault, lost)
    };
    let (books, fault, lost) = engine.read(look).await?;
    if let Some(fault) = fault {
        bail!("the books do not balance: {fault}");
    }
    if let Some(lost) = lost {
        bail!("{lost} was acknowledged as paid and is not");
    }
    Ok(books)
}

impl Books {
    pub fn add(&mut self, other: &Books) {
        self.accounts += other.accounts;
        self.open_payments += other.open_payments;
        self.found_paid += other.found_paid;
        self.balanced &= other.balanced;
    }
}
