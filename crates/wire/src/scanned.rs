//! Scanned codes as JSON: what `dhow qr decode` writes and `POST /v1/qr/decode` answers.

use crate::der::BASE64;
use base64::Engine;
use qr::{Account, Application, ConsumerCode, Fault, Field, MerchantCode, QrError, Template};
use serde::Serialize;
use std::collections::BTreeMap;

/// What a scanned text is.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Scanned {
    pub valid: bool,
    /// Why it is refused: the object, and what is wrong with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// `not_emv`, `structure`, `crc`, `mandatory` or `format`, when it is refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault: Option<&'static str>,
    /// Departures from the specification that were let pass.
    pub warnings: Vec<String>,
    #[serde(flatten)]
    pub content: Option<Content>,
}

/// What a code says.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Content {
    Merchant(Box<Merchant>),
    Consumer(Consumer),
}

type Texts = BTreeMap<String, String>;

/// A merchant-presented code.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Merchant {
    pub payload_format_indicator: String,
    pub crc: String,
    /// `static` or `dynamic`; null when the code does not say.
    pub initiation: Option<&'static str>,
    pub accounts: Vec<MerchantAccount>,
    /// The accounts whose network is known, their fields by name.
    pub networks: Vec<NetworkAccount>,
    pub mcc: Option<String>,
    pub currency_numeric: Option<String>,
    pub currency: Option<&'static str>,
    pub country: Option<String>,
    pub merchant_name: Option<String>,
    pub merchant_city: Option<String>,
    pub postal_code: Option<String>,
    /// As printed.
    pub amount: Option<String>,
    pub amount_minor: Option<u64>,
    pub tip: Option<TipChoice>,
    pub additional: Option<Texts>,
    pub language: Option<Language>,
    pub unreserved: Option<Vec<MerchantAccount>>,
    /// The national scheme by whose rules something is left out.
    pub national_profile: Option<&'static str>,
    pub has_alipay: bool,
}

/// A template, or the number of a card scheme.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum MerchantAccount {
    Number { tag: String, value: String },
    Network { tag: String, guid: String, fields: Texts },
}

/// A template of a network that is known.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct NetworkAccount {
    pub tag: String,
    pub scheme: &'static str,
    pub title: &'static str,
    pub fields: Texts,
}

/// Objects 55 to 57.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TipChoice {
    pub indicator: String,
    pub fixed: Option<String>,
    pub percent: Option<String>,
}

/// Object 64.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Language {
    pub preference: Option<String>,
    pub merchant_name: Option<String>,
    pub merchant_city: Option<String>,
}

/// A consumer-presented code.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Consumer {
    pub payload_format_indicator: &'static str,
    pub applications: Vec<ConsumerData>,
    pub common: Option<ConsumerData>,
}

/// Data objects by name, or by tag; what only the issuer understands apart.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ConsumerData {
    #[serde(flatten)]
    pub fields: Texts,
    #[serde(skip_serializing_if = "Texts::is_empty")]
    pub transparent: Texts,
}

/// Names of the objects in 62 (EMVCo MPM 1.1, table 3.7).
const ADDITIONAL: [&str; 9] = [
    "bill_number",
    "mobile_number",
    "store_label",
    "loyalty_number",
    "reference_label",
    "customer_label",
    "terminal_label",
    "purpose",
    "consumer_data_request",
];

impl Scanned {
    /// Reads a text as it came from a scanner.
    pub fn read(text: &str) -> Scanned {
        let read = match base64_of_consumer_code(text) {
            Some(bytes) => bytes.and_then(|bytes| Ok((consumer(&bytes)?, Vec::new()))),
            None => MerchantCode::read(text).map(|code| {
                let warnings = code.warnings().iter().map(ToString::to_string).collect();
                (Content::Merchant(Box::new(merchant(&code))), warnings)
            }),
        };
        match read {
            Ok((content, warnings)) => {
                Scanned { valid: true, error: None, fault: None, warnings, content: Some(content) }
            }
            Err(error) => Scanned::refused(&error),
        }
    }

    fn refused(error: &QrError) -> Scanned {
        Scanned {
            valid: false,
            error: Some(error.to_string()),
            fault: Some(error.fault.name()),
            warnings: Vec::new(),
            content: None,
        }
    }
}

