//! Merchant-presented codes: what a shop shows or prints.
//!
//! Read strictly by EMVCo's "QR Code Specification for Payment Systems: Merchant-Presented Mode",
//! version 1.1. Where real national codes are known to stray, a [`Tolerance`] with a name lets them
//! pass and is reported.

use crate::amount::Amount;
use crate::crc::crc16;
use crate::error::{Fault, QrError};
use crate::scheme::{self, Profile};
use crate::tlv::{Object, Objects, path};
use money::Currency;

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

/// Longest name of a network in characters (EMVCo MPM 1.1).
pub(crate) const MAX_GUID: usize = 32;

/// Where a value stands in the text, in bytes.
#[derive(Clone, Copy, Debug)]
struct Span {
    from: u16,
    to: u16,
}

impl Span {
    /// Of an object that is not there.
    const NONE: Span = Span { from: 0, to: 0 };

    fn of(from: usize, to: usize) -> Span {
        // 100 objects of 99 characters are less than 40,000 bytes, and no tag is read twice.
        let at = |byte: usize| u16::try_from(byte).expect("a place in a text without repetitions");
        Span { from: at(from), to: at(to) }
    }
}

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

/// The objects of a text in which there are only such.
fn within(text: &str, is_ascii: bool) -> impl Iterator<Item = (u8, &str)> {
    Objects::new(text, is_ascii).filter_map(|it| Some((it.tag, text.get(it.from..it.to)?)))
}

/// An object that is a template: an account, additional data, a language, or unreserved.
#[derive(Clone, Copy, Debug)]
pub struct Template<'a> {
    /// Its tag, 26 to 99.
    pub tag: u8,
    value: &'a str,
    is_ascii: bool,
}

impl<'a> Template<'a> {
    /// Value of the object with this tag.
    pub fn get(&self, tag: u8) -> Option<&'a str> {
        self.objects().find(|(other, _)| *other == tag).map(|(_, value)| value)
    }

    /// Whose template it is: object 00.
    pub fn guid(&self) -> Option<&'a str> {
        self.get(0)
    }

    /// All objects, in the order in which they stand.
    pub fn objects(&self) -> impl Iterator<Item = (u8, &'a str)> + use<'a> {
        within(self.value, self.is_ascii)
    }

    /// Does it say in few bytes whose it is? Errors: its objects do not follow each other as they
    /// must.
    fn check(&self) -> Result<bool, QrError> {
        let (mut seen, mut has_guid) = ([false; TAGS], false);
        let mut objects = Objects::new(self.value, self.is_ascii);
        for Object { tag, from, to } in &mut objects {
            if std::mem::replace(&mut seen[usize::from(tag)], true) {
                let object = path(Some(self.tag), tag);
                return Err(QrError::new(Fault::Structure, object, "is there twice"));
            }
            has_guid |= tag == 0 && to - from <= MAX_GUID;
        }
        objects.end(Some(self.tag))?;
        Ok(has_guid)
    }
}

/// Where the merchant is paid (objects 02 to 51).
#[derive(Clone, Copy, Debug)]
pub enum Account<'a> {
    /// 02 to 25: the number of a card scheme.
    Number { tag: u8, value: &'a str },
    /// 26 to 51: a network named by its id.
    Network(Template<'a>),
}

/// A code, read. It borrows the scanned text, and what is in its templates is found in there when
/// it is asked for: reading allocates nothing, unless there is something to warn of.
#[derive(Clone, Debug)]
pub struct MerchantCode<'a> {
    text: &'a str,
    is_ascii: bool,
    /// By tag.
    spans: [Span; TAGS],
    /// Every template that must say whose it is does so, in few bytes.
    pub(crate) are_named: bool,
    pub(crate) currency: Option<Currency>,
    pub(crate) amount: Option<Amount>,
    pub(crate) profile: Option<Profile>,
    pub(crate) warnings: Vec<Warning>,
}

