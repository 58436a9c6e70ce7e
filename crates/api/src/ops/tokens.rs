//! Tokens with roles. A token is kept as its SHA-256, so that neither memory nor files give it
//! away.

use super::Shared;
use super::error::Failure;
use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;
use base::Text;
use network::Operator;

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

struct Token {
    name: Text<64>,
    role: Role,
    digest: Vec<u8>,
}

/// All tokens of a network.
#[derive(Default)]
pub struct Tokens {
    tokens: Vec<Token>,
}

fn digest(secret: &str) -> Vec<u8> {
    aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, secret.as_bytes()).as_ref().to_vec()
}

impl Tokens {
    /// Adds a token; the secret itself is forgotten.
    pub fn add(&mut self, name: Text<64>, role: Role, secret: &str) {
        self.tokens.push(Token { name, role, digest: digest(secret) });
    }

    fn find(&self, secret: &str) -> Option<&Token> {
        let wanted = digest(secret);
        // Digests are compared: how long that takes says nothing about the secret.
        self.tokens.iter().find(|token| token.digest == wanted)
    }
}

/// Whoever asks, with the role that the token gives and the reason it names.
pub(crate) struct Asker {
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
                format!("this token's role does not allow it; it takes the role {role:?}"),
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

impl FromRequestParts<Shared> for Asker {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, ops: &Shared) -> Result<Asker, Failure> {
        let header = |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok());
        let bearer = header("authorization").and_then(|value| value.strip_prefix("Bearer "));
        let Some(token) = bearer.and_then(|secret| ops.tokens.find(secret.trim())) else {
            return Err(Failure::new(
                StatusCode::UNAUTHORIZED,
                "UNAUTHORIZED",
                "Authorization: send `Bearer <token>` with a token of this network",
            ));
        };
        let reason = header("x-reason").map(str::to_owned);
        Ok(Asker { name: token.name.clone(), role: token.role, reason })
    }
}
