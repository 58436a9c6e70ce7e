//! What a refund gives back in each currency of the payment.
//!
//! A refund is asked for in the order currency; the other amounts of the payment follow it pro rata
//! at the payment's own rates. Each is rounded on the running total, not on the single refund:
//! after any number of refunds, what was given back in sum is the rounded share of what was
//! refunded in sum, so that it is never above the original and the last refund takes the residue.
//!
//! ```
//! use dhow_payment::{Amounts, RefundPlan};
//! use money::{Currency, Money};
//! let of = |minor, code| Money::new(minor, Currency::from_code(code).unwrap()).unwrap();
//! let paid = Amounts {
//!     order: of(1_000, "JPY"),
//!     pay_to: of(9_001, "KRW"),
//!     settlement: of(667, "USD"),
//!     fees: vec![of(7, "USD")],
//! };
//! let first = RefundPlan::new(&paid, &paid.zero(), of(500, "JPY")).unwrap();
//! assert_eq!(first.back.pay_to, of(4_500, "KRW"));
//! let last = RefundPlan::new(&paid, &first.back, of(500, "JPY")).unwrap();
//! assert_eq!(last.back.pay_to, of(4_501, "KRW"));
//! assert!(last.is_last);
//! ```

use base::codec_struct;
use money::{Currency, Money, MoneyError, Rounding, pro_rata};

/// Most fees of one payment that are given back with a refund.
pub const MAX_RETURNED_FEES: usize = 16;

/// The amounts of one payment that belong together: what was paid, or what of it was given back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Amounts {
    /// In the order currency: what the merchant asked for and refunds in.
    pub order: Money,
    /// In the wallet's currency: what the user paid.
    pub pay_to: Money,
    /// In the acquirer's settlement currency.
    pub settlement: Money,
    /// Fees that the contract gives back, each in its own currency, always in the same order; at
    /// most [`MAX_RETURNED_FEES`].
    pub fees: Vec<Money>,
}
codec_struct!(Amounts { order, pay_to, settlement, fees });

impl Amounts {
    /// The same currencies with nothing in them: what was given back before the first refund.
    pub fn zero(&self) -> Amounts {
        self.each(|amount| Ok(Money::zero(amount.currency()))).expect("zero is an amount")
    }

    /// Adds a refund that was accepted. Errors: `CurrencyMismatch`, `Overflow`.
    pub fn plus(&self, other: &Amounts) -> Result<Amounts, MoneyError> {
        self.with(other, Money::checked_add)
    }

    /// Takes away a refund that the wallet refused. Errors: `CurrencyMismatch`, `Underflow`.
    pub fn minus(&self, other: &Amounts) -> Result<Amounts, MoneyError> {
        self.with(other, Money::checked_sub)
    }

    fn each(
        &self,
        change: impl Fn(Money) -> Result<Money, MoneyError>,
    ) -> Result<Amounts, MoneyError> {
        Ok(Amounts {
            order: change(self.order)?,
            pay_to: change(self.pay_to)?,
            settlement: change(self.settlement)?,
            fees: self.fees.iter().map(|fee| change(*fee)).collect::<Result<_, _>>()?,
        })
    }

    fn with(
        &self,
        other: &Amounts,
        join: impl Fn(Money, Money) -> Result<Money, MoneyError>,
    ) -> Result<Amounts, MoneyError> {
        assert_eq!(self.fees.len(), other.fees.len(), "amounts of one payment have the same fees");
        let fees = self.fees.iter().zip(&other.fees);
        Ok(Amounts {
            order: join(self.order, other.order)?,
            pay_to: join(self.pay_to, other.pay_to)?,
            settlement: join(self.settlement, other.settlement)?,
            fees: fees.map(|(fee, more)| join(*fee, *more)).collect::<Result<_, _>>()?,
        })
    }
}

/// Why a refund cannot be planned. The machine chooses the code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefundRefusal {
    /// More than what is left of the order amount, which is given in its minor units.
    Exceeds { left_minor: u64 },
    /// Nothing to give back.
    Zero,
    /// Not in the order currency, which is named.
    Currency { expected: Currency },
}

