//! Texts of the wallet's own codes: `DHW1/<kind>/<id>/<check>`.
//!
//! A text is upper case throughout, so that a QR code holds it in its dense alphanumeric mode, and
//! each code has one text: numbers are decimal without leading zeros, tokens 32 hexadecimal digits.
//! The check is CRC-16 over everything before it: it finds slips of camera, print and hand and
//! proves nothing. What a code leads to is the machine's to look up; codes of others are read in
//! `dhow-qr`.

use base::{codec_enum, codec_struct};
use qr::crc16;

/// Longest text of an own code, in characters.
pub const MAX_OWN_CODE_CHARS: usize = 64;

const SCHEME: &str = "DHW";
const VERSION: &str = "1";
const TOKEN_DIGITS: usize = 32;

/// Where a ride begins or ends: a sticker in a vehicle, on a pole, or both.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BoardPoint {
    pub line: u32,
    /// 0: the code hangs at a stop and says nothing of the vehicle.
    pub vehicle: u32,
    /// 0: the code hangs in a vehicle of a line without stops.
    pub stop: u16,
}
codec_struct!(BoardPoint { line, vehicle, stop });

/// One of the wallet's own codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OwnCode {
    /// The printed code of a local merchant; the payer enters the amount.
    Pay { merchant: u32 },
    /// A donation box.
    Donate { donation_box: u32 },
    /// A point to scan when boarding and leaving.
    Ride(BoardPoint),
    /// A film poster: the shows of the film are offered.
    Show { film: u32 },
    /// A link to a red packet; the token is the edge's and cannot be guessed.
    Packet { token: u128 },
    /// A link to a gift coupon; the token is the edge's and cannot be guessed.
    Gift { token: u128 },
    /// A customer who receives money.
    Customer { customer: u32 },
}
codec_enum!(OwnCode {
    0 = Pay { merchant },
    1 = Donate { donation_box },
    2 = Ride(point),
    3 = Show { film },
    4 = Packet { token },
    5 = Gift { token },
    6 = Customer { customer },
});

/// Why a text is none of the wallet's own codes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ScanError {
    /// It does not begin as our codes do: somebody else may know it.
    NotOurs,
    /// It is ours, of a version that this program does not know.
    OtherVersion,
    /// It begins as ours and is longer than any of them.
    TooLong,
    /// It does not have the four parts.
    Parts { found: usize },
    /// The last part is not four hexadecimal digits.
    CheckForm,
    /// A slip: the check does not fit the rest.
    Check { expected: u16, found: u16 },
    /// The check fits, and the kind is not known.
    Kind,
    /// The check fits, and the named number is missing, too large or not in its one form.
    Id { field: &'static str },
}

impl std::fmt::Display for ScanError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            ScanError::NotOurs => f.write_str("does not begin with DHW1/"),
            ScanError::OtherVersion => f.write_str("is of a version that is not known here"),
            ScanError::TooLong => write!(f, "is longer than {MAX_OWN_CODE_CHARS} characters"),
            ScanError::Parts { found } => write!(f, "has {found} parts and not 4"),
            ScanError::CheckForm => f.write_str("does not end with four hexadecimal digits"),
            ScanError::Check { expected, found } => {
                write!(f, "has the check {found:04X}, and the rest asks for {expected:04X}")
            }
            ScanError::Kind => f.write_str("is of a kind that is not known here"),
            ScanError::Id { field } => write!(f, "has no proper number for {field}"),
        }
    }
}

impl std::error::Error for ScanError {}

impl OwnCode {
    /// The code that a text stands for. Errors are tried in the order of [`ScanError`].
    pub fn read(text: &str) -> Result<OwnCode, ScanError> {
        let rest = text.strip_prefix(SCHEME).ok_or(ScanError::NotOurs)?;
        let (version, _) = rest.split_once('/').ok_or(ScanError::NotOurs)?;
        if !version.bytes().all(|c| c.is_ascii_digit()) || version.is_empty() {
            return Err(ScanError::NotOurs);
        }
        if version != VERSION {
            return Err(ScanError::OtherVersion);
        }
        if text.len() > MAX_OWN_CODE_CHARS {
            return Err(ScanError::TooLong);
        }
        let parts: Vec<&str> = text.split('/').collect();
        let [_, kind, id, check] = parts[..] else {
            return Err(ScanError::Parts { found: parts.len() });
        };
        let found = hex(check, 4).and_then(|check| u16::try_from(check).ok());
        let found = found.ok_or(ScanError::CheckForm)?;
        let expected = crc16(&text.as_bytes()[..text.len() - check.len()]);
        if found != expected {
            return Err(ScanError::Check { expected, found });
        }
        read_kind(kind, id)
    }

