//! National schemes: the templates that each wants, from fields that people know.
//!
//! A field is a name with a text. What is asked of it is what the scheme's own readers ask; whether
//! an account exists is nobody's business here.

use crate::error::{Fault, QrError};
use crate::make::{NewCode, ObjectTag};
use money::Currency;
use std::str::FromStr;

/// A field of a scheme.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NationalField {
    pub name: &'static str,
    /// What it is and how it is written, for people.
    pub what: &'static str,
}

const fn field(name: &'static str, what: &'static str) -> NationalField {
    NationalField { name, what }
}

/// A field with its text, written `uen=201929813C`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SchemeField {
    pub name: String,
    pub value: String,
}

impl FromStr for SchemeField {
    type Err = QrError;

    fn from_str(text: &str) -> Result<SchemeField, QrError> {
        let Some((name, value)) = text.split_once('=') else {
            let reason = "has no `=`: write a field and its value, such as uen=201929813C";
            return Err(QrError::new(Fault::Format, text, reason));
        };
        Ok(SchemeField { name: name.to_owned(), value: value.to_owned() })
    }
}

/// A scheme whose codes can be made.
#[derive(Debug)]
pub struct National {
    /// A word for machines.
    pub name: &'static str,
    /// What people call it.
    pub title: &'static str,
    /// Two capital letters.
    pub country: &'static str,
    /// The first is the one unless the code names another of them.
    pub currencies: &'static [&'static str],
    pub fields: &'static [NationalField],
    /// Its codes say how often they are used (01).
    says_how_often: bool,
    build: fn(&Given<'_>, &mut NewCode) -> Result<(), QrError>,
}

/// The schemes whose codes can be made.
pub const NATIONALS: &[National] = &[
    National {
        name: "promptpay",
        title: "PromptPay transfer (Thailand)",
        country: "TH",
        currencies: &["THB"],
        fields: &[
            field("mobile_number", "10 digits from 0, or +66 and 9 digits"),
            field("national_or_tax_id", "13 digits, instead of the mobile number"),
            field("e_wallet_id", "15 digits, instead of the mobile number"),
        ],
        says_how_often: true,
        build: promptpay,
    },
    National {
        name: "promptpay_bill",
        title: "PromptPay bill (Thailand)",
        country: "TH",
        currencies: &["THB"],
        fields: &[
            field("biller_id", "15 digits"),
            field("reference_1", "1 to 20 capital letters and digits"),
            field("reference_2", "the same; may be left out"),
        ],
        says_how_often: true,
        build: promptpay_bill,
    },
    National {
        name: "paynow",
        title: "PayNow (Singapore)",
        country: "SG",
        currencies: &["SGD"],
        fields: &[
            field("uen", "9 or 10 letters and digits, and a suffix of 3 if there is one"),
            field("mobile_number", "8 digits, or +65 and 8 digits; instead of the UEN"),
            field("is_amount_editable", "yes or no; no when there is an amount"),
            field("expiry_date", "the last day, as 20261231; may be left out"),
            field("reference", "1 to 25 characters; may be left out"),
        ],
        says_how_often: true,
        build: paynow,
    },
    National {
        name: "duitnow",
        title: "DuitNow (Malaysia)",
        country: "MY",
        currencies: &["MYR"],
        fields: &[
            field("acquirer_id", "6 digits"),
            field("merchant_id", "1 to 25 characters, as the acquirer gave it"),
        ],
        says_how_often: true,
        build: duitnow,
    },
    National {
        name: "qris",
        title: "QRIS (Indonesia)",
        country: "ID",
        currencies: &["IDR"],
        fields: &[
            field("acquirer_domain", "the acquirer's domain backwards, as ID.CO.EXAMPLE.WWW"),
            field("merchant_pan", "16 to 19 digits that begin with 9360"),
            field("merchant_id", "1 to 15 characters, as the acquirer gave it"),
            field("national_merchant_id", "ID and 13 digits"),
            field("merchant_criteria", "UMI, UKE, UME or UBE: how large the business is"),
        ],
        says_how_often: true,
        build: qris,
    },
    National {
        name: "qrph",
        title: "QR Ph for merchants (Philippines)",
        country: "PH",
        currencies: &["PHP"],
        fields: &[
            field("acquirer_bic", "8 or 11 capital letters and digits"),
            field("merchant_id", "1 to 25 characters, as the acquirer gave it"),
            field("merchant_account", "1 to 25 characters; may be left out"),
            field("proxy_notify", "3 digits; may be left out"),
        ],
        says_how_often: true,
        build: qrph,
    },
    National {
        name: "vietqr",
        title: "VietQR, NAPAS (Vietnam)",
        country: "VN",
        currencies: &["VND"],
        fields: &[
            field("bank_bin", "6 digits: which bank"),
            field("account", "1 to 19 letters and digits"),
            field("card", "16 to 19 digits, instead of the account"),
        ],
        says_how_often: true,
        build: vietqr,
    },
    National {
        name: "khqr",
        title: "KHQR, Bakong (Cambodia)",
        country: "KH",
        currencies: &["KHR", "USD"],
        fields: &[
            field("bakong_account", "name@bank"),
            field("merchant_id", "1 to 32 characters, of a merchant; left out for a person"),
            field("acquiring_bank", "1 to 32 characters; a merchant must have it"),
            field("account_information", "1 to 32 characters, of a person; may be left out"),
            field("created_ms", "milliseconds since 1970, 13 digits; may be left out"),
            field("expires_ms", "the same, later"),
        ],
        says_how_often: true,
        build: khqr,
    },
    National {
        name: "pix",
        title: "Pix with a fixed key (Brazil)",
        country: "BR",
        currencies: &["BRL"],
        fields: &[
            field("key", "a CPF, CNPJ, +55 telephone number, e-mail address or random key"),
            field("message", "for the payer; may be left out"),
        ],
        says_how_often: false,
        build: pix,
    },
];

