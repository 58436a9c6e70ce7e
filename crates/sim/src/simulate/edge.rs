//! The network's edge, as the HTTP server has it: requests become commands, and answers wait for
//! the end of a payment, but not for ever.

use super::Invariant;
use super::acquirer::{Answer, Ask, Naming, Purchase, Request, acquirer_id, home};
use super::checks::CancelledName;
use super::world::{Asker, Event, Waiter, World};
use base::{ResultCode, Span};
use ids::{CustomerAlias, Partition, PaymentId, RefundId};
use money::Money;
use network::{
    CancelPayment, Command, Found, IssueCodes, NewCode, NotifyPayment, OrderToken, Payment,
    PaymentCode, PaymentRef, Refund, Reply, TakeOrder, WalletAnswer, WalletVerdict,
};
use payment::RefundState;
use std::sync::Arc;

/// How long a request waits for the wallet.
const BUDGET: Span = Span::millis(6_500);

fn reference(purchase: &Purchase, naming: Naming) -> PaymentRef {
    let request_id = Some(purchase.request_id.clone());
    match naming {
        Naming::RequestId => PaymentRef { request_id, id: None },
        Naming::PaymentId(id) => PaymentRef { request_id: None, id: Some(id) },
        Naming::Both(id) => PaymentRef { request_id, id: Some(id) },
    }
}

/// Is the refund at this place settled?
fn is_settled(payment: &Payment, number: u32) -> bool {
    let place = usize::try_from(number).unwrap_or(usize::MAX);
    let state = payment.refunds.get(place).map(|refund| refund.state);
    matches!(state, Some(RefundState::Done | RefundState::Refused))
}

impl World {
    fn partition_of(&self, request: &Request, naming: Naming) -> usize {
        let purchase = &self.purchases[request.purchase];
        let partition = match naming {
            // The edge finds it by its name wherever it is.
            Naming::RequestId if purchase.pushed.is_some() => {
                purchase.payment.map_or(Partition(0), PaymentId::partition)
            }
            Naming::RequestId => network::partition_of_request(
                acquirer_id(request.acquirer),
                purchase.request_id.as_str(),
                self.profile.partitions,
            ),
            Naming::PaymentId(id) | Naming::Both(id) => id.partition(),
        };
        usize::from(partition.0)
    }

    /// An acquirer's request arrives. A process that is down hears nothing.
    pub fn request_arrives(&mut self, request: Request) {
        if !self.is_up {
            return;
        }
        let acquirer = acquirer_id(request.acquirer);
        match request.ask {
            Ask::Pay { is_altered } => {
                let partition = home(&self.purchases[request.purchase], self.profile.partitions);
                let random = self.dice.wide();
                let id = PaymentId::new(self.clock().millis(), partition, random);
                let Some(pay) = self.purchases[request.purchase].pay(is_altered, id) else {
                    return;
                };
                let command = Command::Pay(Box::new(pay));
                self.submit(usize::from(partition.0), command, Asker::Acquirer(request));
            }
            Ask::Cancel(naming) => {
                let payment = reference(&self.purchases[request.purchase], naming);
                let command = Command::CancelPayment(CancelPayment { acquirer, payment });
                let partition = self.partition_of(&request, naming);
                self.submit(partition, command, Asker::Acquirer(request));
            }
            Ask::Refund { number, is_altered, naming } => {
                let partition = self.partition_of(&request, naming);
                let purchase = &self.purchases[request.purchase];
                let Some(asked) = purchase.refunds.get(number) else { return };
                let minor = asked.amount.minor() + u64::from(is_altered);
                let Ok(amount) = Money::new(minor, asked.amount.currency()) else { return };
                let (payment, request_id) = (reference(purchase, naming), asked.request_id.clone());
                let random = self.dice.wide();
                let place = Partition(u8::try_from(partition).expect("at most 256 partitions"));
                let id = RefundId::new(self.clock().millis(), place, random);
                let reason = None;
                let refund = Refund { id, acquirer, payment, request_id, amount, reason };
                self.submit(partition, Command::Refund(refund), Asker::Acquirer(request));
            }
            Ask::Inquiry(naming) => self.inquire(request, naming),
        }
    }

