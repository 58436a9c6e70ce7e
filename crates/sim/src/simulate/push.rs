//! Push mode in this world: users scan stickers, wallets pay, and the acquirer is told and takes
//! the payment, refuses it, changes its mind, or does not say.

use super::acquirer::{Purchase, Pushed, SHOPS, acquirer_id};
use super::dice::Dice;
use super::world::{Asker, Event, World};
use crate::preset::{money, text};
use base::{ResultCode, Span};
use ids::{CustomerAlias, Partition, PartnerText, PaymentId};
use money::Money;
use network::{
    Command, Digest, EffectId, EffectKind, EffectOutcome, NotifyPush, Order, OrderToken, Pay,
    PayBy, Payment, PushAnswer, Reply, ScannedCode, Sealed, TakeOrder, Way,
};
use payment::{PaymentState, PushInput, PushState};
use std::sync::Arc;

/// A user before the sticker of a shop, or on the page behind one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Visit {
    /// The place of the shop in [`SHOPS`].
    shop: usize,
    wallet: usize,
    user: u128,
    /// Of the code and the user, or of the page.
    scan: Digest,
    /// `OrderCode`: the amount is on the code. `EntryCode`: the user enters it on the page.
    way: Way,
}

/// What happens at a time of its own.
pub(crate) enum PushEvent {
    /// The wallet's `userInitiatedPay` with the code, or the page's form, reaches the network.
    Scan { visit: usize, amount: Money },
    /// The wallet scans the order code that the page has handed on.
    Order { visit: usize, token: OrderToken },
    /// `pushPayment` or `inquiryPushPayment` reaches the acquirer.
    Call { boot: u64, id: EffectId, payment: Arc<Payment> },
    /// The acquirer makes up its mind.
    Decide { purchase: usize },
}

/// The acquirer's own name of a pushed payment.
pub(crate) fn own_name(payment: PaymentId) -> PartnerText {
    text(&format!("BANK-{payment}"))
}

/// A word about a payment, with the name that it is given.
fn says(says: PushInput, name: Option<PartnerText>) -> PushAnswer {
    let code = match says {
        PushInput::Accepted => ResultCode::Success,
        PushInput::Refused => ResultCode::RiskReject,
        PushInput::InProcess => ResultCode::PaymentInProcess,
        PushInput::NotFound => ResultCode::OrderNotExist,
        PushInput::Silent => ResultCode::UnknownException,
    };
    PushAnswer { says, code, request_id: name }
}

fn opposite(word: PushInput) -> PushInput {
    match word {
        PushInput::Accepted => PushInput::Refused,
        _ => PushInput::Accepted,
    }
}

fn price(shop: usize, dice: &mut Dice) -> Money {
    let (_, _, code, most) = SHOPS[shop];
    money(code, dice.between(1, most))
}

impl World {
    /// Users scan: the same one again before and after paying, two at once, in a hurry or not.
    pub fn scan_sticker(&mut self) {
        let pushes = |shop: &usize| self.profile.acquirers[SHOPS[*shop].0].push.is_some();
        let shops: Vec<usize> = (0..SHOPS.len()).filter(pushes).collect();
        if shops.is_empty() {
            return;
        }
        let shop = self.dice.pick(&shops);
        let amount = price(shop, &mut self.dice);
        let at_once = if self.dice.per_mille(250) { 2 } else { 1 };
        for _ in 0..at_once {
            let visit = self.draw_visit(shop);
            let most_ms = self.dice.pick(&[200, 5_000, 200_000]);
            for _ in 0..self.dice.between(1, 3) {
                // The shop has another price, or the user enters another amount.
                let is_other = self.dice.per_mille(80);
                let amount = if is_other { price(shop, &mut self.dice) } else { amount };
                let after = Span::millis(self.dice.between(1, most_ms));
                self.at(after, Event::Push(PushEvent::Scan { visit, amount }));
            }
        }
    }

