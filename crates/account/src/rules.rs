//! What a market allows its customers: tiers with limits, fees, rules for new payees and for PINs.

use crate::{LocalDay, Zone};
use base::{Span, Text, codec_struct};
use money::Currency;
use std::collections::BTreeSet;

/// Tiers of one market, at most.
pub const MAX_TIERS: usize = 8;

/// A rule that makes no sense: the field and what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleError {
    pub field: String,
    pub problem: &'static str,
}

impl RuleError {
    pub fn new(field: impl Into<String>, problem: &'static str) -> RuleError {
        RuleError { field: field.into(), problem }
    }
}

impl std::fmt::Display for RuleError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.field, self.problem)
    }
}

impl std::error::Error for RuleError {}

/// How far a customer is known, and what that allows. Amounts in minor units of the market's
/// currency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tier {
    pub name: Text<32>,
    /// The most that may leave the account at once.
    pub payment_minor: u64,
    /// The most that may leave it on one day, and in one month, of the market's calendar.
    pub day_minor: u64,
    pub month_minor: u64,
    /// The most that may be on it.
    pub balance_minor: u64,
}
codec_struct!(Tier { name, payment_minor, day_minor, month_minor, balance_minor });

impl Tier {
    /// Limits of one payment, a day, a month, and the balance. `None` when the name is no text.
    pub fn new(name: &str, limits: [u64; 4]) -> Option<Tier> {
        let [payment_minor, day_minor, month_minor, balance_minor] = limits;
        let name = Text::new(name).ok()?;
        Some(Tier { name, payment_minor, day_minor, month_minor, balance_minor })
    }

    fn check(&self, field: &str) -> Result<(), RuleError> {
        let bad = |name: &str, problem| Err(RuleError::new(format!("{field}.{name}"), problem));
        if self.payment_minor == 0 {
            return bad("payment", "must be at least 1");
        }
        if self.day_minor < self.payment_minor {
            return bad("day", "must not be lower than the limit of one payment");
        }
        if self.month_minor < self.day_minor {
            return bad("month", "must not be lower than the limit of a day");
        }
        if self.balance_minor == 0 {
            return bad("balance", "must be at least 1");
        }
        Ok(())
    }
}

/// What a service costs: a fixed part and a share, within bounds, in minor units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fee {
    pub fixed_minor: u64,
    pub share_bps: u16,
    pub least_minor: u64,
    pub most_minor: u64,
}
codec_struct!(Fee { fixed_minor, share_bps, least_minor, most_minor });

impl Fee {
    pub const NONE: Fee = Fee { fixed_minor: 0, share_bps: 0, least_minor: 0, most_minor: 0 };

    /// The fee of an amount; the share is rounded down.
    pub fn of(self, amount_minor: u64) -> u64 {
        let share = u128::from(amount_minor) * u128::from(self.share_bps) / 10_000;
        let fee = share + u128::from(self.fixed_minor);
        let fee = fee.clamp(u128::from(self.least_minor), u128::from(self.most_minor));
        u64::try_from(fee).unwrap_or(self.most_minor)
    }

    fn check(self, field: &str) -> Result<(), RuleError> {
        if self.share_bps > 10_000 {
            return Err(RuleError::new(format!("{field}.share_bps"), "must not be above 10000"));
        }
        if self.least_minor > self.most_minor {
            return Err(RuleError::new(format!("{field}.least"), "must not be above the most"));
        }
        if self.most_minor == 0 && (self.fixed_minor > 0 || self.share_bps > 0) {
            return Err(RuleError::new(format!("{field}.most"), "must be given with a fee"));
        }
        Ok(())
    }
}

/// What holds a transfer to somebody who never got one from this customer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PayeeRules {
    /// From this amount on the first transfer waits, and can be taken back while it does.
    pub cooling_from_minor: u64,
    pub cooling: Span,
    /// The first transfer to a new payee is no more than this.
    pub first_most_minor: u64,
}
codec_struct!(PayeeRules { cooling_from_minor, cooling, first_most_minor });

/// How often a PIN may be wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PinRules {
    /// Wrong in a row until the account has to wait.
    pub tries: u8,
    pub wait: Span,
    /// Waits in a row until the PIN has to be set anew with a one-time code.
    pub waits: u8,
}
codec_struct!(PinRules { tries, wait, waits });

