//! What partners begin and what strikes them, step by step, until the run grows calm.

use super::acquirer::{Ask, Purchase, RefundAsk, Request};
use super::process::{Crash, operate};
use super::wallet::Standing;
use super::world::{Asker, Event, World};
use crate::preset::{currency, rate_feed, text};
use base::{ResultCode, Span};
use directory::ParticipantStatus;
use ids::ParticipantId;
use log::DiskFault;
use money::Money;
use network::{Change, LoadRates, WalletAnswer, WalletVerdict, Way};

/// A process that is down is waited for.
const AGAIN: Span = Span::millis(500);

impl World {
    /// One step of the workload.
    pub fn step(&mut self) {
        if self.steps_left == 0 {
            // The operator's last words must be heard.
            return if self.is_up { self.grow_calm() } else { self.at(AGAIN, Event::Step) };
        }
        self.steps_left -= 1;
        self.strike();
        self.begin();
        for real in 0..self.reals.len() {
            self.live(real);
        }
        let after = self.dice.between(0, 2 * self.pace_ms);
        self.at(Span::millis(after), Event::Step);
    }

    /// The faults stop, and the workload with them.
    fn grow_calm(&mut self) {
        let now = self.now;
        self.trace.line(now, || "calm".to_owned());
        self.is_calm = true;
        self.profile.calm();
        for node in &self.nodes {
            node.disk.disarm();
        }
        self.calm_reals();
        self.tidy_up();
        // The clocks agree again.
        self.skew_ns = 0;
        self.activate_all();
        for purchase in 0..self.purchases.len() {
            self.plan_turn(purchase);
        }
    }

    /// Every participant takes part again, so that what is open can end.
    pub fn activate_all(&mut self) {
        for partition in 0..self.nodes.len() {
            for id in 1..=5 {
                let (participant, status) = (ParticipantId(id), ParticipantStatus::Active);
                let change = Change::SetStatus { participant, status };
                self.submit(partition, operate(change), Asker::Nobody);
            }
        }
    }

    /// Faults of the machine, its disk and its clock, and the operator's doings.
    fn strike(&mut self) {
        let profile = self.profile;
        if self.dice.per_mille(profile.kills) && self.is_up {
            self.crash(Crash::Process);
        }
        if self.dice.per_mille(profile.power_cuts) && self.is_up {
            self.crash(Crash::Power);
        }
        if self.dice.per_mille(profile.disk_faults) {
            let fault = self.dice.pick(&[DiskFault::Io, DiskFault::Full, DiskFault::Power]);
            let (node, steps) = (self.dice.index(self.nodes.len()), self.dice.between(1, 12));
            self.nodes[node].disk.arm(steps, fault);
        }
        if self.dice.per_mille(profile.clock_jumps) {
            self.jump();
        }
        for node in 0..self.nodes.len() {
            if self.dice.per_mille(profile.index_steps) {
                let done = self.nodes[node].index();
                self.broke(done);
            }
            if self.dice.per_mille(profile.snapshots) {
                let done = self.nodes[node].take_snapshot();
                self.broke(done);
            }
        }
        if self.dice.per_mille(profile.operates) {
            self.operate();
        }
        for real in 0..self.reals.len() {
            self.strike_real(real);
        }
    }

    /// The network's clock is set, forward or back.
    fn jump(&mut self) {
        let most_ms = self.dice.pick(&[500, 5_000, 90_000, 1_200_000]);
        let jump_ms = i64::try_from(self.dice.between(1, most_ms)).expect("less than an hour");
        let sign = if self.dice.per_mille(500) { 1 } else { -1 };
        self.skew_ns += sign * jump_ms * 1_000_000;
        let (now, skew_ms) = (self.now, self.skew_ns / 1_000_000);
        self.trace.line(now, || format!("the network's clock is off by {skew_ms} ms"));
        for partition in 0..self.nodes.len() {
            self.plan_commit(partition);
        }
    }

    fn operate(&mut self) {
        let participant = ParticipantId(u32::try_from(self.dice.between(1, 5)).expect("below 6"));
        let change = match self.dice.below(5) {
            0 => Change::SetStatus { participant, status: ParticipantStatus::Suspended },
            1 | 2 => Change::SetStatus { participant, status: ParticipantStatus::Active },
            3 => Change::HaltCorridor {
                base: currency("JPY"),
                quote: currency("KRW"),
                is_halted: self.dice.per_mille(500),
            },
            _ => Change::LoadRates(Box::new(LoadRates { feed: rate_feed(self.clock()) })),
        };
        for partition in 0..self.nodes.len() {
            self.submit(partition, operate(change.clone()), Asker::Nobody);
        }
    }

