//! Consumer-presented codes: what a shopper shows, card data in BER-TLV.
//!
//! EMVCo, "QR Code Specification for Payment Systems: Consumer-Presented Mode", version 1.1. The
//! scanned text is base64 of the bytes that are read here.

use crate::error::{Fault, QrError};

const FORMAT: u32 = 0x85;
const APPLICATION: u32 = 0x61;
const COMMON: u32 = 0x62;
const APPLICATION_TRANSPARENT: u32 = 0x63;
const COMMON_TRANSPARENT: u32 = 0x64;
const AID: u32 = 0x4f;
/// The one version of the format.
const VERSION: &[u8] = b"CPV01";
/// Longest code (EMVCo CPM 1.1, 3.1).
const MAX_BYTES: usize = 512;

/// How a value is shown.
#[derive(Clone, Copy, Debug)]
enum Kind {
    Hex,
    Text,
    /// Digits of four bits each, filled up with F.
    Digits,
}

/// Objects with a name (EMVCo CPM 1.1, table 4.3).
const NAMES: [(u32, &str, Kind); 12] = [
    (AID, "aid", Kind::Hex),
    (0x50, "label", Kind::Text),
    (0x57, "track2", Kind::Hex),
    (0x5a, "pan", Kind::Digits),
    (0x5f20, "cardholder_name", Kind::Text),
    (0x5f2d, "language", Kind::Text),
    (0x5f34, "pan_sequence", Kind::Hex),
    (0x5f50, "issuer_url", Kind::Text),
    (0x9f08, "application_version", Kind::Hex),
    (0x9f19, "token_requestor_id", Kind::Digits),
    (0x9f24, "payment_account_reference", Kind::Text),
    (0x9f25, "last_4_digits", Kind::Digits),
];

/// A data object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field<'a> {
    pub tag: u32,
    pub value: &'a [u8],
}

impl Field<'_> {
    fn known(&self) -> Option<(&'static str, Kind)> {
        let named = NAMES.iter().find(|(tag, _, _)| *tag == self.tag);
        named.map(|(_, name, kind)| (*name, *kind))
    }

    /// Its name, or its tag in hexadecimal digits.
    pub fn name(&self) -> String {
        self.known().map_or_else(|| format!("{:02X}", self.tag), |(name, _)| name.to_owned())
    }

    /// Its value as text: as it is, as digits, or in hexadecimal.
    pub fn text(&self) -> String {
        match self.known() {
            Some((_, Kind::Text)) => String::from_utf8_lossy(self.value).into_owned(),
            Some((_, Kind::Digits)) => self.hex().trim_end_matches('F').to_owned(),
            Some((_, Kind::Hex)) | None => self.hex(),
        }
    }

    /// Its value in hexadecimal digits.
    pub fn hex(&self) -> String {
        self.value.iter().map(|byte| format!("{byte:02X}")).collect()
    }
}

/// One way to pay, or what all have in common.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Application<'a> {
    pub fields: Vec<Field<'a>>,
    /// What only the issuer understands.
    pub transparent: Vec<Field<'a>>,
}

/// A code, read. It borrows the bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsumerCode<'a> {
    pub applications: Vec<Application<'a>>,
    pub common: Option<Application<'a>>,
}

impl<'a> ConsumerCode<'a> {
    /// `CPV01`: there is no other.
    pub const FORMAT_INDICATOR: &'static str = "CPV01";

    /// Reads the bytes of a code. Errors: what is wrong, with the object's tag, in plain words.
    pub fn read(bytes: &'a [u8]) -> Result<ConsumerCode<'a>, QrError> {
        if bytes.len() > MAX_BYTES {
            let reason = format!("has {} bytes, at most {MAX_BYTES} are allowed", bytes.len());
            return Err(QrError::new(Fault::Structure, "", reason));
        }
        let mut objects = read_all(bytes, "")?.into_iter();
        match objects.next() {
            Some(Field { tag: FORMAT, value: VERSION }) => {}
            Some(Field { tag: FORMAT, .. }) => {
                return Err(QrError::new(Fault::Format, "85", "is not CPV01, the only version"));
            }
            _ => {
                let reason = "not a consumer-presented code: those begin with 85 05 CPV01";
                return Err(QrError::new(Fault::NotEmv, "85", reason));
            }
        }
        let mut code = ConsumerCode { applications: Vec::new(), common: None };
        for Field { tag, value } in objects {
            match tag {
                APPLICATION => {
                    code.applications.push(read_application(value, APPLICATION_TRANSPARENT)?);
                }
                COMMON if code.common.is_none() => {
                    code.common = Some(read_application(value, COMMON_TRANSPARENT)?);
                }
                FORMAT | COMMON => {
                    return Err(QrError::new(Fault::Structure, name_of(tag), "is there twice"));
                }
                // Other objects are for others.
                _ => {}
            }
        }
        if code.applications.is_empty() {
            let reason = "is missing: a code names at least one way to pay";
            return Err(QrError::new(Fault::Mandatory, "61", reason));
        }
        if code.applications.iter().any(|it| !it.fields.iter().any(|field| field.tag == AID)) {
            let reason = "is missing: each way to pay says which it is";
            return Err(QrError::new(Fault::Mandatory, "61.4F", reason));
        }
        Ok(code)
    }
}

fn read_application(bytes: &[u8], transparent: u32) -> Result<Application<'_>, QrError> {
    let mut application = Application::default();
    for field in read_all(bytes, "")? {
        let is_new = !application.fields.iter().any(|other| other.tag == field.tag);
        if field.tag == transparent && application.transparent.is_empty() {
            application.transparent = read_all(field.value, &name_of(transparent))?;
        } else if field.tag != transparent && is_new {
            application.fields.push(field);
        } else {
            return Err(QrError::new(Fault::Structure, name_of(field.tag), "is there twice"));
        }
    }
    if let Some(aid) = application.fields.iter().find(|field| field.tag == AID)
        && !(5..=16).contains(&aid.value.len())
    {
        let reason = format!("has {} bytes; the id of an application has 5 to 16", aid.value.len());
        return Err(QrError::new(Fault::Format, "4F", reason));
    }
    Ok(application)
}

