//! Posting templates: one per business act, in one place.
//!
//! A transfer has one debit and one credit in one currency, so every template balances by
//! construction; what the tests prove is that the totals per account are the amounts agreed on.

use crate::chart::{
    BANK, FX, INTERCHANGE, MARKUP, NETWORK_FEE, ORDER, PAYABLE, RECEIVABLE, ROUNDING, of, own,
};
use crate::{Funding, Payment, RefundRecord, Terms};
use base::codec_struct;
use directory::{Participant, Role};
use fx::Quote;
use ledger::{AccountKey, Transfer};
use money::{Money, MoneyError, Rounding, pro_rata};
use payment::RefundState;

/// Largest number of transfers of one template.
pub const MAX_TRANSFERS: usize = 12;

fn add(set: &mut Vec<Transfer>, debit: AccountKey, credit: AccountKey, amount_minor: u64) {
    if amount_minor > 0 {
        set.push(Transfer { debit, credit, amount_minor });
    }
}

/// How a converted amount falls apart: `total = base + markup ± rounding`.
#[derive(Clone, Copy)]
struct Parts {
    base: u64,
    markup: u64,
}

/// Books the wallet's side: what it owes against the order.
fn payer_side(
    set: &mut Vec<Transfer>,
    payer: AccountKey,
    order: Money,
    total: Money,
    parts: Option<Parts>,
) {
    let (wallet, home) = (total.currency(), order.currency());
    let Some(Parts { base, markup }) = parts else {
        return add(set, payer, own(ORDER, home), order.minor());
    };
    add(set, payer, own(FX, wallet), base);
    add(set, payer, own(MARKUP, wallet), markup);
    let booked = base + markup;
    add(set, payer, own(ROUNDING, wallet), total.minor().saturating_sub(booked));
    add(set, own(ROUNDING, wallet), payer, booked.saturating_sub(total.minor()));
    add(set, own(FX, home), own(ORDER, home), order.minor());
}

/// Books the acquirer's side: the order against what the acquirer gets.
fn payee_side(
    set: &mut Vec<Transfer>,
    payee: AccountKey,
    order: Money,
    total: Money,
    parts: Option<Parts>,
) {
    let (settled, home) = (total.currency(), order.currency());
    let Some(Parts { base, markup }) = parts else {
        return add(set, own(ORDER, home), payee, order.minor());
    };
    add(set, own(ORDER, home), own(FX, home), order.minor());
    add(set, own(FX, settled), payee, total.minor());
    add(set, own(FX, settled), own(MARKUP, settled), markup);
    let booked = total.minor() + markup;
    add(set, own(FX, settled), own(ROUNDING, settled), base.saturating_sub(booked));
    add(set, own(ROUNDING, settled), own(FX, settled), booked.saturating_sub(base));
}

fn parts(source: Money, quote: Option<&Quote>) -> Result<Option<Parts>, MoneyError> {
    let Some(quote) = quote else { return Ok(None) };
    let leg = fx::leg(source, quote)?;
    Ok(Some(Parts { base: leg.base_minor, markup: leg.markup_minor }))
}

/// The payment: wallet's debt, both conversions, the acquirer's claim, interchange and network fee.
pub fn payment(payment: &Payment, terms: &Terms) -> Result<Vec<Transfer>, MoneyError> {
    let Some(payer) = &payment.payer else { return Ok(Vec::new()) };
    let mut set = Vec::with_capacity(MAX_TRANSFERS);
    let receivable = of(payer.mpp, RECEIVABLE, terms.pay_to.currency());
    let payable = of(payment.acquirer, PAYABLE, terms.settlement.currency());
    let paid = parts(payment.amount, terms.payment_quote.as_ref())?;
    payer_side(&mut set, receivable, payment.amount, terms.pay_to, paid);
    let settled = parts(payment.amount, terms.settlement_quote.as_ref())?;
    payee_side(&mut set, payable, payment.amount, terms.settlement, settled);
    let interchange = of(payer.mpp, INTERCHANGE, terms.settlement.currency());
    add(&mut set, payable, interchange, terms.interchange.minor());
    let fee = own(NETWORK_FEE, terms.settlement.currency());
    add(&mut set, payable, fee, terms.network_fee.minor());
    Ok(set)
}

/// The same transfers the other way round: a cancelled payment leaves nothing behind.
pub fn reversal(set: &[Transfer]) -> Vec<Transfer> {
    set.iter().map(|t| Transfer { debit: t.credit, credit: t.debit, ..*t }).collect()
}

/// What of each amount of a payment a refund gives back, in minor units.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Shares {
    pub pay_to: u64,
    pub pay_base: u64,
    pub pay_markup: u64,
    pub settlement: u64,
    pub settlement_base: u64,
    pub settlement_markup: u64,
    pub interchange: u64,
    pub network_fee: u64,
}
codec_struct!(Shares {
    pay_to,
    pay_base,
    pay_markup,
    settlement,
    settlement_base,
    settlement_markup,
    interchange,
    network_fee,
});

