//! A participant's contract: products, places, currencies, fees, limits and caps.

use crate::{Country, Mcc, Product};
use base::{codec_enum, codec_struct};
use money::{Currency, Money};

/// An inclusive range of merchant categories.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MccRange {
    pub first: Mcc,
    pub last: Mcc,
}
codec_struct!(MccRange { first, last });

impl MccRange {
    pub fn contains(&self, mcc: Mcc) -> bool {
        self.first <= mcc && mcc <= self.last
    }
}

impl std::fmt::Display for MccRange {
    /// As the operations API writes it: `5812`, or `5811-5814`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.first == self.last {
            true => write!(f, "{}", self.first),
            false => write!(f, "{}-{}", self.first, self.last),
        }
    }
}

/// Whether wallet and merchant are of one country.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    Domestic,
    CrossBorder,
}
codec_enum!(Reach { 0 = Domestic, 1 = CrossBorder });

/// What an acquirer pays for a payment: in basis points of the settlement amount plus a fixed part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Fees {
    /// Wallet's share.
    pub interchange_bps: u32,
    pub interchange_fixed_minor: u64,
    /// Network's share.
    pub network_bps: u32,
    pub network_fixed_minor: u64,
}
codec_struct!(Fees { interchange_bps, interchange_fixed_minor, network_bps, network_fixed_minor });

/// Fees for some payments; the first rule that fits counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FeeRule {
    pub mcc: Option<MccRange>,
    pub reach: Option<Reach>,
    /// Fixed parts are in this currency; a rule fits only payments settled in it. `None` needs zero
    /// fixed parts.
    pub currency: Option<Currency>,
    pub fees: Fees,
}
codec_struct!(FeeRule { mcc, reach, currency, fees });

/// Terms between the network and one participant. Empty lists mean "any".
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Contract {
    /// Counts the changes, from 0; each payment stores the version that priced it.
    pub version: u32,
    pub products: Vec<Product>,
    /// Where the wallet's users may pay, or where the acquirer's merchants may be.
    pub countries: Vec<Country>,
    /// Currencies in which an acquirer may ask for payment.
    pub order_currencies: Vec<Currency>,
    /// A wallet settles in the first; an acquirer chooses one per payment.
    pub settlement_currencies: Vec<Currency>,
    pub fees: Vec<FeeRule>,
    /// Added to the mid rate for a wallet, taken off it for an acquirer.
    pub markup_bps: u32,
    /// Smallest and largest payment, by the currency asked for.
    pub min_payments: Vec<Money>,
    pub max_payments: Vec<Money>,
    pub blocked_mccs: Vec<MccRange>,
    /// Largest payment for some categories.
    pub mcc_limits: Vec<(MccRange, Money)>,
    /// The most a wallet may owe, per settlement currency: net debit cap, or zero with prefunding.
    pub caps: Vec<Money>,
    /// The most that one agreement of a user may take in 30 days, per settlement currency of the
    /// wallet; no entry means no such limit.
    pub debit_allowances: Vec<Money>,
    /// `true`: the wallet decides about each merchant. `false`: merchants are reported and taken as
    /// approved.
    pub approves_merchants: bool,
    /// Whether a refund gives these back to the acquirer.
    pub refund_returns_interchange: bool,
    pub refund_returns_network_fee: bool,
}
codec_struct!(Contract {
    version,
    products,
    countries,
    order_currencies,
    settlement_currencies,
    fees,
    markup_bps,
    min_payments,
    max_payments,
    blocked_mccs,
    mcc_limits,
    caps,
    debit_allowances,
    approves_merchants,
    refund_returns_interchange,
    refund_returns_network_fee,
});

/// Why a contract cannot be: it names the field and the remedy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContractError {
    NoSettlementCurrency,
    FeesTooHigh { rule: usize },
    FixedFeeWithoutCurrency { rule: usize },
    MarkupTooHigh,
    TooLong { field: &'static str },
    EmptyMccRange,
}

impl std::fmt::Display for ContractError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            ContractError::NoSettlementCurrency => {
                write!(f, "settlementCurrencies: name at least one currency")
            }
            ContractError::FeesTooHigh { rule } => write!(
                f,
                "fees[{rule}]: interchange and network fee together must stay below {MAX_FEES_BPS} basis points"
            ),
            ContractError::FixedFeeWithoutCurrency { rule } => {
                write!(f, "fees[{rule}]: a fixed fee needs the rule's currency")
            }
            ContractError::MarkupTooHigh => {
                write!(f, "markupBps: must be at most {MAX_MARKUP_BPS}")
            }
            ContractError::TooLong { field } => {
                write!(f, "{field}: at most {MAX_RULES} entries")
            }
            ContractError::EmptyMccRange => {
                write!(f, "mcc: the first category of a range must not be above the last")
            }
        }
    }
}

