//! The one-time code that a holder shows at a till.
//!
//! The edge draws it with 80 random bits or more and hashes it; here are digests only. A gift has
//! one open code at a time: a new one takes the place of the one before.

use base::{Timestamp, codec_struct};

/// A code that can be used once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenCode {
    /// SHA-256 of the code.
    pub digest: [u8; 32],
    /// No longer good from this moment on.
    pub until: Timestamp,
}
codec_struct!(OpenCode { digest, until });

/// Why a code opens nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodeRefusal {
    /// It was used before.
    Used,
    /// There is none, it is another one, or a newer one took its place.
    Unknown,
    /// Its time is over.
    Late,
}

impl OpenCode {
    /// Does this code open? Refusals, in order: `Unknown`, `Late`.
    pub(crate) fn opens(&self, digest: &[u8; 32], now: Timestamp) -> Result<(), CodeRefusal> {
        if self.digest != *digest {
            return Err(CodeRefusal::Unknown);
        }
        if now >= self.until { Err(CodeRefusal::Late) } else { Ok(()) }
    }
}
