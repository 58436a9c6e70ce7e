//! Until when a payment may be paid, cancelled and refunded.
//!
//! Every deadline is exclusive: what arrives at the very instant is late.

use base::{Span, Timestamp};

/// Offset of the clock that counts business days: UTC+8, for all participants.
///
/// Source: cancel rules of the acquirer's and the wallet's interface, which name UTC+8.
pub const BUSINESS_OFFSET: Span = Span::hours(8);

/// How far into the day after the payment an acquirer may cancel: 00:15:00.
///
/// Source: `cancelPayment` of the acquirer's interface; later is `CANCEL_WINDOW_EXCEED`.
pub const CANCEL_TAIL: Span = Span::minutes(15);

/// How far into the day after the payment a wallet accepts our cancel: 00:30:00, so that a cancel
/// accepted at the last moment has 15 minutes to get through.
///
/// Source: `cancelPayment` of the wallet's interface.
pub const WALLET_CANCEL_TAIL: Span = Span::minutes(30);

/// How long after the payment it may be refunded.
///
/// Source: `refund` of the acquirer's interface (365 days); wallets must support 366.
pub const REFUND_WINDOW: Span = Span::days(365);

/// Most refunds of one payment, refused ones included, so that its record stays bounded.
pub const MAX_REFUNDS: usize = 100;

const DAY_SECS: u64 = 24 * 3600;

/// `tail` after midnight (UTC+8) that ends the day of `created`.
const fn next_day(created: Timestamp, tail: Span) -> Timestamp {
    let day = created.after(BUSINESS_OFFSET).secs() / DAY_SECS;
    Timestamp::from_secs((day + 1) * DAY_SECS).after(tail).before(BUSINESS_OFFSET)
}

/// Until when the acquirer may cancel a payment created at `created`: 00:15 UTC+8 of the next day.
pub const fn cancel_deadline(created: Timestamp) -> Timestamp {
    next_day(created, CANCEL_TAIL)
}

/// Until when we may tell the wallet to cancel: 00:30 UTC+8 of the next day.
pub const fn wallet_cancel_deadline(created: Timestamp) -> Timestamp {
    next_day(created, WALLET_CANCEL_TAIL)
}

/// Until when a payment paid at `paid` may be refunded.
pub const fn refund_deadline(paid: Timestamp) -> Timestamp {
    paid.after(REFUND_WINDOW)
}

/// How long a payment may wait for the user: without a wish, and at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExpiryRule {
    /// For a `pay` that names no expiry.
    pub default: Span,
    /// A later expiry than this is cut to it.
    pub max: Span,
}

/// User-presented codes: one minute unless asked for more.
///
/// Source: timers of the wallet's interface. It names no maximum; the cashier's is taken.
pub const UPM_EXPIRY: ExpiryRule = ExpiryRule { default: Span::secs(60), max: Span::minutes(10) };

/// Codes that a shop shows for one order: three minutes unless asked for more.
///
/// Source: acquirer interface 4.2, where one implementation uses three minutes and the network
/// names none; the cashier's maximum is taken.
pub const ORDER_CODE_EXPIRY: ExpiryRule =
    ExpiryRule { default: Span::minutes(3), max: Span::minutes(10) };

/// Agreements: at most one minute. Source: timers of the wallet's interface.
pub const AUTO_DEBIT_EXPIRY: ExpiryRule =
    ExpiryRule { default: Span::secs(60), max: Span::secs(60) };

/// Cashier: ten minutes, and longer wishes are ignored. Source: `pay` of the acquirer's interface.
pub const CASHIER_EXPIRY: ExpiryRule =
    ExpiryRule { default: Span::minutes(10), max: Span::minutes(10) };

