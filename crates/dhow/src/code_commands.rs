//! `dhow code`: printed codes of stores, and the rules by which scanned texts are recognised.

use crate::client::{Call, Server, escaped, get, print, read, show};
use anyhow::{Context, Result};
use clap::Subcommand;
use serde_json::{Value, json};
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
pub enum CodeCommand {
    /// Make a store's code to print; the one that it had is out of use from then on.
    Issue {
        /// Code of the acquirer.
        #[arg(long)]
        acquirer: String,
        #[arg(long)]
        merchant: String,
        #[arg(long)]
        store: String,
        /// What shoppers enter amounts in; without it the acquirer's first settlement currency.
        #[arg(long)]
        currency: Option<String>,
        #[command(flatten)]
        server: Server,
    },
    /// List an acquirer's printed codes.
    List {
        #[arg(long)]
        acquirer: String,
        #[command(flatten)]
        server: Server,
    },
    /// Take a printed code out of use at once.
    Revoke {
        /// The digits at the end of its URL.
        digits: String,
        #[command(flatten)]
        server: Server,
    },
    /// Show the code rules, as `load` reads them.
    Rules(Server),
    /// Put a table of code rules (JSON) in the place of the present one.
    Load {
        file: PathBuf,
        #[command(flatten)]
        server: Server,
    },
}

pub async fn run(command: CodeCommand, json: bool) -> Result<()> {
    const COLUMNS: [&str; 4] = ["merchant", "store", "currency", "url"];
    match command {
        CodeCommand::Issue { acquirer, merchant, store, currency, server } => {
            let body = json!({
                "acquirer": acquirer, "merchant": merchant, "store": store, "currency": currency,
            });
            let call = Call { method: "POST", path: "/v1/entry-codes", body: Some(body) };
            let code = server.call(call).await?;
            show(&Value::Array(vec![code.clone()]), json, &COLUMNS)?;
            if !json {
                println!("a picture to print: {}.png", code["url"].as_str().unwrap_or_default());
            }
            Ok(())
        }
        CodeCommand::List { acquirer, server } => {
            let path = format!("/v1/entry-codes?acquirer={}", escaped(&acquirer));
            show(&server.call(get(&path)).await?, json, &COLUMNS)
        }
        CodeCommand::Revoke { digits, server } => {
            let path = format!("/v1/entry-codes/{}", escaped(&digits));
            server.call(Call { method: "DELETE", path: &path, body: None }).await?;
            Ok(())
        }
        CodeCommand::Rules(server) => print(&server.call(get("/v1/code-rules")).await?),
        CodeCommand::Load { file, server } => {
            let table: Value = serde_json::from_str(&read(&file)?)
                .with_context(|| format!("{} is not JSON", file.display()))?;
            server.call(Call { method: "PUT", path: "/v1/code-rules", body: Some(table) }).await?;
            Ok(())
        }
    }
}
