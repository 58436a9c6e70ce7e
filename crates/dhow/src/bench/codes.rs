//! How many scanned codes a core reads a second.

use anyhow::{Context, Result, ensure};
use clap::Args;
use qr::{Fault, MerchantCode, QrError, Writer};
use serde::{Deserialize, Serialize};
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Different codes, read in turn.
const CODES: usize = 1_000;

/// Settings of the reader's measurement.
#[derive(Clone, Debug, Args)]
pub struct CodesBench {
    /// How long to read.
    #[arg(long, default_value_t = 5)]
    seconds: u64,
    /// Codes to read instead of made ones, right and wrong: a line {"payload": "..."} for each.
    #[arg(long)]
    file: Option<PathBuf>,
}

/// What was found.
#[derive(Clone, Debug, Serialize)]
pub struct CodesReport {
    pub codes: u64,
    /// How many codes there are, read in turn, and how many of them are refused.
    pub different: usize,
    pub refused: usize,
    /// Mean length of a code.
    pub bytes_per_code: f64,
    pub codes_per_second: f64,
    pub nanos_per_code: f64,
}

/// A shop's printed code, with accounts in two networks, as long as those in use.
fn code(number: usize) -> Result<String, QrError> {
    let id = format!("{number:012}");
    let name = format!("Noodle house number {}", number % 100);
    let amount = format!("{}.{:02}", number + 1, number % 100);
    let mut writer = Writer::default();
    writer.object(0, "01")?;
    writer.object(1, "12")?;
    writer.template(26, &[(0, "SG.PAYNOW"), (1, "2"), (2, &id), (3, "0")])?;
    writer.template(27, &[(0, "com.example.network"), (1, &id)])?;
    for (tag, value) in [(52, "5812"), (53, "702"), (54, &*amount), (58, "SG"), (59, &*name)] {
        writer.object(tag, value)?;
    }
    writer.object(60, "Singapore")?;
    writer.template(62, &[(3, "Store 7"), (7, &id)])?;
    writer.finish()
}

/// A line of the file.
#[derive(Deserialize)]
struct Line {
    payload: String,
}

/// The codes of a file. Texts that are no merchant-presented codes at all are left out.
fn collected(file: &Path) -> Result<Vec<String>> {
    let named = || format!("cannot read codes from {}", file.display());
    let text = std::fs::read_to_string(file).with_context(named)?;
    let lines = text.lines().map(serde_json::from_str::<Line>);
    let lines = lines.collect::<Result<Vec<_>, _>>().with_context(named)?;
    let codes = lines.into_iter().map(|line| line.payload);
    let is_emv =
        |code: &String| !MerchantCode::read(code).is_err_and(|error| error.fault == Fault::NotEmv);
    let codes: Vec<String> = codes.filter(is_emv).collect();
    ensure!(!codes.is_empty(), "{} holds no codes", file.display());
    Ok(codes)
}

/// Reads on one thread, everything checked.
pub fn measure(args: &CodesBench) -> Result<CodesReport> {
    let codes = match &args.file {
        Some(file) => collected(file)?,
        None => (0..CODES).map(code).collect::<Result<Vec<_>, _>>()?,
    };
    let refused = codes.iter().filter(|code| MerchantCode::read(code).is_err()).count();
    ensure!(args.file.is_some() || refused == 0, "codes that are right were refused");
    let length = Duration::from_secs(args.seconds.max(1));
    let (begun, mut read) = (Instant::now(), 0_u64);
    while begun.elapsed() < length {
        // The clock is looked at so seldom that it takes no part of the time.
        for code in codes.iter().cycle().take(codes.len().max(CODES)) {
            // What nobody looks at need not be read: the compiler must not see that.
            let _ = black_box(MerchantCode::read(black_box(code)));
            read += 1;
        }
    }
    let elapsed = begun.elapsed().as_secs_f64();
    let bytes: usize = codes.iter().map(String::len).sum();
    Ok(CodesReport {
        codes: read,
        different: codes.len(),
        refused,
        bytes_per_code: bytes as f64 / codes.len() as f64,
        codes_per_second: read as f64 / elapsed,
        nanos_per_code: elapsed * 1e9 / read as f64,
    })
}

impl std::fmt::Display for CodesReport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "Merchant-presented codes read on one core, everything checked")?;
        writeln!(f, "  codes/s             {:.0}", self.codes_per_second)?;
        writeln!(f, "  different codes     {}, {} refused", self.different, self.refused)?;
        write!(
            f,
            "  a code              {:.0} bytes, {:.0} ns",
            self.bytes_per_code, self.nanos_per_code
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_codes_differ_and_are_read() {
        let report = measure(&CodesBench { seconds: 1, file: None }).unwrap();
        assert!(report.codes >= CODES as u64 && report.bytes_per_code > 100.0);
        assert_eq!((report.different, report.refused), (CODES, 0));
        assert_ne!(code(1).unwrap(), code(2).unwrap());
    }

    #[test]
    fn codes_of_a_file_are_right_and_wrong() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("codes.jsonl");
        let right = code(1).unwrap();
        let line = |payload: &str| serde_json::json!({ "payload": payload }).to_string();
        let lines = [line(&right), line(&right.replace("5812", "5813")), line("https://a.example")];
        std::fs::write(&file, lines.join("\n")).unwrap();
        let report = measure(&CodesBench { seconds: 1, file: Some(file) }).unwrap();
        assert_eq!((report.different, report.refused), (2, 1), "a link is no code of this kind");
        let missing = folder.path().join("missing.jsonl");
        assert!(measure(&CodesBench { seconds: 1, file: Some(missing) }).is_err());
    }
}
