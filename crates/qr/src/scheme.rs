//! The networks that codes name: who they are, what their objects are called, where they stray.

use crate::error::{Fault, QrError};
use crate::merchant::{Account, MerchantCode, Template, tag};

/// How a network is recognised by the id in its template (object 00), letters of either size.
#[derive(Clone, Copy, Debug)]
enum Guid {
    Is(&'static str),
    Begins(&'static str),
    /// `name@bank`, in codes of this country.
    AddressIn(&'static str),
    /// Only digits, in codes of this country.
    DigitsIn(&'static str),
    /// Begins and ends so.
    Between(&'static str, &'static str),
}

/// A network whose templates are understood.
#[derive(Debug)]
pub struct Scheme {
    /// A word for machines.
    pub name: &'static str,
    /// What people call it.
    pub title: &'static str,
    guids: &'static [Guid],
    fields: &'static [(u8, &'static str)],
}

impl Scheme {
    /// What the object with this tag means in a template of this network.
    pub fn field(&self, tag: u8) -> Option<&'static str> {
        self.fields.iter().find(|(known, _)| *known == tag).map(|(_, name)| *name)
    }

    fn owns(&self, guid: &str, country: &str) -> bool {
        self.guids.iter().any(|rule| rule.matches(guid, country))
    }
}

impl Guid {
    fn matches(self, guid: &str, country: &str) -> bool {
        let begins =
            |start: &str| guid.get(..start.len()).is_some_and(|it| it.eq_ignore_ascii_case(start));
        let ends = |end: &str| {
            let from = guid.len().checked_sub(end.len());
            from.and_then(|from| guid.get(from..)).is_some_and(|it| it.eq_ignore_ascii_case(end))
        };
        match self {
            Guid::Is(whole) => guid.eq_ignore_ascii_case(whole),
            Guid::Begins(start) => begins(start),
            Guid::AddressIn(home) => country == home && is_address(guid),
            Guid::DigitsIn(home) => country == home && guid.bytes().all(|it| it.is_ascii_digit()),
            Guid::Between(start, end) => begins(start) && ends(end),
        }
    }
}

fn is_address(guid: &str) -> bool {
    let parts = guid.split_once('@');
    parts.is_some_and(|(name, bank)| !name.is_empty() && !bank.is_empty() && !bank.contains('@'))
}

/// The networks, each recognised by the first rule that fits.
#[rustfmt::skip]
pub const SCHEMES: &[Scheme] = &[
    Scheme { name: "alipay_plus", title: "Alipay+", guids: &[Guid::Begins("com.alipay")],
        fields: &[(1, "link")] },
    Scheme { name: "paynow", title: "PayNow (Singapore)", guids: &[Guid::Is("SG.PAYNOW")],
        fields: &[(1, "proxy_type"), (2, "proxy"), (3, "is_amount_editable"), (4, "expiry_date"), (5, "reference")] },
    Scheme { name: "sgqr", title: "SGQR (Singapore)", guids: &[Guid::Is("SG.SGQR")],
        fields: &[(1, "sgqr_id"), (2, "version"), (3, "postal_code"), (4, "level"), (5, "unit"), (6, "miscellaneous"), (7, "version_date")] },
    Scheme { name: "nets", title: "NETS (Singapore)", guids: &[Guid::Is("SG.COM.NETS")],
        fields: &[(1, "record"), (2, "merchant_id"), (3, "terminal_id"), (99, "signature")] },
    Scheme { name: "promptpay", title: "PromptPay transfer (Thailand)",
        guids: &[Guid::Is("A000000677010111"), Guid::Is("A000000677010114")],
        fields: &[(1, "mobile_number"), (2, "national_or_tax_id"), (3, "e_wallet_id"), (4, "bank_account")] },
    Scheme { name: "promptpay_bill", title: "PromptPay bill (Thailand)", guids: &[Guid::Begins("A0000006770101")],
        fields: &[(1, "biller_id"), (2, "reference_1"), (3, "reference_2")] },
    Scheme { name: "duitnow", title: "DuitNow (Malaysia)", guids: &[Guid::Begins("A000000615")],
        fields: &[(1, "acquirer_id"), (2, "merchant_id")] },
    Scheme { name: "qris", title: "QRIS (Indonesia)", guids: &[Guid::Is("ID.CO.QRIS.WWW")],
        fields: &[(2, "national_merchant_id"), (3, "merchant_criteria")] },
    Scheme { name: "gpn", title: "GPN (Indonesia)", guids: &[Guid::Is("ID.OR.GPNQR.WWW"), Guid::Begins("ID.CO.GPN")],
        fields: &[(2, "national_merchant_id"), (3, "merchant_criteria")] },
    Scheme { name: "qris_issuer", title: "a QRIS acquirer (Indonesia)", guids: &[Guid::Between("ID.", ".WWW"), Guid::Between("COM.", ".WWW")],
        fields: &[(1, "merchant_pan"), (2, "merchant_id"), (3, "merchant_criteria")] },
    Scheme { name: "qrph", title: "QR Ph for merchants (Philippines)", guids: &[Guid::Is("ph.ppmi.p2m"), Guid::Is("ph.ppmi.qrph")],
        fields: &[(1, "acquirer_bic"), (2, "payment_type"), (3, "merchant_id"), (4, "merchant_account"), (5, "proxy_notify")] },
    Scheme { name: "qrph_p2p", title: "QR Ph between persons (Philippines)", guids: &[Guid::Is("com.p2pqrpay")],
        fields: &[(1, "bank_bic"), (2, "payment_type"), (3, "account"), (4, "account"), (5, "mobile_number")] },
    Scheme { name: "khqr", title: "KHQR, Bakong (Cambodia)", guids: &[Guid::AddressIn("KH")],
        fields: &[(0, "bakong_account"), (1, "merchant_id"), (2, "acquiring_bank")] },
    Scheme { name: "vietqr", title: "VietQR, NAPAS (Vietnam)", guids: &[Guid::Begins("A000000727")],
        fields: &[(1, "beneficiary"), (2, "service")] },
    Scheme { name: "fps_hk", title: "FPS (Hong Kong)", guids: &[Guid::Is("hk.com.hkicl")],
        fields: &[(1, "clearing_code"), (2, "fps_id"), (3, "mobile_number"), (4, "e_mail"), (5, "expiry")] },
    Scheme { name: "jpqr", title: "JPQR (Japan)", guids: &[Guid::Is("jp.or.paymentsjapan")],
        fields: &[(1, "unified_store_id"), (2, "unified_store_id_2"), (3, "unified_store_id_3"), (4, "unified_store_id_4")] },
    Scheme { name: "upi", title: "UPI, Bharat QR (India)", guids: &[Guid::Begins("A000000524")],
        fields: &[(1, "address_or_reference"), (2, "minimum_amount_or_link")] },
    Scheme { name: "lankaqr", title: "LankaQR (Sri Lanka)", guids: &[Guid::DigitsIn("LK")],
        fields: &[(0, "institution_and_merchant")] },
    Scheme { name: "pix", title: "Pix (Brazil)", guids: &[Guid::Is("br.gov.bcb.pix")],
        fields: &[(1, "key"), (2, "message"), (3, "withdrawal_agent"), (25, "link")] },
    Scheme { name: "unionpay", title: "UnionPay", guids: &[Guid::Begins("A000000333"), Guid::Begins("unionpay")],
        fields: &[(1, "merchant_account"), (2, "merchant_id")] },
    Scheme { name: "nepalpay", title: "NepalPay (Nepal)", guids: &[Guid::Begins("NCHL"), Guid::Begins("nepalpay"), Guid::Begins("np.")],
        fields: &[(1, "acquirer_id"), (2, "merchant_id")] },
    Scheme { name: "raast", title: "Raast (Pakistan)", guids: &[Guid::Is("1d06bcb1a9b1487aa6c4962d6dbd622e")],
        fields: &[(1, "bank_bic"), (2, "iban")] },
];

/// The card schemes behind the account numbers 02 to 25 (EMVCo MPM 1.1, table 4.3).
const CARDS: [(u8, u8, &str); 7] = [
    (2, 3, "visa"),
    (4, 5, "mastercard"),
    (6, 8, "emvco"),
    (9, 10, "discover"),
    (11, 12, "amex"),
    (13, 14, "jcb"),
    (15, 16, "unionpay"),
];

/// Whose account number stands in an object 02 to 25.
pub fn card_of(tag: u8) -> Option<&'static str> {
    CARDS.iter().find(|(from, to, _)| (*from..=*to).contains(&tag)).map(|(_, _, name)| *name)
}

