//! Random histories of all services at once: nothing is made or lost, no seat is sold twice, a ride
//! has one fare, a bill is paid once.

use crate::support::Bare;
use crate::{bills, ride, rides, ticket, tickets};
use base::{Machine, ResultCode, Span};
use dhow_wallet::chart::{FEES, HELD};
use dhow_wallet::command::services::{RideCommand, TicketCommand};
use dhow_wallet::{Command, ErrandAnswer, ErrandKind, Object, Reply};
use proptest::prelude::{ProptestConfig, Strategy, any, prop, prop_assert_eq};
use proptest::{prop_oneof, proptest};
use services::{BillState, RideState, TicketState};
use std::collections::BTreeMap;

const CUSTOMERS: u32 = 4;
const HAD: u64 = 60_000;
const SPANS: [Span; 6] = [
    Span::secs(5),
    Span::minutes(2),
    Span::minutes(6),
    Span::hours(1),
    Span::hours(3),
    Span::days(1),
];
const ANSWERS: [ErrandAnswer; 5] = [
    ErrandAnswer::Yes,
    ErrandAnswer::No(ResultCode::ProcessFail),
    ErrandAnswer::InProcess,
    ErrandAnswer::NotFound,
    ErrandAnswer::Silent,
];

#[derive(Clone, Copy, Debug)]
enum Act {
    Hold {
        who: u32,
        seats: [u16; 2],
    },
    PayBooking {
        pick: usize,
    },
    Release {
        pick: usize,
    },
    Return {
        pick: usize,
        serial: u32,
    },
    CallOff,
    Board {
        who: u32,
        vehicle: u32,
        stop: u16,
    },
    Leave {
        who: u32,
        vehicle: u32,
        stop: u16,
    },
    Cancel {
        pick: usize,
    },
    Check {
        who: u32,
    },
    PayBill {
        pick: usize,
        amount: u64,
    },
    Answer {
        pick: usize,
        answer: usize,
    },
    PayOut,
    Pass {
        span: usize,
        is_asleep: bool,
    },
    Tick,
    /// The same command as some time before.
    Again {
        pick: usize,
    },
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let who = || 1..=CUSTOMERS;
    let pick = || any::<u16>().prop_map(usize::from);
    let act = prop_oneof![
        4 => (who(), [0_u16..8, 0_u16..8]).prop_map(|(who, seats)| Act::Hold { who, seats }),
        4 => pick().prop_map(|pick| Act::PayBooking { pick }),
        1 => pick().prop_map(|pick| Act::Release { pick }),
        2 => (pick(), 1_u32..12).prop_map(|(pick, serial)| Act::Return { pick, serial }),
        1 => (0..1_u8).prop_map(|_| Act::CallOff),
        3 => (who(), 0_u32..3, 10_u16..14)
            .prop_map(|(who, vehicle, stop)| Act::Board { who, vehicle, stop }),
        3 => (who(), 0_u32..3, 10_u16..14)
            .prop_map(|(who, vehicle, stop)| Act::Leave { who, vehicle, stop }),
        1 => pick().prop_map(|pick| Act::Cancel { pick }),
        2 => who().prop_map(|who| Act::Check { who }),
        3 => (pick(), 100_u64..9_000).prop_map(|(pick, amount)| Act::PayBill { pick, amount }),
        6 => (pick(), 0..ANSWERS.len()).prop_map(|(pick, answer)| Act::Answer { pick, answer }),
        1 => (0..1_u8).prop_map(|_| Act::PayOut),
        4 => (0..SPANS.len(), any::<bool>())
            .prop_map(|(span, is_asleep)| Act::Pass { span, is_asleep }),
        2 => (0..1_u8).prop_map(|_| Act::Tick),
        2 => pick().prop_map(|pick| Act::Again { pick }),
    ];
    prop::collection::vec(act, 1..60)
}

/// A house and a carrier of customer 0; four others ride, watch and pay.
struct World {
    bare: Bare,
    house: tickets::House,
    line: u32,
    biller: u32,
    sent: Vec<Command>,
}

