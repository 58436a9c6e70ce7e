//! Donations: a box of a charity, what it takes, and the receipt.
//!
//! A donation is given at once and for good. The charity learns a giver only by the reference that
//! a named giver chose to give; the goal of a campaign is shown and limits nothing.

mod receipt;

pub use receipt::{Receipt, ReceiptBook, year_of};

use crate::fault::must;
use crate::{PayPlan, RefundPlan, RuleFault, Share};
use base::{Codec, DecodeError, Reader, Text, Timestamp, codec_enum, codec_struct};
use money::Money;

/// Most amounts that a box suggests.
pub const MAX_PRESETS: usize = 8;

/// An opaque reference to the name under which a giver appears; the name is in the vault.
pub type GiverRef = Text<64>;

/// What a charity says of a box; checked by [`DonationBox::new`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BoxRules {
    pub donation_box: u32,
    /// The charity: the merchant who gets the money.
    pub charity: u32,
    /// Amounts that the app suggests, in rising order; may be empty.
    pub presets: Vec<Money>,
    pub least: Money,
    pub most: Money,
    pub open_from: Timestamp,
    /// The first instant at which it takes nothing any more.
    pub open_until: Timestamp,
    /// What the campaign hopes for: shown only.
    pub goal: Option<Money>,
    /// The wallet's share; mostly none.
    pub fee: Share,
}
codec_struct!(BoxRules {
    donation_box,
    charity,
    presets,
    least,
    most,
    open_from,
    open_until,
    goal,
    fee,
});

/// A box whose rules hold together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DonationBox(BoxRules);

impl DonationBox {
    /// Error: the first field that is wrong.
    pub fn new(rules: BoxRules) -> Result<DonationBox, RuleFault> {
        let currency = rules.least.currency();
        must(!rules.least.is_zero(), "least", "must be above zero")?;
        must(rules.most.currency() == currency, "most", "must be in the currency of `least`")?;
        must(rules.most.minor() >= rules.least.minor(), "most", "must not be below `least`")?;
        must(rules.presets.len() <= MAX_PRESETS, "presets", "must be 8 at most")?;
        let fits = |preset: &Money| rules.fits(*preset);
        must(rules.presets.iter().all(fits), "presets", "must lie between `least` and `most`")?;
        let rising = rules.presets.is_sorted_by(|a, b| a.minor() < b.minor());
        must(rising, "presets", "must rise")?;
        must(rules.open_from < rules.open_until, "open_until", "must be after `open_from`")?;
        let same = rules.goal.is_none_or(|goal| goal.currency() == currency);
        must(same, "goal", "must be in the currency of `least`")?;
        Ok(DonationBox(rules))
    }

    pub fn rules(&self) -> &BoxRules {
        &self.0
    }

    /// May this amount be given now, and who gets which part of it?
    ///
    /// Checked in the order of [`DonationRefusal`].
    pub fn plan(&self, amount: Money, now: Timestamp) -> Result<PayPlan, DonationRefusal> {
        let rules = &self.0;
        if now < rules.open_from {
            return Err(DonationRefusal::NotOpenYet { opens: rules.open_from });
        }
        if now >= rules.open_until {
            return Err(DonationRefusal::Closed { closed: rules.open_until });
        }
        if amount.currency() != rules.least.currency() {
            return Err(DonationRefusal::OtherCurrency);
        }
        if amount.minor() < rules.least.minor() {
            return Err(DonationRefusal::TooLittle { least: rules.least });
        }
        if amount.minor() > rules.most.minor() {
            return Err(DonationRefusal::TooMuch { most: rules.most });
        }
        Ok(PayPlan::within(amount, rules.fee))
    }
}

impl BoxRules {
    fn fits(&self, amount: Money) -> bool {
        amount.currency() == self.least.currency()
            && (self.least.minor()..=self.most.minor()).contains(&amount.minor())
    }
}

impl Codec for DonationBox {
    fn encode(&self, out: &mut Vec<u8>) {
        self.0.encode(out);
    }
    fn decode(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let rules = BoxRules::decode(input)?;
        DonationBox::new(rules).map_err(|_| input.expected("rules of a donation box"))
    }
}

