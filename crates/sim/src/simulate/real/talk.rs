//! What the network and a real wallet say to each other: a translation, as the edge of the wallet
//! makes it, and the copy of what came of it.

use super::super::node::Applied;
use super::super::trace::fold_number;
use super::super::wallet::{Call, Entry, Said, Standing, Wallet as Model, Word};
use super::super::world::{Asker, Event, World};
use super::{Command, EffectId, EffectKind, RealAsker, RealEvent, RealWallet, RealWhat, Span};
use crate::preset::text;
use base::{ResultCode, ResultStatus};
use ids::{Partition, PartnerText, PaymentId, RefundId};
use money::{Currency, Money};
use network::{
    Command as NetworkMessage, EffectOutcome, NotifyPayment, Reply as NetworkReply, WalletAnswer,
    WalletVerdict,
};
use wallet::command::network::{NetworkCommand, NetworkPay, NetworkRefund, PaidBy, TakeOrder};
use wallet::objects::{BankWay, OrderView, Payment, PaymentState};
use wallet::{Attempt, CodeKind, ErrandAnswer, ErrandKind, NetworkName, Object, Reply, Wallet};

/// The name under which a wallet's edge knows a customer.
fn customer_name(number: u32) -> PartnerText {
    text(&format!("c{number}"))
}

fn customer_number(name: &PartnerText) -> Option<u32> {
    name.as_str().strip_prefix('c')?.parse().ok()
}

/// The network's name for a payment.
fn request_of(payment: PaymentId) -> PartnerText {
    text(&payment.to_string())
}

fn digest(amounts: &[Money]) -> [u8; 32] {
    let fold = |sum, it: &Money| {
        fold_number(sum, it.minor() ^ u64::from(it.currency().code().as_bytes()[0]) << 56)
    };
    let sum = amounts.iter().fold(0, fold);
    let mut digest = [0; 32];
    digest[..8].copy_from_slice(&sum.to_be_bytes());
    digest
}

fn verdict(code: ResultCode) -> WalletVerdict {
    match code.status() {
        ResultStatus::S => WalletVerdict::Approved,
        ResultStatus::U => WalletVerdict::InProcess,
        ResultStatus::F => WalletVerdict::Declined(code),
    }
}

fn view(call: &Call) -> OrderView {
    OrderView {
        amount: call.amount,
        merchant: text("a shop"),
        reference: None,
        rate: None,
        acquirer: text("acquirer"),
        redirect: None,
        saved_minor: 0,
    }
}

/// What a payment's state is called to the network.
fn answer_of(payment: &Payment, currency: Currency) -> WalletAnswer {
    let mut answer = WalletAnswer::of(verdict(payment.result()));
    if payment.state == PaymentState::Paid {
        answer.wallet_id = Some(text(&payment.id.to_string()));
        answer.amount = Some(payment.order.amount);
        answer.pay_to = Money::new(payment.price_minor, currency).ok();
    }
    answer
}

impl World {
    /// The place among real wallets of the wallet at this place.
    pub fn real_at(&self, wallet: usize) -> Option<usize> {
        self.reals.iter().position(|real| real.wallet == wallet)
    }

    /// The name that a wallet knows somebody by: real ones have few customers.
    pub fn name_of_customer(&self, wallet: usize, name: &str, somebody: u128) -> PartnerText {
        match self.real_at(wallet) {
            Some(_) => customer_name(RealWallet::customer_of(somebody)),
            None => text(name),
        }
    }

    /// The network's call reaches a real wallet.
    pub fn real_called(&mut self, real: usize, (boot, id): (u64, EffectId), call: &Call) {
        if self.reals[real].node.live.is_none() {
            return;
        }
        self.reals[real].named.insert(call.payment);
        let asker = RealAsker::Network { boot, id };
        match self.real_command(call) {
            Some(command) => self.real_submit(real, network(command), asker),
            None => {
                let answer = self.real_inquiry(real, call);
                self.real_says(real, asker, answer);
            }
        }
    }

