//! Red packets and gift coupons: who may have which part of them.
//!
//! Decides, never books: calls say what goes to whom, and the machine makes the postings. The time
//! is an argument, the seed of a draw comes in the command, and secrets come as digests.
//!
//! A red packet is money in a cover: [`Packet`], divided as [`Split`] says, drawn by [`shares_of`]
//! from a seed that is committed to before and shown after. A gift coupon is goods that somebody
//! else paid for: [`Offer`] is what a shop sells, [`Gift`] one coupon that was bought, [`Payout`]
//! what a step takes out of it.
//!
//! ```
//! use dhow_gifts::{PacketKind, Seed, Split, shares_of};
//! use money::{Currency, Money};
//! let total = Money::new(1_000, Currency::from_code("HKD").unwrap()).unwrap();
//! let split = Split { kind: PacketKind::Lucky, total, count: 5, least_minor: 1 };
//! let shares = shares_of(&Seed([7; 32]), &split).unwrap();
//! assert_eq!(shares.iter().sum::<u64>(), 1_000);
//! ```

mod audience;
mod code;
mod gift;
mod gift_rules;
mod gift_state;
mod keystream;
mod offer;
mod packet;
mod packet_rules;
mod packet_state;
mod payout;
mod rules;
mod shares;

pub use audience::{Audience, Claimant};
pub use code::{CodeRefusal, OpenCode};
pub use gift::{Gift, GiftRefusal, MAX_USES, NewGift, Redeemed, Redemption, Use};
pub use gift_rules::{ExpiredTo, GiftRules, MAX_VALIDITY, RefundRule, Remainder};
pub use gift_state::{GiftInput, GiftState, GiftStep, gift_step};
pub use offer::{MAX_PLACES, Offer, OfferRefusal, OfferTerms, Places, SaleRefusal};
pub use packet::{CancelRefusal, Claim, ClaimRefusal, Given, NewPacket, NewPacketRefusal, Packet};
pub use packet_rules::{DayRefusal, MAX_PACKET_LIFE, PacketRules, SenderDay};
pub use packet_state::{PacketInput, PacketState, PacketStep, packet_step};
pub use payout::Payout;
pub use rules::{Checked, RuleFault, Rules};
pub use shares::{MAX_SHARES, PacketKind, Seed, Split, SplitRefusal, committed_text, shares_of};
