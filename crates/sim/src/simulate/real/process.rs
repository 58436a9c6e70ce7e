//! The process of a real wallet: its batches, its crashes, what leaves it.

use super::super::Invariant;
use super::super::node::{Applied, Job, NoStart};
use super::super::process::Crash;
use super::super::world::{Event, World};
use super::acts::LEAVER;
use super::{BTreeSet, CUSTOMERS, Command, RealAsker, RealEvent, RealWhat, Span, Wallet};
use crate::preset::text;
use base::Machine;
use ids::{BankMoveId, NoteId, Partition, PersonId};
use log::{DiskFault, LogError};
use wallet::command::bank::{BankCommand, MoveMoney};
use wallet::command::people::PeopleCommand;
use wallet::objects::{AgreementState, BankWay};
use wallet::{Attempt, ErrandAnswer, Event as Fact, Object, Once};

impl World {
    pub fn at_real(&mut self, real: usize, after: Span, what: RealWhat) {
        self.at(after, Event::Real(RealEvent { real, what }));
    }

    pub fn real_event(&mut self, RealEvent { real, what }: RealEvent) {
        match what {
            RealWhat::Commit => {
                if self.reals[real].node.wake == Some(self.now) {
                    self.reals[real].node.wake = None;
                    self.real_commit(real);
                }
            }
            RealWhat::Restart => self.real_restart(real),
            RealWhat::Letter { letter } => self.home_letter_leaves(real, letter),
            RealWhat::Heard { letter } => self.home_letter_heard(real, letter),
            RealWhat::Ask(command, asker) => self.real_submit(real, *command, asker),
            RealWhat::Errand { boot, attempt } => self.real_errand_arrives(real, boot, &attempt),
            RealWhat::ErrandOutcome { boot, of, answer } => {
                if boot == self.reals[real].boot && self.reals[real].out.remove(&of) {
                    let (about, kind, attempt) = of;
                    let done = Command::ErrandDone { about, kind, attempt, answer };
                    self.real_submit(real, done, RealAsker::Nobody);
                }
            }
        }
    }

    /// Puts a command into the wallet's queue. A process that is down hears nothing.
    pub fn real_submit(&mut self, real: usize, command: Command, asker: RealAsker) {
        if self.reals[real].node.live.is_some() {
            self.reals[real].node.queue.push_back(Job { command, asker });
            self.real_plan(real);
        }
    }

    /// Plans the next batch: soon when something waits, else when its timer is due.
    fn real_plan(&mut self, real: usize) {
        let node = &self.reals[real].node;
        let Some(live) = &node.live else { return };
        let waits = !node.queue.is_empty() || live.core.tick_due(self.now);
        let due = live.core.machine().next_timer();
        let at = if waits {
            Some(self.now.after(Span::from_nanos(self.dice.below(3_000_000))))
        } else {
            due.map(|due| due.max(self.now))
        };
        let Some(at) = at else { return };
        if self.reals[real].node.wake.is_none_or(|wake| at < wake) {
            self.reals[real].node.wake = Some(at);
            self.at_real(real, at.since(self.now), RealWhat::Commit);
        }
    }

    fn real_commit(&mut self, real: usize) {
        let most = self.reals[real].habits.max_batch;
        let applied = match self.reals[real].node.commit(self.now, most) {
            Ok(applied) => applied,
            Err(engine::EngineError::Log(LogError::Fatal { .. } | LogError::DiskFull { .. })) => {
                let is_down = self.reals[real].node.disk.is_down();
                let is_power = is_down || self.dice.per_mille(400);
                let crash = if is_power { Crash::Power } else { Crash::Process };
                return self.real_crash(real, crash);
            }
            Err(error) => {
                let message = error.to_string();
                return self.checker.fail(Invariant::ReplayIsEqual, || message);
            }
        };
        for record in &applied {
            self.tally.real_records += 1;
            self.trace.number(record.digest);
            let now = self.now;
            self.trace.line(now, || {
                let text = format!("{:?}", record.command);
                let text: String = text.chars().take(150).collect();
                format!("<{real}> {} {text}", record.stamp.position)
            });
            self.real_applied(real, record);
        }
        self.real_verify(real);
        let cut_short = self.reals[real].habits.cut_short;
        if !applied.is_empty() && self.dice.per_mille(cut_short) {
            return self.real_crash(real, Crash::Process);
        }
        for record in applied {
            self.real_let_out(real, record);
        }
        self.real_plan(real);
    }

