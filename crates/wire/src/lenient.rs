//! How values are read and written: strictly in what they mean, leniently in how partners write
//! them.
//!
//! Numbers and booleans may come as JSON strings or natively, `null` means absent, and an empty
//! text means absent where it cannot mean anything else. Numbers and booleans are always written as
//! strings, as the protocol says.

use crate::error::refuse;
use base::{ResultStatus, Text};
use money::Currency;
use serde::de::{Deserialize, Deserializer, SeqAccess, Visitor};
use serde::ser::{SerializeSeq, Serializer};
use std::fmt::{Formatter, Result as FmtResult};
use std::marker::PhantomData;

/// A value of a field.
pub trait Value: Sized {
    fn read<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error>;
    /// Reads a field that may be absent; some kinds of value take an empty text for that.
    fn read_optional<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Self>, D::Error> {
        Self::read(from).map(Some)
    }
    fn write<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error>;
}

/// For `#[serde(with)]` on fields that must be there.
pub(crate) mod required {
    use super::{Present, Value};
    use crate::error::refuse;
    use serde::{Deserialize as _, Deserializer, Serializer};

    pub fn deserialize<'de, T: Value, D: Deserializer<'de>>(from: D) -> Result<T, D::Error> {
        match Option::<Present<T>>::deserialize(from)? {
            Some(Present(value)) => Ok(value),
            None => Err(refuse("is null", "send a value")),
        }
    }
    pub fn serialize<T: Value, S: Serializer>(value: &T, to: S) -> Result<S::Ok, S::Error> {
        value.write(to)
    }
}

/// For `#[serde(with)]` on fields that may be absent.
pub(crate) mod optional {
    use super::{Optional, Value};
    use serde::{Deserialize as _, Deserializer, Serializer};

    pub fn deserialize<'de, T: Value, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<T>, D::Error> {
        Ok(Option::<Optional<T>>::deserialize(from)?.and_then(|Optional(value)| value))
    }
    pub fn serialize<T: Value, S: Serializer>(value: &Option<T>, to: S) -> Result<S::Ok, S::Error> {
        match value {
            Some(value) => value.write(to),
            None => to.serialize_none(),
        }
    }
}

/// Lets serde read a [`Value`].
pub(crate) struct Present<T>(pub(crate) T);

impl<'de, T: Value> Deserialize<'de> for Present<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        T::read(from).map(Present)
    }
}

struct Optional<T>(Option<T>);

impl<'de, T: Value> Deserialize<'de> for Optional<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        T::read_optional(from).map(Optional)
    }
}

/// Lets serde write a [`Value`].
pub(crate) struct Written<'a, T>(pub(crate) &'a T);

impl<T: Value> serde::Serialize for Written<'_, T> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.0.write(to)
    }
}

/// Reads a JSON string and gives it to `make`; `expected` says what it stands for.
pub(crate) fn read_text<'de, T, D: Deserializer<'de>>(
    from: D,
    expected: &'static str,
    make: impl FnOnce(&str) -> Result<T, D::Error>,
) -> Result<T, D::Error> {
    struct TextVisitor<F, T> {
        expected: &'static str,
        make: F,
        value: PhantomData<T>,
    }
    impl<T, E, F: FnOnce(&str) -> Result<T, E>> Visitor<'_> for TextVisitor<F, Result<T, E>> {
        type Value = Result<T, E>;
        fn expecting(&self, f: &mut Formatter<'_>) -> FmtResult {
            f.write_str(self.expected)
        }
        fn visit_str<X: serde::de::Error>(self, text: &str) -> Result<Self::Value, X> {
            Ok((self.make)(text))
        }
    }
    from.deserialize_str(TextVisitor { expected, make, value: PhantomData })?
}

/// A whole number as sent: natively or as text. Floats, signs and exponents are refused by the JSON
/// reader's choice of visitor method, so that no digit is ever lost on the way.
pub(crate) fn read_digits<'de, D: Deserializer<'de>>(
    from: D,
    expected: &'static str,
) -> Result<Digits, D::Error> {
    struct DigitsVisitor(&'static str);
    impl Visitor<'_> for DigitsVisitor {
        type Value = Digits;
        fn expecting(&self, f: &mut Formatter<'_>) -> FmtResult {
            f.write_str(self.0)
        }
        fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<Digits, E> {
            Ok(Digits::Number(number))
        }
        fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Digits, E> {
            if text.is_empty() {
                return Ok(Digits::Empty);
            }
            // No sign, no leading zero, nothing but digits; twenty digits hold every u64.
            let is_plain = text.len() <= 20 && text.bytes().all(|byte| byte.is_ascii_digit());
            if !is_plain || (text.len() > 1 && text.starts_with('0')) {
                return Ok(Digits::Bad);
            }
            Ok(text.parse().map_or(Digits::Bad, Digits::Number))
        }
    }
    from.deserialize_any(DigitsVisitor(expected))
}