impl ExpiryRule {
    /// When a payment created at `created` expires, or `None` when the time wished for is not
    /// ahead.
    pub fn expiry(self, created: Timestamp, wished: Option<Timestamp>) -> Option<Timestamp> {
        match wished {
            None => Some(created.after(self.default)),
            Some(wished) if wished <= created => None,
            Some(wished) => Some(wished.min(created.after(self.max))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Seconds since 1970 of 2026-03-01T00:00:00Z, as a day count that is easy to check by hand.
    const MARCH_FIRST: u64 = 20_513 * DAY_SECS;

    fn at(day: u64, hour: u64, minute: u64, second: u64) -> Timestamp {
        Timestamp::from_secs(
            MARCH_FIRST + (day - 1) * DAY_SECS + hour * 3600 + minute * 60 + second,
        )
    }

    #[test]
    fn the_cancel_window_ends_at_a_quarter_past_midnight_in_utc_plus_8() {
        // (created, acquirer's deadline, wallet's deadline), all in UTC.
        let cases = [
            (at(1, 0, 0, 0), at(1, 16, 15, 0), at(1, 16, 30, 0)), // 08:00 on the 1st there
            (at(1, 15, 59, 59), at(1, 16, 15, 0), at(1, 16, 30, 0)), // 23:59:59 on the 1st
            (at(1, 16, 0, 0), at(2, 16, 15, 0), at(2, 16, 30, 0)), // 00:00:00 on the 2nd
            (at(1, 16, 14, 59), at(2, 16, 15, 0), at(2, 16, 30, 0)), // inside yesterday's tail
            (at(1, 23, 59, 59), at(2, 16, 15, 0), at(2, 16, 30, 0)),
            (at(31, 12, 0, 0), at(31, 16, 15, 0), at(31, 16, 30, 0)), // month end
        ];
        for (created, acquirer, wallet) in cases {
            assert_eq!(cancel_deadline(created), acquirer, "{created:?}");
            assert_eq!(wallet_cancel_deadline(created), wallet, "{created:?}");
        }
    }

    #[test]
    fn every_payment_can_be_cancelled_for_a_quarter_hour_at_least_and_a_day_at_most() {
        for minute in 0..3 * 24 * 60 {
            let created = at(1, 0, minute, 0);
            let open = cancel_deadline(created).since(created);
            assert!(open > CANCEL_TAIL && open <= Span::minutes(24 * 60 + 15), "{minute}");
        }
    }

    #[test]
    fn times_at_the_ends_of_the_scale_do_not_wrap() {
        assert_eq!(cancel_deadline(Timestamp::from_secs(0)), Timestamp::from_secs(58_500));
        assert!(cancel_deadline(Timestamp::MAX) > Timestamp::from_secs(18_000_000_000));
        assert_eq!(refund_deadline(Timestamp::MAX), Timestamp::MAX);
    }

    #[test]
    fn refunds_for_a_year_of_365_days() {
        assert_eq!(refund_deadline(at(1, 9, 0, 0)), at(366, 9, 0, 0));
    }

    #[test]
    fn a_wished_expiry_is_cut_and_never_in_the_past() {
        let now = at(1, 9, 0, 0);
        let cases = [
            (UPM_EXPIRY, None, Some(at(1, 9, 1, 0))),
            (UPM_EXPIRY, Some(at(1, 9, 0, 30)), Some(at(1, 9, 0, 30))),
            (UPM_EXPIRY, Some(at(1, 9, 5, 0)), Some(at(1, 9, 5, 0))),
            (UPM_EXPIRY, Some(at(1, 10, 0, 0)), Some(at(1, 9, 10, 0))),
            (UPM_EXPIRY, Some(now), None),
            (UPM_EXPIRY, Some(at(1, 8, 59, 59)), None),
            (AUTO_DEBIT_EXPIRY, Some(at(1, 9, 5, 0)), Some(at(1, 9, 1, 0))),
            (CASHIER_EXPIRY, None, Some(at(1, 9, 10, 0))),
            (CASHIER_EXPIRY, Some(at(1, 9, 30, 0)), Some(at(1, 9, 10, 0))),
        ];
        for (rule, wished, expect) in cases {
            assert_eq!(rule.expiry(now, wished), expect, "{rule:?} {wished:?}");
        }
    }
}
