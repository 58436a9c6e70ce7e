//! Small products of a wallet: donations, rides, tickets, bills and airtime, and the wallet's own
//! codes that lead to them.
//!
//! Everything here decides and nothing books: the wallet's machine keeps the values, asks within
//! one `apply`, and makes the postings of the plans that come back. Zero amounts may occur in a
//! plan and need no posting. Customers and merchants are numbers; a name, a telephone number or an
//! account number of a biller is never held, only an opaque reference to it. Every deadline is
//! exclusive: what arrives at the very instant is late.
//!
//! ```
//! use dhow_services::OwnCode;
//! let code = OwnCode::Donate { donation_box: 7 };
//! assert_eq!(code.to_string(), "DHW1/DONATE/7/0576");
//! assert_eq!("DHW1/DONATE/7/0576".parse(), Ok(code));
//! ```

mod bill;
mod donation;
mod fault;
mod plan;
mod ride;
mod scan;
mod ticket;

pub use bill::{
    AccountFormat, AccountRef, AmountRule, Bill, BillInput, BillMove, BillOutcome, BillRefusal,
    BillState, BillStep, Biller, BillerAnswer, BillerRules, Category, CheckDigits, CheckedAccount,
    FormatFault, UNKNOWN_ALERT_AFTER, bill_inquiry_after, bill_step,
};
pub use donation::{
    BoxRules, BoxTotals, Donation, DonationBox, DonationRefusal, DonationWish, GiveAct, Giver,
    GiverRef, Receipt, ReceiptBook, year_of,
};
pub use fault::RuleFault;
pub use plan::{PayPlan, RefundPlan, Share};
pub use ride::{
    Boarded, Boarding, DistanceRate, Fare, FarePlan, Leaving, Line, LineRules, Ride, RideCancel,
    RideInput, RideRefusal, RideState, RideStep, Stop, ride_step,
};
pub use scan::{BoardPoint, MAX_OWN_CODE_CHARS, OwnCode, ScanError};
pub use ticket::{
    Admission, Door, DoorRefusal, Held, Hold, HoldRef, MAX_SEATS, MAX_TICKETS, PassError,
    PriceClass, ReturnRule, Sale, SeatWish, Seating, Show, ShowRules, Ticket, TicketCode,
    TicketInput, TicketPass, TicketRef, TicketRefund, TicketRefusal, TicketState, TicketStep,
    ticket_step,
};
