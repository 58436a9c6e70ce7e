//! Values of the protocol: amounts, times, human text, text that is passed on.

use crate::error::refuse;
use crate::lenient::{Digits, Value, read_digits, read_text};
use crate::message::message;
use crate::time::Datetime;
use base::{Text, TextError};
use money::{Currency, Money};
use serde::de::Deserializer;
use serde::ser::Serializer;

macro_rules! amount {
    (
        $(#[$meta:meta])* $name:ident, $parts:ident, $minor:ident, $least:literal,
        $expected:literal
    ) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub struct $name(pub Money);

        impl From<Money> for $name {
            fn from(money: Money) -> $name {
                $name(money)
            }
        }

        /// Digits as text or as a JSON integer; never a float, a sign, an exponent or a leading
        /// zero.
        #[derive(Clone, Debug, PartialEq, Eq)]
        struct $minor(u64);

        impl Value for $minor {
            fn read<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                match read_digits(from, $expected)? {
                    Digits::Number(minor) if ($least..=Money::MAX_MINOR).contains(&minor) => {
                        Ok($minor(minor))
                    }
                    _ => Err(refuse(
                        concat!("is not ", $expected),
                        "send minor units as digits: 1000 for JPY 1000 and for USD 10.00",
                    )),
                }
            }
            fn write<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.collect_str(&self.0)
            }
        }

        message! {
            struct $parts {
                required { currency: Currency, value: $minor, }
                optional {}
            }
        }

        impl Value for $name {
            fn read<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                let parts = $parts::read(from)?;
                let money = Money::new(parts.value.0, parts.currency);
                money.map($name).map_err(|_| refuse("is too large", "send at most 10^15"))
            }
            fn write<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                $parts::new(self.0.currency(), $minor(self.0.minor())).write(to)
            }
        }
    };
}

amount! {
    /// An amount above zero, up to 10^15 minor units.
    Amount, AmountParts, Positive, 1, "a whole number from 1 to 10^15"
}
amount! {
    /// An amount that may be zero: what remains after a conversion, a discount, a free article.
    AmountOrZero, AmountOrZeroParts, Natural, 0, "a whole number from 0 to 10^15"
}

impl Value for Datetime {
    fn read<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        read_text(from, "an ISO 8601 time with offset", |text| {
            let problem = "is not an ISO 8601 time with offset";
            let remedy = "send it like 2026-01-02T03:04:05+09:00";
            Datetime::parse(text).ok_or_else(|| refuse(problem, remedy))
        })
    }
    fn write<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

/// Text for people: 1 to `MAX` characters. Line breaks become blanks; other control, zero-width and
/// direction characters are left out, so that a name never changes how the text around it looks.
/// Too long is refused, not cut.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Label<const MAX: usize>(Text<MAX>);

impl<const MAX: usize> Label<MAX> {
    pub fn new(text: &str) -> Result<Label<MAX>, TextError> {
        match Text::new(text) {
            Err(TextError::BadCharacter { .. }) => Text::new(&cleaned(text)).map(Label),
            other => other.map(Label),
        }
    }

    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

fn cleaned(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    for c in text.chars() {
        let mut buffer = [0; 4];
        if matches!(c, '\n' | '\r' | '\t') {
            clean.push(' ');
        } else if Text::<1>::new(c.encode_utf8(&mut buffer)).is_ok() {
            clean.push(c);
        }
    }
    clean.trim().to_string()
}

impl<const MAX: usize> std::fmt::Display for Label<MAX> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl<const MAX: usize> Value for Label<MAX> {
    fn read<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let label = Self::read_optional(from)?;
        label.ok_or_else(|| refuse("must not be empty", "send a text"))
    }
    fn read_optional<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Self>, D::Error> {
        read_text(from, "a JSON string", |text| match Label::new(text) {
            Ok(label) => Ok(Some(label)),
            Err(TextError::Empty) => Ok(None),
            Err(error) => Err(refuse(&error.to_string(), "mend the text")),
        })
    }
    fn write<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self.as_str())
    }
}

/// Text that is passed on unread: up to `MAX` characters, of which control characters may only be
/// line breaks and tabs.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Opaque<const MAX: usize>(Box<str>);

impl<const MAX: usize> Opaque<MAX> {
    pub fn new(text: &str) -> Result<Opaque<MAX>, TextError> {
        if text.is_empty() {
            return Err(TextError::Empty);
        }
        for (at, c) in text.chars().enumerate() {
            if at >= MAX {
                return Err(TextError::TooLong { max: MAX });
            }
            if c.is_control() && !matches!(c, '\n' | '\r' | '\t') {
                return Err(TextError::BadCharacter { at });
            }
        }
        Ok(Opaque(text.into()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<const MAX: usize> Value for Opaque<MAX> {
    fn read<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = Self::read_optional(from)?;
        text.ok_or_else(|| refuse("must not be empty", "send a text"))
    }
    fn read_optional<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Self>, D::Error> {
        read_text(from, "a JSON string", |text| match Opaque::new(text) {
            Ok(text) => Ok(Some(text)),
            Err(TextError::Empty) => Ok(None),
            Err(error) => Err(refuse(&error.to_string(), "mend the text")),
        })
    }
    fn write<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&self.0)
    }
}
