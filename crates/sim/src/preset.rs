//! A small world that scenarios, simulation and benches start from: three wallets, two acquirers,
//! shops, rates.
//!
//! | id | code | what | country | settles in |
//! |---|---|---|---|---|
//! | 1 | `W-KR` | wallet Hanro Pay | KR | KRW |
//! | 2 | `W-PH` | wallet Luzon Pay | PH | PHP |
//! | 3 | `W-HK` | wallet Peak Pay | HK | HKD |
//! | 4 | `A-JP` | acquirer Sakura Acquiring | JP | JPY, USD |
//! | 5 | `A-TH` | acquirer Chao Phraya Acquiring | TH | THB, USD |

use base::{Text, Timestamp};
use directory::{
    Contract, Country, Endpoints, FeeRule, Fees, Mcc, Participant, ParticipantStatus, Product,
    Role, Store,
};
use fx::RateFeed;
use ids::{ParticipantId, PartnerText};
use money::{Currency, Money, Rate};
use network::{AddParticipant, Change, LoadRates, RegisterMerchant};

pub fn text<const MAX: usize>(text: &str) -> Text<MAX> {
    Text::new(text).expect("a constant of this file")
}
pub fn currency(code: &str) -> Currency {
    Currency::from_code(code).expect("a constant of this file")
}
pub fn money(code: &str, minor: u64) -> Money {
    Money::new(minor, currency(code)).expect("a constant of this file")
}
pub fn country(code: &str) -> Country {
    Country::new(code).expect("a constant of this file")
}

/// Mid rates against the euro, in the order of magnitude of 2026.
pub const RATES: [(&str, &str); 9] = [
    ("USD", "1.0840"),
    ("JPY", "163.25"),
    ("KRW", "1472.60"),
    ("PHP", "61.385"),
    ("HKD", "8.4312"),
    ("THB", "37.412"),
    ("SGD", "1.4391"),
    ("CNY", "7.7815"),
    ("MYR", "4.7980"),
];

/// The rates as a feed of one source.
pub fn rate_feed(as_of: Timestamp) -> RateFeed {
    let reference = currency("EUR");
    let rate = |(code, price): &(&str, &str)| {
        Rate::parse(reference, currency(code), price).expect("a constant of this file")
    };
    RateFeed {
        source: text("preset"),
        as_of,
        reference,
        rates: RATES.iter().map(rate).collect(),
        accept_outside_band: false,
    }
}

struct Line {
    id: u32,
    role: Role,
    code: &'static str,
    name: &'static str,
    country: &'static str,
    currencies: &'static [&'static str],
    markup_bps: u32,
}

#[rustfmt::skip]
const PARTICIPANTS: [Line; 5] = [
    Line { id: 1, role: Role::Mpp, code: "W-KR", name: "Hanro Pay", country: "KR", currencies: &["KRW"], markup_bps: 50 },
    Line { id: 2, role: Role::Mpp, code: "W-PH", name: "Luzon Pay", country: "PH", currencies: &["PHP"], markup_bps: 60 },
    Line { id: 3, role: Role::Mpp, code: "W-HK", name: "Peak Pay", country: "HK", currencies: &["HKD"], markup_bps: 40 },
    Line { id: 4, role: Role::Acqp, code: "A-JP", name: "Sakura Acquiring", country: "JP", currencies: &["JPY", "USD"], markup_bps: 20 },
    Line { id: 5, role: Role::Acqp, code: "A-TH", name: "Chao Phraya Acquiring", country: "TH", currencies: &["THB", "USD"], markup_bps: 25 },
];

fn contract(line: &Line) -> Contract {
    let fees = Fees { interchange_bps: 80, network_bps: 30, ..Fees::default() };
    let fees = FeeRule { mcc: None, reach: None, currency: None, fees };
    let is_acquirer = line.role == Role::Acqp;
    Contract {
        settlement_currencies: line.currencies.iter().map(|code| currency(code)).collect(),
        products: Product::ALL.to_vec(),
        fees: if is_acquirer { vec![fees] } else { Vec::new() },
        markup_bps: line.markup_bps,
        refund_returns_interchange: true,
        refund_returns_network_fee: false,
        ..Contract::default()
    }
}

/// The five participants. Their client ids are their codes with `CLIENT-` before; they have no keys
/// yet.
pub fn participants() -> Vec<Participant> {
    PARTICIPANTS
        .iter()
        .map(|line| Participant {
            id: ParticipantId(line.id),
            role: line.role,
            code: text(line.code),
            client_id: text(&format!("CLIENT-{}", line.code)),
            name: text(line.name),
            country: country(line.country),
            status: ParticipantStatus::Active,
            keys: Vec::new(),
            endpoints: Endpoints::default(),
            contract: contract(line),
        })
        .collect()
}

/// Registers one merchant with one store.
pub fn merchant(
    acquirer: u32,
    reference: &str,
    name: &str,
    (mcc, city): (&str, &str),
) -> RegisterMerchant {
    let home = if acquirer == 4 { "JP" } else { "TH" };
    let mcc = Mcc::new(mcc).expect("a constant of this file");
    let store = Store::new(text(&format!("{reference}-S1")), text(name), mcc);
    RegisterMerchant {
        acquirer: ParticipantId(acquirer),
        request_id: text::<64>(&format!("REG-{reference}")),
        reference: text(reference),
        name: text(name),
        display_name: PartnerText::new(name).ok(),
        mcc,
        country: country(home),
        city: Text::new(city).ok(),
        products: Product::ALL.to_vec(),
        store: Some(store),
        legal: None,
        notify_url: None,
    }
}

pub fn merchants() -> Vec<RegisterMerchant> {
    vec![
        merchant(4, "M-RAMEN", "Ramen Ichiban", ("5812", "Osaka")),
        merchant(4, "M-TEA", "Kyoto Tea House", ("5499", "Kyoto")),
        merchant(5, "M-MANGO", "Mango Sticky Rice Stall", ("5814", "Bangkok")),
        merchant(5, "M-TUKTUK", "Tuk-tuk Somchai", ("4121", "Bangkok")),
    ]
}

/// Everything that sets the world up, in order, as operator's changes; merchants follow as
/// registrations.
pub fn changes(now: Timestamp) -> Vec<Change> {
    let add = |participant| Change::AddParticipant(Box::new(AddParticipant { participant }));
    let mut changes: Vec<Change> = participants().into_iter().map(add).collect();
    changes.push(Change::LoadRates(Box::new(LoadRates { feed: rate_feed(now) })));
    changes
}
