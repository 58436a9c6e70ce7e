//! What is wrong with a rule that somebody wrote.

/// Rules were refused: which field, and what must hold for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RuleFault {
    /// The field as it is named in the rules.
    pub field: &'static str,
    /// The end of a sentence that begins with the field.
    pub why: &'static str,
}

impl std::fmt::Display for RuleFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.field, self.why)
    }
}

impl std::error::Error for RuleFault {}

/// `Ok` when the rule holds, else the fault that names the field.
pub fn must(holds: bool, field: &'static str, why: &'static str) -> Result<(), RuleFault> {
    if holds { Ok(()) } else { Err(RuleFault { field, why }) }
}