    /// Somebody new, or somebody who was there before.
    fn draw_visit(&mut self, shop: usize) -> usize {
        let was_here = |it: &usize| self.visits[*it].shop == shop;
        let known: Vec<usize> = (0..self.visits.len()).filter(was_here).collect();
        if !known.is_empty() && self.dice.per_mille(400) {
            return self.dice.pick(&known);
        }
        let visit = self.visits.len();
        let mut scan = [0; 32];
        scan[..16].copy_from_slice(&self.dice.wide().to_be_bytes());
        let way = self.dice.pick(&[Way::OrderCode, Way::EntryCode]);
        let (wallet, user) = (self.dice.index(self.wallets.len()), visit as u128);
        self.visits.push(Visit { shop, wallet, user, scan, way });
        visit
    }

    pub fn push_event(&mut self, event: PushEvent) {
        match event {
            PushEvent::Scan { visit, amount } => self.sticker_scanned(visit, amount),
            PushEvent::Order { visit, token } => self.take_up(visit, token),
            PushEvent::Call { boot, id, payment } => self.push_arrives((boot, id), &payment),
            PushEvent::Decide { purchase } => self.decide_push(purchase),
        }
    }

    /// The edge opens the order, in the name of the acquirer that said what its code means.
    fn sticker_scanned(&mut self, visit: usize, amount: Money) {
        let Visit { shop, scan, way, .. } = self.visits[visit];
        let partition = Partition(scan[0] % self.profile.partitions);
        let random = self.dice.wide();
        let id = PaymentId::new(self.clock().millis(), partition, random);
        let (acquirer, merchant, ..) = SHOPS[shop];
        let request_id: PartnerText = text(&id.to_string());
        let pay = Pay {
            id,
            acquirer: acquirer_id(acquirer),
            request_id: request_id.clone(),
            order: Order {
                reference: request_id,
                description: text(merchant),
                amount,
                merchant: text(merchant),
                store: Some(text(&format!("{merchant}-S1"))),
                terminal: None,
            },
            amount,
            settlement_currency: Some(amount.currency()),
            method_type: text("CONNECT_WALLET"),
            way,
            by: PayBy::Order(OrderToken::new(id, random.rotate_left(29))),
            expiry: None,
            notify_url: None,
            redirect_url: None,
            push: Some(ScannedCode { text: Sealed(vec![1, 2, 3]), scan }),
        };
        let command = Command::Pay(Box::new(pay));
        self.submit(usize::from(partition.0), command, Asker::Sticker { visit });
    }

    /// The order is there: taken up at once, or handed on by the page.
    pub fn sticker_opened(&mut self, visit: usize, reply: &Reply) {
        let Reply::Payment { payment, .. } = reply else { return };
        let Some(token) = payment.by.order() else { return };
        match self.visits[visit].way {
            Way::EntryCode => self.send(|| Event::Push(PushEvent::Order { visit, token })),
            _ => self.take_up(visit, token),
        }
    }

    fn take_up(&mut self, visit: usize, token: OrderToken) {
        let Visit { wallet, user, .. } = self.visits[visit];
        let take = TakeOrder {
            mpp: self.wallets[wallet].id,
            customer: self.name_of_customer(wallet, &format!("user-{user}"), user),
            alias: CustomerAlias::from_u128(user),
            token,
        };
        let partition = usize::from(token.payment.partition().0);
        let asker = Asker::Scan { wallet, is_guessed: false };
        self.submit(partition, Command::TakeOrder(take), asker);
    }

    /// The acquirer's purchase that a pushed payment is.
    pub fn pushed_at(&self, payment: PaymentId) -> Option<usize> {
        let is_it = |it: &Purchase| it.payment == Some(payment) && it.pushed.is_some();
        self.purchases.iter().position(is_it)
    }

