//! What is wrong with a body: the field by its path, the problem, and what to do about it.

use base::ResultCode;
use serde::de;

/// A body that is not a valid message. Answered with `PARAM_ILLEGAL`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field} {problem}; {remedy}")]
pub struct WireError {
    /// Path of the field, like `order.goods[2].goodsName`; `body` for the whole.
    pub field: String,
    /// What is wrong with it. Never repeats what the partner sent.
    pub problem: String,
    /// What the caller should do.
    pub remedy: String,
}

impl WireError {
    pub fn new(field: &str, problem: &str, remedy: &str) -> WireError {
        WireError { field: field.into(), problem: problem.into(), remedy: remedy.into() }
    }

    /// A field that this request needs and that another one may do without.
    pub(crate) fn missing(field: &str, why: &str) -> WireError {
        WireError::new(field, "is missing", why)
    }

    pub const fn code(&self) -> ResultCode {
        ResultCode::ParamIllegal
    }

    /// Reads what the JSON library reports about the field at `path`.
    pub(crate) fn from_json(path: &str, error: &serde_json::Error) -> WireError {
        let place = format!(" at line {} column {}", error.line(), error.column());
        let text = error.to_string();
        let text = text.strip_suffix(place.as_str()).unwrap_or(&text);
        // Below keys that we do not know the path is the partner's text: not repeated.
        let is_ours = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '[' | ']' | '_');
        let is_plain = path != "." && path.len() <= 128 && path.chars().all(is_ours);
        let parent = if is_plain { path } else { "" };
        let field = if parent.is_empty() { "body" } else { parent };
        if let Some((problem, remedy)) = text.split_once(SEPARATOR) {
            return WireError::new(field, problem, remedy);
        }
        if !error.is_data() {
            let problem = format!("is not valid JSON{place}: {text}");
            return WireError::new(field, &problem, "send one complete JSON object");
        }
        let child = |name: &str| {
            if parent.is_empty() { name.to_string() } else { format!("{parent}.{name}") }
        };
        if let Some(name) = text.strip_prefix("missing field ") {
            return WireError::missing(&child(name.trim_matches('`')), "send it");
        }
        if let Some(name) = text.strip_prefix("duplicate field ") {
            let field = child(name.trim_matches('`'));
            return WireError::new(&field, "is there twice", "send every key once");
        }
        let expected = text.rsplit_once(", expected ").map_or("another value", |(_, after)| after);
        WireError::new(field, &format!("is not {expected}"), &format!("send {expected}"))
    }
}

/// Stands between problem and remedy in errors that pass through the JSON library.
const SEPARATOR: char = '\u{1f}';

/// An error of our own inside a deserializer.
pub(crate) fn refuse<E: de::Error>(problem: &str, remedy: &str) -> E {
    E::custom(format_args!("{problem}{SEPARATOR}{remedy}"))
}
