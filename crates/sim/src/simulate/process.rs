//! The network's process: its batches, its crashes, and what leaves it.

use super::acquirer::{Answer, Purchase};
use super::debits::allowance_minor;
use super::node::{Applied, NoStart};
use super::push::PushEvent;
use super::wallet::Call;
use super::world::{Asker, Event, World};
use super::{Broken, Invariant};
use crate::preset::{changes, currency, merchants, money, text};
use base::Span;
use engine::EngineError;
use log::LogError;
use network::{
    Change, Claim, Command, Effect, EffectKind, EffectOutcome, Event as Fact, Operator, Payment,
    PaymentCode, PaymentEffect, PushAnswer, Reply, WalletAnswer, WalletVerdict,
};
use std::sync::Arc;

/// Which death.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Crash {
    Process,
    Power,
}

pub(crate) fn operate(change: Change) -> Command {
    Command::Operate { by: Operator { who: text("operator"), why: text("simulation") }, change }
}

impl World {
    /// Starts the process for the first time and sets up participants, merchants and rates, before
    /// any fault.
    pub fn set_up(&mut self) {
        let (max_batch, cut_short) = (self.profile.max_batch, self.profile.cut_short);
        (self.profile.max_batch, self.profile.cut_short) = (usize::MAX, 0);
        self.restart();
        let mut commands: Vec<Command> = changes(self.now).into_iter().map(operate).collect();
        commands.extend(merchants().into_iter().map(Command::RegisterMerchant));
        if self.has_own_contracts() {
            commands.extend(self.contracts());
        }
        if self.profile.reports > 0 {
            commands.extend(self.contracts_about_merchants().into_iter().map(operate));
        }
        self.checker.agreements.has_limit = self.profile.has_allowances;
        for partition in 0..self.nodes.len() {
            for command in &commands {
                self.submit(partition, command.clone(), Asker::Nobody);
            }
            self.nodes[partition].wake = None;
            self.commit(partition);
        }
        (self.profile.max_batch, self.profile.cut_short) = (max_batch, cut_short);
        for real in 0..self.reals.len() {
            self.set_up_real(real);
        }
    }

    fn has_own_contracts(&self) -> bool {
        let profile = &self.profile;
        let decides = profile.reports > 0 && profile.deciding > 0;
        profile.has_caps || profile.has_allowances || profile.declares > 0 || decides
    }

    /// Small caps and allowances for all wallets, so that some payments are refused for them; which
    /// wallets decide about merchants; and the one that settles in yuan.
    fn contracts(&self) -> Vec<Command> {
        let (has_caps, has_allowances) = (self.profile.has_caps, self.profile.has_allowances);
        crate::preset::participants()
            .into_iter()
            .filter(|it| it.role == directory::Role::Mpp)
            .map(|it| {
                let mut contract = it.contract;
                if self.profile.declares > 0 && it.code.as_str() == "W-HK" {
                    contract.settlement_currencies = vec![currency("CNY")];
                }
                contract.approves_merchants =
                    self.profile.reports > 0 && it.id.0 <= self.profile.deciding;
                let code = contract.settlement_currencies[0];
                let is_won = code == currency("KRW");
                if has_caps {
                    let minor = if is_won { 60_000 } else { 300_000 };
                    contract.caps = vec![money(code.code(), minor)];
                }
                if has_allowances {
                    contract.debit_allowances = vec![money(code.code(), allowance_minor(is_won))];
                }
                operate(Change::SetContract { participant: it.id, contract: Box::new(contract) })
            })
            .collect()
    }

    /// Writes one batch of a partition and lets out what it yields.
    pub fn commit(&mut self, partition: usize) {
        let (clock, most) = (self.clock(), self.profile.max_batch);
        let applied = match self.nodes[partition].commit(clock, most) {
            Ok(applied) => applied,
            Err(error) => return self.commit_failed(&error),
        };
        if let Some(live) = &self.nodes[partition].live {
            self.checker.books(live.core.machine());
        }
        for record in &applied {
            self.tally.records += 1;
            self.trace.number(record.digest);
            let now = self.now;
            self.trace.line(now, || {
                let (position, time) = (record.stamp.position, record.stamp.time.millis());
                format!("[{partition}] {position} at {time}: {}", brief(&record.command))
            });
            self.checker.applied(&self.nodes[partition], record, &self.wallets);
        }
        self.checker.durable(&self.nodes[partition]);
        if !applied.is_empty() && self.dice.per_mille(self.profile.cut_short) {
            return self.crash(Crash::Process);
        }
        for record in applied {
            self.let_out(record);
        }
        self.plan_commit(partition);
    }

