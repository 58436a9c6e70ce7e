//! The text of a ticket's code: the pass and the signature over it.

use super::pass::{PassError, TicketPass};

const SCHEME: &str = "DHT1/";
/// Bytes of an Ed25519 signature.
const SIGNATURE: usize = 64;
const BYTES: usize = TicketPass::LEN + SIGNATURE;

/// A ticket as it is shown at the door: `DHT1/` and upper-case hexadecimal digits, which a QR code
/// holds in its alphanumeric mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TicketCode {
    pub pass: TicketPass,
    /// Made and verified by the edge over [`TicketPass::to_bytes`].
    pub signature: [u8; SIGNATURE],
}

impl std::fmt::Display for TicketCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(SCHEME)?;
        let bytes = self.pass.to_bytes();
        bytes.iter().chain(&self.signature).try_for_each(|byte| write!(f, "{byte:02X}"))
    }
}

impl std::str::FromStr for TicketCode {
    type Err = PassError;
    fn from_str(text: &str) -> Result<Self, PassError> {
        let digits = text.strip_prefix(SCHEME).ok_or(PassError::Text)?.as_bytes();
        if digits.len() != BYTES * 2 {
            return Err(PassError::Length { found: digits.len() / 2 });
        }
        let mut bytes = [0; BYTES];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            *byte = hex(pair[0])? << 4 | hex(pair[1])?;
        }
        let (pass, signature) = bytes.split_at(TicketPass::LEN);
        let found = signature.len();
        let signature = signature.try_into().map_err(|_| PassError::Length { found })?;
        Ok(TicketCode { pass: TicketPass::from_bytes(pass)?, signature })
    }
}

fn hex(digit: u8) -> Result<u8, PassError> {
    match digit {
        b'0'..=b'9' => Ok(digit - b'0'),
        b'A'..=b'F' => Ok(digit - b'A' + 10),
        _ => Err(PassError::Text),
    }
}
