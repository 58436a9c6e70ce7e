//! What both roles share: asking, writing down, judging, and the rules that every answer is held
//! to.

use super::peer::{Heard, Peer, PeerConfig, Signing};
use super::report::{Direction, Judged, Level, Message, Report, Rule, Verdict};
use base::{ResultCode, ResultStatus};
use http::StatusCode;
use std::collections::BTreeMap;
use std::time::Duration;
use wire::{Code, ResultOnly, Value};

/// Why a rule did not pass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// It is broken, as this sentence says.
    Broken(String),
    /// It could not be tried.
    Skipped(String),
}

/// What one try came to.
pub(super) type Finding<T = ()> = Result<T, Fault>;

pub(super) fn broken<T>(why: impl Into<String>) -> Finding<T> {
    Err(Fault::Broken(why.into()))
}

pub(super) fn skipped<T>(why: impl Into<String>) -> Finding<T> {
    Err(Fault::Skipped(why.into()))
}

/// A property of every single answer, whatever was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Concern {
    Signature,
    Headers,
    Status,
    Result,
    /// Answers of the calls that have the longer limit.
    Slow,
    /// Answers of all other calls.
    OtherSlow,
}

/// Answers seen, how many broke the concern, and the first of those.
#[derive(Default)]
struct Watched {
    seen: u32,
    broken: u32,
    first: Option<(String, Vec<Message>)>,
}

/// A run against one partner.
pub(super) struct Run {
    pub peer: Peer,
    /// Since the last verdict.
    messages: Vec<Message>,
    judged: Vec<Judged>,
    watched: BTreeMap<Concern, Watched>,
    left_out: Vec<String>,
}

impl Run {
    pub fn new(config: PeerConfig) -> Run {
        Run {
            peer: Peer::new(config),
            messages: Vec::new(),
            judged: Vec::new(),
            watched: BTreeMap::new(),
            left_out: Vec::new(),
        }
    }

    /// Sends a body, well signed, and holds the answer to all concerns.
    pub async fn ask(&mut self, path: &str, body: Vec<u8>, pace: Pace) -> Heard {
        self.ask_signed(path, body, pace, Signing::Good).await
    }

    pub async fn ask_signed(
        &mut self,
        path: &str,
        body: Vec<u8>,
        pace: Pace,
        signing: Signing,
    ) -> Heard {
        let heard = self.peer.ask(path, body, signing).await;
        let shown = shown(&heard);
        self.watch(&heard, pace, &shown);
        self.messages.extend(shown);
        heard
    }

    /// As [`ask`](Run::ask), and reads the answer.
    pub async fn call<A: Value>(
        &mut self,
        path: &str,
        request: &impl Value,
        pace: Pace,
    ) -> Finding<A> {
        let heard = self.ask(path, wire::render(request), pace).await;
        heard.read().map_err(Fault::Broken)
    }

    fn watch(&mut self, heard: &Heard, pace: Pace, shown: &[Message]) {
        let concern = if pace.is_first { Concern::Slow } else { Concern::OtherSlow };
        let Ok(answer) = &heard.answer else {
            // Nothing came: late by any limit. What was not sent is not late.
            if !matches!(heard.answer, Err(effects::CallError::CircuitOpen)) {
                self.note(concern, Err("there was no answer at all".to_string()), shown);
            }
            return;
        };
        let status = match answer.status {
            StatusCode::OK => Ok(()),
            other => Err(format!("the HTTP status is {}", other.as_u16())),
        };
        let took = answer.took;
        let speed = match took <= pace.limit {
            true => Ok(()),
            false => Err(format!("it took {} ms", took.as_millis())),
        };
        self.note(Concern::Signature, heard.signature.clone(), shown);
        self.note(Concern::Headers, heard.headers.clone(), shown);
        self.note(Concern::Status, status, shown);
        self.note(Concern::Result, agreeing(heard), shown);
        self.note(concern, speed, shown);
    }

    fn note(&mut self, concern: Concern, finding: Result<(), String>, shown: &[Message]) {
        let watched = self.watched.entry(concern).or_default();
        watched.seen += 1;
        if let Err(why) = finding {
            watched.broken += 1;
            watched.first.get_or_insert_with(|| (why, shown.to_vec()));
        }
    }