    fn commit_failed(&mut self, error: &EngineError) {
        let now = self.now;
        self.trace.line(now, || format!("the disk refuses: {error}"));
        let is_fault =
            matches!(error, EngineError::Log(LogError::Fatal { .. } | LogError::DiskFull { .. }));
        if !is_fault {
            let message = error.to_string();
            return self.checker.fail(Invariant::ReplayIsEqual, || message);
        }
        let is_down = self.nodes.iter().any(|node| node.disk.is_down());
        let crash = if is_down || self.dice.per_mille(400) { Crash::Power } else { Crash::Process };
        self.crash(crash);
    }

    /// The process dies, with everything that was on its way in it.
    pub fn crash(&mut self, crash: Crash) {
        let now = self.now;
        self.trace.line(now, || format!("crash: {crash:?}"));
        self.tally.power_cuts += u64::from(crash == Crash::Power);
        self.is_up = false;
        self.boot += 1;
        self.flights.clear();
        self.errands_out.clear();
        self.waiters.clear();
        for node in &mut self.nodes {
            node.stop();
            match crash {
                Crash::Process => node.disk.kill_process(),
                Crash::Power => {
                    let dice = &mut self.dice;
                    node.disk.cut_power(&mut |bound| dice.below(bound));
                    if self.dice.per_mille(400) {
                        node.lose_index();
                    }
                }
            }
        }
        let after = self.dice.between(50, 20_000);
        self.at(Span::millis(after), Event::Restart);
    }

    /// Recovers all partitions and takes up their outboxes.
    pub fn restart(&mut self) {
        if self.is_up {
            return;
        }
        for place in 0..self.nodes.len() {
            match self.nodes[place].start() {
                Ok(()) => {}
                Err(NoStart::Broken(broken)) => {
                    self.checker.broken.get_or_insert(broken);
                    return;
                }
                Err(NoStart::Disk) => {
                    let is_down = self.nodes.iter().any(|node| node.disk.is_down());
                    return self.crash(if is_down { Crash::Power } else { Crash::Process });
                }
            }
        }
        self.is_up = true;
        self.tally.restarts += 1;
        for place in 0..self.nodes.len() {
            let Some(live) = &self.nodes[place].live else { continue };
            let (partition, stamp) = (self.nodes[place].partition().0, live.core.last());
            let outbox = base::Machine::outbox(live.core.machine());
            self.checker.restarted(partition, stamp);
            if place == 0 {
                self.checker.hearing.caught_up(live.core.machine());
            }
            let node = &self.nodes[place];
            self.checker.still_told(node);
            self.checker.pushes_caught_up(node);
            let now = self.now;
            self.trace.line(now, || {
                let position = stamp.position;
                format!("[{place}] up again at record {position}, {} effects", outbox.len())
            });
            self.trace.number(stamp.position);
            for effect in outbox {
                self.launch(effect, true);
            }
            self.plan_commit(place);
        }
        for subscription in self.subscriptions.clone() {
            if let Some(agreement) = self.agreement(subscription.id) {
                self.checker.caught_up(&agreement);
            }
        }
        if self.is_calm {
            self.activate_all();
        }
    }

    /// Lets out the reply, the facts and the effects of one record.
    fn let_out(&mut self, record: Applied<Asker>) {
        if let Some(asker) = record.asker {
            self.reply(asker, &record);
        }
        for fact in &record.outcome.events {
            if let Fact::PaymentMoved(payment) = fact {
                self.wake_waiters(payment);
            }
        }
        for effect in record.outcome.effects {
            self.launch(effect, false);
        }
    }

