//! What a page carries to the next one instead of a session: who signed in, for which payment, and
//! until when, with a digest that only this wallet can make.
//!
//! A ticket is good for its payment alone. Sent twice it does nothing twice: the state of the
//! payment decides.

use crate::Edge;
use crate::app::STEPPED_UP_FOR;
use aws_lc_rs::constant_time::verify_slices_are_equal;
use base::Timestamp;
use ids::PaymentId;
use std::fmt::Write;

/// Hexadecimal digits of customer, payment, seconds and digest.
const DIGITS: [usize; 4] = [8, 32, 16, 64];

/// See the module's text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ticket {
    pub customer: u32,
    pub payment: PaymentId,
    until_secs: u64,
}

impl Ticket {
    /// For somebody who has just given the PIN.
    pub fn new(customer: u32, payment: PaymentId, now: Timestamp) -> Ticket {
        Ticket { customer, payment, until_secs: now.after(STEPPED_UP_FOR).secs() }
    }

    fn digest(&self, edge: &Edge) -> [u8; 32] {
        edge.keyed_digest(&[
            b"ticket to pay",
            &self.customer.to_be_bytes(),
            &self.payment.as_u128().to_be_bytes(),
            &self.until_secs.to_be_bytes(),
        ])
    }

    pub fn text(&self, edge: &Edge) -> String {
        let payment = self.payment.as_u128();
        let mut text = format!("{:08x}{payment:032x}{:016x}", self.customer, self.until_secs);
        for byte in self.digest(edge) {
            // Writing to a String cannot fail.
            let _ = write!(text, "{byte:02x}");
        }
        text
    }

    /// `None`: it is not one of this wallet's. It may be too old.
    pub fn read(edge: &Edge, text: &str) -> Option<Ticket> {
        let is_hex = text.bytes().all(|c| c.is_ascii_digit() || (b'a'..=b'f').contains(&c));
        if text.len() != DIGITS.iter().sum::<usize>() || !is_hex {
            return None;
        }
        let (customer, rest) = text.split_at(DIGITS[0]);
        let (payment, rest) = rest.split_at(DIGITS[1]);
        let (until_secs, _) = rest.split_at(DIGITS[2]);
        let ticket = Ticket {
            customer: u32::from_str_radix(customer, 16).ok()?,
            payment: PaymentId::from_u128(u128::from_str_radix(payment, 16).ok()?),
            until_secs: u64::from_str_radix(until_secs, 16).ok()?,
        };
        verify_slices_are_equal(ticket.text(edge).as_bytes(), text.as_bytes()).ok()?;
        Some(ticket)
    }

    /// May it still decide something? Later it only shows what has become of its payment.
    pub fn is_good(&self, now: Timestamp) -> bool {
        now.secs() < self.until_secs
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base::Span;

    #[test]
    fn a_ticket_is_good_as_long_as_a_pin_is() {
        let now = Timestamp::from_secs(10_000);
        let ticket = Ticket::new(1, PaymentId::from_u128(7), now);
        assert!(ticket.is_good(now.after(Span::secs(299))));
        assert!(!ticket.is_good(now.after(STEPPED_UP_FOR)));
    }
}
