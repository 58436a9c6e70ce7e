//! Red packets under all orders of claims, expiry and cancel.

use base::{Span, Timestamp, decode_all, encode};
use dhow_gifts::{
    Audience, CancelRefusal, Checked, ClaimRefusal, Claimant, NewPacket, NewPacketRefusal, Packet,
    PacketKind, PacketRules, PacketState, Seed, Split, SplitRefusal,
};
use money::{Currency, Money};
use proptest::prelude::{Strategy, any, prop, prop_assert, prop_assert_eq, prop_oneof};
use proptest::proptest;

const SENDER: u32 = 1;
const LINK: [u8; 32] = [9; 32];

fn dollars(minor: u64) -> Money {
    Money::new(minor, Currency::from_code("HKD").unwrap()).unwrap()
}

fn rules() -> Checked<PacketRules> {
    Checked::new(PacketRules {
        currency: dollars(0).currency(),
        fewest_shares: 2,
        most_shares: 100,
        least_total_minor: 10,
        most_total_minor: 100_000,
        least_share_minor: 1,
        life: Span::hours(24),
        most_packets_a_day: 10,
        most_total_a_day_minor: 500_000,
        sender_may_claim: true,
    })
    .unwrap()
}

fn wish(kind: PacketKind, total_minor: u64, count: u32) -> NewPacket {
    NewPacket {
        id: 77,
        sender: SENDER,
        audience: Audience::Link(LINK),
        split: Split { kind, total: dollars(total_minor), count, least_minor: 1 },
        seed: Seed([5; 32]),
        commitment: [6; 32],
    }
}

fn start() -> Timestamp {
    Timestamp::from_secs(1_000)
}

fn end() -> Timestamp {
    start().after(Span::hours(24))
}

fn packet(kind: PacketKind, total_minor: u64, count: u32) -> Packet {
    Packet::new(&wish(kind, total_minor, count), start(), &rules()).unwrap()
}

fn with_link(customer: u32) -> Claimant {
    Claimant { customer, link: Some(LINK) }
}

#[test]
fn packets_that_cannot_be_sent() {
    let refused = |change: fn(&mut NewPacket)| {
        let mut wish = wish(PacketKind::Equal, 100, 10);
        change(&mut wish);
        Packet::new(&wish, start(), &rules()).unwrap_err()
    };
    let yen = NewPacketRefusal::Currency { expected: dollars(0).currency() };
    assert_eq!(refused(|w| w.split.total = Money::zero(Currency::from_code("JPY").unwrap())), yen);
    let shares = NewPacketRefusal::Shares { fewest: 2, most: 100 };
    assert_eq!(refused(|w| w.split.count = 1), shares);
    assert_eq!(refused(|w| w.split.count = 101), shares);
    let total = NewPacketRefusal::Total { least_minor: 10, most_minor: 100_000 };
    assert_eq!(refused(|w| w.split.total = dollars(9)), total);
    assert_eq!(refused(|w| w.split.total = dollars(100_001)), total);
    let least = NewPacketRefusal::LeastShare { least_minor: 1 };
    assert_eq!(refused(|w| w.split.least_minor = 0), least);
    let uneven = NewPacketRefusal::Split(SplitRefusal::Uneven);
    assert_eq!(refused(|w| w.split.count = 11), uneven);
    assert_eq!(refused(|w| w.audience = Audience::Named(2)), NewPacketRefusal::NeedsLink);
    let to_self = |w: &mut NewPacket| {
        w.split.kind = PacketKind::ToOne;
        w.split.count = 1;
        w.audience = Audience::Named(SENDER);
    };
    assert_eq!(refused(to_self), NewPacketRefusal::ToSelf);
}

#[test]
fn a_packet_for_one_is_for_nobody_else() {
    let mut named = wish(PacketKind::ToOne, 100, 1);
    named.audience = Audience::Named(2);
    let mut packet = Packet::new(&named, start(), &rules()).unwrap();
    let by = |customer| Claimant { customer, link: None };
    assert_eq!(packet.claim(&by(3), start()), Err(ClaimRefusal::NotForYou));
    assert_eq!(packet.claim(&by(SENDER), start()), Err(ClaimRefusal::NotForYou));
    let given = packet.claim(&by(2), start()).unwrap();
    assert_eq!((given.share, given.is_last, given.is_repeat), (dollars(100), true, false));
    assert_eq!(packet.best_luck(), None);

    // The first who has the link is the one, but never the sender.
    let mut packet = self::packet(PacketKind::ToOne, 100, 1);
    assert_eq!(packet.claim(&with_link(SENDER), start()), Err(ClaimRefusal::OwnPacket));
    assert!(packet.claim(&with_link(4), start()).is_ok());
    assert_eq!(packet.claim(&with_link(5), start()), Err(ClaimRefusal::Drained));
}

