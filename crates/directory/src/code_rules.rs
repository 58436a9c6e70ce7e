//! Code rules: by what a scanned text is recognised, whose it is and what the wallet does with it.
//!
//! A wallet hands over any text that a camera read. The table says which acquirer it belongs to, or
//! that it is none of this network's. A table that could lead one text to two places is refused
//! when it is set, so that no code is ever routed by luck. Source: wallet interface 2.9, 3.2 and
//! 3.4; failure catalogue E4 and E7. What the network's own codes mean is not decided here.

mod address;
mod check;
mod emv;
mod pattern;

pub use check::{CodeMatchFault, CodeRuleConflict};

use address::{Address, looks_like_address, takes_host};
use base::{Text, codec_enum, codec_struct};
use ids::{ParticipantId, PartnerText};
use pattern::Notation;
use qr::MerchantCode;
use std::borrow::Cow;

/// Longest scanned text, in characters. Source: wallet interface 2.9, `codeValue`.
pub const MAX_CODE_CHARS: usize = 8_192;
/// Most rules in a table.
pub const MAX_CODE_RULES: usize = 10_000;

/// A prefix, a pattern or a host: 1 to 256 characters.
pub type CodeText = Text<256>;
/// The version of a table: 1 to 16 characters. Source: wallet interface 2.9, `version`.
pub type CodeRulesVersion = Text<16>;

/// What the wallet does with a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CodeAction {
    /// It stands for an order: ask the network, which asks the acquirer.
    Decode,
    /// It is the web address of an entry page: open it.
    OpenUrl,
}
codec_enum!(CodeAction { 0 = Decode, 1 = OpenUrl });

impl CodeAction {
    /// `postCodeMatchActionType` on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            CodeAction::Decode => "DECODE",
            CodeAction::OpenUrl => "OPEN_URL",
        }
    }
}

/// Which member of an EMVCo network a rule is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct EmvMember {
    /// The object inside of the template, 1 to 99: often 01, the acquirer's number.
    pub inner_tag: u8,
    /// How its value begins, letter by letter.
    pub value_prefix: Text<24>,
}
codec_struct!(EmvMember { inner_tag, value_prefix });

/// Merchant-presented EMVCo codes with an account, objects 26 to 51, of this network.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct EmvGuid {
    /// Object 00 of the template, in letters of either size.
    pub guid: Text<32>,
    /// `None`: all members.
    pub member: Option<EmvMember>,
}
codec_struct!(EmvGuid { guid, member });

/// Which texts a rule takes.
///
/// Prefixes and patterns compare letter by letter, but for the scheme and the host of a web
/// address. One that takes web addresses must spell out scheme, host and the character after it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CodeMatch {
    /// Texts that begin so.
    Prefix(CodeText),
    /// `#` is one digit, `?` one character, a `*` at the end any rest; all else is itself.
    Pattern(CodeText),
    /// Web addresses of `pay.example`, or with `*.pay.example` of all hosts below it. Only `https`
    /// on its own port; on this machine's own names also `http`, on any port.
    Host(CodeText),
    EmvGuid(EmvGuid),
}
codec_enum!(CodeMatch { 0 = Prefix(text), 1 = Pattern(text), 2 = Host(text), 3 = EmvGuid(guid) });

impl CodeMatch {
    /// Does it take this scanned text? Never for an empty one, for one above [`MAX_CODE_CHARS`],
    /// and for one that begins as a web address and is not a clean one.
    pub fn takes(&self, text: &str) -> bool {
        Scanned::read(text).is_some_and(|scanned| self.takes_scanned(&scanned))
    }

    fn takes_scanned(&self, scanned: &Scanned<'_>) -> bool {
        let (text, folded) = (&scanned.text, scanned.folded);
        match self {
            CodeMatch::Prefix(rule) => Notation::Prefix.takes(rule.as_str(), text, folded),
            CodeMatch::Pattern(rule) => Notation::Pattern.takes(rule.as_str(), text, folded),
            CodeMatch::Host(rule) => {
                scanned.host.is_some_and(|host| takes_host(rule.as_str(), host))
            }
            CodeMatch::EmvGuid(rule) => scanned.code.as_ref().is_some_and(|it| rule.takes(it)),
        }
    }
}

/// A scanned text as rules see it.
struct Scanned<'a> {
    /// Of a web address the origin is in small letters and without the default port.
    text: Cow<'a, str>,
    /// How many characters at the beginning are a web address's origin.
    folded: usize,
    host: Option<&'a str>,
    code: Option<MerchantCode<'a>>,
}

impl<'a> Scanned<'a> {
    fn read(text: &'a str) -> Option<Scanned<'a>> {
        // No text has more characters than bytes, and few come near.
        let is_long = text.len() > MAX_CODE_CHARS && text.chars().nth(MAX_CODE_CHARS).is_some();
        if text.is_empty() || is_long {
            return None;
        }
        if !looks_like_address(text) {
            let code = MerchantCode::read(text).ok();
            return Some(Scanned { text: text.into(), folded: 0, host: None, code });
        }
        let address = Address::read(text)?;
        let mut plain = address.origin();
        let folded = plain.len();
        plain.push_str(address.rest);
        Some(Scanned { text: plain.into(), folded, host: Some(address.host), code: None })
    }
}

/// One line of the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeRule {
    /// What operators call it; each rule has its own.
    pub id: PartnerText,
    pub matches: CodeMatch,
    /// Whose codes they are.
    pub acquirer: ParticipantId,
    pub action: CodeAction,
}
codec_struct!(CodeRule { id, matches, acquirer, action });

impl CodeRule {
    fn leads_as(&self, other: &CodeRule) -> bool {
        (self.acquirer, self.action) == (other.acquirer, other.action)
    }
}

/// What a scanned text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Identified<'a> {
    Rule(&'a CodeRule),
    /// Not of this network, as far as the table knows.
    Unknown,
}

/// The table of the network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeRules {
    /// Wallets that keep the table ask for it again when this changes.
    pub version: CodeRulesVersion,
    pub rules: Vec<CodeRule>,
}
codec_struct!(CodeRules { version, rules });

impl Default for CodeRules {
    fn default() -> CodeRules {
        let version = CodeRulesVersion::new("0").expect("a digit is a text");
        CodeRules { version, rules: Vec::new() }
    }
}

impl CodeRules {
    /// May the table be used? `own` is what the network's own order codes look like; its payment
    /// codes, `^(2[5-9]|30)\d001\d*$`, are always its own.
    ///
    /// Errors: two rules, or a rule and the network itself, could take one text and lead to
    /// different places; two rules are the same; a rule is not sound in itself. Overlap is decided
    /// exactly, but for one case: a prefix or pattern that takes texts which begin as EMVCo codes
    /// do is taken to overlap each rule for such codes.
    pub fn check(&self, own: &[CodeMatch]) -> Result<(), CodeRuleConflict> {
        check::check(self, own)
    }

    /// The rule that takes this text: whatever it is, and without an error.
    ///
    /// In a checked table all rules that take a text lead to the same place, with one exception:
    /// an EMVCo code may carry accounts of several networks. Then the rule that stands first in the
    /// table wins, wherever the accounts stand in the code.
    pub fn identify(&self, text: &str) -> Identified<'_> {
        let Some(scanned) = Scanned::read(text) else { return Identified::Unknown };
        let found = self.rules.iter().find(|rule| rule.matches.takes_scanned(&scanned));
        found.map_or(Identified::Unknown, Identified::Rule)
    }
}

#[cfg(test)]
mod tests;
