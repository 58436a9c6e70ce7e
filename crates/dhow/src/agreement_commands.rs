//! `dhow agreement`: users' standing agreements with merchants.

use crate::client::{Call, Server, escaped, get, print, show};
use anyhow::Result;
use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub enum AgreementCommand {
    /// List an acquirer's agreements.
    List {
        /// Code of the acquirer.
        #[arg(long)]
        acquirer: String,
        /// How many of the newest, 1 to 200.
        #[arg(long, default_value_t = 50)]
        limit: usize,
        #[command(flatten)]
        server: Server,
    },
    /// Show one agreement.
    Show {
        id: String,
        #[command(flatten)]
        server: Server,
    },
    /// End an agreement: nothing is debited under it from then on, and both partners are told.
    End {
        id: String,
        #[command(flatten)]
        server: Server,
    },
}

pub async fn run(command: AgreementCommand, json: bool) -> Result<()> {
    const COLUMNS: [&str; 6] = ["id", "state", "wallet", "merchant", "consented", "takenMinor"];
    match command {
        AgreementCommand::List { acquirer, limit, server } => {
            let acquirer = escaped(&acquirer);
            let path = format!("/v1/agreements?acquirer={acquirer}&limit={limit}");
            show(&server.call(get(&path)).await?, json, &COLUMNS)
        }
        AgreementCommand::Show { id, server } => {
            print(&server.call(get(&format!("/v1/agreements/{}", escaped(&id)))).await?)
        }
        AgreementCommand::End { id, server } => {
            let path = format!("/v1/agreements/{}", escaped(&id));
            server.call(Call { method: "DELETE", path: &path, body: None }).await?;
            Ok(())
        }
    }
}
