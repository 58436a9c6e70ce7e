//! Code 128: which symbols stand for a text, and which bars for a symbol (ISO/IEC 15417).
//!
//! Sets B (printable ASCII) and C (two digits to a symbol) are used. Set A, which has control
//! characters, and the function characters are not.

use crate::ImageError;

/// Most characters of a text: a bar code of that many is already as wide as a hand.
pub const MAX_CHARS: usize = 80;

const CHECK_MODULUS: usize = 103;
const TO_C: u8 = 99;
const TO_B: u8 = 100;
const START_B: u8 = 104;
const START_C: u8 = 105;
const STOP: u8 = 106;

/// Widths in modules, bar first, of the symbols 0 to 106 (ISO/IEC 15417, table 1).
#[rustfmt::skip]
const WIDTHS: [&str; 107] = [
    "212222", "222122", "222221", "121223", "121322", "131222", "122213", "122312",
    "132212", "221213", "221312", "231212", "112232", "122132", "122231", "113222",
    "123122", "123221", "223211", "221132", "221231", "213212", "223112", "312131",
    "311222", "321122", "321221", "312212", "322112", "322211", "212123", "212321",
    "232121", "111323", "131123", "131321", "112313", "132113", "132311", "211313",
    "231113", "231311", "112133", "112331", "132131", "113123", "113321", "133121",
    "313121", "211331", "231131", "213113", "213311", "213131", "311123", "311321",
    "331121", "312113", "312311", "332111", "314111", "221411", "431111", "111224",
    "111422", "121124", "121421", "141122", "141221", "112214", "112412", "122114",
    "122411", "142112", "142211", "241211", "221114", "413111", "241112", "134111",
    "111242", "121142", "121241", "114212", "124112", "124211", "411212", "421112",
    "421211", "212141", "214121", "412121", "111143", "111341", "131141", "114113",
    "114311", "411113", "411311", "113141", "114131", "311141", "411131", "211412",
    "211214", "211232", "2331112",
];

/// A character set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Set {
    B,
    C,
}

/// Widths of a symbol's bars and gaps, as digits.
pub(crate) fn widths(symbol: u8) -> &'static str {
    WIDTHS[usize::from(symbol)]
}

/// The symbols of a text from start to stop. Errors: [`crate::Barcode::of`].
pub(crate) fn encode(text: &str) -> Result<Vec<u8>, ImageError> {
    if text.is_empty() {
        return Err(ImageError::Empty);
    }
    let is_printable = |character: &char| matches!(character, ' '..='~');
    if let Some(character) = text.chars().find(|it| !is_printable(it)) {
        return Err(ImageError::NotAscii { character });
    }
    if text.len() > MAX_CHARS {
        return Err(ImageError::TooLong { bytes: text.len(), most: MAX_CHARS });
    }
    let mut symbols = symbols_of(text.as_bytes());
    symbols.push(check_symbol(&symbols));
    symbols.push(STOP);
    Ok(symbols)
}

/// Start and text, as few symbols as there can be.
fn symbols_of(text: &[u8]) -> Vec<u8> {
    let fewest = fewest_symbols(text);
    let mut set = if fewest[0].of(Set::C) < fewest[0].of(Set::B) { Set::C } else { Set::B };
    let mut symbols = vec![if set == Set::C { START_C } else { START_B }];
    let mut at = 0;
    while at < text.len() {
        let other = if set == Set::C { Set::B } else { Set::C };
        // A switch costs a symbol, so it is made only where it saves one after that.
        if fewest[at].of(other) + 1 == fewest[at].of(set) {
            symbols.push(if other == Set::C { TO_C } else { TO_B });
            set = other;
        }
        let (symbol, taken) = match (set, pair(&text[at..])) {
            (Set::C, Some(symbol)) => (symbol, 2),
            // Set C never stands where no pair follows.
            (Set::B | Set::C, _) => (text[at] - b' ', 1),
        };
        symbols.push(symbol);
        at += taken;
    }
    symbols
}

/// How many symbols the rest of a text needs, by the set that is in force.
#[derive(Clone, Copy, Debug, Default)]
struct Fewest {
    b: usize,
    c: usize,
}

impl Fewest {
    fn of(self, set: Set) -> usize {
        match set {
            Set::B => self.b,
            Set::C => self.c,
        }
    }
}

