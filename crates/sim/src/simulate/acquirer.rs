//! A model acquirer's purchases: what it asked for, what it was told, and what it still waits for.

use super::dice::Dice;
use crate::preset::{currency, money, text};
use base::{ResultCode, ResultStatus, Span, Timestamp};
use ids::{ParticipantId, Partition, PartnerText, PaymentId};
use money::{Currency, Money};
use network::{Order, OrderToken, Pay, PayBy, Payment, PaymentCode, TokenUse, Way};
use payment::PushInput;

/// How an acquirer names a payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Naming {
    RequestId,
    PaymentId(PaymentId),
    Both(PaymentId),
}

/// What an acquirer asks.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Ask {
    /// `is_altered`: same id, other content.
    Pay {
        is_altered: bool,
    },
    Cancel(Naming),
    Refund {
        number: usize,
        is_altered: bool,
        naming: Naming,
    },
    Inquiry(Naming),
}

/// One request about a purchase, sent by the acquirer at this place (not always its own).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Request {
    pub purchase: usize,
    pub acquirer: usize,
    pub ask: Ask,
}

/// What an acquirer is told.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Answer {
    Payment { id: PaymentId, code: ResultCode, order: Option<OrderToken> },
    Refund(ResultCode),
    Cancelled,
    Refused(ResultCode),
}

impl Answer {
    /// How a payment stands, and the code to be scanned while there is one.
    pub fn of(payment: &Payment) -> Answer {
        let code = payment.visible_result();
        let order = payment.by.order().filter(|_| code == ResultCode::PaymentInProcess);
        Answer::Payment { id: payment.id, code, order }
    }
}

/// A refund that was asked for.
#[derive(Clone, Debug)]
pub(crate) struct RefundAsk {
    pub request_id: PartnerText,
    pub amount: Money,
    pub is_over: bool,
}

/// What the acquirer makes of a payment that was pushed to it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pushed {
    pub says: PushInput,
    /// Did it ever say, rightly or wrongly, that it takes the payment?
    pub has_accepted: bool,
    /// May it cancel by a name that the network has never heard? With several partitions such a
    /// name is barred in one of them only.
    pub may_bar: bool,
}

/// One purchase at a till.
pub(crate) struct Purchase {
    pub acquirer: usize,
    pub wallet: usize,
    pub request_id: PartnerText,
    pub merchant: &'static str,
    pub amount: Money,
    pub settlement: Currency,
    pub expires_after: Option<Span>,
    pub code: Option<PaymentCode>,
    /// How the purchase began. In the ways that show a code the shopper scans it.
    pub way: Way,
    /// The token that the shop debits with.
    pub token: Option<TokenUse>,
    /// The code that the shop shows, once it has one.
    pub order: Option<OrderToken>,
    /// The request as it was first sent, with the expiry that it names.
    pub sent: Option<Option<Timestamp>>,
    pub payment: Option<PaymentId>,
    /// The last final answer that was heard.
    pub heard: Option<ResultCode>,
    pub wants_cancel: bool,
    pub refunds: Vec<RefundAsk>,
    /// A look at this purchase is planned.
    pub has_turn: bool,
    pub turns: u32,
    /// Other content was sent under one of its ids: whichever arrives first is the first.
    pub was_altered: bool,
    /// In push mode: the network opened it, and `request_id` is the acquirer's own name.
    pub pushed: Option<Pushed>,
}

/// Shops of both acquirers, with their acquirer's place, currency and usual prices.
pub(crate) const SHOPS: [(usize, &str, &str, u64); 4] = [
    (0, "M-RAMEN", "JPY", 3_000),
    (0, "M-TEA", "JPY", 900),
    (1, "M-MANGO", "THB", 15_000),
    (1, "M-TUKTUK", "THB", 60_000),
];

pub(crate) fn acquirer_id(acquirer: usize) -> ParticipantId {
    ParticipantId(if acquirer == 0 { 4 } else { 5 })
}

impl Purchase {
    pub fn draw(number: usize, dice: &mut Dice) -> Purchase {
        let (acquirer, merchant, code, price) = dice.pick(&SHOPS);
        let amount = money(code, dice.between(1, price));
        let settlement = if dice.per_mille(500) { amount.currency() } else { currency("USD") };
        // Some shoppers stand in another queue: the wish of an expiry is rare and short.
        let expires_after = dice.per_mille(250).then(|| Span::secs(dice.between(2, 400)));
        Purchase {
            acquirer,
            wallet: dice.index(3),
            request_id: text(&format!("PR-{number}")),
            merchant,
            amount,
            settlement,
            expires_after,
            code: None,
            token: None,
            way: match dice.below(6) {
                0 => Way::OrderCode,
                1 => Way::Cashier,
                2 => Way::EntryCode,
                _ => Way::UserCode,
            },
            order: None,
            sent: None,
            payment: None,
            heard: None,
            wants_cancel: false,
            refunds: Vec::new(),
            has_turn: false,
            turns: 0,
            was_altered: false,
            pushed: None,
        }
    }

