//! The transition table of a red packet.

use base::codec_enum;

/// Where a packet stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PacketState {
    /// Shares can be claimed.
    ///
    /// Arrives: created and paid for in one step. Holds: all shares that nobody has claimed, at
    /// least one. Ends: the last claim, expiry, or the sender takes it back.
    Open,
    /// Every share was claimed. Holds nothing. Final.
    Drained,
    /// It was too late for the rest, which went back to the sender. Holds nothing. Final.
    Expired,
    /// The sender took the rest back. Holds nothing. Final.
    Cancelled,
}
codec_enum!(PacketState { 0 = Open, 1 = Drained, 2 = Expired, 3 = Cancelled });

impl PacketState {
    /// Every state, in the order of their tags.
    pub const ALL: [PacketState; 4] =
        [PacketState::Open, PacketState::Drained, PacketState::Expired, PacketState::Cancelled];
}

/// What can happen to a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PacketInput {
    /// Somebody claims a share, and others are left.
    Share,
    /// Somebody claims the last share.
    LastShare,
    /// Its time is over.
    Expire,
    /// The sender takes the rest back.
    Cancel,
}

impl PacketInput {
    /// Every input.
    pub const ALL: [PacketInput; 4] =
        [PacketInput::Share, PacketInput::LastShare, PacketInput::Expire, PacketInput::Cancel];
}

/// What has to be done with an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PacketStep {
    /// Go to the state. `Expired` and `Cancelled` send the rest back.
    To(PacketState),
    /// It is over already: change nothing.
    Same,
    /// It is over already: change nothing and say so.
    Refuse,
}

/// The transition table of a red packet: every pair is decided.
#[rustfmt::skip]
#[expect(clippy::match_same_arms, reason = "one row per cell, in reading order")]
pub const fn packet_step(from: PacketState, on: PacketInput) -> PacketStep {
    use PacketInput as I;
    use PacketState as S;
    match (from, on) {
        (S::Open,      I::Share)     => PacketStep::To(S::Open),
        (S::Open,      I::LastShare) => PacketStep::To(S::Drained),
        (S::Open,      I::Expire)    => PacketStep::To(S::Expired),
        (S::Open,      I::Cancel)    => PacketStep::To(S::Cancelled),

        (S::Drained,   I::Share)     => PacketStep::Refuse,
        (S::Drained,   I::LastShare) => PacketStep::Refuse,
        (S::Drained,   I::Expire)    => PacketStep::Same,
        (S::Drained,   I::Cancel)    => PacketStep::Refuse,

        (S::Expired,   I::Share)     => PacketStep::Refuse,
        (S::Expired,   I::LastShare) => PacketStep::Refuse,
        (S::Expired,   I::Expire)    => PacketStep::Same,
        (S::Expired,   I::Cancel)    => PacketStep::Refuse,

        (S::Cancelled, I::Share)     => PacketStep::Refuse,
        (S::Cancelled, I::LastShare) => PacketStep::Refuse,
        (S::Cancelled, I::Expire)    => PacketStep::Same,
        (S::Cancelled, I::Cancel)    => PacketStep::Refuse,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base::{decode_all, encode};
    use std::fmt::Write;

    #[test]
    fn the_whole_table() {
        let mut text = String::new();
        for from in PacketState::ALL {
            writeln!(text, "{from:?}").unwrap();
            for on in PacketInput::ALL {
                writeln!(text, "    {:<11}{:?}", format!("{on:?}"), packet_step(from, on)).unwrap();
            }
        }
        insta::assert_snapshot!(text);
    }

    #[test]
    fn tags_are_frozen() {
        for (tag, state) in (0u8..).zip(PacketState::ALL) {
            assert_eq!(encode(&state), [tag]);
            assert_eq!(decode_all::<PacketState>(&[tag]), Ok(state));
        }
        assert!(decode_all::<PacketState>(&[4]).is_err());
    }
}
