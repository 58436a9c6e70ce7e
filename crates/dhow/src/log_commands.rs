//! Commands that read a data directory themselves: the log, and the doctor.

use crate::progress::Progress;
use anyhow::{Context, Result, bail};
use base::{Codec, Reader};
use clap::{Args, Subcommand};
use log::{RealDisk, VerifyReport};
use network::Command;
use serde_json::json;
use std::collections::VecDeque;
use std::path::{Path, PathBuf};

/// Which log.
#[derive(Debug, Args)]
pub struct Place {
    #[arg(long, default_value = "data")]
    data: PathBuf,
    #[arg(long, default_value_t = 0)]
    partition: u8,
}

impl Place {
    fn disk(&self) -> Result<RealDisk> {
        let directory = self.data.join(format!("partition-{}", self.partition)).join("log");
        RealDisk::existing(&directory)
            .with_context(|| format!("{} holds no log; give --data", directory.display()))
    }
}

#[derive(Debug, Subcommand)]
pub enum LogCommand {
    /// Walk the whole chain of hashes.
    Verify(Place),
    /// Print records.
    Show {
        #[command(flatten)]
        place: Place,
        /// First position.
        #[arg(long, default_value_t = 1)]
        from: u64,
        /// Only the newest ones.
        #[arg(long)]
        last: Option<usize>,
        #[arg(long, default_value_t = 100)]
        limit: usize,
    },
}

pub fn run(command: LogCommand, is_json: bool) -> Result<()> {
    match command {
        LogCommand::Verify(place) => verify(&place, is_json),
        LogCommand::Show { place, from, last, limit } => show(&place, (from, last, limit), is_json),
    }
}

fn walk(disk: &RealDisk) -> Result<VerifyReport> {
    let mut bar = Progress::new("segments", 0);
    Ok(log::verify(disk, |progress| {
        bar.at(progress.segments_done as u64, progress.segments as u64);
    })?)
}

fn verify(place: &Place, is_json: bool) -> Result<()> {
    let report = walk(&place.disk()?)?;
    let hash: String = report.last.hash.iter().map(|byte| format!("{byte:02x}")).collect();
    let damage = report.damage.as_ref().map(ToString::to_string);
    if is_json {
        let (segments, records) = (report.segments, report.records);
        println!(
            "{}",
            json!({ "segments": segments, "records": records, "hash": hash,
                "tornBytes": report.torn_bytes, "damage": damage })
        );
    } else {
        println!("{} records in {} segments", report.records, report.segments);
        println!("hash of the last: {hash}");
        if report.torn_bytes > 0 {
            println!("{} bytes of an unfinished write at the end", report.torn_bytes);
        }
    }
    match damage {
        Some(damage) => bail!("the log is damaged: {damage}"),
        None => Ok(()),
    }
}

fn show(
    place: &Place,
    (from, last, limit): (u64, Option<usize>, usize),
    is_json: bool,
) -> Result<()> {
    let disk = place.disk()?;
    let mut newest = VecDeque::new();
    for record in log::records(&disk, from)? {
        let record = record?;
        match last {
            Some(count) => {
                newest.push_back(record);
                if newest.len() > count {
                    newest.pop_front();
                }
            }
            None if newest.len() < limit => newest.push_back(record),
            None => break,
        }
    }
    for record in newest {
        let text = describe(&record.payload);
        let time = wire::Datetime::utc(record.time);
        if is_json {
            let line = json!({ "position": record.position, "time": time.to_string(),
                "bytes": record.payload.len(), "command": text });
            println!("{line}");
        } else {
            println!("#{} {time} {} bytes\n  {text}", record.position, record.payload.len());
        }
    }
    Ok(())
}

/// A record's command in words; the first byte of a payload is its version.
fn describe(payload: &[u8]) -> String {
    let Some((version, bytes)) = payload.split_first() else { return "empty".to_owned() };
    match Command::decode(&mut Reader::new(bytes)) {
        Ok(command) => format!("{command:?}"),
        Err(error) => format!("version {version}: {error}"),
    }
}

/// What to look at.
#[derive(Debug, Args)]
pub struct Doctor {
    #[arg(long, default_value = "data")]
    data: PathBuf,
}

pub fn doctor(it: &Doctor, is_json: bool) -> Result<()> {
    let mut findings = Vec::new();
    let mut note = |what: &str, is_fine: bool, detail: String| {
        findings.push((what.to_owned(), is_fine, detail));
    };
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    note("processor cores", cores >= 2, format!("{cores}, wanted 2 or more"));
    let writable = it.data.is_dir() || it.data.parent().is_none_or(Path::is_dir);
    note("data directory", writable, it.data.display().to_string());
    note("sync of a write", true, sync_time(&it.data)?);
    for partition in 0..=u8::MAX {
        let place = Place { data: it.data.clone(), partition };
        let Ok(disk) = place.disk() else { break };
        let report = walk(&disk)?;
        let detail = match &report.damage {
            Some(damage) => damage.to_string(),
            None => format!("{} records, chain unbroken", report.records),
        };
        note(&format!("log of partition {partition}"), report.damage.is_none(), detail);
    }
    let is_fine = findings.iter().all(|(_, is_fine, _)| *is_fine);
    for (what, is_fine, detail) in &findings {
        if is_json {
            println!("{}", json!({ "what": what, "fine": is_fine, "detail": detail }));
        } else {
            println!("{} {what}: {detail}", if *is_fine { "ok  " } else { "BAD " });
        }
    }
    if is_fine { Ok(()) } else { bail!("not everything is fine; see the lines marked BAD") }
}

/// How long a small synced write takes where the data will be.
fn sync_time(data: &Path) -> Result<String> {
    use std::io::Write;
    let directory = if data.is_dir() { data } else { Path::new(".") };
    let path = directory.join(".dhow-doctor");
    let mut file = std::fs::File::create(&path)
        .with_context(|| format!("cannot write in {}", directory.display()))?;
    let started = std::time::Instant::now();
    for _ in 0..10 {
        file.write_all(&[0; 4096])?;
        file.sync_data()?;
    }
    let micros = started.elapsed().as_micros() / 10;
    std::fs::remove_file(&path)?;
    Ok(format!("{micros} microseconds for 4 KiB"))
}