fn name_of(tag: u32) -> String {
    format!("{tag:02X}")
}

fn read_all<'a>(mut bytes: &'a [u8], within: &str) -> Result<Vec<Field<'a>>, QrError> {
    let mut fields = Vec::new();
    while !bytes.is_empty() {
        let (field, rest) = read_one(bytes).map_err(|(object, reason)| {
            let object = if object.is_empty() { within.to_owned() } else { object };
            QrError::new(Fault::Structure, object, reason)
        })?;
        fields.push(field);
        bytes = rest;
    }
    Ok(fields)
}

/// The next object and the bytes after it; or the object that is broken, and how.
fn read_one(bytes: &[u8]) -> Result<(Field<'_>, &[u8]), (String, String)> {
    let (tag, rest) =
        read_tag(bytes).ok_or_else(|| (String::new(), "ends in the middle of a tag".to_owned()))?;
    let broken = |reason: String| (name_of(tag), reason);
    let (length, rest) =
        read_length(rest).ok_or_else(|| broken("has a length that cannot be read".to_owned()))?;
    if length > rest.len() {
        let follow = rest.len();
        return Err(broken(format!("should have {length} bytes, but only {follow} follow")));
    }
    let (value, rest) = rest.split_at(length);
    Ok((Field { tag, value }, rest))
}

/// One byte, or more when its five low bits are set (ISO/IEC 8825-1, 8.1.2); here at most three.
fn read_tag(bytes: &[u8]) -> Option<(u32, &[u8])> {
    let (first, mut rest) = bytes.split_first()?;
    let mut tag = u32::from(*first);
    if first & 0x1f != 0x1f {
        return Some((tag, rest));
    }
    for _ in 0..2 {
        let (next, after) = rest.split_first()?;
        (tag, rest) = (tag << 8 | u32::from(*next), after);
        if next & 0x80 == 0 {
            return Some((tag, rest));
        }
    }
    None
}

/// Up to 127 in one byte, else in the one or two that `81` or `82` announce.
fn read_length(bytes: &[u8]) -> Option<(usize, &[u8])> {
    match bytes {
        [short @ 0..=0x7f, rest @ ..] => Some((usize::from(*short), rest)),
        [0x81, one, rest @ ..] => Some((usize::from(*one), rest)),
        [0x82, one, two, rest @ ..] => Some((usize::from(*one) << 8 | usize::from(*two), rest)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(parts: &[&[u8]]) -> Vec<u8> {
        parts.concat()
    }

    const HEAD: &[u8] = b"\x85\x05CPV01";
    const ONE: &[u8] = b"\x61\x07\x4f\x05\xa0\0\0\0\x03";

    #[test]
    fn applications_common_data_and_what_is_transparent() {
        let bytes = code(&[
            HEAD,
            b"\x61\x16\x4f\x05\xa0\0\0\0\x03\x50\x04Card\x63\x07\x9f\x36\x01\x07\x82\x01\0",
            ONE,
            b"\x62\x0f\x5a\x03\x12\x34\x5f\x5f\x2d\x02en\x64\x03\x9f\x26\0",
        ]);
        let code = ConsumerCode::read(&bytes).unwrap();
        let shown = |fields: &[Field<'_>]| {
            fields.iter().map(|it| format!("{}={}", it.name(), it.text())).collect::<Vec<_>>()
        };
        assert_eq!(shown(&code.applications[0].fields), ["aid=A000000003", "label=Card"]);
        assert_eq!(shown(&code.applications[0].transparent), ["9F36=07", "82=00"]);
        assert_eq!(code.applications.len(), 2);
        let common = code.common.unwrap();
        assert_eq!(shown(&common.fields), ["pan=12345", "language=en"]);
        assert_eq!(shown(&common.transparent), ["9F26="]);
    }

    #[test]
    fn every_refusal_names_its_object() {
        for (bytes, expected) in [
            (code(&[]), "85: not a consumer"),
            (code(&[ONE]), "85: not a consumer"),
            (code(&[b"\x85\x05CPV02", ONE]), "85: is not CPV01"),
            (code(&[HEAD]), "61: is missing"),
            (code(&[HEAD, b"\x61\x00"]), "61.4F: is missing"),
            (code(&[HEAD, b"\x61\x03\x4f\x01\xa0"]), "4F: has 1 bytes"),
            (code(&[HEAD, HEAD, ONE]), "85: is there twice"),
            (code(&[HEAD, ONE, b"\x62\x00\x62\x00"]), "62: is there twice"),
            (code(&[HEAD, b"\x61\x09\x4f\x05\xa0\0\0\0\x03"]), "61: should have 9 bytes"),
            (code(&[HEAD, ONE, b"\x61"]), "61: has a length"),
            (code(&[HEAD, ONE, b"\x61\x84\0\0\0\x01"]), "61: has a length"),
            (code(&[HEAD, ONE, b"\x9f"]), "ends in the middle of a tag"),
            (vec![0; 513], "has 513 bytes"),
        ] {
            let error = ConsumerCode::read(&bytes).unwrap_err().to_string();
            assert!(error.starts_with(expected), "{error}");
        }
    }
}