    /// Inquiries are answered from the state, at once.
    fn inquire(&mut self, request: Request, naming: Naming) {
        let partition = self.partition_of(&request, naming);
        let name = reference(&self.purchases[request.purchase], naming);
        let Some(live) = &self.nodes[partition].live else { return };
        let history = live.core.applier().history();
        let found = live.core.machine().find(history, acquirer_id(request.acquirer), &name);
        match found {
            Found::Payment(payment) => {
                self.checker.tell(&payment);
                self.answer(request, Answer::of(&payment));
            }
            Found::Tombstone => self.refuse(request, ResultCode::OrderIsClosed),
            Found::Missing => self.refuse(request, ResultCode::OrderNotExist),
            Found::Mismatch => self.refuse(request, ResultCode::ParamIllegal),
        }
    }

    fn is_foreign(&self, request: &Request) -> bool {
        self.purchases[request.purchase].acquirer != request.acquirer
    }

    fn refuse(&mut self, request: Request, code: ResultCode) {
        if self.is_foreign(&request) {
            self.checker.foreign(&request, code);
        }
        self.answer(request, Answer::Refused(code));
    }

    /// An answer leaves for the acquirer.
    fn answer(&mut self, request: Request, answer: Answer) {
        let code = match answer {
            Answer::Payment { code, .. } | Answer::Refund(code) | Answer::Refused(code) => code,
            Answer::Cancelled => ResultCode::Success,
        };
        if self.is_foreign(&request) {
            // A cancel of an id that this acquirer never used bars that id for itself only.
            let is_own_bar = matches!((request.ask, answer), (Ask::Cancel(_), Answer::Cancelled));
            if !is_own_bar {
                self.checker.foreign(&request, code);
            }
        }
        let now = self.now;
        self.trace.number(request.purchase as u64 ^ u64::from(code as u16) << 20);
        self.trace.line(now, || {
            format!("    answer to {:?} of purchase {}: {code}", request.ask, request.purchase)
        });
        self.send(|| Event::Answer { request, answer });
    }

    pub fn reply_to_acquirer(&mut self, request: Request, reply: &Reply) {
        match reply {
            Reply::Payment { payment, .. } if payment.is_final() || payment.way.is_presented() => {
                self.checker.tell(payment);
                self.answer(request, Answer::of(payment));
            }
            Reply::Payment { payment, .. } => self.wait(request, payment.id, None),
            Reply::Refund { payment, number, .. } if is_settled(payment, *number) => {
                self.refund_told(request, payment, *number);
            }
            Reply::Refund { payment, number, .. } => {
                self.wait(request, payment.id, Some(*number));
            }
            Reply::Cancelled(payment) => {
                let name = CancelledName {
                    acquirer: acquirer_id(request.acquirer),
                    request_id: self.purchases[request.purchase].request_id.clone(),
                };
                self.checker.tell_cancelled(&name, payment.as_ref());
                self.answer(request, Answer::Cancelled);
            }
            Reply::Refused(refusal) => {
                self.check_refusal(&request, refusal.code);
                self.refuse(request, refusal.code);
            }
            Reply::Done
            | Reply::Codes(_)
            | Reply::Rates(_)
            | Reply::Claim(_)
            | Reply::Declared { .. }
            | Reply::Agreement { .. }
            | Reply::Dispute { .. } => {
                let ask = request.ask;
                let broken = || format!("{ask:?} got another request's reply");
                self.checker.fail(Invariant::SameIdSameAnswer, broken);
            }
        }
    }

    /// Unaltered repeats are never called inconsistent, and altered ones never get further.
    fn check_refusal(&mut self, request: &Request, code: ResultCode) {
        let is_altered = matches!(
            request.ask,
            Ask::Pay { is_altered: true } | Ask::Refund { is_altered: true, .. }
        );
        let was_altered = self.purchases[request.purchase].was_altered;
        if code == ResultCode::RepeatReqInconsistent && !is_altered && !was_altered {
            let ask = request.ask;
            let broken = || format!("{ask:?} was called inconsistent with itself");
            self.checker.fail(Invariant::SameIdSameAnswer, broken);
        }
    }

    fn refund_told(&mut self, request: Request, payment: &Payment, number: u32) {
        let code = self.checker.tell_refund(payment, number);
        self.answer(request, Answer::Refund(code));
    }

