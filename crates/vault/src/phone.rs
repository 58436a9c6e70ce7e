//! Phone numbers and e-mail addresses in the one form in which they are compared.

use base::{Codec, DecodeError, Reader};

/// Fewest and most digits of an international number. Source: E.164; the shortest that are in use.
const PHONE_DIGITS: std::ops::RangeInclusive<usize> = 7..=15;
/// Longest address, and longest part before the `@`. Source: RFC 5321.
const MAX_EMAIL: usize = 254;
const MAX_EMAIL_LOCAL: usize = 64;
/// Longest label of a domain. Source: RFC 1035.
const MAX_LABEL: usize = 63;

/// Why a text is not a phone number or an e-mail address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContactError {
    /// Something else than digits, `+` in front, and spaces, hyphens, points and brackets.
    PhoneCharacter,
    /// Too few or too many digits.
    PhoneLength,
    /// `00…` means abroad in some countries and nothing in others.
    PhoneAbroad,
    /// Not `name@domain` in plain letters.
    Email,
}

impl std::fmt::Display for ContactError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            ContactError::PhoneCharacter => "has a character that is not part of a phone number",
            ContactError::PhoneLength => "must have 7 to 15 digits with the country's prefix",
            ContactError::PhoneAbroad => "must begin with `+` to mean another country",
            ContactError::Email => "must be an e-mail address such as `name@example.org`",
        })
    }
}

impl std::error::Error for ContactError {}

/// A phone number in the form of E.164: `+821012345678`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Phone(String);

/// An e-mail address; the domain in lower case, the name as it was given.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Email(String);

impl Phone {
    /// Reads a number as people write it. One without `+` is of the market, whose country prefix
    /// is `prefix` (digits only); the zero that is dialled in front at home is left out.
    ///
    /// Errors: see [`ContactError`].
    pub fn new(text: &str, prefix: &str) -> Result<Phone, ContactError> {
        let text = text.trim();
        let (is_abroad, rest) = match text.strip_prefix('+') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let mut digits = String::new();
        for c in rest.chars() {
            match c {
                '0'..='9' => digits.push(c),
                ' ' | '-' | '.' | '(' | ')' => {}
                _ => return Err(ContactError::PhoneCharacter),
            }
        }
        if !is_abroad && digits.starts_with("00") {
            return Err(ContactError::PhoneAbroad);
        }
        // `+82 010…` and `+82 (0)10…` are ways to write `+82 10…`.
        let national = if is_abroad { digits.strip_prefix(prefix) } else { Some(&digits[..]) };
        if let Some(national) = national {
            digits = format!("{prefix}{}", national.strip_prefix('0').unwrap_or(national));
        }
        if !PHONE_DIGITS.contains(&digits.len()) || digits.starts_with('0') {
            return Err(ContactError::PhoneLength);
        }
        Ok(Phone(format!("+{digits}")))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Email {
    /// Reads an address of plain letters. Errors: [`ContactError::Email`].
    pub fn new(text: &str) -> Result<Email, ContactError> {
        let text = text.trim();
        let (local, domain) = text.rsplit_once('@').ok_or(ContactError::Email)?;
        let is_plain = |c: u8| c.is_ascii_graphic() && !b"@\"(),:;<>[\\]".contains(&c);
        let is_local = (1..=MAX_EMAIL_LOCAL).contains(&local.len())
            && local.bytes().all(is_plain)
            && local.split('.').all(|part| !part.is_empty());
        let is_label = |label: &str| {
            (1..=MAX_LABEL).contains(&label.len())
                && label.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'-')
                && !label.starts_with('-')
                && !label.ends_with('-')
        };
        let is_domain = domain.contains('.') && domain.split('.').all(is_label);
        if !is_local || !is_domain || text.len() > MAX_EMAIL {
            return Err(ContactError::Email);
        }
        Ok(Email(format!("{local}@{}", domain.to_ascii_lowercase())))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Codec for Phone {
    fn encode(&self, out: &mut Vec<u8>) {
        self.0.encode(out);
    }
    fn decode(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let text = String::decode(input)?;
        // A stored number is complete: there is no market's prefix to put in front.
        match text.strip_prefix('+') {
            Some(digits)
                if PHONE_DIGITS.contains(&digits.len())
                    && digits.bytes().all(|c| c.is_ascii_digit()) =>
            {
                Ok(Phone(text))
            }
            _ => Err(input.expected("a phone number")),
        }
    }
}

impl Codec for Email {
    fn encode(&self, out: &mut Vec<u8>) {
        self.0.encode(out);
    }
    fn decode(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Email::new(&String::decode(input)?).map_err(|_| input.expected("an e-mail address"))
    }
}

// Neither is printed whole where a log could take it up.
impl std::fmt::Debug for Phone {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Phone(***)")
    }
}

impl std::fmt::Debug for Email {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Email(***)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_phone_has_one_form() {
        for (text, prefix, expected) in [
            ("010-1234-5678", "82", Ok("+821012345678")),
            ("+82 10 1234 5678", "82", Ok("+821012345678")),
            ("+82 (0)10 1234 5678", "82", Ok("+821012345678")),
            (" +82.10.1234.5678 ", "63", Ok("+821012345678")),
            ("9123 4567", "852", Ok("+85291234567")),
            ("081 234 5678", "66", Ok("+66812345678")),
            ("+39 06 698 1234", "82", Ok("+39066981234")),
            ("0082 10 1234 5678", "82", Err(ContactError::PhoneAbroad)),
            ("12", "82", Err(ContactError::PhoneLength)),
            ("+0123456789", "82", Err(ContactError::PhoneLength)),
            ("1234567890123456", "82", Err(ContactError::PhoneLength)),
            ("", "82", Err(ContactError::PhoneLength)),
            ("+", "82", Err(ContactError::PhoneLength)),
            ("010+12345678", "82", Err(ContactError::PhoneCharacter)),
            ("010 1234 567x", "82", Err(ContactError::PhoneCharacter)),
            ("\u{0661}\u{0660}12345678", "82", Err(ContactError::PhoneCharacter)),
        ] {
            let phone = Phone::new(text, prefix);
            assert_eq!(phone.as_ref().map(Phone::as_str), expected.as_ref().copied(), "{text}");
        }
    }

    #[test]
    fn one_address_has_one_form() {
        assert_eq!(
            Email::new(" Min.Su+pay@Example.ORG ").unwrap().as_str(),
            "Min.Su+pay@example.org"
        );
        let long = format!("{}@example.org", "a".repeat(65));
        for bad in [
            "",
            "@",
            "a@",
            "@b.org",
            "a@b",
            "a@@b.org",
            "a b@c.org",
            "a@b..org",
            "a@-b.org",
            ".a@b.org",
            "a@b-.org",
            "a@b_c.org",
            "\"a\"@b.org",
            "ü@b.org",
            "a@bü.org",
            "a@b.org\0",
            &long,
        ] {
            assert_eq!(Email::new(bad), Err(ContactError::Email), "{bad}");
        }
    }

    #[test]
    fn neither_is_printed() {
        let phone = Phone::new("010-1234-5678", "82").unwrap();
        let email = Email::new("a@example.org").unwrap();
        assert_eq!(format!("{phone:?} {email:?}"), "Phone(***) Email(***)");
    }
}
