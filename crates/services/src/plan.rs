//! Amounts of one act: what is taken, who gets which part, what goes back. The parts always add up.

use base::{Codec, DecodeError, Reader, codec_struct};
use money::{Currency, Money, MoneyError, Rounding, pro_rata, share_bps};

/// A part of a whole in basis points, 0 to 10,000.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Share(u16);

impl Share {
    /// Nothing of it.
    pub const NONE: Share = Share(0);
    /// All of it.
    pub const ALL: Share = Share(10_000);

    /// `None` above 10,000.
    pub const fn new(bps: u16) -> Option<Share> {
        if bps > Share::ALL.0 { None } else { Some(Share(bps)) }
    }

    /// Basis points, 0 to 10,000.
    pub const fn bps(self) -> u16 {
        self.0
    }

    /// This part of `whole`, rounded down.
    pub fn of(self, whole: Money) -> Money {
        share_bps(whole, u32::from(self.0), Rounding::Down)
            .expect("a share is not larger than its whole")
    }
}

impl Codec for Share {
    fn encode(&self, out: &mut Vec<u8>) {
        self.0.encode(out);
    }
    fn decode(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Share::new(u16::decode(input)?).ok_or_else(|| input.expected("a share up to 10000"))
    }
}

/// What a customer pays and who gets it: `payee + fee == total`, in one currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PayPlan {
    total: Money,
    fee: Money,
}

impl PayPlan {
    /// The customer pays `total`, and the wallet keeps its share of it, rounded down.
    pub fn within(total: Money, fee: Share) -> PayPlan {
        PayPlan { total, fee: fee.of(total) }
    }

    /// The payee gets all of `payee`, and the customer pays the fee besides.
    ///
    /// Errors: `CurrencyMismatch`, `Overflow`.
    pub fn on_top(payee: Money, fee: Money) -> Result<PayPlan, MoneyError> {
        Ok(PayPlan { total: payee.checked_add(fee)?, fee })
    }

    /// A plan that moves nothing.
    pub fn nothing(currency: Currency) -> PayPlan {
        PayPlan { total: Money::zero(currency), fee: Money::zero(currency) }
    }

    /// Both together. Errors: `CurrencyMismatch`, `Overflow`.
    pub fn plus(self, other: PayPlan) -> Result<PayPlan, MoneyError> {
        Ok(PayPlan {
            total: self.total.checked_add(other.total)?,
            fee: self.fee.checked_add(other.fee)?,
        })
    }

    /// What leaves the customer.
    pub fn total(self) -> Money {
        self.total
    }

    /// What reaches the merchant.
    pub fn payee(self) -> Money {
        self.total.checked_sub(self.fee).expect("a fee is not larger than its total")
    }

    /// What the wallet keeps.
    pub fn fee(self) -> Money {
        self.fee
    }

    /// This share of the total goes back, rounded down; the fee follows in proportion, so that the
    /// whole back is the whole fee back and neither side gives more than it got.
    pub fn refund(self, share: Share) -> RefundPlan {
        let to_customer = share.of(self.total);
        let (part, whole) = (to_customer.minor(), self.total.minor().max(1));
        let from_fee = pro_rata(self.fee, part, whole, Rounding::Down)
            .expect("a part of the fee is not larger than the fee");
        RefundPlan { to_customer, from_fee }
    }
}

impl Codec for PayPlan {
    fn encode(&self, out: &mut Vec<u8>) {
        self.total.encode(out);
        self.fee.encode(out);
    }
    fn decode(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let plan = PayPlan { total: Money::decode(input)?, fee: Money::decode(input)? };
        match plan.total.checked_sub(plan.fee) {
            Ok(_) => Ok(plan),
            Err(_) => Err(input.expected("a fee within its total")),
        }
    }
}

/// What goes back to a customer and who gives it: `from_payee + from_fee == to_customer`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RefundPlan {
    to_customer: Money,
    from_fee: Money,
}
codec_struct!(RefundPlan { to_customer, from_fee });

impl RefundPlan {
    /// What reaches the customer.
    pub fn to_customer(self) -> Money {
        self.to_customer
    }

    /// What the merchant gives.
    pub fn from_payee(self) -> Money {
        self.to_customer.checked_sub(self.from_fee).unwrap_or(Money::zero(self.from_fee.currency()))
    }

    /// What the wallet gives of its fee.
    pub fn from_fee(self) -> Money {
        self.from_fee
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base::{decode_all, encode};
    use proptest::{prop_assert, prop_assert_eq, proptest};

    fn baht(minor: u64) -> Money {
        Money::new(minor, Currency::from_code("THB").unwrap()).unwrap()
    }

    #[test]
    fn a_fee_above_its_total_is_no_plan() {
        let bytes = encode(&(baht(5), baht(6)));
        assert_eq!(decode_all::<PayPlan>(&bytes).unwrap_err().expected, "a fee within its total");
        assert_eq!(Share::new(10_001), None);
        assert!(decode_all::<Share>(&encode(&10_001_u16)).is_err());
    }

    #[test]
    fn nothing_paid_is_nothing_back() {
        let back = PayPlan::nothing(baht(0).currency()).refund(Share::ALL);
        assert_eq!(
            (back.to_customer(), back.from_payee(), back.from_fee()),
            (baht(0), baht(0), baht(0))
        );
    }

    proptest! {
        #[test]
        fn parts_add_up(
            total in 0..=Money::MAX_MINOR,
            fee in 0u16..=10_000,
            share in 0u16..=10_000
        ) {
            let plan = PayPlan::within(baht(total), Share::new(fee).unwrap());
            prop_assert_eq!(plan.payee().minor() + plan.fee().minor(), total);
            let back = plan.refund(Share::new(share).unwrap());
            let parts = back.from_payee().minor() + back.from_fee().minor();
            prop_assert_eq!(parts, back.to_customer().minor());
            prop_assert!(back.from_payee().minor() <= plan.payee().minor());
            prop_assert!(back.from_fee().minor() <= plan.fee().minor());
            let whole = plan.refund(Share::ALL);
            prop_assert_eq!(whole.to_customer(), plan.total());
            prop_assert_eq!(whole.from_payee(), plan.payee());
            prop_assert_eq!(decode_all::<PayPlan>(&encode(&plan)), Ok(plan));
            prop_assert_eq!(decode_all::<RefundPlan>(&encode(&back)), Ok(back));
        }
    }
}
