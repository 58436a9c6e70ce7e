//! Commands: everything that can change the network's state, as it stands in the log.
//!
//! Commands carry ids and random digits drawn at the edge, and opaque references instead of
//! personal data.

use crate::{
    Consenter, DeclarationContent, DeclarationState, Digest, DisputeAnswer, DisputeKind, EffectId,
    EffectOutcome, EndedBy, EntryCode, EntryToken, ErrandId, ErrandOutcome, Grant, NotifyPush,
    OrderToken, PaymentCode, ScannedCode, Scope, Sealed, StorePlace, TokenUse, Way,
};
use base::{Operator, ResultCode, Text, Timestamp, codec_enum, codec_struct};
use directory::{
    CodeRules, Contract, Country, Endpoints, Legal, Mcc, MerchantKey, Participant, ParticipantKey,
    ParticipantStatus, Product, Store, StoreDisplay, StoreText, Url,
};
use fx::{FxPolicy, RateFeed};
use ids::{AgreementId, CustomerAlias, ParticipantId, PartnerText, PaymentId, RefundId};
use money::{Currency, Money};

/// One command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Fires the timers that are due.
    Tick,
    /// A change of directory, rates or funding by the operator.
    Operate {
        by: Operator,
        change: Change,
    },
    RegisterMerchant(RegisterMerchant),
    IssueCodes(IssueCodes),
    Pay(Box<Pay>),
    CancelPayment(CancelPayment),
    Refund(Refund),
    /// A wallet says how a payment ended.
    NotifyPayment(NotifyPayment),
    /// What came of an effect.
    EffectDone {
        id: EffectId,
        outcome: EffectOutcome,
    },
    /// Another partition asks for one of this partition's codes.
    Claim(Claim),
    /// A wallet takes up an order whose code its user scanned.
    TakeOrder(TakeOrder),
    /// What came of one attempt of an errand.
    ErrandDone {
        id: ErrandId,
        attempt: u32,
        outcome: ErrandOutcome,
    },
    /// A merchant asks for a user's consent to be debited.
    Prepare(Box<Prepare>),
    /// A wallet gave tokens.
    GrantTokens(Box<GrantTokens>),
    /// A wallet tells that a user consented.
    PassCodeOn {
        mpp: ParticipantId,
        agreement: AgreementId,
        code: Sealed,
    },
    EndAgreement(EndAgreement),
    /// A payment of another partition wants to debit under an agreement of this one.
    ClaimDebit(Debit),
    /// A wallet decides about a merchant.
    WalletDecides(DecideMerchant),
    /// A debit of another partition has its end.
    EndDebit {
        agreement: AgreementId,
        payment: PaymentId,
        is_paid: bool,
    },
    /// A wallet asks for documents or for money back.
    OpenDispute(OpenDispute),
    /// The acquirer's answer to a dispute.
    AnswerDispute(AnswerDispute),
    /// An acquirer declares a payment to a customs office.
    Declare(Box<Declare>),
    /// An acquirer says whether it took a payment that was pushed to it.
    NotifyPush(NotifyPush),
    /// A user chose the wallet for an agreement.
    ChooseWallet {
        agreement: AgreementId,
        mpp: ParticipantId,
    },
}
codec_enum!(Command {
    0 = Tick,
    1 = Operate { by, change },
    2 = RegisterMerchant(it),
    3 = IssueCodes(it),
    4 = Pay(it),
    5 = CancelPayment(it),
    6 = Refund(it),
    7 = NotifyPayment(it),
    8 = EffectDone { id, outcome },
    9 = Claim(it),
    10 = TakeOrder(it),
    11 = ErrandDone { id, attempt, outcome },
    12 = Prepare(it),
    13 = GrantTokens(it),
    14 = PassCodeOn { mpp, agreement, code },
    15 = EndAgreement(it),
    16 = ClaimDebit(it),
    17 = EndDebit { agreement, payment, is_paid },
    18 = WalletDecides(it),
    19 = OpenDispute(it),
    20 = AnswerDispute(it),
    21 = Declare(it),
    22 = NotifyPush(it),
    23 = ChooseWallet { agreement, mpp },
});