    fn wait(&mut self, request: Request, payment: PaymentId, refund: Option<u32>) {
        let (boot, waiter) = (self.boot, self.next_waiter);
        self.next_waiter += 1;
        self.waiters.insert(waiter, Waiter { request, payment, refund });
        self.at(BUDGET, Event::WaitOver { boot, waiter });
    }

    /// A payment moved: who waited for it may be answered now.
    pub fn wake_waiters(&mut self, payment: &Arc<Payment>) {
        let is_over = |waiter: &Waiter| {
            waiter.payment == payment.id
                && match waiter.refund {
                    Some(number) => is_settled(payment, number),
                    None => payment.is_final(),
                }
        };
        let woken: Vec<u64> =
            self.waiters.iter().filter(|(_, it)| is_over(it)).map(|(number, _)| *number).collect();
        for number in woken {
            let Some(waiter) = self.waiters.remove(&number) else { continue };
            match waiter.refund {
                Some(number) => self.refund_told(waiter.request, payment, number),
                None => {
                    self.checker.tell(payment);
                    self.answer(waiter.request, Answer::of(payment));
                }
            }
        }
    }

    /// The budget is used up: U.
    pub fn wait_over(&mut self, number: u64) {
        let Some(waiter) = self.waiters.remove(&number) else { return };
        let partition = usize::from(waiter.payment.partition().0);
        let Some(live) = &self.nodes[partition].live else { return };
        let history = live.core.applier().history();
        let Some(payment) = live.core.machine().payment(history, waiter.payment) else { return };
        match waiter.refund {
            Some(number) => self.refund_told(waiter.request, &payment, number),
            None => {
                self.checker.tell(&payment);
                self.answer(waiter.request, Answer::of(&payment));
            }
        }
    }

    /// A wallet's `userInitiatedPay` arrives.
    pub fn scan_arrives(&mut self, purchase: usize, wallet: usize, is_guessed: bool) {
        let Some(token) = self.purchases[purchase].order.filter(|_| self.is_up) else { return };
        let payment = token.payment;
        let token = match is_guessed {
            true => OrderToken::new(payment, self.dice.wide()),
            false => token,
        };
        let command = Command::TakeOrder(TakeOrder {
            mpp: self.wallets[wallet].id,
            customer: self.name_of_customer(wallet, &format!("payer-{purchase}"), purchase as u128),
            alias: CustomerAlias::from_u128(purchase as u128),
            token,
        });
        let partition = usize::from(payment.partition().0);
        self.submit(partition, command, Asker::Scan { wallet, is_guessed });
    }

    /// A wallet asks for a code for a purchase.
    pub fn codes_arrive(&mut self, purchase: usize) {
        if !self.is_up {
            return;
        }
        let partition = self.dice.below(u64::from(self.profile.partitions));
        let partition = usize::try_from(partition).expect("below 256");
        let quantity = if self.dice.per_mille(100) { self.dice.between(2, 10) } else { 1 };
        let codes = (0..quantity).map(|_| NewCode { code: self.draw_code(partition) }).collect();
        let wallet = self.purchases[purchase].wallet;
        let command = Command::IssueCodes(IssueCodes {
            mpp: self.wallets[wallet].id,
            customer: self.name_of_customer(wallet, &format!("payer-{purchase}"), purchase as u128),
            alias: CustomerAlias::from_u128(purchase as u128),
            region: None,
            codes,
        });
        self.submit(partition, command, Asker::Codes { purchase });
    }

    /// Digits that lead to this partition.
    fn draw_code(&mut self, partition: usize) -> PaymentCode {
        loop {
            let code = PaymentCode::from_random(self.dice.wide());
            if usize::from(code.partition(self.profile.partitions).0) == partition {
                return code;
            }
        }
    }

    /// A wallet's `notifyPayment` arrives.
    pub fn notice_arrives(
        &mut self,
        (wallet, payment): (usize, PaymentId),
        answer: WalletAnswer,
        is_rogue: bool,
    ) {
        let partition = usize::from(payment.partition().0);
        let mpp = self.wallets[wallet].id;
        let says_yes = answer.verdict == WalletVerdict::Approved;
        let notify = NotifyPayment { mpp, payment, customer: None, answer };
        let asker = Asker::Notice { wallet, payment, says_yes, is_rogue };
        self.submit(partition, Command::NotifyPayment(notify), asker);
    }
}
