//! The partners' side of every message: what wallets and acquirers do when one arrives.

use super::acquirer::{Answer, Ask, Request};
use super::wallet::{Call, Standing};
use super::world::{Event, World};
use base::{ResultCode, Span, Timestamp};
use ids::PaymentId;
use network::{EffectId, EffectOutcome, PaymentCode, WalletAnswer, WalletVerdict};

impl World {
    /// The network's call arrives at a wallet.
    pub fn call_arrives(&mut self, (boot, id): (u64, EffectId), wallet: usize, call: &Call) {
        if let Some(real) = self.real_at(wallet) {
            return self.real_called(real, (boot, id), call);
        }
        let habits = self.profile.wallets[wallet];
        let reaction = self.wallets[wallet].call(call, self.now, (habits, &mut self.dice));
        let now = self.now;
        self.trace.line(now, || {
            let said = reaction.answer.as_ref().map(|answer| &answer.verdict);
            format!("    wallet {wallet}: {:?} of {}: {said:?}", call.kind, call.payment)
        });
        self.check_wallet(wallet);
        let payment = call.payment;
        if let Some(after) = reaction.decides_after {
            self.at(after, Event::Decide { wallet, payment });
        }
        for (says_yes, after) in reaction.notices {
            self.at(after, Event::Notice { wallet, payment, says_yes, attempt: 0 });
        }
        self.plan_late_notice(wallet, payment);
        if let Some(answer) = reaction.answer {
            let outcome = EffectOutcome::Wallet(answer);
            self.send(|| Event::Outcome { boot, id, outcome: outcome.clone() });
        }
    }

    /// A wallet that took money after it had said no tells the network until it is heard.
    fn plan_late_notice(&mut self, wallet: usize, payment: PaymentId) {
        let entry = self.wallets[wallet].entries.get(&payment);
        if entry.is_some_and(|entry| entry.owes_notice) {
            let after = Span::millis(self.dice.between(10, 2_000));
            self.at(after, Event::Notice { wallet, payment, says_yes: true, attempt: 1 });
        }
    }

    /// The wallet's books, after each change of them.
    pub fn check_wallet(&mut self, wallet: usize) {
        if let Some(payment) = self.wallets[wallet].overpaid {
            let entry = &self.wallets[wallet].entries[&payment];
            let (taken, given) = (entry.taken_minor, entry.given_back_minor);
            self.checker.fail(super::Invariant::PayerNeverGains, || {
                format!("{payment}: {given} given back of {taken} taken")
            });
        }
    }

    pub fn decide(&mut self, wallet: usize, payment: PaymentId) {
        let must_tell = self.wallets[wallet].decide(payment, self.now);
        let Some(entry) = self.wallets[wallet].entries.get(&payment) else { return };
        let says_yes = entry.standing == Standing::Taken;
        if entry.owes_notice {
            self.plan_late_notice(wallet, payment);
        } else if must_tell && self.dice.per_mille(700) {
            self.at(Span::millis(5), Event::Notice { wallet, payment, says_yes, attempt: 0 });
        }
    }

    /// A wallet's notification leaves. Attempt 0 is sent once; others until an answer comes.
    pub fn notice(&mut self, wallet: usize, payment: PaymentId, (says_yes, attempt): (bool, u32)) {
        let Some(entry) = self.wallets[wallet].entries.get(&payment) else { return };
        let is_contradiction = !says_yes && entry.standing == Standing::Taken;
        if says_yes && entry.taken_minor == 0 || attempt > 0 && !entry.owes_notice {
            return;
        }
        let mut answer = WalletAnswer::of(match says_yes {
            true => WalletVerdict::Approved,
            false => WalletVerdict::Declined(ResultCode::ProcessFail),
        });
        (answer.amount, answer.pay_to) = (Some(entry.amount), Some(entry.pay_to));
        if is_contradiction {
            self.wallets[wallet].contradict(payment);
            self.plan_late_notice(wallet, payment);
        }
        self.send(|| Event::NoticeArrives { wallet, payment, answer: answer.clone() });
        if attempt > 0 {
            let wait = Span::secs(u64::from(attempt.min(60)) * 5);
            let attempt = attempt + 1;
            self.at(wait, Event::Notice { wallet, payment, says_yes, attempt });
        }
    }

    /// The network's notification arrives at an acquirer.
    pub fn notify_arrives(
        &mut self,
        (boot, id): (u64, EffectId),
        purchase: Option<usize>,
        answer: Answer,
    ) {
        let Some(purchase) = purchase else { return };
        let habits = self.profile.acquirers[self.purchases[purchase].acquirer];
        if self.dice.per_mille(habits.ignores_notify) {
            return;
        }
        let delivered = !self.dice.per_mille(habits.refuses_notify);
        if delivered {
            self.hear(purchase, Ask::Pay { is_altered: false }, answer);
        }
        let outcome = EffectOutcome::Delivered(delivered);
        self.send(|| Event::Outcome { boot, id, outcome: outcome.clone() });
    }

    /// The network's answer arrives at an acquirer.
    pub fn answer_arrives(&mut self, request: Request, answer: Answer) {
        if self.purchases[request.purchase].acquirer != request.acquirer {
            return;
        }
        self.hear(request.purchase, request.ask, answer);
        self.plan_turn(request.purchase);
    }

