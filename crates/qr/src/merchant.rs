//! Merchant-presented codes: what a shop shows or prints.
//!
//! Read strictly by EMVCo's "QR Code Specification for Payment Systems: Merchant-Presented Mode",
//! version 1.1. Where real national codes are known to stray, a [`Tolerance`] with a name lets them
//! pass and is reported.

use crate::amount::Amount;
use crate::crc::crc16;
use crate::error::{Fault, QrError};
use crate::scheme::{self, Profile};
use crate::tlv::{Objects, Raw, path};
use money::Currency;
use std::ops::Range;

/// Tags of the objects at the top (EMVCo MPM 1.1, table 3.1).
pub(crate) mod tag {
    pub const FORMAT: u8 = 0;
    pub const INITIATION: u8 = 1;
    pub const MCC: u8 = 52;
    pub const CURRENCY: u8 = 53;
    pub const AMOUNT: u8 = 54;
    pub const TIP: u8 = 55;
    pub const TIP_FIXED: u8 = 56;
    pub const TIP_PERCENT: u8 = 57;
    pub const COUNTRY: u8 = 58;
    pub const NAME: u8 = 59;
    pub const CITY: u8 = 60;
    pub const POSTAL_CODE: u8 = 61;
    pub const ADDITIONAL: u8 = 62;
    pub const CRC: u8 = 63;
    pub const LANGUAGE: u8 = 64;
}

/// Most objects that a code without repetitions can have at the top.
const TAGS: usize = 100;

/// A departure from the specification that is let pass, because codes in use have it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tolerance {
    /// 00 is `02`: DuitNow.
    FormatIndicator02,
    /// 63 in small letters.
    LowercaseChecksum,
    /// 52, 59 or 60 is left out: PromptPay and VietQR.
    LeavesOut,
    /// 54, 56: more decimals than the currency has, all of them zeros.
    TrailingZeros,
    /// 54 is zero, meaning that the payer names it: Pix.
    ZeroAmount,
    /// 56 or 57 stands beside a 55 that does not ask for it.
    TipNotAskedFor,
    /// 62 has objects that EMVCo does not name: QR Ph, QRIS and others.
    UnnamedAdditional,
    /// 01 says that the code is used many times, and it carries an amount.
    StaticWithAmount,
    /// 01 says that the code is used once, and it carries no amount.
    DynamicWithoutAmount,
}

impl Tolerance {
    /// A word for machines.
    pub const fn name(self) -> &'static str {
        match self {
            Tolerance::FormatIndicator02 => "format_indicator_02",
            Tolerance::LowercaseChecksum => "lowercase_checksum",
            Tolerance::LeavesOut => "leaves_out",
            Tolerance::TrailingZeros => "trailing_zeros",
            Tolerance::ZeroAmount => "zero_amount",
            Tolerance::TipNotAskedFor => "tip_not_asked_for",
            Tolerance::UnnamedAdditional => "unnamed_additional",
            Tolerance::StaticWithAmount => "static_with_amount",
            Tolerance::DynamicWithoutAmount => "dynamic_without_amount",
        }
    }

    const fn reason(self) -> &'static str {
        match self {
            Tolerance::FormatIndicator02 => "is 02 where 01 is specified",
            Tolerance::LowercaseChecksum => "is written in small letters",
            Tolerance::LeavesOut => "is left out, as this national scheme does",
            Tolerance::TrailingZeros => "has more decimals than the currency, all zeros",
            Tolerance::ZeroAmount => "is zero: the payer names the amount",
            Tolerance::TipNotAskedFor => "is there although 55 does not ask for it",
            Tolerance::UnnamedAdditional => "is not an object that EMVCo names",
            Tolerance::StaticWithAmount => "is an amount in a code that is used many times",
            Tolerance::DynamicWithoutAmount => "says used once, and there is no amount",
        }
    }
}

/// A tolerance that a code needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Warning {
    pub tolerance: Tolerance,
    pub(crate) template: Option<u8>,
    pub(crate) tag: u8,
}

impl std::fmt::Display for Warning {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let object = path(self.template, self.tag);
        write!(f, "{}: {object} {}", self.tolerance.name(), self.tolerance.reason())
    }
}

/// How often a code is meant to be used (object 01).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Initiation {
    Static,
    Dynamic,
}

impl Initiation {
    pub const fn name(self) -> &'static str {
        match self {
            Initiation::Static => "static",
            Initiation::Dynamic => "dynamic",
        }
    }
}

/// What may be added to the amount (objects 55 to 57).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tip<'a> {
    /// `01`: the payer is asked; `02`: the fixed fee is added; `03`: the percentage is.
    pub indicator: &'a str,
    pub fixed: Option<&'a str>,
    pub percent: Option<&'a str>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Top<'a> {
    pub(crate) raw: Raw<'a>,
    /// The objects within, when it is a template.
    inner: (u16, u16),
}

