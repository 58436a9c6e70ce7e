//! Life of a payment and of a refund: transition tables, times and windows, refund arithmetic.
//!
//! The tables decide, the machine acts: nothing here books, stores or sends anything.
//!
//! ```
//! use dhow_payment::{PaymentInput, PaymentState, Step, step};
//! let next = step(PaymentState::Pending, PaymentInput::Silent);
//! assert_eq!(next, Step::To(PaymentState::Unknown));
//! // An approval that crosses our cancel on the wire is booked, booked back, and cancelled again.
//! let late = step(PaymentState::Cancelling, PaymentInput::Approved);
//! assert_eq!(late, Step::Reverse(PaymentState::Cancelling));
//! ```

mod delivery;
mod push;
mod refund;
mod refund_plan;
mod schedule;
mod state;
mod windows;

pub use delivery::{DeliveryInput, DeliveryState, DeliveryStep, MAX_NOTIFY_ATTEMPTS};
pub use delivery::{delivery_step, notify_after};
pub use push::{MAX_PUSH_INQUIRIES, PushInput, PushState, PushStep, push_inquiry_after, push_step};
pub use refund::{RefundInput, RefundState, RefundStep, RefundVisible};
pub use refund::{refund_step, refund_visible};
pub use refund_plan::{Amounts, MAX_RETURNED_FEES, RefundPlan, RefundRefusal};
pub use schedule::{ALERT_AFTER, cancel_retry_after, inquiry_after, refund_retry_after};
pub use state::{PaymentInput, PaymentState, Step, Visible, step, visible};
pub use windows::{
    AUTO_DEBIT_EXPIRY, BUSINESS_OFFSET, CANCEL_TAIL, CASHIER_EXPIRY, ExpiryRule, MAX_REFUNDS,
    ORDER_CODE_EXPIRY, REFUND_WINDOW, UPM_EXPIRY, WALLET_CANCEL_TAIL, cancel_deadline,
    refund_deadline, wallet_cancel_deadline,
};
