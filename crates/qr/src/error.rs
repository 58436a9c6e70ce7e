//! Why a text is not a code that can be paid.

/// What kind of fault it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Not a code of this family at all.
    NotEmv,
    /// Objects do not follow each other as they must.
    Structure,
    /// The checksum is missing or belongs to other bytes.
    Crc,
    /// An object that must be there is not.
    Mandatory,
    /// An object's value is not one that it may have.
    Format,
}

impl Fault {
    /// A word for machines.
    pub const fn name(self) -> &'static str {
        match self {
            Fault::NotEmv => "not_emv",
            Fault::Structure => "structure",
            Fault::Crc => "crc",
            Fault::Mandatory => "mandatory",
            Fault::Format => "format",
        }
    }
}

/// A refusal, in words for the person who holds the code or prints it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QrError {
    pub fault: Fault,
    /// Which object: `54`, `62.07`, `4F`; empty for the whole.
    pub object: String,
    pub reason: String,
}

impl QrError {
    pub(crate) fn new(
        fault: Fault,
        object: impl Into<String>,
        reason: impl Into<String>,
    ) -> QrError {
        QrError { fault, object: object.into(), reason: reason.into() }
    }
}

impl std::fmt::Display for QrError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if !self.object.is_empty() {
            write!(f, "{}: ", self.object)?;
        }
        f.write_str(&self.reason)
    }
}

impl std::error::Error for QrError {}
