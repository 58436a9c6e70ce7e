//! `dhow store`: which wallets a store takes, and its names in the payers' languages.

use crate::client::{Call, Server, escaped, get, print};
use anyhow::{Context, Result};
use clap::{Args, Subcommand};
use serde_json::{Map, Value, json};

/// Which store.
#[derive(Debug, Args)]
pub struct Place {
    /// Code of the acquirer.
    #[arg(long)]
    acquirer: String,
    #[arg(long)]
    merchant: String,
    #[arg(long)]
    store: String,
}

#[derive(Debug, Subcommand)]
pub enum StoreCommand {
    /// Show how a store shows itself to payers.
    Show {
        #[command(flatten)]
        place: Place,
        #[command(flatten)]
        server: Server,
    },
    /// Set how a store shows itself; what is left out is taken away.
    Set {
        #[command(flatten)]
        place: Place,
        /// Code of a wallet that the store takes; without any it takes all.
        #[arg(long = "wallet")]
        wallets: Vec<String>,
        /// The store's name in a language: `ko=우메다 라멘`.
        #[arg(long = "name")]
        names: Vec<String>,
        #[command(flatten)]
        server: Server,
    },
}

pub async fn run(command: StoreCommand) -> Result<()> {
    match command {
        StoreCommand::Show { place, server } => print(&server.call(get(&path(&place))).await?),
        StoreCommand::Set { place, wallets, names, server } => {
            let mut by_language = Map::new();
            for name in names {
                let (tag, name) = name.split_once('=').context("--name: give it as ko=NAME")?;
                by_language.insert(tag.to_owned(), Value::from(name));
            }
            let body = Some(json!({ "wallets": wallets, "names": by_language }));
            server.call(Call { method: "PUT", path: &path(&place), body }).await?;
            Ok(())
        }
    }
}

fn path(place: &Place) -> String {
    format!(
        "/v1/participants/{}/merchants/{}/stores/{}/display",
        escaped(&place.acquirer),
        escaped(&place.merchant),
        escaped(&place.store),
    )
}
