//! The wallet's own shops: stalls, shops, agents, charities, and whoever else takes its money.

use base::{Text, codec_enum, codec_struct};
use geo::Position;

/// Counts shops from 0; given once, never used again.
pub type ShopNumber = u32;

/// A shop of the wallet. Its name is the one over its door: public, and shown to whoever pays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shop {
    pub number: ShopNumber,
    /// The customer who runs it and gets its money.
    pub owner: u32,
    pub name: Text<64>,
    /// ISO 18245 merchant category code.
    pub mcc: Text<4>,
    pub city: Text<32>,
    /// Where it stands; without it, it is on no map.
    pub position: Option<Position>,
    pub kind: ShopKind,
    pub is_open: bool,
}
codec_struct!(Shop { number, owner, name, mcc, city, position, kind, is_open });

/// What else than a shop it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShopKind {
    Plain,
    /// Takes and gives cash for customers. Only the operator makes a shop an agent.
    Agent,
    /// Takes donations. Only the operator makes a shop a charity.
    Charity,
}
codec_enum!(ShopKind { 0 = Plain, 1 = Agent, 2 = Charity });
