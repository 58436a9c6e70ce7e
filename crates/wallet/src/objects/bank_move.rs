//! Money between a customer's account here and one at a bank.
//!
//! Two steps: reserved here, then the bank is asked. A silent bank leaves the move unknown, and it
//! is asked about until it says what became of it.

use account::LocalDay;
use base::{ResultCode, Stamp, codec_enum, codec_struct};
use ids::{BankMoveId, NoteId};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BankWay {
    /// From the bank: a top-up.
    In,
    /// To the bank: a withdrawal.
    Out,
}
codec_enum!(BankWay { 0 = In, 1 = Out });

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BankState {
    /// Reserved, and the bank is being asked. Ends with its answer.
    Asked,
    /// The bank did not answer: it may or may not have moved the money. Ends by inquiry.
    Unknown,
    Done,
    Failed(ResultCode),
}
codec_enum!(BankState { 0 = Asked, 1 = Unknown, 2 = Done, 3 = Failed(code) });

/// What the bank says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BankInput {
    Yes,
    No(ResultCode),
    /// It is at it.
    InProcess,
    /// It does not know the move: it was never asked, or lost it.
    NotFound,
    Silent,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BankStep {
    To(BankState),
    /// Ask again about it.
    Inquire,
    /// Send it again, under the same id.
    Submit,
    Same,
    /// The bank contradicts itself: nothing moves, and somebody must look.
    Conflict,
}

/// The table.
#[rustfmt::skip]
pub const fn bank_step(from: BankState, on: BankInput) -> BankStep {
    use BankInput::{InProcess, No, NotFound, Silent, Yes};
    use BankState::{Asked, Done, Failed, Unknown};
    match (from, on) {
        (Asked, Yes)           => BankStep::To(Done),
        (Asked, No(code))      => BankStep::To(Failed(code)),
        (Asked, InProcess)     => BankStep::Inquire,
        (Asked, NotFound)      => BankStep::Submit,
        (Asked, Silent)        => BankStep::Inquire,
        (Unknown, Yes)         => BankStep::To(Done),
        (Unknown, No(code))    => BankStep::To(Failed(code)),
        (Unknown, InProcess)   => BankStep::Inquire,
        (Unknown, NotFound)    => BankStep::Submit,
        (Unknown, Silent)      => BankStep::Inquire,
        (Done, Yes)            => BankStep::Same,
        (Done, No(_))          => BankStep::Conflict,
        (Done, InProcess)      => BankStep::Same,
        (Done, NotFound)       => BankStep::Conflict,
        (Done, Silent)         => BankStep::Same,
        (Failed(_), Yes)       => BankStep::Conflict,
        (Failed(_), No(_))     => BankStep::Same,
        (Failed(_), InProcess) => BankStep::Same,
        (Failed(_), NotFound)  => BankStep::Same,
        (Failed(_), Silent)    => BankStep::Same,
    }
}

/// See the module's text. Amounts in minor units.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BankMove {
    pub id: BankMoveId,
    pub customer: u32,
    pub way: BankWay,
    pub amount_minor: u64,
    /// On top of what is withdrawn.
    pub fee_minor: u64,
    /// Which account at the bank: its number is in the vault.
    pub bank_account: NoteId,
    pub state: BankState,
    /// The day on which a withdrawal was counted against the limits.
    pub counted: LocalDay,
    pub created: Stamp,
}
codec_struct!(BankMove {
    id,
    customer,
    way,
    amount_minor,
    fee_minor,
    bank_account,
    state,
    counted,
    created,
});

#[cfg(test)]
mod tests {
    use super::*;
    use std::fmt::Write;

    #[test]
    fn the_whole_table() {
        let states = [BankState::Asked, BankState::Unknown, BankState::Done, BankState::Failed(NO)];
        const NO: ResultCode = ResultCode::ProcessFail;
        let inputs = [
            BankInput::Yes,
            BankInput::No(NO),
            BankInput::InProcess,
            BankInput::NotFound,
            BankInput::Silent,
        ];
        let mut table = String::new();
        for from in states {
            for on in inputs {
                writeln!(table, "{from:?} {on:?}: {:?}", bank_step(from, on)).unwrap();
            }
        }
        let expected = "\
Asked Yes: To(Done)
Asked No(ProcessFail): To(Failed(ProcessFail))
Asked InProcess: Inquire
Asked NotFound: Submit
Asked Silent: Inquire
Unknown Yes: To(Done)
Unknown No(ProcessFail): To(Failed(ProcessFail))
Unknown InProcess: Inquire
Unknown NotFound: Submit
Unknown Silent: Inquire
Done Yes: Same
Done No(ProcessFail): Conflict
Done InProcess: Same
Done NotFound: Conflict
Done Silent: Same
Failed(ProcessFail) Yes: Conflict
Failed(ProcessFail) No(ProcessFail): Same
Failed(ProcessFail) InProcess: Same
Failed(ProcessFail) NotFound: Same
Failed(ProcessFail) Silent: Same
";
        assert_eq!(table, expected);
    }
}
