//! Merchant-presented codes from named fields.

use crate::amount;
use crate::error::{Fault, QrError};
use crate::merchant::{Initiation, is_template, tag};
use crate::writer::Writer;
use money::Currency;
use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;

/// Longest code in characters (EMVCo MPM 1.1).
pub const MAX_CODE_CHARS: usize = 512;

/// Names of the objects 62.01 to 62.08 (EMVCo MPM 1.1, table 3.7).
pub const ADDITIONAL_NAMES: [&str; 8] =
    ["bill", "mobile", "store", "loyalty", "reference", "customer", "terminal", "purpose"];

/// Which object: `59`, or `26.01` within a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ObjectTag {
    pub top: u8,
    pub inner: Option<u8>,
}

impl ObjectTag {
    /// An object at the top.
    pub const fn top(top: u8) -> ObjectTag {
        ObjectTag { top, inner: None }
    }

    /// An object within a template.
    pub const fn within(top: u8, inner: u8) -> ObjectTag {
        ObjectTag { top, inner: Some(inner) }
    }
}

impl std::fmt::Display for ObjectTag {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.inner {
            Some(inner) => write!(f, "{:02}.{inner:02}", self.top),
            None => write!(f, "{:02}", self.top),
        }
    }
}

impl FromStr for ObjectTag {
    type Err = QrError;

    fn from_str(text: &str) -> Result<ObjectTag, QrError> {
        let two_digits = |part: &str| -> Option<u8> {
            let is_tag = part.len() == 2 && part.bytes().all(|it| it.is_ascii_digit());
            is_tag.then(|| part.parse().ok()).flatten()
        };
        let tag = match text.split_once('.') {
            Some((top, inner)) => two_digits(top).zip(two_digits(inner).map(Some)),
            None => two_digits(text).map(|top| (top, None)),
        };
        let (top, inner) = tag.ok_or_else(|| {
            let reason = "is no tag: write two digits, or 26.01 for an object in a template";
            QrError::new(Fault::Format, text, reason)
        })?;
        Ok(ObjectTag { top, inner })
    }
}

/// An object with its value, written `26.01=S-00042`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewObject {
    pub tag: ObjectTag,
    pub value: String,
}

impl FromStr for NewObject {
    type Err = QrError;

    fn from_str(text: &str) -> Result<NewObject, QrError> {
        let Some((tag, value)) = text.split_once('=') else {
            let reason = "has no `=`: write a tag and its value, such as 26.01=S-00042";
            return Err(QrError::new(Fault::Format, text, reason));
        };
        Ok(NewObject { tag: tag.parse()?, value: value.to_owned() })
    }
}

/// What is added to the amount (objects 55 to 57).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NewTip {
    /// The payer is asked.
    Prompt,
    /// A fixed fee in minor units of the code's currency.
    FixedMinor(u64),
    /// Hundredths of a percent, 1 to 9,999.
    PercentHundredths(u16),
}

impl FromStr for NewTip {
    type Err = QrError;

    /// Reads `prompt`, `fixed=150` in minor units, `percent=5` or `percent=7.25`.
    fn from_str(text: &str) -> Result<NewTip, QrError> {
        let read = match text.split_once('=') {
            None if text == "prompt" => Some(NewTip::Prompt),
            Some(("fixed", minor)) => whole_number(minor).map(NewTip::FixedMinor),
            Some(("percent", percent)) => {
                amount::hundredths(percent).map(NewTip::PercentHundredths)
            }
            _ => None,
        };
        read.ok_or_else(|| {
            let reason = format!(
                "`{text}` is no tip: write prompt, fixed=150 (minor units) or percent=7.25"
            );
            QrError::new(Fault::Format, "tip", reason)
        })
    }
}

/// Digits only: no sign.
fn whole_number(text: &str) -> Option<u64> {
    let is_number = text.bytes().all(|it| it.is_ascii_digit());
    is_number.then(|| text.parse().ok()).flatten()
}

/// The merchant's name and city in another language (object 64).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewLanguage {
    /// Two letters (ISO 639).
    pub language: String,
    pub name: String,
    pub city: Option<String>,
}

