//! Commands: wishes to change state, complete in themselves. They carry every id and random digit
//! that they need, references instead of personal data, and bounded texts.

pub mod bank;
pub mod desk;
pub mod gifts;
pub mod network;
pub mod packets;
pub mod people;
pub mod savings;
pub mod send;
pub mod services;
pub mod shops;

use crate::{ErrandAnswer, ErrandKind};
use base::{Operator, codec_enum, codec_struct};
use ids::PartnerText;

/// Makes a request count once: the caller's own name for it, and a digest of what it asks for.
///
/// Same name and same digest is answered with what came of it; same name and other digest is
/// refused. The edge makes the digest, SHA-256 over the request's fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Once {
    pub key: PartnerText,
    pub digest: [u8; 32],
}
codec_struct!(Once { key, digest });

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Fires timers that are due.
    Tick,
    Desk {
        by: Operator,
        act: Box<desk::DeskAct>,
    },
    People(people::PeopleCommand),
    Send(send::SendCommand),
    Bank(bank::BankCommand),
    Shop(shops::ShopCommand),
    Network(Box<network::NetworkCommand>),
    /// An attempt of an errand has come to something, silence included.
    ErrandDone {
        about: u128,
        kind: ErrandKind,
        attempt: u32,
        answer: ErrandAnswer,
    },
    Savings(savings::SavingsCommand),
    Service(Box<services::ServiceCommand>),
    Packet(packets::PacketCommand),
    Gift(gifts::GiftCommand),
}
codec_enum!(Command {
    0 = Tick,
    1 = Desk { by, act },
    2 = People(it),
    3 = Send(it),
    4 = Bank(it),
    5 = Shop(it),
    6 = Network(it),
    7 = ErrandDone { about, kind, attempt, answer },
    8 = Savings(it),
    9 = Packet(it),
    10 = Gift(it),
    11 = Service(it),
});