    /// Writes down what came of a rule, with all that was exchanged since the last one.
    pub fn judge(&mut self, rule: &Rule, finding: Finding) {
        let messages = std::mem::take(&mut self.messages);
        self.write_down(rule, finding, messages);
    }

    /// Writes down what came of a concern over all answers.
    pub fn judge_concern(&mut self, rule: &Rule, concern: Concern) {
        let watched = self.watched.remove(&concern).unwrap_or_default();
        let (finding, messages) = match watched.first {
            Some((why, messages)) => {
                let (broken, seen) = (watched.broken, watched.seen);
                let why = format!("{broken} of {seen} answers; the first of them: {why}");
                (Err(Fault::Broken(why)), messages)
            }
            None if watched.seen == 0 => (skipped("there was no answer to look at"), Vec::new()),
            None => (Ok(()), Vec::new()),
        };
        self.write_down(rule, finding, messages);
    }

    fn write_down(&mut self, rule: &Rule, finding: Finding, messages: Vec<Message>) {
        let (verdict, why) = match (finding, rule.level) {
            (Ok(()), _) => (Verdict::Pass, String::new()),
            (Err(Fault::Broken(why)), Level::Must) => (Verdict::Fail, why),
            (Err(Fault::Broken(why)), Level::Should) => (Verdict::Warn, why),
            (Err(Fault::Skipped(why)), _) => (Verdict::Skip, why),
        };
        let Rule { id, text, source, .. } = *rule;
        self.judged.push(Judged { id, rule: text, source, verdict, why, messages });
    }

    /// Says in one line that these rules, the first to the last, are not tried.
    pub fn leave_out(&mut self, first: &Rule, last: &Rule, why: &str) {
        self.left_out.push(format!("{} to {}: {why}", first.id, last.id));
    }

    /// Writes down a call that the partner made.
    pub fn hear(&mut self, path: &str, body: &[u8]) {
        self.messages.push(Message::new(Direction::Heard, path, body));
    }

    /// The end of a run.
    pub fn report(self, role: &'static str) -> Report {
        let url = self.peer.config().url.clone();
        Report::new(role, &url, self.judged, self.left_out)
    }
}

/// How fast an answer has to be.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    pub limit: Duration,
    /// Counts under [`Concern::Slow`].
    pub is_first: bool,
}

fn shown(heard: &Heard) -> Vec<Message> {
    let mut shown = vec![Message::new(Direction::Sent, &heard.path, &heard.asked)];
    if let Ok(answer) = &heard.answer {
        shown.push(Message::new(Direction::Received, &heard.path, &answer.body));
    }
    shown
}

/// There is a result, and its status is the one that its code has.
fn agreeing(heard: &Heard) -> Result<(), String> {
    let result = heard.read::<ResultOnly>()?.result;
    match &result.result_code {
        Code::Known(code) if code.status() != result.result_status => {
            let (said, usual) = (result.result_status.as_str(), code.status().as_str());
            Err(format!("{code} comes with status {said}, and means {usual}"))
        }
        Code::Known(_) | Code::Other(_) => Ok(()),
    }
}

/// Status and code as people write them: `F ORDER_NOT_EXIST`.
pub(super) fn told(result: &wire::WireResult) -> String {
    format!("{} {}", result.result_status.as_str(), result.result_code.as_str())
}

/// The result is S.
pub(super) fn succeeds(what: &str, result: &wire::WireResult) -> Finding {
    match result.status() {
        ResultStatus::S => Ok(()),
        _ => broken(format!("{what} is {}, not S SUCCESS", told(result))),
    }
}

/// The result is F with one of these codes; with any code when none is given.
pub(super) fn refuses(what: &str, result: &wire::WireResult, codes: &[ResultCode]) -> Finding {
    let is_expected = match &result.result_code {
        Code::Known(code) => codes.contains(code),
        Code::Other(_) => false,
    };
    if result.status() == ResultStatus::F && (codes.is_empty() || is_expected) {
        return Ok(());
    }
    let words: Vec<&str> = codes.iter().map(|code| code.as_str()).collect();
    let words = if words.is_empty() { "a code".to_string() } else { words.join(" or ") };
    broken(format!("{what} is {}, not F {words}", told(result)))
}
