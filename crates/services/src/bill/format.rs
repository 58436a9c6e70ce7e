//! The form of a customer's number with a biller, in a small pattern language.

use crate::RuleFault;
use crate::fault::must;
use base::{Codec, DecodeError, Reader, Text, codec_enum};

/// Longest account number, in characters.
const MAX_ACCOUNT: usize = 40;

/// Digits of an account number that follow from the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckDigits {
    None,
    /// The last digit by the Luhn formula over all digits, as on payment cards (ISO/IEC 7812-1).
    Luhn,
    /// The whole number, letters as 10 to 35, leaves 1 when divided by 97 (ISO/IEC 7064).
    Mod97,
}
codec_enum!(CheckDigits { 0 = None, 1 = Luhn, 2 = Mod97 });

/// `#` is a digit, `?` a digit or a capital letter, anything else stands for itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountFormat {
    pattern: Text<MAX_ACCOUNT>,
    check: CheckDigits,
}

/// Why an account number does not have the biller's form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FormatFault {
    Length {
        expected: usize,
    },
    /// At this position, from 0.
    Character {
        at: usize,
    },
    /// The form is right and the check digits are not: mostly a slip in typing.
    CheckDigits,
}

impl std::fmt::Display for FormatFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            FormatFault::Length { expected } => write!(f, "must have {expected} characters"),
            FormatFault::Character { at } => write!(f, "has a wrong character at position {at}"),
            FormatFault::CheckDigits => f.write_str("has check digits that do not fit"),
        }
    }
}

impl std::error::Error for FormatFault {}

impl AccountFormat {
    /// Error: `pattern`, when it is empty or too long, has a character that no number could have,
    /// or nothing that its check could be about.
    pub fn new(pattern: &str, check: CheckDigits) -> Result<AccountFormat, RuleFault> {
        let text = Text::new(pattern);
        let text = text.map_err(|_| RuleFault { field: "pattern", why: "must be 1 to 40 long" })?;
        let is_plain = pattern.bytes().all(|c| c.is_ascii_graphic() || c == b' ');
        must(is_plain, "pattern", "must be of plain characters")?;
        let free = pattern.bytes().filter(|c| *c == b'#' || *c == b'?').count();
        must(free > 0, "pattern", "must have a `#` or a `?`")?;
        match check {
            CheckDigits::None => {}
            CheckDigits::Luhn => {
                must(!pattern.contains('?'), "pattern", "must have no `?` with a Luhn digit")?;
                must(pattern.ends_with('#'), "pattern", "must end with `#`, the Luhn digit")?;
            }
            CheckDigits::Mod97 => {
                must(pattern.ends_with("##"), "pattern", "must end with `##`, the check digits")?;
            }
        }
        Ok(AccountFormat { pattern: text, check })
    }

    pub fn pattern(&self) -> &str {
        self.pattern.as_str()
    }

    pub const fn check_digits(&self) -> CheckDigits {
        self.check
    }

    /// Does an account number have this form? Errors in the order of [`FormatFault`].
    pub fn check(&self, account: &str) -> Result<(), FormatFault> {
        let expected = self.pattern().len();
        if account.chars().count() != expected {
            return Err(FormatFault::Length { expected });
        }
        let fits = |(c, place): (char, char)| match place {
            '#' => c.is_ascii_digit(),
            '?' => c.is_ascii_digit() || c.is_ascii_uppercase(),
            literal => c == literal,
        };
        if let Some(at) = account.chars().zip(self.pattern().chars()).position(|it| !fits(it)) {
            return Err(FormatFault::Character { at });
        }
        let holds = match self.check {
            CheckDigits::None => true,
            CheckDigits::Luhn => luhn_holds(account),
            CheckDigits::Mod97 => mod97_holds(account),
        };
        if holds { Ok(()) } else { Err(FormatFault::CheckDigits) }
    }
}

/// Every second digit from the right is doubled, the digits of all results added up: a multiple of
/// ten. Characters that are no digits are passed over.
fn luhn_holds(account: &str) -> bool {
    let digits = account.chars().rev().filter_map(|c| c.to_digit(10));
    let sum = digits.zip(0u32..).map(|(digit, at)| {
        let doubled = digit << (at % 2);
        doubled / 10 + doubled % 10
    });
    sum.sum::<u32>().is_multiple_of(10)
}

/// Characters that are neither digit nor letter are passed over.
fn mod97_holds(account: &str) -> bool {
    let rest = account.chars().filter_map(|c| c.to_digit(36)).fold(0, |rest, value| {
        let shift = if value < 10 { 10 } else { 100 };
        (rest * shift + value) % 97
    });
    rest == 1
}

impl Codec for AccountFormat {
    fn encode(&self, out: &mut Vec<u8>) {
        self.pattern.encode(out);
        self.check.encode(out);
    }
    fn decode(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let (pattern, check) = (Text::<MAX_ACCOUNT>::decode(input)?, CheckDigits::decode(input)?);
        AccountFormat::new(pattern.as_str(), check)
            .map_err(|_| input.expected("a form of accounts"))
    }
}
