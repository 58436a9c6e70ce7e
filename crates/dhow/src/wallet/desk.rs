//! What the operator's people do at the desk of a running wallet.

use super::DeskServer;
use crate::client::{Call, escaped, get, print};
use anyhow::Result;
use clap::Subcommand;
use serde_json::{Value, json};

#[derive(Debug, Subcommand)]
pub enum CustomerCommand {
    /// Find a customer by phone number (+63...) or e-mail address.
    Find {
        alias: String,
        #[command(flatten)]
        desk: DeskServer,
    },
    /// Show a customer, masked: state, tier, limits, balance.
    Show {
        customer: u32,
        #[command(flatten)]
        desk: DeskServer,
    },
    /// Set how far a customer is known: the tier's limits hold at once.
    Tier {
        customer: u32,
        /// Place in the market's list of tiers, from 0.
        tier: u8,
        #[command(flatten)]
        desk: DeskServer,
    },
    /// Let no money leave a customer's account.
    Freeze {
        customer: u32,
        #[command(flatten)]
        desk: DeskServer,
    },
    /// End a freeze.
    Unfreeze {
        customer: u32,
        #[command(flatten)]
        desk: DeskServer,
    },
}

#[derive(Debug, Subcommand)]
pub enum ShopCommand {
    /// List all shops.
    List(DeskServer),
    /// Make a shop an agent for cash, a charity, or a plain shop again.
    Kind {
        shop: u32,
        /// PLAIN, AGENT or CHARITY.
        kind: String,
        #[command(flatten)]
        desk: DeskServer,
    },
}

#[derive(Debug, Subcommand)]
pub enum ProposalCommand {
    /// List proposals that wait for somebody.
    List(DeskServer),
    /// Propose to give a customer money, in minor units; say why with --reason.
    Give {
        customer: u32,
        currency: String,
        minor: u64,
        #[command(flatten)]
        desk: DeskServer,
    },
    /// Propose to take money from a customer, in minor units; say why with --reason.
    Take {
        customer: u32,
        currency: String,
        minor: u64,
        #[command(flatten)]
        desk: DeskServer,
    },
    /// Propose how a top-up or withdrawal ended that its bank is silent about: see `books moves`.
    EndMove {
        /// The move's id, as bnk_...
        r#move: String,
        /// DONE, if the bank's statement has it, or FAILED.
        end: String,
        #[command(flatten)]
        desk: DeskServer,
    },
    /// Approve a proposal of somebody else, with a token of your own.
    Approve {
        proposal: String,
        #[command(flatten)]
        desk: DeskServer,
    },
    /// Reject a proposal.
    Reject {
        proposal: String,
        #[command(flatten)]
        desk: DeskServer,
    },
}

#[derive(Debug, Subcommand)]
pub enum BooksCommand {
    /// Show the wallet's accounts.
    Show(DeskServer),
    /// List top-ups and withdrawals whose bank has not said what became of them.
    Moves(DeskServer),
    /// Walk over everything and compare every sum that must agree.
    Verify(DeskServer),
    /// Book what the wallet paid the network, in minor units.
    SettleNetwork {
        /// The bank's name for it: booked once.
        reference: String,
        currency: String,
        minor: u64,
        #[command(flatten)]
        desk: DeskServer,
    },
}

pub(super) async fn post(desk: &DeskServer, path: &str, body: Option<Value>) -> Result<()> {
    let answer = desk.server().call(Call { method: "POST", path, body }).await?;
    if answer.is_null() { Ok(()) } else { print(&answer) }
}

async fn put(desk: &DeskServer, path: &str, body: Value) -> Result<()> {
    desk.server().call(Call { method: "PUT", path, body: Some(body) }).await?;
    Ok(())
}

pub(super) async fn show(desk: &DeskServer, path: &str) -> Result<()> {
    print(&desk.server().call(get(path)).await?)
}

pub async fn report(day: &str, desk: &DeskServer) -> Result<()> {
    show(desk, &format!("/desk/reports/{}", escaped(day))).await
}

pub async fn message(to: &str, desk: &DeskServer) -> Result<()> {
    show(desk, &format!("/desk/messages?to={}", escaped(to))).await
}

pub async fn customer(command: CustomerCommand) -> Result<()> {
    match command {
        CustomerCommand::Find { alias, desk } => {
            show(&desk, &format!("/desk/customers?alias={}", escaped(&alias))).await
        }
        CustomerCommand::Show { customer, desk } => {
            show(&desk, &format!("/desk/customers/{customer}")).await
        }
        CustomerCommand::Tier { customer, tier, desk } => {
            put(&desk, &format!("/desk/customers/{customer}/tier"), json!({ "tier": tier })).await
        }
        CustomerCommand::Freeze { customer, desk } => {
            post(&desk, &format!("/desk/customers/{customer}/freeze"), None).await
        }
        CustomerCommand::Unfreeze { customer, desk } => {
            post(&desk, &format!("/desk/customers/{customer}/unfreeze"), None).await
        }
    }
}

pub async fn shop(command: ShopCommand) -> Result<()> {
    match command {
        ShopCommand::List(desk) => show(&desk, "/desk/shops").await,
        ShopCommand::Kind { shop, kind, desk } => {
            put(&desk, &format!("/desk/shops/{shop}/kind"), json!({ "kind": kind })).await
        }
    }
}

pub async fn proposal(command: ProposalCommand) -> Result<()> {
    let correction = |customer: u32, currency: &str, minor: u64, way: &str| {
        let amount = json!({ "currency": currency, "value": minor.to_string() });
        Some(json!({ "customer": customer, "amount": amount, "way": way }))
    };
    let decided =
        |proposal: &str, how: &str| format!("/desk/proposals/{}/{how}", escaped(proposal));
    match command {
        ProposalCommand::List(desk) => show(&desk, "/desk/proposals").await,
        ProposalCommand::Give { customer, currency, minor, desk } => {
            let body = correction(customer, &currency, minor, "GIVE");
            post(&desk, "/desk/proposals", body).await
        }
        ProposalCommand::Take { customer, currency, minor, desk } => {
            let body = correction(customer, &currency, minor, "TAKE");
            post(&desk, "/desk/proposals", body).await
        }
        ProposalCommand::EndMove { r#move, end, desk } => {
            let path = format!("/desk/moves/{}/end", escaped(&r#move));
            post(&desk, &path, Some(json!({ "end": end }))).await
        }
        ProposalCommand::Approve { proposal, desk } => {
            post(&desk, &decided(&proposal, "approve"), None).await
        }
        ProposalCommand::Reject { proposal, desk } => {
            post(&desk, &decided(&proposal, "reject"), None).await
        }
    }
}

pub async fn books(command: BooksCommand) -> Result<()> {
    match command {
        BooksCommand::Show(desk) => show(&desk, "/desk/books").await,
        BooksCommand::Moves(desk) => show(&desk, "/desk/moves").await,
        BooksCommand::Verify(desk) => post(&desk, "/desk/books/verify", None).await,
        BooksCommand::SettleNetwork { reference, currency, minor, desk } => {
            let amount = json!({ "currency": currency, "value": minor.to_string() });
            let body = json!({ "reference": reference, "amount": amount });
            post(&desk, "/desk/network/settlements", Some(body)).await
        }
    }
}
