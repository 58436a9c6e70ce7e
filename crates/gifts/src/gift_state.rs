//! The transition table of a gift.

use base::codec_enum;

/// Where a gift stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum GiftState {
    /// Bought and paid for, not sent yet.
    ///
    /// Arrives: one off the stock and the price to the issuer's liability, in one step. Holds: the
    /// price. Ends: sent, refunded, expired.
    Paid,
    /// The card is on its way, and nobody has taken the gift.
    ///
    /// Arrives: the buyer sent it. Holds: the price. Ends: claimed, refunded, expired.
    Sent,
    /// It has a holder, who has used nothing of it.
    ///
    /// Arrives: the one that it is for, or the first who had the link, took it. Holds: the price.
    /// Ends: used, in part or to its end, or expired. The buyer has no say any more.
    Claimed,
    /// Something of it was used. Holds: what was not paid to the shop. Ends: as `Claimed`.
    PartlyUsed,
    /// Used to its end; a rest went where the remainder rule says. Holds nothing. Final.
    Used,
    /// The buyer had it refunded before it was claimed. Holds nothing. Final.
    Refunded,
    /// Its time is over; what was unused went where the refund rule says. Holds nothing. Final.
    Expired,
}
codec_enum!(GiftState {
    0 = Paid,
    1 = Sent,
    2 = Claimed,
    3 = PartlyUsed,
    4 = Used,
    5 = Refunded,
    6 = Expired,
});

impl GiftState {
    /// Every state, in the order of their tags.
    pub const ALL: [GiftState; 7] = [
        GiftState::Paid,
        GiftState::Sent,
        GiftState::Claimed,
        GiftState::PartlyUsed,
        GiftState::Used,
        GiftState::Refunded,
        GiftState::Expired,
    ];

    /// Nothing is left in it, and nothing happens to it any more.
    pub const fn is_final(self) -> bool {
        match self {
            GiftState::Paid | GiftState::Sent | GiftState::Claimed | GiftState::PartlyUsed => false,
            GiftState::Used | GiftState::Refunded | GiftState::Expired => true,
        }
    }
}

/// What can happen to a gift.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum GiftInput {
    /// The buyer sends it.
    Send,
    /// Somebody takes it.
    Claim,
    /// The holder wants a one-time code.
    Code,
    /// A till redeems a part, and the gift goes on.
    UsePart,
    /// A till redeems a part, and by that the gift ends.
    UseUp,
    /// The buyer wants the money back.
    Refund,
    /// Its time is over.
    Expire,
}

impl GiftInput {
    /// Every input.
    pub const ALL: [GiftInput; 7] = [
        GiftInput::Send,
        GiftInput::Claim,
        GiftInput::Code,
        GiftInput::UsePart,
        GiftInput::UseUp,
        GiftInput::Refund,
        GiftInput::Expire,
    ];
}

/// What has to be done with an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GiftStep {
    /// Go to the state.
    To(GiftState),
    /// It has happened already: change nothing. A claim by somebody else is refused before.
    Same,
    /// It cannot happen here: change nothing and say so.
    Refuse,
}

