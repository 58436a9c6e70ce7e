//! QR codes (ISO/IEC 18004).

use crate::ImageError;
use crate::modules::Modules;
use fast_qr::{ECL, QRBuilder};

/// Light modules on every side (ISO/IEC 18004).
const QUIET: usize = 4;

/// How much of a code may be damaged and the rest still be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// 7 %.
    Low,
    /// 15 %: what payment schemes ask for.
    Medium,
    /// 25 %.
    Quartile,
    /// 30 %.
    High,
}

impl Level {
    fn of_encoder(self) -> ECL {
        match self {
            Level::Low => ECL::L,
            Level::Medium => ECL::M,
            Level::Quartile => ECL::Q,
            Level::High => ECL::H,
        }
    }

    /// Most digits, most characters of the small alphabet, most bytes (ISO/IEC 18004, table 7,
    /// version 40).
    const fn capacity(self) -> [usize; 3] {
        match self {
            Level::Low => [7_089, 4_296, 2_953],
            Level::Medium => [5_596, 3_391, 2_331],
            Level::Quartile => [3_993, 2_420, 1_663],
            Level::High => [3_057, 1_852, 1_273],
        }
    }
}

/// A QR code that can be drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Qr {
    modules: Modules,
}

impl Qr {
    /// Encodes a text in the smallest symbol that holds it, as bytes of UTF-8 unless it has only
    /// digits or only the symbol's own small alphabet.
    ///
    /// Errors: the text is empty, or longer than the largest symbol of this level holds.
    pub fn of(text: &str, level: Level) -> Result<Qr, ImageError> {
        if text.is_empty() {
            return Err(ImageError::Empty);
        }
        let too_long = ImageError::TooLong { bytes: text.len(), most: most_bytes(text, level) };
        if text.len() > most_bytes(text, level) {
            return Err(too_long);
        }
        let symbol = QRBuilder::new(text).ecl(level.of_encoder()).build().map_err(|_| too_long)?;
        let wide = symbol.size + 2 * QUIET;
        let inside = |at: usize| at.checked_sub(QUIET).filter(|at| *at < symbol.size);
        let is_dark = |row: usize, column: usize| match (inside(row), inside(column)) {
            (Some(row), Some(column)) => symbol[row][column].value(),
            _ => false,
        };
        let row = |row: usize| (0..wide).map(|column| is_dark(row, column)).collect();
        Ok(Qr { modules: Modules::new((0..wide).map(row).collect(), 1) })
    }

    /// Modules along a side, quiet zone included: 29 to 185.
    pub fn side(&self) -> usize {
        self.modules.width()
    }

    /// As SVG, one unit for a module.
    pub fn svg(&self, title: &str) -> String {
        self.modules.svg(title)
    }

    /// As PNG in black and white. Errors: `pixels_per_module` is not 1 to
    /// [`MAX_PIXELS_PER_MODULE`](crate::MAX_PIXELS_PER_MODULE).
    pub fn png(&self, pixels_per_module: u32) -> Result<Vec<u8>, ImageError> {
        self.modules.png(pixels_per_module)
    }

    /// For terminals with light letters on dark ground.
    pub fn text(&self) -> String {
        self.modules.text_two_rows_to_a_line()
    }
}

/// How many bytes of this kind of text the largest symbol holds.
fn most_bytes(text: &str, level: Level) -> usize {
    let [digits, small_alphabet, bytes] = level.capacity();
    let is_small =
        |byte: u8| matches!(byte, b'0'..=b'9' | b'A'..=b'Z') || b" $%*+-./:".contains(&byte);
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        digits
    } else if text.bytes().all(is_small) {
        small_alphabet
    } else {
        bytes
    }
}
