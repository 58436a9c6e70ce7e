//! Objects as text: two digits of tag, two digits of length in characters, the value.
//! EMVCo, "QR Code Specification for Payment Systems: Merchant-Presented Mode", version 1.1, 3.2.

use crate::{Fault, QrError};

/// Longest value: the length has two digits.
pub const MAX_CHARS: usize = 99;

/// An object: its tag, 0 to 99, and its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Raw<'a> {
    pub tag: u8,
    pub value: &'a str,
}

/// Reads objects one after the other.
pub(crate) struct Objects<'a> {
    rest: &'a str,
    /// Then a character is a byte, and nothing needs to be counted.
    is_ascii: bool,
    /// Tag of the template that is read; none for the whole code.
    within: Option<u8>,
}

impl<'a> Objects<'a> {
    pub fn new(text: &'a str, is_ascii: bool, within: Option<u8>) -> Objects<'a> {
        Objects { rest: text, is_ascii, within }
    }

    /// Bytes not read yet.
    pub fn left(&self) -> usize {
        self.rest.len()
    }

    /// The next object; `None` at the end.
    pub fn next(&mut self) -> Result<Option<Raw<'a>>, QrError> {
        if self.rest.is_empty() {
            return Ok(None);
        }
        let [a, b, c, d, ..] = *self.rest.as_bytes() else {
            return Err(self
                .broken(format!("ends with `{}`, which is too short to be an object", self.rest)));
        };
        let (Some(tag), Some(length)) = (two_digits(a, b), two_digits(c, d)) else {
            let head: String = self.rest.chars().take(4).collect();
            return Err(self.broken(format!("`{head}` is not a tag and a length of digits")));
        };
        let object = || path(self.within, tag);
        if length == 0 {
            return Err(QrError::new(Fault::Structure, object(), "is empty; leave it out instead"));
        }
        // Four digits were read, so this is the border of a character.
        let after = &self.rest[4..];
        let Some(end) = self.end_of(after, usize::from(length)) else {
            return Err(QrError::new(
                Fault::Structure,
                object(),
                format!(
                    "should have {length} characters, but only {} follow",
                    after.chars().count()
                ),
            ));
        };
        let (value, rest) = after.split_at(end);
        self.rest = rest;
        Ok(Some(Raw { tag, value }))
    }

    fn end_of(&self, text: &str, chars: usize) -> Option<usize> {
        if self.is_ascii {
            return (chars <= text.len()).then_some(chars);
        }
        let ends = text.char_indices().map(|(at, c)| at + c.len_utf8());
        ends.take(chars).enumerate().find(|(at, _)| at + 1 == chars).map(|(_, end)| end)
    }

    fn broken(&self, reason: String) -> QrError {
        let object = self.within.map_or_else(String::new, |tag| format!("{tag:02}"));
        QrError::new(Fault::Structure, object, reason)
    }
}

fn two_digits(high: u8, low: u8) -> Option<u8> {
    let (high, low) = (high.wrapping_sub(b'0'), low.wrapping_sub(b'0'));
    (high < 10 && low < 10).then(|| high * 10 + low)
}

/// How people name an object: `54`, or `62.07` inside a template.
pub(crate) fn path(within: Option<u8>, tag: u8) -> String {
    match within {
        Some(template) => format!("{template:02}.{tag:02}"),
        None => format!("{tag:02}"),
    }
}

/// Writes an object. Errors: a value without a character or with more than 99.
pub(crate) fn write(out: &mut String, tag: u8, value: &str) -> Result<(), QrError> {
    let length = value.chars().count();
    if length == 0 || length > MAX_CHARS {
        let reason = format!("has {length} characters; 1 to {MAX_CHARS} can be written");
        return Err(QrError::new(Fault::Format, format!("{tag:02}"), reason));
    }
    out.push_str(&format!("{tag:02}{length:02}"));
    out.push_str(value);
    Ok(())
}