    fn write_kind(&self, f: &mut impl std::fmt::Write) -> std::fmt::Result {
        match self {
            OwnCode::Pay { merchant } => write!(f, "PAY/{merchant}"),
            OwnCode::Donate { donation_box } => write!(f, "DONATE/{donation_box}"),
            OwnCode::Ride(BoardPoint { line, vehicle, stop }) => {
                write!(f, "RIDE/{line}.{vehicle}.{stop}")
            }
            OwnCode::Show { film } => write!(f, "SHOW/{film}"),
            OwnCode::Packet { token } => write!(f, "PACKET/{token:032X}"),
            OwnCode::Gift { token } => write!(f, "GIFT/{token:032X}"),
            OwnCode::Customer { customer } => write!(f, "CUSTOMER/{customer}"),
        }
    }
}

fn read_kind(kind: &str, id: &str) -> Result<OwnCode, ScanError> {
    match kind {
        "PAY" => Ok(OwnCode::Pay { merchant: number(id, "merchant")? }),
        "DONATE" => Ok(OwnCode::Donate { donation_box: number(id, "donation_box")? }),
        "RIDE" => {
            let mut parts = id.splitn(3, '.');
            let mut next = || parts.next().unwrap_or_default();
            let line = number(next(), "line")?;
            let vehicle = number(next(), "vehicle")?;
            let stop = number(next(), "stop")?;
            Ok(OwnCode::Ride(BoardPoint { line, vehicle, stop }))
        }
        "SHOW" => Ok(OwnCode::Show { film: number(id, "film")? }),
        "PACKET" => Ok(OwnCode::Packet { token: token(id)? }),
        "GIFT" => Ok(OwnCode::Gift { token: token(id)? }),
        "CUSTOMER" => Ok(OwnCode::Customer { customer: number(id, "customer")? }),
        _ => Err(ScanError::Kind),
    }
}

fn number<N: std::str::FromStr>(text: &str, field: &'static str) -> Result<N, ScanError> {
    let error = ScanError::Id { field };
    let is_plain = text.bytes().all(|c| c.is_ascii_digit());
    if !is_plain || (text.len() > 1 && text.starts_with('0')) {
        return Err(error);
    }
    text.parse().map_err(|_| error)
}

fn token(text: &str) -> Result<u128, ScanError> {
    hex(text, TOKEN_DIGITS).ok_or(ScanError::Id { field: "token" })
}

/// Exactly `digits` hexadecimal digits in upper case.
fn hex(text: &str, digits: usize) -> Option<u128> {
    let is_hex = |c: u8| c.is_ascii_digit() || (b'A'..=b'F').contains(&c);
    if text.len() != digits || !text.bytes().all(is_hex) {
        return None;
    }
    u128::from_str_radix(text, 16).ok()
}

impl std::fmt::Display for OwnCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut text = format!("{SCHEME}{VERSION}/");
        self.write_kind(&mut text)?;
        text.push('/');
        let check = crc16(text.as_bytes());
        write!(f, "{text}{check:04X}")
    }
}

