//! The rules for accounts: currency, zone, tiers, fees, new payees, PINs, holidays.

use super::MarketFileError;
use super::amounts::Amounts;
use super::section::Section;
use account::{AccountRules, Fee, LocalDay, PayeeRules, PinRules, Tier, Zone};
use base::Span;
use money::Currency;

/// The longest time that a rule may make somebody wait, in minutes: 30 days.
const MOST_MINUTES: u64 = 43_200;

pub(super) fn currency(file: &mut Section) -> Result<Currency, MarketFileError> {
    let what = "a code of ISO 4217 in quotes, such as \"PHP\"";
    let code = file.string("currency", what)?;
    let problem = format!("`{code}` must be {what}");
    Currency::from_code(&code).ok_or_else(|| file.bad("currency", problem))
}

pub(super) fn read(file: &mut Section, amounts: Amounts) -> Result<AccountRules, MarketFileError> {
    let minutes_east = file.number("utc_offset_minutes", -720..=840)?;
    let zone = Zone::new(minutes_east).expect("the bounds are a zone's");
    let tiers = file.sections("tiers")?;
    let mut fees = file.section("fees")?;
    let rules = AccountRules {
        currency: amounts.currency,
        zone,
        tiers: tiers.into_iter().map(|it| tier(it, amounts)).collect::<Result<_, _>>()?,
        withdraw_fee: fee(&mut fees, "withdraw", amounts)?,
        send_fee: fee(&mut fees, "send", amounts)?,
        cash_in_fee: fee(&mut fees, "cash_in", amounts)?,
        cash_out_fee: fee(&mut fees, "cash_out", amounts)?,
        payee: payee(file, amounts)?,
        pin: pin(file)?,
        holidays: file
            .dates("holidays")?
            .into_iter()
            .map(|day| LocalDay(day.since_1970()))
            .collect(),
    };
    fees.end()?;
    Ok(rules)
}

fn tier(mut it: Section, amounts: Amounts) -> Result<Tier, MarketFileError> {
    let tier = Tier {
        name: it.text("name")?,
        payment_minor: amounts.take(&mut it, "payment")?,
        day_minor: amounts.take(&mut it, "day")?,
        month_minor: amounts.take(&mut it, "month")?,
        balance_minor: amounts.take(&mut it, "balance")?,
    };
    it.end()?;
    Ok(tier)
}

/// Every fee is named, so that nobody forgets one; a free service says `{ most = "0" }`.
fn fee(fees: &mut Section, name: &str, amounts: Amounts) -> Result<Fee, MarketFileError> {
    let mut it = fees.section(name)?;
    let share_bps = if it.has("share_bps") { it.number("share_bps", 0..=10_000)? } else { 0 };
    let fee = Fee {
        fixed_minor: amounts.optional(&mut it, "fixed")?.unwrap_or(0),
        share_bps,
        least_minor: amounts.optional(&mut it, "least")?.unwrap_or(0),
        most_minor: amounts.take(&mut it, "most")?,
    };
    it.end()?;
    Ok(fee)
}

fn payee(file: &mut Section, amounts: Amounts) -> Result<PayeeRules, MarketFileError> {
    let mut it = file.section("payee")?;
    let rules = PayeeRules {
        cooling_from_minor: amounts.take(&mut it, "cooling_from")?,
        cooling: Span::minutes(it.number("cooling_minutes", 0..=MOST_MINUTES)?),
        first_most_minor: amounts.take(&mut it, "first_most")?,
    };
    if rules.first_most_minor == 0 {
        return Err(it.bad("first_most", "must be above zero, or nobody can ever be paid"));
    }
    it.end()?;
    Ok(rules)
}

fn pin(file: &mut Section) -> Result<PinRules, MarketFileError> {
    let mut it = file.section("pin")?;
    let rules = PinRules {
        tries: it.number("tries", 1..=10)?,
        wait: Span::minutes(it.number("wait_minutes", 1..=MOST_MINUTES)?),
        waits: it.number("waits", 1..=10)?,
    };
    it.end()?;
    Ok(rules)
}
