//! Writes merchant-presented codes.

use crate::crc::crc16;
use crate::error::QrError;
use crate::merchant::{MerchantCode, tag};
use crate::tlv::{path, write};

/// Puts a code together, object by object, in the order in which they are given.
///
/// ```
/// use dhow_qr::{MerchantCode, Writer};
/// let mut writer = Writer::default();
/// writer.object(0, "01").unwrap();
/// writer.object(1, "11").unwrap();
/// writer.template(26, &[(0, "com.example.dhow"), (1, "S-00042")]).unwrap();
/// for (tag, value) in [(52, "5814"), (53, "392"), (58, "JP"), (59, "Kissa Hato"), (60, "Osaka")] {
///     writer.object(tag, value).unwrap();
/// }
/// let text = writer.finish().unwrap();
/// assert_eq!(MerchantCode::read(&text).unwrap().get(60), Some("Osaka"));
/// ```
#[derive(Clone, Debug, Default)]
pub struct Writer {
    text: String,
}

impl Writer {
    /// Adds an object. Errors: its value has no character, or more than 99.
    pub fn object(&mut self, tag: u8, value: &str) -> Result<(), QrError> {
        write(&mut self.text, tag, value)
    }

    /// Adds a template with these objects. Errors: as [`object`](Writer::object), for each object
    /// and for all together.
    pub fn template(&mut self, tag: u8, objects: &[(u8, &str)]) -> Result<(), QrError> {
        let mut value = String::new();
        for (inner, text) in objects {
            write(&mut value, *inner, text)
                .map_err(|error| QrError { object: path(Some(tag), *inner), ..error })?;
        }
        write(&mut self.text, tag, &value)
    }

    /// Adds the checksum. Errors: the code is not one that [`MerchantCode::read`] would take.
    pub fn finish(mut self) -> Result<String, QrError> {
        self.text.push_str("6304");
        let crc = crc16(self.text.as_bytes());
        self.text.push_str(&format!("{crc:04X}"));
        MerchantCode::read(&self.text)?;
        Ok(self.text)
    }
}

impl MerchantCode<'_> {
    /// Writes the code again: the same text, but for a checksum in small letters.
    ///
    /// Errors: none for a code that was read.
    pub fn write(&self) -> Result<String, QrError> {
        let mut writer = Writer::default();
        for (tag, value) in self.objects().filter(|(tag, _)| *tag != tag::CRC) {
            writer.object(tag, value)?;
        }
        writer.finish()
    }
}
