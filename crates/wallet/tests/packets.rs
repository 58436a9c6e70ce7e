//! Red packets on the bare machine: every order of claims, expiry and cancel, and books that agree
//! after each step.

#[expect(dead_code, reason = "other tests use the rest")]
mod support;

use account::CustomerInput;
use base::{ResultCode, Span};
use dhow_wallet::command::desk::DeskAct;
use dhow_wallet::command::packets::{MakePacket, PacketCommand};
use dhow_wallet::command::people::PeopleCommand;
use dhow_wallet::objects::Packet;
use dhow_wallet::{Command, Features, Market, Object, chart, list_of_customer, object_of_link};
use gifts::{Audience, PacketKind, PacketState, Seed, Split, committed_text, shares_of};
use ids::PacketId;
use money::{Currency, Money};
use proptest::prelude::{ProptestConfig, Strategy, any, prop, prop_oneof};
use support::{BASIC, Bare, desk, listed, market, peso};

const LIFE: Span = Span::hours(24);

/// What makes a good wish a bad one.
type Change = fn(&mut MakePacket);

fn just_before(span: Span) -> Span {
    Span::from_nanos(span.nanos() - 1)
}

fn pesos(minor: u64) -> Money {
    Money::new(minor, peso()).unwrap()
}

fn split(kind: PacketKind, total_minor: u64, count: u32) -> Split {
    Split { kind, total: pesos(total_minor), count, least_minor: 1 }
}

/// A packet for a group; its link is the one in its audience.
fn wish(bare: &mut Bare, sender: u32, split: Split) -> MakePacket {
    MakePacket {
        id: bare.id(PacketId::new),
        sender,
        audience: Audience::Link(bare.digest()),
        split,
        seed: Seed(bare.digest()),
        commitment: bare.digest(),
        note: None,
        once: bare.once(),
    }
}

fn make(wish: &MakePacket) -> Command {
    Command::Packet(PacketCommand::Make(Box::new(wish.clone())))
}

fn claim(customer: u32, wish: &MakePacket) -> Command {
    let link = match wish.audience {
        Audience::Link(digest) => Some(digest),
        Audience::Named(_) => None,
    };
    Command::Packet(PacketCommand::Claim { customer, id: wish.id, link })
}

fn cancel(wish: &MakePacket) -> Command {
    Command::Packet(PacketCommand::Cancel { customer: wish.sender, id: wish.id })
}

fn packet(bare: &Bare, id: PacketId) -> Packet {
    match bare.object(id.as_u128()) {
        Object::Packet(it) => it.as_ref().clone(),
        other => panic!("{other:?}"),
    }
}

/// A sender with 100,000, a packet of it, and people of the lowest tier who have nothing.
fn scene(split: Split, people: usize) -> (Bare, MakePacket, Vec<u32>) {
    let mut bare = Bare::new();
    let sender = bare.rich(100_000);
    let people = (0..people).map(|_| bare.customer(0)).collect();
    let wish = wish(&mut bare, sender, split);
    bare.made(make(&wish));
    (bare, wish, people)
}