impl std::error::Error for ContractError {}

/// Fees of a rule together stay below half of the amount, so that the acquirer's net is never
/// negative.
pub const MAX_FEES_BPS: u32 = 5_000;
pub const MAX_MARKUP_BPS: u32 = 2_000;
pub const MAX_RULES: usize = 1_000;

impl Contract {
    pub fn check(&self) -> Result<(), ContractError> {
        if self.settlement_currencies.is_empty() {
            return Err(ContractError::NoSettlementCurrency);
        }
        if self.markup_bps > MAX_MARKUP_BPS {
            return Err(ContractError::MarkupTooHigh);
        }
        for (field, count) in [
            ("fees", self.fees.len()),
            ("mccLimits", self.mcc_limits.len()),
            ("blockedMccs", self.blocked_mccs.len()),
            ("countries", self.countries.len()),
            ("caps", self.caps.len()),
            ("debitAllowances", self.debit_allowances.len()),
        ] {
            if count > MAX_RULES {
                return Err(ContractError::TooLong { field });
            }
        }
        for (rule, line) in self.fees.iter().enumerate() {
            let fees = line.fees;
            if fees.interchange_bps.saturating_add(fees.network_bps) > MAX_FEES_BPS {
                return Err(ContractError::FeesTooHigh { rule });
            }
            let is_fixed = fees.interchange_fixed_minor > 0 || fees.network_fixed_minor > 0;
            if is_fixed && line.currency.is_none() {
                return Err(ContractError::FixedFeeWithoutCurrency { rule });
            }
        }
        let ranges = self.blocked_mccs.iter().chain(self.mcc_limits.iter().map(|(range, _)| range));
        let ranges = ranges.chain(self.fees.iter().filter_map(|rule| rule.mcc.as_ref()));
        for range in ranges {
            if range.first > range.last {
                return Err(ContractError::EmptyMccRange);
            }
        }
        Ok(())
    }

    pub fn covers_product(&self, product: Product) -> bool {
        self.products.is_empty() || self.products.contains(&product)
    }
    pub fn covers_country(&self, country: Country) -> bool {
        self.countries.is_empty() || self.countries.contains(&country)
    }
    pub fn may_order_in(&self, currency: Currency) -> bool {
        self.order_currencies.is_empty() || self.order_currencies.contains(&currency)
    }
    pub fn settles_in(&self, currency: Currency) -> bool {
        self.settlement_currencies.contains(&currency)
    }
    /// The cap in this currency; `None` means no cap was agreed.
    pub fn cap(&self, currency: Currency) -> Option<Money> {
        self.caps.iter().copied().find(|cap| cap.currency() == currency)
    }

    /// The most that one agreement may take in 30 days, in this currency; `None` means no limit.
    pub fn debit_allowance(&self, currency: Currency) -> Option<Money> {
        self.debit_allowances.iter().copied().find(|limit| limit.currency() == currency)
    }

    /// Fees of the first rule that fits; none when no rule fits.
    pub fn fees_for(&self, mcc: Mcc, reach: Reach, settlement: Currency) -> Fees {
        self.fees
            .iter()
            .find(|rule| {
                rule.mcc.is_none_or(|range| range.contains(mcc))
                    && rule.reach.is_none_or(|r| r == reach)
                    && rule.currency.is_none_or(|c| c == settlement)
            })
            .map_or_else(Fees::default, |rule| rule.fees)
    }

    pub fn blocks_mcc(&self, mcc: Mcc) -> bool {
        self.blocked_mccs.iter().any(|range| range.contains(mcc))
    }

    /// Does a limit in the currency of `amount` forbid it?
    pub fn is_outside_limits(&self, amount: Money, mcc: Mcc) -> bool {
        let same = |limit: &&Money| limit.currency() == amount.currency();
        let below = self.min_payments.iter().find(same).is_some_and(|m| amount.minor() < m.minor());
        let above = self.max_payments.iter().find(same).is_some_and(|m| amount.minor() > m.minor());
        let above_mcc = self.mcc_limits.iter().any(|(range, limit)| {
            range.contains(mcc) && same(&limit) && amount.minor() > limit.minor()
        });
        below || above || above_mcc
    }
}