/// The bytes of a consumer-presented code. `None`: the text is of another kind.
fn base64_of_consumer_code(text: &str) -> Option<Result<Vec<u8>, QrError>> {
    // 85 05 43, as every such code begins.
    let is_one = text.starts_with("hQVD");
    is_one.then(|| {
        BASE64.decode(text).map_err(|_| QrError {
            fault: Fault::Structure,
            object: String::new(),
            reason: "begins as a consumer-presented code, but is not base64".to_owned(),
        })
    })
}

fn texts<'a>(objects: impl Iterator<Item = (u8, &'a str)>) -> Texts {
    objects.map(|(tag, value)| (format!("{tag:02}"), value.to_owned())).collect()
}

fn account(template: &Template<'_>) -> MerchantAccount {
    MerchantAccount::Network {
        tag: format!("{:02}", template.tag),
        guid: template.guid().unwrap_or_default().to_owned(),
        fields: texts(template.objects().filter(|(tag, _)| *tag != 0)),
    }
}

fn network(template: &Template<'_>, country: &str) -> Option<NetworkAccount> {
    let scheme = qr::scheme_of(template.guid()?, country)?;
    let named = template.objects().filter_map(|(tag, value)| {
        scheme.field(tag).map(|name| (name.to_owned(), value.to_owned()))
    });
    Some(NetworkAccount {
        tag: format!("{:02}", template.tag),
        scheme: scheme.name,
        title: scheme.title,
        fields: named.collect(),
    })
}

fn additional(template: &Template<'_>) -> Texts {
    let name = |tag: u8| {
        let named = usize::from(tag).checked_sub(1).and_then(|at| ADDITIONAL.get(at));
        named.map_or_else(|| format!("{tag:02}"), |name| (*name).to_owned())
    };
    template.objects().map(|(tag, value)| (name(tag), value.to_owned())).collect()
}

fn merchant(code: &MerchantCode<'_>) -> Merchant {
    let own = |tag: u8| code.get(tag).map(str::to_owned);
    let country = code.get(58).unwrap_or_default();
    let templates: Vec<Template<'_>> = code
        .accounts()
        .filter_map(|account| match account {
            Account::Network(template) => Some(template),
            Account::Number { .. } => None,
        })
        .chain(code.unreserved())
        .collect();
    let unreserved: Vec<MerchantAccount> = code.unreserved().map(|it| account(&it)).collect();
    Merchant {
        payload_format_indicator: own(0).unwrap_or_default(),
        crc: own(63).unwrap_or_default(),
        initiation: code.initiation().map(qr::Initiation::name),
        accounts: code
            .accounts()
            .map(|it| match it {
                Account::Number { tag, value } => {
                    MerchantAccount::Number { tag: format!("{tag:02}"), value: value.to_owned() }
                }
                Account::Network(template) => account(&template),
            })
            .collect(),
        networks: templates.iter().filter_map(|it| network(it, country)).collect(),
        mcc: own(52),
        currency_numeric: own(53),
        currency: code.currency().map(money::Currency::code),
        country: own(58),
        merchant_name: own(59),
        merchant_city: own(60),
        postal_code: own(61),
        amount: own(54),
        amount_minor: code.amount_minor(),
        tip: code.tip().map(|tip| TipChoice {
            indicator: tip.indicator.to_owned(),
            fixed: tip.fixed.map(str::to_owned),
            percent: tip.percent.map(str::to_owned),
        }),
        additional: code.additional().map(|it| additional(&it)),
        language: code.language().map(|it| Language {
            preference: it.get(0).map(str::to_owned),
            merchant_name: it.get(1).map(str::to_owned),
            merchant_city: it.get(2).map(str::to_owned),
        }),
        unreserved: (!unreserved.is_empty()).then_some(unreserved),
        national_profile: code.profile().map(qr::Profile::name),
        has_alipay: code.has_alipay(),
    }
}

fn consumer(bytes: &[u8]) -> Result<Content, QrError> {
    let named = |it: &Field<'_>| (it.name(), it.text());
    let by_tag = |it: &Field<'_>| (format!("{:02X}", it.tag), it.hex());
    let application = |it: &Application<'_>| ConsumerData {
        fields: it.fields.iter().map(named).collect(),
        transparent: it.transparent.iter().map(by_tag).collect(),
    };
    let code = ConsumerCode::read(bytes)?;
    Ok(Content::Consumer(Consumer {
        payload_format_indicator: ConsumerCode::FORMAT_INDICATOR,
        applications: code.applications.iter().map(application).collect(),
        common: code.common.as_ref().map(application),
    }))
}
