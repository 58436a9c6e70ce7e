//! Why a machine did not do what a command asked for.

use crate::ResultCode;
use std::borrow::Cow;

/// A refusal: nothing changed, or the refusal itself was recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub code: ResultCode,
    /// Names the field and the remedy.
    pub message: Cow<'static, str>,
}

impl Refusal {
    pub fn new(code: ResultCode, message: impl Into<Cow<'static, str>>) -> Refusal {
        Refusal { code, message: message.into() }
    }
}
