//! The shipped files, and every way in which a file can be wrong.

use super::*;
use ::account::{LocalDay, Tier};
use base::{decode_all, encode};
use money::Day;
use toml::{Table, Value};
use wallet::{CodeKind, CodeRule};

fn shipped(code: &str) -> Market {
    read_market(shipped_market(code).unwrap()).unwrap_or_else(|error| panic!("{code}: {error}"))
}

fn day(year: u16, month: u8, day: u8) -> LocalDay {
    LocalDay(Day::new(year, month, day).since_1970())
}

/// One of the shipped files with one field changed, taken away (`None`) or added.
fn changed(code: &str, path: &str, value: Option<&str>) -> String {
    let mut file: Table = shipped_market(code).unwrap().parse().unwrap();
    let mut steps: Vec<&str> = path.split('.').collect();
    let last = steps.pop().unwrap();
    let mut table = &mut file;
    for step in steps {
        let (name, place) = match step.split_once('[') {
            Some((name, rest)) => {
                (name, Some(rest.trim_end_matches(']').parse::<usize>().unwrap()))
            }
            None => (step, None),
        };
        let mut found = table.get_mut(name).unwrap_or_else(|| panic!("{path}"));
        if let Some(place) = place {
            found = &mut found.as_array_mut().unwrap()[place];
        }
        table = found.as_table_mut().unwrap();
    }
    match value {
        Some(value) => {
            let read: Table = format!("it = {value}").parse().unwrap();
            table.insert(last.to_owned(), read["it"].clone());
        }
        None => {
            table.remove(last).unwrap_or_else(|| panic!("{path} is not there"));
        }
    }
    file.to_string()
}

fn wrong(code: &str, path: &str, value: Option<&str>) -> MarketFileError {
    match read_market(&changed(code, path, value)) {
        Ok(_) => panic!("{path} = {value:?} is taken"),
        Err(error) => error,
    }
}

#[test]
fn every_shipped_market_is_whole_and_survives_its_bytes() {
    let expected = [
        ("hk", "HK", "HKD", 2, "fps_hk", 480),
        ("kr", "KR", "KRW", 0, "zeropay", 540),
        ("ph", "PH", "PHP", 2, "qrph", 480),
        ("th", "TH", "THB", 2, "promptpay", 420),
        ("id", "ID", "IDR", 2, "qris", 420),
        ("in", "IN", "INR", 2, "upi", 330),
    ];
    let codes: Vec<&str> = SHIPPED_MARKETS.iter().map(|(code, _)| *code).collect();
    assert_eq!(codes, expected.map(|it| it.0));
    for (code, country, currency, exponent, scheme, minutes_east) in expected {
        let market = shipped(code);
        assert_eq!(market.code.as_str(), code);
        assert_eq!(market.country.as_str(), country);
        let found = market.account.currency;
        assert_eq!((found.code(), found.exponent()), (currency, exponent));
        assert_eq!(market.local_scheme.as_str(), scheme);
        assert_eq!(market.account.zone.minutes_east(), minutes_east);
        assert_eq!(decode_all::<Market>(&encode(&market)), Ok(market), "{code}");
    }
    assert_eq!(shipped_market("xx"), None);
}

#[test]
fn limits_rise_from_tier_to_tier() {
    for (code, _) in SHIPPED_MARKETS {
        let market = shipped(code);
        let limits = |it: &Tier| [it.day_minor, it.month_minor, it.balance_minor];
        for pair in market.account.tiers.windows(2) {
            assert!(pair[0].payment_minor < pair[1].payment_minor, "{code}");
            let steps = limits(&pair[0]).into_iter().zip(limits(&pair[1]));
            assert!(steps.into_iter().all(|(low, high)| low <= high), "{code}");
        }
        // What the best known customer may pay at once is enough for each product.
        let highest = market.account.tiers.last().unwrap().payment_minor;
        assert!(market.packets.most_total_minor <= highest, "{code}");
        assert!(market.gifts.most_face_minor <= highest, "{code}");
    }
}

#[test]
fn every_shipped_market_has_the_holidays_of_two_years() {
    for (code, _) in SHIPPED_MARKETS {
        let holidays = shipped(code).account.holidays;
        for year in [2026, 2027] {
            let count = holidays.iter().filter(|day| day.date().0 == u32::from(year)).count();
            assert!((6..=20).contains(&count), "{code} has {count} in {year}");
            assert!(holidays.contains(&day(year, 12, 25)) || code == "th", "{code} {year}");
        }
    }
    let (korea, hong_kong) = (shipped("kr").account.holidays, shipped("hk").account.holidays);
    // The same new moon, on two sides of midnight.
    assert!(korea.contains(&day(2027, 2, 7)) && !hong_kong.contains(&day(2027, 2, 7)));
}

