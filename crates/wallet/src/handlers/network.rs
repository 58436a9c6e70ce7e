//! Payments abroad: what the network asks for, and what customers decide about scanned orders.

use crate::command::network::{NetworkCommand, NetworkPay, NetworkRefund, PaidBy, TakeOrder};
use crate::machine::{Context, name_kind, name_of, refuse};
use crate::objects::{
    Agreement, Payment, PaymentInput, PaymentState, PaymentStep, Refunded, payment_step,
};
use crate::{CodeKind, ErrandAnswer, ErrandKind, Event, Object, Refusal, Reply, Wallet};
use base::{History, ResultCode, Row, decode_all, encode};
use ids::{AgreementId, PartnerText, PaymentId};
use std::sync::Arc;

/// Refunds of one payment, at most.
const MAX_REFUNDS: usize = 100;

/// What the network's name for a payment stands for.
pub enum NetworkName {
    Unknown,
    /// A cancel came first: no payment may ever bear this name. Source: failure catalogue A16.
    Tombstone,
    Payment(Arc<Payment>),
}

impl Wallet {
    pub(crate) fn network(
        &mut self,
        cx: &mut Context<'_>,
        it: NetworkCommand,
    ) -> Result<Reply, Refusal> {
        match it {
            NetworkCommand::Pay(it) => self.network_pay(cx, it),
            NetworkCommand::Cancel { request } => self.network_cancel(cx, &request),
            NetworkCommand::Refund(it) => self.network_refund(cx, it),
            NetworkCommand::TakeOrder(it) => self.take_order(cx, it),
            NetworkCommand::Confirm { customer, id } => {
                self.decide(cx, (customer, id), PaymentInput::Confirm)
            }
            NetworkCommand::Decline { customer, id, code } => {
                self.decide(cx, (customer, id), PaymentInput::Decline(code))
            }
            NetworkCommand::Prepare(it) => self.prepare(cx, it),
            NetworkCommand::Consent { customer, id, code, allowance_minor } => {
                self.consent(cx, (customer, id), code, allowance_minor)
            }
            NetworkCommand::GrantTokens(it) => self.grant_tokens(cx, it),
            NetworkCommand::EndByToken { access } => self.end_by_token(cx, access),
            NetworkCommand::EndAgreement { customer, id, by } => {
                self.end_agreement(cx, (customer, id), by)
            }
        }
    }

    /// What the network's `paymentRequestId` stands for.
    pub fn network_name(&self, history: &dyn History, request: &PartnerText) -> NetworkName {
        let Some(bytes) = history.name(&payment_name(request)) else { return NetworkName::Unknown };
        let id: Option<PaymentId> =
            decode_all(&bytes).expect("history returns the id that was put there");
        match id.and_then(|id| self.load(history, id.as_u128())) {
            Some(Object::Payment(payment)) => NetworkName::Payment(payment),
            _ => NetworkName::Tombstone,
        }
    }

    fn network_pay(&mut self, cx: &mut Context<'_>, it: NetworkPay) -> Result<Reply, Refusal> {
        match self.network_name(cx.history, &it.request) {
            NetworkName::Unknown => {}
            NetworkName::Tombstone => {
                return refuse(ResultCode::OrderIsClosed, "the payment was cancelled before");
            }
            NetworkName::Payment(known) => {
                if known.digest != it.digest || known.is_scanned {
                    return refuse(
                        ResultCode::RepeatReqInconsistent,
                        "paymentRequestId: it names a payment with other content",
                    );
                }
                return Ok(Reply::Made { object: Object::Payment(known), is_repeat: true });
            }
        }
        let (customer, agreement, code) = match it.by {
            PaidBy::Customer(number) => (number, None, CodeKind::User),
            PaidBy::Token(access) => {
                let agreement = self.by_access_token(cx, access)?;
                let customer = agreement.customer.expect("an active agreement has a customer");
                (customer, Some(agreement), CodeKind::AutoDebit)
            }
        };
        self.customer(customer)?;
        let mut payment = Payment {
            id: it.id,
            customer,
            code,
            request: it.request,
            price_minor: it.price_minor,
            order: it.order,
            agreement: agreement.as_ref().map(|agreement| agreement.id),
            expires: it.expires,
            digest: it.digest,
            state: PaymentState::Paid,
            is_scanned: false,
            refunds: Vec::new(),
            counted: self.today(cx),
            created: cx.stamp,
            ended: Some(cx.stamp),
        };
        // From here the command succeeds: a refusal is recorded, too, so that its id gets it again.
        if let Err(refusal) = self.debit(cx, &payment, agreement) {
            payment.state = PaymentState::Failed(refusal.code);
        }
        cx.rows.push(Row::Name {
            name: payment_name(&payment.request),
            value: encode(&Some(payment.id)),
        });
        let object = self.make(cx, payment);
        Ok(Reply::Made { object, is_repeat: false })
    }

