//! A participant: a wallet operator (MPP) or an acquirer (ACQP), its keys and its endpoints.

use crate::Contract;
use base::{Codec, DecodeError, Reader, Text, Timestamp, codec_enum, codec_struct};
use ids::{ParticipantId, PartnerText};

/// ISO 3166-1 alpha-2, two upper-case letters.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Country([u8; 2]);

impl Country {
    pub fn new(text: &str) -> Option<Country> {
        let bytes: [u8; 2] = text.as_bytes().try_into().ok()?;
        bytes.iter().all(u8::is_ascii_uppercase).then_some(Country(bytes))
    }
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("a country is two ASCII letters")
    }
}

impl std::fmt::Display for Country {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl std::fmt::Debug for Country {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Codec for Country {
    fn encode(&self, out: &mut Vec<u8>) {
        self.0.encode(out);
    }
    fn decode(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let bytes = <[u8; 2]>::decode(input)?;
        let text = std::str::from_utf8(&bytes).ok();
        text.and_then(Country::new).ok_or_else(|| input.expected("a country"))
    }
}

/// Merchant category code, 0 to 9999. Source: ISO 18245.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Mcc(u16);

impl Mcc {
    /// Reads exactly four digits.
    pub fn new(text: &str) -> Option<Mcc> {
        let is_code = text.len() == 4 && text.bytes().all(|c| c.is_ascii_digit());
        if is_code { text.parse().ok().map(Mcc) } else { None }
    }
    pub fn number(self) -> u16 {
        self.0
    }
}

impl std::fmt::Display for Mcc {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:04}", self.0)
    }
}

impl Codec for Mcc {
    fn encode(&self, out: &mut Vec<u8>) {
        self.0.encode(out);
    }
    fn decode(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let number = u16::decode(input)?;
        if number > 9999 { Err(input.expected("a merchant category")) } else { Ok(Mcc(number)) }
    }
}

/// What a participant is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Mobile payment partner: the wallet's side, which issues the payment.
    Mpp,
    /// Acquiring partner: the merchant's side.
    Acqp,
}
codec_enum!(Role { 0 = Mpp, 1 = Acqp });

/// A way to pay that a contract or a merchant's registration covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Product {
    InStorePayment,
    CashierPayment,
    AgreementPayment,
}
codec_enum!(Product { 0 = InStorePayment, 1 = CashierPayment, 2 = AgreementPayment });

impl Product {
    pub const ALL: [Product; 3] =
        [Product::InStorePayment, Product::CashierPayment, Product::AgreementPayment];

    /// The product's name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Product::InStorePayment => "IN_STORE_PAYMENT",
            Product::CashierPayment => "CASHIER_PAYMENT",
            Product::AgreementPayment => "AGREEMENT_PAYMENT",
        }
    }
    pub fn from_text(text: &str) -> Option<Product> {
        Product::ALL.into_iter().find(|product| product.as_str() == text)
    }
}

/// Whether a participant takes part. A suspension is the kill switch: effective with its record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParticipantStatus {
    Active,
    /// Nothing new starts; what is open is brought to its end.
    Suspended,
}
codec_enum!(ParticipantStatus { 0 = Active, 1 = Suspended });

/// A public key under which a participant signs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParticipantKey {
    /// `keyVersion` of the `Signature` header.
    pub version: u32,
    /// SubjectPublicKeyInfo, DER.
    pub spki: Vec<u8>,
    pub from: Timestamp,
    /// From this instant on the key is refused.
    pub until: Option<Timestamp>,
}
codec_struct!(ParticipantKey { version, spki, from, until });

impl ParticipantKey {
    pub fn is_valid_at(&self, now: Timestamp) -> bool {
        self.from <= now && self.until.is_none_or(|until| now < until)
    }
}

/// A URL or a path, 1 to 2,048 characters.
pub type Url = Text<2048>;

/// Where the network reaches a participant. Paths are the participant's choice.
///
/// Source: wallet interface 1.1, "path must be per-wallet configuration".
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Endpoints {
    /// Scheme, host and port, such as `https://wallet.example`.
    pub origin: Option<Url>,
    pub pay: Option<Url>,
    pub inquiry: Option<Url>,
    pub cancel: Option<Url>,
    pub refund: Option<Url>,
    /// Where notifications go when a payment names no URL of its own.
    pub notify: Option<Url>,
    /// At an acquirer: a payer scanned or opened one of its codes; which order is it?
    pub user_initiated_pay: Option<Url>,
    /// At an acquirer: a payer has paid one of its codes without an order.
    pub push_payment: Option<Url>,
    /// At an acquirer: what became of such a payment?
    pub inquiry_push_payment: Option<Url>,
    /// At an acquirer: a payer's authorisation of a merchant was given, or has ended.
    pub auth_notify: Option<Url>,
    /// At an acquirer: may a payer's authorisation be ended now?
    pub consult_unbinding: Option<Url>,
    /// At a wallet: begin an authorisation; the answer is where the payer gives it.
    pub prepare: Option<Url>,
    /// At a wallet: an access token for an authorisation that the payer gave.
    pub apply_token: Option<Url>,
    /// At a wallet: end an access token.
    pub cancel_token: Option<Url>,
    /// At a wallet: what the payer allowed a merchant to know.
    pub inquiry_user_info: Option<Url>,
    /// At a wallet: a merchant was registered; without it the wallet is told of none. At an
    /// acquirer: what wallets decided, when the registration named no URL of its own.
    pub registration: Option<Url>,
    /// At an acquirer: a wallet asks for documents; at a wallet: here they are.
    pub retrieval: Option<Url>,
    /// At an acquirer: a wallet claims money back; at a wallet: what came of it.
    pub escalation: Option<Url>,
    /// Of a wallet: the `https` link that opens its app with a code.
    pub app_link: Option<Url>,
    /// Of a wallet: the app's own scheme, such as `wallet://`, where links are not taken.
    pub app_scheme: Option<Url>,
    /// Of a wallet: the picture by which payers know it.
    pub logo: Option<Url>,
}
codec_struct!(Endpoints {
    origin,
    pay,
    inquiry,
    cancel,
    refund,
    notify,
    user_initiated_pay,
    push_payment,
    inquiry_push_payment,
    auth_notify,
    consult_unbinding,
    prepare,
    apply_token,
    cancel_token,
    inquiry_user_info,
    registration,
    retrieval,
    escalation,
    app_link,
    app_scheme,
    logo,
});

/// One institution of the network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Participant {
    pub id: ParticipantId,
    pub role: Role,
    /// The id that partners see: `pspId` or `acquirerId`.
    pub code: PartnerText,
    /// The `Client-Id` header, in both directions.
    pub client_id: PartnerText,
    /// Brand shown to shoppers and merchants.
    pub name: PartnerText,
    pub country: Country,
    pub status: ParticipantStatus,
    pub keys: Vec<ParticipantKey>,
    pub endpoints: Endpoints,
    pub contract: Contract,
}
codec_struct!(Participant {
    id,
    role,
    code,
    client_id,
    name,
    country,
    status,
    keys,
    endpoints,
    contract,
});

impl Participant {
    pub fn is_active(&self) -> bool {
        self.status == ParticipantStatus::Active
    }
    /// The enrolled key of this version, if it is valid now.
    pub fn key(&self, version: u32, now: Timestamp) -> Option<&ParticipantKey> {
        self.keys.iter().find(|key| key.version == version && key.is_valid_at(now))
    }
}
