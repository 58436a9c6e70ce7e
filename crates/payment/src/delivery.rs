//! Delivery of a notification: attempts on a schedule until it is acknowledged or given up.

use base::{Span, codec_enum};

/// Attempts to deliver one notification before it is given up.
pub const MAX_NOTIFY_ATTEMPTS: u32 = 8;

/// Waits before each attempt, counted from the one before; the last starts after 24 h 22 min.
///
/// Source: the schedule of the sibling AMS interface (0 s, 2 min, 10 min, 10 min, 1 h, 2 h, 6 h, 15
/// h); the acquirer's interface names none.
const NOTIFY_WAITS: [Span; MAX_NOTIFY_ATTEMPTS as usize] = [
    Span::secs(0),
    Span::minutes(2),
    Span::minutes(10),
    Span::minutes(10),
    Span::hours(1),
    Span::hours(2),
    Span::hours(6),
    Span::hours(15),
];

/// How long after the attempt before it attempt number `attempt` (from 0) starts; `None`: give up.
pub fn notify_after(attempt: u32) -> Option<Span> {
    NOTIFY_WAITS.get(usize::try_from(attempt).ok()?).copied()
}

/// Where the delivery of one notification stands. `attempts` counts the finished ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DeliveryState {
    /// Not acknowledged yet: the next attempt starts after [`notify_after`]`(attempts)`.
    ///
    /// Arrives: a payment reached a final state. Ends: acknowledged, or all attempts used.
    Waiting { attempts: u32 },
    /// The partner answered S: nothing more is sent. Final.
    Acknowledged { attempts: u32 },
    /// All attempts failed. Waits for: an operator, or the partner's own inquiry, which always
    /// works.
    GivenUp { attempts: u32 },
}
codec_enum!(DeliveryState {
    0 = Waiting { attempts },
    1 = Acknowledged { attempts },
    2 = GivenUp { attempts },
});

impl DeliveryState {
    /// A delivery of which nothing was tried.
    pub const NEW: DeliveryState = DeliveryState::Waiting { attempts: 0 };
}

/// How an attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DeliveryInput {
    /// A signed S.
    Acknowledged,
    /// Any other answer, or none.
    Failed,
    /// An operator asks to begin again.
    Again,
}
codec_enum!(DeliveryInput { 0 = Acknowledged, 1 = Failed, 2 = Again });

/// What the machine must do with an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeliveryStep {
    /// Go to the state; `Waiting` arms the next attempt.
    To(DeliveryState),
    /// A stale answer: change nothing.
    Same,
}

/// The transition table of a delivery.
pub fn delivery_step(from: DeliveryState, on: DeliveryInput) -> DeliveryStep {
    use DeliveryInput as I;
    use DeliveryState as S;
    match (from, on) {
        (S::Waiting { attempts }, I::Acknowledged) => {
            DeliveryStep::To(S::Acknowledged { attempts: attempts.saturating_add(1) })
        }
        (S::Waiting { attempts }, I::Failed) => {
            let attempts = attempts.saturating_add(1);
            DeliveryStep::To(match notify_after(attempts) {
                Some(_) => S::Waiting { attempts },
                None => S::GivenUp { attempts },
            })
        }
        (S::Waiting { .. }, I::Again) => DeliveryStep::To(S::NEW),
        (S::Acknowledged { .. }, I::Acknowledged | I::Failed | I::Again) => DeliveryStep::Same,
        // The answer to the last attempt may come after we stopped waiting for it.
        (S::GivenUp { attempts }, I::Acknowledged) => {
            DeliveryStep::To(S::Acknowledged { attempts })
        }
        (S::GivenUp { .. }, I::Failed) => DeliveryStep::Same,
        (S::GivenUp { .. }, I::Again) => DeliveryStep::To(S::NEW),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base::{decode_all, encode};

    #[test]
    fn the_whole_table() {
        use std::fmt::Write;
        let mut text = String::new();
        let states = [
            DeliveryState::NEW,
            DeliveryState::Waiting { attempts: 7 },
            DeliveryState::Acknowledged { attempts: 3 },
            DeliveryState::GivenUp { attempts: 8 },
        ];
        for from in states {
            assert_eq!(decode_all::<DeliveryState>(&encode(&from)), Ok(from));
            writeln!(text, "{from:?}").unwrap();
            for on in [DeliveryInput::Acknowledged, DeliveryInput::Failed, DeliveryInput::Again] {
                let next = delivery_step(from, on);
                writeln!(text, "    {:<14}{next:?}", format!("{on:?}")).unwrap();
            }
        }
        insta::assert_snapshot!(text);
    }

    #[test]
    fn a_deaf_partner_is_tried_eight_times_in_a_day() {
        let (mut state, mut tried, mut waited) = (DeliveryState::NEW, 0, 0);
        while let DeliveryState::Waiting { attempts } = state {
            waited += notify_after(attempts).unwrap().as_millis() / 1000;
            tried += 1;
            match delivery_step(state, DeliveryInput::Failed) {
                DeliveryStep::To(next) => state = next,
                DeliveryStep::Same => unreachable!("a failed attempt counts"),
            }
        }
        assert_eq!(state, DeliveryState::GivenUp { attempts: MAX_NOTIFY_ATTEMPTS });
        assert_eq!((tried, waited), (8, 24 * 3600 + 22 * 60));
        assert_eq!(notify_after(8), None);
        assert_eq!(notify_after(u32::MAX), None);
    }
}