/// How a giver appears to the charity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Giver {
    Anonymous,
    /// Under the name behind this reference.
    Named(GiverRef),
}
codec_enum!(Giver { 0 = Anonymous, 1 = Named(name) });

/// What a customer gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DonationWish {
    /// For the wallet's books; the charity never sees it.
    pub customer: u32,
    pub giver: Giver,
}
codec_struct!(DonationWish { customer, giver });

/// A donation that was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Donation {
    pub donation_box: u32,
    pub wish: DonationWish,
    pub plan: PayPlan,
    pub receipt: Receipt,
    pub at: Timestamp,
}
codec_struct!(Donation { donation_box, wish, plan, receipt, at });

impl Donation {
    /// Donations are not given back: the receipt may have been used for taxes already. A mistake is
    /// for the charity to make good as a payment of its own.
    ///
    /// Error: always `NotRefundable`.
    pub fn refund(&self) -> Result<RefundPlan, DonationRefusal> {
        Err(DonationRefusal::NotRefundable)
    }
}

/// Why a donation is not taken, or not given back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DonationRefusal {
    NotOpenYet { opens: Timestamp },
    Closed { closed: Timestamp },
    OtherCurrency,
    TooLittle { least: Money },
    TooMuch { most: Money },
    NotRefundable,
}
codec_enum!(DonationRefusal {
    0 = NotOpenYet { opens },
    1 = Closed { closed },
    2 = OtherCurrency,
    3 = TooLittle { least },
    4 = TooMuch { most },
    5 = NotRefundable,
});

/// What a box has taken so far, in minor units of its currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct BoxTotals {
    pub donations: u64,
    /// Those of named givers, among `donations`.
    pub named: u64,
    pub given_minor: u128,
    /// What reached the charity, of `given_minor`; the rest is the wallet's fee.
    pub payee_minor: u128,
}
codec_struct!(BoxTotals { donations, named, given_minor, payee_minor });

impl BoxTotals {
    /// Counts a donation, numbers its receipt and returns it; cannot fail, for after
    /// [`DonationBox::plan`] everything is decided.
    pub fn give(&mut self, from: &DonationBox, wish: DonationWish, act: GiveAct<'_>) -> Donation {
        self.donations += 1;
        self.named += u64::from(wish.giver != Giver::Anonymous);
        self.given_minor += u128::from(act.plan.total().minor());
        self.payee_minor += u128::from(act.plan.payee().minor());
        let BoxRules { donation_box, charity, .. } = from.0;
        let receipt = act.receipts.next(charity, act.year);
        Donation { donation_box, wish, plan: act.plan, receipt, at: act.at }
    }
}

/// The circumstances of one donation.
pub struct GiveAct<'a> {
    /// From [`DonationBox::plan`].
    pub plan: PayPlan,
    /// The book of the box's charity.
    pub receipts: &'a mut ReceiptBook,
    pub at: Timestamp,
    /// The year of the market's calendar: receipts count by it. See [`year_of`].
    pub year: u16,
}

#[cfg(test)]
mod tests {
    use super::*;
    use base::{Span, decode_all, encode};
    use money::Currency;
    use proptest::prelude::{any, prop};
    use proptest::{prop_assert_eq, proptest};

    const EAST: Span = Span::hours(8);

    fn php(minor: u64) -> Money {
        Money::new(minor, Currency::from_code("PHP").unwrap()).unwrap()
    }

    fn rules() -> BoxRules {
        BoxRules {
            donation_box: 7,
            charity: 40,
            presets: vec![php(2_000), php(5_000), php(10_000)],
            least: php(100),
            most: php(500_000),
            open_from: Timestamp::from_secs(1_000),
            open_until: Timestamp::from_secs(5_000),
            goal: Some(php(100_000_000)),
            fee: Share::new(50).unwrap(),
        }
    }

