//! Reads a market's rules from its file (TOML), and has the files that ship with the program.
//!
//! Amounts stand there in major units, as people write them: `"1500"`, `"99.95"`. What the rules
//! have to be is decided by the crates that own them; here their words become those of the file.
//! `docs/wallet-markets.md` explains the file.

mod account;
mod amounts;
mod codes;
mod days;
mod gifts;
mod savings;
mod section;
mod services;
mod shipped;
#[cfg(test)]
mod tests;

pub use shipped::{SHIPPED_MARKETS, shipped_market};

use self::amounts::Amounts;
use self::section::Section;
use base::{Span, Text};
use wallet::{Features, Market};

/// Why a file is no market: the field with its path, and what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {problem}")]
pub struct MarketFileError {
    pub field: String,
    pub problem: String,
}

impl MarketFileError {
    fn new(field: impl Into<String>, problem: impl std::fmt::Display) -> MarketFileError {
        MarketFileError { field: field.into(), problem: problem.to_string() }
    }
}

/// Reads a market's file. Errors: the field that is missing, unknown or makes no sense.
pub fn read_market(file: &str) -> Result<Market, MarketFileError> {
    let mut file = Section::of_file(file)?;
    let market = read(&mut file)?;
    file.end()?;
    market.check().map_err(|error| MarketFileError::new(error.field, error.problem))?;
    Ok(market)
}

fn read(file: &mut Section) -> Result<Market, MarketFileError> {
    let code = file.text("code")?;
    let brand = file.text("brand")?;
    let country = file.text("country")?;
    let languages = languages(file)?;
    let local_scheme = local_scheme(file)?;
    let amounts = Amounts { currency: account::currency(file)? };
    let features = features(file)?;
    let account = account::read(file, amounts)?;
    let savings = savings::read(file, amounts, &account)?;
    Ok(Market {
        code,
        brand,
        country,
        languages,
        local_scheme,
        features,
        codes: codes::read(file, amounts)?,
        account,
        request_for: Span::days(file.number("request_waits_days", 1..=366)?),
        cash_for: Span::minutes(file.number("cash_waits_minutes", 1..=10_080)?),
        savings,
        packets: gifts::packets(file, amounts)?,
        gifts: gifts::gifts(file, amounts)?,
        services: services::read(file)?,
    })
}

/// Languages of one market, at most.
const MAX_LANGUAGES: usize = 16;

fn languages(file: &mut Section) -> Result<Vec<Text<16>>, MarketFileError> {
    let name = "languages";
    let mut tags = Vec::new();
    for tag in file.strings(name)? {
        let is_tag = tag.split('-').enumerate().all(|(at, part)| {
            let lengths = if at == 0 { 2..=3 } else { 1..=8 };
            let is_word = part.bytes().all(|byte| byte.is_ascii_alphanumeric());
            lengths.contains(&part.len()) && is_word
        });
        let problem = format!("`{tag}` must be a tag like en or zh-Hant-HK");
        let bad = || file.bad(name, &problem);
        let read = Text::new(&tag).map_err(|_| bad())?;
        if !is_tag || tags.contains(&read) {
            return Err(bad());
        }
        tags.push(read);
    }
    if tags.len() > MAX_LANGUAGES {
        return Err(file.bad(name, format!("must be at most {MAX_LANGUAGES} tags")));
    }
    Ok(tags)
}

/// Schemes whose codes `qr` cannot take apart, because their form is not public: the network leads
/// them by its code rules.
const OPAQUE_SCHEMES: [&str; 1] = ["zeropay"];

fn local_scheme(file: &mut Section) -> Result<Text<32>, MarketFileError> {
    let name: Text<32> = file.text("local_scheme")?;
    let mut known: Vec<&str> = qr::SCHEMES.iter().map(|scheme| scheme.name).collect();
    known.extend(OPAQUE_SCHEMES);
    if known.contains(&name.as_str()) {
        return Ok(name);
    }
    Err(file.bad("local_scheme", format!("`{name}` must be one of {}", known.join(", "))))
}

fn features(file: &mut Section) -> Result<Features, MarketFileError> {
    let mut it = file.section("features")?;
    let features = Features {
        packets: it.switch("packets")?,
        gifts: it.switch("gifts")?,
        savings: it.switch("savings")?,
        services: it.switch("services")?,
        agents: it.switch("agents")?,
    };
    it.end()?;
    Ok(features)
}
