//! Bar codes: Code 128 as a picture.

use crate::ImageError;
use crate::code128;
use crate::modules::Modules;

/// Light modules on the left and on the right (ISO/IEC 15417).
const QUIET: usize = 10;
/// How high the bars are, in modules: at least the 15 % of the width that handbooks ask for, up to
/// 25 characters or 50 digits.
const HEIGHT: usize = 48;
/// How high the bars are in a terminal, in lines.
const LINES: usize = 6;

/// A bar code that can be drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Barcode {
    modules: Modules,
}

impl Barcode {
    /// Encodes digits or printable ASCII in Code 128, with as few symbols as sets B and C allow.
    ///
    /// Errors: the text is empty, has more than [`MAX_CHARS`](crate::MAX_CHARS) characters, or one
    /// that is not printable ASCII.
    pub fn of(text: &str) -> Result<Barcode, ImageError> {
        let symbols = code128::encode(text)?;
        let mut row = vec![false; QUIET];
        for widths in symbols.iter().map(|symbol| code128::widths(*symbol)) {
            for (at, digit) in widths.bytes().enumerate() {
                row.extend(std::iter::repeat_n(at % 2 == 0, usize::from(digit - b'0')));
            }
        }
        row.extend([false; QUIET]);
        Ok(Barcode { modules: Modules::new(vec![row], HEIGHT) })
    }

    /// Modules from left to right, quiet zones included.
    pub fn width(&self) -> usize {
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
        self.modules.text_two_columns_to_a_letter(LINES)
    }
}