    fn reply(&mut self, asker: Asker, record: &Applied<Asker>) {
        let reply = &record.outcome.reply;
        if let Reply::Refused(refusal) = reply {
            let (now, code) = (self.now, refusal.code);
            self.trace.line(now, || format!("    refused: {code}"));
        }
        match asker {
            Asker::Nobody => {}
            Asker::Acquirer(request) => self.reply_to_acquirer(request, reply),
            Asker::Letter { letter } => self.answer_letter(letter, reply),
            Asker::Told { real, boot, about } => self.real_told(real, (boot, about), reply),
            Asker::Sticker { visit } => self.sticker_opened(visit, reply),
            Asker::Codes { purchase } => {
                if let Reply::Codes(issued) = reply {
                    let code = issued.first().map(|issued| issued.code);
                    self.code_shown(purchase, code);
                }
            }
            Asker::Notice { wallet, payment, says_yes, is_rogue } => {
                if is_rogue {
                    self.checker.rogue_notice(payment, reply);
                } else {
                    self.send(|| Event::NoticeHeard { wallet, payment, says_yes });
                }
            }
            Asker::Scan { wallet, is_guessed } => {
                if let Reply::Payment { payment, .. } = reply {
                    self.checker.scanned(self.wallets[wallet].id, is_guessed, payment);
                    if let Some(order) = Call::of_order(payment) {
                        self.send(|| Event::Scanned { wallet, order: order.clone() });
                    }
                }
            }
            Asker::Debit { boot, id } => {
                if boot == self.boot {
                    self.bring_back(id, EffectOutcome::Delivered(true));
                }
            }
            Asker::Claim { boot, id } => {
                if let Reply::Claim(answer) = reply {
                    let outcome = EffectOutcome::Claimed(answer.clone());
                    // The queue of the partition that asked may be long.
                    let is_slow = self.dice.per_mille(self.profile.stuck * 5);
                    let wait_ms = if is_slow { self.dice.between(5_000, 30_000) } else { 1 };
                    self.at(Span::millis(wait_ms), Event::Outcome { boot, id, outcome });
                }
            }
        }
    }

    /// Carries out an effect as the workers do. After a restart a `pay` that may have left before
    /// is silence at once.
    fn launch(&mut self, effect: Effect, is_resumed: bool) {
        match effect {
            Effect::Payment(effect) => self.launch_call(effect, is_resumed),
            Effect::Errand(errand) => self.launch_errand(&errand),
        }
    }

    fn launch_call(&mut self, effect: PaymentEffect, is_resumed: bool) {
        let (boot, id, timeout) = (self.boot, effect.id, effect.timeout);
        self.trace.number(u64::from(id.attempt) << 8 | u64::from(id.payment.partition().0));
        let silent = EffectOutcome::Wallet(WalletAnswer::of(WalletVerdict::Silent));
        match id.kind {
            EffectKind::Pay if is_resumed => self.bring_back(id, silent),
            EffectKind::Claim => self.claim(&effect),
            EffectKind::EndDebit => self.end_debit(&effect),
            EffectKind::Push | EffectKind::PushInquiry => {
                self.flights.insert(id);
                let payment = effect.payment;
                let call = || PushEvent::Call { boot, id, payment: Arc::clone(&payment) };
                self.send(|| Event::Push(call()));
                let outcome = EffectOutcome::Pushed(PushAnswer::SILENT);
                self.at(timeout, Event::Outcome { boot, id, outcome });
            }
            EffectKind::Notify => {
                self.flights.insert(id);
                self.checker.tell(&effect.payment);
                let purchase = self.purchase_of(&effect.payment);
                let answer = Answer::of(&effect.payment);
                self.send(|| Event::Notify { boot, id, purchase, answer });
                let outcome = EffectOutcome::Delivered(false);
                self.at(timeout, Event::Outcome { boot, id, outcome });
            }
            EffectKind::Pay | EffectKind::Inquiry | EffectKind::Cancel | EffectKind::Refund(_) => {
                let wallet = self.wallets.iter().position(|wallet| wallet.id == effect.lane);
                let (Some(wallet), Some(call)) = (wallet, Call::of(&effect)) else {
                    let id = id.payment;
                    let broken = || format!("an effect of {id} cannot be carried out");
                    return self.checker.fail(Invariant::EverythingEnds, broken);
                };
                self.flights.insert(id);
                self.send(|| Event::Call { boot, id, wallet, call: call.clone() });
                self.at(timeout, Event::Outcome { boot, id, outcome: silent });
            }
        }
    }