/// From the end to the beginning: a symbol in the set in force, or a switch and then the other's.
fn fewest_symbols(text: &[u8]) -> Vec<Fewest> {
    let mut fewest = vec![Fewest::default(); text.len() + 1];
    for at in (0..text.len()).rev() {
        let b = fewest[at + 1].b + 1;
        let c = pair(&text[at..]).map(|_| fewest[at + 2].c + 1);
        fewest[at] =
            Fewest { b: c.map_or(b, |c| b.min(c + 1)), c: c.map_or(b + 1, |c| c.min(b + 1)) };
    }
    fewest
}

/// The symbol of set C for the next two digits.
fn pair(text: &[u8]) -> Option<u8> {
    match text {
        [high @ b'0'..=b'9', low @ b'0'..=b'9', ..] => Some((high - b'0') * 10 + (low - b'0')),
        _ => None,
    }
}

/// The sum of start and of all symbols, each times its place, modulo 103.
fn check_symbol(symbols: &[u8]) -> u8 {
    let weighted = symbols.iter().enumerate().map(|(at, it)| at.max(1) * usize::from(*it));
    u8::try_from(weighted.sum::<usize>() % CHECK_MODULUS).expect("a remainder below 103")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn symbols_have_eleven_modules_and_bars_an_even_number_of_them() {
        let wide = |widths: &str, step: usize| -> u32 {
            widths.bytes().step_by(step).map(|it| u32::from(it - b'0')).sum()
        };
        for (at, widths) in WIDTHS[..106].iter().enumerate() {
            assert_eq!((wide(widths, 1), wide(widths, 2) % 2), (11, 0), "{at}");
            assert!(widths.bytes().all(|it| (b'1'..=b'4').contains(&it)), "{at}");
            assert!(!WIDTHS[..at].contains(widths), "{at} is there twice");
        }
        assert_eq!(wide(WIDTHS[106], 1), 13);
        // Read backwards the stop is no beginning of another symbol.
        assert_eq!(WIDTHS[106], "2331112");
    }

    #[test]
    fn texts_whose_symbols_were_counted_by_hand() {
        for (text, expected) in [
            // 105 + 12 + 2*34 = 185 = 82 modulo 103.
            ("1234", vec![105, 12, 34, 82, 106]),
            // 104 + 33 + 2*34 = 205 = 102.
            ("AB", vec![104, 33, 34, 102, 106]),
            // Three digits in front of a letter: set B is as short, so nothing is switched.
            // 104 + 17 + 2*18 + 3*19 + 4*33 = 346 = 37.
            ("123A", vec![104, 17, 18, 19, 33, 37, 106]),
            // A switch is needed, and set B comes first where both ways are equally long.
            // 104 + 17 + 2*99 + 3*23 + 4*45 = 568 = 53.
            ("12345", vec![104, 17, 99, 23, 45, 53, 106]),
            // 104 + 33 + 2*99 + 3*12 + 4*34 + 5*56 = 787 = 66.
            ("A123456", vec![104, 33, 99, 12, 34, 56, 66, 106]),
        ] {
            assert_eq!(encode(text).unwrap(), expected, "{text}");
        }
    }

    #[test]
    fn what_cannot_be_drawn_is_named() {
        assert_eq!(encode(""), Err(ImageError::Empty));
        assert_eq!(encode("caf\u{e9}"), Err(ImageError::NotAscii { character: '\u{e9}' }));
        assert_eq!(encode("a\n"), Err(ImageError::NotAscii { character: '\n' }));
        let long = "7".repeat(MAX_CHARS + 1);
        assert_eq!(encode(&long), Err(ImageError::TooLong { bytes: 81, most: MAX_CHARS }));
    }

    /// Every way to write a text in sets B and C, and the shortest of them.
    fn shortest(text: &[u8], set: Set) -> usize {
        if text.is_empty() {
            return 0;
        }
        let in_b = 1 + usize::from(set == Set::C) + shortest(&text[1..], Set::B);
        let Some(_) = pair(text) else { return in_b };
        in_b.min(1 + usize::from(set == Set::B) + shortest(&text[2..], Set::C))
    }

    proptest! {
        #[test]
        fn no_other_way_is_shorter(text in "[0-9a]{1,12}") {
            let start = shortest(text.as_bytes(), Set::B).min(shortest(text.as_bytes(), Set::C));
            // Start, check and stop besides.
            prop_assert_eq!(encode(&text).unwrap().len(), start + 3);
        }
    }
}
