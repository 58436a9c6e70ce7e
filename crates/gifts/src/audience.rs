//! Who may take a red packet or a gift: one named customer, or whoever has a link.
//!
//! A link has a secret that only those have who were given it. The edge hashes it; here are digests
//! only, so that neither log nor snapshot lets anybody open a link.

use base::{codec_enum, codec_struct};

/// Whom something is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience {
    /// One customer, by number.
    Named(u32),
    /// Whoever has the link, by the SHA-256 digest of its secret. The secret has 80 random bits or
    /// more: it is all that keeps others out.
    Link([u8; 32]),
}
codec_enum!(Audience { 0 = Named(customer), 1 = Link(digest) });

/// Who asks for a share or for a gift.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claimant {
    /// The customer's number.
    pub customer: u32,
    /// The digest of the link's secret, when the customer came with one.
    pub link: Option<[u8; 32]>,
}
codec_struct!(Claimant { customer, link });

impl Audience {
    /// Is this one of those it is for? A named customer needs no link, and a link names nobody.
    pub fn admits(&self, by: &Claimant) -> bool {
        match self {
            Audience::Named(customer) => *customer == by.customer,
            Audience::Link(digest) => by.link.as_ref() == Some(digest),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_named_one_or_the_link_opens() {
        let by = |customer, link| Claimant { customer, link };
        let cases = [
            (Audience::Named(7), by(7, None), true),
            (Audience::Named(7), by(7, Some([1; 32])), true),
            (Audience::Named(7), by(8, None), false),
            (Audience::Named(7), by(8, Some([1; 32])), false),
            (Audience::Link([1; 32]), by(8, Some([1; 32])), true),
            (Audience::Link([1; 32]), by(8, Some([2; 32])), false),
            (Audience::Link([1; 32]), by(8, None), false),
        ];
        for (audience, by, admitted) in cases {
            assert_eq!(audience.admits(&by), admitted, "{audience:?} {by:?}");
        }
    }
}