/// Rules of one market for accounts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountRules {
    pub currency: Currency,
    pub zone: Zone,
    /// From the least known customer up; a customer's tier is a place here.
    pub tiers: Vec<Tier>,
    pub withdraw_fee: Fee,
    pub send_fee: Fee,
    pub cash_in_fee: Fee,
    pub cash_out_fee: Fee,
    pub payee: PayeeRules,
    pub pin: PinRules,
    /// Days on which banks do nothing, beside Saturdays and Sundays.
    pub holidays: BTreeSet<LocalDay>,
}
codec_struct!(AccountRules {
    currency,
    zone,
    tiers,
    withdraw_fee,
    send_fee,
    cash_in_fee,
    cash_out_fee,
    payee,
    pin,
    holidays,
});

impl AccountRules {
    /// Names the first rule that makes no sense.
    pub fn check(&self) -> Result<(), RuleError> {
        if self.tiers.is_empty() || self.tiers.len() > MAX_TIERS {
            return Err(RuleError::new("tiers", "must be 1 to 8"));
        }
        for (at, tier) in self.tiers.iter().enumerate() {
            tier.check(&format!("tiers[{at}]"))?;
        }
        let fees = [
            ("fees.withdraw", self.withdraw_fee),
            ("fees.send", self.send_fee),
            ("fees.cash_in", self.cash_in_fee),
            ("fees.cash_out", self.cash_out_fee),
        ];
        for (field, fee) in fees {
            fee.check(field)?;
        }
        if self.pin.tries == 0 || self.pin.waits == 0 {
            return Err(RuleError::new("pin", "tries and waits must be at least 1"));
        }
        Ok(())
    }

    /// The tier at a place; one that is gone counts as the lowest.
    pub fn tier(&self, place: u8) -> &Tier {
        self.tiers.get(usize::from(place)).unwrap_or(&self.tiers[0])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules() -> AccountRules {
        AccountRules {
            currency: Currency::from_code("PHP").unwrap(),
            zone: Zone::new(480).unwrap(),
            tiers: vec![Tier::new("basic", [100, 200, 300, 400]).unwrap()],
            withdraw_fee: Fee::NONE,
            send_fee: Fee::NONE,
            cash_in_fee: Fee::NONE,
            cash_out_fee: Fee { fixed_minor: 1, share_bps: 100, least_minor: 5, most_minor: 50 },
            payee: PayeeRules {
                cooling_from_minor: 50,
                cooling: Span::hours(2),
                first_most_minor: 100,
            },
            pin: PinRules { tries: 5, wait: Span::minutes(30), waits: 3 },
            holidays: BTreeSet::from([LocalDay(20_000)]),
        }
    }

    #[test]
    fn a_fee_is_held_within_its_bounds() {
        let fee = rules().cash_out_fee;
        assert_eq!([0, 400, 1_000, u64::MAX].map(|amount| fee.of(amount)), [5, 5, 11, 50]);
        assert_eq!(Fee::NONE.of(u64::MAX), 0);
    }

    #[test]
    fn the_rule_that_makes_no_sense_is_named() {
        assert_eq!(rules().check(), Ok(()));
        let wrong = |change: fn(&mut AccountRules)| {
            let mut rules = rules();
            change(&mut rules);
            rules.check().unwrap_err().to_string()
        };
        assert_eq!(wrong(|it| it.tiers.clear()), "tiers: must be 1 to 8");
        assert_eq!(
            wrong(|it| it.tiers[0].day_minor = 99),
            "tiers[0].day: must not be lower than the limit of one payment"
        );
        assert_eq!(
            wrong(|it| it.tiers[0].month_minor = 199),
            "tiers[0].month: must not be lower than the limit of a day"
        );
        assert_eq!(
            wrong(|it| it.cash_out_fee.least_minor = 51),
            "fees.cash_out.least: must not be above the most"
        );
        assert_eq!(
            wrong(|it| it.send_fee.fixed_minor = 1),
            "fees.send.most: must be given with a fee"
        );
        assert_eq!(wrong(|it| it.pin.tries = 0), "pin: tries and waits must be at least 1");
    }

    #[test]
    fn rules_survive_the_round_trip() {
        let rules = rules();
        assert_eq!(base::decode_all::<AccountRules>(&base::encode(&rules)), Ok(rules));
    }
}