impl Shares {
    /// Everything that a full refund gives back.
    pub fn whole(payment: &Payment, terms: &Terms) -> Result<Shares, MoneyError> {
        let paid = parts(payment.amount, terms.payment_quote.as_ref())?;
        let settled = parts(payment.amount, terms.settlement_quote.as_ref())?;
        let when = |yes: bool, amount: Money| if yes { amount.minor() } else { 0 };
        Ok(Shares {
            pay_to: terms.pay_to.minor(),
            pay_base: paid.map_or(0, |p| p.base),
            pay_markup: paid.map_or(0, |p| p.markup),
            settlement: terms.settlement.minor(),
            settlement_base: settled.map_or(0, |p| p.base),
            settlement_markup: settled.map_or(0, |p| p.markup),
            interchange: when(terms.refund_returns_interchange, terms.interchange),
            network_fee: when(terms.refund_returns_network_fee, terms.network_fee),
        })
    }

    /// Joins two shares amount by amount.
    fn zip(self, other: Shares, join: impl Fn(u64, u64) -> u64) -> Shares {
        Shares {
            pay_to: join(self.pay_to, other.pay_to),
            pay_base: join(self.pay_base, other.pay_base),
            pay_markup: join(self.pay_markup, other.pay_markup),
            settlement: join(self.settlement, other.settlement),
            settlement_base: join(self.settlement_base, other.settlement_base),
            settlement_markup: join(self.settlement_markup, other.settlement_markup),
            interchange: join(self.interchange, other.interchange),
            network_fee: join(self.network_fee, other.network_fee),
        }
    }
}

/// What a refund of `part` gives back, at the payment's own rates: its share of every amount, never
/// more than earlier refunds left; the refund that reaches the paid amount takes all that is left.
pub fn shares(payment: &Payment, terms: &Terms, part: Money) -> Result<Shares, MoneyError> {
    let whole = Shares::whole(payment, terms)?;
    let is_active = |refund: &&RefundRecord| refund.state != RefundState::Refused;
    let given = payment.refunds.iter().filter(is_active);
    let given = given.fold(Shares::default(), |sum, refund| sum.zip(refund.shares, |a, b| a + b));
    let left = whole.zip(given, u64::saturating_sub);
    let is_last = payment.refunded_minor() + part.minor() >= payment.amount.minor();
    if is_last && !base::planted(23) {
        return Ok(left);
    }
    // The pro-rata rule wants an amount; a share is one whatever its currency.
    let share = |whole: u64, left: u64| {
        let whole = Money::new(whole, part.currency());
        let exact = whole.and_then(|whole| {
            pro_rata(whole, part.minor(), payment.amount.minor(), Rounding::HalfEven)
        });
        exact.map_or(left, |share| share.minor().min(left))
    };
    Ok(whole.zip(left, share))
}

/// The refund: the payment's template with its share of every amount, the other way round.
pub fn refund(
    payment: &Payment,
    terms: &Terms,
    part: Money,
    shares: &Shares,
) -> Result<Vec<Transfer>, MoneyError> {
    let Some(payer) = &payment.payer else { return Ok(Vec::new()) };
    let mut set = Vec::with_capacity(MAX_TRANSFERS);
    let (wallet, settled) = (terms.pay_to.currency(), terms.settlement.currency());
    let receivable = of(payer.mpp, RECEIVABLE, wallet);
    let payable = of(payment.acquirer, PAYABLE, settled);
    let quoted =
        |quote: &Option<Quote>, base, markup| quote.as_ref().map(|_| Parts { base, markup });
    let paid = quoted(&terms.payment_quote, shares.pay_base, shares.pay_markup);
    payer_side(&mut set, receivable, part, Money::new(shares.pay_to, wallet)?, paid);
    let quote = &terms.settlement_quote;
    let parts = quoted(quote, shares.settlement_base, shares.settlement_markup);
    payee_side(&mut set, payable, part, Money::new(shares.settlement, settled)?, parts);
    add(&mut set, payable, of(payer.mpp, INTERCHANGE, settled), shares.interchange);
    add(&mut set, payable, own(NETWORK_FEE, settled), shares.network_fee);
    Ok(reversal(&set))
}

/// Money between the operator's bank and a participant: a wallet pays in, an acquirer is paid out.
pub fn funding(participant: &Participant, funding: &Funding) -> Vec<Transfer> {
    let currency = funding.amount.currency();
    let bank = own(BANK, currency);
    let (debit, credit) = match participant.role {
        Role::Mpp => (bank, of(participant.id, RECEIVABLE, currency)),
        Role::Acqp => (of(participant.id, PAYABLE, currency), bank),
    };
    vec![Transfer { debit, credit, amount_minor: funding.amount.minor() }]
}
