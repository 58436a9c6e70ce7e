//! A biller's entry in the directory.

use super::format::{AccountFormat, FormatFault};
use super::life::BillRefusal;
use crate::fault::must;
use crate::{PayPlan, RuleFault};
use base::{Codec, DecodeError, Reader, Span, codec_enum, codec_struct};
use money::Money;

/// Most forms that a biller's account numbers have.
pub const MAX_FORMATS: usize = 8;
/// Most amounts in a fixed list.
pub const MAX_AMOUNTS: usize = 32;

/// Under which heading the app lists a biller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Category {
    Electricity,
    Water,
    Gas,
    Telephone,
    Internet,
    Television,
    Airtime,
    Insurance,
    School,
    Government,
    Other,
}
codec_enum!(Category {
    0 = Electricity,
    1 = Water,
    2 = Gas,
    3 = Telephone,
    4 = Internet,
    5 = Television,
    6 = Airtime,
    7 = Insurance,
    8 = School,
    9 = Government,
    10 = Other,
});

/// Which amounts a biller takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AmountRule {
    /// One of a list in rising order, as airtime is sold.
    Fixed { amounts: Vec<Money> },
    /// Any between two bounds, both included.
    Free { least: Money, most: Money },
    /// What the biller says is due, exactly; never more than `most`.
    Presented { most: Money },
}
codec_enum!(AmountRule {
    0 = Fixed { amounts },
    1 = Free { least, most },
    2 = Presented { most },
});

/// What is said of a biller; checked by [`Biller::new`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BillerRules {
    /// The merchant who gets the money.
    pub biller: u32,
    pub category: Category,
    /// One of these an account number has.
    pub formats: Vec<AccountFormat>,
    pub amounts: AmountRule,
    /// What the customer pays besides, for the wallet; may be zero.
    pub fee: Money,
    /// How long a checked account may wait to be paid.
    pub check_good_for: Span,
    /// For so long after the payment was sent, that the biller does not know it proves nothing: it
    /// may still be on its way.
    pub settle: Span,
    /// How often in a row a biller must say, after that time, that it does not know the payment.
    pub not_known_needed: u8,
}
codec_struct!(BillerRules {
    biller,
    category,
    formats,
    amounts,
    fee,
    check_good_for,
    settle,
    not_known_needed,
});

/// A biller whose rules hold together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Biller(BillerRules);

impl Biller {
    /// Error: the first field that is wrong.
    pub fn new(rules: BillerRules) -> Result<Biller, RuleFault> {
        must((1..=MAX_FORMATS).contains(&rules.formats.len()), "formats", "must be 1 to 8")?;
        let currency = rules.fee.currency();
        let is_good = |amount: &Money| amount.currency() == currency && !amount.is_zero();
        match &rules.amounts {
            AmountRule::Fixed { amounts } => {
                let count = (1..=MAX_AMOUNTS).contains(&amounts.len());
                must(count, "amounts", "must be 1 to 32")?;
                let good = amounts.iter().all(is_good);
                must(good, "amounts", "must be above zero, in the currency of `fee`")?;
                let rising = amounts.is_sorted_by(|a, b| a.minor() < b.minor());
                must(rising, "amounts", "must rise")?;
            }
            AmountRule::Free { least, most } => {
                must(is_good(least), "least", "must be above zero, in the currency of `fee`")?;
                must(is_good(most), "most", "must be above zero, in the currency of `fee`")?;
                must(least.minor() <= most.minor(), "most", "must not be below `least`")?;
            }
            AmountRule::Presented { most } => {
                must(is_good(most), "most", "must be above zero, in the currency of `fee`")?;
            }
        }
        must(rules.check_good_for.nanos() > 0, "check_good_for", "must be above zero")?;
        must(rules.not_known_needed > 0, "not_known_needed", "must be above zero")?;
        Ok(Biller(rules))
    }

    pub fn rules(&self) -> &BillerRules {
        &self.0
    }

    /// Does an account number have one of the biller's forms? For the edge, before it asks.
    ///
    /// Error: what is wrong with it by the form that it fits best, which is the one that it fails
    /// last.
    pub fn check_account(&self, account: &str) -> Result<(), FormatFault> {
        let tried = self.0.formats.iter().map(|format| format.check(account));
        let rank = |result: &Result<(), FormatFault>| match result {
            Err(FormatFault::Length { .. }) => (0, 0),
            Err(FormatFault::Character { at }) => (1, *at),
            Err(FormatFault::CheckDigits) => (2, 0),
            Ok(()) => (3, 0),
        };
        tried.max_by_key(rank).unwrap_or(Err(FormatFault::CheckDigits))
    }

    /// May this amount be paid, and what does it cost? `due` is what the biller said is due.
    ///
    /// Errors: `OtherCurrency`, `AmountNotOffered`, `NothingDue`, `NotTheAmountDue`, `AboveMost`.
    pub fn plan(&self, amount: Money, due: Option<Money>) -> Result<PayPlan, BillRefusal> {
        if amount.currency() != self.0.fee.currency() {
            return Err(BillRefusal::OtherCurrency);
        }
        match &self.0.amounts {
            AmountRule::Fixed { amounts } if !amounts.contains(&amount) => {
                return Err(BillRefusal::AmountNotOffered);
            }
            AmountRule::Free { least, .. } if amount.minor() < least.minor() => {
                return Err(BillRefusal::AmountNotOffered);
            }
            AmountRule::Presented { .. } => {
                let due = due.filter(|due| !due.is_zero()).ok_or(BillRefusal::NothingDue)?;
                if due != amount {
                    return Err(BillRefusal::NotTheAmountDue { due });
                }
            }
            AmountRule::Fixed { .. } | AmountRule::Free { .. } => {}
        }
        let (AmountRule::Free { most, .. } | AmountRule::Presented { most }) = &self.0.amounts
        else {
            return self.with_fee(amount);
        };
        if amount.minor() > most.minor() {
            return Err(BillRefusal::AboveMost { most: *most });
        }
        self.with_fee(amount)
    }

    fn with_fee(&self, amount: Money) -> Result<PayPlan, BillRefusal> {
        PayPlan::on_top(amount, self.0.fee).map_err(|_| BillRefusal::AmountNotOffered)
    }
}

impl Codec for Biller {
    fn encode(&self, out: &mut Vec<u8>) {
        self.0.encode(out);
    }
    fn decode(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let rules = BillerRules::decode(input)?;
        Biller::new(rules).map_err(|_| input.expected("rules of a biller"))
    }
}
