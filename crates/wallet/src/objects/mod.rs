//! What customers can look at later, one file for each kind.

mod agreement;
mod bank_move;
mod bill;
mod booking;
mod cash;
mod donation;
mod gift;
mod packet;
mod payment;
mod proposal;
mod request;
mod ride;
mod sale;
mod saving;
mod schedule;
mod transfer;

pub use agreement::{
    AUTH_CODE_FOR, Agreement, AgreementEnd, AgreementState, CONSENT_WITHIN, Grant, TokenDigest,
};
pub use bank_move::{BankInput, BankMove, BankState, BankStep, BankWay, bank_step};
pub use bill::Bill;
pub use booking::{Booking, BookingState};
pub use cash::{Cash, CashState, CashWay};
pub use donation::Donation;
pub use gift::Gift;
pub use packet::Packet;
pub use payment::{
    OrderView, Payment, PaymentInput, PaymentState, PaymentStep, Refunded, payment_step,
};
pub use proposal::{PROPOSAL_FOR, Proposal, ProposalState};
pub use request::{Request, RequestState};
pub use ride::Ride;
pub use sale::{Sale, ShopOrder, ShopOrderState, ShopRefund};
pub use saving::{Drawn, FundDay, FundDayState, Ordered, Saving, SavingAct, Settled};
pub use schedule::{Every, Schedule, ScheduleState};
pub use transfer::{Origin, Party, Transfer, TransferState};