#[test]
fn amounts_are_read_in_the_decimals_of_their_currency() {
    assert_eq!(shipped("kr").account.tiers[0].payment_minor, 200_000);
    assert_eq!(shipped("hk").account.tiers[0].payment_minor, 100_000);
    assert_eq!(shipped("hk").packets.least_share_minor, 1);
    assert_eq!(shipped("hk").savings.unwrap().terms().lowest_price.e8(), 5_000_000_000);
    assert_eq!(shipped("kr").savings.unwrap().terms().lowest_price.e8(), 50_000_000_000);
    let at = "tiers[0].payment";
    for (code, text, minor) in [
        ("kr", "999", Some(999)),
        ("kr", "999.0", None),
        ("kr", "0.5", None),
        ("hk", "99.95", Some(9_995)),
        ("hk", "99.9", Some(9_990)),
        ("hk", "0099", Some(9_900)),
        ("hk", "99.950", None),
        ("hk", "99.", None),
        ("hk", ".95", None),
        ("hk", "", None),
        ("hk", "-1", None),
        ("hk", "+1", None),
        ("hk", "1,000", None),
        ("hk", "1e3", None),
        ("hk", "\u{661}", None),
        ("hk", "10000000000000.01", None),
        ("hk", "99999999999999999999", None),
    ] {
        let file = changed(code, at, Some(&format!("\"{text}\"")));
        match (read_market(&file), minor) {
            (Ok(market), Some(minor)) => assert_eq!(market.account.tiers[0].payment_minor, minor),
            (Err(error), None) => assert_eq!(error.field, at, "{text}"),
            (read, _) => panic!("{text}: {read:?}"),
        }
    }
    let error = wrong("kr", at, Some("\"0.5\"")).to_string();
    let must = "must be an amount of KRW in quotes, without decimals, such as \"1500\"";
    assert_eq!(error, format!("{at}: `0.5` {must}"));
    let error = wrong("hk", at, Some("1000")).to_string();
    let must = "must be an amount of HKD in quotes, with at most 2 decimals, such as \"99.5\"";
    assert_eq!(error, format!("{at}: `1000` {must}"));
}

/// Every field of a file with its path, and the sections themselves.
fn paths(table: &Table, at: &str, found: &mut Vec<String>) {
    for (name, value) in table {
        let path = if at.is_empty() { name.clone() } else { format!("{at}.{name}") };
        match value {
            Value::Table(inner) => paths(inner, &path, found),
            Value::Array(values) if values.iter().all(Value::is_table) && !values.is_empty() => {
                for (place, inner) in values.iter().enumerate() {
                    paths(inner.as_table().unwrap(), &format!("{path}[{place}]"), found);
                }
            }
            _ => {}
        }
        found.push(path);
    }
}

fn all_paths(code: &str) -> Vec<String> {
    let mut found = Vec::new();
    paths(&shipped_market(code).unwrap().parse().unwrap(), "", &mut found);
    found
}

/// Fields that may be left out.
fn is_optional(path: &str) -> bool {
    let is_fee = path.starts_with("fees.") && path.matches('.').count() == 2;
    let is_code = path.starts_with("codes.") && path.ends_with(".most");
    (is_fee && !path.ends_with(".most")) || is_code
}

#[test]
fn a_field_that_is_missing_or_of_another_kind_is_named() {
    let paths = all_paths("ph");
    assert!(paths.len() > 100, "{}", paths.len());
    for path in paths.iter().filter(|path| !path.ends_with(']')) {
        let of_kind = wrong("ph", path, Some("1979-05-27T07:32:00Z"));
        assert_eq!(of_kind.field, *path, "{of_kind}");
        assert!(of_kind.problem.contains("must be"), "{of_kind}");
        if is_optional(path) {
            read_market(&changed("ph", path, None)).unwrap();
            continue;
        }
        let missing = wrong("ph", path, None);
        assert_eq!(missing.field, *path, "{missing}");
        assert!(missing.problem.starts_with("is missing; must be ") || path == "savings");
    }
}

#[test]
fn a_field_that_is_unknown_is_named() {
    let mut sections: Vec<String> = all_paths("ph")
        .iter()
        .filter_map(|path| path.rsplit_once('.'))
        .map(|(section, _)| format!("{section}."))
        .collect();
    sections.push(String::new());
    sections.dedup();
    assert!(sections.len() > 15);
    for section in sections {
        let path = format!("{section}colour");
        let error = wrong("ph", &path, Some("\"red\""));
        let problem = "is no field of this section; look at its spelling";
        assert_eq!(error, MarketFileError::new(path, problem));
    }
}

/// Path, value, the field that is blamed when it is another one, and a part of what is said.
type Mistake = (&'static str, &'static str, &'static str, &'static str);

