//! What a ticket says at the door, as the exact bytes that are signed.

use base::Timestamp;

/// The first bytes of every pass, so that a signature over it is good for nothing else.
const LABEL: &[u8; 14] = b"DHOW TICKET 1\n";

/// What a door needs to know of one ticket; names nobody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TicketPass {
    pub show: u32,
    /// The number of the ticket in its show.
    pub serial: u32,
    /// As printed, from 1 on.
    pub row: u16,
    /// As printed, from 1 on.
    pub number: u16,
    pub class: u8,
    /// The one entrance at which it is good.
    pub door: u8,
    pub opens: Timestamp,
    /// The first instant at which it is not good any more.
    pub closes: Timestamp,
}

/// Bytes that are no pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PassError {
    /// Not as long as a pass is.
    Length { found: usize },
    /// They do not begin as a pass of this version does.
    Label,
    /// A text that does not begin with `DHT1/` and go on in upper-case hexadecimal digits.
    Text,
}

impl std::fmt::Display for PassError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            PassError::Length { found } => write!(f, "has {found} bytes"),
            PassError::Label => f.write_str("is no ticket, or one of another version"),
            PassError::Text => f.write_str("is no text of a ticket"),
        }
    }
}

impl std::error::Error for PassError {}

impl TicketPass {
    /// How many bytes a pass has.
    pub const LEN: usize = LABEL.len() + 4 + 4 + 2 + 2 + 1 + 1 + 8 + 8;

    /// The bytes to sign: the label, then the fields in order, each big-endian in its full width,
    /// times in nanoseconds since 1970.
    pub fn to_bytes(&self) -> [u8; TicketPass::LEN] {
        let mut bytes = [0; TicketPass::LEN];
        let fields: [&[u8]; 9] = [
            LABEL,
            &self.show.to_be_bytes(),
            &self.serial.to_be_bytes(),
            &self.row.to_be_bytes(),
            &self.number.to_be_bytes(),
            &[self.class],
            &[self.door],
            &self.opens.nanos().to_be_bytes(),
            &self.closes.nanos().to_be_bytes(),
        ];
        for (byte, field) in bytes.iter_mut().zip(fields.into_iter().flatten()) {
            *byte = *field;
        }
        bytes
    }

    /// The pass that bytes stand for. They say nothing of truth: the signature over exactly these
    /// bytes is verified by the edge before a door looks at the pass.
    pub fn from_bytes(bytes: &[u8]) -> Result<TicketPass, PassError> {
        if bytes.len() != TicketPass::LEN {
            return Err(PassError::Length { found: bytes.len() });
        }
        let mut rest = bytes.strip_prefix(LABEL).ok_or(PassError::Label)?;
        Ok(TicketPass {
            show: u32::from_be_bytes(next(&mut rest)?),
            serial: u32::from_be_bytes(next(&mut rest)?),
            row: u16::from_be_bytes(next(&mut rest)?),
            number: u16::from_be_bytes(next(&mut rest)?),
            class: u8::from_be_bytes(next(&mut rest)?),
            door: u8::from_be_bytes(next(&mut rest)?),
            opens: Timestamp::from_nanos(u64::from_be_bytes(next(&mut rest)?)),
            closes: Timestamp::from_nanos(u64::from_be_bytes(next(&mut rest)?)),
        })
    }
}

fn next<const N: usize>(rest: &mut &[u8]) -> Result<[u8; N], PassError> {
    let found = rest.len();
    let (head, tail) = rest.split_first_chunk().ok_or(PassError::Length { found })?;
    *rest = tail;
    Ok(*head)
}