    #[test]
    fn a_wrong_rule_is_named() {
        let krw = Money::new(5, Currency::from_code("KRW").unwrap()).unwrap();
        type Edit = fn(&mut BoxRules, Money);
        let cases: [(&str, Edit); 8] = [
            ("least", |r, _| r.least = php(0)),
            ("most", |r, krw| r.most = krw),
            ("most", |r, _| r.most = php(99)),
            ("presets", |r, krw| r.presets = vec![krw]),
            ("presets", |r, _| r.presets = vec![php(200), php(200)]),
            ("presets", |r, _| r.presets = vec![php(500_001)]),
            ("open_until", |r, _| r.open_until = r.open_from),
            ("goal", |r, krw| r.goal = Some(krw)),
        ];
        for (field, edit) in cases {
            let mut wrong = rules();
            edit(&mut wrong, krw);
            assert_eq!(DonationBox::new(wrong.clone()).unwrap_err().field, field);
            assert!(decode_all::<DonationBox>(&encode(&wrong)).is_err(), "{field}");
        }
        let good = DonationBox::new(rules()).unwrap();
        assert_eq!(decode_all::<DonationBox>(&encode(&good)), Ok(good));
    }

    #[test]
    fn bounds_and_opening_hours() {
        let it = DonationBox::new(rules()).unwrap();
        let at = Timestamp::from_secs;
        let krw = Money::new(500, Currency::from_code("KRW").unwrap()).unwrap();
        let cases = [
            (php(100), at(1_000), Ok(())),
            (php(500_000), at(4_999), Ok(())),
            (php(100), at(999), Err(DonationRefusal::NotOpenYet { opens: at(1_000) })),
            (php(100), at(5_000), Err(DonationRefusal::Closed { closed: at(5_000) })),
            (krw, at(2_000), Err(DonationRefusal::OtherCurrency)),
            (php(99), at(2_000), Err(DonationRefusal::TooLittle { least: php(100) })),
            (php(500_001), at(2_000), Err(DonationRefusal::TooMuch { most: php(500_000) })),
        ];
        for (amount, now, expect) in cases {
            assert_eq!(it.plan(amount, now).map(|_| ()), expect, "{amount} at {now:?}");
        }
        let plan = it.plan(php(2_050), at(2_000)).unwrap();
        assert_eq!((plan.total(), plan.payee(), plan.fee()), (php(2_050), php(2_040), php(10)));
    }

    #[test]
    fn a_donation_is_not_given_back() {
        let it = DonationBox::new(rules()).unwrap();
        let (mut totals, mut receipts) = (BoxTotals::default(), ReceiptBook::default());
        let at = Timestamp::from_secs(2_000);
        let wish = DonationWish { customer: 3, giver: Giver::Named(Text::new("ref-1").unwrap()) };
        let plan = it.plan(php(2_000), at).unwrap();
        let act = GiveAct { plan, receipts: &mut receipts, at, year: year_of(at, EAST) };
        let given = totals.give(&it, wish, act);
        assert_eq!(given.refund(), Err(DonationRefusal::NotRefundable));
        assert_eq!((totals.donations, totals.named), (1, 1));
        assert_eq!(decode_all::<Donation>(&encode(&given)), Ok(given));
    }

    proptest! {
        #[test]
        fn totals_are_the_sum_and_receipts_have_no_gap(
            gifts in prop::collection::vec((100u64..500_000, any::<bool>()), 0..40)
        ) {
            let it = DonationBox::new(rules()).unwrap();
            let (mut totals, mut receipts) = (BoxTotals::default(), ReceiptBook::default());
            let (mut sum, mut payee) = (0u128, 0u128);
            for (count, (minor, anonymous)) in (1u32..).zip(gifts) {
                let at = Timestamp::from_secs(1_000 + u64::from(count));
                let name = Text::new("ref").unwrap();
                let giver = if anonymous { Giver::Anonymous } else { Giver::Named(name) };
                let plan = it.plan(php(minor), at).unwrap();
                let act = GiveAct { plan, receipts: &mut receipts, at, year: year_of(at, EAST) };
                let given = totals.give(&it, DonationWish { customer: count, giver }, act);
                prop_assert_eq!(given.receipt.number, u64::from(count));
                sum += u128::from(minor);
                payee += u128::from(given.plan.payee().minor());
                prop_assert_eq!((totals.given_minor, totals.payee_minor), (sum, payee));
            }
        }
    }
}