    /// Takes the money of a payment, and its part of the agreement's allowance.
    fn debit(
        &mut self,
        cx: &mut Context<'_>,
        payment: &Payment,
        agreement: Option<Agreement>,
    ) -> Result<(), Refusal> {
        if payment.price_minor == 0 {
            return refuse(ResultCode::ParamIllegal, "payToAmount.value: must be at least 1");
        }
        if payment.expires.is_some_and(|expires| expires <= cx.now()) {
            return refuse(ResultCode::OrderIsClosed, "the payment's time is over");
        }
        self.market.codes.admit(payment.code, payment.price_minor)?;
        let today = self.today(cx);
        let left = agreement.as_ref().and_then(|agreement| agreement.left_minor(today));
        if left.is_some_and(|left| left < payment.price_minor) {
            return refuse(
                ResultCode::UserAmountExceedLimit,
                "the allowance of the agreement does not cover it",
            );
        }
        let set = self.books().pay_network(payment.customer, payment.price_minor);
        let about = payment.id.as_u128();
        self.spend(cx, payment.customer, payment.price_minor, (about, &set))?;
        if let Some(mut agreement) = agreement {
            agreement.take(payment.price_minor, today);
            self.keep(cx, agreement);
        }
        Ok(())
    }

    fn network_cancel(
        &mut self,
        cx: &mut Context<'_>,
        request: &PartnerText,
    ) -> Result<Reply, Refusal> {
        let payment = match self.network_name(cx.history, request) {
            NetworkName::Payment(payment) => payment,
            NetworkName::Tombstone => return Ok(Reply::Tombstone),
            NetworkName::Unknown => {
                let value = encode(&None::<PaymentId>);
                if !base::planted(66) {
                    cx.rows.push(Row::Name { name: payment_name(request), value });
                }
                return Ok(Reply::Tombstone);
            }
        };
        let state = match payment_step(payment.state, PaymentInput::Cancel) {
            PaymentStep::To(state) => state,
            PaymentStep::Reverse => {
                if !base::planted(63) {
                    self.give_back(cx, &payment, payment.left_minor());
                }
                PaymentState::Cancelled
            }
            PaymentStep::Same | PaymentStep::Refuse => {
                return Ok(Reply::Made { object: Object::Payment(payment), is_repeat: true });
            }
        };
        let mut payment = payment.as_ref().clone();
        payment.state = state;
        payment.ended = Some(cx.stamp);
        let object = self.keep(cx, payment);
        Ok(Reply::Made { object, is_repeat: false })
    }

    /// Money of a payment that comes back to its customer.
    fn give_back(&mut self, cx: &mut Context<'_>, payment: &Payment, minor: u64) {
        let home = self.home_of(payment.customer);
        let set = self.books().network_back(home, minor);
        self.give(home, &set);
        self.uncount(payment.customer, minor, payment.counted);
        let Some(id) = payment.agreement else { return };
        if let Some(Object::Agreement(it)) = self.load(cx.history, id.as_u128())
            && it.taken_on.month() == payment.counted.month()
        {
            let mut agreement = it.as_ref().clone();
            agreement.taken_minor = agreement.taken_minor.saturating_sub(minor);
            self.keep(cx, agreement);
        }
    }