fn world() -> World {
    let mut bare = Bare::new();
    let house = tickets::house(&mut bare);
    let command = rides::put(&mut bare, house.owner, None, rides::rules(house.shop));
    let line = bare.number(command);
    let biller = bills::biller(&mut bare, bills::free());
    for _ in 0..CUSTOMERS {
        bare.rich(HAD);
    }
    World { bare, house, line, biller, sent: Vec::new() }
}

impl World {
    fn one<T>(&self, pick: usize, kind: impl Fn(Object) -> Option<T>) -> Option<T> {
        let mut found: Vec<T> = self.bare.objects().into_values().filter_map(kind).collect();
        let place = pick.checked_rem(found.len())?;
        Some(found.swap_remove(place))
    }

    fn booking(&self, pick: usize) -> Option<(u32, ids::BookingId)> {
        self.one(pick, |object| match object {
            Object::Booking(it) => Some((it.customer, it.id)),
            _ => None,
        })
    }

    fn command(&mut self, act: Act) -> Option<Command> {
        let (shop, by, show) = (self.house.shop, self.house.owner, self.house.show);
        Some(match act {
            Act::Hold { who, seats: [one, other] } => {
                let both = [one, other];
                let seats = if one == other { &both[..1] } else { &both[..] };
                tickets::hold(&mut self.bare, who, show, seats)
            }
            Act::PayBooking { pick } => {
                let (customer, id) = self.booking(pick)?;
                tickets::pay(customer, id)
            }
            Act::Release { pick } => {
                let (customer, id) = self.booking(pick)?;
                ticket(TicketCommand::Release { customer, id })
            }
            Act::Return { pick, serial } => {
                let (customer, id) = self.booking(pick)?;
                tickets::give_back(customer, id, serial)
            }
            Act::CallOff => ticket(TicketCommand::CallOff { shop, by, show }),
            Act::Board { who, vehicle, stop } => {
                rides::board(&mut self.bare, who, self.line, (vehicle, stop))
            }
            Act::Leave { who, vehicle, stop } => {
                rides::leave(&mut self.bare, who, self.line, (vehicle, stop))
            }
            Act::Cancel { pick } => {
                let id = self.one(pick, |object| match object {
                    Object::Ride(it) => Some(it.id),
                    _ => None,
                })?;
                ride(RideCommand::Cancel { shop, by, id })
            }
            Act::Check { who } => bills::check(&mut self.bare, who, self.biller, None),
            Act::PayBill { pick, amount } => {
                let (customer, id) = self.one(pick, |object| match object {
                    Object::Bill(it) => Some((it.body.customer, it.id)),
                    _ => None,
                })?;
                bills::pay(&mut self.bare, customer, id, amount)
            }
            Act::Answer { pick, answer } => {
                let is_biller = |kind: &ErrandKind| {
                    matches!(kind, ErrandKind::BillPay | ErrandKind::BillInquiry)
                };
                let asked = self.bare.attempts.iter().filter(|(_, kind, _)| is_biller(kind));
                let asked: Vec<_> = asked.copied().collect();
                let (about, kind, attempt) = *asked.get(pick.checked_rem(asked.len())?)?;
                Command::ErrandDone { about, kind, attempt, answer: ANSWERS[answer] }
            }
            Act::PayOut => {
                let (amount_minor, once) = (self.bare.machine.shop_balance(shop), self.bare.once());
                let it = dhow_wallet::command::shops::ShopCommand::PayOut {
                    shop,
                    by,
                    amount_minor,
                    once,
                };
                Command::Shop(it)
            }
            Act::Tick => Command::Tick,
            Act::Again { pick } => self.sent.get(pick.checked_rem(self.sent.len())?)?.clone(),
            Act::Pass { span, is_asleep } => {
                match is_asleep {
                    true => self.bare.pass_asleep(SPANS[span]),
                    false => self.bare.pass(SPANS[span]),
                }
                return None;
            }
        })
    }