    fn claim(&mut self, effect: &PaymentEffect) {
        let (boot, id) = (self.boot, effect.id);
        if let Some(token) = effect.payment.by.token() {
            let home = usize::from(token.agreement.partition().0);
            self.flights.insert(id);
            let claim = Command::ClaimDebit(effect.payment.debit(token));
            return self.submit(home, claim, Asker::Claim { boot, id });
        }
        let scanned = effect.payment.by.code();
        let code = scanned.and_then(|text| PaymentCode::parse(text.as_str()));
        let Some(code) = code else { return };
        let home = usize::from(code.partition(self.profile.partitions).0);
        self.flights.insert(id);
        let claim = Command::Claim(Claim { code, payment: id.payment });
        self.submit(home, claim, Asker::Claim { boot, id });
    }

    fn end_debit(&mut self, effect: &PaymentEffect) {
        let Some((partition, ended)) = effect.payment.end_of_debit() else { return };
        let asker = Asker::Debit { boot: self.boot, id: effect.id };
        self.submit(usize::from(partition.0), ended, asker);
    }

    /// The purchase that a payment belongs to, as its acquirer finds it by its own id.
    pub fn purchase_of(&self, payment: &Payment) -> Option<usize> {
        let is_it = |it: &Purchase| {
            it.request_id == payment.request_id
                && super::acquirer::acquirer_id(it.acquirer) == payment.acquirer
        };
        self.purchases.iter().position(is_it)
    }

    /// A fault that ends the run, found by a part that cannot see the checker.
    pub fn broke(&mut self, result: Result<(), Broken>) {
        if let Err(broken) = result {
            self.checker.broken.get_or_insert(broken);
        }
    }
}

/// A command in a few words.
fn brief(command: &Command) -> String {
    match command {
        Command::Tick => "tick".to_owned(),
        Command::Pay(pay) => format!("pay {} {} {}", pay.request_id, pay.amount, pay.id),
        Command::CancelPayment(it) => format!("cancel {:?}", it.payment),
        Command::Refund(it) => {
            format!("refund {} {} of {:?}", it.request_id, it.amount, it.payment)
        }
        Command::NotifyPayment(it) => {
            format!("wallet {} notifies {} {:?}", it.mpp.0, it.payment, it.answer.verdict)
        }
        Command::EffectDone { id, outcome } => {
            let said = match outcome {
                EffectOutcome::Wallet(answer) => format!("{:?}", answer.verdict),
                other => format!("{other:?}"),
            };
            format!("{:?} {} of {}: {said}", id.kind, id.attempt, id.payment)
        }
        Command::Operate { change, .. } => {
            let text = format!("{change:?}");
            format!("operator: {}", text.chars().take(60).collect::<String>())
        }
        Command::TakeOrder(it) => format!("wallet {} takes {:?} up", it.mpp.0, it.token),
        Command::IssueCodes(it) => format!("codes for wallet {}", it.mpp.0),
        Command::Prepare(it) => format!("prepare {} of {}", it.id, it.merchant),
        Command::GrantTokens(it) => {
            let (generation, until) = (it.grant.generation, it.grant.access_until.millis());
            format!("token {generation} of {} until {until}", it.agreement)
        }
        Command::WalletDecides(it) => format!("wallet {} decides {:?}", it.mpp.0, it.merchant),
        Command::Declare(it) => format!("declare {} of {}", it.request_id, it.payment),
        Command::PassCodeOn { agreement, .. } => format!("code of {agreement}"),
        Command::EndAgreement(it) => format!("end {} by {:?}", it.agreement, it.by),
        Command::EndDebit { agreement, payment, is_paid } => {
            format!("debit {payment} of {agreement} ended, paid {is_paid}")
        }
        Command::ErrandDone { id, attempt, outcome } => {
            format!("errand {} attempt {attempt}: {outcome:?}", id.number)
        }
        Command::OpenDispute(it) => {
            format!("dispute {} {:?} of {}", it.request_id, it.kind, it.payment)
        }
        Command::AnswerDispute(it) => format!("answer {} {:?}", it.request_id, it.answer),
        Command::ClaimDebit(it) => format!("claim {:?} for {}", it.token, it.payment),
        Command::Claim(it) => format!("claim {:?} for {}", it.code, it.payment),
        Command::RegisterMerchant(it) => format!("merchant {}", it.reference),
        Command::NotifyPush(it) => {
            format!("acquirer {} says {:?} of {}", it.acquirer.0, it.answer.says, it.payment)
        }
        Command::ChooseWallet { agreement, mpp } => format!("wallet {} for {agreement}", mpp.0),
    }
}
