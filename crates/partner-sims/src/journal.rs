//! The acquirer's journal: every result that the network has given away, one JSON line each.
//!
//! A crash test kills the network and then holds it to these lines: what was acknowledged here must
//! still be so. A line is handed to the operating system before the caller of the acquirer sees the
//! result, so that the journal survives the death of this process too; it is not synced, since a
//! crash test kills processes, not machines.

use base::Timestamp;
use money::{Currency, Money};
use serde::{Deserialize, Serialize};
use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::Path;
use std::sync::{Mutex, MutexGuard};

/// How the acquirer learned a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Source {
    /// The answer of `pay`.
    Pay,
    /// The payment's result inside the answer of `inquiryPayment`.
    Inquiry,
    /// A notification, acknowledged.
    Notify,
    Cancel,
    Refund,
    /// A payment that the network pushed, and that was taken or refused.
    Push,
}

/// An amount as on the wire: minor units as digits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JournalAmount {
    pub currency: String,
    pub value: String,
}

impl From<Money> for JournalAmount {
    fn from(money: Money) -> JournalAmount {
        JournalAmount {
            currency: money.currency().code().to_string(),
            value: money.minor().to_string(),
        }
    }
}

impl JournalAmount {
    /// The amount, if a person has not edited it into something else.
    pub fn money(&self) -> Option<Money> {
        Money::parse_minor(&self.value, Currency::from_code(&self.currency)?).ok()
    }
}

/// One acknowledged result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Line {
    pub payment_request_id: String,
    /// For a refund, its own id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refund_request_id: Option<String>,
    pub source: Source,
    /// `S`, `F` or `U`.
    pub result: String,
    pub code: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payment_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refund_id: Option<String>,
    /// What the payer's side was asked for; for a refund, what is given back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payment_amount: Option<JournalAmount>,
    /// What the acquirer receives; for a refund, what it returns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settlement_amount: Option<JournalAmount>,
    /// When it was written here: milliseconds since 1970.
    pub time_ms: u64,
}

impl Line {
    pub fn new(payment_request_id: &str, source: Source, now: Timestamp) -> Line {
        Line {
            payment_request_id: payment_request_id.to_string(),
            refund_request_id: None,
            source,
            result: String::new(),
            code: String::new(),
            payment_id: None,
            refund_id: None,
            payment_amount: None,
            settlement_amount: None,
            time_ms: now.millis(),
        }
    }

    /// S or F: the network will never say otherwise, except for a cancel or a refund that is asked
    /// for.
    pub fn is_final(&self) -> bool {
        self.result == "S" || self.result == "F"
    }
}

/// The lines in memory and, if wanted, in a file.
#[derive(Debug)]
pub struct Journal {
    inner: Mutex<Inner>,
}

#[derive(Debug)]
struct Inner {
    lines: Vec<Line>,
    file: Option<File>,
}

impl Journal {
    /// With a path, appends to that file, which is made if it is not there.
    pub fn open(path: Option<&Path>) -> std::io::Result<Journal> {
        let open = |path| OpenOptions::new().create(true).append(true).open(path);
        let file = path.map(open).transpose()?;
        Ok(Journal { inner: Mutex::new(Inner { lines: Vec::new(), file }) })
    }

    /// Keeps a line. An error means that it is in memory only.
    pub fn append(&self, line: Line) -> std::io::Result<()> {
        let mut text = serde_json::to_string(&line)?;
        text.push('\n');
        let mut inner = self.lock();
        inner.lines.push(line);
        if let Some(file) = &mut inner.file {
            // One write per line: a killed process leaves at most its last line torn.
            file.write_all(text.as_bytes())?;
            file.flush()?;
        }
        Ok(())
    }

    /// The lines of this process, oldest first.
    pub fn lines(&self) -> Vec<Line> {
        self.lock().lines.clone()
    }

    /// How many lines this process wrote.
    pub fn len(&self) -> usize {
        self.lock().lines.len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Reads a file of lines. A last line without its end is left out: its writer was killed over
    /// it.
    pub fn read(path: &Path) -> std::io::Result<Vec<Line>> {
        let text = std::fs::read_to_string(path)?;
        let whole = text.rfind('\n').map_or("", |end| &text[..=end]);
        whole.lines().map(|line| serde_json::from_str(line).map_err(Into::into)).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().expect("no code panics while it holds the journal")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_torn_last_line_is_left_out() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.jsonl");
        let yen = Money::new(1200, Currency::from_code("JPY").unwrap()).unwrap();
        let line = Line {
            result: "S".into(),
            payment_amount: Some(yen.into()),
            ..Line::new("PR-1", Source::Pay, Timestamp::from_millis(5))
        };
        for _ in 0..2 {
            let journal = Journal::open(Some(&path)).unwrap();
            journal.append(line.clone()).unwrap();
            assert_eq!(journal.len(), 1);
        }
        let mut file = OpenOptions::new().append(true).open(&path).unwrap();
        file.write_all(b"{\"paymentRequestId\":\"PR").unwrap();
        let read = Journal::read(&path).unwrap();
        assert_eq!(read, vec![line.clone(), line]);
        assert_eq!(read[0].payment_amount.as_ref().unwrap().money(), Some(yen));
        file.write_all(b"\n").unwrap();
        assert!(Journal::read(&path).is_err(), "damage that is not a torn end is an error");
    }
}
