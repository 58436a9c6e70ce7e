//! Tokens with roles. A token is kept as its SHA-256, so that neither memory nor files give it
//! away.

use super::Shared;
use super::error::Failure;
use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;
use base::{Operator, Text};
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

/// What a token allows. Each role can do what the one before it can.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Sees everything, changes nothing.
    Viewer,
    /// Merchants, rates, suspensions.
    Operator,
    /// Participants, contracts, keys, money.
    Admin,
}

impl Role {
    pub fn from_text(text: &str) -> Option<Role> {
        match text {
            "viewer" => Some(Role::Viewer),
            "operator" => Some(Role::Operator),
            "admin" => Some(Role::Admin),
            _ => None,
        }
    }
}

impl std::fmt::Display for Role {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Role::Viewer => "viewer",
            Role::Operator => "operator",
            Role::Admin => "admin",
        })
    }
}

/// One token, without its secret. As a line of a token file: `<role> <SHA-256 in hex> <name>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    pub name: Text<64>,
    pub role: Role,
    digest: String,
}

impl Token {
    /// The secret itself is forgotten.
    pub fn new(name: Text<64>, role: Role, secret: &str) -> Token {
        Token { name, role, digest: digest(secret) }
    }
}

impl std::fmt::Display for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {} {}", self.role, self.digest, self.name)
    }
}

/// Reads a token file: one token a line, `#` begins a comment.
///
/// Errors: the line that is not a token.
pub fn read_tokens(text: &str) -> Result<Vec<Token>, String> {
    let lines = text.lines().map(str::trim).enumerate();
    let lines = lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
    lines
        .map(|(at, line)| {
            let bad = |what: &str| format!("line {}: {what}", at + 1);
            let mut words = line.splitn(3, ' ');
            let role = words.next().and_then(Role::from_text);
            let role = role.ok_or_else(|| bad("begin with viewer, operator or admin"))?;
            let digest = words.next().unwrap_or_default().to_owned();
            if digest.len() != 64 || !digest.bytes().all(|byte| byte.is_ascii_hexdigit()) {
                return Err(bad("the second word is the SHA-256 of the secret in hex"));
            }
            let name = Text::new(words.next().unwrap_or_default());
            let name = name.map_err(|error| bad(&format!("the name: {error}")))?;
            Ok(Token { name, role, digest })
        })
        .collect()
}

/// All tokens of a network: those it was started with, and those of a file that may change while it
/// runs.
#[derive(Default)]
pub struct Tokens {
    fixed: Vec<Token>,
    file: Option<PathBuf>,
    read: Mutex<(Option<SystemTime>, Vec<Token>)>,
}

fn digest(secret: &str) -> String {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, secret.as_bytes());
    digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Tokens {
    /// Tokens of a file, looked at again whenever it has changed; it need not be there yet.
    pub fn of_file(file: PathBuf) -> Tokens {
        Tokens { file: Some(file), ..Tokens::default() }
    }

    /// Adds a token that no file holds.
    pub fn add(&mut self, name: Text<64>, role: Role, secret: &str) {
        self.fixed.push(Token::new(name, role, secret));
    }

    fn find(&self, secret: &str) -> Option<Token> {
        let wanted = digest(secret);
        // Digests are compared: how long that takes says nothing about the secret.
        let is_wanted = |token: &&Token| token.digest == wanted;
        if let Some(token) = self.fixed.iter().find(is_wanted) {
            return Some(token.clone());
        }
        let file = self.file.as_ref()?;
        let mut held = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        let changed = std::fs::metadata(file).and_then(|it| it.modified()).ok();
        if held.0 != changed {
            let text = std::fs::read_to_string(file).unwrap_or_default();
            // A file that is not understood lets nobody in.
            let tokens = read_tokens(&text).unwrap_or_else(|error| {
                tracing::warn!(%error, "the token file is not understood; its tokens do not work");
                Vec::new()
            });
            *held = (changed, tokens);
        }
        held.1.iter().find(is_wanted).cloned()
    }
}

/// Whoever asks, with the role that the token gives and the reason it names.
pub struct Asker {
    name: Text<64>,
    role: Role,
    reason: Option<String>,
}

impl Asker {
    /// The asker as it stands in the log, if its role allows this and it says why.
    pub fn may(self, role: Role) -> Result<Operator, Failure> {
        if self.role < role {
            return Err(Failure::new(
                StatusCode::FORBIDDEN,
                "ACCESS_DENIED",
                format!("this token's role does not allow it; it takes the role {role}"),
            ));
        }
        let Some(reason) = self.reason else {
            return Err(Failure::illegal("X-Reason: say in this header why; it stands in the log"));
        };
        let why =
            Text::new(&reason).map_err(|error| Failure::illegal(format!("X-Reason: {error}")))?;
        Ok(Operator { who: self.name, why })
    }
}

impl Asker {
    /// Whoever sent this request, by its bearer token.
    ///
    /// Errors: 401 when there is none, or one that is not known.
    pub fn of(parts: &Parts, tokens: &Tokens) -> Result<Asker, Failure> {
        let header = |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok());
        let bearer = header("authorization").and_then(|value| value.strip_prefix("Bearer "));
        let Some(token) = bearer.and_then(|secret| tokens.find(secret.trim())) else {
            return Err(Failure::new(
                StatusCode::UNAUTHORIZED,
                "UNAUTHORIZED",
                "Authorization: send `Bearer <token>` with a token of the operator's",
            ));
        };
        let reason = header("x-reason").map(str::to_owned);
        Ok(Asker { name: token.name, role: token.role, reason })
    }
}

impl FromRequestParts<Shared> for Asker {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, ops: &Shared) -> Result<Asker, Failure> {
        Asker::of(parts, &ops.tokens)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(name: &str, role: Role, secret: &str) -> Token {
        Token::new(Text::new(name).unwrap(), role, secret)
    }

    #[test]
    fn a_file_of_tokens_reads_back() {
        let tokens = [token("ann of the desk", Role::Viewer, "a"), token("job", Role::Admin, "b")];
        let text = format!("# who may what\n\n{}\n{}\n", tokens[0], tokens[1]);
        assert_eq!(read_tokens(&text).unwrap(), tokens);
        assert!(!text.contains(" a\n"), "the secret is not in the file");
        for (text, wanted) in [
            ("root 00 x", "line 1: begin with"),
            ("# a\nviewer 00 x", "line 2: the second word"),
            (&format!("admin {}", "0".repeat(64)), "line 1: the name"),
        ] {
            assert!(read_tokens(text).unwrap_err().starts_with(wanted), "{text}");
        }
    }

    #[test]
    fn a_changed_file_counts_at_once() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("tokens");
        let mut tokens = Tokens::of_file(path.clone());
        tokens.add(Text::new("root").unwrap(), Role::Admin, "root-secret");
        assert!(tokens.find("desk-secret").is_none());
        std::fs::write(&path, token("desk", Role::Operator, "desk-secret").to_string()).unwrap();
        assert_eq!(tokens.find("desk-secret").unwrap().role, Role::Operator);
        std::fs::remove_file(&path).unwrap();
        assert!(tokens.find("desk-secret").is_none());
        assert_eq!(tokens.find("root-secret").unwrap().role, Role::Admin);
    }
}
