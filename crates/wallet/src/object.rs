//! All kinds of objects as one, for keeping, listing and finding them.

use crate::objects::{
    Agreement, AgreementState, BankMove, BankState, Bill, Booking, BookingState, CONSENT_WITHIN,
    Cash, CashState, Donation, FundDay, FundDayState, Gift, PROPOSAL_FOR, Packet, Party, Payment,
    PaymentState, Proposal, ProposalState, Request, RequestState, Ride, Sale, Saving, Schedule,
    ScheduleState, ShopOrder, ShopOrderState, Transfer, TransferState,
};
use base::{Timestamp, codec_enum};
use std::sync::Arc;

/// A clone shares the object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Object {
    Transfer(Arc<Transfer>),
    Request(Arc<Request>),
    Schedule(Arc<Schedule>),
    BankMove(Arc<BankMove>),
    Cash(Arc<Cash>),
    ShopOrder(Arc<ShopOrder>),
    Sale(Arc<Sale>),
    Payment(Arc<Payment>),
    Agreement(Arc<Agreement>),
    Proposal(Arc<Proposal>),
    Saving(Arc<Saving>),
    FundDay(Arc<FundDay>),
    Donation(Arc<Donation>),
    Ride(Arc<Ride>),
    Booking(Arc<Booking>),
    Bill(Arc<Bill>),
    Packet(Arc<Packet>),
    Gift(Arc<Gift>),
}
codec_enum!(Object {
    0 = Transfer(it),
    1 = Request(it),
    2 = Schedule(it),
    3 = BankMove(it),
    4 = Cash(it),
    5 = ShopOrder(it),
    6 = Sale(it),
    7 = Payment(it),
    8 = Agreement(it),
    9 = Proposal(it),
    10 = Saving(it),
    11 = FundDay(it),
    12 = Packet(it),
    13 = Gift(it),
    14 = Donation(it),
    15 = Ride(it),
    16 = Booking(it),
    17 = Bill(it),
});

macro_rules! from_objects {
    ($($kind:ident),*) => { $(
        impl From<$kind> for Object {
            fn from(it: $kind) -> Object {
                Object::$kind(Arc::new(it))
            }
        }
    )* };
}
from_objects!(
    Transfer, Request, Schedule, BankMove, Cash, ShopOrder, Sale, Payment, Agreement, Proposal,
    Saving, FundDay, Donation, Ride, Booking, Bill, Packet, Gift
);

impl Object {
    pub fn id(&self) -> u128 {
        match self {
            Object::Transfer(it) => it.id.as_u128(),
            Object::Request(it) => it.id.as_u128(),
            Object::Schedule(it) => it.id.as_u128(),
            Object::BankMove(it) => it.id.as_u128(),
            Object::Cash(it) => it.id.as_u128(),
            Object::ShopOrder(it) => it.id.as_u128(),
            Object::Sale(it) => it.id.as_u128(),
            Object::Payment(it) => it.id.as_u128(),
            Object::Agreement(it) => it.id.as_u128(),
            Object::Proposal(it) => it.id.as_u128(),
            Object::Packet(it) => it.body.id(),
            Object::Gift(it) => it.id.as_u128(),
            Object::Saving(it) => it.id.as_u128(),
            Object::FundDay(it) => it.id.as_u128(),
            Object::Donation(it) => it.id.as_u128(),
            Object::Ride(it) => it.id.as_u128(),
            Object::Booking(it) => it.id.as_u128(),
            Object::Bill(it) => it.id.as_u128(),
        }
    }

    /// Who finds it among what concerns them.
    pub fn customers(&self) -> Vec<u32> {
        match self {
            Object::Transfer(it) => match it.from {
                Party::Customer(from) if from != it.to => vec![from, it.to],
                Party::Customer(_) | Party::Shop(_) => vec![it.to],
            },
            Object::Request(it) => vec![it.asker, it.payer],
            Object::Schedule(it) => vec![it.from],
            Object::BankMove(it) => vec![it.customer],
            Object::Cash(it) => vec![it.customer],
            Object::Sale(it) => vec![it.customer],
            Object::Packet(it) => it.customers(),
            Object::Gift(it) => it.customers(),
            Object::Payment(it) => vec![it.customer],
            Object::Agreement(it) => it.customer.into_iter().collect(),
            Object::Saving(it) => vec![it.customer],
            Object::Donation(it) => vec![it.customer()],
            Object::Ride(it) => vec![it.body.customer],
            Object::Booking(it) => vec![it.customer],
            Object::Bill(it) => vec![it.body.customer],
            Object::ShopOrder(_) | Object::Proposal(_) | Object::FundDay(_) => Vec::new(),
        }
    }

