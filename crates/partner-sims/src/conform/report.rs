//! What a run found: a verdict for each rule, as text for people and as JSON.

use serde::Serialize;
use std::fmt::{Display, Formatter, Write as _};

/// Longest body kept in a report, in characters; more is cut.
const MAX_BODY_CHARS: usize = 4_096;

/// Fields that say who somebody is, or that let somebody pay: never repeated in a report.
const MASKED: &[&str] = &[
    "customerId",
    "paymentMethodId",
    "accessToken",
    "refreshToken",
    "authCode",
    "userLoginId",
    "firstName",
    "middleName",
    "lastName",
    "fullName",
    "buyerPhoneNo",
    "buyerEmail",
    "clientIp",
];

/// How much a rule weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// Broken: the partner cannot join.
    Must,
    /// Broken: a warning. The protocol does not say it outright, or it is a matter of speed.
    Should,
}

/// Something that a partner has to keep to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// `W01` for wallets, `A01` for acquirers; never given to another rule.
    pub id: &'static str,
    /// What holds, as one sentence.
    pub text: &'static str,
    /// Where it is written.
    pub source: &'static str,
    pub level: Level,
}

/// What a run says of one rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Verdict {
    Pass,
    Fail,
    /// Broken, and of [`Level::Should`].
    Warn,
    /// Not tried: something that it needs was not given, or went wrong before.
    Skip,
}

impl Verdict {
    const fn word(self) -> &'static str {
        match self {
            Verdict::Pass => "pass",
            Verdict::Fail => "FAIL",
            Verdict::Warn => "warn",
            Verdict::Skip => "skip",
        }
    }
}

/// Which way a message went, seen from the network's side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Direction {
    Sent,
    Received,
    /// A call that the partner made to the network.
    Heard,
}

/// A message as a report shows it: what names a person or pays is masked, long bodies are cut.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Message {
    pub direction: Direction,
    /// Path and query of the request.
    pub path: String,
    pub body: String,
}

impl Message {
    pub(super) fn new(direction: Direction, path: &str, body: &[u8]) -> Message {
        let text = String::from_utf8_lossy(body);
        let short: String = masked(&text).chars().take(MAX_BODY_CHARS).collect();
        Message { direction, path: path.to_string(), body: short }
    }
}

/// A rule with what came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Judged {
    pub id: &'static str,
    /// The rule's sentence.
    pub rule: &'static str,
    pub source: &'static str,
    pub verdict: Verdict,
    /// Why it is not kept or was not tried; empty for a pass.
    pub why: String,
    /// What was exchanged to find out, oldest first.
    pub messages: Vec<Message>,
}

/// Everything that a run found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// `wallet` or `acquirer`.
    pub role: &'static str,
    pub url: String,
    pub passed: usize,
    pub failed: usize,
    pub warned: usize,
    pub skipped: usize,
    /// By their ids, nearly as they were tried: those about every answer are judged at the end.
    pub rules: Vec<Judged>,
    /// Rules that are not about this partner, a sentence for each group of them.
    pub left_out: Vec<String>,
}

impl Report {
    pub(super) fn new(
        role: &'static str,
        url: &str,
        mut rules: Vec<Judged>,
        left_out: Vec<String>,
    ) -> Report {
        rules.sort_by_key(|judged| judged.id);
        let count = |verdict| rules.iter().filter(|judged| judged.verdict == verdict).count();
        Report {
            role,
            url: url.to_string(),
            passed: count(Verdict::Pass),
            failed: count(Verdict::Fail),
            warned: count(Verdict::Warn),
            skipped: count(Verdict::Skip),
            rules,
            left_out,
        }
    }

    /// No rule failed; there may be warnings.
    pub fn is_conforming(&self) -> bool {
        self.failed == 0
    }
}

/// One line for each rule; below a broken one why, and what was exchanged.
impl Display for Report {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "{} at {}", self.role, self.url)?;
        for judged in &self.rules {
            writeln!(f, "{} {} {}", judged.verdict.word(), judged.id, judged.rule)?;
            if judged.verdict == Verdict::Pass {
                continue;
            }
            writeln!(f, "     {}", judged.why)?;
            if judged.verdict == Verdict::Skip {
                continue;
            }
            writeln!(f, "     source: {}", judged.source)?;
            for message in &judged.messages {
                let word = match message.direction {
                    Direction::Sent => "sent to",
                    Direction::Received => "answer of",
                    Direction::Heard => "call to",
                };
                writeln!(f, "     {word} {}\n       {}", message.path, on_one_line(&message.body))?;
            }
        }
        for sentence in &self.left_out {
            writeln!(f, "left out {sentence}")?;
        }
        let Report { passed, failed, warned, skipped, .. } = self;
        writeln!(f, "{passed} passed, {failed} failed, {warned} warned, {skipped} skipped")
    }
}