#[rustfmt::skip]
const MISTAKES: &[Mistake] = &[
    ("code", "\"\"", "", "must not be empty"),
    ("brand", "\"\\u0007\"", "", "character"),
    ("country", "\"ph\"", "", "must be two capital letters"),
    ("country", "\"PHL\"", "", "longer than 2"),
    ("currency", "\"PHX\"", "", "`PHX` must be a code of ISO 4217"),
    ("languages", "[]", "", "must name at least one"),
    ("languages", "[\"en\", \"en\"]", "", "`en` must be a tag"),
    ("languages", "[\"english\"]", "", "must be a tag like en or zh-Hant-HK"),
    ("languages", "[\"en_PH\"]", "", "must be a tag"),
    ("utc_offset_minutes", "841", "", "`841` must be a whole number from -720 to 840"),
    ("local_scheme", "\"qrxx\"", "", "`qrxx` must be one of"),
    ("request_waits_days", "0", "", "from 1 to 366"),
    ("cash_waits_minutes", "-1", "", "from 1 to 10080"),
    ("holidays", "[1969-12-25]", "", "must be a day without quotes, such as 2026-12-25"),
    ("holidays", "[\"2026-12-25\"]", "", "must be a day without quotes"),
    ("holidays", "[2026-12-25T10:00:00]", "", "must be a day without quotes"),
    ("holidays", "[2026-12-25, 2026-12-25]", "", "must come after the day before it"),
    ("holidays", "[2027-01-01, 2026-12-25]", "", "must come after the day before it"),
    ("features.savings", "false", "savings", "must be there with the feature, or neither"),
    ("codes.user.on", "1", "", "must be true or false"),
    ("codes.user.on", "false", "codes.user.most", "must not stand with a code that is off"),
    ("codes.entry.most", "\"50000\"", "", "lower than the highest tier's limit"),
    ("codes.cashier.most", "\"0\"", "", "must be at least 1"),
    ("tiers", "[]", "", "must be 1 to 8"),
    ("tiers[0].name", "\"\"", "", "must not be empty"),
    ("tiers[1].payment", "\"0\"", "", "must be at least 1"),
    ("tiers[1].day", "\"19999\"", "", "must not be lower than the limit of one payment"),
    ("tiers[2].month", "\"99999.99\"", "", "must not be lower than the limit of a day"),
    ("tiers[2].balance", "\"0\"", "", "must be at least 1"),
    ("fees.withdraw.fixed", "\"0.001\"", "", "at most 2 decimals"),
    ("fees.withdraw.most", "\"0\"", "", "must be given with a fee"),
    ("fees.cash_out.share_bps", "10001", "", "from 0 to 10000"),
    ("fees.cash_out.least", "\"301\"", "", "must not be above the most"),
    ("payee.first_most", "\"0\"", "", "must be above zero"),
    ("payee.cooling_minutes", "43201", "", "from 0 to 43200"),
    ("pin.tries", "0", "", "from 1 to 10"),
    ("pin.tries", "256", "", "from 1 to 10"),
    ("pin.wait_minutes", "0", "", "from 1 to 43200"),
    ("pin.waits", "0", "", "from 1 to 10"),
    ("packets.fewest_shares", "101", "packets.most_shares", "must be at least `fewest_shares`"),
    ("packets.most_shares", "1001", "", "from 1 to 1000"),
    ("packets.least_total", "\"0\"", "", "must be 1 or more"),
    ("packets.most_total", "\"0.99\"", "", "must be at least `least_total` and an amount"),
    ("packets.least_share", "\"0\"", "", "must be 1 or more"),
    ("packets.least_share", "\"100.01\"", "packets.most_total", "be enough for `most_shares`"),
    ("packets.life_hours", "745", "", "from 1 to 744"),
    ("packets.most_packets_a_day", "4294967296", "", "from 1 to 4294967295"),
    ("packets.most_total_a_day", "\"9999.99\"", "", "must be at least `most_total`"),
    ("packets.sender_may_claim", "\"yes\"", "", "must be true or false"),
    ("gifts.least_face", "\"10000.01\"", "gifts.most_face", "must be at least `least_face`"),
    ("gifts.least_price_bps", "0", "", "from 1 to 10000"),
    ("gifts.most_validity_days", "3652", "", "must be at least `least_validity_days`"),
    ("gifts.most_validity_days", "3654", "", "from 1 to 3653"),
    ("gifts.most_stock", "0", "", "from 1 to"),
    ("gifts.most_change_from_bps", "0", "", "from 1 to 10000"),
    ("gifts.least_after_expiry_bps", "10001", "", "from 0 to 10000"),
    ("gifts.most_code_life_minutes", "1441", "", "from 1 to 1440"),
    ("services.ride_fee_bps", "10001", "", "from 0 to 10000"),
    ("savings.least_sweep", "\"0\"", "", "must be 1 to 10^15 minor units"),
    ("savings.instant_of_all", "\"19999\"", "", "must be instant_a_day to 10^15 minor units"),
    ("savings.band_bps", "1001", "", "from 1 to 1000"),
    ("savings.price_age_days", "61", "", "from 1 to 60"),
    ("savings.lowest_price", "\"0.0009\"", "", "from a tenth of a minor unit"),
    ("savings.lowest_price", "\"1.12345678901\"", "", "at most 10 decimals"),
    ("savings.highest_price", "\"0.5\"", "", "must be above lowest_price"),
    ("savings.cut_off", "\"00:00\"", "", "from \"00:01\" to \"24:00\""),
    ("savings.cut_off", "\"24:01\"", "", "must be a time"),
    ("savings.cut_off", "\"9:00\"", "", "must be a time"),
    ("savings.cut_off", "\"12:60\"", "", "must be a time"),
    ("savings.closed_weekdays", "[\"Sunday\"]", "", "`Sunday` must be one of monday, tuesday"),
    ("savings.closed_weekdays", "[\"monday\", \"tuesday\", \"wednesday\", \"thursday\", \
      \"friday\", \"saturday\", \"sunday\"]", "", "one of them clear"),
    ("savings.more_holidays", "[2026-12-25]", "", "2026-12-25 stands in `holidays` already"),
];

