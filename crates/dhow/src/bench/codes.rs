//! How many scanned codes a core reads a second.

use anyhow::{Result, ensure};
use clap::Args;
use qr::{MerchantCode, QrError, Writer};
use serde::Serialize;
use std::time::{Duration, Instant};

/// Different codes, read in turn.
const CODES: usize = 1_000;

/// Settings of the reader's measurement.
#[derive(Clone, Debug, Args)]
pub struct CodesBench {
    /// How long to read.
    #[arg(long, default_value_t = 5)]
    seconds: u64,
}

/// What was found.
#[derive(Clone, Debug, Serialize)]
pub struct CodesReport {
    pub codes: u64,
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

/// Reads on one thread, everything checked.
pub fn measure(args: &CodesBench) -> Result<CodesReport> {
    let codes = (0..CODES).map(code).collect::<Result<Vec<_>, _>>()?;
    let length = Duration::from_secs(args.seconds.max(1));
    let (begun, mut read, mut minor) = (Instant::now(), 0_u64, 0_u64);
    while begun.elapsed() < length {
        for code in &codes {
            minor = minor.wrapping_add(MerchantCode::read(code)?.amount_minor().unwrap_or(0));
        }
        read += codes.len() as u64;
    }
    let elapsed = begun.elapsed().as_secs_f64();
    ensure!(minor > 0, "the amounts were not read");
    let bytes: usize = codes.iter().map(String::len).sum();
    Ok(CodesReport {
        codes: read,
        bytes_per_code: bytes as f64 / codes.len() as f64,
        codes_per_second: read as f64 / elapsed,
        nanos_per_code: elapsed * 1e9 / read as f64,
    })
}

impl std::fmt::Display for CodesReport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "Merchant-presented codes read on one core, everything checked")?;
        writeln!(f, "  codes/s             {:.0}", self.codes_per_second)?;
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
        let report = measure(&CodesBench { seconds: 1 }).unwrap();
        assert!(report.codes >= CODES as u64 && report.bytes_per_code > 100.0);
        assert_ne!(code(1).unwrap(), code(2).unwrap());
    }
}
