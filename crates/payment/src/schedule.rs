//! How patiently the network asks a wallet again.

use base::Span;

/// How long a payment or refund may stay unknown before an operator is alerted.
///
/// Source: failure catalogue A11.
pub const ALERT_AFTER: Span = Span::minutes(10);

/// Attempts at the short interval, for answers that are only just not there.
const QUICK_ATTEMPTS: u32 = 10;

/// How long after the attempt before it (or after the first call) attempt `attempt`, from 0,
/// starts.
///
/// Source: failure catalogue A11: 3 s ten times, then 1, 5 and 30 min, then hourly without end. The
/// caller ends it: an inquiry by expiry, a cancel by the wallet's window.
const fn patient_after(attempt: u32) -> Span {
    const FIRST_SLOW: u32 = QUICK_ATTEMPTS;
    const SECOND_SLOW: u32 = QUICK_ATTEMPTS + 1;
    const THIRD_SLOW: u32 = QUICK_ATTEMPTS + 2;
    match attempt {
        0..QUICK_ATTEMPTS => Span::secs(3),
        FIRST_SLOW => Span::minutes(1),
        SECOND_SLOW => Span::minutes(5),
        THIRD_SLOW => Span::minutes(30),
        _ => Span::hours(1),
    }
}

/// The wait before inquiry number `attempt` (from 0) of an unknown payment.
pub const fn inquiry_after(attempt: u32) -> Span {
    patient_after(attempt)
}

/// The wait before repeat number `attempt` (from 0) of a cancel that the wallet has not confirmed.
pub const fn cancel_retry_after(attempt: u32) -> Span {
    patient_after(attempt)
}

/// The wait before repeat number `attempt` (from 0) of a refund that the wallet has not answered.
pub const fn refund_retry_after(attempt: u32) -> Span {
    patient_after(attempt)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schedule_of_the_catalogue() {
        let secs: Vec<u64> = (0..15).map(|n| inquiry_after(n).as_millis() / 1000).collect();
        assert_eq!(secs, [3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 60, 300, 1800, 3600, 3600]);
        assert_eq!(inquiry_after(u32::MAX), Span::hours(1));
        for n in 0..15 {
            assert_eq!(cancel_retry_after(n), inquiry_after(n));
            assert_eq!(refund_retry_after(n), inquiry_after(n));
        }
    }

    #[test]
    fn a_dead_wallet_costs_few_calls_in_two_days() {
        let mut asked = Span::secs(0);
        let calls = (0..)
            .take_while(|n| {
                asked = Span::from_nanos(asked.nanos() + inquiry_after(*n).nanos());
                asked <= Span::hours(48)
            })
            .count();
        assert_eq!(calls, 60);
    }
}