    /// The command that a call becomes. `None`: an inquiry, or a call that makes no sense.
    fn real_command(&mut self, call: &Call) -> Option<NetworkCommand> {
        let (millis, random) = (self.now.millis(), self.dice.wide());
        let request = request_of(call.payment);
        match call.kind {
            EffectKind::Pay => Some(NetworkCommand::Pay(NetworkPay {
                id: PaymentId::new(millis, Partition(0), random),
                request,
                by: PaidBy::Customer(customer_number(call.customer.as_ref()?)?),
                price_minor: call.pay_to.minor(),
                order: view(call),
                expires: Some(call.expiry),
                digest: digest(&[call.amount, call.pay_to]),
            })),
            EffectKind::Cancel => Some(NetworkCommand::Cancel { request }),
            EffectKind::Refund(_) => {
                let (id, price_minor) = call.refund?;
                Some(NetworkCommand::Refund(NetworkRefund {
                    id: RefundId::new(millis, Partition(0), random),
                    request: text(&id.to_string()),
                    payment: request,
                    payment_id: None,
                    price_minor,
                    amount: call.amount,
                    digest: digest(&[Money::new(price_minor, call.pay_to.currency()).ok()?]),
                }))
            }
            _ => None,
        }
    }

    fn real_name(&self, real: usize, payment: PaymentId) -> NetworkName {
        let Some(live) = &self.reals[real].node.live else { return NetworkName::Unknown };
        live.core.machine().network_name(live.core.applier().history(), &request_of(payment))
    }

    fn real_inquiry(&self, real: usize, call: &Call) -> WalletAnswer {
        match self.real_name(real, call.payment) {
            NetworkName::Payment(payment) => answer_of(&payment, self.reals[real].currency),
            NetworkName::Unknown => WalletAnswer::of(WalletVerdict::NotFound),
            NetworkName::Tombstone => WalletAnswer::of(verdict(ResultCode::OrderIsClosed)),
        }
    }

    /// A reply leaves for whoever asked.
    pub fn real_reply(&mut self, real: usize, asker: RealAsker, reply: &Reply) {
        if let Reply::Refused(refusal) = reply {
            let (now, code) = (self.now, refusal.code);
            self.trace.line(now, || format!("    refused: {code}"));
        }
        match asker {
            RealAsker::Nobody | RealAsker::Altered { .. } => {}
            RealAsker::Letter { letter } => {
                let what = || RealWhat::Heard { letter };
                self.send(|| Event::Real(RealEvent { real, what: what() }));
            }
            RealAsker::Network { id, .. } => {
                let answer = match (reply, id.kind) {
                    (Reply::Refused(refusal), _) => WalletAnswer::of(verdict(refusal.code)),
                    (Reply::Made { object: Object::Payment(payment), .. }, EffectKind::Pay) => {
                        answer_of(payment, self.reals[real].currency)
                    }
                    _ => WalletAnswer::of(WalletVerdict::Approved),
                };
                self.real_says(real, asker, answer);
            }
            RealAsker::Phone { payment } => self.real_shown(real, payment, reply),
        }
    }

    fn real_says(&mut self, real: usize, asker: RealAsker, answer: WalletAnswer) {
        let RealAsker::Network { boot, id } = asker else { return };
        let (now, said) = (self.now, answer.verdict.clone());
        self.trace.line(now, || format!("    <{real}> {:?} of {}: {said:?}", id.kind, id.payment));
        let outcome = EffectOutcome::Wallet(answer);
        self.send(|| Event::Outcome { boot, id, outcome: outcome.clone() });
    }