    /// Something that a partner begins.
    fn begin(&mut self) {
        if self.profile.debits > 0 && self.dice.per_mille(120) {
            return self.agree();
        }
        if self.dice.per_mille(self.profile.disputes) {
            return self.quarrel();
        }
        if self.dice.per_mille(self.profile.reports) {
            return self.report();
        }
        if self.dice.per_mille(self.profile.declares) {
            return self.declare();
        }
        if self.dice.per_mille(self.profile.scans) {
            return self.scan_sticker();
        }
        if self.purchases.is_empty() || self.dice.per_mille(350) {
            return self.new_purchase();
        }
        // Mostly the newest purchases, now and then an old one.
        let count = self.purchases.len();
        let newest = self.dice.index(count.min(8));
        let place =
            if self.dice.per_mille(800) { count - 1 - newest } else { self.dice.index(count) };
        if self.purchases[place].sent.is_none() {
            return;
        }
        let habits = self.profile.acquirers[self.purchases[place].acquirer];
        let naming = self.purchases[place].naming(&mut self.dice);
        match self.dice.below(10) {
            0..4 if self.dice.per_mille(habits.refunds) => self.ask_refund(place),
            4..6 if self.dice.per_mille(habits.cancels) => {
                self.purchases[place].wants_cancel = true;
                let cancel = self.purchases[place].cancel(&mut self.dice);
                self.ask(place, cancel);
                self.plan_turn(place);
            }
            6 if self.purchases[place].pushed.is_none() => {
                let is_altered = self.dice.per_mille(habits.alters);
                self.ask(place, Ask::Pay { is_altered });
            }
            7 => self.ask(place, Ask::Inquiry(naming)),
            8 if self.dice.per_mille(habits.pries * 5) => self.pry(place),
            9 if self.dice.per_mille(habits.pries * 5) => self.notify_as_another(place),
            _ => {}
        }
    }

    fn new_purchase(&mut self) {
        self.tally.purchases += 1;
        let place = self.purchases.len();
        let purchase = Purchase::draw(place, &mut self.dice);
        self.purchases.push(purchase);
        let merchant = self.purchases[place].merchant;
        let is_debit = self.profile.debits > 0 && self.dice.per_mille(self.profile.debits);
        if let Some(token) = is_debit.then(|| self.draw_token(merchant)).flatten() {
            self.purchases[place].token = Some(token);
            self.purchases[place].way = Way::AutoDebit;
            if self.dice.per_mille(500) {
                // A shop that does not wait: the agreement's partition may be slower.
                let short = Span::secs(self.dice.between(2, 20));
                self.purchases[place].expires_after = Some(short);
            }
        }
        if self.purchases[place].way.is_presented() || self.purchases[place].token.is_some() {
            let after = self.purchases[place].expires_after;
            let expiry = after.map(|after| self.clock().after(after));
            return self.first_pay(place, expiry);
        }
        self.send(|| Event::Codes { purchase: place });
        self.plan_turn(place);
    }

    /// A refund, mostly of a paid purchase, sometimes of anything; sometimes the same again or with
    /// other content.
    fn ask_refund(&mut self, place: usize) {
        let is_paid = self.purchases[place].heard == Some(ResultCode::Success);
        if !is_paid && !self.dice.per_mille(150) || self.purchases[place].refunds.len() > 6 {
            return;
        }
        let naming = self.purchases[place].naming(&mut self.dice);
        let count = self.purchases[place].refunds.len();
        if count > 0 && self.dice.per_mille(200) {
            let (number, is_altered) = (self.dice.index(count), self.dice.per_mille(300));
            return self.ask(place, Ask::Refund { number, is_altered, naming });
        }
        let whole = self.purchases[place].amount.minor();
        if count == 0 && whole > 2 && self.dice.per_mille(300) {
            // Three parts at once that make the whole: they race, and their shares must add up.
            let first = self.dice.between(1, whole - 2);
            let second = self.dice.between(1, whole - first - 1);
            for minor in [first, second, whole - first - second] {
                self.refund_part(place, minor);
            }
            return;
        }
        let asked: u64 = self.purchases[place].refunds.iter().map(|it| it.amount.minor()).sum();
        let left = whole.saturating_sub(asked).max(1);
        let minor = match self.dice.below(4) {
            0 => left,
            1 => whole,
            _ => self.dice.between(1, left),
        };
        self.refund_part(place, minor);
    }

    /// Asks for one refund of so many minor units.
    pub fn refund_part(&mut self, place: usize, minor: u64) {
        let naming = self.purchases[place].naming(&mut self.dice);
        let (count, currency) =
            (self.purchases[place].refunds.len(), self.purchases[place].amount.currency());
        let Ok(amount) = Money::new(minor, currency) else { return };
        let request_id = text(&format!("RR-{place}-{count}"));
        self.purchases[place].refunds.push(RefundAsk { request_id, amount, is_over: false });
        self.ask(place, Ask::Refund { number: count, is_altered: false, naming });
        self.plan_turn(place);
    }

    /// The other acquirer asks about this purchase.
    fn pry(&mut self, place: usize) {
        let acquirer = 1 - self.purchases[place].acquirer;
        let Some(id) = self.purchases[place].payment else { return };
        let naming = super::acquirer::Naming::PaymentId(id);
        let ask = match self.dice.below(3) {
            0 => Ask::Cancel(naming),
            1 if !self.purchases[place].refunds.is_empty() => {
                Ask::Refund { number: 0, is_altered: false, naming }
            }
            _ => Ask::Inquiry(naming),
        };
        let request = Request { purchase: place, acquirer, ask };
        self.send(|| Event::Request(request));
    }

    /// Another wallet says how a payment ended.
    fn notify_as_another(&mut self, place: usize) {
        let owner = self.purchases[place].wallet;
        let Some(id) = self.purchases[place].payment else { return };
        let is_known = self.wallets[owner].entries.get(&id);
        let verdict = match is_known.map(|entry| entry.standing) {
            Some(Standing::Taken) => WalletVerdict::Declined(ResultCode::ProcessFail),
            _ => WalletVerdict::Approved,
        };
        // The code may have been another shopper's: then this wallet may be the right one.
        let other = (owner + 1) % self.wallets.len();
        if is_known.is_some() && !self.wallets[other].entries.contains_key(&id) {
            self.notice_arrives((other, id), WalletAnswer::of(verdict), true);
        }
    }
}