/// The transition table of a gift: every pair is decided.
#[rustfmt::skip]
#[expect(clippy::match_same_arms, reason = "one row per cell, in reading order")]
pub const fn gift_step(from: GiftState, on: GiftInput) -> GiftStep {
    use GiftInput as I;
    use GiftState as S;
    match (from, on) {
        (S::Paid,       I::Send)    => GiftStep::To(S::Sent),
        (S::Paid,       I::Claim)   => GiftStep::Refuse,       // nobody was told of it
        (S::Paid,       I::Code)    => GiftStep::Refuse,
        (S::Paid,       I::UsePart) => GiftStep::Refuse,
        (S::Paid,       I::UseUp)   => GiftStep::Refuse,
        (S::Paid,       I::Refund)  => GiftStep::To(S::Refunded),
        (S::Paid,       I::Expire)  => GiftStep::To(S::Expired),

        (S::Sent,       I::Send)    => GiftStep::Same,
        (S::Sent,       I::Claim)   => GiftStep::To(S::Claimed),
        (S::Sent,       I::Code)    => GiftStep::Refuse,
        (S::Sent,       I::UsePart) => GiftStep::Refuse,
        (S::Sent,       I::UseUp)   => GiftStep::Refuse,
        (S::Sent,       I::Refund)  => GiftStep::To(S::Refunded),
        (S::Sent,       I::Expire)  => GiftStep::To(S::Expired),

        (S::Claimed,    I::Send)    => GiftStep::Same,
        (S::Claimed,    I::Claim)   => GiftStep::Same,
        (S::Claimed,    I::Code)    => GiftStep::To(S::Claimed),
        (S::Claimed,    I::UsePart) => GiftStep::To(S::PartlyUsed),
        (S::Claimed,    I::UseUp)   => GiftStep::To(S::Used),
        (S::Claimed,    I::Refund)  => GiftStep::Refuse,       // it belongs to its holder
        (S::Claimed,    I::Expire)  => GiftStep::To(S::Expired),

        (S::PartlyUsed, I::Send)    => GiftStep::Same,
        (S::PartlyUsed, I::Claim)   => GiftStep::Same,
        (S::PartlyUsed, I::Code)    => GiftStep::To(S::PartlyUsed),
        (S::PartlyUsed, I::UsePart) => GiftStep::To(S::PartlyUsed),
        (S::PartlyUsed, I::UseUp)   => GiftStep::To(S::Used),
        (S::PartlyUsed, I::Refund)  => GiftStep::Refuse,
        (S::PartlyUsed, I::Expire)  => GiftStep::To(S::Expired),

        (S::Used,       I::Send)    => GiftStep::Refuse,
        (S::Used,       I::Claim)   => GiftStep::Same,
        (S::Used,       I::Code)    => GiftStep::Refuse,
        (S::Used,       I::UsePart) => GiftStep::Refuse,
        (S::Used,       I::UseUp)   => GiftStep::Refuse,
        (S::Used,       I::Refund)  => GiftStep::Refuse,
        (S::Used,       I::Expire)  => GiftStep::Same,

        (S::Refunded,   I::Send)    => GiftStep::Refuse,
        (S::Refunded,   I::Claim)   => GiftStep::Refuse,
        (S::Refunded,   I::Code)    => GiftStep::Refuse,
        (S::Refunded,   I::UsePart) => GiftStep::Refuse,
        (S::Refunded,   I::UseUp)   => GiftStep::Refuse,
        (S::Refunded,   I::Refund)  => GiftStep::Refuse,       // the money went back once
        (S::Refunded,   I::Expire)  => GiftStep::Same,

        (S::Expired,    I::Send)    => GiftStep::Refuse,
        (S::Expired,    I::Claim)   => GiftStep::Refuse,
        (S::Expired,    I::Code)    => GiftStep::Refuse,
        (S::Expired,    I::UsePart) => GiftStep::Refuse,
        (S::Expired,    I::UseUp)   => GiftStep::Refuse,
        (S::Expired,    I::Refund)  => GiftStep::Refuse,
        (S::Expired,    I::Expire)  => GiftStep::Same,
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
        for from in GiftState::ALL {
            writeln!(text, "{from:?}").unwrap();
            for on in GiftInput::ALL {
                writeln!(text, "    {:<9}{:?}", format!("{on:?}"), gift_step(from, on)).unwrap();
            }
        }
        insta::assert_snapshot!(text);
    }

    #[test]
    fn tags_are_frozen() {
        for (tag, state) in (0u8..).zip(GiftState::ALL) {
            assert_eq!(encode(&state), [tag]);
            assert_eq!(decode_all::<GiftState>(&[tag]), Ok(state));
        }
        assert!(decode_all::<GiftState>(&[7]).is_err());
    }

    #[test]
    fn what_is_final_stays_and_everything_else_can_expire() {
        for from in GiftState::ALL {
            let expires = gift_step(from, GiftInput::Expire);
            assert_eq!(expires == GiftStep::To(GiftState::Expired), !from.is_final(), "{from:?}");
            for on in GiftInput::ALL.into_iter().filter(|_| from.is_final()) {
                let step = gift_step(from, on);
                assert!(matches!(step, GiftStep::Same | GiftStep::Refuse), "{from:?} {on:?}");
            }
        }
    }
}