/// An object that is a template: an account, additional data, a language, or unreserved.
#[derive(Clone, Copy, Debug)]
pub struct Template<'c, 'a> {
    /// Its tag, 26 to 99.
    pub tag: u8,
    objects: &'c [Raw<'a>],
}

impl<'a> Template<'_, 'a> {
    /// Value of the object with this tag.
    pub fn get(&self, tag: u8) -> Option<&'a str> {
        self.objects.iter().find(|object| object.tag == tag).map(|object| object.value)
    }

    /// Whose template it is: object 00.
    pub fn guid(&self) -> Option<&'a str> {
        self.get(0)
    }

    /// All objects, in the order in which they stand.
    pub fn objects(&self) -> impl Iterator<Item = (u8, &'a str)> {
        self.objects.iter().map(|object| (object.tag, object.value))
    }
}

/// Where the merchant is paid (objects 02 to 51).
#[derive(Clone, Copy, Debug)]
pub enum Account<'c, 'a> {
    /// 02 to 25: the number of a card scheme.
    Number { tag: u8, value: &'a str },
    /// 26 to 51: a network named by its id.
    Network(Template<'c, 'a>),
}

/// A code, read. It borrows the scanned text.
#[derive(Clone, Debug)]
pub struct MerchantCode<'a> {
    pub(crate) top: Vec<Top<'a>>,
    pub(crate) inner: Vec<Raw<'a>>,
    /// Place in `top`, counted from 1, by tag.
    places: [u8; TAGS],
    pub(crate) currency: Option<Currency>,
    pub(crate) amount: Option<Amount>,
    pub(crate) profile: Option<Profile>,
    pub(crate) warnings: Vec<Warning>,
}

impl<'a> MerchantCode<'a> {
    /// Reads a scanned text. Errors: what is wrong, with the object's name, in plain words.
    pub fn read(text: &'a str) -> Result<MerchantCode<'a>, QrError> {
        if !text.starts_with("00") {
            return Err(QrError::new(Fault::NotEmv, "", scheme::what_it_is(text)));
        }
        let mut code = MerchantCode {
            top: Vec::with_capacity(16),
            inner: Vec::with_capacity(24),
            places: [0; TAGS],
            currency: None,
            amount: None,
            profile: None,
            warnings: Vec::new(),
        };
        code.take_objects(text)?;
        code.check()?;
        Ok(code)
    }

    fn take_objects(&mut self, text: &'a str) -> Result<(), QrError> {
        let is_ascii = text.is_ascii();
        let mut objects = Objects::new(text, is_ascii, None);
        while let Some(raw) = objects.next()? {
            let place = &mut self.places[usize::from(raw.tag)];
            if *place != 0 {
                return Err(structure(raw.tag, "is there twice"));
            }
            if self.top.is_empty() && raw.tag != tag::FORMAT {
                return Err(structure(raw.tag, "stands where 00 must: at the beginning"));
            }
            self.top.push(Top { raw, inner: (0, 0) });
            #[expect(clippy::cast_possible_truncation, reason = "there are 100 tags")]
            {
                *place = self.top.len() as u8;
            }
            if is_template(raw.tag) {
                self.take_template(raw, is_ascii)?;
            }
            if raw.tag == tag::CRC {
                let left = objects.left();
                if left > 0 {
                    let reason = format!("must be the end, but {left} more bytes follow");
                    return Err(structure(tag::CRC, reason));
                }
                return self.check_crc(&text.as_bytes()[..text.len() - raw.value.len()], raw.value);
            }
        }
        Err(QrError::new(Fault::Crc, "63", "is missing: a code ends with its checksum"))
    }

    fn take_template(&mut self, template: Raw<'a>, is_ascii: bool) -> Result<(), QrError> {
        let first = self.inner.len();
        let mut seen = 0_u128;
        let mut objects = Objects::new(template.value, is_ascii, Some(template.tag));
        while let Some(raw) = objects.next()? {
            let bit = 1_u128 << raw.tag;
            if seen & bit != 0 {
                let object = path(Some(template.tag), raw.tag);
                return Err(QrError::new(Fault::Structure, object, "is there twice"));
            }
            seen |= bit;
            self.inner.push(raw);
        }
        // At most 100 templates of at most 19 objects each.
        let place = |at: usize| u16::try_from(at).unwrap_or(u16::MAX);
        if let Some(top) = self.top.last_mut() {
            top.inner = (place(first), place(self.inner.len()));
        }
        Ok(())
    }

    fn check_crc(&mut self, covered: &[u8], written: &str) -> Result<(), QrError> {
        let digits = written.as_bytes();
        if digits.len() != 4 || !digits.iter().all(u8::is_ascii_hexdigit) {
            let reason = format!("`{written}` is not four hexadecimal digits");
            return Err(QrError::new(Fault::Crc, "63", reason));
        }
        let right = crc16(covered);
        if u16::from_str_radix(written, 16) != Ok(right) {
            let reason = format!(
                "the checksum is {written}, but these characters give {right:04X}: the code is \
                 damaged or was altered"
            );
            return Err(QrError::new(Fault::Crc, "63", reason));
        }
        if digits.iter().any(u8::is_ascii_lowercase) {
            self.warn(Tolerance::LowercaseChecksum, tag::CRC);
        }
        Ok(())
    }

    pub(crate) fn warn(&mut self, tolerance: Tolerance, tag: u8) {
        self.warnings.push(Warning { tolerance, template: None, tag });
    }

    pub(crate) fn inner_of(&self, tag: u8) -> Option<Range<usize>> {
        let place = self.places[usize::from(tag)];
        let top = self.top.get(usize::from(place).checked_sub(1)?)?;
        Some(usize::from(top.inner.0)..usize::from(top.inner.1))
    }

    pub(crate) fn template_of(&self, top: &Top<'a>) -> Template<'_, 'a> {
        let objects = &self.inner[usize::from(top.inner.0)..usize::from(top.inner.1)];
        Template { tag: top.raw.tag, objects }
    }

    pub(crate) fn template(&self, tag: u8) -> Option<Template<'_, 'a>> {
        self.inner_of(tag).map(|place| Template { tag, objects: &self.inner[place] })
    }

    /// Value of an object at the top, as printed.
    pub fn get(&self, tag: u8) -> Option<&'a str> {
        let place = *self.places.get(usize::from(tag))?;
        let top = self.top.get(usize::from(place).checked_sub(1)?)?;
        Some(top.raw.value)
    }