/// What an operator can change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    AddParticipant(Box<AddParticipant>),
    SetContract {
        participant: ParticipantId,
        contract: Box<Contract>,
    },
    SetEndpoints {
        participant: ParticipantId,
        endpoints: Box<Endpoints>,
    },
    SetStatus {
        participant: ParticipantId,
        status: ParticipantStatus,
    },
    AddKey {
        participant: ParticipantId,
        key: ParticipantKey,
    },
    RetireKey {
        participant: ParticipantId,
        version: u32,
        until: Timestamp,
    },
    LoadRates(Box<LoadRates>),
    SetFxPolicy(FxPolicy),
    /// Stops (or frees) conversion between two currencies.
    HaltCorridor {
        base: Currency,
        quote: Currency,
        is_halted: bool,
    },
    /// Money that a wallet paid in, or that was paid out to an acquirer.
    Fund(Funding),
    /// A wallet's decision about a merchant, as the operator learnt it.
    DecideMerchant(DecideMerchant),
    /// A new printed code for a store; the one before is out of use.
    IssueEntryCode(EntryCode),
    RevokeEntryCode(EntryToken),
    /// The whole table by which scanned texts are recognised.
    SetCodeRules(Box<CodeRules>),
    /// The operator ends a user's agreement.
    EndAgreement(AgreementId),
    /// What became of a customs declaration.
    SetDeclaration(SetDeclaration),
    /// Which wallets a store takes, and what it is called in other languages.
    SetStoreDisplay(Box<SetStoreDisplay>),
}
codec_enum!(Change {
    0 = AddParticipant(it),
    1 = SetContract { participant, contract },
    2 = SetEndpoints { participant, endpoints },
    3 = SetStatus { participant, status },
    4 = AddKey { participant, key },
    5 = RetireKey { participant, version, until },
    6 = LoadRates(it),
    7 = SetFxPolicy(it),
    8 = HaltCorridor { base, quote, is_halted },
    9 = Fund(it),
    10 = DecideMerchant(it),
    11 = IssueEntryCode(it),
    12 = RevokeEntryCode(token),
    13 = SetCodeRules(it),
    14 = EndAgreement(id),
    15 = SetDeclaration(it),
    16 = SetStoreDisplay(it),
});

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddParticipant {
    pub participant: Participant,
}
codec_struct!(AddParticipant { participant });

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadRates {
    pub feed: RateFeed,
}
codec_struct!(LoadRates { feed });

/// A payment between the operator's bank and a participant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Funding {
    /// The operator's reference: the same reference again changes nothing.
    pub reference: PartnerText,
    pub participant: ParticipantId,
    pub amount: Money,
}
codec_struct!(Funding { reference, participant, amount });

/// An acquirer registers or updates a merchant or one store of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegisterMerchant {
    pub acquirer: ParticipantId,
    pub request_id: PartnerText,
    pub reference: PartnerText,
    pub name: Text<256>,
    pub display_name: Option<Text<64>>,
    pub mcc: Mcc,
    pub country: Country,
    pub city: Option<Text<32>>,
    pub products: Vec<Product>,
    pub store: Option<Store>,
    pub legal: Option<Legal>,
    /// Where the acquirer wants to hear what wallets decide.
    pub notify_url: Option<Url>,
}
codec_struct!(RegisterMerchant {
    acquirer,
    request_id,
    reference,
    name,
    display_name,
    mcc,
    country,
    city,
    products,
    store,
    legal,
    notify_url,
});

/// A wallet (or the operator for it) accepts or rejects a merchant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecideMerchant {
    pub mpp: ParticipantId,
    pub merchant: MerchantKey,
    pub approval: directory::Approval,
}
codec_struct!(DecideMerchant { mpp, merchant, approval });

/// See [`StoreDisplay`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetStoreDisplay {
    pub place: StorePlace,
    pub display: StoreDisplay,
}
codec_struct!(SetStoreDisplay { place, display });

/// One code to be issued, drawn at the edge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewCode {
    pub code: PaymentCode,
}
codec_struct!(NewCode { code });

/// A wallet asks for payment codes: 1 to 10, each good for one minute, one after the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssueCodes {
    pub mpp: ParticipantId,
    pub customer: PartnerText,
    pub alias: CustomerAlias,
    pub region: Option<Country>,
    pub codes: Vec<NewCode>,
}
codec_struct!(IssueCodes { mpp, customer, alias, region, codes });

