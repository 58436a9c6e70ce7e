//! The same payment on a `PostgreSQL` at hand, so that the ratio of one run can be read off.

use super::in_process::EngineBench;
use super::latency::{Latency, Quantiles};
use super::process::Usage;
use anyhow::{Context, Result, ensure};
use base::Key;
use serde::Serialize;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};
use tokio_postgres::{Client, NoTls, types::ToSql};

/// Connections that pay at once.
const CLIENTS: u64 = 16;
/// Accounts beside the two hot ones and the merchants; more would only slow it down.
const MAX_ACCOUNTS: u64 = 1_000_000;
/// Accounts of the operator in every payment.
const HOT_ACCOUNTS: u64 = 2;

/// What the stored procedure reached.
#[derive(Clone, Debug, Serialize)]
pub struct PostgresReport {
    pub version: String,
    pub clients: u64,
    pub payments: u64,
    pub payments_per_second: f64,
    pub latency: Quantiles,
    pub synchronous_commit: String,
    pub fsync: String,
    /// Cores that everything beside this process used: the server, mostly.
    pub server_cores: f64,
    /// Debits and credits of all accounts agree.
    pub balanced: bool,
}

async fn connect(url: &str) -> Result<Client> {
    let (client, connection) =
        tokio_postgres::connect(url, NoTls).await.context("--against: cannot connect")?;
    tokio::spawn(async move {
        // A broken connection fails the query that is under way, which says so.
        let _ = connection.await;
    });
    Ok(client)
}

/// Where the accounts of merchants begin, and how many merchants and wallets there are.
#[derive(Clone, Copy)]
struct Plan {
    merchants: u64,
    wallets: u64,
    hot_pct: u64,
}

impl Plan {
    fn of(args: &EngineBench) -> Plan {
        Plan {
            merchants: u64::from(args.merchants.max(1)),
            wallets: args.accounts.clamp(1, MAX_ACCOUNTS),
            hot_pct: args.hot_pct,
        }
    }

    /// Merchant, wallet and amount of a payment.
    fn draw(self, word: u64) -> [i64; 3] {
        let is_hot = word % 100 < self.hot_pct;
        let mixed = <u64 as Key>::mix(word);
        let merchant = if is_hot { 0 } else { mixed % self.merchants };
        let wallet = <u64 as Key>::mix(mixed) % self.wallets;
        let merchant = HOT_ACCOUNTS + 1 + merchant;
        let wallet = HOT_ACCOUNTS + 1 + self.merchants + wallet;
        [merchant, wallet, 100 + mixed % 10_000].map(|number| number.cast_signed())
    }
}

/// Makes the schema `dhow_bench` anew, loads it for `against_seconds`, and drops it.
pub async fn measure(url: &str, args: &EngineBench) -> Result<PostgresReport> {
    let admin = connect(url).await?;
    eprintln!("PostgreSQL: making tables and accounts ...");
    admin.batch_execute(include_str!("postgres.sql")).await.context("the schema")?;
    let plan = Plan::of(args);
    let last = (HOT_ACCOUNTS + plan.merchants + plan.wallets).cast_signed();
    let fill = "insert into dhow_bench.account (id) select generate_series(1, $1::bigint)";
    admin.execute(fill, &[&last]).await.context("the accounts")?;
    admin.batch_execute("analyze dhow_bench.account; checkpoint").await.context("checkpoint")?;
    let setting = async |name: &str| -> Result<String> {
        Ok(admin.query_one(&format!("show {name}"), &[]).await?.try_get(0)?)
    };
    let (version, fsync) = (setting("server_version").await?, setting("fsync").await?);
    let synchronous_commit = setting("synchronous_commit").await?;
    ensure!(
        fsync == "on" && synchronous_commit == "on",
        "--against: fsync and synchronous_commit must be on"
    );
    let (latency, paid) = (Arc::new(Latency::default()), Arc::new(AtomicU64::new(0)));
    let length = Duration::from_secs(args.against_seconds.max(1));
    let (before, begun) = (Usage::now()?, Instant::now());
    let mut clients = Vec::new();
    for number in 0..CLIENTS {
        let client = connect(url).await?;
        let (latency, paid) = (Arc::clone(&latency), Arc::clone(&paid));
        let seed = super::world::now().nanos() ^ number << 56;
        let until = begun + length;
        clients.push(tokio::spawn(async move {
            pay(&client, plan, seed, until, (&latency, &paid)).await
        }));
    }
    for client in clients {
        client.await??;
    }
    let elapsed = begun.elapsed();
    let usage = Usage::now()?.since(&before);
    let sums = "select sum(debits) = sum(credits) from dhow_bench.account";
    let balanced: bool = admin.query_one(sums, &[]).await?.try_get(0)?;
    admin.batch_execute("drop schema dhow_bench cascade").await.context("drop")?;
    ensure!(balanced, "the books of the stored procedure do not balance");
    let payments = paid.load(Relaxed);
    let payments_per_second = payments as f64 / elapsed.as_secs_f64();
    eprintln!("PostgreSQL: {payments_per_second:.0} payments/s");
    Ok(PostgresReport {
        version,
        clients: CLIENTS,
        payments,
        payments_per_second,
        latency: latency.quantiles(),
        synchronous_commit,
        fsync,
        server_cores: usage.beside_cores(elapsed),
        balanced,
    })
}

/// One client, one payment after the other.
async fn pay(
    client: &Client,
    plan: Plan,
    seed: u64,
    until: Instant,
    (latency, paid): (&Latency, &AtomicU64),
) -> Result<()> {
    let call = "select dhow_bench.pay($1::text::uuid, 4, $2, $3, $4, $5)::text";
    let call = client.prepare(call).await?;
    let mut word = seed;
    while Instant::now() < until {
        word = word.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let (high, low) = (<u64 as Key>::mix(word), <u64 as Key>::mix(!word));
        let id = format!("{:016x}{:016x}", super::world::now().nanos(), low);
        let request = format!("{high:016x}{:08x}", low >> 32);
        let [merchant, wallet, amount] = plan.draw(high);
        let parameters: [&(dyn ToSql + Sync); 5] = [&id, &request, &merchant, &wallet, &amount];
        let begun = Instant::now();
        client.query_one(&call, &parameters).await.context("the stored procedure")?;
        latency.record(begun.elapsed());
        paid.fetch_add(1, Relaxed);
    }
    Ok(())
}

impl std::fmt::Display for PostgresReport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{} with {} clients, one stored procedure each: {:.0} payments/s, {}",
            self.version, self.clients, self.payments_per_second, self.latency
        )
    }
}
