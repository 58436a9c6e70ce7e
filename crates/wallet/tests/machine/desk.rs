//! What the operator's people do: two of them for corrections, one for the rest.

use crate::support::{BASIC, Bare, desk, listed, market, network, people, text};
use account::{CustomerInput, LocalDay, Tier, Zone};
use base::{ResultCode, Span, Timestamp, decode_all, encode};
use dhow_wallet::chart::{ADJUSTMENTS, FLOAT, UNCLAIMED};
use dhow_wallet::command::desk::{Correction, DeskAct, Proposed};
use dhow_wallet::command::network::{NetworkCommand, PaidBy};
use dhow_wallet::command::people::PeopleCommand;
use dhow_wallet::objects::{BankWay, ProposalState};
use dhow_wallet::{
    Command, DayList, ErrandAnswer, ErrandKind, FoundBreak, Market, Object, list_of_day,
    name_of_break,
};
use ids::ProposalId;

fn give(customer: u32, amount_minor: u64) -> Proposed {
    Proposed::Correct { customer, amount_minor, way: Correction::Give }
}

fn take(customer: u32, amount_minor: u64) -> Proposed {
    Proposed::Correct { customer, amount_minor, way: Correction::Take }
}

fn approve(who: &str, id: ProposalId, what: Proposed) -> Command {
    desk(who, DeskAct::Approve { id, what })
}

fn proposed(bare: &mut Bare, what: Proposed) -> ProposalId {
    let id = bare.id(ProposalId::new);
    bare.made(desk("ines", DeskAct::Propose { id, what }));
    id
}

fn state(bare: &Bare, id: ProposalId) -> ProposalState {
    match bare.object(id.as_u128()) {
        Object::Proposal(it) => it.state.clone(),
        other => panic!("{other:?}"),
    }
}

fn set_market(change: impl FnOnce(&mut Market)) -> Command {
    let mut market = market();
    change(&mut market);
    desk("ines", DeskAct::SetMarket(Box::new(market)))
}

#[test]
fn a_correction_takes_two_people_and_the_content_that_both_saw() {
    let mut bare = Bare::new();
    let ann = bare.rich(100);
    let what = give(ann, 40);
    let id = proposed(&mut bare, what);
    bare.repeated(desk("ines", DeskAct::Propose { id, what }));
    let edited = desk("ines", DeskAct::Propose { id, what: give(ann, 41) });
    assert_eq!(bare.refused(edited), ResultCode::RepeatReqInconsistent);
    let own = approve("ines", id, what);
    assert_eq!(bare.refused(own), ResultCode::AccessDenied);
    for other in [give(ann, 41), take(ann, 40), give(ann + 1, 40)] {
        let other = approve("olga", id, other);
        assert_eq!(bare.refused(other), ResultCode::RepeatReqInconsistent);
    }
    assert_eq!(bare.balance(ann), 100);
    bare.made(approve("olga", id, what));
    assert_eq!((bare.balance(ann), bare.own(ADJUSTMENTS)), (140, -40));
    assert_eq!(state(&bare, id), ProposalState::Approved { by: text("olga") });
    assert_eq!(bare.refused(approve("olga", id, what)), ResultCode::OrderIsClosed);
    assert_eq!(bare.refused(desk("olga", DeskAct::Reject { id })), ResultCode::OrderIsClosed);
    assert_eq!(bare.balance(ann), 140);
}

#[test]
fn a_correction_takes_no_more_than_there_is_and_may_wait_for_more() {
    let mut bare = Bare::new();
    let ann = bare.rich(100);
    let what = take(ann, 150);
    let id = proposed(&mut bare, what);
    assert_eq!(bare.refused(approve("olga", id, what)), ResultCode::UserBalanceNotEnough);
    bare.top_up(ann, 50);
    bare.made(approve("olga", id, what));
    assert_eq!((bare.balance(ann), bare.spent(ann)), (0, (0, 0)));
    for what in [give(ann, 0), give(99, 1)] {
        let id = bare.id(ProposalId::new);
        let reply = bare.refused(desk("ines", DeskAct::Propose { id, what }));
        assert!(matches!(reply, ResultCode::ParamIllegal | ResultCode::UserNotExist));
    }
}

#[test]
fn a_proposal_is_over_after_a_day_whether_or_not_the_timer_fired() {
    let mut bare = Bare::new();
    let ann = bare.rich(100);
    let what = give(ann, 40);
    let id = proposed(&mut bare, what);
    bare.pass_asleep(Span::hours(24));
    assert_eq!(bare.refused(approve("olga", id, what)), ResultCode::OrderIsClosed);
    bare.tick();
    assert_eq!(state(&bare, id), ProposalState::Expired);
    assert_eq!(bare.refused(approve("olga", id, what)), ResultCode::OrderIsClosed);
    let id = proposed(&mut bare, what);
    bare.made(desk("olga", DeskAct::Reject { id }));
    assert_eq!(bare.refused(approve("olga", id, what)), ResultCode::OrderIsClosed);
    assert_eq!(bare.balance(ann), 100);
}

#[test]
fn what_is_kept_for_who_left_is_paid_out_to_the_last_unit_only() {
    let mut bare = Bare::new();
    let ann = bare.customer(0);
    let close = PeopleCommand::Change { customer: ann, input: CustomerInput::Close };
    bare.done(people(close));
    let what = give(ann, 40);
    let id = proposed(&mut bare, what);
    bare.made(approve("olga", id, what));
    assert_eq!((bare.own(UNCLAIMED), bare.balance(ann)), (40, 0));
    let what = take(ann, 41);
    let id = proposed(&mut bare, what);
    assert_eq!(bare.refused(approve("olga", id, what)), ResultCode::UserBalanceNotEnough);
    let what = take(ann, 40);
    let id = proposed(&mut bare, what);
    bare.made(approve("olga", id, what));
    assert_eq!((bare.own(UNCLAIMED), bare.own(ADJUSTMENTS)), (0, 0));
}