#[test]
fn shares_go_to_those_who_claim_and_the_seed_is_shown_at_the_end() {
    let lucky = split(PacketKind::Lucky, 1_000, 3);
    let (mut bare, wish, people) = scene(lucky, 3);
    assert_eq!((bare.balance(wish.sender), bare.own(chart::PACKETS)), (99_000, 1_000));
    assert_eq!(bare.spent(wish.sender), (1_000, 1_000));
    let of_sender = listed(&bare.history, &list_of_customer(wish.sender));
    assert_eq!(of_sender.last(), Some(&wish.id.as_u128()));
    let Audience::Link(link) = wish.audience else { unreachable!() };
    assert_eq!(object_of_link(&bare.history, &link), Some(wish.id.as_u128()));
    assert!(bare.machine.object(&bare.history, wish.id.as_u128()).is_some());

    let shares = shares_of(&wish.seed, &lucky).unwrap();
    for (customer, share) in people.iter().zip(&shares) {
        assert_eq!(bare.machine.packet_proof(&bare.history, wish.id), None);
        let object = bare.made(claim(*customer, &wish));
        assert_eq!(bare.balance(*customer), *share);
        let Object::Packet(it) = object else { panic!("{object:?}") };
        assert_eq!(it.claim_of(*customer).unwrap().share_minor, *share);
        assert_eq!(listed(&bare.history, &list_of_customer(*customer)), [wish.id.as_u128()]);
    }
    assert_eq!(packet(&bare, wish.id).body.state(), PacketState::Drained);
    assert_eq!(bare.own(chart::PACKETS), 0);
    assert_eq!(bare.machine.open_objects().count(), 0);
    let proof = bare.machine.packet_proof(&bare.history, wish.id).unwrap();
    assert_eq!((proof.seed, proof.commitment), (wish.seed, wish.commitment));
    assert_eq!(proof.text, committed_text(&wish.seed, wish.id.as_u128(), &lucky));
}

#[test]
fn in_every_order_of_four_grabbers_three_have_the_shares_and_one_has_none() {
    let lucky = split(PacketKind::Lucky, 997, 3);
    let mut orders = 0;
    permute(&mut vec![0, 1, 2, 3], 0, &mut |order| {
        orders += 1;
        let (mut bare, wish, people) = scene(lucky, 4);
        let shares = shares_of(&wish.seed, &lucky).unwrap();
        for (place, who) in order.iter().enumerate() {
            let command = claim(people[*who], &wish);
            match shares.get(place) {
                Some(share) => {
                    bare.made(command);
                    assert_eq!(bare.balance(people[*who]), *share);
                }
                None => assert_eq!(bare.refused(command), ResultCode::OrderIsClosed),
            }
        }
        let sum: u64 = people.iter().map(|it| bare.balance(*it)).sum();
        assert_eq!(sum, 997);
        bare.pass(Span::days(2));
        assert_eq!(bare.balance(wish.sender), 100_000 - 997);
    });
    assert_eq!(orders, 24);
}

fn permute(items: &mut Vec<usize>, from: usize, visit: &mut impl FnMut(&[usize])) {
    if from == items.len() {
        visit(items);
    }
    for at in from..items.len() {
        items.swap(from, at);
        permute(items, from + 1, visit);
        items.swap(from, at);
    }
}

#[test]
fn a_repeated_claim_has_the_same_answer_and_moves_nothing() {
    let (mut bare, wish, people) = scene(split(PacketKind::Equal, 300, 3), 2);
    bare.made(claim(people[0], &wish));
    bare.repeated(claim(people[0], &wish));
    assert_eq!((bare.balance(people[0]), bare.own(chart::PACKETS)), (100, 200));
    bare.made(cancel(&wish));
    let Object::Packet(it) = bare.repeated(claim(people[0], &wish)) else { unreachable!() };
    assert_eq!(it.claim_of(people[0]).unwrap().share_minor, 100);
    assert_eq!(bare.balance(people[0]), 100);
    // The same request to make it, and another under its name.
    bare.repeated(make(&wish));
    let mut other = wish.clone();
    other.once.digest = [9; 32];
    assert_eq!(bare.refused(make(&other)), ResultCode::RepeatReqInconsistent);
}