    fn network_refund(
        &mut self,
        cx: &mut Context<'_>,
        it: NetworkRefund,
    ) -> Result<Reply, Refusal> {
        let name = name_of(name_kind::NETWORK_REFUND, &[it.request.as_str().as_bytes()]);
        if let Some(bytes) = cx.history.name(&name) {
            let id: PaymentId =
                decode_all(&bytes).expect("history returns the id that was put there");
            return self.refunded_before(cx, id, &it);
        }
        let payment = match self.network_name(cx.history, &it.payment) {
            NetworkName::Payment(payment) => payment,
            NetworkName::Tombstone | NetworkName::Unknown => {
                return refuse(ResultCode::OrderNotExist, "paymentRequestId: no such payment");
            }
        };
        if it.payment_id.is_some_and(|id| id != payment.id) {
            return refuse(ResultCode::OrderNotExist, "paymentId: names another payment");
        }
        if payment.state != PaymentState::Paid {
            return refuse(ResultCode::OrderStatusInvalid, "the payment is not paid");
        }
        if it.amount.currency() != payment.order.amount.currency() {
            return refuse(ResultCode::CurrencyNotSupport, "refundAmount.currency: another one");
        }
        if it.price_minor > payment.left_minor() || payment.refunds.len() >= MAX_REFUNDS {
            return refuse(
                ResultCode::RefundAmountExceed,
                "refundFromAmount.value: the refunds would be more than was paid",
            );
        }
        // From here the command succeeds. A small part of a payment may be worth nothing here.
        self.give_back(cx, &payment, it.price_minor);
        if !base::planted(65) {
            cx.rows.push(Row::Name { name, value: encode(&payment.id) });
        }
        let mut payment = payment.as_ref().clone();
        payment.refunds.push(Refunded {
            id: it.id,
            request: it.request,
            price_minor: it.price_minor,
            amount: it.amount,
            digest: it.digest,
            at: cx.stamp,
        });
        let object = self.keep(cx, payment);
        Ok(Reply::Made { object, is_repeat: false })
    }

    fn refunded_before(
        &self,
        cx: &Context<'_>,
        id: PaymentId,
        it: &NetworkRefund,
    ) -> Result<Reply, Refusal> {
        let Some(Object::Payment(payment)) = self.load(cx.history, id.as_u128()) else {
            return refuse(ResultCode::OrderNotExist, "no such payment");
        };
        let known = payment.refunds.iter().find(|refund| refund.request == it.request);
        if known.is_none_or(|refund| refund.digest != it.digest) || payment.request != it.payment {
            return refuse(
                ResultCode::RepeatReqInconsistent,
                "refundRequestId: it names a refund with other content",
            );
        }
        Ok(Reply::Made { object: Object::Payment(payment), is_repeat: true })
    }

    fn take_order(&mut self, cx: &mut Context<'_>, it: TakeOrder) -> Result<Reply, Refusal> {
        match self.network_name(cx.history, &it.request) {
            NetworkName::Unknown => {}
            NetworkName::Tombstone => {
                return refuse(ResultCode::OrderIsClosed, "the order was cancelled");
            }
            NetworkName::Payment(known) if known.customer == it.customer => {
                return Ok(Reply::Made { object: Object::Payment(known), is_repeat: true });
            }
            NetworkName::Payment(_) => {
                return refuse(
                    ResultCode::RepeatReqInconsistent,
                    "code: somebody else scanned it; ask for a new one",
                );
            }
        }
        self.payer(it.customer)?;
        if it.expires <= cx.now() {
            return refuse(ResultCode::OrderIsClosed, "the order's time is over");
        }
        // Before the customer sees a price that cannot be paid.
        self.market.codes.admit(it.code, it.price_minor)?;
        // From here the command succeeds.
        cx.rows.push(Row::Name { name: payment_name(&it.request), value: encode(&Some(it.id)) });
        let payment = Payment {
            id: it.id,
            customer: it.customer,
            code: it.code,
            request: it.request,
            price_minor: it.price_minor,
            order: it.order,
            agreement: None,
            expires: Some(it.expires),
            digest: [0; 32],
            state: PaymentState::Shown,
            is_scanned: true,
            refunds: Vec::new(),
            counted: self.today(cx),
            created: cx.stamp,
            ended: None,
        };
        let object = self.make(cx, payment);
        Ok(Reply::Made { object, is_repeat: false })
    }