/// A code to be written. What is none is left out.
///
/// ```
/// use dhow_qr::{MerchantCode, NewCode, ObjectTag};
/// let mut code = NewCode {
///     mcc: Some("5814".to_owned()),
///     currency: money::Currency::from_code("JPY"),
///     amount_minor: Some(1_200),
///     country: Some("JP".to_owned()),
///     name: Some("Kissa Hato".to_owned()),
///     city: Some("Osaka".to_owned()),
///     ..NewCode::default()
/// };
/// code.put(ObjectTag::within(26, 0), "com.example.dhow").unwrap();
/// code.put(ObjectTag::within(26, 1), "S-00042").unwrap();
/// let text = code.write().unwrap();
/// assert_eq!(MerchantCode::read(&text).unwrap().amount_minor(), Some(1_200));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewCode {
    pub initiation: Option<Initiation>,
    /// Four digits: what the merchant sells (ISO 18245).
    pub mcc: Option<String>,
    pub currency: Option<Currency>,
    /// In minor units of the currency; none lets the payer name it.
    pub amount_minor: Option<u64>,
    pub tip: Option<NewTip>,
    /// Two capital letters.
    pub country: Option<String>,
    /// At most 25 characters.
    pub name: Option<String>,
    /// At most 15 characters.
    pub city: Option<String>,
    /// At most 10 characters.
    pub postal_code: Option<String>,
    /// Objects of 62 by their tag, 1 to 8 in the order of [`ADDITIONAL_NAMES`].
    pub additional: BTreeMap<u8, String>,
    pub language: Option<NewLanguage>,
    /// Accounts and all that has no field here: [`put`](NewCode::put) adds to it.
    pub objects: BTreeMap<ObjectTag, String>,
}

type Objects = BTreeMap<ObjectTag, String>;

impl NewCode {
    /// Adds an object by its tag: accounts 02 to 51, 62, 64, 80 to 99, or any other that has no
    /// field here.
    ///
    /// Errors: it is there already, is one that is written by itself (00, 63), stands within
    /// something that is no template, is a template without saying which of its objects, or has a
    /// control character.
    pub fn put(&mut self, tag: ObjectTag, value: &str) -> Result<(), QrError> {
        put(&mut self.objects, tag, value)
    }

    /// Is there an object with this tag, or within it?
    pub fn has(&self, top: u8) -> bool {
        self.objects.keys().any(|tag| tag.top == top)
    }

    /// Used once when there is an amount, otherwise many times.
    pub const fn initiation_by_amount(&self) -> Initiation {
        if self.amount_minor.is_some() { Initiation::Dynamic } else { Initiation::Static }
    }

    /// Writes the code, objects by rising tag.
    ///
    /// Errors: as [`put`](NewCode::put); a value that its object cannot have; the code is longer
    /// than [`MAX_CODE_CHARS`]; and all for which [`MerchantCode::read`](crate::MerchantCode::read)
    /// would refuse it.
    pub fn write(&self) -> Result<String, QrError> {
        let objects = self.all_objects()?;
        let mut writer = Writer::default();
        writer.object(tag::FORMAT, "01")?;
        let tops: BTreeSet<u8> = objects.keys().map(|it| it.top).collect();
        for top in tops {
            if let Some(value) = objects.get(&ObjectTag::top(top)) {
                writer.object(top, value)?;
                continue;
            }
            let all = ObjectTag::within(top, 0)..=ObjectTag::within(top, u8::MAX);
            let within: Vec<(u8, &str)> = objects
                .range(all)
                .filter_map(|(tag, value)| Some((tag.inner?, value.as_str())))
                .collect();
            writer.template(top, &within)?;
        }
        let text = writer.finish()?;
        let length = text.chars().count();
        if length > MAX_CODE_CHARS {
            let reason = format!(
                "the code has {length} characters, at most {MAX_CODE_CHARS} are allowed: shorten \
                 its texts or leave out a template"
            );
            return Err(QrError::new(Fault::Format, "", reason));
        }
        Ok(text)
    }