impl std::fmt::Display for RefundRefusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            RefundRefusal::Exceeds { left_minor } => {
                write!(f, "only {left_minor} minor units are left to refund")
            }
            RefundRefusal::Zero => f.write_str("a refund must be above zero"),
            RefundRefusal::Currency { expected } => write!(f, "a refund must be in {expected}"),
        }
    }
}

impl std::error::Error for RefundRefusal {}

/// One refund, worked out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefundPlan {
    /// What is given back. A share can round to zero while the order amount is not: the books skip
    /// it then, and a later refund makes up for it.
    pub back: Amounts,
    /// Nothing is left after this one.
    pub is_last: bool,
}

impl RefundPlan {
    /// Plans a refund of `amount` on a payment of `paid`, of which `refunded` was given back or is
    /// promised to refunds still open.
    ///
    /// Refusals, in order: `Zero`, `Currency`, `Exceeds`. Panics when `refunded` is not of this
    /// payment (other currencies or fees, or more than was paid), since the caller's books would be
    /// broken.
    pub fn new(
        paid: &Amounts,
        refunded: &Amounts,
        amount: Money,
    ) -> Result<RefundPlan, RefundRefusal> {
        if amount.is_zero() {
            return Err(RefundRefusal::Zero);
        }
        if amount.currency() != paid.order.currency() {
            return Err(RefundRefusal::Currency { expected: paid.order.currency() });
        }
        let left =
            paid.minus(refunded).expect("no more was given back than was paid").order.minor();
        if amount.minor() > left {
            return Err(RefundRefusal::Exceeds { left_minor: left });
        }
        // Both are within the order amount.
        let part = refunded.order.minor() + amount.minor();
        let share = |whole: Money, given: Money| {
            let due = pro_rata(whole, part, paid.order.minor(), Rounding::HalfEven)?;
            // A refund that was refused after a later one was planned can leave one unit too much
            // given.
            due.checked_sub(given.min(due)?)
        };
        let back = paid.with(refunded, share).expect("a part of an amount is an amount");
        Ok(RefundPlan { back, is_last: amount.minor() == left })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base::{decode_all, encode};
    use proptest::prelude::{Just, Strategy, any, prop, prop_assert, prop_assert_eq, prop_oneof};
    use proptest::proptest;
    use proptest::sample::Index;

    fn of(minor: u64, code: &str) -> Money {
        Money::new(minor, Currency::from_code(code).unwrap()).unwrap()
    }

    fn amounts(order: u64, pay_to: u64, settlement: u64, fees: &[u64]) -> Amounts {
        Amounts {
            order: of(order, "JPY"),
            pay_to: of(pay_to, "KRW"),
            settlement: of(settlement, "USD"),
            fees: fees.iter().map(|fee| of(*fee, "USD")).collect(),
        }
    }

    #[test]
    fn shares_of_single_refunds() {
        let paid = amounts(1_000, 9_123, 667, &[3, 0]);
        let cases = [
            // already refunded, new refund, what is given back
            (amounts(0, 0, 0, &[0, 0]), 1_000, amounts(1_000, 9_123, 667, &[3, 0])),
            (amounts(0, 0, 0, &[0, 0]), 1, amounts(1, 9, 1, &[0, 0])),
            (amounts(0, 0, 0, &[0, 0]), 500, amounts(500, 4_562, 334, &[2, 0])),
            (amounts(500, 4_562, 334, &[2, 0]), 500, amounts(500, 4_561, 333, &[1, 0])),
            (amounts(999, 9_114, 666, &[3, 0]), 1, amounts(1, 9, 1, &[0, 0])),
            // One unit too much was given, because an earlier refund was refused later on.
            (amounts(1, 10, 1, &[0, 0]), 1, amounts(1, 8, 0, &[0, 0])),
        ];
        for (refunded, minor, expect) in cases {
            let plan = RefundPlan::new(&paid, &refunded, of(minor, "JPY")).unwrap();
            assert_eq!(plan.back, expect, "{minor} after {refunded:?}");
            assert_eq!(plan.is_last, refunded.order.minor() + minor == 1_000);
        }
    }

    #[test]
    fn refusals_in_order() {
        let paid = amounts(1_000, 9_123, 667, &[]);
        let refunded = amounts(400, 3_649, 267, &[]);
        let plan = |amount| RefundPlan::new(&paid, &refunded, amount).unwrap_err();
        assert_eq!(plan(of(0, "USD")), RefundRefusal::Zero);
        assert_eq!(
            plan(of(601, "USD")),
            RefundRefusal::Currency { expected: paid.order.currency() }
        );
        assert_eq!(plan(of(601, "JPY")), RefundRefusal::Exceeds { left_minor: 600 });
        assert_eq!(plan(of(Money::MAX_MINOR, "JPY")), RefundRefusal::Exceeds { left_minor: 600 });
        let all = RefundPlan::new(&paid, &paid, of(1, "JPY")).unwrap_err();
        assert_eq!(all, RefundRefusal::Exceeds { left_minor: 0 });
        let nothing = amounts(0, 0, 0, &[]);
        let of_nothing = RefundPlan::new(&nothing, &nothing, of(1, "JPY")).unwrap_err();
        assert_eq!(of_nothing, RefundRefusal::Exceeds { left_minor: 0 });
    }

    #[test]
    fn amounts_survive_the_round_trip() {
        let paid = amounts(1_000, 9_123, 667, &[3, 0]);
        assert_eq!(decode_all::<Amounts>(&encode(&paid)).unwrap(), paid);
        assert_eq!(paid.minus(&paid).unwrap(), paid.zero());
        assert_eq!(paid.zero().plus(&paid).unwrap(), paid);
    }

    fn is_within(part: &Amounts, whole: &Amounts) -> bool {
        whole.minus(part).is_ok()
    }

    fn any_minor() -> impl Strategy<Value = u64> {
        prop_oneof![0u64..20, 1u64..100_000, 1u64..=Money::MAX_MINOR, Just(Money::MAX_MINOR)]
    }

    fn any_paid() -> impl Strategy<Value = Amounts> {
        let fees = prop::collection::vec(any_minor(), 0..4);
        (any_minor(), any_minor(), any_minor(), fees).prop_map(
            |(order, pay_to, settlement, fees)| amounts(order.max(1), pay_to, settlement, &fees),
        )
    }

    proptest! {
        /// Any sequence of partial refunds, some of them refused by the wallet at any later time,
        /// never gives back more than was paid, and gives back exactly that when it is complete.
        #[test]
        fn refunds_sum_to_what_was_paid(
            paid in any_paid(),
            parts in prop::collection::vec((any::<Index>(), any::<Option<Index>>()), 0..12),
        ) {
            let mut refunded = paid.zero();
            let mut open: Vec<Amounts> = Vec::new();
            for (part, refused) in parts {
                let left = paid.order.minor() - refunded.order.minor();
                if left > 0 {
                    // Small parts are as likely as large ones, whatever the amount.
                    let bits = part.index(64);
                    let minor = (u64::MAX >> bits) % left + 1;
                    let plan = RefundPlan::new(&paid, &refunded, of(minor, "JPY")).unwrap();
                    prop_assert_eq!(plan.back.order.minor(), minor);
                    refunded = refunded.plus(&plan.back).unwrap();
                    open.push(plan.back);
                }
                prop_assert!(is_within(&refunded, &paid));
                if let Some(refused) = refused && !open.is_empty() {
                    let back = open.swap_remove(refused.index(open.len()));
                    refunded = refunded.minus(&back).unwrap();
                }
            }
            let left = paid.order.checked_sub(refunded.order).unwrap();
            if !left.is_zero() {
                let last = RefundPlan::new(&paid, &refunded, left).unwrap();
                prop_assert!(last.is_last);
                refunded = refunded.plus(&last.back).unwrap();
            }
            prop_assert_eq!(refunded, paid);
        }

        /// Without refusals the running total is the rounded share at every moment, in any cutting.
        #[test]
        fn the_cutting_does_not_matter(paid in any_paid(), cut in any::<Index>()) {
            let whole = paid.order.minor().min(1_000);
            let first = cut.index(usize::try_from(whole).unwrap()) as u64;
            let direct = RefundPlan::new(&paid, &paid.zero(), of(whole, "JPY")).unwrap();
            let mut refunded = paid.zero();
            for minor in [first, whole - first] {
                if minor > 0 {
                    let plan = RefundPlan::new(&paid, &refunded, of(minor, "JPY")).unwrap();
                    refunded = refunded.plus(&plan.back).unwrap();
                }
            }
            prop_assert_eq!(refunded, direct.back);
        }
    }
}
