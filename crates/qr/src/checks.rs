//! What the objects of a merchant-presented code must be: EMVCo MPM 1.1, chapter 4.

use crate::amount::{self, Amount};
use crate::error::{Fault, QrError};
use crate::merchant::{Initiation, MAX_GUID, MerchantCode, Tolerance, Warning, tag};
use crate::scheme;
use crate::tlv::path;
use money::Currency;

/// What must be there, and whether no national scheme may leave it out.
const MANDATORY: [(u8, &str, bool); 5] = [
    (tag::CURRENCY, "currency", true),
    (tag::COUNTRY, "country", true),
    (tag::MCC, "merchant category", false),
    (tag::NAME, "merchant's name", false),
    (tag::CITY, "merchant's city", false),
];

impl MerchantCode<'_> {
    /// Checks every object. Errors: the first that does not hold, by name.
    pub(crate) fn check(&mut self) -> Result<(), QrError> {
        self.check_format()?;
        self.check_accounts()?;
        self.check_mandatory()?;
        self.check_values()?;
        self.check_money()?;
        self.check_additional()?;
        self.check_language()?;
        scheme::check(self)
    }

    fn check_format(&mut self) -> Result<(), QrError> {
        match self.bytes(tag::FORMAT) {
            b"01" => {}
            b"02" if scheme::is_duitnow(self) => {
                self.warn(Tolerance::FormatIndicator02, tag::FORMAT);
            }
            _ => {
                let other = self.get(tag::FORMAT).unwrap_or_default();
                let reason = format!("is `{other}`; the only version is 01");
                return Err(format_fault(tag::FORMAT, reason));
            }
        }
        if matches!(self.bytes(tag::INITIATION), b"" | b"11" | b"12") {
            return Ok(());
        }
        let other = self.get(tag::INITIATION).unwrap_or_default();
        let reason = format!("is `{other}`; 11 is static, 12 dynamic");
        Err(format_fault(tag::INITIATION, reason))
    }

    fn check_accounts(&self) -> Result<(), QrError> {
        // Templates first, because most codes have one.
        if !self.has_any(26..=51) && !self.has_any(2..=25) {
            let reason = "no merchant account: one of 02 to 51 must say where the merchant is paid";
            return Err(QrError::new(Fault::Mandatory, "02-51", reason));
        }
        if self.are_named {
            return Ok(());
        }
        let templates = self.objects().filter(|(tag, _)| matches!(tag, 26..=51 | 80..=99));
        for (tag, _) in templates {
            let object = || path(Some(tag), 0);
            let Some(guid) = self.template(tag).and_then(|it| it.guid()) else {
                let reason = "is missing: a template says first whose it is";
                return Err(QrError::new(Fault::Mandatory, object(), reason));
            };
            at_most(guid, MAX_GUID, object)?;
        }
        Ok(())
    }

    fn check_mandatory(&mut self) -> Result<(), QrError> {
        if MANDATORY.iter().all(|(tag, _, _)| self.has(*tag)) {
            return Ok(());
        }
        for (tag, what, is_always) in MANDATORY {
            if self.has(tag) {
                continue;
            }
            // Named only where something is left out.
            self.profile = self.profile.or_else(|| scheme::profile(self));
            if is_always || self.profile.is_none() {
                let reason = format!("is missing: the {what} must be there");
                return Err(QrError::new(Fault::Mandatory, path(None, tag), reason));
            }
            self.warn(Tolerance::LeavesOut, tag);
        }
        Ok(())
    }

    fn check_values(&self) -> Result<(), QrError> {
        let digits = |tag: u8, count: usize| {
            let bytes = self.bytes(tag);
            if bytes.is_empty() || bytes.len() == count && bytes.iter().all(u8::is_ascii_digit) {
                return Ok(());
            }
            let text = self.get(tag).unwrap_or_default();
            Err(format_fault(tag, format!("`{text}` is not {count} digits")))
        };
        digits(tag::MCC, 4)?;
        digits(tag::CURRENCY, 3)?;
        if !matches!(self.bytes(tag::COUNTRY), [b'A'..=b'Z', b'A'..=b'Z']) {
            let country = self.get(tag::COUNTRY).unwrap_or_default();
            let reason = format!("`{country}` is not a country of two capital letters");
            return Err(format_fault(tag::COUNTRY, reason));
        }
        for (tag, most) in [(tag::NAME, 25), (tag::CITY, 15), (tag::POSTAL_CODE, 10)] {
            // No text has more characters than bytes.
            if self.bytes(tag).len() > most {
                at_most(self.get(tag).unwrap_or_default(), most, || path(None, tag))?;
            }
        }
        Ok(())
    }

    fn check_money(&mut self) -> Result<(), QrError> {
        let digits = self.bytes(tag::CURRENCY).iter().map(|it| u16::from(it - b'0'));
        let number = digits.fold(0, |number, digit| number * 10 + digit);
        let currency = Currency::from_numeric(number).ok_or_else(|| {
            let text = self.get(tag::CURRENCY).unwrap_or_default();
            format_fault(tag::CURRENCY, format!("`{text}` is not the number of a currency"))
        })?;
        self.currency = Some(currency);
        if let Some(text) = self.get(tag::AMOUNT) {
            let amount =
                amount::read(text, currency).map_err(|reason| format_fault(tag::AMOUNT, reason))?;
            if amount.minor == 0 && !scheme::takes_zero(self) {
                return Err(format_fault(
                    tag::AMOUNT,
                    "is zero; leave it out to let the payer name it",
                ));
            }
            self.warn_of_amount(amount, tag::AMOUNT);
            self.amount = Some(amount);
        }
        match (self.initiation(), self.amount.is_some()) {
            (Some(Initiation::Static), true) => self.warn(Tolerance::StaticWithAmount, tag::AMOUNT),
            (Some(Initiation::Dynamic), false) => {
                self.warn(Tolerance::DynamicWithoutAmount, tag::INITIATION);
            }
            _ => {}
        }
        self.check_tip(currency)
    }

    fn warn_of_amount(&mut self, amount: Amount, tag: u8) {
        if amount.minor == 0 {
            self.warn(Tolerance::ZeroAmount, tag);
        }
        if amount.has_trailing_zeros {
            self.warn(Tolerance::TrailingZeros, tag);
        }
    }

    fn check_tip(&mut self, currency: Currency) -> Result<(), QrError> {
        if !self.has_any(tag::TIP.into()..=tag::TIP_PERCENT.into()) {
            return Ok(());
        }
        let indicator = self.get(tag::TIP);
        if let Some(other) = indicator.filter(|it| !matches!(*it, "01" | "02" | "03")) {
            let reason = format!("is `{other}`; 01, 02 and 03 are known");
            return Err(format_fault(tag::TIP, reason));
        }
        let asked = match indicator {
            Some("02") => Some(tag::TIP_FIXED),
            Some("03") => Some(tag::TIP_PERCENT),
            _ => None,
        };
        if let Some(tag) = asked.filter(|tag| !self.has(*tag)) {
            let reason = "is missing although 55 asks for it";
            return Err(QrError::new(Fault::Mandatory, path(None, tag), reason));
        }
        if let Some(fixed) = self.get(tag::TIP_FIXED) {
            let fixed = amount::read(fixed, currency)
                .map_err(|reason| format_fault(tag::TIP_FIXED, reason))?;
            if fixed.has_trailing_zeros {
                self.warn(Tolerance::TrailingZeros, tag::TIP_FIXED);
            }
        }
        if let Some(percent) = self.get(tag::TIP_PERCENT) {
            amount::check_percent(percent)
                .map_err(|reason| format_fault(tag::TIP_PERCENT, reason))?;
        }
        for tag in [tag::TIP_FIXED, tag::TIP_PERCENT] {
            if self.has(tag) && asked != Some(tag) {
                self.warn(Tolerance::TipNotAskedFor, tag);
            }
        }
        Ok(())
    }

    fn check_additional(&mut self) -> Result<(), QrError> {
        let Some(additional) = self.additional() else { return Ok(()) };
        for (tag, value) in additional.objects() {
            if (1..=9).contains(&tag) {
                at_most(value, 25, || path(Some(tag::ADDITIONAL), tag))?;
            } else {
                let template = Some(tag::ADDITIONAL);
                let tolerance = Tolerance::UnnamedAdditional;
                self.warnings.push(Warning { tolerance, template, tag });
            }
        }
        Ok(())
    }

    fn check_language(&self) -> Result<(), QrError> {
        let Some(template) = self.language() else { return Ok(()) };
        let object = |tag: u8| path(Some(tag::LANGUAGE), tag);
        for (tag, what) in [(0, "language"), (1, "merchant's name in it")] {
            if template.get(tag).is_none() {
                let reason = format!("is missing: the {what} must be there");
                return Err(QrError::new(Fault::Mandatory, object(tag), reason));
            }
        }
        for (tag, most) in [(1, 25), (2, 15)] {
            if let Some(text) = template.get(tag) {
                at_most(text, most, || object(tag))?;
            }
        }
        let language = template.get(0).unwrap_or_default();
        if language.len() != 2 || !language.bytes().all(|it| it.is_ascii_alphabetic()) {
            let reason = format!("`{language}` is not a language of two letters");
            return Err(QrError::new(Fault::Format, object(0), reason));
        }
        Ok(())
    }
}

fn format_fault(tag: u8, reason: impl Into<String>) -> QrError {
    QrError::new(Fault::Format, path(None, tag), reason)
}

fn at_most(text: &str, most: usize, object: impl FnOnce() -> String) -> Result<(), QrError> {
    // No text has more characters than bytes.
    if text.len() <= most {
        return Ok(());
    }
    let length = text.chars().count();
    if length <= most {
        return Ok(());
    }
    let reason = format!("has {length} characters, at most {most} are allowed");
    Err(QrError::new(Fault::Format, object(), reason))
}
