//! Rate files: the ECB's `eurofxref` XML, or plain CSV lines `currency,price`.

use base::{Span, Timestamp};
use fx::{RateFeed, SourceName};
use money::{Currency, Rate};
use quick_xml::Reader;
use quick_xml::events::Event;
use std::collections::BTreeMap;
use wire::Datetime;

/// Rates of one file, at most.
const MAX_RATES: usize = 512;

/// The ECB's rates are those of 14:15 Central European Time; this is the earlier of the two times
/// that it can be in UTC. Source: ECB, "Euro foreign exchange reference rates".
const ECB_TIME_OF_DAY: Span = Span::minutes(12 * 60 + 15);

/// A file that is no rate file: the line or attribute, and what belongs there.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("rates: {0}")]
pub struct FeedError(String);

impl FeedError {
    pub(crate) fn new(reason: impl Into<String>) -> FeedError {
        FeedError(reason.into())
    }
}

/// What stands in a rate file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedFile {
    /// When the file says that these were the rates.
    pub as_of: Option<Timestamp>,
    /// Decimal prices of one unit of the reference, by currency code.
    pub rates: BTreeMap<String, String>,
}

impl FeedFile {
    /// Reads a file. XML is told by its first character. In CSV, a line `time,<RFC 3339>` says when
    /// the rates were.
    ///
    /// Errors: the line or attribute that is not a rate.
    pub fn parse(text: &str) -> Result<FeedFile, FeedError> {
        let file =
            if text.trim_start().starts_with('<') { read_xml(text)? } else { read_csv(text)? };
        if file.rates.is_empty() {
            return Err(FeedError::new("the file holds no rate"));
        }
        if file.rates.len() > MAX_RATES {
            return Err(FeedError::new(format!("at most {MAX_RATES} in one file")));
        }
        Ok(file)
    }

    /// The rates as a command takes them; those of a file without a time are those of `now`.
    ///
    /// Errors: the currency that is none, or the price that is not a rate.
    pub fn feed(
        &self,
        source: SourceName,
        reference: Currency,
        now: Timestamp,
    ) -> Result<RateFeed, FeedError> {
        let mut rates = Vec::with_capacity(self.rates.len());
        for (code, price) in &self.rates {
            let bad = |reason: &dyn std::fmt::Display| FeedError::new(format!("{code}: {reason}"));
            let quote = Currency::from_code(code);
            let quote = quote.ok_or_else(|| bad(&"not an ISO 4217 code"))?;
            rates.push(Rate::parse(reference, quote, price).map_err(|error| bad(&error))?);
        }
        let as_of = self.as_of.unwrap_or(now);
        Ok(RateFeed { source, as_of, reference, rates, accept_outside_band: false })
    }
}

fn read_xml(text: &str) -> Result<FeedFile, FeedError> {
    let bad = |error: &dyn std::fmt::Display| FeedError::new(format!("XML: {error}"));
    let mut reader = Reader::from_str(text);
    let mut file = FeedFile { as_of: None, rates: BTreeMap::new() };
    loop {
        let event = reader.read_event().map_err(|error| bad(&error))?;
        let element = match event {
            Event::Empty(element) | Event::Start(element) => element,
            // No document type is read, so no entity can be declared.
            Event::DocType(_) => return Err(bad(&"a document type is not accepted")),
            Event::Eof => return Ok(file),
            _ => continue,
        };
        let (mut currency, mut price) = (None, None);
        for attribute in element.attributes() {
            let attribute = attribute.map_err(|error| bad(&error))?;
            let value = attribute.value.into_owned();
            match attribute.key.as_ref() {
                "currency" => currency = Some(value),
                "rate" => price = Some(value),
                "time" => {
                    let day = Datetime::parse(&format!("{value}T00:00:00Z"));
                    let day = day.ok_or_else(|| bad(&"time: give a day such as 2026-11-20"))?;
                    file.as_of = Some(day.at.after(ECB_TIME_OF_DAY));
                }
                _ => {}
            }
        }
        if let (Some(currency), Some(price)) = (currency, price)
            && file.rates.insert(currency.clone(), price).is_some()
        {
            return Err(bad(&format!("{currency} stands twice; give a file of one day")));
        }
    }
}

fn read_csv(text: &str) -> Result<FeedFile, FeedError> {
    let mut file = FeedFile { as_of: None, rates: BTreeMap::new() };
    for (at, line) in text.lines().enumerate() {
        let bad = |reason: String| FeedError::new(format!("line {}: {reason}", at + 1));
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') || line.eq_ignore_ascii_case("currency,price") {
            continue;
        }
        let Some((name, value)) = line.split_once(',') else {
            return Err(bad("give `currency,price`".to_owned()));
        };
        let (name, value) = (name.trim(), value.trim());
        if name.eq_ignore_ascii_case("time") {
            let time = Datetime::parse(value);
            let time = time.ok_or_else(|| bad("time: give RFC 3339 with an offset".to_owned()))?;
            file.as_of = Some(time.at);
        } else if file.rates.insert(name.to_owned(), value.to_owned()).is_some() {
            return Err(bad(format!("{name} stands twice")));
        }
    }
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_are_read() {
        let xml = "<?xml version=\"1.0\"?><gesmes:Envelope><Cube><Cube time='2026-11-20'>\
            <Cube currency='USD' rate='1.0840'/><Cube currency='JPY' rate='163.25'/></Cube></Cube></gesmes:Envelope>";
        let csv = "currency,price\ntime,2026-11-20T12:15:00Z\nUSD,1.0840\nJPY, 163.25\n";
        let file = FeedFile::parse(csv).unwrap();
        assert_eq!(FeedFile::parse(xml).unwrap(), file);
        assert_eq!(file.rates["JPY"], "163.25");
        let source = SourceName::new("ecb").unwrap();
        let feed = file.feed(source, Currency::from_code("EUR").unwrap(), Timestamp::default());
        let feed = feed.unwrap();
        assert_eq!(Datetime::utc(feed.as_of).to_string(), "2026-11-20T12:15:00+00:00");
        assert_eq!(feed.rates.len(), 2);
    }

    #[test]
    fn bad_files_name_the_place() {
        for (text, wanted) in [
            ("", "no rate"),
            ("USD;1", "line 1"),
            ("USD,1\nUSD,2", "line 2: USD stands twice"),
            ("time,yesterday\nUSD,1", "line 1: time"),
            ("<!DOCTYPE a [<!ENTITY b \"c\">]><a/>", "document type"),
            ("<a time='20 November'/>", "time: give a day"),
            ("<a currency='USD' rate='1'", "XML"),
        ] {
            let message = FeedFile::parse(text).unwrap_err().to_string();
            assert!(message.contains(wanted), "{text}: {message}");
        }
        let source = SourceName::new("own").unwrap();
        let euro = Currency::from_code("EUR").unwrap();
        for (text, wanted) in [("XXQ,1", "XXQ: not an ISO"), ("USD,-1", "USD: ")] {
            let file = FeedFile::parse(text).unwrap();
            let error = file.feed(source.clone(), euro, Timestamp::default()).unwrap_err();
            assert!(error.to_string().contains(wanted), "{text}: {error}");
        }
    }
}
