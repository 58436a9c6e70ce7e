//! `dhow bench`: how fast this machine runs the network, with durability and every check on.
//!
//! Absolute numbers move with the machine and the hour: compare ratios of one run. Each report says
//! what a payment consisted of and what other programs used beside it. Books are checked after
//! every run: a number from a network that lost money is none.

mod after_kill;
mod books;
mod ceiling;
mod codes;
mod halt;
mod in_process;
pub mod latency;
mod load;
mod over_http;
mod pauses;
mod postgres;
mod process;
mod wallet;
mod wallet_report;
mod wallet_world;
mod world;

use anyhow::Result;
use clap::Subcommand;
use serde::Serialize;

/// The rungs.
#[derive(Debug, Subcommand)]
pub enum BenchCommand {
    /// Engine in this process on the real disk, without HTTP and signatures.
    Engine(in_process::EngineBench),
    /// Signed HTTP end to end, and the share of the signing ceiling that it reaches.
    Http(over_http::HttpBench),
    /// Load in a child process, `kill -9`, restart: time until ready, and nothing lost.
    Recovery(after_kill::RecoveryBench),
    /// A wallet with many customers: rates, memory, disk, time until ready.
    Wallet(wallet::WalletBench),
    /// How many scanned codes a core reads a second.
    Codes(codes::CodesBench),
}

/// Measures and prints.
pub async fn run(command: BenchCommand, json: bool) -> Result<()> {
    match command {
        BenchCommand::Engine(args) => print(&in_process::measure(&args).await?, json),
        BenchCommand::Http(args) => print(&over_http::measure(&args).await?, json),
        BenchCommand::Wallet(args) => print(&wallet::measure(&args).await?, json),
        BenchCommand::Codes(args) => print(&codes::measure(&args)?, json),
        BenchCommand::Recovery(args) => match after_kill::measure(&args).await? {
            Some(report) => print(&report, json),
            None => Ok(()),
        },
    }
}

fn print<R: Serialize + std::fmt::Display>(report: &R, json: bool) -> Result<()> {
    if json {
        println!("{}", serde_json::to_string_pretty(report)?);
    } else {
        println!("{report}");
    }
    Ok(())
}
