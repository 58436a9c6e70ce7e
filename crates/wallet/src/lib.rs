//! The wallet operator's machine: one brand in one market. Commands in, replies, events and effects
//! out.
//!
//! A customer is a number here; who it is stands in the vault, which the log never sees. Everything
//! that a customer can look at later (a transfer, a payment, a red packet) is an [`Object`]: kept in
//! memory while something about it is open, then in history. Money moves by the templates in
//! [`posting`], between the accounts of [`chart`].
//!
//! One file per group of commands in `command`, with its handlers under the same name in `handlers`.
//! A handler reads, checks in order of precedence, decides, and then, below the line
//! `// From here the command succeeds.`, changes state; nothing below that line may fail.

pub mod chart;
pub mod command;
mod day_list;
mod errand;
mod event;
mod gift_book;
mod handlers;
mod machine;
mod market;
mod object;
pub mod objects;
mod packet_book;
mod pay_codes;
pub mod posting;
mod preload;
mod query;
mod reply;
mod saving_book;
mod savings_query;
mod service_book;
mod service_query;
mod service_verify;
mod shop;
mod verify;

pub use base::{Operator, Refusal};
pub use command::{Command, Once};
pub use day_list::{DayList, FoundBreak, list_of_day, name_of_break};
pub use errand::{Attempt, Errand, ErrandAnswer, ErrandKind};
pub use event::Event;
pub use gift_book::{gift_of_code, offers_by_place};
pub use handlers::NetworkName;
pub use machine::Wallet;
pub use market::{Features, Market, ServiceRules};
pub use object::Object;
pub use packet_book::{PacketProof, object_of_link};
pub use pay_codes::{CodeKind, CodeRule, PayCodes};
pub use query::{Overview, customer_of, list_of_customer, list_of_shop, person_of};
pub use reply::Reply;
pub use savings_query::{SavingsView, YIELDS_SHOWN};
pub use service_book::{Film, OwnBiller, OwnBox, OwnLine, OwnShow, SHOW_KEPT_FOR};
pub use service_query::{InServices, SeatState, SeatView};
pub use shop::{Shop, ShopKind, ShopNumber};
