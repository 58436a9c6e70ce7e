//! What a real wallet's objects say, added up: what each customer has spent, and what is in packets
//! and gift coupons. The machine is never asked for it.

use super::super::Invariant;
use super::super::world::World;
use super::CUSTOMERS;
use account::{CustomerState, LocalDay};
use base::decode_all;
use gifts::GiftState;
use services::{BillState, RideState};
use std::collections::BTreeMap;
use wallet::objects::{
    BankState, BankWay, BookingState, CashState, CashWay, Party, PaymentState, TransferState,
};
use wallet::{Market, Object, chart};

/// Who spent how much by an object, in minor units, and on which day. `None`: nobody.
fn spent(object: &Object, market: &Market) -> Option<(u32, u64, LocalDay)> {
    Some(match object {
        Object::Transfer(it) => match (it.from, it.state) {
            (Party::Customer(from), TransferState::Held { .. } | TransferState::Done) => {
                (from, it.amount_minor, market.account.zone.day_of(it.created.time))
            }
            _ => return None,
        },
        Object::BankMove(it) if it.way == BankWay::Out => match it.state {
            BankState::Failed(_) => return None,
            _ => (it.customer, it.amount_minor, it.counted),
        },
        Object::Cash(it) if it.way == CashWay::Out => match it.state {
            CashState::Withdrawn | CashState::Expired => return None,
            CashState::Called { .. } | CashState::Done { .. } => {
                (it.customer, it.amount_minor, it.counted)
            }
        },
        Object::Sale(it) => (it.customer, it.left_minor(), it.counted),
        Object::Payment(it) if it.state == PaymentState::Paid => {
            (it.customer, it.left_minor(), it.counted)
        }
        Object::Packet(it) => {
            let back = it.body.returned().minor();
            (it.body.sender(), it.body.split().total.minor() - back, it.counted)
        }
        Object::Gift(it) => {
            let is_refunded = it.body.state() == GiftState::Refunded;
            let back = if is_refunded { it.body.paid_out().to_buyer.minor() } else { 0 };
            (it.body.buyer(), it.body.price().minor() - back, it.counted)
        }
        Object::Donation(it) => (it.customer(), it.body.plan.total().minor(), it.counted),
        Object::Ride(it) => {
            let minor = match (it.body.state, it.body.end) {
                (RideState::Cancelled, _) => 0,
                (_, Some((_, plan))) => plan.total().minor(),
                (_, None) => it.body.reserved.minor(),
            };
            (it.body.customer, minor, it.counted)
        }
        Object::Booking(it) if it.state == BookingState::Paid => {
            (it.customer, it.plan.total().minor() - it.back_minor, it.counted)
        }
        Object::Bill(it) => match it.body.state {
            BillState::Paying | BillState::Unknown | BillState::Confirmed => {
                (it.body.customer, it.plan()?.payee().minor(), it.counted)
            }
            BillState::Checked | BillState::Reversed | BillState::Lapsed => return None,
        },
        _ => return None,
    })
}

/// What was paid into a packet or a gift and did not come out of it, if it does not add up.
fn leaks(object: &Object) -> Option<String> {
    let (paid, out, left) = match object {
        Object::Packet(it) => {
            let body = &it.body;
            let out = body.given().minor() + body.returned().minor();
            let claims: u64 = body.claims().map(|(_, claim)| claim.share_minor).sum();
            if claims != body.given().minor() {
                return Some(format!("claims of {claims} and {} given", body.given()));
            }
            let left = if it.is_open() { body.rest().minor() } else { 0 };
            (body.split().total.minor(), out, left)
        }
        Object::Gift(it) => {
            let left = if it.is_open() { it.body.liability().minor() } else { 0 };
            (it.body.price().minor(), it.body.paid_out().total().minor(), left)
        }
        _ => return None,
    };
    (paid != out + left).then(|| format!("{paid} went in, {out} came out, {left} is left"))
}

