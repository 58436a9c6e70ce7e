//! The market of a real wallet: small limits and short times, so that a run meets all of them.

use crate::preset::text;
use account::{AccountRules, Fee, PayeeRules, PinRules, Tier, Zone};
use base::Span;
use gifts::{Checked, GiftRules, PacketRules};
use money::Currency;
use savings::{Calendar, Price, SavingsRules, SavingsTerms};
use services::Share;
use wallet::{Features, Market, PayCodes, ServiceRules};

/// What things cost is told in these: a payment abroad is at most about three hundred.
pub(crate) fn unit_minor(currency: Currency) -> u64 {
    match currency.code() {
        "KRW" => 100,
        "PHP" => 300,
        _ => 50,
    }
}

fn fixed(minor: u64) -> Fee {
    Fee { fixed_minor: minor, share_bps: 0, least_minor: 0, most_minor: minor }
}

fn tier(name: &str, limits: [u64; 4], unit: u64) -> Tier {
    Tier::new(name, limits.map(|it| it * unit)).expect("limits that grow")
}

/// Minutes east of Greenwich.
fn offset_min(currency: Currency) -> i16 {
    if currency.code() == "KRW" { 540 } else { 480 }
}

pub(crate) fn small_market(currency: Currency) -> Market {
    let unit = unit_minor(currency);
    Market {
        code: text("sim"),
        brand: text("Simulated"),
        country: text("PH"),
        languages: vec![text("en")],
        local_scheme: text("qrph"),
        features: Features {
            packets: true,
            gifts: true,
            savings: true,
            services: true,
            agents: true,
        },
        codes: PayCodes::ON,
        account: AccountRules {
            currency,
            zone: Zone::new(offset_min(currency)).expect("a zone of this world"),
            tiers: vec![
                tier("basic", [400, 2_000, 6_000, 4_300], unit),
                tier("full", [1_000, 6_000, 20_000, 6_000], unit),
            ],
            withdraw_fee: fixed(unit / 10),
            send_fee: Fee { fixed_minor: 0, share_bps: 100, least_minor: 0, most_minor: unit },
            cash_in_fee: fixed(unit / 20),
            cash_out_fee: fixed(unit / 20),
            payee: PayeeRules {
                cooling_from_minor: 20 * unit,
                cooling: Span::minutes(2),
                first_most_minor: 300 * unit,
            },
            pin: PinRules { tries: 3, wait: Span::minutes(10), waits: 2 },
            holidays: [].into(),
        },
        request_for: Span::minutes(5),
        cash_for: Span::minutes(5),
        packets: packet_rules(currency, unit),
        gifts: gift_rules(currency, unit),
        savings: Some(SavingsRules::new(savings_terms(currency, unit)).expect("sane terms")),
        services: ServiceRules {
            donation_fee: Share::NONE,
            ride_fee: Share::new(200).expect("a share"),
            ticket_fee: Share::new(150).expect("a share"),
        },
    }
}

fn packet_rules(currency: Currency, unit: u64) -> Checked<PacketRules> {
    Checked::new(PacketRules {
        currency,
        fewest_shares: 2,
        most_shares: 20,
        least_total_minor: 10,
        most_total_minor: 200 * unit,
        least_share_minor: 1,
        life: Span::minutes(4),
        most_packets_a_day: 8,
        most_total_a_day_minor: 800 * unit,
        sender_may_claim: true,
    })
    .expect("sane rules")
}

fn gift_rules(currency: Currency, unit: u64) -> Checked<GiftRules> {
    Checked::new(GiftRules {
        currency,
        least_face_minor: unit,
        most_face_minor: 400 * unit,
        least_price_bps: 5_000,
        least_validity: Span::minutes(2),
        most_validity: Span::days(2),
        most_stock: 1_000,
        most_per_customer: 10,
        may_forfeit: true,
        most_change_from_bps: 6_000,
        least_before_claim_bps: 0,
        least_after_expiry_bps: 0,
        most_code_life: Span::minutes(1),
    })
    .expect("sane rules")
}

/// Orders until three in the afternoon, every day.
fn savings_terms(currency: Currency, unit: u64) -> SavingsTerms {
    SavingsTerms {
        currency,
        min_sweep_minor: unit,
        instant_limit_minor: 600 * unit,
        pool_limit_minor: 2_000 * unit,
        band_bps: 50,
        max_price_age_days: 10,
        lowest_price: Price::new(5_000_000_000).expect("a price"),
        highest_price: Price::new(20_000_000_000).expect("a price"),
        calendar: Calendar {
            cut_off_min: 15 * 60,
            offset_min: i32::from(offset_min(currency)).try_into().expect("a zone's offset"),
            closed_weekdays: 0,
            holidays: Vec::new(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preset::currency;

    #[test]
    fn the_markets_make_sense() {
        for code in ["KRW", "PHP", "HKD", "CNY"] {
            small_market(currency(code)).check().unwrap();
        }
    }
}