    /// What each customer has spent by what the objects say, and what is under way.
    fn spent(&self) -> BTreeMap<u32, u64> {
        let mut spent = BTreeMap::new();
        let mut add = |customer: u32, minor: u64| *spent.entry(customer).or_insert(0) += minor;
        for object in self.bare.objects().into_values() {
            match object {
                Object::Ride(it) => match it.body.state {
                    RideState::Boarded => add(it.body.customer, it.body.reserved.minor()),
                    RideState::Left | RideState::Forgotten => {
                        add(it.body.customer, it.body.end.unwrap().1.total().minor());
                    }
                    RideState::Cancelled => {}
                },
                Object::Booking(it) => {
                    let sold = it.tickets.iter().map(|(_, ticket)| ticket.plan.total().minor());
                    add(it.customer, sold.sum::<u64>() - it.back_minor);
                }
                Object::Bill(it) if it.body.state == BillState::Confirmed => {
                    add(it.body.customer, it.plan().unwrap().total().minor());
                }
                _ => {}
            }
        }
        spent
    }

    fn check(&self) {
        let spent = self.spent();
        for customer in 1..=CUSTOMERS {
            let expected = HAD - spent.get(&customer).copied().unwrap_or(0);
            assert_eq!(self.bare.balance(customer), expected, "customer {customer}");
        }
        let confirmed = self.bare.objects().into_values().map(|object| match object {
            Object::Bill(it) if it.body.state == BillState::Confirmed => {
                it.plan().unwrap().payee().minor()
            }
            _ => 0,
        });
        assert_eq!(self.bare.machine.biller_payable(self.biller), confirmed.sum::<u64>());
    }

    /// When nothing is to come any more.
    fn check_end(&self, is_off: bool) {
        let mut fees = 0;
        for object in self.bare.objects().into_values() {
            match object {
                Object::Booking(it) if is_off => {
                    let mut whole = 0;
                    for (_, ticket) in &it.tickets {
                        match ticket.state {
                            TicketState::Refunded => whole += ticket.plan.total().minor(),
                            TicketState::Returned => {}
                            TicketState::Sold | TicketState::Admitted => panic!("{it:?}"),
                        }
                    }
                    assert!(it.back_minor >= whole);
                }
                Object::Bill(it) if it.body.state == BillState::Confirmed => {
                    fees += i128::from(it.plan().unwrap().fee().minor());
                }
                Object::Ride(it) if it.body.state != RideState::Cancelled => {
                    fees += i128::from(it.body.end.unwrap().1.fee().minor());
                }
                _ => {}
            }
        }
        if is_off {
            // Tickets that were given back before leave a part of their fee, all others none.
            assert!((fees..fees + 200).contains(&self.bare.own(FEES)));
        }
    }

    /// Lets time pass until nothing is to come, with billers that answer.
    fn rest(&mut self) {
        for _ in 0..200 {
            let out: Vec<_> = self.bare.machine.outbox();
            for attempt in out {
                let it = &attempt.errand;
                self.bare.answer_to((it.about, it.kind, it.attempt), ErrandAnswer::Yes);
            }
            // What the house cannot pay back it gets from somebody.
            let rich = self.bare.rich(90_000);
            let command = self.bare.pay_shop(rich, self.house.shop, 90_000);
            self.bare.made(command);
            if self.bare.machine.next_timer().is_none() {
                return;
            }
            self.bare.pass(Span::days(3));
        }
        panic!("something never ends");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn services_keep_the_books(acts in acts()) {
        let mut world = world();
        let mut is_off = false;
        for act in acts {
            let Some(command) = world.command(act) else {
                world.check();
                continue;
            };
            world.sent.push(command.clone());
            let reply = world.bare.apply(command);
            is_off |= matches!(act, Act::CallOff) && matches!(reply, Reply::Done);
            world.check();
        }
        world.rest();
        world.check();
        prop_assert_eq!(world.bare.own(HELD), 0);
        world.check_end(is_off);
        let pending = world.bare.machine.ledger().pending_sets().count();
        prop_assert_eq!(pending, 0);
    }
}