#[test]
fn a_group_packet_opens_with_its_link_only() {
    let mut packet = packet(PacketKind::Equal, 100, 2);
    for link in [None, Some([8; 32])] {
        let refused = packet.claim(&Claimant { customer: 2, link }, start());
        assert_eq!(refused, Err(ClaimRefusal::NotForYou));
    }
    assert_eq!(packet.claim(&with_link(SENDER), start()).unwrap().share, dollars(50));
    let mut rules = (*rules()).clone();
    rules.sender_may_claim = false;
    let strict = Checked::new(rules).unwrap();
    let mut packet = Packet::new(&wish(PacketKind::Equal, 100, 2), start(), &strict).unwrap();
    assert_eq!(packet.claim(&with_link(SENDER), start()), Err(ClaimRefusal::OwnPacket));
}

#[test]
fn a_repeat_has_the_same_share_even_when_the_packet_is_over() {
    let mut packet = packet(PacketKind::Lucky, 1_000, 3);
    let first = packet.claim(&with_link(2), start()).unwrap();
    assert!(!first.is_repeat);
    packet.expire(end()).unwrap();
    // Without the link, which the customer may have thrown away by then.
    let again = packet.claim(&Claimant { customer: 2, link: None }, end()).unwrap();
    assert_eq!((again.share, again.is_repeat), (first.share, true));
    assert_eq!(packet.given(), first.share);
    assert_eq!(packet.claim(&with_link(3), end()), Err(ClaimRefusal::Expired));
}

#[test]
fn at_the_very_end_only_expiry_gives_back() {
    let mut packet = packet(PacketKind::Equal, 100, 2);
    let before = Timestamp::from_nanos(end().nanos() - 1);
    assert_eq!(packet.expires(), end());
    assert_eq!(packet.expire(before), None);
    assert_eq!(packet.claim(&with_link(2), end()), Err(ClaimRefusal::Expired));
    let late = Err(CancelRefusal::Over(PacketState::Expired));
    assert_eq!(packet.cancel(SENDER, end()), late);
    assert!(packet.would_give(&with_link(2), before).is_ok());
    assert_eq!(packet.claim(&with_link(2), before).unwrap().share, dollars(50));
    assert_eq!(packet.cancel(2, before), Err(CancelRefusal::NotYours));
    assert_eq!(packet.revealed(), None);
    assert_eq!(packet.expire(end()), Some(dollars(50)));
    assert_eq!(packet.expire(end()), None);
    assert_eq!(packet.cancel(SENDER, end()), late);
    assert_eq!(packet.revealed(), Some(&Seed([5; 32])));
}

#[test]
fn the_best_luck_is_known_when_all_are_taken_and_the_earlier_of_equals_has_it() {
    let mut lucky = packet(PacketKind::Lucky, 1_000, 5);
    let mut best = (0, dollars(0));
    for customer in (10..15).rev() {
        assert_eq!(lucky.best_luck(), None);
        let share = lucky.claim(&with_link(customer), start()).unwrap().share;
        if share.minor() > best.1.minor() {
            best = (customer, share);
        }
    }
    assert_eq!(lucky.best_luck(), Some(best));
    // All have the least share.
    let mut flat = packet(PacketKind::Lucky, 10, 10);
    for customer in (10..20).rev() {
        flat.claim(&with_link(customer), start()).unwrap();
    }
    assert_eq!(flat.best_luck(), Some((19, dollars(1))));
}

/// What happens to a packet in a random or exhaustive history.
#[derive(Clone, Copy, Debug)]
enum Event {
    Claim { customer: u32, link: bool },
    Cancel { by: u32 },
    Expire,
    Pass { hours: u64 },
}

/// The packet, the time, and what an outside observer adds up.
struct Story {
    packet: Packet,
    now: Timestamp,
    given: Vec<(u32, u64)>,
    returns: Vec<u64>,
}

impl Story {
    fn new(packet: Packet) -> Story {
        Story { packet, now: start(), given: Vec::new(), returns: Vec::new() }
    }

    fn play(&mut self, event: Event) {
        let before = self.packet.clone();
        let is_refused = match event {
            Event::Claim { customer, link } => self.claim(customer, link),
            Event::Cancel { by } => {
                let back = self.packet.cancel(by, self.now);
                self.returns.extend(back.iter().map(|back| back.minor()));
                back.is_err()
            }
            Event::Expire => {
                let back = self.packet.expire(self.now);
                self.returns.extend(back.iter().map(|back| back.minor()));
                back.is_none()
            }
            Event::Pass { hours } => {
                self.now = self.now.after(Span::hours(hours));
                true
            }
        };
        assert_eq!(is_refused, before == self.packet, "{event:?}");
        self.check();
    }