    /// The customer pays a scanned order, or does not.
    fn decide(
        &mut self,
        cx: &mut Context<'_>,
        (customer, id): (u32, PaymentId),
        input: PaymentInput,
    ) -> Result<Reply, Refusal> {
        let payment = match self.load(cx.history, id.as_u128()) {
            Some(Object::Payment(it)) if it.customer == customer => it,
            _ => return refuse(ResultCode::OrderNotExist, "there is no such payment"),
        };
        let state = match payment_step(payment.state, input) {
            PaymentStep::To(state) => state,
            PaymentStep::Same => {
                return Ok(Reply::Made { object: Object::Payment(payment), is_repeat: true });
            }
            PaymentStep::Reverse | PaymentStep::Refuse => {
                return refuse(ResultCode::OrderIsClosed, "the payment is paid, refused or over");
            }
        };
        let mut payment = payment.as_ref().clone();
        if state == PaymentState::Paid {
            payment.counted = self.today(cx);
            self.debit(cx, &payment, None)?;
        }
        // From here the command succeeds.
        let object = self.end_scanned(cx, payment, state);
        Ok(Reply::Made { object, is_repeat: false })
    }

    fn end_scanned(
        &mut self,
        cx: &mut Context<'_>,
        mut payment: Payment,
        state: PaymentState,
    ) -> Object {
        payment.state = state;
        payment.ended = Some(cx.stamp);
        self.wish(cx, payment.id.as_u128(), ErrandKind::NotifyPayment);
        self.keep(cx, payment)
    }

    pub(crate) fn payment_expires(&mut self, cx: &mut Context<'_>, it: &Payment) {
        if let PaymentStep::To(state) = payment_step(it.state, PaymentInput::Expire) {
            self.end_scanned(cx, it.clone(), state);
        }
    }

    /// What the network answered to the news of a scanned order's end.
    pub(crate) fn notified(
        &mut self,
        cx: &mut Context<'_>,
        it: &Arc<Payment>,
        answer: ErrandAnswer,
    ) {
        let (id, kind) = (it.id.as_u128(), ErrandKind::NotifyPayment);
        let object = Object::Payment(Arc::clone(it));
        let is_told = match answer {
            ErrandAnswer::Yes => {
                self.end_errand(id, kind);
                true
            }
            // The network will not have it: if money was taken, its cancel or somebody's look
            // brings it back.
            ErrandAnswer::No(_) => {
                self.end_errand(id, kind);
                it.state != PaymentState::Paid
            }
            ErrandAnswer::InProcess | ErrandAnswer::NotFound | ErrandAnswer::Silent => {
                self.later(cx, id, kind, None)
            }
        };
        if !is_told {
            let what = "the network does not take the news of a payment";
            cx.events.push(Event::Break { object: object.clone(), what });
        }
        self.keep(cx, object);
    }

    /// The agreement of a customer, or of nobody yet.
    pub(crate) fn find_agreement(
        &self,
        cx: &Context<'_>,
        id: AgreementId,
    ) -> Result<Agreement, Refusal> {
        match self.load(cx.history, id.as_u128()) {
            Some(Object::Agreement(it)) => Ok(it.as_ref().clone()),
            _ => refuse(ResultCode::InvalidContract, "there is no such agreement"),
        }
    }
}

fn payment_name(request: &PartnerText) -> Vec<u8> {
    name_of(name_kind::NETWORK_PAYMENT, &[request.as_str().as_bytes()])
}
