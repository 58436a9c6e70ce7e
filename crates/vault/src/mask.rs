//! Names and numbers as others may see them: enough to recognise somebody known, not to learn who
//! it is. The number of stars never tells a length.

use crate::Phone;

/// Zones of the world with one-digit prefixes. Source: ITU-T E.164.
const ONE_DIGIT: [&str; 2] = ["1", "7"];
/// Prefixes of two digits; every other one has three. Source: ITU-T E.164.
const TWO_DIGITS: [&str; 44] = [
    "20", "27", "30", "31", "32", "33", "34", "36", "39", "40", "41", "43", "44", "45", "46", "47",
    "48", "49", "51", "52", "53", "54", "55", "56", "57", "58", "60", "61", "62", "63", "64", "65",
    "66", "81", "82", "84", "86", "90", "91", "92", "93", "94", "95", "98",
];
/// Digits at the end that stay.
const SHOWN: usize = 4;

/// The first word's first character and the last word's: `Minsu Kim` is `M*** K.`, `김민수` is
/// `김***`.
pub fn mask_name(name: &str) -> String {
    let mut words = name.split_whitespace().filter_map(|word| word.chars().next());
    let Some(first) = words.next() else { return "***".to_owned() };
    match words.next_back() {
        Some(last) => format!("{first}*** {last}."),
        None => format!("{first}***"),
    }
}

/// The country and the last four digits: `+82 ** **** 1234`.
pub fn mask_phone(phone: &Phone) -> String {
    let digits = phone.as_str().trim_start_matches('+');
    let length = if ONE_DIGIT.iter().any(|prefix| digits.starts_with(prefix)) {
        1
    } else if TWO_DIGITS.iter().any(|prefix| digits.starts_with(prefix)) {
        2
    } else {
        3
    };
    let (country, rest) = digits.split_at(length.min(digits.len()));
    let shown = &rest[rest.len().saturating_sub(SHOWN)..];
    format!("+{country} ** **** {shown}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_show_initials() {
        for (name, masked) in [
            ("Minsu S", "M*** S."),
            ("Maria Clara Santos", "M*** S."),
            ("  Bo  ", "B***"),
            ("김민수", "김***"),
            ("Ömer Ünal", "Ö*** Ü."),
            ("", "***"),
        ] {
            assert_eq!(mask_name(name), masked);
        }
    }

    #[test]
    fn numbers_show_country_and_end() {
        for (text, masked) in [
            ("+821055551234", "+82 ** **** 1234"),
            ("+85291234567", "+852 ** **** 4567"),
            ("+12025550123", "+1 ** **** 0123"),
            ("+639171234567", "+63 ** **** 4567"),
        ] {
            assert_eq!(mask_phone(&Phone::new(text, "82").unwrap()), masked);
        }
    }
}