#[test]
fn every_mistake_is_named_with_what_would_be_right() {
    for (path, value, blamed, part) in MISTAKES {
        let error = wrong("ph", path, Some(value));
        let blamed = if blamed.is_empty() { path } else { blamed };
        assert_eq!(error.field, *blamed, "{path} = {value}: {error}");
        assert!(error.problem.contains(part), "{path} = {value}: {error}");
    }
}

#[test]
fn a_file_that_is_no_toml_is_refused_with_the_place() {
    // A name that stands twice, a day that the calendar does not have, and no end of a text.
    for second in ["code = \"th\"", "holidays = [2026-02-29]", "brand = \"Bangka"] {
        let error = read_market(&format!("code = \"ph\"\n{second}\n")).unwrap_err();
        assert_eq!(error.field, "file");
        assert!(error.problem.contains("line 2"), "{error}");
    }
}

#[test]
fn what_may_be_left_out_has_a_plain_meaning() {
    let without_limit = read_market(&changed("ph", "codes.user.most", None)).unwrap();
    assert_eq!(without_limit.codes.rule(CodeKind::User), CodeRule::ON);
    let limited = CodeRule { is_on: true, most_minor: Some(1_000_000) };
    assert_eq!(shipped("ph").codes.rule(CodeKind::User), limited);
    let off = read_market(&changed("ph", "codes.cashier.on", Some("false"))).unwrap();
    assert_eq!(off.codes.rule(CodeKind::Cashier), CodeRule::OFF);
    assert_eq!(shipped("in").savings, None);
    // The fund is closed when banks are, and on days of its own.
    let more = read_market(&changed("ph", "savings.more_holidays", Some("[2026-12-24]"))).unwrap();
    let count = |market: &Market| market.savings.as_ref().unwrap().calendar().holidays.len();
    assert_eq!(count(&more), more.account.holidays.len() + 1);
}

const PAGE: &str = include_str!("../../../../docs/wallet-markets.md");

#[test]
fn the_page_names_every_field() {
    for path in all_paths("ph") {
        let name = path.rsplit('.').next().unwrap().split('[').next().unwrap();
        let is_named =
            [format!("`{name}`"), format!("[{name}]")].iter().any(|it| PAGE.contains(it));
        assert!(is_named, "{path}");
    }
}

/// Is everything that stands here the same there? A list may be shorter.
fn is_part(part: &Value, whole: &Value) -> bool {
    match (part, whole) {
        (Value::Table(part), Value::Table(whole)) => {
            part.iter().all(|(name, it)| whole.get(name).is_some_and(|other| is_part(it, other)))
        }
        (Value::Array(part), Value::Array(whole)) => {
            part.len() <= whole.len()
                && part.iter().zip(whole).all(|(it, other)| is_part(it, other))
        }
        _ => part == whole,
    }
}

#[test]
fn the_example_of_the_page_is_the_file() {
    let (_, example) = PAGE.split_once("```toml\n").unwrap();
    let (example, _) = example.split_once("```").unwrap();
    let example: Table = example.parse().unwrap();
    let file: Table = shipped_market("kr").unwrap().parse().unwrap();
    assert!(example.len() > 10 && is_part(&example.into(), &file.into()));
}
