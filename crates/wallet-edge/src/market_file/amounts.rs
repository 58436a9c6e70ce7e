//! Amounts in major units, as people write them.

use super::MarketFileError;
use super::section::Section;
use money::{Currency, Money};

/// Reads amounts of one currency, and names the field when one is none.
#[derive(Clone, Copy)]
pub(super) struct Amounts {
    pub currency: Currency,
}

impl Amounts {
    /// `"99.95"` as minor units.
    pub fn take(self, from: &mut Section, name: &str) -> Result<u64, MarketFileError> {
        let decimals = self.currency.exponent();
        let code = self.currency.code();
        let what = match decimals {
            0 => format!("an amount of {code} in quotes, without decimals, such as \"1500\""),
            _ => format!(
                "an amount of {code} in quotes, with at most {decimals} decimals, such as \"99.5\""
            ),
        };
        let text = from.string(name, &what)?;
        let minor = scaled(&text, decimals).filter(|minor| *minor <= Money::MAX_MINOR);
        minor.ok_or_else(|| from.bad(name, format!("`{text}` must be {what}")))
    }

    /// The same, where nothing means nothing.
    pub fn optional(self, from: &mut Section, name: &str) -> Result<Option<u64>, MarketFileError> {
        if from.has(name) { self.take(from, name).map(Some) } else { Ok(None) }
    }
}

/// A number with at most so many decimals, times ten to their power. `None` when it is none, or too
/// large.
pub(super) fn scaled(text: &str, decimals: u8) -> Option<u64> {
    let decimals = usize::from(decimals);
    let (whole, part) = match text.split_once('.') {
        Some((_, "")) => return None,
        Some(parts) => parts,
        None => (text, ""),
    };
    let is_number = |it: &str| it.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !is_number(whole) || !is_number(part) || part.len() > decimals {
        return None;
    }
    format!("{whole}{part:0<decimals$}").parse().ok()
}
