//! What the objects of a merchant-presented code must be: EMVCo MPM 1.1, chapter 4.

use crate::amount::{self, Amount};
use crate::error::{Fault, QrError};
use crate::merchant::{Initiation, MerchantCode, Tolerance, Top, Warning, tag};
use crate::scheme;
use crate::tlv::{Raw, path};
use money::Currency;

impl MerchantCode<'_> {
    /// Checks every object. Errors: the first that does not hold, by name.
    pub(crate) fn check(&mut self) -> Result<(), QrError> {
        self.check_format()?;
        self.check_accounts()?;
        self.profile = scheme::profile(self);
        self.check_mandatory()?;
        self.check_values()?;
        self.check_money()?;
        self.check_additional()?;
        self.check_language()?;
        scheme::check(self)
    }

    fn check_format(&mut self) -> Result<(), QrError> {
        match self.get(tag::FORMAT) {
            Some("01") => {}
            Some("02") if scheme::is_duitnow(self) => {
                self.warn(Tolerance::FormatIndicator02, tag::FORMAT);
            }
            other => {
                let reason = format!("is `{}`; the only version is 01", other.unwrap_or_default());
                return Err(format_fault(tag::FORMAT, reason));
            }
        }
        match self.get(tag::INITIATION) {
            None | Some("11" | "12") => Ok(()),
            Some(other) => {
                let reason = format!("is `{other}`; 11 is static, 12 dynamic");
                Err(format_fault(tag::INITIATION, reason))
            }
        }
    }

    fn check_accounts(&self) -> Result<(), QrError> {
        let is_account = |top: &&Top<'_>| (2..=51).contains(&top.raw.tag);
        if !self.top.iter().any(|top| is_account(&top)) {
            let reason = "no merchant account: one of 02 to 51 must say where the merchant is paid";
            return Err(QrError::new(Fault::Mandatory, "02-51", reason));
        }
        let with_guid = |top: &&Top<'_>| matches!(top.raw.tag, 26..=51 | 80..=99);
        for top in self.top.iter().filter(with_guid) {
            let object = || path(Some(top.raw.tag), 0);
            let Some(guid) = self.template_of(top).guid() else {
                let reason = "is missing: a template says first whose it is";
                return Err(QrError::new(Fault::Mandatory, object(), reason));
            };
            at_most(guid, 32, object)?;
        }
        Ok(())
    }

    fn check_mandatory(&mut self) -> Result<(), QrError> {
        let always = [(tag::CURRENCY, "currency"), (tag::COUNTRY, "country")];
        let mostly = [
            (tag::MCC, "merchant category"),
            (tag::NAME, "merchant's name"),
            (tag::CITY, "merchant's city"),
        ];
        for (tag, what) in always.into_iter().chain(mostly) {
            if self.get(tag).is_some() {
                continue;
            }
            if self.profile.is_some() && mostly.iter().any(|(left, _)| *left == tag) {
                self.warn(Tolerance::LeavesOut, tag);
            } else {
                let reason = format!("is missing: the {what} must be there");
                return Err(QrError::new(Fault::Mandatory, path(None, tag), reason));
            }
        }
        // Named only where something is left out.
        if !self.warnings.iter().any(|it| it.tolerance == Tolerance::LeavesOut) {
            self.profile = None;
        }
        Ok(())
    }

    fn check_values(&self) -> Result<(), QrError> {
        let digits = |tag: u8, count: usize| match self.get(tag) {
            Some(text) if text.len() != count || !text.bytes().all(|it| it.is_ascii_digit()) => {
                Err(format_fault(tag, format!("`{text}` is not {count} digits")))
            }
            _ => Ok(()),
        };
        digits(tag::MCC, 4)?;
        digits(tag::CURRENCY, 3)?;
        if let Some(country) = self.get(tag::COUNTRY)
            && (country.len() != 2 || !country.bytes().all(|it| it.is_ascii_uppercase()))
        {
            let reason = format!("`{country}` is not a country of two capital letters");
            return Err(format_fault(tag::COUNTRY, reason));
        }
        for (tag, most) in [(tag::NAME, 25), (tag::CITY, 15), (tag::POSTAL_CODE, 10)] {
            if let Some(text) = self.get(tag) {
                at_most(text, most, || path(None, tag))?;
            }
        }
        Ok(())
    }

    fn check_money(&mut self) -> Result<(), QrError> {
        let text = self.get(tag::CURRENCY).unwrap_or_default();
        let currency = text.parse().ok().and_then(Currency::from_numeric).ok_or_else(|| {
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
        if let Some(tag) = asked.filter(|tag| self.get(*tag).is_none()) {
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
            if self.get(tag).is_some() && asked != Some(tag) {
                self.warn(Tolerance::TipNotAskedFor, tag);
            }
        }
        Ok(())
    }

    fn check_additional(&mut self) -> Result<(), QrError> {
        let Some(place) = self.inner_of(tag::ADDITIONAL) else { return Ok(()) };
        for at in place {
            let Raw { tag, value } = self.inner[at];
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
        let Some(template) = self.template(tag::LANGUAGE) else { return Ok(()) };
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
