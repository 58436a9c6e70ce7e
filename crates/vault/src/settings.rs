//! What an instance may choose.

use base::Span;

/// All settings of a vault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Settings {
    pub pin: PinCost,
    pub codes: CodeRules,
    pub sessions: SessionRules,
}

/// What one check of a PIN costs (argon2id). A change holds for new hashes; an old one is renewed
/// when its PIN is next given rightly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PinCost {
    pub memory_kib: u32,
    pub passes: u32,
    pub lanes: u32,
}

impl Default for PinCost {
    /// Source: OWASP's password storage cheat sheet, argon2id.
    fn default() -> PinCost {
        PinCost { memory_kib: 19 * 1024, passes: 2, lanes: 1 }
    }
}

/// Bounds of one-time codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CodeRules {
    /// How long a code is good.
    pub lifetime: Span,
    /// How often one code may be tried, the right try included.
    pub tries: u8,
    /// How long after a code the next one for the same purpose is made.
    pub resend_after: Span,
    /// How many codes one alias gets within 24 hours, for all purposes together; for each
    /// challenge as many again.
    pub per_day: u8,
}

impl Default for CodeRules {
    fn default() -> CodeRules {
        CodeRules {
            lifetime: Span::minutes(3),
            tries: 5,
            resend_after: Span::secs(60),
            per_day: 10,
        }
    }
}

/// How long a session lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionRules {
    /// From its opening, whatever happens.
    pub absolute: Span,
    /// Without being used.
    pub idle: Span,
    /// How exactly use is noted: no more often than this, so that a check rarely writes.
    pub touch_after: Span,
}

impl Default for SessionRules {
    fn default() -> SessionRules {
        SessionRules {
            absolute: Span::days(30),
            idle: Span::days(7),
            touch_after: Span::minutes(1),
        }
    }
}
