//! Rules that a market gives, and the proof that they were checked.

use base::{Codec, DecodeError, Reader};

/// A set of rules that can contradict itself.
pub trait Rules {
    /// Error: the first field that makes no sense.
    fn check(&self) -> Result<(), RuleFault>;
}

/// Why a set of rules makes no sense: the field, and what would have to hold for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RuleFault {
    pub field: &'static str,
    pub must: &'static str,
}

impl std::fmt::Display for RuleFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "`{}` must {}", self.field, self.must)
    }
}

impl std::error::Error for RuleFault {}

/// `Ok` when it holds, else the fault.
pub(crate) fn require(
    holds: bool,
    field: &'static str,
    must: &'static str,
) -> Result<(), RuleFault> {
    if holds { Ok(()) } else { Err(RuleFault { field, must }) }
}

/// Rules that were found to make sense. Read back from bytes they are checked again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked<T>(T);

impl<T: Rules> Checked<T> {
    /// Error: the first field that makes no sense.
    pub fn new(rules: T) -> Result<Checked<T>, RuleFault> {
        rules.check()?;
        Ok(Checked(rules))
    }
}

impl<T> std::ops::Deref for Checked<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: Rules + Codec> Codec for Checked<T> {
    fn encode(&self, out: &mut Vec<u8>) {
        self.0.encode(out);
    }
    fn decode(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Checked::new(T::decode(input)?).map_err(|_| input.expected("rules that make sense"))
    }
}
