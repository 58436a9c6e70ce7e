//! Codes as pictures: QR codes and Code 128 bar codes as SVG, PNG and text for terminals.
//!
//! What the code says is somebody else's business: a text goes in, a picture comes out. Nothing is
//! read from a picture here, and no file is written.
//!
//! ```
//! use dhow_code_image::{Barcode, Level, Qr};
//! let qr = Qr::of("https://example.com/order/42", Level::Medium).unwrap();
//! assert!(qr.svg("order 42").starts_with("<svg "));
//! let barcode = Barcode::of("281012345678901234567890").unwrap();
//! assert!(barcode.png(2).unwrap().starts_with(b"\x89PNG"));
//! ```

mod barcode;
mod code128;
mod modules;
mod qr;

pub use barcode::Barcode;
pub use code128::MAX_CHARS;
pub use modules::MAX_PIXELS_PER_MODULE;
pub use qr::{Level, Qr};

/// Why there is no picture, with what would help.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ImageError {
    /// There is nothing to draw.
    Empty,
    /// The text has more bytes than a symbol of this kind holds.
    TooLong { bytes: usize, most: usize },
    /// A bar code has printable ASCII only.
    NotAscii { character: char },
    /// A module has 1 to [`MAX_PIXELS_PER_MODULE`] pixels.
    Pixels { pixels: u32 },
}

impl std::fmt::Display for ImageError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            ImageError::Empty => f.write_str("the text is empty: there is nothing to draw"),
            ImageError::TooLong { bytes, most } => write!(
                f,
                "the text has {bytes} bytes, but {most} fit: shorten it, or choose a lower level \
                 of error correction if it is a QR code"
            ),
            ImageError::NotAscii { character } => write!(
                f,
                "{character:?} cannot stand in a bar code, which has printable ASCII only: draw \
                 a QR code instead"
            ),
            ImageError::Pixels { pixels } => {
                write!(f, "{pixels} pixels for a module: choose 1 to {MAX_PIXELS_PER_MODULE}")
            }
        }
    }
}

impl std::error::Error for ImageError {}
