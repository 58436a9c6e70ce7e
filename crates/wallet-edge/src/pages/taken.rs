//! Which payment came of a code that a customer opened: the network does not tell an order again
//! that is over, while the page still has to say how it ended. In memory, for an hour.

use crate::edge::sha256;
use base::{Span, Timestamp};
use ids::PaymentId;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

const KEPT_FOR: Span = Span::hours(1);
/// Codes that are kept at once; the oldest goes first.
const KEPT: usize = 10_000;

type Key = (u32, [u8; 32]);

/// See the module's text.
#[derive(Default)]
pub(super) struct Taken {
    payments: Mutex<BTreeMap<Key, (PaymentId, Timestamp)>>,
}

fn key(customer: u32, code: &str) -> Key {
    (customer, sha256(code.trim().as_bytes()))
}

impl Taken {
    pub fn keep(&self, customer: u32, code: &str, payment: PaymentId, now: Timestamp) {
        let mut payments = self.payments.lock().unwrap_or_else(PoisonError::into_inner);
        if payments.len() >= KEPT {
            payments.retain(|_, (_, since)| now < since.after(KEPT_FOR));
        }
        if payments.len() >= KEPT
            && let Some(oldest) = payments.iter().min_by_key(|(_, (_, since))| *since)
        {
            let oldest = *oldest.0;
            payments.remove(&oldest);
        }
        payments.insert(key(customer, code), (payment, now));
    }

    pub fn find(&self, customer: u32, code: &str, now: Timestamp) -> Option<PaymentId> {
        let payments = self.payments.lock().unwrap_or_else(PoisonError::into_inner);
        let (payment, since) = payments.get(&key(customer, code))?;
        (now < since.after(KEPT_FOR)).then_some(*payment)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_found_by_whoever_opened_it_for_an_hour() {
        let (taken, now) = (Taken::default(), Timestamp::from_secs(10_000));
        taken.keep(1, "code", PaymentId::from_u128(7), now);
        assert_eq!(taken.find(1, " code ", now), Some(PaymentId::from_u128(7)));
        assert_eq!(taken.find(2, "code", now), None);
        assert_eq!(taken.find(1, "code", now.after(KEPT_FOR)), None);
    }

    #[test]
    fn the_oldest_makes_room() {
        let (taken, mut now) = (Taken::default(), Timestamp::from_secs(10_000));
        for number in 0..=KEPT {
            now = now.after(Span::millis(1));
            let number = u32::try_from(number).unwrap();
            taken.keep(number, "code", PaymentId::from_u128(u128::from(number)), now);
        }
        assert_eq!(taken.find(0, "code", now), None);
        assert!(taken.find(1, "code", now).is_some());
        assert_eq!(taken.payments.lock().unwrap().len(), KEPT);
    }
}
