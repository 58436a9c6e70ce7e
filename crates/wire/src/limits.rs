//! Limits that hold before any body is parsed.

use crate::error::WireError;

/// Largest body in bytes.
pub const MAX_BODY_BYTES: usize = 64 * 1024;
/// Deepest nesting of objects and arrays.
pub const MAX_DEPTH: usize = 32;
/// Longest array.
pub const MAX_ITEMS: usize = 1_000;

/// Refuses, in one pass and without allocating: bodies over 64 KB, a byte order mark, invalid
/// UTF-8, NUL, nesting over 32 and arrays over 1,000 items. What is left may still not be JSON;
/// that is the parser's to say.
pub fn precheck(body: &[u8]) -> Result<&str, WireError> {
    let refuse = |problem: &str, remedy: &str| Err(WireError::new("body", problem, remedy));
    if body.is_empty() {
        return refuse("is empty", "send one JSON object");
    }
    if body.len() > MAX_BODY_BYTES {
        return refuse("is longer than 64 KB", "send less");
    }
    if body.starts_with(b"\xef\xbb\xbf") {
        return refuse("begins with a byte order mark", "send UTF-8 without one");
    }
    let Ok(text) = std::str::from_utf8(body) else {
        return refuse("is not UTF-8", "encode it as UTF-8");
    };
    let Err(problem) = scan(body) else { return Ok(text) };
    match problem {
        Problem::Nul => refuse("has a NUL byte", "remove it"),
        Problem::Deep => refuse("is nested more than 32 deep", "send a flatter object"),
        Problem::Long => refuse("has an array of more than 1000 items", "send fewer"),
    }
}

#[derive(Clone, Copy)]
enum Problem {
    Nul,
    Deep,
    Long,
}

fn scan(body: &[u8]) -> Result<(), Problem> {
    // Commas seen per open level; objects count too, but only arrays are held to the limit.
    let mut levels = [(false, 0_usize); MAX_DEPTH];
    let mut depth = 0;
    let mut bytes = body.iter();
    while let Some(&byte) = bytes.next() {
        match byte {
            b'"' => skip_text(&mut bytes)?,
            b'{' | b'[' => {
                let level = levels.get_mut(depth).ok_or(Problem::Deep)?;
                *level = (byte == b'[', 1);
                depth += 1;
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            b',' if depth > 0 => {
                let (is_array, items) = &mut levels[depth - 1];
                *items += 1;
                if *is_array && *items > MAX_ITEMS {
                    return Err(Problem::Long);
                }
            }
            0 => return Err(Problem::Nul),
            _ => {}
        }
    }
    Ok(())
}

/// Moves behind the quote that ends the text.
fn skip_text(bytes: &mut std::slice::Iter<'_, u8>) -> Result<(), Problem> {
    while let Some(&byte) = bytes.next() {
        match byte {
            b'"' => return Ok(()),
            b'\\' => {
                bytes.next();
            }
            0 => return Err(Problem::Nul),
            _ => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn problem(body: &[u8]) -> Option<String> {
        precheck(body).err().map(|error| error.problem)
    }

    #[test]
    fn each_limit_and_its_neighbour() {
        let nested = |depth: usize| [vec![b'['; depth], vec![b']'; depth]].concat();
        assert_eq!(problem(&nested(32)), None);
        assert_eq!(problem(&nested(33)).unwrap(), "is nested more than 32 deep");
        let items = |count: usize| format!("{{\"a\":[{}]}}", vec!["0"; count].join(","));
        assert_eq!(problem(items(1000).as_bytes()), None);
        assert!(problem(items(1001).as_bytes()).unwrap().contains("1000 items"));
        let wide = format!("{{{}}}", vec!["\"k\":0"; 1001].join(","));
        assert_eq!(problem(wide.as_bytes()), None, "only arrays are counted");
        assert_eq!(problem(&vec![b' '; MAX_BODY_BYTES]), None);
        assert!(problem(&vec![b' '; MAX_BODY_BYTES + 1]).unwrap().contains("64 KB"));
        assert_eq!(problem(b"").unwrap(), "is empty");
        assert!(problem(b"\xef\xbb\xbf{}").unwrap().contains("byte order mark"));
        assert_eq!(problem(b"{\"a\":\"\xff\"}").unwrap(), "is not UTF-8");
        assert_eq!(problem(b"{\"a\":\"\xed\xa0\x80\"}").unwrap(), "is not UTF-8");
        assert_eq!(problem(b"{\"a\":\"\0\"}").unwrap(), "has a NUL byte");
        assert_eq!(problem(b"{\0}").unwrap(), "has a NUL byte");
    }

    #[test]
    fn brackets_in_text_do_not_count() {
        let text = format!("{{\"a\":\"{}\\\"{}\"}}", "[".repeat(100), ",".repeat(2000));
        assert_eq!(problem(text.as_bytes()), None);
        // A second array after a long one starts counting anew.
        let two = format!("[[{0}],[{0}]]", vec!["0"; 600].join(","));
        assert_eq!(problem(two.as_bytes()), None);
    }

    proptest! {
        #[test]
        fn no_bytes_panic(body in prop::collection::vec(any::<u8>(), 0..200), json in "[\\[\\]{},\"\\\\a]{0,200}") {
            let _ = precheck(&body);
            let _ = precheck(json.as_bytes());
        }
    }
}