    /// The network tells the acquirer, or asks it.
    fn push_arrives(&mut self, (boot, id): (u64, EffectId), payment: &Payment) {
        let place = usize::from(payment.acquirer != acquirer_id(0));
        let habits = self.profile.acquirers[place].push.unwrap_or_default();
        if self.dice.per_mille(habits.silent) {
            return;
        }
        let known = self.pushed_at(payment.id);
        let is_asked = id.kind == EffectKind::PushInquiry;
        // A replica may not have heard of it yet.
        let answer = if is_asked && (known.is_none() || self.dice.per_mille(habits.silent)) {
            says(PushInput::NotFound, None)
        } else {
            let known = known.unwrap_or_else(|| self.take_in(place, payment));
            self.word_about(known)
        };
        let now = self.now;
        self.trace.line(now, || {
            format!("    acquirer {place}: {:?} of {}: {:?}", id.kind, payment.id, answer.says)
        });
        let outcome = EffectOutcome::Pushed(answer);
        self.send(|| Event::Outcome { boot, id, outcome: outcome.clone() });
    }

    /// A payment is new to the acquirer, which decides at once or later.
    fn take_in(&mut self, acquirer: usize, payment: &Payment) -> usize {
        let place = self.purchases.len();
        let wallet = payment.payer.as_ref().and_then(|payer| self.wallet_at(payer.mpp));
        let merchant = SHOPS.iter().map(|shop| shop.1);
        let merchant = merchant.clone().find(|it| payment.order.merchant.as_str() == *it);
        let pushed = Pushed {
            says: PushInput::InProcess,
            has_accepted: false,
            may_bar: self.profile.partitions == 1,
        };
        self.purchases.push(Purchase {
            acquirer,
            wallet: wallet.unwrap_or_default(),
            request_id: own_name(payment.id),
            merchant: merchant.unwrap_or_default(),
            amount: payment.amount,
            settlement: payment.settlement_currency,
            way: payment.way,
            sent: Some(None),
            payment: Some(payment.id),
            pushed: Some(pushed),
            ..Purchase::draw(place, &mut self.dice)
        });
        let habits = self.profile.acquirers[acquirer].push.unwrap_or_default();
        if self.dice.per_mille(habits.in_process) {
            // In time, or after the network has given up.
            let most_ms = self.dice.pick(&[5_000, 300_000, 3_000_000]);
            let after = Span::millis(self.dice.between(500, most_ms));
            self.at(after, Event::Push(PushEvent::Decide { purchase: place }));
        } else {
            self.decide_push(place);
        }
        self.plan_turn(place);
        place
    }

    /// The acquirer decides, and tells the network now and then without being asked; now and then
    /// it says something else later, or a stranger speaks for it.
    fn decide_push(&mut self, place: usize) {
        let purchase = &mut self.purchases[place];
        let acquirer = purchase.acquirer;
        let Some(pushed) = &mut purchase.pushed else { return };
        let habits = self.profile.acquirers[acquirer];
        let own = habits.push.unwrap_or_default();
        let refuses = self.dice.per_mille(own.refuses);
        let word = if refuses { PushInput::Refused } else { PushInput::Accepted };
        pushed.says = word;
        if self.dice.per_mille(own.notifies) {
            let most_ms = self.dice.pick(&[1_000, 60_000, 1_200_000]);
            self.notify_push(place, (acquirer, word), most_ms);
        }
        if self.dice.per_mille(own.contradicts) {
            self.notify_push(place, (acquirer, opposite(word)), 1_200_000);
        }
        if self.dice.per_mille(habits.pries) {
            self.notify_push(place, (1 - acquirer, opposite(word)), 10_000);
        }
    }

    /// A `notifyPushPayment`, repeated until it is answered.
    fn notify_push(&mut self, place: usize, (from, word): (usize, PushInput), most_ms: u64) {
        let Some(payment) = self.purchases[place].payment else { return };
        let is_own = self.purchases[place].acquirer == from;
        let name = is_own.then(|| self.say(place, word)).flatten();
        let answer = says(word, name);
        let notify = NotifyPush { acquirer: acquirer_id(from), payment, answer };
        let after = Span::millis(self.dice.between(1, most_ms));
        self.write(Command::NotifyPush(notify), Some(payment.partition()), after);
    }

