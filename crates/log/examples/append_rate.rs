//! How fast 600-byte records become durable here: `cargo run --release --example append_rate
//! [dir]`.

use base::Timestamp;
use dhow_log::{Entry, Log, Options, Preallocate, RealDisk, SegmentLog};
use std::time::{Duration, Instant};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let dir = std::env::args().nth(1).map_or_else(std::env::temp_dir, Into::into);
    println!("room     batch  records/s   p50 ms   p99 ms   max ms");
    for preallocate in [Preallocate::No, Preallocate::Reserve, Preallocate::Zeros] {
        for batch in [1, 100, 1_000] {
            let dir = dir.join(format!("append-rate-{}", std::process::id()));
            run(&dir, preallocate, batch)?;
            std::fs::remove_dir_all(&dir)?;
        }
    }
    Ok(())
}

fn run(
    dir: &std::path::Path,
    preallocate: Preallocate,
    batch: usize,
) -> Result<(), Box<dyn std::error::Error>> {
    let options = Options { preallocate, ..Options::default() };
    let (mut log, _) = SegmentLog::open(RealDisk::new(dir)?, options)?;
    let time = Timestamp::from_secs(1);
    let entries = vec![Entry { time, payload: vec![0x5a; 600] }; batch];
    log.append(&entries)?;
    let (began, mut waits) = (Instant::now(), Vec::new());
    while began.elapsed() < Duration::from_secs(4) {
        let asked = Instant::now();
        log.append(&entries)?;
        waits.push(asked.elapsed());
    }
    let spent = began.elapsed();
    waits.sort_unstable();
    let ms = |wait: Duration| wait.as_secs_f64() * 1_000.0;
    println!(
        "{:8} {batch:5} {:10.0} {:8.3} {:8.3} {:8.3}",
        format!("{preallocate:?}"),
        (waits.len() * batch) as f64 / spent.as_secs_f64(),
        ms(waits[waits.len() / 2]),
        ms(waits[waits.len() * 99 / 100]),
        ms(waits[waits.len() - 1]),
    );
    Ok(())
}
