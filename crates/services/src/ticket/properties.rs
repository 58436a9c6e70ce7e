//! No order of holds, payments, expiries and returns sells a seat twice or loses money.

use super::tests::{at, seating};
use super::*;
use base::{decode_all, encode};
use proptest::prelude::{Just, Strategy, TestCaseError, prop, prop_oneof};
use proptest::{prop_assert, prop_assert_eq, proptest};
use std::collections::BTreeSet;

#[derive(Clone, Debug)]
enum Op {
    Hold(SeatWish),
    Pay(HoldRef),
    Release(HoldRef),
    Expire,
    Return(TicketRef),
    Admit { serial: u32, door: u8 },
    CallOff,
    RefundOne,
}

fn any_op() -> impl Strategy<Value = Op> {
    let wish = (1u32..4, prop::collection::vec(0u16..9, 1..4))
        .prop_map(|(customer, seats)| SeatWish { customer, seats });
    let hold = || (1u32..8, 1u32..4).prop_map(|(hold, customer)| HoldRef { hold, customer });
    let ticket = (1u32..8, 1u32..4).prop_map(|(serial, customer)| TicketRef { serial, customer });
    let admit = (1u32..8, 1u8..3).prop_map(|(serial, door)| Op::Admit { serial, door });
    prop_oneof![
        12 => wish.prop_map(Op::Hold),
        12 => hold().prop_map(Op::Pay),
        2 => hold().prop_map(Op::Release),
        3 => Just(Op::Expire),
        6 => ticket.prop_map(Op::Return),
        4 => admit,
        1 => Just(Op::CallOff),
        2 => Just(Op::RefundOne),
    ]
}

/// What moved between customers, the house and the wallet, in minor units.
#[derive(Default)]
struct Books {
    paid: u64,
    house: u64,
    fee: u64,
    refunded: u64,
    admitted: BTreeSet<u32>,
}

impl Books {
    fn give_back(&mut self, it: &mut Seating, refund: &TicketRefund) {
        it.give_back(refund);
        self.refunded += refund.plan.to_customer().minor();
        self.house -= refund.plan.from_payee().minor();
        self.fee -= refund.plan.from_fee().minor();
    }

    fn run(&mut self, it: &mut Seating, op: Op, secs: u64) {
        let now = at(secs);
        match op {
            Op::Hold(wish) => drop(it.hold(wish, now)),
            Op::Pay(of) => {
                let Ok(sale) = it.sale(of, now) else { return };
                it.sell(&sale);
                self.paid += sale.plan.total().minor();
                self.house += sale.plan.payee().minor();
                self.fee += sale.plan.fee().minor();
            }
            Op::Release(of) => drop(it.release(of)),
            Op::Expire => drop(it.expire(now)),
            Op::Return(of) => {
                if let Ok(refund) = it.refund(of, now) {
                    self.give_back(it, &refund);
                }
            }
            Op::Admit { serial, door } => {
                if it.admit(serial, Admission { door, at: now }).is_ok() {
                    assert!(self.admitted.insert(serial), "a ticket is admitted once");
                }
            }
            Op::CallOff => it.call_off(),
            Op::RefundOne => {
                if let Some(refund) = it.refunds().last() {
                    self.give_back(it, &refund);
                }
            }
        }
    }

    fn check(&self, it: &Seating, secs: u64) -> Result<(), TestCaseError> {
        prop_assert_eq!(self.paid, self.house + self.fee + self.refunded);
        let live: Vec<&Ticket> = it.tickets().map(|(_, it)| it).filter(|it| it.is_live()).collect();
        let seats: BTreeSet<u16> = live.iter().map(|ticket| ticket.seat).collect();
        prop_assert_eq!(seats.len(), live.len(), "a seat was sold twice");
        for seat in &seats {
            prop_assert!(!it.is_free(*seat, at(secs)));
        }
        for customer in 1..4 {
            prop_assert!(it.seats_of(customer, at(secs)) <= 3);
        }
        let owed: u64 = live.iter().map(|ticket| ticket.plan.total().minor()).sum();
        prop_assert!(self.paid - self.refunded >= owed, "what is sold stays paid");
        Ok(())
    }
}

proptest! {
    #[test]
    fn seats_are_never_sold_twice(ops in prop::collection::vec((any_op(), 0u64..400), 0..50)) {
        let (mut it, mut books, mut secs) = (seating(), Books::default(), 0);
        for (op, later) in ops {
            secs += later;
            books.run(&mut it, op, secs);
            books.check(&it, secs)?;
        }
        prop_assert_eq!(decode_all::<Seating>(&encode(&it)), Ok(it.clone()));
        // Sweeping early or late makes no difference to what is free.
        let mut swept = it.clone();
        swept.expire(at(secs));
        for seat in 0..9 {
            prop_assert_eq!(it.is_free(seat, at(secs)), swept.is_free(seat, at(secs)));
        }
    }
}

/// Every order of two customers' holds and payments for one seat: exactly one ticket.
#[test]
fn a_race_for_one_seat_has_one_winner_in_every_order() {
    // 0, 1: customer 1 or 2 holds; 2, 3: customer 1 or 2 pays what they hold.
    let mut orders = 0;
    for code in 0..256u16 {
        let order: Vec<u16> = (0..4).map(|n| code >> (2 * n) & 3).collect();
        if order.iter().collect::<BTreeSet<_>>().len() != 4 {
            continue;
        }
        orders += 1;
        let mut it = seating();
        let mut holds = [None; 2];
        for step in order {
            let (who, customer) = (usize::from(step % 2), u32::from(step % 2) + 1);
            if step < 2 {
                let held = it.hold(SeatWish { customer, seats: vec![4] }, at(10));
                holds[who] = held.ok().map(|held| held.hold);
            } else if let Some(hold) = holds[who]
                && let Ok(sale) = it.sale(HoldRef { hold, customer }, at(11))
            {
                it.sell(&sale);
            }
        }
        assert!(it.tickets().count() <= 1, "one seat, one ticket");
        assert_eq!(holds.iter().flatten().count(), 1, "one holder");
    }
    assert_eq!(orders, 24);
}