    /// How a pushed payment stands at its acquirer, rightly or wrongly.
    fn word_about(&mut self, place: usize) -> PushAnswer {
        let purchase = &self.purchases[place];
        let habits = self.profile.acquirers[purchase.acquirer].push.unwrap_or_default();
        let word = purchase.pushed.map_or(PushInput::InProcess, |pushed| pushed.says);
        let is_final = word != PushInput::InProcess;
        let is_slip = is_final && self.dice.per_mille(habits.contradicts);
        let word = if is_slip { opposite(word) } else { word };
        let name = self.say(place, word);
        let wrong = self.dice.per_mille(habits.wrong_names).then(|| self.wrong_name(place));
        says(word, wrong.flatten().or(name))
    }

    /// The acquirer says this, with its name of the payment: always when it takes it.
    fn say(&mut self, place: usize, word: PushInput) -> Option<PartnerText> {
        let accepts = word == PushInput::Accepted;
        let is_named = accepts || self.dice.per_mille(300);
        let purchase = &mut self.purchases[place];
        if let Some(pushed) = &mut purchase.pushed {
            pushed.has_accepted |= accepts;
        }
        is_named.then(|| purchase.request_id.clone())
    }

    /// A name that the network knows as another payment's.
    fn wrong_name(&mut self, place: usize) -> Option<PartnerText> {
        let (own, other) = (&self.purchases[place], self.dice.index(self.purchases.len()));
        let other = &self.purchases[other];
        let partition = own.payment?.partition();
        let live = self.nodes[usize::from(partition.0)].live.as_ref()?;
        let reference =
            network::PaymentRef { request_id: Some(other.request_id.clone()), id: None };
        let history = live.core.applier().history();
        let found = live.core.machine().find(history, acquirer_id(own.acquirer), &reference);
        let is_others = matches!(found, network::Found::Payment(it) if Some(it.id) != own.payment);
        is_others.then(|| other.request_id.clone())
    }

    /// The network's answer to a `notifyPushPayment`: what stands.
    pub fn push_notified(&mut self, it: &NotifyPush, code: ResultCode) {
        let Some(place) = self.pushed_at(it.payment) else { return };
        if acquirer_id(self.purchases[place].acquirer) != it.acquirer {
            return;
        }
        let heard = match (code, it.answer.says) {
            (ResultCode::Success, PushInput::Accepted) => ResultCode::Success,
            (ResultCode::Success, _) | (ResultCode::OrderIsClosed, _) => ResultCode::OrderIsClosed,
            // It contradicts what stands, or names it wrongly: the acquirer has to ask.
            _ => return,
        };
        self.purchases[place].heard.get_or_insert(heard);
    }

    /// At the end the acquirer's journal says what the network's books say.
    pub fn check_pushed(&mut self, payment: &Payment) {
        let Some(push) = &payment.push else { return };
        let place = self.pushed_at(payment.id);
        let heard = place.and_then(|place| self.purchases[place].heard);
        let has_accepted = place.and_then(|place| self.purchases[place].pushed);
        let has_accepted = has_accepted.is_some_and(|pushed| pushed.has_accepted);
        let agrees = match payment.state {
            PaymentState::Paid => {
                push.state == PushState::Accepted
                    && has_accepted
                    && heard == Some(ResultCode::Success)
            }
            // What was never paid the acquirer never hears of.
            _ if payment.paid_at.is_none() => place.is_none(),
            _ => {
                payment.is_cancelled_by_acquirer
                    || place.is_none()
                    || heard == Some(ResultCode::OrderIsClosed)
            }
        };
        self.tally.pushed += u64::from(payment.state == PaymentState::Paid);
        self.tally.undone += u64::from(matches!(push.state, PushState::Refused));
        self.tally.given_up += u64::from(push.state == PushState::GivenUp);
        if !agrees {
            let (id, state, stands) = (payment.id, payment.state, push.state);
            self.checker.fail(super::Invariant::AcquirerAgrees, || {
                format!("{id} is {state:?} and {stands:?}; its acquirer has heard {heard:?}")
            });
        }
    }
}