    /// What the record did to payments is copied.
    fn real_applied(&mut self, real: usize, record: &Applied<RealAsker, Wallet>) {
        for fact in &record.outcome.events {
            if let Fact::Moved { object: Object::Payment(payment), .. } = fact {
                self.copy_payment(real, payment);
            }
        }
        self.tombstone(real, record);
        self.home_applied(real, record);
    }

    fn real_let_out(&mut self, real: usize, record: Applied<RealAsker, Wallet>) {
        if let Some(asker) = record.asker {
            self.real_reply(real, asker, &record.outcome.reply);
        }
        for attempt in record.outcome.effects {
            self.real_launch(real, attempt);
        }
    }

    pub fn real_crash(&mut self, real: usize, crash: Crash) {
        let now = self.now;
        self.trace.line(now, || format!("<{real}> crash: {crash:?}"));
        let it = &mut self.reals[real];
        if it.node.live.is_none() && it.boot > 0 {
            return;
        }
        it.boot += 1;
        it.out.clear();
        it.node.stop();
        match crash {
            Crash::Process => it.node.disk.kill_process(),
            Crash::Power => {
                let dice = &mut self.dice;
                it.node.disk.cut_power(&mut |bound| dice.below(bound));
                if self.dice.per_mille(400) {
                    it.node.lose_index();
                }
            }
        }
        let after = self.dice.between(50, 20_000);
        self.at_real(real, Span::millis(after), RealWhat::Restart);
    }

    /// Recovers, and takes up the outbox.
    fn real_restart(&mut self, real: usize) {
        if self.reals[real].node.live.is_some() {
            return;
        }
        match self.reals[real].node.start() {
            Ok(()) => {}
            Err(NoStart::Broken(broken)) => {
                self.checker.broken.get_or_insert(broken);
                return;
            }
            Err(NoStart::Disk) => {
                let it = &mut self.reals[real];
                match it.node.disk.is_down() {
                    true => {
                        let dice = &mut self.dice;
                        it.node.disk.cut_power(&mut |bound| dice.below(bound));
                    }
                    false => it.node.disk.kill_process(),
                }
                return self.at_real(real, Span::millis(500), RealWhat::Restart);
            }
        }
        self.tally.real_restarts += 1;
        self.copy_all_payments(real);
        self.home_caught_up(real);
        let outbox = self.reals[real].node.live.as_ref().map(|it| it.core.machine().outbox());
        for attempt in outbox.unwrap_or_default() {
            self.real_launch(real, attempt);
        }
        self.real_plan(real);
    }

    /// An attempt leaves; silence is an answer like any other.
    fn real_launch(&mut self, real: usize, attempt: Attempt) {
        let (boot, errand) = (self.reals[real].boot, &attempt.errand);
        let of = (errand.about, errand.kind, errand.attempt);
        self.reals[real].out.insert(of);
        let answer = ErrandAnswer::Silent;
        let timeout = errand.kind.timeout();
        self.at_real(real, timeout, RealWhat::ErrandOutcome { boot, of, answer });
        let arrives = || RealWhat::Errand { boot, attempt: attempt.clone() };
        self.send(|| Event::Real(RealEvent { real, what: arrives() }));
    }

    /// The answer to an attempt leaves.
    pub fn real_answer(
        &mut self,
        real: usize,
        (boot, attempt): (u64, &Attempt),
        answer: ErrandAnswer,
    ) {
        let errand = &attempt.errand;
        let of = (errand.about, errand.kind, errand.attempt);
        let heard = || RealWhat::ErrandOutcome { boot, of, answer };
        self.send(|| Event::Real(RealEvent { real, what: heard() }));
    }