    /// A customer has scanned an order.
    pub fn real_scanned(&mut self, real: usize, order: &Call) {
        if self.reals[real].node.live.is_none() {
            return;
        }
        let Some(customer) = order.customer.as_ref().and_then(customer_number) else { return };
        self.reals[real].named.insert(order.payment);
        let take = NetworkCommand::TakeOrder(TakeOrder {
            id: PaymentId::new(self.now.millis(), Partition(0), self.dice.wide()),
            customer,
            code: CodeKind::Order,
            request: request_of(order.payment),
            price_minor: order.pay_to.minor(),
            order: view(order),
            expires: order.expiry,
        });
        self.real_submit(real, network(take), RealAsker::Phone { payment: order.payment });
    }

    /// The order is on the phone: its customer pays, says no, or walks away.
    fn real_shown(&mut self, real: usize, payment: PaymentId, reply: &Reply) {
        let Reply::Made { object: Object::Payment(shown), .. } = reply else {
            let is_closed =
                matches!(reply, Reply::Refused(it) if it.code == ResultCode::OrderIsClosed);
            if is_closed {
                // Nobody will pay it here.
                let wallet = self.reals[real].wallet;
                self.wallets[wallet].bar(payment);
            }
            return;
        };
        let (customer, id) = (shown.customer, shown.id);
        let declines = self.reals[real].habits.declines;
        let decision = match self.dice.per_mille(declines) {
            true if self.dice.per_mille(500) => return,
            true => {
                NetworkCommand::Decline { customer, id, code: ResultCode::UserBalanceNotEnough }
            }
            false => NetworkCommand::Confirm { customer, id },
        };
        let after = Span::millis(self.dice.between(200, 60_000));
        for copy in 0..1 + self.dice.below(2) {
            let command = Box::new(network(decision.clone()));
            let after = Span::millis(after.as_millis() + copy * 700);
            self.at_real(real, after, RealWhat::Ask(command, RealAsker::Nobody));
        }
    }

    /// An attempt of an errand arrives: at the bank, or at the network.
    pub fn real_errand_arrives(&mut self, real: usize, boot: u64, attempt: &Attempt) {
        let it = &mut self.reals[real];
        let answer = match (attempt.errand.kind, &attempt.object) {
            (ErrandKind::BankSubmit, Object::BankMove(moved)) => {
                let minor = i128::from(moved.amount_minor);
                let minor = if moved.way == BankWay::In { minor } else { -minor };
                it.bank.submit((moved.id.as_u128(), minor), (it.habits, &mut self.dice))
            }
            (ErrandKind::BankInquiry, Object::BankMove(moved)) => {
                Some(it.bank.inquire(moved.id.as_u128()))
            }
            (ErrandKind::BillPay, Object::Bill(bill)) => {
                let minor = bill.plan().map_or(0, |plan| i128::from(plan.payee().minor()));
                it.biller.submit((bill.id.as_u128(), minor), (it.habits, &mut self.dice))
            }
            (ErrandKind::BillInquiry, Object::Bill(bill)) => {
                Some(it.biller.inquire(bill.id.as_u128()))
            }
            (ErrandKind::FundOrder, Object::FundDay(day)) => {
                it.fund.hear(day.statement, (it.habits, &mut self.dice))
            }
            (ErrandKind::NotifyPayment, Object::Payment(payment)) => {
                return self.real_tells(real, (boot, attempt), payment);
            }
            _ => Some(ErrandAnswer::Yes),
        };
        if let Some(answer) = answer {
            self.real_answer(real, (boot, attempt), answer);
        }
    }

    /// `notifyPayment` of a real wallet arrives at the network.
    fn real_tells(&mut self, real: usize, (boot, attempt): (u64, &Attempt), it: &Payment) {
        let Ok(payment) = it.request.as_str().parse::<PaymentId>() else { return };
        let wallet = &self.reals[real];
        let mut answer = answer_of(it, wallet.currency);
        answer.amount = Some(it.order.amount);
        answer.pay_to = Money::new(it.price_minor, wallet.currency).ok();
        let notify = NotifyPayment {
            mpp: self.wallets[wallet.wallet].id,
            payment,
            customer: Some(customer_name(it.customer)),
            answer,
        };
        let asker = Asker::Told { real, boot, about: attempt.errand.about };
        self.told.insert((real, attempt.errand.about), attempt.clone());
        let partition = usize::from(payment.partition().0);
        self.submit(partition, NetworkMessage::NotifyPayment(notify), asker);
    }