impl National {
    /// The scheme with this name. Errors: there is none; the names are told.
    pub fn named(name: &str) -> Result<&'static National, QrError> {
        NATIONALS.iter().find(|it| it.name == name).ok_or_else(|| {
            let names: Vec<&str> = NATIONALS.iter().map(|it| it.name).collect();
            let reason = format!("`{name}` is not known: one of {}", names.join(", "));
            QrError::new(Fault::Format, "scheme", reason)
        })
    }

    /// Puts the scheme's templates into a code, and its country, its currency and how often the
    /// code is used where they are left open.
    ///
    /// Errors: a field is not known, is missing, is given twice or is not what it must be; the code
    /// has another country or a currency that is not the scheme's.
    pub fn fill(&self, fields: &[SchemeField], code: &mut NewCode) -> Result<(), QrError> {
        let given = Given { scheme: self, fields };
        given.check_names()?;
        let country = code.country.get_or_insert_with(|| self.country.to_owned());
        if country != self.country {
            let reason = format!("is `{country}`, but {} is of {}", self.title, self.country);
            return Err(QrError::new(Fault::Format, "country", reason));
        }
        code.currency = code.currency.or_else(|| Currency::from_code(self.currencies[0]));
        if let Some(other) = code.currency.filter(|it| !self.currencies.contains(&it.code())) {
            let allowed = self.currencies.join(" or ");
            let reason = format!("is {other}, but {} is in {allowed}", self.title);
            return Err(QrError::new(Fault::Format, "currency", reason));
        }
        if self.says_how_often {
            code.initiation = code.initiation.or(Some(code.initiation_by_amount()));
        }
        (self.build)(&given, code)
    }

    /// The fields with what they are, a line for each.
    pub fn help(&self) -> String {
        self.fields.iter().map(|it| format!("  {:<22} {}\n", it.name, it.what)).collect()
    }
}

/// The fields that were given for a scheme.
struct Given<'a> {
    scheme: &'a National,
    fields: &'a [SchemeField],
}

impl<'a> Given<'a> {
    fn check_names(&self) -> Result<(), QrError> {
        for (at, given) in self.fields.iter().enumerate() {
            if !self.scheme.fields.iter().any(|it| it.name == given.name) {
                let names: Vec<&str> = self.scheme.fields.iter().map(|it| it.name).collect();
                let (title, names) = (self.scheme.title, names.join(", "));
                let reason = format!("is no field of {title}, which has {names}");
                return Err(QrError::new(Fault::Format, &given.name, reason));
            }
            if self.fields[..at].iter().any(|it| it.name == given.name) {
                return Err(refused(&given.name, "is given twice: give it once"));
            }
        }
        Ok(())
    }

