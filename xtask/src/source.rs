//! Splits Rust text into code and comments, and knows which lines are test code.
//!
//! Not a parser: strings and comments are blanked in `code`, everything but comments in `comments`.
//! Lines and columns stay where they were, so a finding has the right place.

/// One Rust file, line by line.
pub struct Source {
    /// Lines with the contents of strings and comments blanked.
    pub code: Vec<String>,
    /// Lines with everything but comments blanked.
    pub comments: Vec<String>,
    /// Whether the line is compiled for tests only.
    is_test: Vec<bool>,
}

impl Source {
    pub fn new(path: &str, text: &str) -> Source {
        let (code, comments) = split(text);
        let is_test = if is_test_path(path) || code.contains("#![cfg(test)]") {
            vec![true; code.lines().count()]
        } else {
            test_lines(&code)
        };
        let lines = |text: String| text.lines().map(str::to_owned).collect();
        Source { code: lines(code), comments: lines(comments), is_test }
    }

    /// Code lines with their number, counted from 1, test code left out.
    pub fn shipped(&self) -> impl Iterator<Item = (usize, &str)> {
        let lines = self.code.iter().zip(&self.is_test).enumerate();
        lines.filter(|(_, (_, test))| !**test).map(|(at, (line, _))| (at + 1, line.as_str()))
    }
}

/// Files that cargo or a module named `tests` compiles for tests only.
fn is_test_path(path: &str) -> bool {
    let folders = ["tests", "benches", "fuzz"];
    path.ends_with("/tests.rs")
        || path.ends_with("_tests.rs")
        || path.split('/').any(|part| folders.contains(&part))
}

/// Is this byte part of a name?
fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

/// The names in one line of code, with the byte where each starts.
pub fn names(line: &str) -> impl Iterator<Item = (usize, &str)> {
    let bytes = line.as_bytes();
    let mut at = 0;
    std::iter::from_fn(move || {
        while at < bytes.len() && !is_word(bytes[at]) {
            at += 1;
        }
        let start = at;
        while at < bytes.len() && is_word(bytes[at]) {
            at += 1;
        }
        (start < at).then(|| (start, &line[start..at]))
    })
}

/// Where the token that starts at `at` ends, when it is a comment or holds text.
enum Token {
    Comment(usize),
    Text(usize),
    Code,
}

fn split(text: &str) -> (String, String) {
    let bytes = text.as_bytes();
    let mut code = Vec::with_capacity(bytes.len());
    let mut comments = Vec::with_capacity(bytes.len());
    let mut at = 0;
    let blank = |out: &mut Vec<u8>, part: &[u8]| {
        out.extend(part.iter().map(|byte| if *byte == b'\n' { b'\n' } else { b' ' }));
    };
    while at < bytes.len() {
        let end = match token(bytes, at) {
            Token::Comment(end) => {
                comments.extend_from_slice(&bytes[at..end]);
                blank(&mut code, &bytes[at..end]);
                end
            }
            Token::Text(end) => {
                blank(&mut code, &bytes[at..end]);
                blank(&mut comments, &bytes[at..end]);
                end
            }
            Token::Code => {
                code.push(bytes[at]);
                blank(&mut comments, &bytes[at..=at]);
                at + 1
            }
        };
        at = end;
    }
    let whole = |bytes| String::from_utf8(bytes).expect("whole characters are kept or blanked");
    (whole(code), whole(comments))
}

fn token(bytes: &[u8], at: usize) -> Token {
    let rest = &bytes[at..];
    if rest.starts_with(b"//") {
        let length = rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
        return Token::Comment(at + length);
    }
    if rest.starts_with(b"/*") {
        return Token::Comment(at + block_comment(rest));
    }
    let inside_name = at > 0 && is_word(bytes[at - 1]);
    match rest[0] {
        b'"' => Token::Text(at + quoted(rest, b'"')),
        b'\'' => char_literal(rest).map_or(Token::Code, |length| Token::Text(at + length)),
        b'r' | b'b' | b'c' if !inside_name => {
            prefixed_string(rest).map_or(Token::Code, |length| Token::Text(at + length))
        }
        _ => Token::Code,
    }
}

/// Length of a block comment, which may hold others.
fn block_comment(rest: &[u8]) -> usize {
    let mut depth = 0;
    let mut at = 0;
    while at < rest.len() {
        if rest[at..].starts_with(b"/*") {
            depth += 1;
            at += 2;
        } else if rest[at..].starts_with(b"*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += 1;
        }
    }
    rest.len()
}

/// Length of text in quotes with backslash escapes.
fn quoted(rest: &[u8], quote: u8) -> usize {
    let mut at = 1;
    while at < rest.len() {
        match rest[at] {
            b'\\' => at += 2,
            byte if byte == quote => return at + 1,
            _ => at += 1,
        }
    }
    rest.len()
}