    /// Takes in an answer; the first that brings a code is shown to the shopper.
    fn hear(&mut self, place: usize, ask: Ask, answer: Answer) {
        // In push mode somebody has scanned and paid already.
        let had_code = self.purchases[place].order.is_some();
        let had_code = had_code || self.purchases[place].pushed.is_some();
        self.purchases[place].hear(ask, answer);
        if !had_code && self.purchases[place].order.is_some() {
            self.plan_scans(place);
        }
    }

    /// The shopper scans, again when nothing comes; sometimes another one scans the same code, or
    /// somebody tries to guess one.
    fn plan_scans(&mut self, place: usize) {
        let wallet = self.purchases[place].wallet;
        let most_ms = self.dice.pick(&[1_000, 20_000, 400_000]);
        for _ in 0..self.dice.between(1, 3) {
            let after = Span::millis(self.dice.between(10, most_ms));
            self.at(after, Event::Scan { purchase: place, wallet, is_guessed: false });
        }
        let others = self.wallets.len() - 1;
        if self.dice.per_mille(300) {
            let other = (wallet + 1 + self.dice.index(others)) % self.wallets.len();
            let after = Span::millis(self.dice.between(10, most_ms));
            self.at(after, Event::Scan { purchase: place, wallet: other, is_guessed: false });
        }
        if self.dice.per_mille(100) {
            let after = Span::millis(self.dice.between(10, most_ms));
            self.at(after, Event::Scan { purchase: place, wallet, is_guessed: true });
        }
    }

    /// A wallet shows an order to its user, who pays, says no, or walks away.
    pub fn order_shown(&mut self, wallet: usize, order: &Call) {
        if let Some(real) = self.real_at(wallet) {
            return self.real_scanned(real, order);
        }
        let payment = order.payment;
        if !self.wallets[wallet].show(order, self.now) {
            return;
        }
        let after = Span::millis(self.dice.between(200, 90_000));
        match self.dice.below(10) {
            0 => {}
            1 => {
                self.wallets[wallet].turn_down(payment);
                let (says_yes, attempt) = (false, 0);
                self.at(after, Event::Notice { wallet, payment, says_yes, attempt });
            }
            _ => self.at(after, Event::Decide { wallet, payment }),
        }
    }

    /// Plans a look at a purchase: soon at first, then more and more patiently.
    pub fn plan_turn(&mut self, place: usize) {
        let purchase = &mut self.purchases[place];
        if purchase.has_turn || !purchase.is_open() && purchase.is_under_way() {
            return;
        }
        purchase.has_turn = true;
        purchase.turns += 1;
        let most_ms = 4_000 * u64::from(purchase.turns.min(100));
        let after = Span::millis(self.dice.between(2_000, 6_000 + most_ms));
        self.at(after, Event::Turn { purchase: place });
    }

    /// The acquirer looks at a purchase and asks what it still wants to know.
    pub fn turn(&mut self, place: usize) {
        self.purchases[place].has_turn = false;
        if !self.purchases[place].is_under_way() {
            // The shopper gives up when the shop closes.
            if !self.is_calm && self.purchases[place].turns < 6 {
                self.send(|| Event::Codes { purchase: place });
                self.plan_turn(place);
            }
            return;
        }
        if let Some(ask) = self.purchases[place].next_ask(&mut self.dice) {
            self.ask(place, ask);
        }
        self.plan_turn(place);
    }

    /// Sends a request of the purchase's own acquirer.
    pub fn ask(&mut self, purchase: usize, ask: Ask) {
        self.purchases[purchase].was_altered |=
            matches!(ask, Ask::Pay { is_altered: true } | Ask::Refund { is_altered: true, .. });
        let acquirer = self.purchases[purchase].acquirer;
        let request = Request { purchase, acquirer, ask };
        self.send(|| Event::Request(request));
    }

    /// The shopper's code has come: it is scanned now, a little later, or too late.
    pub fn code_shown(&mut self, place: usize, code: Option<PaymentCode>) {
        if self.purchases[place].code.is_some() || code.is_none() {
            return;
        }
        let habits = self.profile.acquirers[self.purchases[place].acquirer];
        let code = match self.dice.per_mille(habits.bad_codes) {
            true => self.another_code(code),
            false => code,
        };
        let expiry = self.purchases[place].expires_after.map(|after| self.clock().after(after));
        self.purchases[place].code = code;
        self.first_pay(place, expiry);
    }

    /// A code that somebody else used, or that nobody made.
    fn another_code(&mut self, code: Option<PaymentCode>) -> Option<PaymentCode> {
        let place = self.dice.index(self.purchases.len());
        let used = self.purchases[place].code;
        match self.dice.below(3) {
            0 => Some(PaymentCode::from_random(self.dice.wide())),
            1 => code,
            _ => used.or(code),
        }
    }

    pub fn first_pay(&mut self, place: usize, expiry: Option<Timestamp>) {
        let habits = self.profile.acquirers[self.purchases[place].acquirer];
        self.purchases[place].sent = Some(expiry);
        let is_altered = self.dice.per_mille(habits.alters);
        self.ask(place, Ask::Pay { is_altered: false });
        if is_altered {
            self.ask(place, Ask::Pay { is_altered: true });
        }
        if self.dice.per_mille(habits.cancels / 3) {
            // At the same moment: whichever arrives first.
            self.purchases[place].wants_cancel = true;
            let naming = self.purchases[place].naming(&mut self.dice);
            self.ask(place, Ask::Cancel(naming));
        }
        self.purchases[place].turns = 0;
        self.plan_turn(place);
    }
}