#[test]
fn the_market_changes_at_once_and_stays_the_market() {
    let mut bare = Bare::new();
    let ann = bare.customer(0);
    bare.top_up(ann, BASIC[3]);
    let before = encode(&bare.machine);
    bare.done(set_market(|_| {}));
    assert!(encode(&bare.machine) == before);
    let raise = |market: &mut Market| {
        market.account.tiers[0] = Tier::new("basic", [1, 2, 3, BASIC[3] + 5]).unwrap();
    };
    bare.done(set_market(raise));
    bare.top_up(ann, 5);
    let more = bare.bank(ann, BankWay::In, 1);
    assert_eq!(bare.refused(more), ResultCode::UserAmountExceedLimit);
    let ben = bare.customer(0);
    let send = bare.send(ann, ben, 2);
    assert_eq!(bare.refused(send), ResultCode::PaymentAmountExceedLimit);
    for wrong in [
        set_market(|market| market.code = text("kr")),
        set_market(|market| market.account.zone = Zone::new(540).unwrap()),
        set_market(|market| market.account.currency = money::Currency::from_code("KRW").unwrap()),
        set_market(|market| _ = market.account.tiers.pop()),
        set_market(|market| market.account.tiers[0].day_minor = 0),
        set_market(|market| market.languages.clear()),
        set_market(|market| market.country = text("ph")),
    ] {
        assert_eq!(bare.refused(wrong), ResultCode::ParamIllegal);
    }
}

#[test]
fn what_the_network_is_owed_is_paid_once() {
    let mut bare = Bare::new();
    let ann = bare.rich(1_000);
    let pay = bare.network_pay(PaidBy::Customer(ann), 900);
    bare.made(network(NetworkCommand::Pay(pay)));
    let settle = |reference: &str, amount_minor| {
        desk("ines", DeskAct::SettleNetwork { reference: text(reference), amount_minor })
    };
    for amount in [0, 901] {
        assert_eq!(bare.refused(settle("july", amount)), ResultCode::ParamIllegal);
    }
    for _ in 0..2 {
        bare.done(settle("july", 500));
        assert_eq!((bare.machine.network_payable(), bare.own(FLOAT)), (400, -500));
    }
    assert_eq!(bare.refused(settle("july", 400)), ResultCode::RepeatReqInconsistent);
    bare.done(settle("august", 400));
    assert_eq!(bare.machine.network_payable(), 0);
}

fn day_of(time: Timestamp) -> LocalDay {
    market().account.zone.day_of(time)
}

fn of_day(bare: &Bare, kind: DayList, day: LocalDay) -> Vec<u128> {
    listed(&bare.history, &list_of_day(kind, day))
}

#[test]
fn what_was_decided_is_listed_by_the_day_of_the_decision() {
    let mut bare = Bare::new();
    let ann = bare.rich(100);
    let today = day_of(bare.now);
    let [yes, no, late] = [1, 2, 3].map(|minor| proposed(&mut bare, give(ann, minor)));
    assert!(of_day(&bare, DayList::Decided, today).is_empty());
    bare.made(approve("olga", yes, give(ann, 1)));
    bare.made(desk("olga", DeskAct::Reject { id: no }));
    assert_eq!(bare.refused(desk("olga", DeskAct::Reject { id: yes })), ResultCode::OrderIsClosed);
    let both = vec![yes.as_u128(), no.as_u128()];
    assert_eq!(of_day(&bare, DayList::Decided, today), both);
    // From noon to noon: a night is in between.
    bare.pass(Span::hours(24));
    assert_eq!(of_day(&bare, DayList::Decided, today), both);
    assert_eq!(of_day(&bare, DayList::Decided, today.next()), [late.as_u128()]);
}

#[test]
fn refused_moves_and_breaks_are_listed_by_their_day() {
    let mut bare = Bare::new();
    let ann = bare.rich(1_000);
    let today = day_of(bare.now);
    let no = ErrandAnswer::No(ResultCode::ProcessFail);
    let out = bare.bank(ann, BankWay::Out, 100);
    let id = bare.made(out).id();
    // Shortly before midnight in Manila the bank has not answered.
    bare.pass_asleep(Span::hours(11));
    assert!(of_day(&bare, DayList::FailedMoves, today).is_empty());
    bare.answer(ErrandKind::BankSubmit, no);
    bare.answer(ErrandKind::BankSubmit, no);
    assert_eq!(of_day(&bare, DayList::FailedMoves, today), [id]);
    assert!(of_day(&bare, DayList::Breaks, today).is_empty());
    // It contradicts itself on the next day, twice within one instant.
    bare.pass_asleep(Span::hours(2));
    for _ in 0..2 {
        bare.answer(ErrandKind::BankSubmit, ErrandAnswer::Yes);
    }
    assert!(of_day(&bare, DayList::Breaks, today).is_empty());
    let breaks = of_day(&bare, DayList::Breaks, today.next());
    assert!(breaks.len() == 2 && breaks[0] < breaks[1]);
    for it in breaks {
        let found: FoundBreak = decode_all(&bare.history.names[&name_of_break(it)]).unwrap();
        let what = "the bank contradicts itself".to_owned();
        assert_eq!(found, FoundBreak { object: id, what, at: bare.now });
    }
}
