//! One bought coupon: from its buyer to its holder to the till.
//!
//! # Value and money
//!
//! The face value is what the coupon is worth at the till; the price is what was paid for it and
//! what the issuer owes: its liability. When a part of the face value is used, the shop has the
//! same part of the price, rounded down on the running total, so that the last use takes the
//! residue and something is owed as long as something can be used.
//!
//! A call that is refused changes nothing. What a call takes out of the liability is a [`Payout`],
//! which the machine books. It works on a copy and keeps it when the books took the payout.

use crate::audience::{Audience, Claimant};
use crate::code::{CodeRefusal, OpenCode};
use crate::gift_rules::{ExpiredTo, GiftRules, RefundRule, Remainder, WHOLE_BPS};
use crate::gift_state::{GiftInput, GiftState, GiftStep, gift_step};
use crate::offer::{Offer, SaleRefusal};
use crate::payout::Payout;
use crate::rules::Checked;
use base::{Timestamp, codec_struct};
use money::{Currency, Money, Rounding, pro_rata, share_bps};

/// Most redemptions of one gift; the last of them has to use it up.
pub const MAX_USES: usize = 32;

/// A coupon that somebody wants to buy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewGift {
    /// Who pays for it.
    pub buyer: u32,
    /// Whom it is for; it may be the buyer.
    pub recipient: Audience,
}
codec_struct!(NewGift { buyer, recipient });

/// What a till wants to redeem.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Redemption {
    /// Face value of the goods, as far as the coupon pays for them.
    pub face: Money,
    pub shop: u32,
    pub store: u32,
    /// SHA-256 of the code that the holder showed.
    pub code: [u8; 32],
}
codec_struct!(Redemption { face, shop, store, code });

/// One redemption that happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Use {
    /// In minor units of the face value.
    pub face_minor: u64,
    pub store: u32,
    pub code: [u8; 32],
    pub at: Timestamp,
}
codec_struct!(Use { face_minor, store, code, at });

/// What came of a redemption.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Redeemed {
    pub payout: Payout,
    /// Face value that can still be used: zero when the gift ended.
    pub face_left: Money,
}

/// Why something cannot be done with a gift.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GiftRefusal {
    /// Only the buyer may send and refund, only the holder may have codes.
    NotYours,
    /// It is for another customer, or the link is another one.
    NotForYou,
    /// Another customer with the same link was first.
    Taken,
    /// Not in this state.
    State(GiftState),
    /// Too late, whether or not the expiry was booked already.
    Expired,
    /// The offer gives no money back.
    NotRefundable,
    /// A new code is over already, good for too long, or was used before.
    BadCode,
    /// The code that was shown opens nothing.
    Code(CodeRefusal),
    /// Not good in this store.
    Place,
    /// Not in the gift's currency.
    Currency { expected: Currency },
    /// Nothing to redeem.
    Zero,
    /// More than what is left of the face value.
    Exceeds { left_minor: u64 },
    /// The last redemption that a gift may have must use it up.
    TooManyUses { left_minor: u64 },
}

/// One bought coupon.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gift {
    offer: u32,
    buyer: u32,
    recipient: Audience,
    holder: Option<u32>,
    face: Money,
    price: Money,
    remainder: Remainder,
    refund: RefundRule,
    bought: Timestamp,
    expires: Timestamp,
    state: GiftState,
    paid_out: Payout,
    code: Option<OpenCode>,
    uses: Vec<Use>,
}
codec_struct!(Gift {
    offer,
    buyer,
    recipient,
    holder,
    face,
    price,
    remainder,
    refund,
    bought,
    expires,
    state,
    paid_out,
    code,
    uses,
});

