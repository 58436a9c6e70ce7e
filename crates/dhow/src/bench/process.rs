//! What this process used, as Linux counts it: CPU by thread, bytes written, memory.

use anyhow::{Context, Result};
use std::collections::BTreeMap;
use std::path::Path;

const RUNTIME_THREAD: &str = "tokio-rt-worker";

/// Counters at one moment.
#[derive(Clone, Debug, Default)]
pub struct Usage {
    /// CPU time of the threads that live, by thread name, in nanoseconds.
    pub threads_nanos: BTreeMap<String, u64>,
    /// Bytes that the living threads handed to the system to write, those of the asynchronous
    /// runtime left out: they write to sockets. Not what the kernel counts as written to disks:
    /// that is the size of every piece of its cache that was touched, several times too much.
    pub written_bytes: u64,
    /// CPU time of everything on this machine, in hundredths of a second.
    machine_ticks: u64,
}

/// The number after `name` in a file of `name: number` lines, such as `/proc/self/io`.
fn field(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
    line.split_whitespace().next()?.parse().ok()
}

fn read(path: &str) -> Result<String> {
    std::fs::read_to_string(path).with_context(|| format!("{path} cannot be read; is this Linux?"))
}

impl Usage {
    pub fn now() -> Result<Usage> {
        let mut usage = Usage::default();
        for task in std::fs::read_dir("/proc/self/task").context("/proc/self/task")? {
            let task = task?.path();
            // A thread may end between the listing and the look at it.
            let Ok(name) = std::fs::read_to_string(task.join("comm")) else { continue };
            let Ok(times) = std::fs::read_to_string(task.join("schedstat")) else { continue };
            let nanos = times.split_whitespace().next().and_then(|text| text.parse::<u64>().ok());
            let name = name.trim();
            *usage.threads_nanos.entry(name.to_owned()).or_default() += nanos.unwrap_or_default();
            if name != RUNTIME_THREAD
                && let Ok(counts) = std::fs::read_to_string(task.join("io"))
            {
                usage.written_bytes += field(&counts, "wchar").unwrap_or_default();
            }
        }
        // user nice system idle iowait irq softirq steal: all but the two kinds of waiting.
        let machine = read("/proc/stat")?;
        let ticks = machine.lines().next().unwrap_or_default().split_whitespace().skip(1);
        let ticks: Vec<u64> = ticks.filter_map(|text| text.parse().ok()).take(8).collect();
        usage.machine_ticks = ticks.iter().enumerate().fold(0, |sum, (at, ticks)| match at {
            3 | 4 => sum,
            _ => sum + ticks,
        });
        Ok(usage)
    }

    pub fn since(&self, before: &Usage) -> Usage {
        let less = |(name, nanos): (&String, &u64)| {
            let then = before.threads_nanos.get(name).copied().unwrap_or_default();
            (name.clone(), nanos.saturating_sub(then))
        };
        Usage {
            threads_nanos: self.threads_nanos.iter().map(less).collect(),
            written_bytes: self.written_bytes.saturating_sub(before.written_bytes),
            machine_ticks: self.machine_ticks - before.machine_ticks,
        }
    }

    pub fn cpu_nanos(&self) -> u64 {
        self.threads_nanos.values().sum()
    }

    /// Cores that other programs kept busy in the given time.
    pub fn beside_cores(&self, elapsed: std::time::Duration) -> f64 {
        let machine_secs = self.machine_ticks as f64 / 100.0;
        let own_secs = self.cpu_nanos() as f64 / 1e9;
        ((machine_secs - own_secs) / elapsed.as_secs_f64()).max(0.0)
    }
}

/// Memory in use now, in bytes.
pub fn memory_bytes() -> Result<u64> {
    Ok(field(&read("/proc/self/status")?, "VmRSS").unwrap_or_default() * 1024)
}

/// The most memory that was in use at once, in bytes.
pub fn peak_memory_bytes() -> Result<u64> {
    Ok(field(&read("/proc/self/status")?, "VmHWM").unwrap_or_default() * 1024)
}

/// From now on, [`peak_memory_bytes`] is about what comes after this.
pub fn forget_peak_memory() -> Result<()> {
    std::fs::write("/proc/self/clear_refs", "5").context("/proc/self/clear_refs")
}

/// The load average of the last minute.
pub fn load_average() -> Result<f64> {
    let text = read("/proc/loadavg")?;
    Ok(text.split_whitespace().next().and_then(|text| text.parse().ok()).unwrap_or_default())
}

/// Bytes in all files below a directory; 0 when it is not there.
pub fn directory_bytes(path: &Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(path) else { return 0 };
    let bytes = entries.flatten().map(|entry| match entry.metadata() {
        Ok(meta) if meta.is_dir() => directory_bytes(&entry.path()),
        Ok(meta) => meta.len(),
        Err(_) => 0,
    });
    bytes.sum()
}

/// Bytes in the segments of a log, without the room that the newest one holds in reserve.
pub fn log_bytes(path: &Path) -> Result<u64> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(path)? {
        let entry = entry?;
        let name = entry.file_name();
        // Segments are named by position; beside them lies the lock.
        if name.to_string_lossy().starts_with(|first: char| first.is_ascii_digit()) {
            files.push((entry.path(), entry.metadata()?.len()));
        }
    }
    files.sort();
    let Some((newest, _)) = files.pop() else { return Ok(0) };
    let bytes = std::fs::read(&newest).with_context(|| newest.display().to_string())?;
    let used = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last as u64 + 1);
    Ok(files.iter().map(|(_, length)| length).sum::<u64>() + used)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_sees_itself() {
        let before = Usage::now().unwrap();
        let begun = std::time::Instant::now();
        while begun.elapsed().as_millis() < 20 {
            std::hint::black_box(0);
        }
        let used = Usage::now().unwrap().since(&before);
        assert!(used.cpu_nanos() > 0);
        let mut file = tempfile::tempfile().unwrap();
        std::io::Write::write_all(&mut file, &[7; 5_000]).unwrap();
        assert!(Usage::now().unwrap().since(&before).written_bytes >= 5_000);
        assert!(memory_bytes().unwrap() > 100_000);
        assert!(peak_memory_bytes().unwrap() >= memory_bytes().unwrap() / 2);
        let block = vec![7_u8; 64 << 20];
        drop(std::hint::black_box(block));
        forget_peak_memory().unwrap();
        // Other tests of this process run beside this one.
        assert!(peak_memory_bytes().unwrap() < memory_bytes().unwrap() + (48 << 20));
        assert_eq!(field("a: 7 kB\nbc: 9", "bc"), Some(9));
        assert_eq!(field("a: 7 kB\nbc: 9", "b"), None);
    }
}
