//! What the operator's people look back at, listed by the days of the market's calendar: decided
//! proposals, breaks, moves that a bank refused. The lists are in history, so that a report of any
//! day can be made again.

use crate::machine::{Context, name_kind, name_of};
use crate::objects::{BankState, ProposalState};
use crate::{Event, Object, Wallet};
use account::LocalDay;
use base::{Row, Timestamp, codec_struct, encode};

/// The lists of a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DayList {
    /// Proposals that were approved, rejected or let pass on that day, by their own ids.
    Decided,
    /// Breaks that were found on that day, by ids for [`name_of_break`].
    Breaks,
    /// Moves that were refused on that day, by their own ids.
    FailedMoves,
}

/// The list of what happened on a day, in history.
pub fn list_of_day(kind: DayList, day: LocalDay) -> Vec<u8> {
    let kind = match kind {
        DayList::Decided => b'd',
        DayList::Breaks => b'b',
        DayList::FailedMoves => b'm',
    };
    [[b'D', kind].as_slice(), &day.0.to_be_bytes()].concat()
}

/// A break as it is found again: what it is about may have changed since.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundBreak {
    pub object: u128,
    /// In words.
    pub what: String,
    pub at: Timestamp,
}
codec_struct!(FoundBreak { object, what, at });

/// The name in history of a break that a list names; its value is a [`FoundBreak`].
pub fn name_of_break(id: u128) -> Vec<u8> {
    name_of(name_kind::BREAK, &[&id.to_be_bytes()])
}

/// On which list an object belongs that has just been closed.
fn list_when_closed(object: &Object) -> Option<DayList> {
    match object {
        Object::Proposal(it) if it.state != ProposalState::Open => Some(DayList::Decided),
        Object::BankMove(it) if matches!(it.state, BankState::Failed(_)) => {
            Some(DayList::FailedMoves)
        }
        _ => None,
    }
}

impl Wallet {
    /// Lists an object that has just been closed, if its kind is looked back at.
    pub(crate) fn list_closed(&self, cx: &mut Context<'_>, object: &Object) {
        if let Some(kind) = list_when_closed(object) {
            let list = list_of_day(kind, self.today(cx));
            cx.rows.push(Row::Listed { list, id: object.id() });
        }
    }

    /// Lists the breaks that a command has found. Their ids sort by time, and are made of where
    /// they stand in the log: no two are the same.
    pub(crate) fn list_breaks(&self, cx: &mut Context<'_>) {
        let (at, position) = (cx.now(), u128::from(cx.stamp.position));
        let mut rows = Vec::new();
        for (place, event) in (0_u16..).zip(&cx.events) {
            let Event::Break { object, what } = event else { continue };
            let id = (u128::from(at.millis()) << 80) | (position << 16) | u128::from(place);
            let found = FoundBreak { object: object.id(), what: (*what).to_owned(), at };
            rows.push(Row::Listed { list: list_of_day(DayList::Breaks, self.today(cx)), id });
            rows.push(Row::Name { name: name_of_break(id), value: encode(&found) });
        }
        cx.rows.append(&mut rows);
    }
}