impl Gift {
    /// Takes one off the stock: the gift, and the new count of what its buyer has of the offer,
    /// which was `bought`. The buyer pays the price to the issuer's liability in the same step.
    ///
    /// Refusals: those of [`Offer::would_sell`].
    pub fn buy(
        wish: &NewGift,
        offer: &mut Offer,
        bought: u32,
        now: Timestamp,
    ) -> Result<(Gift, u32), SaleRefusal> {
        let bought = offer.sell(bought, now)?;
        let terms = offer.terms();
        let gift = Gift {
            offer: offer.number(),
            buyer: wish.buyer,
            recipient: wish.recipient,
            holder: None,
            face: terms.face,
            price: terms.price,
            remainder: terms.remainder,
            refund: terms.refund,
            bought: now,
            expires: now.after(terms.validity),
            state: GiftState::Paid,
            paid_out: Payout::zero(terms.price.currency()),
            code: None,
            uses: Vec::new(),
        };
        Ok((gift, bought))
    }

    /// The buyer sends the card. Sending it again changes nothing.
    ///
    /// Refusals, in order: `NotYours`, `Expired`, `State`.
    pub fn send(&mut self, by: u32, now: Timestamp) -> Result<(), GiftRefusal> {
        if by != self.buyer {
            return Err(GiftRefusal::NotYours);
        }
        if let Some(next) = self.next(GiftInput::Send, now)? {
            self.state = next;
        }
        Ok(())
    }

    /// The buyer says whom it is for, as long as the card was not sent.
    ///
    /// Refusals, in order: `NotYours`, `Expired`, `State`.
    pub fn address(&mut self, by: u32, to: Audience, now: Timestamp) -> Result<(), GiftRefusal> {
        if by != self.buyer {
            return Err(GiftRefusal::NotYours);
        }
        self.must_step(GiftInput::Send, now)?;
        self.recipient = to;
        Ok(())
    }

    /// Somebody takes the gift and is its holder from now on. `true`: the holder asked again.
    ///
    /// Refusals, in order: `NotForYou`, `Taken`, `Expired`, `State`.
    pub fn claim(&mut self, by: &Claimant, now: Timestamp) -> Result<bool, GiftRefusal> {
        if !self.recipient.admits(by) && self.holder != Some(by.customer) {
            return Err(GiftRefusal::NotForYou);
        }
        if self.holder.is_some_and(|holder| holder != by.customer) {
            return Err(GiftRefusal::Taken);
        }
        let Some(next) = self.next(GiftInput::Claim, now)? else { return Ok(true) };
        self.holder = Some(by.customer);
        self.state = next;
        Ok(false)
    }

    /// The holder has a new one-time code, which takes the place of the one before.
    ///
    /// Refusals, in order: `NotYours`, `Expired`, `State`, `BadCode`.
    pub fn issue_code(
        &mut self,
        by: u32,
        code: OpenCode,
        now: Timestamp,
        rules: &Checked<GiftRules>,
    ) -> Result<(), GiftRefusal> {
        if self.holder != Some(by) {
            return Err(GiftRefusal::NotYours);
        }
        let next = self.must_step(GiftInput::Code, now)?;
        let is_good = now < code.until && code.until <= now.after(rules.most_code_life);
        if !is_good || self.was_used(&code.digest) {
            return Err(GiftRefusal::BadCode);
        }
        self.code = Some(code);
        self.state = next;
        Ok(())
    }

    /// A till takes a part of the gift, or all of it; the code is used up. Panics when `offer` is
    /// not the one that the gift was bought from.
    ///
    /// Refusals, in order: `Code` when it was used, `Expired`, `State`, `Code`, `Place`,
    /// `Currency`, `Zero`, `Exceeds`, `TooManyUses`.
    pub fn redeem(
        &mut self,
        wish: &Redemption,
        offer: &Offer,
        now: Timestamp,
    ) -> Result<Redeemed, GiftRefusal> {
        assert_eq!(offer.number(), self.offer, "a gift is good where its own offer says");
        self.check_use(wish, offer, now)?;
        let used_minor = self.used_minor() + wish.face.minor();
        let is_end = self.ends_at(used_minor);
        if self.uses.len() + 1 >= MAX_USES && !is_end {
            return Err(GiftRefusal::TooManyUses { left_minor: self.face_left().minor() });
        }
        let input = if is_end { GiftInput::UseUp } else { GiftInput::UsePart };
        let next = self.must_step(input, now)?;
        let payout = self.payout_of_use(used_minor, is_end);
        self.code = None;
        self.uses.push(Use {
            face_minor: wish.face.minor(),
            store: wish.store,
            code: wish.code,
            at: now,
        });
        self.go(next, &payout);
        Ok(Redeemed { payout, face_left: self.face_left() })
    }