/// What a partner sends must not move the cursor of a terminal.
fn on_one_line(body: &str) -> String {
    body.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// The text with the values of the masked fields replaced by `***`. The text need not be JSON.
fn masked(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, value)) = next_masked(rest) {
        out.push_str(&rest[..before]);
        out.push_str("\"***\"");
        rest = &rest[before + value..];
    }
    out + rest
}

/// Where the value of the first masked field starts, and how long it is, both in bytes.
fn next_masked(text: &str) -> Option<(usize, usize)> {
    let starts = MASKED.iter().filter_map(|name| {
        let mut key = String::new();
        write!(key, "\"{name}\"").ok()?;
        text.match_indices(&key).find_map(|(at, _)| {
            let behind = &text[at + key.len()..];
            let value = behind.trim_start().strip_prefix(':')?.trim_start();
            // An object or array is not masked: what is inside it is.
            let is_plain = !value.starts_with(['{', '[']) && !value.starts_with("\"***\"");
            (is_plain && !value.is_empty()).then(|| text.len() - value.len())
        })
    });
    let start = starts.min()?;
    Some((start, value_len(&text[start..])))
}

/// Bytes of the JSON text or scalar that `text` begins with; all of it when it never ends.
fn value_len(text: &str) -> usize {
    if !text.starts_with('"') {
        return text.find([',', '}', ']', ' ', '\n']).unwrap_or(text.len()).max(1).min(text.len());
    }
    let mut is_escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            '"' if !is_escaped => return at + 1,
            '\\' => is_escaped = !is_escaped,
            _ => is_escaped = false,
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_pays_and_with_what_is_not_told() {
        for (body, shown) in [
            (
                r#"{"customerId":"mi\"na","a":{"paymentMethodId" : "2510"},"n":"1"}"#,
                r#"{"customerId":"***","a":{"paymentMethodId" : "***"},"n":"1"}"#,
            ),
            (r#"{"customerId":7,"x":1}"#, r#"{"customerId":"***","x":1}"#),
            (r#"{"customerId":"never ends"#, r#"{"customerId":"***""#),
            (r#"{"customerId":"","customerId":"a"}"#, r#"{"customerId":"***","customerId":"***"}"#),
            (r#"{"customerId":"#, r#"{"customerId":"#),
            ("<html>", "<html>"),
        ] {
            assert_eq!(masked(body), shown);
        }
    }

    #[test]
    fn a_report_counts_and_shows_what_went_wrong() {
        let judged = |id, verdict, why: &str| Judged {
            id,
            rule: "Something holds.",
            source: "somewhere",
            verdict,
            why: why.into(),
            messages: vec![Message::new(Direction::Sent, "/pay", b"{\"a\":\n\x1b1}")],
        };
        let rules = vec![
            judged("W01", Verdict::Pass, ""),
            judged("W02", Verdict::Fail, "the answer is F"),
            judged("W03", Verdict::Skip, "no payment"),
        ];
        let left_out = vec!["W90 to W99: no subscriptions".to_string()];
        let report = Report::new("wallet", "http://w", rules, left_out);
        assert_eq!((report.passed, report.failed, report.skipped), (1, 1, 1));
        assert!(!report.is_conforming());
        let text = report.to_string();
        assert_eq!(
            text,
            "wallet at http://w\n\
             pass W01 Something holds.\n\
             FAIL W02 Something holds.\n     the answer is F\n     source: somewhere\n     \
             sent to /pay\n       {\"a\":  1}\n\
             skip W03 Something holds.\n     no payment\n\
             left out W90 to W99: no subscriptions\n\
             1 passed, 1 failed, 0 warned, 1 skipped\n"
        );
        let json = serde_json::to_string(&report.rules[1]).unwrap();
        assert!(json.starts_with(r#"{"id":"W02","rule":"Something holds.","source":"somewhere","#));
        assert!(
            json.contains(r#""verdict":"fail","why":"the answer is F","messages":[{"direction":"#)
        );
    }
}