/// Length of a character literal; nothing when the quote starts a lifetime.
fn char_literal(rest: &[u8]) -> Option<usize> {
    if rest.get(1) == Some(&b'\\') {
        return Some(quoted(rest, b'\''));
    }
    let first = std::str::from_utf8(&rest[1..rest.len().min(5)]);
    let valid = match &first {
        Ok(text) => text,
        Err(error) => std::str::from_utf8(&rest[1..=error.valid_up_to()]).unwrap_or_default(),
    };
    let width = valid.chars().next()?.len_utf8();
    (rest.get(1 + width) == Some(&b'\'')).then_some(width + 2)
}

/// Length of `r"..."`, `r#"..."#`, `b"..."`, `br"..."`, `c"..."`, `b'.'`.
fn prefixed_string(rest: &[u8]) -> Option<usize> {
    let prefix = rest.iter().take(2).take_while(|byte| b"rbc".contains(byte)).count();
    let raw = rest[..prefix].contains(&b'r');
    let hashes = rest[prefix..].iter().take_while(|byte| **byte == b'#').count();
    let open = prefix + hashes;
    match rest.get(open) {
        Some(b'"') if raw => {
            let close: Vec<u8> =
                std::iter::once(b'"').chain(std::iter::repeat_n(b'#', hashes)).collect();
            let body = &rest[open + 1..];
            let length = body.windows(close.len()).position(|window| window == close);
            Some(length.map_or(rest.len(), |length| open + 1 + length + close.len()))
        }
        Some(b'"') if hashes == 0 => Some(open + quoted(&rest[open..], b'"')),
        Some(b'\'') if hashes == 0 && rest[0] == b'b' => Some(open + quoted(&rest[open..], b'\'')),
        _ => None,
    }
}

/// Marks every item under `#[cfg(test)]` from its attribute to its closing brace or semicolon.
fn test_lines(code: &str) -> Vec<bool> {
    let mut marks = vec![false; code.lines().count()];
    let mut from = 0;
    while let Some(found) = code[from..].find("#[cfg(test)]") {
        let start = from + found;
        let end = item_end(code.as_bytes(), start + "#[cfg(test)]".len());
        let line_of = |at: usize| code[..at].bytes().filter(|byte| *byte == b'\n').count();
        let last = line_of(end).min(marks.len() - 1);
        marks[line_of(start)..=last].fill(true);
        from = end;
    }
    marks
}

fn item_end(code: &[u8], start: usize) -> usize {
    let mut depth = 0usize;
    for (at, byte) in code.iter().enumerate().skip(start) {
        match byte {
            b'{' => depth += 1,
            b'}' if depth <= 1 => return at,
            b'}' => depth -= 1,
            b';' if depth == 0 => return at,
            _ => {}
        }
    }
    code.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code_of(text: &str) -> String {
        split(text).0
    }

    #[test]
    fn strings_and_comments_are_blanked() {
        assert_eq!(code_of("let a = \"f64\"; // f64"), "let a =      ;       ");
        assert_eq!(code_of("r#\"a \" b\"# + b'\\'' + c\"x\""), "           +       +     ");
        assert_eq!(code_of("/* a /* b */ c */ d"), "                  d");
        assert_eq!(code_of("\"two\nlines\" x"), "    \n       x");
        assert_eq!(code_of("\"\\\"\" y"), "     y");
    }

    #[test]
    fn lifetimes_and_raw_names_are_code() {
        assert_eq!(code_of("fn f<'a>(x: &'a str)"), "fn f<'a>(x: &'a str)");
        assert_eq!(code_of("r#type + var"), "r#type + var");
        assert_eq!(code_of("'ü' '\\u{200b}' '\"' z").trim(), "z");
        assert_eq!(code_of("x'"), "x'");
    }

    #[test]
    fn comments_keep_their_place() {
        let (_, comments) = split("a // b\nc");
        assert_eq!(comments, "  // b\n ");
    }

    #[test]
    fn test_code_is_known() {
        let text = "one();\n#[cfg(test)]\nmod tests {\n  fn t() { two(); }\n}\nthree();\n\
                    #[cfg(test)]\nuse four;\nfive();\n";
        let source = Source::new("crates/x/src/lib.rs", text);
        let shipped: Vec<&str> = source.shipped().map(|(_, line)| line).collect();
        assert_eq!(shipped, ["one();", "three();", "five();"]);
        let numbers: Vec<usize> = source.shipped().map(|(number, _)| number).collect();
        assert_eq!(numbers, [1, 6, 9]);
        assert_eq!(Source::new("crates/x/tests/a.rs", "f();\n").shipped().count(), 0);
        assert_eq!(Source::new("crates/x/src/pay/tests.rs", "f();\n").shipped().count(), 0);
    }

    #[test]
    fn names_have_their_place() {
        let found: Vec<_> = names("let a_b = C::d(1);").collect();
        assert_eq!(found, [(0, "let"), (4, "a_b"), (10, "C"), (13, "d"), (15, "1")]);
    }
}