    fn check_use(
        &self,
        wish: &Redemption,
        offer: &Offer,
        now: Timestamp,
    ) -> Result<(), GiftRefusal> {
        // A till that asks again hears that, and not that the gift is used up.
        if self.was_used(&wish.code) {
            return Err(GiftRefusal::Code(CodeRefusal::Used));
        }
        self.must_step(GiftInput::UsePart, now)?;
        let opens = self.code.ok_or(CodeRefusal::Unknown);
        opens.and_then(|code| code.opens(&wish.code, now)).map_err(GiftRefusal::Code)?;
        if !offer.is_good_at(wish.shop, wish.store) {
            return Err(GiftRefusal::Place);
        }
        if wish.face.currency() != self.face.currency() {
            return Err(GiftRefusal::Currency { expected: self.face.currency() });
        }
        if wish.face.is_zero() {
            return Err(GiftRefusal::Zero);
        }
        let left_minor = self.face_left().minor();
        if wish.face.minor() > left_minor {
            return Err(GiftRefusal::Exceeds { left_minor });
        }
        Ok(())
    }

    /// Does the gift end when this much of its face value is used in sum?
    fn ends_at(&self, used_minor: u64) -> bool {
        let is_used_up = used_minor == self.face.minor();
        match self.remainder {
            Remainder::Forfeit => true,
            Remainder::Keep => is_used_up,
            Remainder::Change { from_used_bps } => {
                // Both are at most 10^15, and the factors at most 10^4.
                let needed = self.face.minor() * u64::from(from_used_bps);
                is_used_up || used_minor * u64::from(WHOLE_BPS) >= needed
            }
        }
    }

    fn payout_of_use(&self, used_minor: u64, is_end: bool) -> Payout {
        let due = pro_rata(self.price, used_minor, self.face.minor(), Rounding::Down)
            .expect("no more than the face value is used, and it is above zero");
        let to_shop = less(due, self.paid_out.to_shop);
        let mut payout = Payout { to_shop, ..Payout::zero(self.price.currency()) };
        if is_end {
            let rest = less(self.liability(), to_shop);
            match self.remainder {
                Remainder::Forfeit => payout.to_issuer = rest,
                // Of a gift that was kept to its end nothing is left here.
                Remainder::Change { .. } | Remainder::Keep => payout.to_holder = rest,
            }
        }
        payout
    }

    /// The buyer gives the gift back before it is claimed. The machine also calls
    /// [`Offer::put_back`].
    ///
    /// Refusals, in order: `NotYours`, `Expired`, `State`, `NotRefundable`.
    pub fn refund(&mut self, by: u32, now: Timestamp) -> Result<Payout, GiftRefusal> {
        if by != self.buyer {
            return Err(GiftRefusal::NotYours);
        }
        let next = self.must_step(GiftInput::Refund, now)?;
        if self.refund.before_claim_bps == 0 {
            return Err(GiftRefusal::NotRefundable);
        }
        let (back, kept) = self.divide(self.refund.before_claim_bps);
        let zero = Payout::zero(self.price.currency());
        let payout = Payout { to_buyer: back, to_issuer: kept, ..zero };
        self.go(next, &payout);
        Ok(payout)
    }

