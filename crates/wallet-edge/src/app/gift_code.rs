//! The one-time code of a gift: 80 random bits as 16 letters and digits that are hard to misread.

use super::failure::Failure;
use crate::edge::sha256;
use crate::random;

/// Crockford's base 32: no I, L, O, U.
const LETTERS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const LENGTH: usize = 16;
const IN_GROUP: usize = 4;

/// See the module's text. Printed only on purpose.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct GiftCode([u8; LENGTH]);

impl GiftCode {
    pub fn draw() -> GiftCode {
        GiftCode::of(random::bits())
    }

    fn of(mut bits: u128) -> GiftCode {
        let mut letters = [0; LENGTH];
        for letter in &mut letters {
            *letter = LETTERS[usize::try_from(bits % 32).unwrap_or(0)];
            bits /= 32;
        }
        GiftCode(letters)
    }

    /// A code as people type it. Errors: it cannot be one.
    pub fn read(text: &str) -> Result<GiftCode, Failure> {
        let bad = || Failure::illegal("code: give the 16 letters and digits that the holder shows");
        let mut letters = [0; LENGTH];
        let mut count = 0;
        for byte in text.bytes().filter(|byte| !matches!(byte, b'-' | b' ')) {
            let letter = match byte.to_ascii_uppercase() {
                b'O' => b'0',
                b'I' | b'L' => b'1',
                other => other,
            };
            if !LETTERS.contains(&letter) {
                return Err(bad());
            }
            *letters.get_mut(count).ok_or_else(bad)? = letter;
            count += 1;
        }
        if count == LENGTH { Ok(GiftCode(letters)) } else { Err(bad()) }
    }

    /// What the machine knows of it.
    pub fn digest(&self) -> [u8; 32] {
        sha256(&self.0)
    }
}

impl std::fmt::Display for GiftCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (at, letter) in self.0.iter().enumerate() {
            if at > 0 && at % IN_GROUP == 0 {
                f.write_str("-")?;
            }
            write!(f, "{}", char::from(*letter))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_as_people_type_it() {
        let code = GiftCode::of(0x1_0203_0405_0607_0809_0a0b);
        let text = code.to_string();
        assert_eq!(text.len(), 19);
        let same =
            [text.clone(), text.to_lowercase(), text.replace('-', " "), text.replace('-', "")];
        for typed in same {
            assert!(GiftCode::read(&typed).is_ok_and(|it| it == code), "{typed}");
        }
        let typed = GiftCode::read("oiL0-0000-0000-0000").unwrap();
        assert_eq!(typed.to_string(), "0110-0000-0000-0000");
        for bad in ["", "1234", "U000-0000-0000-0000", "0000-0000-0000-0000-0"] {
            assert!(GiftCode::read(bad).is_err(), "{bad}");
        }
    }
}