    /// The `pay` of this purchase, to be completed with an id by the edge.
    pub fn pay(&self, is_altered: bool, id: PaymentId) -> Option<Pay> {
        let by = if self.way.is_presented() {
            // As good as drawn: nobody in this world looks into an id.
            PayBy::Order(OrderToken::new(id, id.as_u128().rotate_left(29)))
        } else if let Some(token) = self.token {
            PayBy::Token(token)
        } else {
            PayBy::Code(text(&self.code?.to_string()))
        };
        let minor = self.amount.minor() + u64::from(is_altered);
        let amount = Money::new(minor, self.amount.currency()).ok()?;
        Some(Pay {
            id,
            acquirer: acquirer_id(self.acquirer),
            request_id: self.request_id.clone(),
            order: Order {
                reference: self.request_id.clone(),
                description: text("an order"),
                amount,
                merchant: text(self.merchant),
                store: Some(text(&format!("{}-S1", self.merchant))),
                terminal: None,
            },
            amount,
            settlement_currency: Some(self.settlement),
            method_type: text("CONNECT_WALLET"),
            way: self.way,
            by,
            expiry: self.sent.flatten(),
            notify_url: Some(text("https://acquirer.example/notify")),
            redirect_url: None,
            push: None,
        })
    }

    /// Has the shopper shown a code, or the shop one?
    pub fn is_under_way(&self) -> bool {
        self.code.is_some() || self.way.is_presented() || self.way == Way::AutoDebit
    }

    /// Does the acquirer still wait for something?
    pub fn is_open(&self) -> bool {
        let is_unpaid = self.sent.is_some() && self.heard.is_none();
        is_unpaid || self.wants_cancel || self.refunds.iter().any(|refund| !refund.is_over)
    }

    /// How to name the payment this time.
    pub fn naming(&self, dice: &mut Dice) -> Naming {
        // In push mode the network learns the name with the acceptance.
        let has_name = self.pushed.is_none() || self.heard == Some(ResultCode::Success);
        match self.payment {
            Some(id) if !has_name || dice.per_mille(300) => Naming::PaymentId(id),
            Some(id) if dice.per_mille(300) => Naming::Both(id),
            _ => Naming::RequestId,
        }
    }

    /// How to name the payment in a cancel.
    pub fn cancel(&self, dice: &mut Dice) -> Ask {
        let bars = self.pushed.is_some_and(|pushed| pushed.may_bar) && dice.per_mille(300);
        Ask::Cancel(if bars { Naming::RequestId } else { self.naming(dice) })
    }

    /// Takes in an answer.
    pub fn hear(&mut self, ask: Ask, answer: Answer) {
        match (ask, answer) {
            (Ask::Pay { .. } | Ask::Inquiry(_), Answer::Payment { id, code, order }) => {
                self.payment = Some(id);
                self.order = self.order.or(order);
                if code != ResultCode::PaymentInProcess {
                    self.heard = Some(code);
                }
            }
            // The cancel came first: the order is closed for good.
            (Ask::Pay { .. }, Answer::Refused(code)) if code == ResultCode::OrderIsClosed => {
                self.heard = Some(code);
            }
            (Ask::Inquiry(_), Answer::Refused(code)) if code == ResultCode::OrderIsClosed => {
                self.heard = Some(code);
            }
            (Ask::Cancel(_), Answer::Cancelled) => self.wants_cancel = false,
            (Ask::Cancel(_), Answer::Refused(code)) if is_verdict(code) => {
                self.wants_cancel = false;
            }
            (Ask::Refund { number, is_altered: false, .. }, Answer::Refund(code)) => {
                self.refunds[number].is_over |= code.status() != ResultStatus::U;
            }
            (Ask::Refund { number, is_altered: false, .. }, Answer::Refused(code)) => {
                self.refunds[number].is_over |= is_verdict(code);
            }
            _ => {}
        }
    }

    /// What to ask next, if anything.
    pub fn next_ask(&self, dice: &mut Dice) -> Option<Ask> {
        if self.wants_cancel {
            return Some(self.cancel(dice));
        }
        if let Some(number) = self.refunds.iter().position(|refund| !refund.is_over) {
            return Some(Ask::Refund { number, is_altered: false, naming: self.naming(dice) });
        }
        if self.sent.is_some() && self.heard.is_none() {
            return Some(match dice.below(3) {
                0 if self.pushed.is_none() => Ask::Pay { is_altered: false },
                _ => Ask::Inquiry(self.naming(dice)),
            });
        }
        None
    }
}

/// Does the refusal answer the request for good, so that repeating it would change nothing?
fn is_verdict(code: ResultCode) -> bool {
    code.status() == ResultStatus::F && code != ResultCode::AccessDenied
}

/// The partition where a purchase's request id is at home.
pub(crate) fn home(purchase: &Purchase, partitions: u8) -> Partition {
    let acquirer = acquirer_id(purchase.acquirer);
    network::partition_of_request(acquirer, purchase.request_id.as_str(), partitions)
}
