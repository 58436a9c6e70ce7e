//! The partner protocol as bytes: JSON bodies, result codes, times, signatures and keys.
//!
//! No sockets, files or clocks. Both directions of every message are here, so that the network, the
//! simulated partners and the tests speak through the same types.
//!
//! ```
//! use dhow_wire::acqp::RefundRequest;
//! let body =
//! br#"{"refundRequestId":"R1","paymentId":"P1","refundAmount":{"currency":"JPY","value":"01"}}"#;
//! let error = dhow_wire::parse::<RefundRequest>(body).unwrap_err(); assert_eq!(error.field,
//! "refundAmount.value"); assert_eq!(error.problem, "is not a whole number from 1 to 10^15");
//! ```

pub mod acqp;
mod der;
mod error;
pub mod keys;
mod lenient;
pub mod limits;
mod message;
mod mode;
pub mod mpp;
pub mod parts;
pub mod paths;
mod result;
pub mod scanned;
pub mod signature;
#[cfg(test)]
mod testing;
pub mod time;
mod values;

pub use base::Text;
pub use error::WireError;
pub use keys::{Algorithm, KeyError, SigningKey, VerifyingKey};
pub use lenient::Value;
pub use limits::precheck;
pub use mode::Mode;
pub use paths::{Api, Caller};
pub use result::{Code, ResultCode, ResultOnly, ResultStatus, Retry, WireResult};
pub use signature::{Difference, SignatureError, SignatureHeader, SignedMessage, signed_path};
pub use time::Datetime;
pub use values::{Amount, AmountOrZero, Label, Opaque};

use lenient::{Present, Written};

/// Reads a message strictly. A body that is not one names the field and the remedy.
pub fn parse<T: Value>(body: &[u8]) -> Result<T, WireError> {
    let text = precheck(body)?;
    if let Ok(Present(value)) = serde_json::from_str(text) {
        return Ok(value);
    }
    // Read again to learn the path: only bad bodies pay for it.
    let mut json = serde_json::Deserializer::from_str(text);
    let read: Result<Present<T>, _> = serde_path_to_error::deserialize(&mut json);
    match read {
        Ok(_) => Err(WireError::new("body", "goes on after its end", "send one JSON object")),
        Err(error) => Err(WireError::from_json(&error.path().to_string(), error.inner())),
    }
}

/// Writes a message as compact JSON, fields in declared order, absent ones left out.
pub fn render<T: Value>(message: &T) -> Vec<u8> {
    serde_json::to_vec(&Written(message)).expect("a message has text keys and cannot fail to write")
}