    /// What was put, and what stands in the fields.
    fn all_objects(&self) -> Result<Objects, QrError> {
        let mut objects = Objects::new();
        for (tag, value) in &self.objects {
            put(&mut objects, *tag, value)?;
        }
        let currency = self.currency.map(|it| format!("{:03}", it.numeric()));
        let initiation = self.initiation.map(|it| match it {
            Initiation::Static => "11".to_owned(),
            Initiation::Dynamic => "12".to_owned(),
        });
        let amount = match self.amount_minor {
            Some(0) => {
                let reason = "is zero: leave it out to let the payer name it";
                return Err(QrError::new(Fault::Format, "54", reason));
            }
            Some(minor) => Some(self.printed(minor, tag::AMOUNT)?),
            None => None,
        };
        for (tag, value) in [
            (tag::INITIATION, &initiation),
            (tag::MCC, &self.mcc),
            (tag::CURRENCY, &currency),
            (tag::AMOUNT, &amount),
            (tag::COUNTRY, &self.country),
            (tag::NAME, &self.name),
            (tag::CITY, &self.city),
            (tag::POSTAL_CODE, &self.postal_code),
        ] {
            if let Some(value) = value {
                put(&mut objects, ObjectTag::top(tag), value)?;
            }
        }
        self.put_tip(&mut objects)?;
        for (inner, value) in &self.additional {
            put(&mut objects, ObjectTag::within(tag::ADDITIONAL, *inner), value)?;
        }
        if let Some(it) = &self.language {
            let parts = [(0, Some(&it.language)), (1, Some(&it.name)), (2, it.city.as_ref())];
            for (inner, value) in parts {
                if let Some(value) = value {
                    put(&mut objects, ObjectTag::within(tag::LANGUAGE, inner), value)?;
                }
            }
        }
        Ok(objects)
    }

    fn put_tip(&self, objects: &mut Objects) -> Result<(), QrError> {
        let Some(tip) = self.tip else { return Ok(()) };
        let (indicator, added) = match tip {
            NewTip::Prompt => ("01", None),
            NewTip::FixedMinor(minor) => {
                ("02", Some((tag::TIP_FIXED, self.printed(minor, tag::TIP_FIXED)?)))
            }
            NewTip::PercentHundredths(hundredths) => {
                let percent = format!("{}.{:02}", hundredths / 100, hundredths % 100);
                ("03", Some((tag::TIP_PERCENT, percent)))
            }
        };
        put(objects, ObjectTag::top(tag::TIP), indicator)?;
        added.map_or(Ok(()), |(tag, value)| put(objects, ObjectTag::top(tag), &value))
    }

    fn printed(&self, minor: u64, tag: u8) -> Result<String, QrError> {
        let object = format!("{tag:02}");
        let Some(currency) = self.currency else {
            let reason = "needs a currency: say which one it is in";
            return Err(QrError::new(Fault::Mandatory, object, reason));
        };
        amount::write(minor, currency).map_err(|reason| QrError::new(Fault::Format, object, reason))
    }
}

fn put(objects: &mut Objects, tag: ObjectTag, value: &str) -> Result<(), QrError> {
    let refused = |fault: Fault, reason: &str| Err(QrError::new(fault, tag.to_string(), reason));
    if matches!(tag.top, tag::FORMAT | tag::CRC) {
        return refused(Fault::Structure, "is written by itself: leave it out");
    }
    if tag.top > 99 || tag.inner.is_some_and(|it| it > 99) {
        return refused(Fault::Structure, "is no tag: they go from 00 to 99");
    }
    match (is_template(tag.top), tag.inner) {
        (true, None) => {
            let reason = "is a template: say which of its objects, such as 26.00";
            return refused(Fault::Structure, reason);
        }
        (false, Some(_)) => {
            let reason = "stands in no template: those are 26 to 51, 62, 64 and 80 to 99";
            return refused(Fault::Structure, reason);
        }
        (true, Some(_)) | (false, None) => {}
    }
    if value.chars().any(char::is_control) {
        let reason = "has a line break or another control character: take it out";
        return refused(Fault::Format, reason);
    }
    if objects.contains_key(&tag) {
        return refused(Fault::Structure, "is given twice: give it once");
    }
    objects.insert(tag, value.to_owned());
    Ok(())
}
