//! One red packet: its shares, who claimed them, and the rest that goes back once.
//!
//! All shares are drawn when the packet is made, so that a claim takes the next one and can neither
//! oversell nor wait for anything. A call that is refused changes nothing. The machine works on a
//! copy, books what the call says, and keeps the copy when the books took it.

use crate::audience::{Audience, Claimant};
use crate::packet_rules::PacketRules;
use crate::packet_state::{PacketInput, PacketState, PacketStep, packet_step};
use crate::rules::Checked;
use crate::shares::{PacketKind, Seed, Split, SplitRefusal, shares_of};
use base::{Timestamp, codec_struct};
use money::{Currency, Money};
use std::collections::BTreeMap;

/// A packet that somebody wants to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewPacket {
    /// The packet's id; part of what is committed to.
    pub id: u128,
    /// The customer who pays for it.
    pub sender: u32,
    pub audience: Audience,
    pub split: Split,
    pub seed: Seed,
    /// SHA-256 of [`committed_text`](crate::committed_text), made at the edge.
    pub commitment: [u8; 32],
}
codec_struct!(NewPacket { id, sender, audience, split, seed, commitment });

/// Why a packet cannot be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NewPacketRefusal {
    /// Not in the market's currency.
    Currency { expected: Currency },
    /// Fewer or more shares than the market allows.
    Shares { fewest: u32, most: u32 },
    /// Less or more than the market allows for one packet.
    Total { least_minor: u64, most_minor: u64 },
    /// The least share is below the market's.
    LeastShare { least_minor: u64 },
    /// It cannot be divided so.
    Split(SplitRefusal),
    /// Shares for a group need a link.
    NeedsLink,
    /// The sender is the one that it is for.
    ToSelf,
}

/// One share that was claimed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claim {
    /// Minor units of the packet's currency.
    pub share_minor: u64,
    /// How many had claimed before.
    pub place: u32,
    pub at: Timestamp,
}
codec_struct!(Claim { share_minor, place, at });

/// The answer to a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Given {
    pub share: Money,
    /// The same customer has claimed before: nothing is booked, the answer is the same.
    pub is_repeat: bool,
    /// No share is left after this one.
    pub is_last: bool,
}

/// Why a claim is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClaimRefusal {
    /// Another customer was named, or the link is another one.
    NotForYou,
    /// It is the sender's own packet, and the market does not let senders claim.
    OwnPacket,
    /// All shares are taken.
    Drained,
    /// Too late, whether or not the rest went back already.
    Expired,
    /// The sender took it back.
    Cancelled,
}

/// Why a sender cannot take the rest back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CancelRefusal {
    /// Only the sender may.
    NotYours,
    /// It is over: the rest is gone, or comes back by expiry.
    Over(PacketState),
}

/// One red packet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packet {
    id: u128,
    sender: u32,
    audience: Audience,
    split: Split,
    seed: Seed,
    commitment: [u8; 32],
    sender_may_claim: bool,
    created: Timestamp,
    expires: Timestamp,
    state: PacketState,
    /// All shares in the order of claims, taken ones included.
    shares: Vec<u64>,
    /// By customer; never more than there are shares.
    claims: BTreeMap<u32, Claim>,
    given_minor: u64,
    returned_minor: u64,
}
codec_struct!(Packet {
    id,
    sender,
    audience,
    split,
    seed,
    commitment,
    sender_may_claim,
    created,
    expires,
    state,
    shares,
    claims,
    given_minor,
    returned_minor,
});