/// Whose template this is, in a code of this country.
pub fn scheme_of(guid: &str, country: &str) -> Option<&'static Scheme> {
    SCHEMES.iter().find(|scheme| scheme.owns(guid, country))
}

/// A national scheme that leaves out what EMVCo demands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// Thailand: no merchant category, name and city.
    PromptPay,
    /// Vietnam: the same.
    VietQr,
}

impl Profile {
    pub const fn name(self) -> &'static str {
        match self {
            Profile::PromptPay => "promptpay",
            Profile::VietQr => "vietqr",
        }
    }
}

fn any_network(code: &MerchantCode<'_>, is: impl Fn(Template<'_>) -> bool) -> bool {
    code.accounts().any(|account| match account {
        Account::Network(template) => is(template),
        Account::Number { .. } => false,
    })
}

fn names(code: &MerchantCode<'_>, guid: Guid) -> bool {
    any_network(code, |it| it.guid().is_some_and(|id| guid.matches(id, "")))
}

pub(crate) fn profile(code: &MerchantCode<'_>) -> Option<Profile> {
    match code.get(tag::COUNTRY)? {
        "TH" if names(code, Guid::Begins("A0000006770101")) => Some(Profile::PromptPay),
        "VN" if names(code, Guid::Begins("A000000727")) => Some(Profile::VietQr),
        _ => None,
    }
}