impl World {
    /// When nothing is under way: what the log's objects say is what the machine has.
    pub fn home_adds_up(&mut self, real: usize) {
        let it = &self.reals[real];
        let Some(live) = &it.node.live else { return };
        let replayed = match it.node.replayed() {
            Ok(replayed) => replayed,
            Err(wrong) => return self.checker.fail(Invariant::ReplayIsEqual, || wrong),
        };
        let closed = replayed.keeper().objects.values();
        let mut objects: Vec<Object> = closed.filter_map(|bytes| decode_all(bytes).ok()).collect();
        let machine = live.core.machine();
        let open = machine.open_objects().cloned();
        // An object that is open again stands in both.
        let is_open = |object: &Object| machine.open_object(object.id()).is_some();
        objects.retain(|object| !is_open(object));
        objects.extend(open);
        let today = machine.market().account.zone.day_of(self.now);
        let mut sums: BTreeMap<u32, (u64, u64)> = BTreeMap::new();
        let mut wrong = Vec::new();
        for object in &objects {
            if let Some(leak) = leaks(object) {
                wrong.push((Invariant::PouchesAddUp, format!("{leak}: {object:?}")));
            }
            let Some((customer, minor, day)) = spent(object, machine.market()) else { continue };
            let sum = sums.entry(customer).or_default();
            sum.0 += if day == today { minor } else { 0 };
            sum.1 += if day.month() == today.month() { minor } else { 0 };
        }
        for customer in 0..CUSTOMERS {
            let Some(view) = machine.overview(customer, self.now) else { continue };
            let counted = (view.spent_day_minor, view.spent_month_minor);
            let sum = sums.get(&customer).copied().unwrap_or_default();
            if counted != sum {
                let what = format!("customer {customer} spent {sum:?}, {counted:?} is counted");
                wrong.push((Invariant::WithinLimits, what));
            }
            let is_closed = view.customer.state == CustomerState::Closed;
            if is_closed && view.balance_minor > 0 {
                let what = format!("customer {customer} has left, and {} came", view.balance_minor);
                wrong.push((Invariant::WalletBooks, what));
            }
        }
        if let Some((invariant, what)) = wrong.into_iter().next() {
            self.checker.fail(invariant, || format!("wallet {real}: {what}"));
        }
    }

    /// After each batch: nobody spends more than the tier allows.
    pub fn home_within_limits(&mut self, real: usize) {
        let Some(live) = &self.reals[real].node.live else { return };
        let (machine, time) = (live.core.machine(), live.core.last().time);
        for (customer, it) in machine.all_customers().entries() {
            let Some(view) = machine.overview(customer, time) else { continue };
            // A tier may have been lowered meanwhile: the highest holds for all.
            let most = machine.market().account.tier(1);
            if view.spent_day_minor > most.day_minor || view.spent_month_minor > most.month_minor {
                self.checker.fail(Invariant::WithinLimits, || {
                    format!("wallet {real}: customer {customer} spent too much: {it:?}")
                });
            }
        }
    }

    /// What bank, biller and fund have is what the wallet's books say.
    pub fn real_outside(&mut self, real: usize) {
        let it = &self.reals[real];
        let at_bank = it.bank.has_minor(|id| it.home.is_moved(id));
        let paid = it.home.paid_minor(None) + it.home.paid_minor(Some(0));
        let mut fund: i128 = 0;
        for object in it.home.objects.values() {
            let Object::FundDay(day) = object else { continue };
            let minor = |minor: u128| i128::try_from(minor).unwrap_or(i128::MAX);
            fund += minor(day.statement.subscribed_minor) - minor(day.statement.paid_minor);
            fund -= i128::from(day.rounding_minor);
            if !it.fund.has(&day.statement) {
                let day = day.statement.day;
                return self.checker.fail(Invariant::FloatAgrees, || {
                    format!("wallet {real} settled {day:?}, and the fund knows nothing of it")
                });
            }
        }
        let has = at_bank - i128::from(paid) - fund;
        let booked = -self.real_owed(real, chart::FLOAT);
        let it = &self.reals[real];
        let at_biller = it.biller.has_minor(|id| it.home.is_moved(id));
        let payable = it.node.live.as_ref().map_or(0, |it| it.core.machine().biller_payable(0));
        let owed = i128::from(payable) + i128::from(it.home.paid_minor(Some(0)));
        if booked != has || owed != at_biller {
            self.checker.fail(Invariant::FloatAgrees, || {
                format!(
                    "wallet {real} books {booked} at its bank and {owed} for its biller, which \
                     have {has} and {at_biller}"
                )
            });
        }
    }
}
