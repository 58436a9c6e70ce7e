//! What was drawn is read again: QR codes by a reader that others wrote, bar codes by one of our
//! own that knows only the standard's rules.

use dhow_code_image::{Barcode, ImageError, Level, Qr};
use proptest::prelude::*;

const LEVELS: [Level; 4] = [Level::Low, Level::Medium, Level::Quartile, Level::High];

/// A picture as rows of pixels, true for dark.
fn pixels_of(file: &[u8]) -> Vec<Vec<bool>> {
    let mut reader = png::Decoder::new(std::io::Cursor::new(file)).read_info().unwrap();
    let mut bytes = vec![0; reader.output_buffer_size().unwrap()];
    let frame = reader.next_frame(&mut bytes).unwrap();
    assert_eq!(
        (frame.color_type, frame.bit_depth),
        (png::ColorType::Grayscale, png::BitDepth::One)
    );
    let is_dark = |line: &[u8], at: usize| line[at / 8] & 0x80 >> (at % 8) == 0;
    let width = usize::try_from(frame.width).unwrap();
    let lines = bytes.chunks(frame.line_size);
    lines.map(|line| (0..width).map(|at| is_dark(line, at)).collect()).collect()
}

fn text_in(picture: &[Vec<bool>]) -> String {
    let is_dark = |x: usize, y: usize| picture[y][x];
    let mut prepared =
        rqrr::PreparedImage::prepare_from_bitmap(picture[0].len(), picture.len(), is_dark);
    let grids = prepared.detect_grids();
    assert_eq!(grids.len(), 1, "one code is in the picture");
    grids[0].decode().unwrap().1
}

/// How much is dark in the one path that is not the ground: `M x y h wide v high h -wide z`.
fn dark_in(svg: &str) -> usize {
    let path = svg.split("d=\"").nth(2).unwrap().split('"').next().unwrap();
    let number = |text: &str| text.parse::<usize>().unwrap();
    let area = |run: &str| {
        let (wide, rest) = run.split_once('h').unwrap().1.split_once('v').unwrap();
        number(wide) * number(rest.split_once('h').unwrap().0)
    };
    path.split('M').skip(1).map(area).sum()
}

fn dark_of(picture: &[Vec<bool>]) -> usize {
    picture.iter().flatten().filter(|it| **it).count()
}

#[test]
fn codes_short_and_long_are_read_by_others() {
    let url = "https://shop.example.jp/order/pay?id=ord_019ab1c2d3e4000102030405060708090a&lang=ja";
    let emv = "00020101021126400009SG.PAYNOW010120213200002150HWCF0301152040000530370258\
               02SG5923NATIONAL HEALTHCARE GRO6009Singapore64280002ZH0102北京0204最佳运输0304abcd\
               6304DF3F";
    let digits = "281012345678901234567890";
    for text in ["A", "x", "喫茶ハト", digits, "HTTPS://EXAMPLE.COM/42", url, emv] {
        for level in LEVELS {
            let qr = Qr::of(text, level).unwrap();
            let picture = pixels_of(&qr.png(4).unwrap());
            assert_eq!((picture.len(), picture[0].len()), (4 * qr.side(), 4 * qr.side()));
            assert_eq!(text_in(&picture), text, "{level:?}");
            assert_eq!(dark_of(&picture), 16 * dark_in(&qr.svg(text)), "{text}");
        }
    }
}

#[test]
fn what_fits_is_said_and_fits() {
    for (level, most) in LEVELS.into_iter().zip([2_953, 2_331, 1_663, 1_273]) {
        let full = "é".repeat(most / 2) + &"x".repeat(most % 2);
        let qr = Qr::of(&full, level).unwrap();
        assert_eq!(qr.side(), 185);
        assert_eq!(text_in(&pixels_of(&qr.png(3).unwrap())), full, "{level:?}");
        let error = Qr::of(&format!("{full}x"), level).unwrap_err();
        assert_eq!(error, ImageError::TooLong { bytes: most + 1, most });
        assert!(error.to_string().contains(&format!("{most} fit")), "{error}");
    }
    assert!(Qr::of(&"7".repeat(7_089), Level::Low).is_ok());
    assert!(Qr::of(&"7".repeat(7_090), Level::Low).is_err());
    assert!(Qr::of(&"A".repeat(1_852), Level::High).is_ok());
    assert_eq!(Qr::of("", Level::Low), Err(ImageError::Empty));
}

#[test]
fn the_quiet_zone_is_four_modules_and_drawn_in_a_terminal() {
    let qr = Qr::of("A", Level::Medium).unwrap();
    assert_eq!(qr.side(), 21 + 8);
    let picture = pixels_of(&qr.png(1).unwrap());
    let light = |row: &[bool]| row.iter().all(|it| !it);
    assert!(picture[..4].iter().chain(&picture[25..]).all(|row| light(row)));
    assert!(picture.iter().all(|row| light(&row[..4]) && light(&row[25..])));
    // The finder's upper edge is dark: nothing is written there.
    let text = qr.text();
    assert_eq!(text.lines().count(), 15);
    assert_eq!(text.lines().next(), Some("█".repeat(29).as_str()));
    assert!(text.lines().nth(2).unwrap().starts_with("████ ▄▄▄▄▄ "), "{text}");
}