    /// `true`: nothing was given.
    fn claim(&mut self, customer: u32, link: bool) -> bool {
        let by = Claimant { customer, link: link.then_some(LINK) };
        let told = self.packet.would_give(&by, self.now);
        let found = self.packet.claim(&by, self.now);
        assert_eq!(told, found, "the question and the claim have one answer");
        let Ok(given) = found else { return true };
        if given.is_repeat {
            assert!(self.given.contains(&(customer, given.share.minor())));
            return true;
        }
        assert!(link && self.now < end() && self.returns.is_empty());
        assert!(self.given.iter().all(|(other, _)| *other != customer), "one share for each");
        self.given.push((customer, given.share.minor()));
        assert_eq!(given.is_last, self.packet.state() == PacketState::Drained);
        false
    }

    fn check(&self) {
        let Split { total, count, least_minor, .. } = *self.packet.split();
        let given: u64 = self.given.iter().map(|(_, share)| share).sum();
        let returned: u64 = self.returns.iter().sum();
        assert_eq!(given, self.packet.given().minor());
        assert_eq!(returned, self.packet.returned().minor());
        assert_eq!(given + returned + self.packet.rest().minor(), total.minor());
        assert!(self.given.iter().all(|(_, share)| *share >= least_minor));
        assert!(self.given.len() <= usize::try_from(count).unwrap());
        assert!(self.returns.len() <= 1, "the rest goes back once");
        let is_open = self.packet.state() == PacketState::Open;
        assert_eq!(is_open, !self.packet.rest().is_zero());
        assert_eq!(self.packet.revealed().is_none(), is_open);
        assert_eq!(decode_all::<Packet>(&encode(&self.packet)).as_ref(), Ok(&self.packet));
    }
}

/// Calls `with` for every order of the events.
fn permute(events: &mut Vec<Event>, at: usize, with: &mut impl FnMut(&[Event])) {
    if at == events.len() {
        return with(events);
    }
    for other in at..events.len() {
        events.swap(at, other);
        permute(events, at + 1, with);
        events.swap(at, other);
    }
}

/// Four want three shares while the sender takes the packet back and its time runs out: 5,040
/// orders, with every message twice.
#[test]
fn every_order_of_a_race_divides_the_whole() {
    let fresh = packet(PacketKind::Lucky, 100, 3);
    let claim = |customer| Event::Claim { customer, link: true };
    let mut events = vec![
        claim(2),
        claim(3),
        claim(4),
        claim(5),
        Event::Cancel { by: SENDER },
        Event::Pass { hours: 24 },
        Event::Expire,
    ];
    let mut ends = [0u32; 4];
    permute(&mut events, 0, &mut |order| {
        let mut story = Story::new(fresh.clone());
        for event in order {
            story.play(*event);
            story.play(*event);
        }
        let end = story.packet.state();
        ends[PacketState::ALL.iter().position(|state| *state == end).unwrap()] += 1;
    });
    assert_eq!(ends.iter().sum::<u32>(), 5_040);
    assert!(ends.iter().all(|count| *count > 0), "every end is reached: {ends:?}");
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        8 => (1..12u32, prop::bool::weighted(0.9))
            .prop_map(|(customer, link)| Event::Claim { customer, link }),
        1 => (1..3u32).prop_map(|by| Event::Cancel { by }),
        1 => proptest::strategy::Just(Event::Expire),
        2 => (0..12u64).prop_map(|hours| Event::Pass { hours }),
    ]
}

proptest! {
    #![proptest_config(proptest::test_runner::Config::with_cases(256))]

    #[test]
    fn every_history_divides_the_whole(
        seed in any::<[u8; 32]>(),
        total in 10..100_000u64,
        count in 2..10u32,
        events in prop::collection::vec(event(), 1..40),
    ) {
        let mut wish = wish(PacketKind::Lucky, total, count);
        wish.seed = Seed(seed);
        let mut story = Story::new(Packet::new(&wish, start(), &rules()).unwrap());
        for event in events {
            story.play(event);
        }
        story.play(Event::Pass { hours: 24 });
        story.play(Event::Expire);
        prop_assert!(story.packet.rest().is_zero());
        prop_assert_eq!(decode_all::<NewPacket>(&encode(&wish)), Ok(wish));
    }
}