impl<'a> MerchantCode<'a> {
    /// Reads a scanned text. Errors: what is wrong, with the object's name, in plain words.
    // Inlined, because what is returned is large: so it is built where it is wanted.
    #[inline]
    pub fn read(text: &'a str) -> Result<MerchantCode<'a>, QrError> {
        let mut code = MerchantCode {
            text,
            is_ascii: false,
            spans: [Span::NONE; TAGS],
            are_named: true,
            currency: None,
            amount: None,
            profile: None,
            warnings: Vec::new(),
        };
        code.take()?;
        Ok(code)
    }

    fn take(&mut self) -> Result<(), QrError> {
        if !self.text.starts_with("00") {
            return Err(QrError::new(Fault::NotEmv, "", scheme::what_it_is(self.text)));
        }
        // No branch before all words are seen: for texts so short that is quicker.
        let (words, rest) = self.text.as_bytes().as_chunks();
        let all = words.iter().fold(0, |all, word| all | u64::from_ne_bytes(*word));
        self.is_ascii = all & 0x8080_8080_8080_8080 == 0 && rest.is_ascii();
        self.take_objects()?;
        self.check()
    }

    fn take_objects(&mut self) -> Result<(), QrError> {
        let mut objects = Objects::new(self.text, self.is_ascii);
        for Object { tag, from, to } in &mut objects {
            if self.has(tag) {
                return Err(structure(tag, "is there twice"));
            }
            self.spans[usize::from(tag)] = Span::of(from, to);
            if is_template(tag) {
                let has_guid = self.template_of(tag, &self.text[from..to]).check()?;
                self.are_named &= has_guid || matches!(tag, tag::ADDITIONAL | tag::LANGUAGE);
            }
            if tag == tag::CRC {
                let left = self.text.len() - to;
                if left > 0 {
                    let reason = format!("must be the end, but {left} more bytes follow");
                    return Err(structure(tag, reason));
                }
                return self.check_crc(from);
            }
        }
        objects.end(None)?;
        Err(QrError::new(Fault::Crc, "63", "is missing: a code ends with its checksum"))
    }

    /// Checks the checksum, which is what follows this byte.
    fn check_crc(&mut self, from: usize) -> Result<(), QrError> {
        let (covered, written) = self.text.as_bytes().split_at(from);
        let right = crc16(covered);
        let digits = [12, 8, 4, 0].map(|bit| b"0123456789ABCDEF"[usize::from(right >> bit & 15)]);
        if written == digits {
            return Ok(());
        }
        if written.eq_ignore_ascii_case(&digits) {
            self.warn(Tolerance::LowercaseChecksum, tag::CRC);
            return Ok(());
        }
        let is_checksum = written.len() == 4 && written.iter().all(u8::is_ascii_hexdigit);
        let written = &self.text[from..];
        let reason = if is_checksum {
            format!(
                "the checksum is {written}, but these characters give {right:04X}: the code is \
                 damaged or was altered"
            )
        } else {
            format!("`{written}` is not four hexadecimal digits")
        };
        Err(QrError::new(Fault::Crc, "63", reason))
    }

    pub(crate) fn warn(&mut self, tolerance: Tolerance, tag: u8) {
        self.warnings.push(Warning { tolerance, template: None, tag });
    }

    fn template_of(&self, tag: u8, value: &'a str) -> Template<'a> {
        Template { tag, value, is_ascii: self.is_ascii }
    }

    pub(crate) fn template(&self, tag: u8) -> Option<Template<'a>> {
        self.get(tag).map(|value| self.template_of(tag, value))
    }

    /// Value of an object at the top, as printed.
    #[inline]
    pub fn get(&self, tag: u8) -> Option<&'a str> {
        let span = self.spans.get(usize::from(tag))?;
        if span.to == 0 { None } else { self.text.get(span.from.into()..span.to.into()) }
    }

    pub(crate) fn has(&self, tag: u8) -> bool {
        self.spans[usize::from(tag)].to != 0
    }

    /// What [`get`](MerchantCode::get) gives, as bytes; empty when it is not there.
    pub(crate) fn bytes(&self, tag: u8) -> &'a [u8] {
        let span = self.spans[usize::from(tag)];
        &self.text.as_bytes()[span.from.into()..span.to.into()]
    }

    /// Is one of the objects with these tags there?
    pub(crate) fn has_any(&self, tags: std::ops::RangeInclusive<usize>) -> bool {
        self.spans[tags].iter().any(|span| span.to != 0)
    }

    /// All objects at the top, in the order in which they stand.
    pub fn objects(&self) -> impl Iterator<Item = (u8, &'a str)> + use<'a> {
        within(self.text, self.is_ascii)
    }

    /// None: the code does not say.
    pub fn initiation(&self) -> Option<Initiation> {
        match self.bytes(tag::INITIATION) {
            b"" => None,
            b"11" => Some(Initiation::Static),
            _ => Some(Initiation::Dynamic),
        }
    }

    /// Where the merchant is paid, in the order in which it stands.
    pub fn accounts(&self) -> impl Iterator<Item = Account<'a>> {
        self.objects().filter_map(|(tag, value)| match tag {
            2..=25 => Some(Account::Number { tag, value }),
            26..=51 => Some(Account::Network(self.template_of(tag, value))),
            _ => None,
        })
    }

    /// Templates that anybody may use: 80 to 99.
    pub fn unreserved(&self) -> impl Iterator<Item = Template<'a>> {
        let open = self.objects().filter(|(tag, _)| (80..=99).contains(tag));
        open.map(|(tag, value)| self.template_of(tag, value))
    }

    /// Bill number, store, terminal and the like: object 62.
    pub fn additional(&self) -> Option<Template<'a>> {
        self.template(tag::ADDITIONAL)
    }

    /// The merchant's name and city in another language: object 64.
    pub fn language(&self) -> Option<Template<'a>> {
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

/// By tag: may the object hold objects? Asked so often that it stands in a table.
const TEMPLATES: [bool; TAGS] = {
    let mut templates = [false; TAGS];
    let mut tag = 0;
    while tag < TAGS {
        templates[tag] = matches!(tag, 26..=51 | 62 | 64 | 80..=99);
        tag += 1;
    }
    templates
};

pub(crate) fn is_template(tag: u8) -> bool {
    TEMPLATES[usize::from(tag)]
}

fn structure(tag: u8, reason: impl Into<String>) -> QrError {
    QrError::new(Fault::Structure, path(None, tag), reason)
}
