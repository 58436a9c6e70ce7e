//! Handlers, one file for each group of commands, and the two ways in which the world comes back:
//! time, and answers to errands.

mod agreements;
mod bank;
mod bills;
mod desk;
mod donations;
mod fund;
mod gifts;
mod network;
mod packets;
mod people;
mod rides;
mod savings;
mod send;
mod services;
mod shops;
mod shows;
mod tickets;

pub use network::NetworkName;

use crate::machine::Context;
use crate::{ErrandAnswer, ErrandKind, Object, Wallet};

impl Wallet {
    /// An object's time has come.
    pub(crate) fn time_is_over(&mut self, cx: &mut Context<'_>, object: Object) {
        match object {
            Object::Transfer(it) => self.transfer_arrives(cx, &it),
            Object::Request(it) => self.request_expires(cx, &it),
            Object::Schedule(it) => self.schedule_turn(cx, &it),
            Object::Cash(it) => self.cash_expires(cx, &it),
            Object::ShopOrder(it) => self.shop_order_expires(cx, &it),
            Object::Payment(it) => self.payment_expires(cx, &it),
            Object::Agreement(it) => self.agreement_expires(cx, &it),
            Object::Proposal(it) => self.proposal_expires(cx, &it),
            Object::Packet(it) => self.packet_expires(cx, &it),
            Object::Gift(it) => self.gift_expires(cx, &it),
            Object::Ride(it) => self.ride_is_overdue(cx, &it),
            Object::Booking(it) => self.booking_expires(cx, &it),
            Object::Bill(it) => self.bill_lapses(cx, &it),
            Object::Donation(_) => {}
            Object::BankMove(_) | Object::Sale(_) | Object::Saving(_) | Object::FundDay(_) => {}
        }
    }

    /// What an errand about an object came to.
    pub(crate) fn answered(
        &mut self,
        cx: &mut Context<'_>,
        kind: ErrandKind,
        object: Object,
        answer: ErrandAnswer,
    ) {
        match (kind, object) {
            (ErrandKind::BankSubmit | ErrandKind::BankInquiry, Object::BankMove(it)) => {
                self.bank_answered(cx, kind, &it, answer);
            }
            (ErrandKind::FundOrder, Object::FundDay(it)) => self.fund_answered(cx, &it, answer),
            (ErrandKind::BillPay | ErrandKind::BillInquiry, Object::Bill(it)) => {
                self.biller_answered(cx, kind, &it, answer);
            }
            (ErrandKind::NotifyPayment, Object::Payment(it)) => {
                self.notified(cx, &it, answer);
            }
            (ErrandKind::TokenCancelled, Object::Agreement(it)) => {
                self.agreement_told(cx, &it, answer);
            }
            // An errand is only ever wished for about an object of its kind.
            (kind, object) => {
                self.end_errand(object.id(), kind);
                self.keep(cx, object);
            }
        }
    }
}
