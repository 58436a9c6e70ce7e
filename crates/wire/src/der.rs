//! Just enough DER and PEM to tell key files apart and to measure their modulus.

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// Standard base64, with or without padding on input and always with it on output.
pub(crate) const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

pub(crate) const INTEGER: u8 = 0x02;
pub(crate) const BIT_STRING: u8 = 0x03;
pub(crate) const OCTET_STRING: u8 = 0x04;
pub(crate) const OBJECT_ID: u8 = 0x06;
pub(crate) const SEQUENCE: u8 = 0x30;

/// Object id of RSA keys, 1.2.840.113549.1.1.1 (RFC 8017).
pub(crate) const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
/// Object id of Ed25519 keys, 1.3.101.112 (RFC 8410).
pub(crate) const ED25519: &[u8] = &[0x2b, 0x65, 0x70];

/// Walks over the elements of one DER level.
#[derive(Clone, Copy)]
pub(crate) struct Der<'a>(&'a [u8]);

impl<'a> Der<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Der<'a> {
        Der(bytes)
    }

    /// Tag of the next element.
    pub(crate) fn peek(&self) -> Option<u8> {
        self.0.first().copied()
    }

    /// Content of the next element, which must carry `tag`.
    pub(crate) fn take(&mut self, tag: u8) -> Option<&'a [u8]> {
        let (&found, rest) = self.0.split_first()?;
        let (&first, mut rest) = rest.split_first()?;
        if found != tag {
            return None;
        }
        let mut length = usize::from(first);
        if first >= 0x80 {
            let count = usize::from(first & 0x7f);
            // Keys are far below 64 KB; an indefinite length (count 0) is not DER.
            if !(1..=2).contains(&count) || rest.len() < count {
                return None;
            }
            let (digits, after) = rest.split_at(count);
            length = digits.iter().fold(0, |sum, &byte| sum << 8 | usize::from(byte));
            rest = after;
        }
        if rest.len() < length {
            return None;
        }
        let (content, after) = rest.split_at(length);
        self.0 = after;
        Some(content)
    }

    /// Content of the next element as a level of its own.
    pub(crate) fn enter(&mut self, tag: u8) -> Option<Der<'a>> {
        self.take(tag).map(Der)
    }
}

/// Length in bits of a DER integer, leading zeros not counted.
pub(crate) fn bits(integer: &[u8]) -> usize {
    let Some(first) = integer.iter().position(|&byte| byte != 0) else { return 0 };
    let zeros = integer[first].leading_zeros();
    (integer.len() - first) * 8 - usize::try_from(zeros).unwrap_or(0)
}

/// The label and the content of the first PEM block.
pub(crate) fn from_pem(text: &str) -> Option<(&str, Vec<u8>)> {
    let (_, text) = text.split_once("-----BEGIN ")?;
    let (label, text) = text.split_once("-----")?;
    let (body, _) = text.split_once("-----END ")?;
    Some((label, from_base64(body)?))
}

/// Base64 text with any white space in it.
pub(crate) fn from_base64(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    if digits.is_empty() {
        return None;
    }
    BASE64.decode(digits).ok()
}

pub(crate) fn to_base64(bytes: &[u8]) -> String {
    BASE64.encode(bytes)
}

/// A PEM block with lines of 64 characters (RFC 7468).
pub(crate) fn to_pem(label: &str, bytes: &[u8]) -> String {
    let digits = to_base64(bytes);
    let mut text = format!("-----BEGIN {label}-----\n");
    let mut rest = digits.as_str();
    while !rest.is_empty() {
        let (line, after) = rest.split_at(rest.len().min(64));
        text.push_str(line);
        text.push('\n');
        rest = after;
    }
    text.push_str(&format!("-----END {label}-----\n"));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_and_lengths() {
        let mut der = Der::new(&[SEQUENCE, 3, INTEGER, 1, 5, OCTET_STRING, 0x81, 1, 9]);
        assert_eq!(der.peek(), Some(SEQUENCE));
        assert_eq!(der.enter(SEQUENCE).unwrap().take(INTEGER), Some(&[5][..]));
        assert_eq!(der.take(OCTET_STRING), Some(&[9][..]));
        assert_eq!(der.take(OCTET_STRING), None);
        for bad in [&[SEQUENCE][..], &[SEQUENCE, 5, 0], &[SEQUENCE, 0x80], &[SEQUENCE, 0x83, 0, 0]]
        {
            assert_eq!(Der::new(bad).take(SEQUENCE), None, "{bad:?}");
        }
        assert_eq!(bits(&[0, 0x80, 0]), 16);
        assert_eq!(bits(&[1]), 1);
        assert_eq!(bits(&[]), 0);
    }

    #[test]
    fn pem_round_trip() {
        let bytes: Vec<u8> = (0..=255).collect();
        let text = to_pem("THING", &bytes);
        assert!(text.lines().all(|line| line.len() <= 64));
        assert_eq!(from_pem(&text), Some(("THING", bytes)));
        assert_eq!(from_pem("-----BEGIN THING-----\n!!\n-----END THING-----"), None);
        assert_eq!(from_base64(" \n"), None);
    }
}