    /// Before any fault: customers with money.
    pub fn set_up_real(&mut self, real: usize) {
        self.real_restart(real);
        let habits = self.reals[real].habits;
        self.reals[real].habits.calm();
        let unit = super::market::unit_minor(self.reals[real].currency);
        for customer in 0..CUSTOMERS {
            let tier = u8::from(customer % 2 == 1);
            let person = PersonId::new(self.now.millis(), Partition(0), u128::from(customer));
            let register = PeopleCommand::Register { person, tier };
            self.real_submit(real, Command::People(register), RealAsker::Nobody);
            let moved = MoveMoney {
                id: BankMoveId::new(self.now.millis(), Partition(0), u128::from(customer)),
                customer,
                way: BankWay::In,
                amount_minor: if customer == LEAVER { 600 } else { 4_000 } * unit,
                bank_account: NoteId::from_u128(1),
                once: Once { key: text("set-up"), digest: [0; 32] },
            };
            let moved = Command::Bank(BankCommand::Move(moved));
            self.real_submit(real, moved, RealAsker::Nobody);
        }
        self.set_up_home(real);
        self.reals[real].habits.max_batch = usize::MAX;
        self.real_commit(real);
        let out: BTreeSet<_> = std::mem::take(&mut self.reals[real].out);
        for (about, kind, attempt) in out {
            let object = self.real_open(real, about);
            let Some(Object::BankMove(moved)) = object else { continue };
            let it = &mut self.reals[real];
            let of = (about, i128::from(moved.amount_minor));
            let answer = it.bank.submit(of, (it.habits, &mut self.dice));
            let answer = answer.unwrap_or(ErrandAnswer::Silent);
            let done = Command::ErrandDone { about, kind, attempt, answer };
            self.real_submit(real, done, RealAsker::Nobody);
        }
        self.real_commit(real);
        self.reals[real].habits = habits;
    }

    /// An open object of the wallet's.
    pub fn real_open(&self, real: usize, id: u128) -> Option<Object> {
        self.reals[real].node.live.as_ref()?.core.machine().open_object(id).cloned()
    }

    /// Faults of the wallet's machine and disk.
    pub fn strike_real(&mut self, real: usize) {
        let habits = self.reals[real].habits;
        if self.dice.per_mille(habits.kills) && self.reals[real].node.live.is_some() {
            self.real_crash(real, Crash::Process);
        }
        if self.dice.per_mille(habits.power_cuts) && self.reals[real].node.live.is_some() {
            self.real_crash(real, Crash::Power);
        }
        if self.dice.per_mille(habits.disk_faults) {
            let fault = self.dice.pick(&[DiskFault::Io, DiskFault::Full, DiskFault::Power]);
            let steps = self.dice.between(1, 12);
            self.reals[real].node.disk.arm(steps, fault);
        }
        if self.dice.per_mille(habits.index_steps) {
            let done = self.reals[real].node.index();
            self.broke(done);
        }
        if self.dice.per_mille(habits.snapshots) {
            let done = self.reals[real].node.take_snapshot();
            self.broke(done);
        }
    }

    /// Is nothing of the wallet's under way?
    pub fn real_is_quiet(&self, real: usize) -> bool {
        let node = &self.reals[real].node;
        let Some(live) = &node.live else { return false };
        let is_answered = !self.reals[real].home.letters.iter().any(|letter| letter.is_open);
        is_answered && node.queue.is_empty() && real_open_work(live.core.machine()).next().is_none()
    }

    /// What keeps it from being quiet, in words.
    pub fn real_what_is_open(&self, real: usize) -> Option<String> {
        let Some(live) = &self.reals[real].node.live else {
            return Some(format!("wallet {real} is down"));
        };
        real_open_work(live.core.machine()).next().map(|object| format!("{object:?}"))
    }
}

/// What has to come to its end by itself.
fn real_open_work(machine: &Wallet) -> impl Iterator<Item = &Object> {
    let is_work = |object: &&Object| match object {
        Object::Payment(_) | Object::BankMove(_) => true,
        Object::FundDay(_) => true,
        Object::Bill(bill) => bill.is_under_way(),
        // It has ended, and the network has not heard of it.
        Object::Agreement(it) => matches!(it.state, AgreementState::Ended { .. }),
        _ => false,
    };
    machine.open_objects().filter(is_work)
}
