//! Rules for red packets and gift coupons.

use super::MarketFileError;
use super::amounts::Amounts;
use super::section::Section;
use base::Span;
use gifts::{Checked, GiftRules, PacketRules, RuleFault};

/// Where the file's name of a field is not the rules' name without `_minor`.
const FILE_NAMES: [(&str, &str); 4] = [
    ("life", "life_hours"),
    ("least_validity", "least_validity_days"),
    ("most_validity", "most_validity_days"),
    ("most_code_life", "most_code_life_minutes"),
];

pub(super) fn packets(
    file: &mut Section,
    amounts: Amounts,
) -> Result<Checked<PacketRules>, MarketFileError> {
    let mut it = file.section("packets")?;
    let rules = PacketRules {
        currency: amounts.currency,
        fewest_shares: it.number("fewest_shares", 1..=1_000)?,
        most_shares: it.number("most_shares", 1..=1_000)?,
        least_total_minor: amounts.take(&mut it, "least_total")?,
        most_total_minor: amounts.take(&mut it, "most_total")?,
        least_share_minor: amounts.take(&mut it, "least_share")?,
        life: Span::hours(it.number("life_hours", 1..=744)?),
        most_packets_a_day: it.number("most_packets_a_day", 1..=u32::MAX)?,
        most_total_a_day_minor: amounts.take(&mut it, "most_total_a_day")?,
        sender_may_claim: it.switch("sender_may_claim")?,
    };
    it.end()?;
    Checked::new(rules).map_err(|fault| in_file_words(&it, fault))
}

pub(super) fn gifts(
    file: &mut Section,
    amounts: Amounts,
) -> Result<Checked<GiftRules>, MarketFileError> {
    let mut it = file.section("gifts")?;
    let rules = GiftRules {
        currency: amounts.currency,
        least_face_minor: amounts.take(&mut it, "least_face")?,
        most_face_minor: amounts.take(&mut it, "most_face")?,
        least_price_bps: it.number("least_price_bps", 1..=10_000)?,
        least_validity: Span::days(it.number("least_validity_days", 1..=3_653)?),
        most_validity: Span::days(it.number("most_validity_days", 1..=3_653)?),
        most_stock: it.number("most_stock", 1..=u32::MAX)?,
        most_per_customer: it.number("most_per_customer", 1..=u32::MAX)?,
        may_forfeit: it.switch("may_forfeit")?,
        most_change_from_bps: it.number("most_change_from_bps", 1..=10_000)?,
        least_before_claim_bps: it.number("least_before_claim_bps", 0..=10_000)?,
        least_after_expiry_bps: it.number("least_after_expiry_bps", 0..=10_000)?,
        most_code_life: Span::minutes(it.number("most_code_life_minutes", 1..=1_440)?),
    };
    it.end()?;
    Checked::new(rules).map_err(|fault| in_file_words(&it, fault))
}

/// The rules' own words, with the names that the fields have in the file.
fn in_file_words(it: &Section, fault: RuleFault) -> MarketFileError {
    let renamed = |name: &str| {
        let found = FILE_NAMES.iter().find(|(rule, _)| *rule == name);
        found.map_or_else(|| name.replace("_minor", ""), |(_, file)| (*file).to_owned())
    };
    // Names stand in back quotes: every second piece is one.
    let pieces = fault.must.split('`').enumerate();
    let pieces = pieces.map(|(at, it)| if at % 2 == 1 { renamed(it) } else { it.to_owned() });
    let must = pieces.collect::<Vec<_>>().join("`");
    it.bad(&renamed(fault.field), format!("must {must}"))
}
