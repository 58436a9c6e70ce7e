//! What a market allows with red packets, and how much of it a sender has used today.

use crate::rules::{Checked, RuleFault, Rules, require};
use crate::shares::MAX_SHARES;
use base::{Span, codec_struct};
use money::{Currency, Money};

/// The longest life of a packet that a market may allow.
pub const MAX_PACKET_LIFE: Span = Span::days(31);

/// A market's rules for red packets. Amounts are minor units of the market's currency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PacketRules {
    pub currency: Currency,
    /// Shares of one packet, 1 to [`MAX_SHARES`]. A packet to one person is free of the fewest.
    pub fewest_shares: u32,
    pub most_shares: u32,
    /// Total of one packet.
    pub least_total_minor: u64,
    pub most_total_minor: u64,
    /// What every share has at least; 1 or more.
    pub least_share_minor: u64,
    /// From creation to expiry; up to [`MAX_PACKET_LIFE`].
    pub life: Span,
    /// Packets of one sender in one day, and their totals in sum.
    pub most_packets_a_day: u32,
    pub most_total_a_day_minor: u64,
    /// May a sender take a share of the packet that went to a group?
    pub sender_may_claim: bool,
}
codec_struct!(PacketRules {
    currency,
    fewest_shares,
    most_shares,
    least_total_minor,
    most_total_minor,
    least_share_minor,
    life,
    most_packets_a_day,
    most_total_a_day_minor,
    sender_may_claim,
});

impl Rules for PacketRules {
    fn check(&self) -> Result<(), RuleFault> {
        require(self.fewest_shares >= 1, "fewest_shares", "be 1 or more")?;
        let shares = self.fewest_shares..=MAX_SHARES;
        let must = "be at least `fewest_shares` and at most 1000";
        require(shares.contains(&self.most_shares), "most_shares", must)?;
        require(self.least_share_minor >= 1, "least_share_minor", "be 1 or more")?;
        require(self.least_total_minor >= 1, "least_total_minor", "be 1 or more")?;
        let totals = self.least_total_minor..=Money::MAX_MINOR;
        let must = "be at least `least_total_minor` and an amount";
        require(totals.contains(&self.most_total_minor), "most_total_minor", must)?;
        // Otherwise a number of shares would be allowed that no total can pay for.
        let widest = self.least_share_minor.saturating_mul(u64::from(self.most_shares));
        let must = "be enough for `most_shares` of the least share";
        require(self.most_total_minor >= widest, "most_total_minor", must)?;
        let lives = Span::from_nanos(1)..=MAX_PACKET_LIFE;
        require(lives.contains(&self.life), "life", "be above zero and at most 31 days")?;
        require(self.most_packets_a_day >= 1, "most_packets_a_day", "be 1 or more")?;
        let is_enough = self.most_total_a_day_minor >= self.most_total_minor;
        let must = "be at least `most_total_minor`";
        require(is_enough, "most_total_a_day_minor", must)
    }
}

/// What one sender has sent on one day.
///
/// Days are counted by the machine in the market's time zone. A packet that was cancelled or came
/// back stays counted, so that nobody fills a group with packets by taking them back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct SenderDay {
    day: u32,
    packets: u32,
    total_minor: u64,
}
codec_struct!(SenderDay { day, packets, total_minor });

/// Why a sender may send no such packet today.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DayRefusal {
    /// As many packets as a day may have.
    Packets,
    /// Only so much is left of the day's total.
    Total { left_minor: u64 },
}

impl SenderDay {
    /// The count with one packet more. Refusals, in order: `Packets`, `Total`.
    pub fn plus(
        &self,
        day: u32,
        total: Money,
        rules: &Checked<PacketRules>,
    ) -> Result<SenderDay, DayRefusal> {
        // A day in the past comes from a clock or a time zone that was set back: it must not open
        // the limit again.
        let before =
            if day > self.day { SenderDay { day, packets: 0, total_minor: 0 } } else { *self };
        if before.packets >= rules.most_packets_a_day {
            return Err(DayRefusal::Packets);
        }
        // Rules may have become stricter since.
        let left_minor = rules.most_total_a_day_minor.saturating_sub(before.total_minor);
        if total.minor() > left_minor {
            return Err(DayRefusal::Total { left_minor });
        }
        Ok(SenderDay {
            packets: before.packets + 1,
            total_minor: before.total_minor + total.minor(),
            ..before
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base::{decode_all, encode};

    fn rules() -> PacketRules {
        PacketRules {
            currency: Currency::from_code("HKD").unwrap(),
            fewest_shares: 1,
            most_shares: 100,
            least_total_minor: 100,
            most_total_minor: 100_000,
            least_share_minor: 1,
            life: Span::hours(24),
            most_packets_a_day: 3,
            most_total_a_day_minor: 150_000,
            sender_may_claim: true,
        }
    }

    fn faulty(change: fn(&mut PacketRules)) -> &'static str {
        let mut rules = rules();
        change(&mut rules);
        // What makes no sense cannot come in through a snapshot either.
        assert!(decode_all::<Checked<PacketRules>>(&encode(&rules)).is_err());
        Checked::new(rules).unwrap_err().field
    }

    #[test]
    fn rules_that_make_no_sense_are_named() {
        assert!(Checked::new(rules()).is_ok());
        assert_eq!(faulty(|r| r.fewest_shares = 0), "fewest_shares");
        assert_eq!(faulty(|r| r.fewest_shares = 101), "most_shares");
        assert_eq!(faulty(|r| r.most_shares = MAX_SHARES + 1), "most_shares");
        assert_eq!(faulty(|r| r.least_share_minor = 0), "least_share_minor");
        assert_eq!(faulty(|r| r.least_share_minor = 1_001), "most_total_minor");
        assert_eq!(faulty(|r| r.least_total_minor = 0), "least_total_minor");
        assert_eq!(faulty(|r| r.most_total_minor = 99), "most_total_minor");
        assert_eq!(faulty(|r| r.most_total_minor = u64::MAX), "most_total_minor");
        assert_eq!(faulty(|r| r.life = Span::from_nanos(0)), "life");
        assert_eq!(faulty(|r| r.life = Span::days(32)), "life");
        assert_eq!(faulty(|r| r.most_packets_a_day = 0), "most_packets_a_day");
        assert_eq!(faulty(|r| r.most_total_a_day_minor = 1), "most_total_a_day_minor");
    }

    #[test]
    fn a_day_has_an_end_and_never_comes_back() {
        let rules = Checked::new(rules()).unwrap();
        let of = |minor| Money::new(minor, rules.currency).unwrap();
        let one = SenderDay::default().plus(5, of(100_000), &rules).unwrap();
        assert_eq!(one.plus(5, of(50_001), &rules), Err(DayRefusal::Total { left_minor: 50_000 }));
        let two = one.plus(5, of(49_999), &rules).unwrap();
        let three = two.plus(5, of(1), &rules).unwrap();
        assert_eq!(three.plus(5, of(1), &rules), Err(DayRefusal::Packets));
        assert_eq!(three.plus(4, of(1), &rules), Err(DayRefusal::Packets));
        let next = three.plus(6, of(100_000), &rules).unwrap();
        assert_eq!(next, SenderDay { day: 6, packets: 1, total_minor: 100_000 });
        assert_eq!(decode_all::<SenderDay>(&encode(&next)), Ok(next));
    }
}