impl Packet {
    /// Makes a packet; the sender pays `split.total` for it in the same step.
    ///
    /// Refusals, in order: `Currency`, `Shares`, `Total`, `LeastShare`, `Split`, `NeedsLink`,
    /// `ToSelf`. The day's limits are [`SenderDay`](crate::SenderDay).
    pub fn new(
        wish: &NewPacket,
        now: Timestamp,
        rules: &Checked<PacketRules>,
    ) -> Result<Packet, NewPacketRefusal> {
        check_rules(&wish.split, rules)?;
        let shares = shares_of(&wish.seed, &wish.split).map_err(NewPacketRefusal::Split)?;
        match wish.audience {
            Audience::Named(_) if wish.split.kind != PacketKind::ToOne => {
                return Err(NewPacketRefusal::NeedsLink);
            }
            Audience::Named(customer) if customer == wish.sender => {
                return Err(NewPacketRefusal::ToSelf);
            }
            Audience::Named(_) | Audience::Link(_) => {}
        }
        Ok(Packet {
            id: wish.id,
            sender: wish.sender,
            audience: wish.audience,
            split: wish.split,
            seed: wish.seed,
            commitment: wish.commitment,
            // What was promised to a group stays, also when the market's rules change.
            sender_may_claim: rules.sender_may_claim && wish.split.kind != PacketKind::ToOne,
            created: now,
            expires: now.after(rules.life),
            state: PacketState::Open,
            shares,
            claims: BTreeMap::new(),
            given_minor: 0,
            returned_minor: 0,
        })
    }

    /// What [`claim`](Packet::claim) would answer now.
    pub fn would_give(&self, by: &Claimant, now: Timestamp) -> Result<Given, ClaimRefusal> {
        self.decide(by, now).map(|(given, _)| given)
    }

    /// Gives the next share to a customer. Who has one already gets the same answer again, also
    /// when the packet is over.
    ///
    /// Refusals, in order: `NotForYou`, `OwnPacket`, then what ended the packet.
    pub fn claim(&mut self, by: &Claimant, now: Timestamp) -> Result<Given, ClaimRefusal> {
        let (given, next) = self.decide(by, now)?;
        if !given.is_repeat {
            let share_minor = given.share.minor();
            self.claims.insert(by.customer, Claim { share_minor, place: self.taken(), at: now });
            self.given_minor += share_minor;
            self.state = next;
        }
        Ok(given)
    }

    fn decide(&self, by: &Claimant, now: Timestamp) -> Result<(Given, PacketState), ClaimRefusal> {
        if let Some(claim) = self.claims.get(&by.customer) {
            let is_last = claim.place + 1 == self.split.count;
            let share = self.money(claim.share_minor);
            return Ok((Given { share, is_repeat: true, is_last }, self.state));
        }
        if !self.audience.admits(by) {
            return Err(ClaimRefusal::NotForYou);
        }
        if by.customer == self.sender && !self.sender_may_claim {
            return Err(ClaimRefusal::OwnPacket);
        }
        if self.is_late(now) {
            return Err(ClaimRefusal::Expired);
        }
        let is_last = self.claims.len() + 1 >= self.shares.len();
        let input = if is_last { PacketInput::LastShare } else { PacketInput::Share };
        let PacketStep::To(next) = packet_step(self.state, input) else {
            return Err(match self.state {
                PacketState::Open | PacketState::Drained => ClaimRefusal::Drained,
                PacketState::Expired => ClaimRefusal::Expired,
                PacketState::Cancelled => ClaimRefusal::Cancelled,
            });
        };
        let share = *self.shares.get(self.claims.len()).ok_or(ClaimRefusal::Drained)?;
        Ok((Given { share: self.money(share), is_repeat: false, is_last }, next))
    }

    /// Ends the packet when its time is over: what goes back to the sender, once. `None` when it is
    /// too early, or the packet is over already.
    pub fn expire(&mut self, now: Timestamp) -> Option<Money> {
        if now < self.expires {
            return None;
        }
        match packet_step(self.state, PacketInput::Expire) {
            PacketStep::To(next) => Some(self.give_back(next)),
            PacketStep::Same | PacketStep::Refuse => None,
        }
    }