    /// Ends the gift when its time is over: what becomes of its unused value, once. `None` when it
    /// is too early, or the gift has ended already.
    pub fn expire(&mut self, now: Timestamp) -> Option<Payout> {
        if now < self.expires {
            return None;
        }
        let GiftStep::To(next) = gift_step(self.state, GiftInput::Expire) else { return None };
        let (back, kept) = self.divide(self.refund.after_expiry_bps);
        let mut payout = Payout { to_issuer: kept, ..Payout::zero(self.price.currency()) };
        match (self.refund.expired_to, self.holder) {
            (ExpiredTo::Holder, Some(_)) => payout.to_holder = back,
            (ExpiredTo::Holder, None) | (ExpiredTo::Buyer, _) => payout.to_buyer = back,
        }
        self.go(next, &payout);
        Some(payout)
    }

    /// The liability in two parts: what goes back, rounded up, and what the issuer keeps.
    fn divide(&self, bps: u32) -> (Money, Money) {
        let back = share_bps(self.liability(), bps, Rounding::Up)
            .expect("a share of at most the whole is an amount");
        (back, less(self.liability(), back))
    }

    /// Where the input leads; `None` when it has happened already. Time is looked at before the
    /// state, but what has ended says how.
    fn next(&self, on: GiftInput, now: Timestamp) -> Result<Option<GiftState>, GiftRefusal> {
        if !self.state.is_final() && now >= self.expires {
            return Err(GiftRefusal::Expired);
        }
        match gift_step(self.state, on) {
            GiftStep::To(next) => Ok(Some(next)),
            GiftStep::Same => Ok(None),
            GiftStep::Refuse if self.state == GiftState::Expired => Err(GiftRefusal::Expired),
            GiftStep::Refuse => Err(GiftRefusal::State(self.state)),
        }
    }

    /// Where an input leads that cannot have happened already.
    fn must_step(&self, on: GiftInput, now: Timestamp) -> Result<GiftState, GiftRefusal> {
        self.next(on, now)?.ok_or(GiftRefusal::State(self.state))
    }

    fn go(&mut self, next: GiftState, payout: &Payout) {
        self.paid_out = self.paid_out.plus(payout);
        self.state = next;
        if next.is_final() {
            self.code = None;
            assert!(self.liability().is_zero(), "nothing is owed for a gift that has ended");
        }
    }

    fn was_used(&self, code: &[u8; 32]) -> bool {
        self.uses.iter().any(|done| done.code == *code)
    }

    fn used_minor(&self) -> u64 {
        self.uses.iter().map(|done| done.face_minor).sum()
    }

    /// What the issuer owes for this gift: its price without what was paid out.
    pub fn liability(&self) -> Money {
        less(self.price, self.paid_out.total())
    }

    /// Face value that can still be used: zero when the gift has ended.
    pub fn face_left(&self) -> Money {
        let left = Money::new(self.face.minor() - self.used_minor(), self.face.currency());
        if self.state.is_final() {
            Money::zero(self.face.currency())
        } else {
            left.expect("a part of the face value is an amount")
        }
    }

    /// What was paid out so far, by where it went.
    pub fn paid_out(&self) -> &Payout {
        &self.paid_out
    }

    pub fn offer(&self) -> u32 {
        self.offer
    }

    pub fn buyer(&self) -> u32 {
        self.buyer
    }

    pub fn recipient(&self) -> &Audience {
        &self.recipient
    }

    /// Who claimed it.
    pub fn holder(&self) -> Option<u32> {
        self.holder
    }

    pub fn face(&self) -> Money {
        self.face
    }

    pub fn price(&self) -> Money {
        self.price
    }

    pub fn state(&self) -> GiftState {
        self.state
    }

    pub fn bought(&self) -> Timestamp {
        self.bought
    }

    /// The first moment at which it is no longer good.
    pub fn expires(&self) -> Timestamp {
        self.expires
    }

    /// The code that is open, for the machine's index of codes.
    pub fn code(&self) -> Option<&OpenCode> {
        self.code.as_ref()
    }

    /// Redemptions so far, the oldest first.
    pub fn uses(&self) -> &[Use] {
        &self.uses
    }
}

/// `whole - part`, both of one gift.
fn less(whole: Money, part: Money) -> Money {
    whole.checked_sub(part).expect("no more leaves a gift than was paid for it")
}

#[cfg(test)]
mod tests;
