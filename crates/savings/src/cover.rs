//! What to sweep into the fund, and how to pay directly from it.

use crate::{Fund, InstantRedemption, Saver, SavingsRefusal, SavingsRules, value_of};
use base::{Timestamp, codec_struct};

/// How much of a balance of `balance_minor` is idle and should be ordered into the fund, in minor
/// units. Zero when savings are off, or for less than the least that is swept. The customer's
/// room in the fund ([`Fund::room_minor`]) may be smaller.
pub fn sweep_plan(balance_minor: u64, saver: &Saver, rules: &SavingsRules) -> u64 {
    if !saver.is_on() {
        return 0;
    }
    let idle = balance_minor.saturating_sub(saver.keep_back_minor(rules));
    if idle < rules.terms().min_sweep_minor { 0 } else { idle }
}

/// A payment that is to be made, and what the balance has for it, in minor units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CoverNeed {
    pub balance_minor: u64,
    pub payment_minor: u64,
}

/// Where the amount of a payment is taken from, in minor units. The three sum to the payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CoverPlan {
    /// From the balance, which is used first; what is kept back from sweeping may be spent.
    pub balance_minor: u64,
    /// From cash that waits to be dealt and can be had back.
    pub recalled_minor: u64,
    /// From units that are redeemed at once.
    pub redeemed_minor: u64,
}
codec_struct!(CoverPlan { balance_minor, recalled_minor, redeemed_minor });

impl Fund {
    /// How a payment can be made from balance and savings together. Whatever is planned,
    /// [`Fund::cover`] does, at the same time and on the same state.
    ///
    /// Errors: `ZeroAmount`; when the balance does not do, `SwitchedOff`, `Unsettled`, and then
    /// those of [`Fund::redeem_instantly`] for what is left.
    pub fn cover_plan(
        &self,
        saver: &Saver,
        need: CoverNeed,
        now: Timestamp,
        rules: &SavingsRules,
    ) -> Result<CoverPlan, SavingsRefusal> {
        if need.payment_minor == 0 {
            return Err(SavingsRefusal::ZeroAmount);
        }
        let balance_minor = need.payment_minor.min(need.balance_minor);
        let rest = need.payment_minor - balance_minor;
        if rest == 0 {
            return Ok(CoverPlan { balance_minor, recalled_minor: 0, redeemed_minor: 0 });
        }
        if !saver.is_on() {
            return Err(SavingsRefusal::SwitchedOff);
        }
        self.must_be_settled(saver)?;
        let recalled_minor = rest.min(self.recallable_minor(saver, now, rules));
        let redeemed_minor = rest - recalled_minor;
        if redeemed_minor > 0 {
            // Without units it is the money that is missing, whatever the price.
            if saver.free_units() == 0 {
                return Err(SavingsRefusal::NotEnough { short_minor: redeemed_minor });
            }
            self.plan_instant(saver, redeemed_minor, now, rules)?;
        }
        Ok(CoverPlan { balance_minor, recalled_minor, redeemed_minor })
    }

    /// Takes from savings what a plan says. The machine moves the recalled and the redeemed cash
    /// to the balance and then pays.
    ///
    /// Errors: those of [`Fund::recall_subscription`] and [`Fund::redeem_instantly`], when
    /// something has changed since the plan. Nothing has changed here then.
    pub fn cover(
        &mut self,
        saver: &mut Saver,
        plan: CoverPlan,
        now: Timestamp,
        rules: &SavingsRules,
    ) -> Result<Option<InstantRedemption>, SavingsRefusal> {
        let open = self.recallable_minor(saver, now, rules);
        if let Some(short_minor) = plan.recalled_minor.checked_sub(open).filter(|s| *s > 0) {
            return Err(SavingsRefusal::NotEnough { short_minor });
        }
        let redeemed = match plan.redeemed_minor {
            0 => None,
            minor => Some(self.redeem_instantly(saver, minor, now, rules)?),
        };
        if plan.recalled_minor > 0 {
            self.recall_subscription(saver, plan.recalled_minor, now, rules)?;
        }
        Ok(redeemed)
    }

    /// What could be paid right now from savings alone, in minor units: what can be recalled, and
    /// what units and limits allow to redeem at once.
    pub fn spendable_minor(&self, saver: &Saver, now: Timestamp, rules: &SavingsRules) -> u64 {
        if !saver.is_on() || !self.is_settled(saver) {
            return 0;
        }
        let units = self.fresh_price(now, rules).map_or(0, |price| {
            value_of(saver.free_units(), price.price)
                .min(self.instant_left_minor(saver, now, rules))
        });
        self.recallable_minor(saver, now, rules).saturating_add(units)
    }
}