#[test]
fn a_claim_at_the_instant_of_expiry_is_late_whether_or_not_the_timer_was_first() {
    for timer_first in [true, false] {
        let (mut bare, wish, people) = scene(split(PacketKind::Equal, 300, 3), 3);
        bare.pass(just_before(LIFE));
        bare.made(claim(people[0], &wish));
        bare.pass_asleep(Span::from_nanos(1));
        if timer_first {
            bare.tick();
        }
        assert_eq!(bare.refused(claim(people[1], &wish)), ResultCode::OrderIsClosed);
        assert_eq!(bare.refused(cancel(&wish)), ResultCode::OrderIsClosed);
        bare.tick();
        bare.tick();
        bare.pass(Span::days(9));
        assert_eq!(bare.balance(wish.sender), 99_900);
        assert_eq!((bare.balance(people[0]), bare.balance(people[1])), (100, 0));
        let it = packet(&bare, wish.id);
        assert_eq!((it.body.state(), it.body.returned()), (PacketState::Expired, pesos(200)));
        assert!(bare.machine.packet_proof(&bare.history, wish.id).is_some());
    }
}

#[test]
fn cancel_and_claim_race_and_one_of_them_is_first() {
    for claim_first in [true, false] {
        let (mut bare, wish, people) = scene(split(PacketKind::Equal, 300, 3), 1);
        if claim_first {
            bare.made(claim(people[0], &wish));
        }
        bare.made(cancel(&wish));
        bare.repeated(cancel(&wish));
        let claimed = if claim_first { 100 } else { 0 };
        if !claim_first {
            assert_eq!(bare.refused(claim(people[0], &wish)), ResultCode::OrderIsClosed);
        }
        assert_eq!(bare.balance(people[0]), claimed);
        assert_eq!(bare.balance(wish.sender), 100_000 - claimed);
        // What came back does not count as spent.
        assert_eq!(bare.spent(wish.sender), (claimed, claimed));
        bare.pass(Span::days(2));
        assert_eq!(bare.balance(wish.sender), 100_000 - claimed);
    }
    // The last share leaves nothing to cancel.
    let (mut bare, wish, people) = scene(split(PacketKind::ToOne, 300, 1), 2);
    let foreign = Command::Packet(PacketCommand::Cancel { customer: people[0], id: wish.id });
    assert_eq!(bare.refused(foreign), ResultCode::OrderNotExist);
    bare.made(claim(people[0], &wish));
    assert_eq!(bare.refused(cancel(&wish)), ResultCode::OrderIsClosed);
}

#[test]
fn a_day_has_so_many_packets_and_no_more() {
    let mut bare = Bare::new();
    let sender = bare.rich(100_000);
    let other = bare.rich(100_000);
    let send = |bare: &mut Bare, sender, total| {
        let wish = wish(bare, sender, split(PacketKind::Lucky, total, 2));
        make(&wish)
    };
    for total in [20_000, 10_000] {
        let command = send(&mut bare, sender, total);
        bare.made(command);
    }
    let command = send(&mut bare, sender, 10_001);
    assert_eq!(bare.refused(command), ResultCode::UserAmountExceedLimit);
    let last = wish(&mut bare, sender, split(PacketKind::Equal, 100, 2));
    bare.made(make(&last));
    // What was taken back stays counted: nobody fills a group with packets that way.
    bare.made(cancel(&last));
    let command = send(&mut bare, sender, 10);
    assert_eq!(bare.refused(command), ResultCode::PaymentCountExceedLimit);
    let command = send(&mut bare, other, 20_000);
    bare.made(command);
    // Noon in Manila: twelve hours to the next day there.
    bare.pass(just_before(Span::hours(12)));
    let command = send(&mut bare, sender, 10);
    assert_eq!(bare.refused(command), ResultCode::PaymentCountExceedLimit);
    bare.pass(Span::from_nanos(1));
    let command = send(&mut bare, sender, 20_000);
    bare.made(command);
}

#[test]
fn who_may_hold_no_more_is_told_and_the_share_stays_for_others() {
    let (mut bare, wish, people) = scene(split(PacketKind::Equal, 4_000, 2), 2);
    bare.top_up(people[0], BASIC[3] - 1_999);
    assert_eq!(bare.refused(claim(people[0], &wish)), ResultCode::UserAmountExceedLimit);
    assert_eq!(bare.own(chart::PACKETS), 4_000);
    bare.made(claim(people[1], &wish));
    let spend = bare.send(people[0], people[1], 1);
    bare.made(spend);
    bare.made(claim(people[0], &wish));
    assert_eq!(bare.balance(people[1]), 2_001);
    assert_eq!(bare.balance(people[0]), BASIC[3]);
}