    fn get(&self, name: &str) -> Option<&'a str> {
        self.fields.iter().find(|it| it.name == name).map(|it| it.value.as_str())
    }

    fn what(&self, name: &str) -> &'static str {
        self.scheme.fields.iter().find(|it| it.name == name).map_or("", |it| it.what)
    }

    fn required(&self, name: &str) -> Result<&'a str, QrError> {
        self.get(name).ok_or_else(|| {
            let reason = format!("is missing: {} needs it: {}", self.scheme.title, self.what(name));
            QrError::new(Fault::Mandatory, name, reason)
        })
    }

    /// The one of these that is given. Errors: none is, or more than one.
    fn one_of(&self, names: &[&'static str]) -> Result<(&'static str, &'a str), QrError> {
        let mut found = names.iter().filter_map(|name| Some((*name, self.get(name)?)));
        let choice = names.join(", ");
        match (found.next(), found.next()) {
            (Some(one), None) => Ok(one),
            (Some(_), Some((second, _))) => {
                Err(refused(second, format!("is one too many: give only one of {choice}")))
            }
            (None, _) => {
                let reason = format!("is missing: {} needs one of {choice}", self.scheme.title);
                Err(QrError::new(Fault::Mandatory, names[0], reason))
            }
        }
    }

    /// The value, when it is as it must be. Errors: what the field must be.
    fn checked<T>(&self, name: &str, value: Option<T>) -> Result<T, QrError> {
        value.ok_or_else(|| {
            let text = self.get(name).unwrap_or_default();
            refused(name, format!("`{text}` is not what it must be: {}", self.what(name)))
        })
    }

    /// Puts a field that must be there, when the check holds.
    fn put(
        &self,
        code: &mut NewCode,
        at: ObjectTag,
        name: &'static str,
        is_right: impl Fn(&str) -> bool,
    ) -> Result<(), QrError> {
        let value = self.required(name)?;
        code.put(at, self.checked(name, Some(value).filter(|it| is_right(it)))?)
    }

    /// Puts a field that may be left out, when the check holds.
    fn put_if_given(
        &self,
        code: &mut NewCode,
        at: ObjectTag,
        name: &'static str,
        is_right: impl Fn(&str) -> bool,
    ) -> Result<(), QrError> {
        if self.get(name).is_none() { Ok(()) } else { self.put(code, at, name, is_right) }
    }
}

fn refused(name: &str, reason: impl Into<String>) -> QrError {
    QrError::new(Fault::Format, name, reason)
}

fn is_digits(text: &str, fewest: usize, most: usize) -> bool {
    (fewest..=most).contains(&text.len()) && text.bytes().all(|it| it.is_ascii_digit())
}

fn is_alphanumeric(text: &str, fewest: usize, most: usize) -> bool {
    (fewest..=most).contains(&text.len()) && text.bytes().all(|it| it.is_ascii_alphanumeric())
}

fn is_capitals_and_digits(text: &str, fewest: usize, most: usize) -> bool {
    is_alphanumeric(text, fewest, most) && !text.bytes().any(|it| it.is_ascii_lowercase())
}

/// Printable ASCII without blanks at its ends.
fn is_word(text: &str, most: usize) -> bool {
    (1..=most).contains(&text.len())
        && text.bytes().all(|it| matches!(it, b' '..=b'~'))
        && text.trim() == text
}

/// A telephone number without the blanks and hyphens that people write.
fn dialled(text: &str) -> String {
    text.chars().filter(|it| !matches!(it, ' ' | '-')).collect()
}

/// Bank of Thailand, "Thai QR Payment Standard": 29 is a transfer to a person or a firm, a mobile
/// number is written 0066 and without its 0.
fn promptpay(given: &Given<'_>, code: &mut NewCode) -> Result<(), QrError> {
    code.put(ObjectTag::within(29, 0), "A000000677010111")?;
    let proxies = ["mobile_number", "national_or_tax_id", "e_wallet_id"];
    let (inner, value) = match given.one_of(&proxies)? {
        (name @ "mobile_number", text) => {
            let text = dialled(text);
            let national = ["+66", "0066", "0"].iter().find_map(|it| text.strip_prefix(it));
            let national = national.filter(|it| is_digits(it, 9, 9));
            (1, format!("0066{}", given.checked(name, national)?))
        }
        (name @ "national_or_tax_id", text) => {
            let digits = Some(dialled(text)).filter(|it| is_digits(it, 13, 13));
            (2, given.checked(name, digits)?)
        }
        (name, text) => {
            let digits = Some(dialled(text)).filter(|it| is_digits(it, 15, 15));
            (3, given.checked(name, digits)?)
        }
    };
    code.put(ObjectTag::within(29, inner), &value)
}