    /// All objects at the top, in the order in which they stand.
    pub fn objects(&self) -> impl Iterator<Item = (u8, &'a str)> {
        self.top.iter().map(|top| (top.raw.tag, top.raw.value))
    }

    /// None: the code does not say.
    pub fn initiation(&self) -> Option<Initiation> {
        match self.get(tag::INITIATION)? {
            "11" => Some(Initiation::Static),
            _ => Some(Initiation::Dynamic),
        }
    }

    /// Where the merchant is paid, in the order in which it stands.
    pub fn accounts(&self) -> impl Iterator<Item = Account<'_, 'a>> {
        self.top.iter().filter_map(|top| match top.raw {
            Raw { tag: tag @ 2..=25, value } => Some(Account::Number { tag, value }),
            Raw { tag: 26..=51, .. } => Some(Account::Network(self.template_of(top))),
            _ => None,
        })
    }

    /// Templates that anybody may use: 80 to 99.
    pub fn unreserved(&self) -> impl Iterator<Item = Template<'_, 'a>> {
        let open = self.top.iter().filter(|top| (80..=99).contains(&top.raw.tag));
        open.map(|top| self.template_of(top))
    }

    /// Bill number, store, terminal and the like: object 62.
    pub fn additional(&self) -> Option<Template<'_, 'a>> {
        self.template(tag::ADDITIONAL)
    }

    /// The merchant's name and city in another language: object 64.
    pub fn language(&self) -> Option<Template<'_, 'a>> {
        self.template(tag::LANGUAGE)
    }

    pub fn currency(&self) -> Option<Currency> {
        self.currency
    }

    /// The amount in minor units; none when the payer names it.
    pub fn amount_minor(&self) -> Option<u64> {
        self.amount.map(|amount| amount.minor)
    }

    pub fn tip(&self) -> Option<Tip<'a>> {
        let indicator = self.get(tag::TIP)?;
        let (fixed, percent) = (self.get(tag::TIP_FIXED), self.get(tag::TIP_PERCENT));
        Some(Tip { indicator, fixed, percent })
    }

    /// The national scheme by whose rules something is left out.
    pub fn profile(&self) -> Option<Profile> {
        self.profile
    }

    /// What was let pass.
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }

    /// Is one of the networks Alipay+ (by whichever spelling)?
    pub fn has_alipay(&self) -> bool {
        let networks = self.accounts().filter_map(|account| match account {
            Account::Network(template) => Some(template),
            Account::Number { .. } => None,
        });
        networks.chain(self.unreserved()).filter_map(|it| it.guid()).any(scheme::is_alipay)
    }
}

pub(crate) fn is_template(tag: u8) -> bool {
    matches!(tag, 26..=51 | tag::ADDITIONAL | tag::LANGUAGE | 80..=99)
}

fn structure(tag: u8, reason: impl Into<String>) -> QrError {
    QrError::new(Fault::Structure, path(None, tag), reason)
}
