//! Rows for spreadsheets. Source: RFC 4180.

/// What makes a spreadsheet take a field for a formula, in narrow and in wide letters. Source:
/// failure catalogue J4.
const FORMULA: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];

/// A number as it is, anything else in quotes. A text that a spreadsheet would compute begins with
/// an apostrophe.
fn field(text: &str) -> String {
    let digits = text.strip_prefix('-').unwrap_or(text);
    if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return text.to_owned();
    }
    // Blanks before it are skipped by some.
    let is_formula = text.trim_start_matches(' ').starts_with(FORMULA);
    let mark = if is_formula { "'" } else { "" };
    format!("\"{mark}{}\"", text.replace('"', "\"\""))
}

/// One line with its end.
pub(super) fn line(fields: &[&str]) -> String {
    let fields: Vec<String> = fields.iter().map(|text| field(text)).collect();
    format!("{}\r\n", fields.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_field_is_a_formula_and_none_leaves_its_place() {
        for (text, expected) in [
            ("", "\"\""),
            ("12", "12"),
            ("-12", "-12"),
            ("-", "\"'-\""),
            ("-1+1", "\"'-1+1\""),
            ("=HYPERLINK(\"x\")", "\"'=HYPERLINK(\"\"x\"\")\""),
            ("+63", "\"'+63\""),
            ("@SUM(A1)", "\"'@SUM(A1)\""),
            ("\t=1", "\"'\t=1\""),
            ("\r=1", "\"'\r=1\""),
            ("  =1", "\"'  =1\""),
            ("＝1", "\"'＝1\""),
            ("a, \"b\"\r\n=c", "\"a, \"\"b\"\"\r\n=c\""),
            ("a=b", "\"a=b\""),
        ] {
            assert_eq!(field(text), expected, "{text:?}");
        }
        assert_eq!(line(&["a", "", "-3"]), "\"a\",\"\",-3\r\n");
    }
}
