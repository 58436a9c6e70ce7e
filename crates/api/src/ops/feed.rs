//! Rate files: the ECB's `eurofxref` XML, or plain CSV lines `currency,price`.

use super::error::Failure;
use quick_xml::Reader;
use quick_xml::events::Event;
use std::collections::BTreeMap;

/// Rates of one file, at most.
const MAX_RATES: usize = 512;

/// Reads prices by currency. XML is told by its first character.
///
/// Errors: the line or attribute that is not a rate.
pub fn read_feed(text: &str) -> Result<BTreeMap<String, String>, Failure> {
    let rates = if text.trim_start().starts_with('<') { read_xml(text)? } else { read_csv(text)? };
    if rates.is_empty() {
        return Err(Failure::illegal("rates: the file holds no rate"));
    }
    if rates.len() > MAX_RATES {
        return Err(Failure::illegal(format!("rates: at most {MAX_RATES} in one file")));
    }
    Ok(rates)
}

fn read_xml(text: &str) -> Result<BTreeMap<String, String>, Failure> {
    let bad = |error: &dyn std::fmt::Display| Failure::illegal(format!("rates: XML: {error}"));
    let mut reader = Reader::from_str(text);
    let mut rates = BTreeMap::new();
    loop {
        let event = reader.read_event().map_err(|error| bad(&error))?;
        let element = match event {
            Event::Empty(element) | Event::Start(element) => element,
            // No document type is read, so no entity can be declared.
            Event::DocType(_) => return Err(bad(&"a document type is not accepted")),
            Event::Eof => return Ok(rates),
            _ => continue,
        };
        let mut currency = None;
        let mut price = None;
        for attribute in element.attributes() {
            let attribute = attribute.map_err(|error| bad(&error))?;
            let value = attribute.value.into_owned();
            match attribute.key.as_ref() {
                "currency" => currency = Some(value),
                "rate" => price = Some(value),
                _ => {}
            }
        }
        if let (Some(currency), Some(price)) = (currency, price)
            && rates.insert(currency.clone(), price).is_some()
        {
            return Err(bad(&format!("{currency} stands twice; give a file of one day")));
        }
    }
}

fn read_csv(text: &str) -> Result<BTreeMap<String, String>, Failure> {
    let mut rates = BTreeMap::new();
    for (at, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') || line.eq_ignore_ascii_case("currency,price") {
            continue;
        }
        let Some((currency, price)) = line.split_once(',') else {
            let message = format!("rates: line {}: give `currency,price`", at + 1);
            return Err(Failure::illegal(message));
        };
        if rates.insert(currency.trim().to_owned(), price.trim().to_owned()).is_some() {
            let message = format!("rates: line {}: {currency} stands twice", at + 1);
            return Err(Failure::illegal(message));
        }
    }
    Ok(rates)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_are_read() {
        let xml = "<?xml version=\"1.0\"?><gesmes:Envelope><Cube><Cube time='2026-11-20'>\
            <Cube currency='USD' rate='1.0840'/><Cube currency='JPY' rate='163.25'/></Cube></Cube></gesmes:Envelope>";
        let csv = "currency,price\nUSD,1.0840\nJPY, 163.25\n";
        assert_eq!(read_feed(xml).unwrap(), read_feed(csv).unwrap());
        assert_eq!(read_feed(csv).unwrap()["JPY"], "163.25");
    }

    #[test]
    fn bad_files_name_the_place() {
        for (text, wanted) in [
            ("", "no rate"),
            ("USD;1", "line 1"),
            ("USD,1\nUSD,2", "line 2: USD stands twice"),
            ("<!DOCTYPE a [<!ENTITY b \"c\">]><a/>", "document type"),
            ("<a currency='USD' rate='1'", "XML"),
        ] {
            let message = read_feed(text).unwrap_err().message;
            assert!(message.contains(wanted), "{text}: {message}");
        }
    }
}