/// Reads a bar code by its widths: the start says which set, 99 and 100 change it.
fn text_of_bars(row: &[bool]) -> Result<String, String> {
    let runs: Vec<usize> = row.chunk_by(|a, b| a == b).map(<[bool]>::len).collect();
    let [first, bars @ .., last] = &runs[..] else { return Err("no bars".to_owned()) };
    if *first < 10 || *last < 10 {
        return Err("the quiet zone has ten modules".to_owned());
    }
    let (symbols, stop) = bars.split_at(bars.len() - 7);
    if stop != [2, 3, 3, 1, 1, 1, 2] {
        return Err("the stop is missing".to_owned());
    }
    let values: Vec<usize> = symbols.chunks(6).map(value_of).collect::<Result<_, _>>()?;
    let (check, values) = values.split_last().ok_or("no symbols")?;
    let sum: usize = values.iter().enumerate().map(|(at, it)| at.max(1) * it).sum();
    if sum % 103 != *check {
        return Err(format!("the check is {check}, not {}", sum % 103));
    }
    let mut is_digits = values[0] == 105;
    let mut text = String::new();
    for value in &values[1..] {
        match (is_digits, *value) {
            (true, 100) | (false, 99) => is_digits = !is_digits,
            (true, pair @ 0..=99) => text.push_str(&format!("{pair:02}")),
            (false, value @ 0..=94) => text.push(char::from(b' ' + u8::try_from(value).unwrap())),
            other => return Err(format!("{other:?} is no letter")),
        }
    }
    Ok(text)
}

/// The value of a symbol, by the pattern that each value has in a code in which it must stand.
fn value_of(widths: &[usize]) -> Result<usize, String> {
    static PATTERNS: std::sync::OnceLock<Vec<Vec<usize>>> = std::sync::OnceLock::new();
    let patterns = PATTERNS.get_or_init(all_patterns);
    patterns.iter().position(|it| it == widths).ok_or_else(|| format!("{widths:?} is no symbol"))
}

/// The patterns of the values 0 to 105. That each is the standard's is tested beside the table.
fn all_patterns() -> Vec<Vec<usize>> {
    let runs = |text: &str| -> Vec<usize> {
        let row = pixels_of(&Barcode::of(text).unwrap().png(1).unwrap()).remove(0);
        row.chunk_by(|a, b| a == b).map(<[bool]>::len).collect()
    };
    let symbol = |text: &str, at: usize| runs(text)[1 + 6 * at..7 + 6 * at].to_vec();
    let mut patterns: Vec<Vec<usize>> =
        (0..100).map(|pair| symbol(&format!("{pair:02}00"), 1)).collect();
    // 100 changes to set B for the letter; 101 to 103 are not written but as a check.
    patterns.push(symbol("1234A", 3));
    patterns.extend([vec![3, 1, 1, 1, 4, 1], vec![4, 1, 1, 1, 3, 1], vec![2, 1, 1, 4, 1, 2]]);
    patterns.extend([symbol("A", 0), symbol("12", 0)]);
    patterns
}

#[test]
fn a_payment_code_is_187_modules_wide_and_read_back() {
    let barcode = Barcode::of("281012345678901234567890").unwrap();
    // Start, twelve pairs and check of eleven modules, stop of thirteen, two quiet zones of ten.
    assert_eq!(barcode.width(), 14 * 11 + 13 + 20);
    let picture = pixels_of(&barcode.png(2).unwrap());
    assert_eq!((picture[0].len(), picture.len()), (2 * 187, 2 * 48));
    assert!(picture.iter().all(|row| *row == picture[0]));
    assert_eq!(dark_of(&picture), 4 * dark_in(&barcode.svg("a code")));
    assert_eq!(barcode.text().lines().count(), 6);
    assert!(barcode.text().lines().all(|line| line.chars().count() == 94));
}

proptest! {
    #[test]
    fn digits_are_read_back(digits in "[0-9]{1,40}", code in "28[0-9]{22}") {
        for text in [digits, code] {
            let picture = pixels_of(&Barcode::of(&text).unwrap().png(1).unwrap());
            prop_assert_eq!(text_of_bars(&picture[0]), Ok(text));
        }
    }

    #[test]
    fn so_are_letters(text in "[ -~0-9]{1,80}") {
        let picture = pixels_of(&Barcode::of(&text).unwrap().png(1).unwrap());
        prop_assert_eq!(text_of_bars(&picture[0]), Ok(text));
    }
}

proptest! {
    // The reader of pictures is slow without optimisation.
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_text_becomes_a_qr_code(text in "\\PC{1,120}") {
        let picture = pixels_of(&Qr::of(&text, Level::Medium).unwrap().png(3).unwrap());
        prop_assert_eq!(text_in(&picture), text);
    }
}
