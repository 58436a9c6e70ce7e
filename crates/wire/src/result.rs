//! The `result` object of every answer.

use crate::error::{WireError, refuse};
use crate::lenient::{Value, read_text};
use crate::message::message;
use crate::values::Label;
use base::Text;
pub use base::{ResultCode, ResultStatus, Retry};
use serde::de::Deserializer;
use serde::ser::Serializer;

/// A result code as it came: one of ours, or a word that only the partner knows.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Code {
    Known(ResultCode),
    Other(Text<64>),
}

impl Code {
    pub fn as_str(&self) -> &str {
        match self {
            Code::Known(code) => code.as_str(),
            Code::Other(text) => text.as_str(),
        }
    }
}

impl Value for Code {
    fn read<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        read_text(from, "a result code", |text| {
            if let Some(code) = ResultCode::from_text(text) {
                return Ok(Code::Known(code));
            }
            let text = Text::new(text);
            text.map(Code::Other).map_err(|error| refuse(&error.to_string(), "send a result code"))
        })
    }
    fn write<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self.as_str())
    }
}

message! {
    /// What became of a call, or on inquiries of a payment.
    pub struct WireResult {
        required {
            result_status: ResultStatus,
            result_code: Code,
        }
        optional {
            /// For people; never parsed.
            result_message: Label<256>,
        }
    }
}

impl WireResult {
    /// With the code's own status and meaning.
    pub fn of(code: ResultCode) -> WireResult {
        WireResult::with_message(code, code.meaning())
    }

    /// With the code's own status; the message is cleaned, and cut at 256 characters.
    pub fn with_message(code: ResultCode, message: &str) -> WireResult {
        let short: String = message.chars().take(256).collect();
        WireResult {
            result_status: code.status(),
            result_code: Code::Known(code),
            result_message: Label::new(&short).ok(),
        }
    }

    /// What the result says. A known code beside another status than its own contradicts itself,
    /// and counts as U: the sender has to be asked again.
    pub fn status(&self) -> ResultStatus {
        match &self.result_code {
            Code::Known(code) if code.status() != self.result_status => ResultStatus::U,
            Code::Known(_) | Code::Other(_) => self.result_status,
        }
    }

    /// The code to act on: a word that we do not know becomes the general code of its status.
    pub fn code(&self) -> ResultCode {
        match (&self.result_code, self.status()) {
            (Code::Known(code), status) if code.status() == status => *code,
            (_, ResultStatus::S) => ResultCode::Success,
            (_, ResultStatus::F) => ResultCode::ProcessFail,
            (_, ResultStatus::U) => ResultCode::UnknownException,
        }
    }
}

impl From<ResultCode> for WireResult {
    fn from(code: ResultCode) -> WireResult {
        WireResult::of(code)
    }
}

impl From<&WireError> for WireResult {
    fn from(error: &WireError) -> WireResult {
        WireResult::with_message(error.code(), &error.to_string())
    }
}

message! {
    /// An answer that is nothing but a result: refusals of every call, and acknowledgements of
    /// notifications.
    pub struct ResultOnly {
        required { result: WireResult, }
        optional {}
    }
}