/// The same standard: 30 is a bill.
fn promptpay_bill(given: &Given<'_>, code: &mut NewCode) -> Result<(), QrError> {
    let at = |inner: u8| ObjectTag::within(30, inner);
    let is_reference = |it: &str| is_capitals_and_digits(it, 1, 20);
    code.put(at(0), "A000000677010112")?;
    given.put(code, at(1), "biller_id", |it| is_digits(it, 15, 15))?;
    given.put(code, at(2), "reference_1", is_reference)?;
    given.put_if_given(code, at(3), "reference_2", is_reference)
}

/// Association of Banks in Singapore, PayNow in SGQR: 26, proxy type 0 is a mobile number, 2 a UEN.
fn paynow(given: &Given<'_>, code: &mut NewCode) -> Result<(), QrError> {
    let at = |inner: u8| ObjectTag::within(26, inner);
    code.put(at(0), "SG.PAYNOW")?;
    match given.one_of(&["uen", "mobile_number"])? {
        (name @ "uen", text) => {
            let uen = Some(text).filter(|it| is_capitals_and_digits(it, 9, 13));
            code.put(at(1), "2")?;
            code.put(at(2), given.checked(name, uen)?)?;
        }
        (name, text) => {
            let text = dialled(text);
            let local = text.strip_prefix("+65").unwrap_or(&text);
            let local = given.checked(name, Some(local).filter(|it| is_digits(it, 8, 8)))?;
            code.put(at(1), "0")?;
            code.put(at(2), &format!("+65{local}"))?;
        }
    }
    let is_editable = match given.get("is_amount_editable") {
        Some("yes") => true,
        Some("no") => false,
        Some(_) => return given.checked("is_amount_editable", None),
        None => code.amount_minor.is_none(),
    };
    code.put(at(3), if is_editable { "1" } else { "0" })?;
    given.put_if_given(code, at(4), "expiry_date", is_date)?;
    given.put_if_given(code, at(5), "reference", |it| is_word(it, 25))?;
    leave_open(code, "0000", "NA", "Singapore");
    Ok(())
}

/// Year, month and day as eight digits. Does not know which months are short.
fn is_date(text: &str) -> bool {
    let part = |from: usize, to: usize| text.get(from..to).and_then(|it| it.parse::<u8>().ok());
    is_digits(text, 8, 8)
        && part(4, 6).is_some_and(|month| (1..=12).contains(&month))
        && part(6, 8).is_some_and(|day| (1..=31).contains(&day))
}

/// Where a scheme's codes say nothing of the merchant, but EMVCo demands it.
fn leave_open(code: &mut NewCode, mcc: &str, name: &str, city: &str) {
    let objects =
        [(52, &mut code.mcc, mcc), (59, &mut code.name, name), (60, &mut code.city, city)];
    for (_, open, value) in objects {
        open.get_or_insert_with(|| value.to_owned());
    }
}

/// PayNet, DuitNow QR: 26, the acquirer and the merchant's number with it.
fn duitnow(given: &Given<'_>, code: &mut NewCode) -> Result<(), QrError> {
    let at = |inner: u8| ObjectTag::within(26, inner);
    code.put(at(0), "A0000006150001")?;
    given.put(code, at(1), "acquirer_id", |it| is_digits(it, 6, 6))?;
    given.put(code, at(2), "merchant_id", |it| is_word(it, 25))
}

/// Bank Indonesia, QRIS: 26 is the acquirer's, 51 the national register of merchants.
fn qris(given: &Given<'_>, code: &mut NewCode) -> Result<(), QrError> {
    let at = ObjectTag::within;
    let is_criteria = |it: &str| matches!(it, "UMI" | "UKE" | "UME" | "UBE");
    let is_domain = |it: &str| {
        is_word(it, 32) && (it.starts_with("ID.") || it.starts_with("COM.")) && it.ends_with(".WWW")
    };
    given.put(code, at(26, 0), "acquirer_domain", is_domain)?;
    let is_pan = |it: &str| is_digits(it, 16, 19) && it.starts_with("9360");
    given.put(code, at(26, 1), "merchant_pan", is_pan)?;
    given.put(code, at(26, 2), "merchant_id", |it| is_word(it, 15))?;
    given.put(code, at(26, 3), "merchant_criteria", is_criteria)?;
    code.put(at(51, 0), "ID.CO.QRIS.WWW")?;
    let is_national = |it: &str| it.strip_prefix("ID").is_some_and(|it| is_digits(it, 13, 13));
    given.put(code, at(51, 2), "national_merchant_id", is_national)?;
    given.put(code, at(51, 3), "merchant_criteria", is_criteria)
}

