//! The desk's work on products: the fund behind savings, billers, offers of gift coupons.

use super::DeskServer;
use super::desk::{post, show};
use anyhow::{Context, Result};
use clap::Subcommand;
use serde_json::{Value, json};
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
pub enum FundCommand {
    /// Show the fund: prices, what is in it, days that it has not settled.
    Show(DeskServer),
    /// Enter the price of a day. Outside the band it becomes a proposal for somebody else.
    Price {
        /// As 2026-12-25.
        day: String,
        /// In major units: 1000.0274.
        price: String,
        #[command(flatten)]
        desk: DeskServer,
    },
    /// Settle a day by the fund's statement, from a file of JSON as /desk/docs describes it.
    Settle {
        statement: PathBuf,
        #[command(flatten)]
        desk: DeskServer,
    },
}

#[derive(Debug, Subcommand)]
pub enum BillerCommand {
    /// List billers with what they are owed.
    List(DeskServer),
    /// Add a biller, from a file of JSON as /desk/docs describes it.
    Add {
        rules: PathBuf,
        #[command(flatten)]
        desk: DeskServer,
    },
    /// Book what the wallet paid a biller, in minor units.
    Settle {
        biller: u32,
        /// The bank's name for it: booked once.
        reference: String,
        currency: String,
        minor: u64,
        #[command(flatten)]
        desk: DeskServer,
    },
}

#[derive(Debug, Subcommand)]
pub enum OfferCommand {
    /// List offers of gift coupons.
    List(DeskServer),
    /// End the sale of an offer; coupons that were sold stay good.
    End {
        offer: u32,
        #[command(flatten)]
        desk: DeskServer,
    },
}

fn read(file: &PathBuf) -> Result<Value> {
    let text = std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    serde_json::from_slice(&text).with_context(|| format!("{} is no JSON", file.display()))
}

pub async fn fund(command: FundCommand) -> Result<()> {
    match command {
        FundCommand::Show(desk) => show(&desk, "/desk/fund").await,
        FundCommand::Price { day, price, desk } => {
            let body = json!({ "day": day, "price": price });
            post(&desk, "/desk/fund/prices", Some(body)).await
        }
        FundCommand::Settle { statement, desk } => {
            post(&desk, "/desk/fund/settlements", Some(read(&statement)?)).await
        }
    }
}

pub async fn biller(command: BillerCommand) -> Result<()> {
    match command {
        BillerCommand::List(desk) => show(&desk, "/desk/billers").await,
        BillerCommand::Add { rules, desk } => {
            post(&desk, "/desk/billers", Some(read(&rules)?)).await
        }
        BillerCommand::Settle { biller, reference, currency, minor, desk } => {
            let amount = json!({ "currency": currency, "value": minor.to_string() });
            let body = json!({ "reference": reference, "amount": amount });
            post(&desk, &format!("/desk/billers/{biller}/settlements"), Some(body)).await
        }
    }
}

pub async fn offer(command: OfferCommand) -> Result<()> {
    match command {
        OfferCommand::List(desk) => show(&desk, "/desk/offers").await,
        OfferCommand::End { offer, desk } => {
            post(&desk, &format!("/desk/offers/{offer}/end"), None).await
        }
    }
}