#[test]
fn what_cannot_be_sent_or_claimed_is_refused_by_name() {
    let (mut bare, known, people) = scene(split(PacketKind::Equal, 300, 3), 2);
    let [first, second] = people[..] else { unreachable!() };
    let cases: [(ResultCode, Change); 8] = [
        (ResultCode::ParamIllegal, |it| it.split.count = 1),
        (ResultCode::ParamIllegal, |it| it.split.least_minor = 0),
        (ResultCode::ParamIllegal, |it| it.split.total = pesos(301)),
        (ResultCode::ParamIllegal, |it| {
            it.split.total = Money::new(300, Currency::from_code("HKD").unwrap()).unwrap();
        }),
        (ResultCode::PaymentAmountExceedLimit, |it| it.split.total = pesos(20_001)),
        (ResultCode::ParamIllegal, |it| it.audience = Audience::Named(1)),
        (ResultCode::UserNotExist, |it| {
            (it.audience, it.split) = (Audience::Named(999), split(PacketKind::ToOne, 300, 1));
        }),
        (ResultCode::ParamIllegal, |it| {
            it.audience = Audience::Named(it.sender);
            it.split = split(PacketKind::ToOne, 300, 1);
        }),
    ];
    for (code, change) in cases {
        let mut wish = wish(&mut bare, known.sender, split(PacketKind::Equal, 300, 3));
        change(&mut wish);
        assert_eq!(bare.refused(make(&wish)), code, "{wish:?}");
    }
    // A link opens one thing for ever.
    let mut again = wish(&mut bare, known.sender, split(PacketKind::Equal, 300, 3));
    again.audience = known.audience;
    assert_eq!(bare.refused(make(&again)), ResultCode::ProcessFail);
    let poor = wish(&mut bare, first, split(PacketKind::Equal, 300, 3));
    assert_eq!(bare.refused(make(&poor)), ResultCode::UserBalanceNotEnough);

    let unknown = PacketId::from_u128(5);
    for (id, link) in [(known.id, None), (known.id, Some([7; 32])), (unknown, None)] {
        let it = Command::Packet(PacketCommand::Claim { customer: first, id, link });
        assert_eq!(bare.refused(it), ResultCode::OrderNotExist);
    }
    bare.done(Command::People(PeopleCommand::Change {
        customer: second,
        input: CustomerInput::Close,
    }));
    assert_eq!(bare.refused(claim(second, &known)), ResultCode::UserStatusAbnormal);
    let input = CustomerInput::Freeze;
    bare.done(desk("ines", DeskAct::ChangeCustomer { customer: known.sender, input }));
    let frozen = wish(&mut bare, known.sender, split(PacketKind::Equal, 300, 3));
    assert_eq!(bare.refused(make(&frozen)), ResultCode::UserStatusAbnormal);
}

#[test]
fn switched_off_no_more_are_made_and_those_that_are_there_go_on() {
    let (mut bare, known, people) = scene(split(PacketKind::Equal, 300, 3), 1);
    let features = Features { packets: false, ..market().features };
    let off = Market { features, ..market() };
    bare.done(desk("ines", DeskAct::SetMarket(Box::new(off))));
    let more = wish(&mut bare, known.sender, split(PacketKind::Equal, 300, 3));
    assert_eq!(bare.refused(make(&more)), ResultCode::BusinessNotSupport);
    bare.made(claim(people[0], &known));
    bare.pass(LIFE);
    assert_eq!(bare.balance(known.sender), 99_900);
}

