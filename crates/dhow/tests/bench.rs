//! Every rung of `dhow bench`, as small as it gets: the numbers are there, and no money is missing.
//! Speed is not looked at.

use serde::Deserialize;
use std::process::Command;

#[derive(Debug, Deserialize)]
struct Books {
    accounts: u64,
    open_payments: u64,
    found_paid: u64,
    balanced: bool,
}

#[derive(Debug, Deserialize)]
struct Quantiles {
    count: u64,
    p50_ms: f64,
    p99_ms: f64,
    p999_ms: f64,
    max_ms: f64,
}

impl Quantiles {
    fn check(&self) {
        assert!(self.count > 0 && self.p50_ms > 0.0, "{self:?}");
        let rise = [self.p50_ms, self.p99_ms, self.p999_ms, self.max_ms];
        assert!(rise.is_sorted(), "{self:?}");
    }
}

/// Runs the program and reads its report.
fn bench<R: for<'a> Deserialize<'a>>(arguments: &[&str]) -> R {
    let directory = tempfile::tempdir().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_dhow"))
        .args(["bench"])
        .args(arguments)
        .args(["--json", "--data"])
        .arg(directory.path())
        .output()
        .unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {error}");
    let left = std::fs::read_dir(directory.path()).unwrap().count();
    assert_eq!(left, 0, "a measurement leaves no files behind");
    let text = String::from_utf8_lossy(&output.stdout);
    serde_json::from_str(&text).unwrap_or_else(|problem| panic!("{problem}: {text}"))
}

#[derive(Debug, Deserialize)]
struct EngineReport {
    payments: u64,
    payments_per_second: f64,
    last_third_per_second: f64,
    pay_latency: Quantiles,
    payment_latency: Quantiles,
    cpu_us_per_payment: f64,
    written_bytes_per_payment: f64,
    log_bytes_per_payment: f64,
    peak_memory_bytes: u64,
    books: Books,
}

impl EngineReport {
    fn check(&self) {
        assert!(self.payments > 0 && self.payments_per_second > 0.0, "{self:?}");
        assert!(self.last_third_per_second > 0.0 && self.cpu_us_per_payment > 0.0, "{self:?}");
        self.pay_latency.check();
        self.payment_latency.check();
        // Two records of a payment cannot be shorter, and what is synced is on its way to a disk.
        assert!(self.log_bytes_per_payment > 100.0, "{self:?}");
        assert!(self.written_bytes_per_payment >= 0.0 && self.peak_memory_bytes > 0);
        assert!(self.books.balanced && self.books.open_payments == 0, "{self:?}");
        assert!(self.books.found_paid > 0 && self.books.accounts >= 400, "{self:?}");
    }
}

const SMALL: [&str; 8] =
    ["--accounts", "400", "--merchants", "20", "--seconds", "1", "--in-flight", "64"];

#[test]
fn the_engine_in_process() {
    let closed: EngineReport = bench(&[&["engine", "--warmup", "0"], &SMALL[..]].concat());
    closed.check();
    let open = ["engine", "--warmup", "0", "--rate", "200", "--partitions", "2"];
    let open: EngineReport = bench(&[&open, &SMALL[..]].concat());
    open.check();
}

#[derive(Debug, Deserialize)]
struct HttpReport {
    payments: u64,
    payments_per_second: f64,
    pay_latency: Quantiles,
    ceiling_payments_per_second: f64,
    share_of_ceiling: f64,
    books: Books,
}

#[test]
fn signed_http_end_to_end() {
    let short = ["--seconds", "1", "--warmup", "0", "--ceiling-seconds", "1"];
    let arguments = [&["http", "--key", "ed25519", "--connections", "4"], &short[..]].concat();
    let report: HttpReport = bench(&arguments);
    assert!(report.payments > 0 && report.payments_per_second > 0.0, "{report:?}");
    assert!(report.ceiling_payments_per_second > 0.0, "{report:?}");
    // More than all would mean that signatures were not made, or not counted.
    assert!(report.share_of_ceiling > 0.0 && report.share_of_ceiling <= 1.1, "{report:?}");
    report.pay_latency.check();
    assert!(report.books.balanced && report.books.open_payments == 0, "{report:?}");
}

#[derive(Debug, Deserialize)]
struct RecoveryReport {
    ready_ms: u64,
    replayed_records: u64,
    acknowledged: u64,
    books: Books,
}

#[test]
fn ready_again_after_kill_9() {
    let arguments = [&["recovery", "--snapshot-every", "500"], &SMALL[..]].concat();
    let report: RecoveryReport = bench(&arguments);
    assert!(report.ready_ms < 60_000 && report.replayed_records > 0, "{report:?}");
    assert!(report.acknowledged > 0, "{report:?}");
    assert_eq!(report.books.found_paid, report.acknowledged, "{report:?}");
    assert!(report.books.balanced, "{report:?}");
}

#[derive(Debug, Deserialize)]
struct WalletRun {
    commands: u64,
    per_second: f64,
    latency: Quantiles,
}

#[derive(Debug, Deserialize)]
struct WalletReady {
    snapshot_position: u64,
    replayed_records: u64,
}

#[derive(Debug, Deserialize)]
struct WalletBooks {
    accounts: u64,
    customers: u64,
    found: u64,
    balanced: bool,
}

#[derive(Debug, Deserialize)]
struct WalletReport {
    runs: Vec<WalletRun>,
    opened: WalletReady,
    reopened: WalletReady,
    beside_snapshot: WalletRun,
    snapshot_bytes_per_customer: f64,
    books: WalletBooks,
}

#[test]
fn a_wallet_and_its_customers() {
    let small = ["--customers", "2000", "--shops", "20", "--pairs", "100", "--registered", "50"];
    let short = ["wallet", "--seconds", "1", "--warmup", "0", "--in-flight", "64"];
    let report: WalletReport = bench(&[&short[..], &small[..]].concat());
    assert_eq!(report.runs.len(), 2, "{report:?}");
    for run in report.runs.iter().chain([&report.beside_snapshot]) {
        assert!(run.commands > 0 && run.per_second > 0.0, "{report:?}");
        run.latency.check();
    }
    // Nothing but the customers was there at first; then all of the load, from the log.
    assert_eq!((report.opened.snapshot_position, report.opened.replayed_records), (1, 0));
    let commands: u64 = report.runs.iter().map(|run| run.commands).sum();
    assert!(report.reopened.replayed_records >= 50 + 20 + 100 + commands, "{report:?}");
    assert!(report.snapshot_bytes_per_customer > 10.0, "{report:?}");
    assert_eq!(report.books.customers, 2_050);
    assert!(report.books.accounts >= 2_050 + 20 && report.books.balanced, "{report:?}");
    assert!(report.books.found > 0, "{report:?}");
}
