//! How a red packet is divided, so that anybody can check it afterwards.
//!
//! # The draw
//!
//! `T` is the total, `n` the number of shares, `m` the least share, all in minor units, and
//! `below(k)` the draw of [`crate::keystream`] from the packet's seed.
//!
//! 1. Everybody has `m`. What is above that is `rest = T - n * m`.
//! 2. For `k` from `n` down to 2, in this order: draw `x = below(2 * rest / k + 1)` with the
//!    division rounded down, append the share `m + x`, and take `x` off `rest`. So nobody is drawn
//!    more than double the average of what is left.
//! 3. Append the last share, `m + rest`.
//! 4. Shuffle: for `i` from `n - 1` down to 1, in this order, swap the shares at `i` and
//!    `below(i + 1)`, counted from 0.
//!
//! The first claim has the first share, and so on. Without step 4 the mean would be the same at
//! every place, but late places would vary more and win more often.
//!
//! Equal shares and the one share of a packet to one person draw nothing.
//!
//! # The commitment
//!
//! The edge draws the seed from the system's generator and publishes the SHA-256 digest of
//! [`committed_text`] with the packet; the seed is shown when the packet is over. The sender and
//! those who claim can then see that no share was changed after the first of them was known. It
//! does not prove that the operator drew only one seed, but who gets which share is decided by the
//! order in which people claim, which no seed knows.

use crate::keystream::Keystream;
use base::{Codec, DecodeError, Reader, codec_enum, codec_struct};
use money::Money;

/// Most shares of one packet in any market.
pub const MAX_SHARES: u32 = 1_000;

/// How a packet is divided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PacketKind {
    /// All shares are equal to the last minor unit.
    Equal,
    /// Shares are drawn.
    Lucky,
    /// One share, for one person.
    ToOne,
}
codec_enum!(PacketKind { 0 = Equal, 1 = Lucky, 2 = ToOne });

/// The 32 random bytes from which the shares are drawn. Printed only as dots: known early, they
/// tell who should wait.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Seed(pub [u8; 32]);

impl std::fmt::Debug for Seed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Seed(..)")
    }
}

impl Codec for Seed {
    fn encode(&self, out: &mut Vec<u8>) {
        self.0.encode(out);
    }
    fn decode(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Seed(Codec::decode(input)?))
    }
}

/// What is divided, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Split {
    pub kind: PacketKind,
    pub total: Money,
    /// Number of shares, 1 to [`MAX_SHARES`].
    pub count: u32,
    /// The least share in minor units, 1 or more.
    pub least_minor: u64,
}
codec_struct!(Split { kind, total, count, least_minor });

/// Why something cannot be divided so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SplitRefusal {
    /// No share, more than [`MAX_SHARES`], or more than one for one person.
    Count,
    /// The least share would be nothing.
    Least,
    /// The total is less than `least_minor`, the least share for everybody.
    TooLittle { least_minor: u64 },
    /// Equal shares would leave something over.
    Uneven,
}

impl std::fmt::Display for SplitRefusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            SplitRefusal::Count => write!(f, "shares must be 1 to {MAX_SHARES}, 1 for one person"),
            SplitRefusal::Least => f.write_str("the least share must be above zero"),
            SplitRefusal::TooLittle { least_minor } => {
                write!(f, "the total must be {least_minor} minor units or more")
            }
            SplitRefusal::Uneven => f.write_str("the total does not divide into equal shares"),
        }
    }
}

impl std::error::Error for SplitRefusal {}

impl Split {
    /// Refusals, in order: `Count`, `Least`, `TooLittle`, `Uneven`.
    pub fn check(&self) -> Result<(), SplitRefusal> {
        let most = if self.kind == PacketKind::ToOne { 1 } else { MAX_SHARES };
        if self.count == 0 || self.count > most {
            return Err(SplitRefusal::Count);
        }
        if self.least_minor == 0 {
            return Err(SplitRefusal::Least);
        }
        let least_minor = self.least_minor.saturating_mul(u64::from(self.count));
        if self.total.minor() < least_minor {
            return Err(SplitRefusal::TooLittle { least_minor });
        }
        let is_even = self.total.minor().is_multiple_of(u64::from(self.count));
        if self.kind == PacketKind::Equal && !is_even {
            return Err(SplitRefusal::Uneven);
        }
        Ok(())
    }
}

/// The shares in minor units, in the order in which they are given out. See the module's text.
///
/// Each is at least the least share, and their sum is the total. Refusals: those of
/// [`Split::check`].
pub fn shares_of(seed: &Seed, split: &Split) -> Result<Vec<u64>, SplitRefusal> {
    split.check()?;
    let count = usize::try_from(split.count).map_err(|_| SplitRefusal::Count)?;
    match split.kind {
        PacketKind::Equal | PacketKind::ToOne => {
            Ok(vec![split.total.minor() / u64::from(split.count); count])
        }
        PacketKind::Lucky => Ok(draw(seed, split)),
    }
}

/// Steps 1 to 4 of the module's text, on a split that was checked.
fn draw(seed: &Seed, split: &Split) -> Vec<u64> {
    let mut stream = Keystream::new(&seed.0);
    let least = split.least_minor;
    let mut rest = split.total.minor() - least * u64::from(split.count);
    let mut shares = Vec::new();
    for left in (2..=u64::from(split.count)).rev() {
        // At most 10^15, so that the double fits; and at most the rest, since two or more are left.
        let above = stream.below(2 * rest / left + 1);
        shares.push(least + above);
        rest -= above;
    }
    shares.push(least + rest);
    let index = |place: u64| usize::try_from(place).expect("a place is below the count");
    for places in (2..=u64::from(split.count)).rev() {
        shares.swap(index(places - 1), index(stream.below(places)));
    }
    shares
}

/// First bytes of the text that is committed to; another form of it would begin otherwise.
const COMMITTED_FORM: &[u8; 17] = b"dhow red packet 1";

/// The 89 bytes whose SHA-256 digest is the commitment of a packet. Numbers have their most
/// significant byte first.
///
/// | Bytes | What |
/// |---|---|
/// | 17 | `dhow red packet 1` |
/// | 32 | the seed |
/// | 16 | the packet's id |
/// | 1 | the kind: 0 equal, 1 lucky, 2 to one person |
/// | 3 | the currency's letters |
/// | 8 | the total in minor units |
/// | 4 | the number of shares |
/// | 8 | the least share in minor units |
pub fn committed_text(seed: &Seed, packet: u128, split: &Split) -> Vec<u8> {
    let Split { kind, total, count, least_minor } = split;
    let mut text = COMMITTED_FORM.to_vec();
    text.extend_from_slice(&seed.0);
    text.extend_from_slice(&packet.to_be_bytes());
    kind.encode(&mut text);
    text.extend_from_slice(total.currency().code().as_bytes());
    text.extend_from_slice(&total.minor().to_be_bytes());
    text.extend_from_slice(&count.to_be_bytes());
    text.extend_from_slice(&least_minor.to_be_bytes());
    text
}
