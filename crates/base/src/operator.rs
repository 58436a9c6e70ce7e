//! Who of an operator's people does something, and why: the audit trail is the log itself.

use crate::{Text, codec_struct};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operator {
    /// Name of the token or of the process.
    pub who: Text<64>,
    pub why: Text<256>,
}
codec_struct!(Operator { who, why });