/// The order as buyer and merchant agreed on it; no personal data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    pub reference: PartnerText,
    pub description: Text<256>,
    pub amount: Money,
    pub merchant: PartnerText,
    pub store: Option<StoreText>,
    pub terminal: Option<PartnerText>,
}
codec_struct!(Order { reference, description, amount, merchant, store, terminal });

/// What connects a payment with its payer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PayBy {
    /// The text that the merchant scanned.
    Code(Text<128>),
    /// The code of the order, drawn at the edge, which the payer scans or is led to.
    Order(OrderToken),
    /// The access token of an agreement.
    Token(TokenUse),
}
codec_enum!(PayBy { 0 = Code(text), 1 = Order(token), 2 = Token(token) });

impl PayBy {
    /// The text that the merchant scanned.
    pub const fn code(&self) -> Option<&Text<128>> {
        match self {
            PayBy::Code(text) => Some(text),
            PayBy::Order(_) | PayBy::Token(_) => None,
        }
    }
    pub const fn order(&self) -> Option<OrderToken> {
        match self {
            PayBy::Order(token) => Some(*token),
            PayBy::Code(_) | PayBy::Token(_) => None,
        }
    }
    pub const fn token(&self) -> Option<TokenUse> {
        match self {
            PayBy::Token(token) => Some(*token),
            PayBy::Code(_) | PayBy::Order(_) => None,
        }
    }
}

/// `pay`, in any way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pay {
    /// Drawn at the edge; used only when the request id is new.
    pub id: PaymentId,
    pub acquirer: ParticipantId,
    pub request_id: PartnerText,
    pub order: Order,
    pub amount: Money,
    /// Absent in the older dialect: then the contract's first.
    pub settlement_currency: Option<Currency>,
    pub method_type: PartnerText,
    pub way: Way,
    pub by: PayBy,
    pub expiry: Option<Timestamp>,
    pub notify_url: Option<Url>,
    /// Where the payer goes on after paying.
    pub redirect_url: Option<Url>,
    /// In push mode, for which `request_id` is the payment's own id.
    pub push: Option<ScannedCode>,
}
codec_struct!(Pay {
    id,
    acquirer,
    request_id,
    order,
    amount,
    settlement_currency,
    method_type,
    way,
    by,
    expiry,
    notify_url,
    redirect_url,
    push,
});

/// How an acquirer names a payment: by its own id, by the network's, or by both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaymentRef {
    pub request_id: Option<PartnerText>,
    pub id: Option<PaymentId>,
}
codec_struct!(PaymentRef { request_id, id });

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CancelPayment {
    pub acquirer: ParticipantId,
    pub payment: PaymentRef,
}
codec_struct!(CancelPayment { acquirer, payment });

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refund {
    pub id: RefundId,
    pub acquirer: ParticipantId,
    pub payment: PaymentRef,
    pub request_id: PartnerText,
    pub amount: Money,
    pub reason: Option<Text<256>>,
}
codec_struct!(Refund { id, acquirer, payment, request_id, amount, reason });

/// What a wallet's message says about a payment or a refund.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WalletVerdict {
    Approved,
    Declined(ResultCode),
    /// The wallet works on it, or asks its user.
    InProcess,
    /// The wallet does not know the id.
    NotFound,
    /// No usable answer: silence, a broken connection, a bad signature, garbage.
    Silent,
}
codec_enum!(WalletVerdict {
    0 = Approved, 1 = Declined(code), 2 = InProcess, 3 = NotFound, 4 = Silent,
});

/// A wallet's answer, reduced to what the network needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WalletAnswer {
    pub verdict: WalletVerdict,
    /// The wallet's own id of the payment or refund.
    pub wallet_id: Option<PartnerText>,
    /// When the wallet says it happened.
    pub wallet_time: Option<Timestamp>,
    /// Amounts that the wallet echoed: a contradiction is never taken as approval.
    pub amount: Option<Money>,
    pub pay_to: Option<Money>,
}
codec_struct!(WalletAnswer { verdict, wallet_id, wallet_time, amount, pay_to });

