//! What every pure crate stands on: the byte codec, hash tables, time and bounded text.
//!
//! Nothing here does I/O, reads a clock or draws randomness.

mod codec;
mod machine;
mod operator;
mod planted;
mod refusal;
mod result;
mod table;
mod text;
mod time;

pub use codec::{Codec, DecodeError, Reader, decode_all, encode};
pub use machine::{History, Machine, MapHistory, Outcome, Row, Stamp};
pub use operator::Operator;
pub use planted::{plant, planted};
pub use refusal::Refusal;
pub use result::{ResultCode, ResultStatus, Retry};
pub use table::{Key, Table};
pub use text::{Text, TextError};
pub use time::{Span, Timestamp};
