//! A grid of dark and light modules, quiet zone included, and the three ways to draw it.

use crate::ImageError;
use std::fmt::Write;

/// Most pixels along a module's side: the largest QR code is then 5,920 pixels wide.
pub const MAX_PIXELS_PER_MODULE: u32 = 32;

/// Rows of equal width, each so many modules high.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Modules {
    width: usize,
    row_height: usize,
    /// True is dark.
    rows: Vec<Vec<bool>>,
}

impl Modules {
    /// All rows have as many modules as the first.
    pub fn new(rows: Vec<Vec<bool>>, row_height: usize) -> Modules {
        let width = rows.first().map_or(0, Vec::len);
        assert!(rows.iter().all(|row| row.len() == width), "rows of a picture are equally wide");
        Modules { width, row_height, rows }
    }

    pub fn width(&self) -> usize {
        self.width
    }

    pub fn height(&self) -> usize {
        self.rows.len() * self.row_height
    }

    /// Dark? What lies outside is light, as paper is.
    fn is_dark(&self, row: usize, column: usize) -> bool {
        self.rows.get(row).and_then(|row| row.get(column)).copied().unwrap_or(false)
    }

    /// Scalable Vector Graphics: one unit is one module, one path has all that is dark.
    pub fn svg(&self, title: &str) -> String {
        let (width, height) = (self.width(), self.height());
        let mut path = String::new();
        for (at, row) in self.rows.iter().enumerate() {
            let (top, high) = (at * self.row_height, self.row_height);
            let mut left = 0;
            for run in row.chunk_by(|a, b| a == b) {
                let wide = run.len();
                if run.first() == Some(&true) {
                    // Writing into a text cannot fail.
                    let _ = write!(path, "M{left} {top}h{wide}v{high}h-{wide}z");
                }
                left += wide;
            }
        }
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" \
             shape-rendering=\"crispEdges\"><title>{}</title>\
             <path fill=\"#fff\" d=\"M0 0h{width}v{height}h-{width}z\"/>\
             <path fill=\"#000\" d=\"{path}\"/></svg>\n",
            escaped(title)
        )
    }

    /// Portable Network Graphics, black and white, one bit for a pixel.
    ///
    /// Errors: a module has no pixel, or more than [`MAX_PIXELS_PER_MODULE`].
    pub fn png(&self, pixels_per_module: u32) -> Result<Vec<u8>, ImageError> {
        let pixels = usize::try_from(pixels_per_module)
            .ok()
            .filter(|_| (1..=MAX_PIXELS_PER_MODULE).contains(&pixels_per_module))
            .ok_or(ImageError::Pixels { pixels: pixels_per_module })?;
        let (width, height) = (self.width() * pixels, self.height() * pixels);
        let mut packed = Vec::with_capacity(width.div_ceil(8) * height);
        for row in &self.rows {
            let line = packed_line(row, pixels);
            for _ in 0..self.row_height * pixels {
                packed.extend_from_slice(&line);
            }
        }
        let mut file = Vec::new();
        let side = |length: usize| u32::try_from(length).expect("a picture has few modules");
        let mut encoder = png::Encoder::new(&mut file, side(width), side(height));
        encoder.set_color(png::ColorType::Grayscale);
        encoder.set_depth(png::BitDepth::One);
        let mut writer = encoder.write_header().expect("memory takes what is written");
        writer.write_image_data(&packed).expect("as many bytes as the size demands");
        writer.finish().expect("memory takes what is written");
        Ok(file)
    }

    /// Text for a terminal with light letters on dark ground: what is light is filled, two rows to
    /// a line. On light ground the picture is inverted, which many readers take as well.
    pub fn text_two_rows_to_a_line(&self) -> String {
        let line = |pair: usize| -> String {
            let of = |column: usize| match (
                self.is_dark(2 * pair, column),
                self.is_dark(2 * pair + 1, column),
            ) {
                (false, false) => '█',
                (false, true) => '▀',
                (true, false) => '▄',
                (true, true) => ' ',
            };
            (0..self.width).map(of).chain(['\n']).collect()
        };
        (0..self.rows.len().div_ceil(2)).map(line).collect()
    }

    /// The same with two columns to a letter, for the one row of a bar code; `lines` of it.
    pub fn text_two_columns_to_a_letter(&self, lines: usize) -> String {
        let of = |pair: usize| match (self.is_dark(0, 2 * pair), self.is_dark(0, 2 * pair + 1)) {
            (false, false) => '█',
            (false, true) => '▌',
            (true, false) => '▐',
            (true, true) => ' ',
        };
        let line: String = (0..self.width.div_ceil(2)).map(of).chain(['\n']).collect();
        line.repeat(lines)
    }
}

/// A row of pixels, eight to a byte from the left, 1 for white.
fn packed_line(row: &[bool], pixels: usize) -> Vec<u8> {
    let mut line = vec![0_u8; (row.len() * pixels).div_ceil(8)];
    let light = row.iter().enumerate().filter(|(_, is_dark)| !**is_dark);
    for at in light.flat_map(|(column, _)| column * pixels..(column + 1) * pixels) {
        line[at / 8] |= 0x80 >> (at % 8);
    }
    line
}

/// Text as XML has it; characters that XML cannot have are replaced.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '\t' | '\n' => escaped.push(' '),
            _ if character.is_control() || matches!(character, '\u{fffe}' | '\u{ffff}') => {
                escaped.push('\u{fffd}');
            }
            _ => escaped.push(character),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    fn corner() -> Modules {
        Modules::new(vec![vec![true, true, false], vec![false, true, false]], 1)
    }

    #[test]
    fn a_path_for_every_run_and_a_title_that_is_text() {
        let svg = corner().svg("a < b & \"c\"\u{1}");
        assert!(svg.contains("viewBox=\"0 0 3 2\""), "{svg}");
        assert!(svg.contains("d=\"M0 0h2v1h-2zM1 1h1v1h-1z\""), "{svg}");
        assert!(svg.contains("<title>a &lt; b &amp; \"c\"\u{fffd}</title>"), "{svg}");
    }

    #[test]
    fn light_is_filled_in_a_terminal() {
        assert_eq!(corner().text_two_rows_to_a_line(), "▄ █\n");
        assert_eq!(corner().text_two_columns_to_a_letter(2), " █\n █\n");
        let odd = Modules::new(vec![vec![true]], 1);
        assert_eq!(odd.text_two_rows_to_a_line(), "▄\n");
    }

    #[test]
    fn pixels_stand_eight_to_a_byte() {
        assert_eq!(packed_line(&[true, false, true], 3), [0b0001_1100, 0b0000_0000]);
        assert_eq!(packed_line(&[false], 8), [0xff]);
        for pixels in [0, MAX_PIXELS_PER_MODULE + 1] {
            assert_eq!(corner().png(pixels), Err(ImageError::Pixels { pixels }));
        }
    }
}