#[test]
fn a_packet_for_one_is_shown_to_that_one_and_its_rest_follows_a_sender_who_left() {
    let mut bare = Bare::new();
    let (sender, friend) = (bare.rich(500), bare.customer(0));
    let mut one = wish(&mut bare, sender, split(PacketKind::ToOne, 500, 1));
    one.audience = Audience::Named(friend);
    bare.made(make(&one));
    assert_eq!(listed(&bare.history, &list_of_customer(friend)), [one.id.as_u128()]);
    let input = CustomerInput::Close;
    bare.done(Command::People(PeopleCommand::Change { customer: sender, input }));
    bare.pass(LIFE);
    assert_eq!((bare.own(chart::UNCLAIMED), bare.own(chart::PACKETS)), (500, 0));
}

/// One step of the property's world.
#[derive(Clone, Debug)]
enum Step {
    Make { sender: u8, lucky: bool, count: u32, each: u64 },
    Claim { packet: u8, customer: u8 },
    Cancel { packet: u8 },
    Pass { hours: u64 },
    Sleep { hours: u64 },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        2 => (any::<u8>(), any::<bool>(), 2u32..6, 5u64..800)
            .prop_map(|(sender, lucky, count, each)| Step::Make { sender, lucky, count, each }),
        6 => (any::<u8>(), any::<u8>())
            .prop_map(|(packet, customer)| Step::Claim { packet, customer }),
        1 => any::<u8>().prop_map(|packet| Step::Cancel { packet }),
        1 => (1u64..30).prop_map(|hours| Step::Pass { hours }),
        1 => (1u64..30).prop_map(|hours| Step::Sleep { hours }),
    ];
    prop::collection::vec(step, 1..40)
}

proptest::proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    /// Whatever happens in whatever order: the books agree after each step (`Bare`), nobody claims
    /// twice, every packet's shares and rest are its total, and in the end all money is home.
    #[test]
    fn money_in_packets_is_never_lost_and_never_made(steps in steps()) {
        let mut bare = Bare::new();
        let people: Vec<u32> = (0..5).map(|_| bare.rich(10_000)).collect();
        let mut wishes: Vec<MakePacket> = Vec::new();
        for step in steps {
            run(&mut bare, &people, &mut wishes, step);
        }
        bare.pass(Span::days(3));
        let sum: u64 = people.iter().map(|it| bare.balance(*it)).sum();
        assert_eq!((sum, bare.own(chart::PACKETS)), (50_000, 0));
        for (_, object) in bare.objects() {
            let Object::Packet(it) = object else { continue };
            assert!(it.body.claims().all(|(_, claim)| claim.share_minor >= 1));
            let claimed: u64 = it.body.claims().map(|(_, claim)| claim.share_minor).sum();
            assert_eq!(claimed + it.body.returned().minor(), it.body.split().total.minor());
            assert_ne!(it.body.state(), PacketState::Open);
        }
    }
}

fn run(bare: &mut Bare, people: &[u32], wishes: &mut Vec<MakePacket>, step: Step) {
    let person = |place: u8| people[usize::from(place) % people.len()];
    let chosen = |wishes: &[MakePacket], place: u8| {
        let count = wishes.len().max(1);
        wishes.get(usize::from(place) % count).cloned()
    };
    match step {
        Step::Make { sender, lucky, count, each } => {
            let kind = if lucky { PacketKind::Lucky } else { PacketKind::Equal };
            let wish = wish(bare, person(sender), split(kind, each * u64::from(count), count));
            bare.apply(make(&wish));
            wishes.push(wish);
        }
        Step::Claim { packet, customer } => {
            if let Some(wish) = chosen(wishes, packet) {
                bare.apply(claim(person(customer), &wish));
            }
        }
        Step::Cancel { packet } => {
            if let Some(wish) = chosen(wishes, packet) {
                bare.apply(cancel(&wish));
            }
        }
        Step::Pass { hours } => bare.pass(Span::hours(hours)),
        Step::Sleep { hours } => bare.pass_asleep(Span::hours(hours)),
    }
}