impl WalletAnswer {
    pub fn of(verdict: WalletVerdict) -> WalletAnswer {
        WalletAnswer { verdict, wallet_id: None, wallet_time: None, amount: None, pay_to: None }
    }
}

/// `notifyPayment` from a wallet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotifyPayment {
    pub mpp: ParticipantId,
    pub payment: PaymentId,
    pub customer: Option<PartnerText>,
    pub answer: WalletAnswer,
}
codec_struct!(NotifyPayment { mpp, payment, customer, answer });

/// A payment in another partition wants to spend a code of this one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    pub code: PaymentCode,
    pub payment: PaymentId,
}
codec_struct!(Claim { code, payment });

/// `userInitiatedPay`: a user of this wallet scanned the order's code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TakeOrder {
    pub mpp: ParticipantId,
    pub customer: PartnerText,
    pub alias: CustomerAlias,
    pub token: OrderToken,
}
codec_struct!(TakeOrder { mpp, customer, alias, token });

/// `prepare`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prepare {
    /// Drawn at the edge; used only when the reference is new.
    pub id: AgreementId,
    pub acquirer: ParticipantId,
    /// The wallet that is to be asked; absent while the user has not chosen one.
    pub mpp: Option<ParticipantId>,
    pub client: PartnerText,
    pub merchant: PartnerText,
    /// The same reference of the same client again is the same agreement.
    pub reference: Option<PartnerText>,
    pub name: Text<256>,
    pub display_name: Option<Text<64>>,
    pub scopes: Vec<Scope>,
    pub redirect_url: Url,
    pub auth_state: Text<256>,
}
codec_struct!(Prepare {
    id,
    acquirer,
    mpp,
    client,
    merchant,
    reference,
    name,
    display_name,
    scopes,
    redirect_url,
    auth_state,
});

/// A wallet gave tokens: for an authorisation code, for a refresh token, or unasked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrantTokens {
    pub agreement: AgreementId,
    pub mpp: ParticipantId,
    pub user: Consenter,
    pub grant: Grant,
    /// The wallet sent the tokens by itself: the acquirer is told.
    pub is_unasked: bool,
}
codec_struct!(GrantTokens { agreement, mpp, user, grant, is_unasked });

/// An agreement is to end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndAgreement {
    pub agreement: AgreementId,
    pub by: EndedBy,
    /// Who says so; absent for the operator.
    pub participant: Option<ParticipantId>,
    /// The network's access token that an acquirer presented.
    pub access: Option<Digest>,
}
codec_struct!(EndAgreement { agreement, by, participant, access });

/// A debit under an agreement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Debit {
    pub token: TokenUse,
    pub payment: PaymentId,
    pub acquirer: ParticipantId,
    pub merchant: PartnerText,
    pub amount: Money,
}
codec_struct!(Debit { token, payment, acquirer, merchant, amount });

/// `initiateRetrieval` and `initiateEscalation`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenDispute {
    pub mpp: ParticipantId,
    /// The wallet's `disputeRequestId`.
    pub request_id: PartnerText,
    pub payment: PaymentId,
    pub kind: DisputeKind,
    pub reason: Option<Text<256>>,
    /// Drawn at the edge: the refund that an accepted escalation becomes.
    pub refund: RefundId,
}
codec_struct!(OpenDispute { mpp, request_id, payment, kind, reason, refund });

/// `responseRetrieval` and `responseEscalation`. The acquirer names a dispute by the wallet's id
/// alone; the edge looks the payment up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnswerDispute {
    pub acquirer: ParticipantId,
    pub request_id: PartnerText,
    pub payment: PaymentId,
    pub answer: DisputeAnswer,
}
codec_struct!(AnswerDispute { acquirer, request_id, payment, answer });

/// `declare`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Declare {
    pub acquirer: ParticipantId,
    /// The acquirer's `paymentRequestId`.
    pub payment: PartnerText,
    /// `customsDeclarationRequestId`.
    pub request_id: PartnerText,
    pub content: DeclarationContent,
}
codec_struct!(Declare { acquirer, payment, request_id, content });

/// What the operator learnt about a declaration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetDeclaration {
    pub acquirer: ParticipantId,
    pub request_id: PartnerText,
    pub state: DeclarationState,
}
codec_struct!(SetDeclaration { acquirer, request_id, state });