    /// Ends the packet by its sender's wish: what goes back, once. At the time of expiry and later
    /// it is refused, and [`expire`](Packet::expire) gives back.
    ///
    /// Refusals, in order: `NotYours`, `Over`.
    pub fn cancel(&mut self, by: u32, now: Timestamp) -> Result<Money, CancelRefusal> {
        if by != self.sender {
            return Err(CancelRefusal::NotYours);
        }
        if self.is_late(now) {
            return Err(CancelRefusal::Over(PacketState::Expired));
        }
        match packet_step(self.state, PacketInput::Cancel) {
            PacketStep::To(next) => Ok(self.give_back(next)),
            PacketStep::Same | PacketStep::Refuse => Err(CancelRefusal::Over(self.state)),
        }
    }

    fn give_back(&mut self, next: PacketState) -> Money {
        let rest = self.rest();
        self.returned_minor += rest.minor();
        self.state = next;
        rest
    }

    /// Open, and its time is over.
    fn is_late(&self, now: Timestamp) -> bool {
        self.state == PacketState::Open && now >= self.expires
    }

    fn money(&self, minor: u64) -> Money {
        Money::new(minor, self.split.total.currency()).expect("a part of a packet is an amount")
    }

    fn taken(&self) -> u32 {
        u32::try_from(self.claims.len()).expect("no more claims than shares")
    }

    /// The customer with the largest share of a drained lucky packet; among equals, the earliest.
    pub fn best_luck(&self) -> Option<(u32, Money)> {
        if self.state != PacketState::Drained || self.split.kind != PacketKind::Lucky {
            return None;
        }
        let key = |claim: &Claim| (claim.share_minor, std::cmp::Reverse(claim.place));
        let best = self.claims.iter().max_by_key(|(_, claim)| key(claim))?;
        Some((*best.0, self.money(best.1.share_minor)))
    }

    /// The seed, from the moment on at which no share can be claimed any more.
    pub fn revealed(&self) -> Option<&Seed> {
        if self.state == PacketState::Open { None } else { Some(&self.seed) }
    }

    /// What the packet holds: not claimed and not given back.
    pub fn rest(&self) -> Money {
        self.money(self.split.total.minor() - self.given_minor - self.returned_minor)
    }

    /// What was claimed in sum.
    pub fn given(&self) -> Money {
        self.money(self.given_minor)
    }

    /// What went back to the sender.
    pub fn returned(&self) -> Money {
        self.money(self.returned_minor)
    }

    /// Who has claimed, by customer number.
    pub fn claims(&self) -> impl ExactSizeIterator<Item = (u32, &Claim)> {
        self.claims.iter().map(|(customer, claim)| (*customer, claim))
    }

    pub fn id(&self) -> u128 {
        self.id
    }

    pub fn sender(&self) -> u32 {
        self.sender
    }

    pub fn audience(&self) -> &Audience {
        &self.audience
    }

    pub fn split(&self) -> &Split {
        &self.split
    }

    pub fn commitment(&self) -> &[u8; 32] {
        &self.commitment
    }

    pub fn state(&self) -> PacketState {
        self.state
    }

    pub fn created(&self) -> Timestamp {
        self.created
    }

    /// The first moment at which nothing can be claimed any more.
    pub fn expires(&self) -> Timestamp {
        self.expires
    }
}

/// What the market says about a packet's size.
fn check_rules(split: &Split, rules: &Checked<PacketRules>) -> Result<(), NewPacketRefusal> {
    if split.total.currency() != rules.currency {
        return Err(NewPacketRefusal::Currency { expected: rules.currency });
    }
    let (fewest, most) = (rules.fewest_shares, rules.most_shares);
    let is_allowed = split.kind == PacketKind::ToOne || (fewest..=most).contains(&split.count);
    if !is_allowed {
        return Err(NewPacketRefusal::Shares { fewest, most });
    }
    let (least_minor, most_minor) = (rules.least_total_minor, rules.most_total_minor);
    if !(least_minor..=most_minor).contains(&split.total.minor()) {
        return Err(NewPacketRefusal::Total { least_minor, most_minor });
    }
    if split.least_minor < rules.least_share_minor {
        return Err(NewPacketRefusal::LeastShare { least_minor: rules.least_share_minor });
    }
    Ok(())
}