/// Philippine Payments Management, QR Ph P2M: 28.
fn qrph(given: &Given<'_>, code: &mut NewCode) -> Result<(), QrError> {
    let at = |inner: u8| ObjectTag::within(28, inner);
    let is_bic = |it: &str| is_capitals_and_digits(it, 8, 8) || is_capitals_and_digits(it, 11, 11);
    code.put(at(0), "ph.ppmi.p2m")?;
    given.put(code, at(1), "acquirer_bic", is_bic)?;
    given.put(code, at(3), "merchant_id", |it| is_word(it, 25))?;
    given.put_if_given(code, at(4), "merchant_account", |it| is_word(it, 25))?;
    given.put_if_given(code, at(5), "proxy_notify", |it| is_digits(it, 3, 3))
}

/// NAPAS, VietQR: 38, the bank and the account in a template of their own; the service says which
/// of account and card it is.
fn vietqr(given: &Given<'_>, code: &mut NewCode) -> Result<(), QrError> {
    let bank = Some(given.required("bank_bin")?).filter(|it| is_digits(it, 6, 6));
    let bank = given.checked("bank_bin", bank)?;
    let (name, text) = given.one_of(&["account", "card"])?;
    let (is_right, service) = match name {
        "account" => (is_alphanumeric(text, 1, 19), "QRIBFTTA"),
        _ => (is_digits(text, 16, 19), "QRIBFTTC"),
    };
    let beneficiary = given.checked(name, Some(text).filter(|_| is_right))?;
    let beneficiary = format!("0006{bank}01{:02}{beneficiary}", beneficiary.len());
    code.put(ObjectTag::within(38, 0), "A000000727")?;
    code.put(ObjectTag::within(38, 1), &beneficiary)?;
    code.put(ObjectTag::within(38, 2), service)
}

/// National Bank of Cambodia, KHQR: 29 is a person, 30 a merchant; 99 says from when to when.
fn khqr(given: &Given<'_>, code: &mut NewCode) -> Result<(), QrError> {
    let is_account = |it: &str| {
        let parts = it.split_once('@');
        let is_part = |part: &str| !part.is_empty() && !part.contains('@');
        is_word(it, 32) && parts.is_some_and(|(name, bank)| is_part(name) && is_part(bank))
    };
    let is_short = |it: &str| is_word(it, 32);
    if given.get("merchant_id").is_some() {
        if given.get("account_information").is_some() {
            let reason = "is of a person: leave it out for a merchant";
            return Err(refused("account_information", reason));
        }
        given.put(code, ObjectTag::within(30, 0), "bakong_account", is_account)?;
        given.put(code, ObjectTag::within(30, 1), "merchant_id", is_short)?;
        given.put(code, ObjectTag::within(30, 2), "acquiring_bank", is_short)?;
    } else {
        let at = |inner: u8| ObjectTag::within(29, inner);
        given.put(code, at(0), "bakong_account", is_account)?;
        given.put_if_given(code, at(1), "account_information", is_short)?;
        given.put_if_given(code, at(2), "acquiring_bank", is_short)?;
    }
    let (created, expires) = (given.get("created_ms"), given.get("expires_ms"));
    if created.is_some() || expires.is_some() {
        let is_time = |it: &str| is_digits(it, 13, 13);
        given.put(code, ObjectTag::within(99, 0), "created_ms", is_time)?;
        given.put_if_given(code, ObjectTag::within(99, 1), "expires_ms", is_time)?;
        // Texts of 13 digits are in the order of their numbers.
        if expires.is_some() && expires <= created {
            return Err(refused("expires_ms", "is not later than created_ms"));
        }
    }
    leave_open(code, "5999", "NA", "Phnom Penh");
    Ok(())
}

/// Banco Central do Brasil, "Manual de Padrões para Iniciação do Pix": 26; the transaction's id is
/// the reference, `***` when there is none. 01 is left out: 12 would forbid a second payment.
fn pix(given: &Given<'_>, code: &mut NewCode) -> Result<(), QrError> {
    let at = |inner: u8| ObjectTag::within(26, inner);
    code.put(at(0), "br.gov.bcb.pix")?;
    given.put(code, at(1), "key", |it| is_word(it, 77) && !it.contains(' '))?;
    given.put_if_given(code, at(2), "message", |it| !it.trim().is_empty())?;
    code.mcc.get_or_insert_with(|| "0000".to_owned());
    if !code.has(62) {
        code.additional.entry(5).or_insert_with(|| "***".to_owned());
    }
    Ok(())
}