    /// The shop that finds it among its own.
    pub fn shop(&self) -> Option<u32> {
        match self {
            Object::ShopOrder(it) => Some(it.shop),
            Object::Sale(it) => Some(it.shop),
            Object::Donation(it) => Some(it.charity),
            Object::Ride(it) => Some(it.body.carrier),
            Object::Booking(it) => Some(it.house),
            Object::Gift(it) => Some(it.shop),
            Object::Transfer(it) => match it.from {
                Party::Shop(shop) => Some(shop),
                Party::Customer(_) => None,
            },
            Object::Cash(it) => match it.state {
                CashState::Done { agent } => Some(agent),
                CashState::Called { .. } | CashState::Withdrawn | CashState::Expired => None,
            },
            _ => None,
        }
    }

    /// Is something to come, so that it stays in memory? (What is still owed to the world about it
    /// keeps it there, too.)
    pub fn is_open(&self) -> bool {
        match self {
            Object::Transfer(it) => matches!(it.state, TransferState::Held { .. }),
            Object::Request(it) => it.state == RequestState::Open,
            Object::Schedule(it) => it.state == ScheduleState::Active,
            Object::BankMove(it) => matches!(it.state, BankState::Asked | BankState::Unknown),
            Object::Cash(it) => matches!(it.state, CashState::Called { .. }),
            Object::ShopOrder(it) => it.state == ShopOrderState::Shown,
            Object::Sale(_) | Object::Saving(_) | Object::Donation(_) => false,
            Object::Ride(it) => it.is_under_way(),
            Object::Booking(it) => it.is_held(),
            Object::Bill(it) => it.is_open(),
            Object::FundDay(it) => it.state != FundDayState::Settled,
            Object::Payment(it) => it.state == PaymentState::Shown,
            Object::Agreement(it) => {
                matches!(it.state, AgreementState::Asked | AgreementState::Consented { .. })
            }
            Object::Proposal(it) => it.state == ProposalState::Open,
            Object::Packet(it) => it.is_open(),
            Object::Gift(it) => it.is_open(),
        }
    }

    /// Whose money is in it while it is open: until it has ended, its holder cannot leave. What is
    /// reserved on the holder's own account needs no row here.
    pub(crate) fn holder(&self) -> Option<u32> {
        match self {
            Object::Transfer(it) => match (it.state, it.from) {
                (TransferState::Held { .. }, Party::Customer(from)) => Some(from),
                _ => None,
            },
            Object::Cash(it) => matches!(it.state, CashState::Called { .. }).then_some(it.customer),
            Object::Ride(it) => it.is_under_way().then_some(it.body.customer),
            _ => None,
        }
    }

    /// When time does something to it.
    pub fn due(&self) -> Option<Timestamp> {
        if !self.is_open() {
            return None;
        }
        match self {
            Object::Transfer(it) => match it.state {
                TransferState::Held { until } => Some(until),
                TransferState::Done | TransferState::TakenBack => None,
            },
            Object::Request(it) => Some(it.until),
            Object::Schedule(it) => Some(it.next),
            // Errands have times of their own.
            Object::BankMove(_) | Object::FundDay(_) => None,
            Object::Sale(_) | Object::Saving(_) | Object::Donation(_) => None,
            Object::Ride(it) => Some(it.body.overdue),
            Object::Booking(it) => match it.state {
                BookingState::Held { until } => Some(until),
                _ => None,
            },
            Object::Bill(it) => it.due(),
            Object::Cash(it) => match it.state {
                CashState::Called { until } => Some(until),
                CashState::Done { .. } | CashState::Withdrawn | CashState::Expired => None,
            },
            Object::ShopOrder(it) => Some(it.until),
            Object::Payment(it) => it.expires,
            Object::Agreement(it) => match it.state {
                AgreementState::Consented { until, .. } => Some(until),
                _ => Some(it.created.time.after(CONSENT_WITHIN)),
            },
            Object::Proposal(it) => Some(it.created.time.after(PROPOSAL_FOR)),
            Object::Packet(it) => Some(it.body.expires()),
            Object::Gift(it) => Some(it.body.expires()),
        }
    }
}