    /// The network's answer to it leaves.
    pub fn real_told(&mut self, real: usize, (boot, about): (u64, u128), reply: &NetworkReply) {
        let Some(attempt) = self.told.get(&(real, about)).cloned() else { return };
        let answer = match reply {
            NetworkReply::Refused(refusal) => match refusal.code.status() {
                ResultStatus::U => ErrandAnswer::InProcess,
                _ => ErrandAnswer::No(refusal.code),
            },
            _ => ErrandAnswer::Yes,
        };
        self.real_answer(real, (boot, &attempt), answer);
    }

    /// A name that was cancelled before it was known.
    pub fn tombstone(&mut self, real: usize, record: &Applied<RealAsker, Wallet>) {
        let Command::Network(command) = &record.command else { return };
        if let (NetworkCommand::Cancel { request }, Reply::Tombstone) =
            (&**command, &record.outcome.reply)
            && let Ok(payment) = request.as_str().parse()
        {
            let wallet = self.reals[real].wallet;
            self.wallets[wallet].bar(payment);
        }
    }

    /// What the wallet makes of a payment, as its objects say it.
    pub fn copy_payment(&mut self, real: usize, it: &Payment) {
        let Ok(id) = it.request.as_str().parse::<PaymentId>() else { return };
        let wallet = self.reals[real].wallet;
        let currency = self.reals[real].currency;
        copy(&mut self.wallets[wallet], (id, currency), it);
    }

    /// After a restart: what became durable and was seen by nobody.
    pub fn copy_all_payments(&mut self, real: usize) {
        for id in self.reals[real].named.clone() {
            match self.real_name(real, id) {
                NetworkName::Payment(payment) => self.copy_payment(real, &payment),
                NetworkName::Tombstone => {
                    let wallet = self.reals[real].wallet;
                    self.wallets[wallet].bar(id);
                }
                NetworkName::Unknown => {}
            }
        }
    }
}

fn network(command: NetworkCommand) -> Command {
    Command::Network(Box::new(command))
}

fn copy(model: &mut Model, (id, currency): (PaymentId, Currency), it: &Payment) {
    let Ok(pay_to) = Money::new(it.price_minor, currency) else { return };
    let before = model.entries.get(&id).map_or(0, |entry| entry.taken_minor);
    let refunded: u64 = it.refunds.iter().map(|refund| refund.price_minor).sum();
    let (standing, taken_minor) = match it.state {
        PaymentState::Shown => (Standing::Open, 0),
        PaymentState::Paid => (Standing::Taken, it.price_minor),
        PaymentState::Failed(_) => (Standing::Declined, 0),
        PaymentState::Cancelled => (Standing::Cancelled, before),
    };
    let given_back_minor = if standing == Standing::Cancelled { taken_minor } else { refunded };
    let said = |refund: &wallet::objects::Refunded| {
        Some((refund.request.as_str().parse::<RefundId>().ok()?, Said::Done))
    };
    let entry = Entry {
        standing,
        amount: it.order.amount,
        pay_to,
        expiry: it.expires.unwrap_or_default(),
        taken_minor,
        given_back_minor,
        refunds: it.refunds.iter().filter_map(said).collect(),
        word: Word {
            declined: standing == Standing::Declined,
            confirmed_cancel: standing == Standing::Cancelled,
        },
        is_late: false,
        owes_notice: false,
    };
    if given_back_minor > taken_minor {
        model.overpaid = Some(id);
    }
    model.entries.insert(id, entry);
}
