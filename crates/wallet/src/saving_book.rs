//! What the machine keeps of the savings product: the fund, its savers, and how far the rounds over
//! all of them have come.
//!
//! A round goes over the customers in the order of their numbers, a bounded piece with each tick,
//! so that no number of customers holds up the writer. It needs no list of its own: who never
//! switched savings on is one failed look-up.

use base::{Span, Table, Timestamp, codec_struct};
use ids::SavingId;
use savings::{Fund, LocalDay, Saver, SavingsRules};
use std::collections::BTreeMap;

/// Customers that one piece of a round looks at, and savers that it does something for, at most.
pub(crate) const LOOKS_PER_PIECE: u32 = 20_000;
pub(crate) const ACTS_PER_PIECE: u32 = 500;
/// Until the next piece: others get their turn.
pub(crate) const NEXT_PIECE: Span = Span::millis(1);
/// How long before the cut-off idle balance is swept.
const SWEEP_BEFORE: Span = Span::minutes(30);

/// See the module's text.
#[derive(Clone, Debug, Default)]
pub(crate) struct SavingBook {
    pub fund: Fund,
    /// Customers who ever switched savings on.
    pub savers: Table<u32, Saver>,
    /// When idle balance is swept next; none before the first saver.
    pub sweep_at: Option<Timestamp>,
    /// The customer with whom the sweep goes on.
    pub sweep_from: u32,
    /// A price has come, and due orders are dealt from this customer on.
    pub deal_from: Option<u32>,
    /// Days up to this one were told to the fund.
    pub filed: Option<LocalDay>,
    /// Those of them that it has not settled.
    pub unsettled: BTreeMap<LocalDay, SavingId>,
}
codec_struct!(SavingBook { fund, savers, sweep_at, sweep_from, deal_from, filed, unsettled });

impl SavingBook {
    /// Do orders of this saver wait for a price that has come?
    pub fn is_due(&self, saver: &Saver) -> bool {
        let Some(last) = self.fund.prices().last() else { return false };
        let mut days = saver.subscriptions().map(|(day, _)| day).chain(saver.redeem_day());
        days.any(|day| day <= last.day)
    }

    /// Has nobody anything in it, so that it can be given up?
    pub fn is_empty(&self) -> bool {
        let totals = self.fund.totals();
        [totals.units, totals.advanced_units, totals.subscribing_minor] == [0; 3]
            && self.unsettled.is_empty()
    }
}

/// The next time at which idle balance is swept. None when the calendar ends.
pub(crate) fn next_sweep(now: Timestamp, rules: &SavingsRules) -> Option<Timestamp> {
    let calendar = rules.calendar();
    let day = calendar.dealing_day(now)?;
    let at = calendar.closes(day).before(SWEEP_BEFORE);
    if at > now {
        return Some(at);
    }
    Some(calendar.closes(calendar.next_dealing(day)?).before(SWEEP_BEFORE))
}