impl std::str::FromStr for OwnCode {
    type Err = ScanError;
    fn from_str(text: &str) -> Result<Self, ScanError> {
        OwnCode::read(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base::{decode_all, encode};
    use proptest::prelude::{Strategy, any, prop_oneof};
    use proptest::{prop_assert, prop_assert_eq, proptest};

    fn any_code() -> impl Strategy<Value = OwnCode> {
        prop_oneof![
            any::<u32>().prop_map(|merchant| OwnCode::Pay { merchant }),
            any::<u32>().prop_map(|donation_box| OwnCode::Donate { donation_box }),
            any::<(u32, u32, u16)>().prop_map(|(line, vehicle, stop)| {
                OwnCode::Ride(BoardPoint { line, vehicle, stop })
            }),
            any::<u32>().prop_map(|film| OwnCode::Show { film }),
            any::<u128>().prop_map(|token| OwnCode::Packet { token }),
            any::<u128>().prop_map(|token| OwnCode::Gift { token }),
            any::<u32>().prop_map(|customer| OwnCode::Customer { customer }),
        ]
    }

    /// A text with a fitting check, so that what is behind the check is reached.
    fn sealed(body: &str) -> String {
        format!("{body}{:04X}", crc16(body.as_bytes()))
    }

    #[test]
    fn an_error_names_what_is_wrong() {
        let cases = [
            ("", ScanError::NotOurs),
            ("hello", ScanError::NotOurs),
            ("DHW1", ScanError::NotOurs),
            ("DHW/PAY/1/0000", ScanError::NotOurs),
            ("dhw1/PAY/1/0000", ScanError::NotOurs),
            ("DHW2/PAY/1/0000", ScanError::OtherVersion),
            ("DHW1/PAY/1", ScanError::Parts { found: 3 }),
            ("DHW1/PAY/1/2/0000", ScanError::Parts { found: 5 }),
            ("DHW1/PAY/1/12c4", ScanError::CheckForm),
            ("DHW1/PAY/1/+123", ScanError::CheckForm),
            ("DHW1/PAY/1/1234", ScanError::Check { expected: 0xA56F, found: 0x1234 }),
        ];
        for (text, error) in cases {
            assert_eq!(OwnCode::read(text), Err(error), "{text}");
        }
        let ids = [
            ("DHW1/SEND/1/", ScanError::Kind),
            ("DHW1/PAY//", ScanError::Id { field: "merchant" }),
            ("DHW1/PAY/01/", ScanError::Id { field: "merchant" }),
            ("DHW1/PAY/+1/", ScanError::Id { field: "merchant" }),
            ("DHW1/PAY/4294967296/", ScanError::Id { field: "merchant" }),
            ("DHW1/RIDE/1.2/", ScanError::Id { field: "stop" }),
            ("DHW1/RIDE/1.2.70000/", ScanError::Id { field: "stop" }),
            ("DHW1/RIDE/1.2.3.4/", ScanError::Id { field: "stop" }),
            ("DHW1/GIFT/12/", ScanError::Id { field: "token" }),
            ("DHW1/CUSTOMER/\u{661}/", ScanError::Id { field: "customer" }),
        ];
        for (body, error) in ids {
            assert_eq!(OwnCode::read(&sealed(body)), Err(error), "{body}");
        }
        let long = sealed(&format!("DHW1/PAY/{}/", "1".repeat(60)));
        assert_eq!(OwnCode::read(&long), Err(ScanError::TooLong));
    }

    proptest! {
        #[test]
        fn every_code_has_one_text(code in any_code()) {
            let text = code.to_string();
            prop_assert!(text.len() <= MAX_OWN_CODE_CHARS);
            prop_assert_eq!(OwnCode::read(&text), Ok(code));
            prop_assert_eq!(decode_all::<OwnCode>(&encode(&code)), Ok(code));
        }

        #[test]
        fn one_wrong_character_is_found(code in any_code(), at in any::<usize>(), to in "[ -~]") {
            let text = code.to_string();
            let at = at % text.len();
            let mut wrong = text.clone();
            wrong.replace_range(at..=at, &to);
            prop_assert!(wrong == text || OwnCode::read(&wrong).is_err(), "{}", wrong);
        }

        #[test]
        fn what_is_read_is_written_the_same(
            text in "(DHW1/)?[A-Z]{0,6}/[0-9A-F./]{0,40}",
            any in ".*"
        ) {
            for text in [&text, &any, &sealed(&text), &sealed(&format!("DHW1/{any}/"))] {
                if let Ok(code) = OwnCode::read(text) {
                    prop_assert_eq!(&code.to_string(), text);
                }
            }
        }
    }
}
