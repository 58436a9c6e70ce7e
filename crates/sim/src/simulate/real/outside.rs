//! Bank, biller and fund of a real wallet: they can be slow, silent or contradictory, and their
//! books are their own.

use super::{Dice, RealHabits};
use base::ResultCode;
use savings::{FundStatement, LocalDay};
use std::collections::BTreeMap;
use wallet::ErrandAnswer;

/// What became of a move of money.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Became {
    Moved,
    /// It moved the money and said that it did not: somebody has to look.
    MovedInSecret,
    Refused,
    /// It is at it, until it is asked about.
    Waiting,
}

/// A bank, or a biller. Amounts in minor units, seen from it: what it gets for the wallet is
/// positive.
#[derive(Default)]
pub(crate) struct Outside {
    moves: BTreeMap<u128, (i128, Became)>,
}

const NO: ErrandAnswer = ErrandAnswer::No(ResultCode::ProcessFail);

impl Outside {
    /// The wallet wants the money moved. `None`: no answer.
    pub fn submit(
        &mut self,
        (id, minor): (u128, i128),
        (habits, dice): (RealHabits, &mut Dice),
    ) -> Option<ErrandAnswer> {
        if let Some((_, became)) = self.moves.get(&id) {
            return Some(match became {
                Became::Moved | Became::MovedInSecret => ErrandAnswer::Yes,
                Became::Refused => NO,
                Became::Waiting => ErrandAnswer::InProcess,
            });
        }
        if dice.per_mille(habits.deaf) {
            return None;
        }
        let (became, answer) = if dice.per_mille(habits.refuses) {
            (Became::Refused, NO)
        } else if dice.per_mille(habits.in_process) {
            (Became::Waiting, ErrandAnswer::InProcess)
        } else if dice.per_mille(habits.lies) {
            (Became::MovedInSecret, NO)
        } else {
            (Became::Moved, ErrandAnswer::Yes)
        };
        self.moves.insert(id, (minor, became));
        (!dice.per_mille(habits.silent)).then_some(answer)
    }

    /// The wallet asks what became of a move.
    pub fn inquire(&mut self, id: u128) -> ErrandAnswer {
        match self.moves.get_mut(&id) {
            None => ErrandAnswer::NotFound,
            Some((_, Became::Refused)) => NO,
            Some((_, Became::Moved | Became::MovedInSecret)) => ErrandAnswer::Yes,
            Some((_, became)) => {
                *became = Became::Moved;
                ErrandAnswer::InProcess
            }
        }
    }

    /// What it has. Where it contradicted itself it is as the wallet took it.
    pub fn has_minor(&self, is_done: impl Fn(u128) -> bool) -> i128 {
        let counts = |(id, (_, became)): &(&u128, &(i128, Became))| match became {
            Became::Moved => true,
            Became::MovedInSecret => is_done(**id),
            Became::Refused | Became::Waiting => false,
        };
        self.moves.iter().filter(counts).map(|(_, (minor, _))| minor).sum()
    }
}

/// Keeps what it was told of each day, and agrees to the first statement of a day only.
#[derive(Default)]
pub(crate) struct SimFund {
    days: BTreeMap<LocalDay, FundStatement>,
}

impl SimFund {
    pub fn hear(
        &mut self,
        statement: FundStatement,
        (habits, dice): (RealHabits, &mut Dice),
    ) -> Option<ErrandAnswer> {
        if dice.per_mille(habits.deaf) {
            return None;
        }
        let known = *self.days.entry(statement.day).or_insert(statement);
        if dice.per_mille(habits.silent) {
            return None;
        }
        let agrees = known == statement && !dice.per_mille(habits.lies);
        Some(if agrees { ErrandAnswer::Yes } else { NO })
    }

    /// Does it have this statement?
    pub fn has(&self, statement: &FundStatement) -> bool {
        self.days.get(&statement.day) == Some(statement)
    }
}
