//! Text that came from outside, bounded in length and free of control characters.

use crate::{Codec, DecodeError, Reader};
use std::sync::Arc;

/// Text of 1 to `MAX` characters without control characters, bidi overrides or zero-width marks.
///
/// Longer text is refused, not cut. Source: lengths in the partner protocol count characters. A
/// clone shares the text: payments carry a dozen, and each change of a payment makes a new one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Text<const MAX: usize>(Arc<str>);

/// Why a text was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextError {
    Empty,
    TooLong { max: usize },
    BadCharacter { at: usize },
}

impl std::fmt::Display for TextError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            TextError::Empty => write!(f, "must not be empty"),
            TextError::TooLong { max } => write!(f, "must not be longer than {max} characters"),
            TextError::BadCharacter { at } => {
                write!(f, "has a control, zero-width or direction character at position {at}")
            }
        }
    }
}

impl std::error::Error for TextError {}

/// Zero-width characters, direction marks and overrides: they make a text look like another.
const INVISIBLE: [std::ops::RangeInclusive<char>; 4] = [
    '\u{200b}'..='\u{200f}',
    '\u{202a}'..='\u{202e}',
    '\u{2060}'..='\u{2069}',
    '\u{feff}'..='\u{feff}',
];

fn is_forbidden(c: char) -> bool {
    c.is_control() || INVISIBLE.iter().any(|range| range.contains(&c))
}

impl<const MAX: usize> Text<MAX> {
    pub fn new(text: &str) -> Result<Text<MAX>, TextError> {
        if text.is_empty() {
            return Err(TextError::Empty);
        }
        for (at, c) in text.chars().enumerate() {
            if at >= MAX {
                return Err(TextError::TooLong { max: MAX });
            }
            if is_forbidden(c) {
                return Err(TextError::BadCharacter { at });
            }
        }
        Ok(Text(text.into()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<const MAX: usize> std::fmt::Display for Text<MAX> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl<const MAX: usize> std::str::FromStr for Text<MAX> {
    type Err = TextError;
    fn from_str(text: &str) -> Result<Self, TextError> {
        Text::new(text)
    }
}

impl<const MAX: usize> Codec for Text<MAX> {
    fn encode(&self, out: &mut Vec<u8>) {
        (self.0.len() as u64).encode(out);
        out.extend_from_slice(self.0.as_bytes());
    }
    fn decode(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let text = String::decode(input)?;
        Text::new(&text).map_err(|_| input.expected("a bounded text"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_and_forbidden_characters() {
        assert_eq!(Text::<3>::new("").unwrap_err(), TextError::Empty);
        assert_eq!(Text::<3>::new("abcd").unwrap_err(), TextError::TooLong { max: 3 });
        assert_eq!(Text::<3>::new("咖啡店").unwrap().as_str(), "咖啡店");
        for bad in ["a\0b", "a\nb", "a\u{202e}b", "a\u{200b}b", "\u{feff}ab"] {
            assert!(matches!(Text::<9>::new(bad), Err(TextError::BadCharacter { .. })), "{bad:?}");
        }
    }
}
