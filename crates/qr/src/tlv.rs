//! Objects as text: two digits of tag, two digits of length in characters, the value.
//! EMVCo, "QR Code Specification for Payment Systems: Merchant-Presented Mode", version 1.1, 3.2.

use crate::{Fault, QrError};

/// Longest value: the length has two digits.
pub const MAX_CHARS: usize = 99;

/// An object: its tag, 0 to 99, and where its value stands in the text, in bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Object {
    pub tag: u8,
    pub from: usize,
    pub to: usize,
}

/// Reads objects one after the other, until the text ends or is broken.
#[derive(Clone, Debug)]
pub(crate) struct Objects<'a> {
    text: &'a str,
    rest: &'a [u8],
    /// Then a character is a byte, and nothing needs to be counted.
    is_ascii: bool,
}

impl<'a> Objects<'a> {
    #[inline]
    pub fn new(text: &'a str, is_ascii: bool) -> Objects<'a> {
        Objects { text, rest: text.as_bytes(), is_ascii }
    }

    /// Errors: there is no next object although the text, the template with this tag if it is one,
    /// has not ended: it is broken here.
    #[inline]
    pub fn end(&self, within: Option<u8>) -> Result<(), QrError> {
        if self.rest.is_empty() { Ok(()) } else { Err(self.broken(within)) }
    }

    #[cold]
    fn broken(&self, within: Option<u8>) -> QrError {
        let rest = &self.text[self.text.len() - self.rest.len()..];
        let template = || within.map_or_else(String::new, |tag| format!("{tag:02}"));
        let Some(bytes) = self.rest.first_chunk() else {
            let reason = format!("ends with `{rest}`, which is too short to be an object");
            return QrError::new(Fault::Structure, template(), reason);
        };
        let Some((tag, length)) = head(*bytes) else {
            let head: String = rest.chars().take(4).collect();
            let reason = format!("`{head}` is not a tag and a length of digits");
            return QrError::new(Fault::Structure, template(), reason);
        };
        let reason = if length == 0 {
            "is empty; leave it out instead".to_owned()
        } else {
            let follow = rest.chars().count() - 4;
            format!("should have {length} characters, but only {follow} follow")
        };
        QrError::new(Fault::Structure, path(within, tag), reason)
    }
}

impl Iterator for Objects<'_> {
    type Item = Object;

    #[inline]
    fn next(&mut self) -> Option<Object> {
        let (digits, after) = self.rest.split_first_chunk()?;
        let (tag, chars) = head(*digits)?;
        let length = if self.is_ascii { chars } else { bytes_of(after, chars) };
        if length == 0 || length > after.len() {
            return None;
        }
        let from = self.text.len() - after.len();
        self.rest = &after[length..];
        Some(Object { tag, from, to: from + length })
    }
}

/// Tag and length, each of two digits.
#[inline]
fn head(bytes: [u8; 4]) -> Option<(u8, usize)> {
    // All four at once: digits are 0x30 to 0x39, and adding 6 takes what is above them to 0x40.
    let word = u32::from_le_bytes(bytes);
    if (word & word.wrapping_add(0x0606_0606)) & 0xf0f0_f0f0 != 0x3030_3030 {
        return None;
    }
    // Each digit ten times and the next one: at most 99, so that no byte reaches its neighbour.
    let digits = word & 0x0f0f_0f0f;
    let [tag, _, length, _] = (digits * 10 + (digits >> 8)).to_le_bytes();
    Some((tag, usize::from(length)))
}

/// How many bytes so many characters have; more than there are if there are fewer characters.
fn bytes_of(text: &[u8], chars: usize) -> usize {
    // Most objects have only ASCII, also beside one that has not.
    if text.get(..chars).is_some_and(<[u8]>::is_ascii) {
        return chars;
    }
    let mut begins = (0..text.len()).filter(|at| text[*at] & 0xc0 != 0x80).chain([text.len()]);
    begins.nth(chars).unwrap_or(usize::MAX)
}

/// How people name an object: `54`, or `62.07` inside a template.
pub(crate) fn path(within: Option<u8>, tag: u8) -> String {
    let mut path = String::with_capacity("62.07".len());
    if let Some(template) = within {
        path.extend(two_digits(template));
        path.push('.');
    }
    path.extend(two_digits(tag));
    path
}

/// A tag, 0 to 99, as it is printed. Every refusal names one: cheaper than formatting.
fn two_digits(tag: u8) -> [char; 2] {
    [tag / 10, tag % 10].map(|digit| char::from(b'0' + digit))
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
