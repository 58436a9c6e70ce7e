//! Payments abroad: what the network asks of the wallet, and what customers decide about orders
//! that they scanned. `minor` amounts are in the wallet's currency.

use crate::CodeKind;
use crate::objects::{AgreementEnd, OrderView, TokenDigest};
use base::{ResultCode, Text, Timestamp, codec_enum, codec_struct};
use ids::{AgreementId, PartnerText, PaymentId, RefundId};
use money::Money;

/// Whose money a `pay` takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PaidBy {
    /// The network resolved a payment code to this customer.
    Customer(u32),
    /// A standing agreement, by its access token.
    Token(TokenDigest),
}
codec_enum!(PaidBy { 0 = Customer(number), 1 = Token(digest) });

/// The network's `pay`. Source: wallet interface 2.3.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NetworkPay {
    pub id: PaymentId,
    /// The network's `paymentRequestId`.
    pub request: PartnerText,
    pub by: PaidBy,
    pub price_minor: u64,
    pub order: OrderView,
    pub expires: Option<Timestamp>,
    /// Digest over what a repeat must not change: wallet interface 1.6.
    pub digest: [u8; 32],
}
codec_struct!(NetworkPay { id, request, by, price_minor, order, expires, digest });

/// The network's `refund`. Source: wallet interface 2.8.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NetworkRefund {
    pub id: RefundId,
    pub request: PartnerText,
    /// The payment's `paymentRequestId`, and the wallet's own id as the network knows it.
    pub payment: PartnerText,
    pub payment_id: Option<PaymentId>,
    pub price_minor: u64,
    pub amount: Money,
    pub digest: [u8; 32],
}
codec_struct!(NetworkRefund { id, request, payment, payment_id, price_minor, amount, digest });

/// A customer scanned an order; the network told the price. Source: wallet interface 2.10.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TakeOrder {
    pub id: PaymentId,
    pub customer: u32,
    /// What was scanned.
    pub code: CodeKind,
    pub request: PartnerText,
    pub price_minor: u64,
    pub order: OrderView,
    pub expires: Timestamp,
}
codec_struct!(TakeOrder { id, customer, code, request, price_minor, order, expires });

/// The network's `prepare`: a merchant asks for a standing agreement. Source: wallet interface 2.12.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrepareAgreement {
    pub id: AgreementId,
    pub auth_client: PartnerText,
    /// As the consent page shows it.
    pub merchant: Text<256>,
    pub reference: PartnerText,
    pub reference_merchant: Option<PartnerText>,
    pub redirect: Text<2048>,
    pub state: Option<Text<256>>,
    pub scopes: Vec<Text<64>>,
    pub digest: [u8; 32],
}
codec_struct!(PrepareAgreement {
    id,
    auth_client,
    merchant,
    reference,
    reference_merchant,
    redirect,
    state,
    scopes,
    digest,
});

/// What is presented for tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GrantBy {
    AuthCode(TokenDigest),
    RefreshToken(TokenDigest),
}
codec_enum!(GrantBy { 0 = AuthCode(digest), 1 = RefreshToken(digest) });

/// The network's `applyToken`: the edge drew the tokens, and keeps them as digests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrantTokens {
    pub by: GrantBy,
    pub access: TokenDigest,
    pub access_until: Timestamp,
    pub refresh: TokenDigest,
    pub refresh_until: Timestamp,
}
codec_struct!(GrantTokens { by, access, access_until, refresh, refresh_until });

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NetworkCommand {
    Pay(NetworkPay),
    Cancel {
        request: PartnerText,
    },
    Refund(NetworkRefund),
    TakeOrder(TakeOrder),
    /// The customer saw both prices and pays.
    Confirm {
        customer: u32,
        id: PaymentId,
    },
    /// The customer does not pay, or the PIN was wrong too often.
    Decline {
        customer: u32,
        id: PaymentId,
        code: ResultCode,
    },
    Prepare(PrepareAgreement),
    /// The customer consents; the code goes back to the merchant.
    Consent {
        customer: u32,
        id: AgreementId,
        code: TokenDigest,
        allowance_minor: u64,
    },
    GrantTokens(GrantTokens),
    EndByToken {
        access: TokenDigest,
    },
    EndAgreement {
        customer: u32,
        id: AgreementId,
        by: AgreementEnd,
    },
}
codec_enum!(NetworkCommand {
    0 = Pay(it),
    1 = Cancel { request },
    2 = Refund(it),
    3 = TakeOrder(it),
    4 = Confirm { customer, id },
    5 = Decline { customer, id, code },
    6 = Prepare(it),
    7 = Consent { customer, id, code, allowance_minor },
    8 = GrantTokens(it),
    9 = EndByToken { access },
    10 = EndAgreement { customer, id, by },
});
