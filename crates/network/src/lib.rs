//! The scheme operator's machine: commands in, replies, events and effects out.
//!
//! One file per command. A handler reads, checks in order of precedence, decides, and then, below
//! the line
//! `// From here the command succeeds.`, changes state; nothing below that line may fail.
//!
//! A payment is opened by `pay`, moves by the table in the crate `payment`, books by the templates
//! in [`posting`], and goes to history when nothing about it is open any more.

mod agreement;
pub mod chart;
mod code;
mod command;
mod consult;
mod declaration;
mod dispute;
mod effect;
mod entry_code;
mod errand;
mod event;
mod handlers;
mod machine;
mod order_code;
mod payment_record;
pub mod posting;
mod push;
mod query;
mod reply;
mod way;

pub use agreement::{
    ALLOWANCE_SPAN, Agreement, AgreementState, CONSENT_WITHIN, Consenter, Digest, EndedBy, Grant,
    MAX_OPEN_DEBITS, Scope, Sealed, Taken, TokenUse,
};
pub use base::{Operator, Refusal};
pub(crate) use code::CodeBook;
pub use code::{CodeEntry, CodeUse, PaymentCode, region_matches};
pub use command::{
    AddParticipant, AnswerDispute, CancelPayment, Change, Claim, Command, Debit, DecideMerchant,
    Declare, EndAgreement, Funding, GrantTokens, IssueCodes, LoadRates, NewCode, NotifyPayment,
    OpenDispute, Order, Pay, PayBy, PaymentRef, Prepare, Refund, RegisterMerchant, SetDeclaration,
    SetStoreDisplay, TakeOrder, WalletAnswer, WalletVerdict,
};
pub use consult::{Consult, WalletOption};
pub use declaration::{Declaration, DeclarationContent, DeclarationState, MAX_DECLARATIONS};
pub use dispute::{DisputeAnswer, DisputeKind, DisputeRecord, DisputeState};
pub use effect::{ClaimAnswer, Effect, EffectId, EffectKind, EffectOutcome, PaymentEffect};
pub use entry_code::{EntryCode, EntryCodes, EntryToken, StorePlace};
pub use errand::{AuthNews, Errand, ErrandId, ErrandOutcome, Message};
pub use event::Event;
pub use handlers::partition_of_request;
pub use machine::{Network, PartitionPlan};
pub use order_code::OrderToken;
pub use payment_record::{BreakKind, Payer, Payment, RefundRecord, Terms, TimelineEntry, What};
pub use push::{NotifyPush, Push, PushAnswer, ScannedCode};
pub use query::{Found, kept_agreement, kept_payment};
pub use reply::{IssuedCode, Reply};
pub use way::Way;