pub(crate) fn is_duitnow(code: &MerchantCode<'_>) -> bool {
    names(code, Guid::Begins("A000000615"))
}

/// Pix writes zero where the payer names the amount.
pub(crate) fn takes_zero(code: &MerchantCode<'_>) -> bool {
    names(code, Guid::Is("br.gov.bcb.pix"))
}

/// Alipay+ in one of its spellings: the id is in small letters in some national codes.
pub(crate) fn is_alipay(guid: &str) -> bool {
    guid.to_ascii_lowercase().contains("alipay")
}

/// What national schemes demand beyond EMVCo.
pub(crate) fn check(code: &MerchantCode<'_>) -> Result<(), QrError> {
    if code.bytes(tag::COUNTRY) == b"KH" { check_khqr(code) } else { Ok(()) }
}

/// KHQR, National Bank of Cambodia: 29 is a person's account, 30 a merchant's; riel or dollars,
/// riel without decimals.
fn check_khqr(code: &MerchantCode<'_>) -> Result<(), QrError> {
    let is_bakong = |it: &Template<'_>| matches!(it.tag, 29 | 30);
    if any_network(code, |it| is_bakong(&it) && !it.guid().is_some_and(is_address)) {
        let reason = "a Bakong account is written name@bank";
        return Err(QrError::new(Fault::Format, "29-30.00", reason));
    }
    if !any_network(code, |it| is_bakong(&it)) {
        return Ok(());
    }
    let currency = code.currency().map(money::Currency::code);
    if !matches!(currency, Some("KHR" | "USD")) {
        return Err(QrError::new(Fault::Format, "53", "KHQR is in riel (116) or dollars (840)"));
    }
    if currency == Some("KHR") && code.amount_minor().is_some_and(|minor| minor % 100 != 0) {
        return Err(QrError::new(Fault::Format, "54", "an amount in riel has no decimals"));
    }
    Ok(())
}

/// What a text is that is no code of this family, as far as one can tell.
pub(crate) fn what_it_is(text: &str) -> &'static str {
    let begins =
        |start: &str| text.get(..start.len()).is_some_and(|it| it.eq_ignore_ascii_case(start));
    if text.is_empty() {
        "nothing was read"
    } else if begins("http://") || begins("https://") {
        "a web address, not an EMVCo payment code"
    } else if begins("WIFI:") {
        "the settings of a Wi-Fi network, not a payment code"
    } else if begins("BEGIN:VCARD") || begins("MECARD:") {
        "a business card, not a payment code"
    } else if begins("SPC\n") || begins("SPC\r") {
        "a Swiss QR-bill, which is paid by bank transfer"
    } else if begins("BCD\n") || begins("BCD\r") {
        "a European credit transfer (EPC), which is paid by bank transfer"
    } else if begins("upi:") {
        "a UPI link, not an EMVCo payment code"
    } else if text.bytes().all(|byte| byte.is_ascii_digit()) {
        "a number, such as a payment code or a bar code, not an EMVCo payment code"
    } else {
        "not an EMVCo payment code: those begin with 000201"
    }
}