#[derive(Clone, Copy)]
pub(crate) enum Digits {
    Number(u64),
    Empty,
    Bad,
}

impl<const MAX: usize> Value for Text<MAX> {
    fn read<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        read_text(from, "a JSON string", |text| {
            Text::new(text).map_err(|error| refuse(&error.to_string(), "mend the text"))
        })
    }
    fn read_optional<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Self>, D::Error> {
        read_text(from, "a JSON string", |text| {
            if text.is_empty() {
                return Ok(None);
            }
            let text = Text::new(text);
            text.map(Some).map_err(|error| refuse(&error.to_string(), "mend the text"))
        })
    }
    fn write<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self.as_str())
    }
}

const BOOLEAN: &str = "`true` or `false`";

struct BoolVisitor;

impl Visitor<'_> for BoolVisitor {
    type Value = Option<bool>;
    fn expecting(&self, f: &mut Formatter<'_>) -> FmtResult {
        f.write_str(BOOLEAN)
    }
    fn visit_bool<E: serde::de::Error>(self, value: bool) -> Result<Self::Value, E> {
        Ok(Some(value))
    }
    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Self::Value, E> {
        match text {
            "true" => Ok(Some(true)),
            "false" => Ok(Some(false)),
            "" => Ok(None),
            _ => Err(refuse("is not `true` or `false`", "send `true` or `false`")),
        }
    }
}

impl Value for bool {
    fn read<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let value = from.deserialize_any(BoolVisitor)?;
        value.ok_or_else(|| refuse("must not be empty", "send `true` or `false`"))
    }
    fn read_optional<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Self>, D::Error> {
        from.deserialize_any(BoolVisitor)
    }
    fn write<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(if *self { "true" } else { "false" })
    }
}

const WHOLE_NUMBER: &str = "a whole number from 0 to 4294967295";

impl Value for u32 {
    fn read<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let value = Self::read_optional(from)?;
        value.ok_or_else(|| refuse("must not be empty", "send a whole number"))
    }
    fn read_optional<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Self>, D::Error> {
        let number = match read_digits(from, WHOLE_NUMBER)? {
            Digits::Empty => return Ok(None),
            Digits::Number(number) => u32::try_from(number).ok(),
            Digits::Bad => None,
        };
        let problem = format!("is not {WHOLE_NUMBER}");
        number.map(Some).ok_or_else(|| refuse(&problem, "send digits only"))
    }
    fn write<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl Value for Currency {
    fn read<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        read_text(from, "an ISO 4217 code", |text| {
            let problem = "is not an ISO 4217 code";
            Currency::from_code(text)
                .ok_or_else(|| refuse(problem, "send three capital letters, like JPY"))
        })
    }
    fn write<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self.code())
    }
}

impl Value for ResultStatus {
    fn read<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        read_text(from, "S, F or U", |text| match text {
            "S" => Ok(ResultStatus::S),
            "F" => Ok(ResultStatus::F),
            // Sister interfaces say A for "accepted, the user must go on": not final, so U.
            "U" | "A" => Ok(ResultStatus::U),
            _ => Err(refuse("is not S, F or U", "send S, F or U")),
        })
    }
    fn write<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self.as_str())
    }
}

impl<T: Value> Value for Vec<T> {
    fn read<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct ListVisitor<T>(PhantomData<T>);
        impl<'de, T: Value> Visitor<'de> for ListVisitor<T> {
            type Value = Vec<T>;
            fn expecting(&self, f: &mut Formatter<'_>) -> FmtResult {
                f.write_str("a JSON array")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Vec<T>, A::Error> {
                let mut list = Vec::new();
                while let Some(Present(item)) = items.next_element()? {
                    list.push(item);
                }
                Ok(list)
            }
        }
        from.deserialize_seq(ListVisitor(PhantomData))
    }
    fn write<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut list = to.serialize_seq(Some(self.len()))?;
        for item in self {
            list.serialize_element(&Written(item))?;
        }
        list.end()
    }
}
