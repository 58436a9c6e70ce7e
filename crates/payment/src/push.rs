//! Push mode: the wallet has paid first, and the acquirer is asked to take the finished payment.
//!
//! Nothing about it is guessed: an acquirer that does not say is asked again, and told again where
//! it never heard. Only its refusal, or the end of all asking, sends the money back. Source:
//! acquirer interface 2.9 and 7.7.

use base::{Span, codec_enum};

/// Inquiries about one pushed payment before it is given up.
pub const MAX_PUSH_INQUIRIES: u32 = 8;

/// Waits before each inquiry, counted from the call before it: 13 min 38 s in all. Source:
/// acquirer interface 2.9.
const PUSH_WAITS: [Span; MAX_PUSH_INQUIRIES as usize] = [
    Span::secs(4),
    Span::secs(4),
    Span::secs(30),
    Span::secs(60),
    Span::secs(60),
    Span::secs(60),
    Span::minutes(5),
    Span::minutes(5),
];

/// How long after the call before it inquiry number `inquiry` (from 0) is made; `None`: give up.
pub fn push_inquiry_after(inquiry: u32) -> Option<Span> {
    PUSH_WAITS.get(usize::try_from(inquiry).ok()?).copied()
}

/// Where a pushed payment stands at its acquirer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PushState {
    /// The wallet has not paid yet. Ends: it pays, or the payment fails.
    Unpaid,
    /// Told, and no final word yet. `inquiries` counts the ones begun.
    ///
    /// Arrives: the wallet paid. Holds: the payment's transfers are posted. Waits for: the
    /// acquirer's answer, its notification, or the end of the schedule.
    Waiting { inquiries: u32 },
    /// The acquirer took the payment. Final.
    Accepted,
    /// The acquirer refused it: the payment is undone. Final.
    Refused,
    /// The acquirer never said: the payment is undone. Final.
    GivenUp,
}
codec_enum!(PushState {
    0 = Unpaid,
    1 = Waiting { inquiries },
    2 = Accepted,
    3 = Refused,
    4 = GivenUp,
});

/// What can happen to a pushed payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PushInput {
    /// The acquirer says that it took the payment.
    Accepted,
    /// The acquirer says that it does not take it.
    Refused,
    /// The acquirer says that it does not know yet.
    InProcess,
    /// The acquirer was asked about the payment and has never heard of it.
    NotFound,
    /// No usable answer.
    Silent,
}
codec_enum!(PushInput { 0 = Accepted, 1 = Refused, 2 = InProcess, 3 = NotFound, 4 = Silent });

impl PushInput {
    /// Every input, in the order of their tags.
    pub const ALL: [PushInput; 5] = [
        PushInput::Accepted,
        PushInput::Refused,
        PushInput::InProcess,
        PushInput::NotFound,
        PushInput::Silent,
    ];
}

/// What the machine must do with an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PushStep {
    /// Go to the state. `Refused` and `GivenUp` send the money back.
    To(PushState),
    /// Inquire after this time.
    Inquire(Span),
    /// The acquirer was asked and never heard of it: tell it again.
    TellAgain,
    /// A duplicate or stale answer: change nothing.
    Same,
    /// The acquirer contradicts itself or what it was told: change nothing, record a break.
    Conflict,
}

/// The transition table of a pushed payment: every pair is decided.
pub fn push_step(from: PushState, on: PushInput) -> PushStep {
    use PushInput as I;
    use PushState as S;
    match (from, on) {
        (S::Waiting { .. }, I::Accepted) => PushStep::To(S::Accepted),
        (S::Waiting { .. }, I::Refused) => PushStep::To(S::Refused),
        (S::Waiting { inquiries }, I::InProcess | I::Silent | I::NotFound) => {
            match push_inquiry_after(inquiries) {
                None => PushStep::To(S::GivenUp),
                Some(_) if on == I::NotFound => PushStep::TellAgain,
                Some(wait) => PushStep::Inquire(wait),
            }
        }
        // It says what it was not asked, or takes what went back to the payer.
        (S::Unpaid | S::Refused | S::GivenUp, I::Accepted) => PushStep::Conflict,
        // It said that it took it.
        (S::Accepted, I::Refused) => PushStep::Conflict,
        (S::Accepted, I::Accepted)
        | (S::Unpaid | S::Refused | S::GivenUp, I::Refused)
        | (
            S::Unpaid | S::Accepted | S::Refused | S::GivenUp,
            I::InProcess | I::NotFound | I::Silent,
        ) => PushStep::Same,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Plays one acquirer that always says the same when told and when asked: how often it was
    /// told and asked, and the end.
    fn play(told: PushInput, asked: PushInput) -> (u32, u32, PushState) {
        let (mut tells, mut inquiries, mut says) = (1, 0, told);
        loop {
            match push_step(PushState::Waiting { inquiries }, says) {
                PushStep::To(next) => return (tells, inquiries, next),
                PushStep::Inquire(_) => (inquiries, says) = (inquiries + 1, asked),
                PushStep::TellAgain => (tells, says) = (tells + 1, told),
                PushStep::Same | PushStep::Conflict => panic!("an open push always goes on"),
            }
        }
    }

    #[test]
    fn every_acquirer_comes_to_an_end() {
        use PushInput::{Accepted, InProcess, NotFound, Refused, Silent};
        assert_eq!(play(Accepted, Silent), (1, 0, PushState::Accepted));
        assert_eq!(play(Refused, Silent), (1, 0, PushState::Refused));
        assert_eq!(play(Silent, Accepted), (1, 1, PushState::Accepted));
        assert_eq!(play(Silent, Silent), (1, 8, PushState::GivenUp));
        assert_eq!(play(InProcess, InProcess), (1, 8, PushState::GivenUp));
        assert_eq!(play(Silent, NotFound), (8, 8, PushState::GivenUp));
    }

    #[test]
    fn the_schedule_of_the_protocol() {
        let waits = (0..).map_while(push_inquiry_after);
        let secs: Vec<u64> = waits.map(|wait| wait.as_millis() / 1000).collect();
        assert_eq!(secs, [4, 4, 30, 60, 60, 60, 300, 300]);
    }

    #[test]
    fn what_is_final_stays() {
        for state in [PushState::Accepted, PushState::Refused, PushState::GivenUp] {
            for input in PushInput::ALL {
                let step = push_step(state, input);
                assert!(matches!(step, PushStep::Same | PushStep::Conflict), "{state:?} {input:?}");
            }
        }
        assert_eq!(push_step(PushState::Accepted, PushInput::Refused), PushStep::Conflict);
        assert_eq!(push_step(PushState::GivenUp, PushInput::Accepted), PushStep::Conflict);
        assert_eq!(push_step(PushState::Unpaid, PushInput::Accepted), PushStep::Conflict);
    }
}
