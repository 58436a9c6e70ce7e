//! `dhow conform`: holds a partner to the protocol, and reports which rules it keeps.

use anyhow::{Context, Result, anyhow, bail};
use clap::{Args, ValueEnum};
use money::{Currency, Money};
use partner_sims::conform::{AcquirerTrial, PeerConfig, PushTrial, Report, WalletTrial};
use partner_sims::{Clock, Credentials, WalletPaths};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use wire::parts::Id;
use wire::{Amount, Opaque, SignedMessage, SigningKey, Text, VerifyingKey, paths};

/// To try what can be signed: any time will do.
const ANY_TIME: &str = "2026-01-01T00:00:00Z";

/// Which side of a payment the partner is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Role {
    /// Sends notifications, asks about codes, pushes payments. Of what the acquirer calls at a
    /// network only notifyPushPayment is heard, with --listen.
    Acquirer,
    /// Pays, repeats, cancels and refunds for a user of the wallet, and gives everything back.
    Wallet,
}

/// The partner, and the keys of both sides.
#[derive(Debug, Args)]
pub struct Conform {
    /// Which side of a payment the partner is on.
    #[arg(long, value_enum)]
    role: Role,
    /// Where the partner is: scheme, host and port.
    #[arg(long)]
    url: String,
    /// The partner's client id, sent as Client-Id.
    #[arg(long)]
    client_id: String,
    /// File with a private key whose public half the partner has enrolled as the network's.
    #[arg(long)]
    key: PathBuf,
    /// Version under which the partner knows that key.
    #[arg(long, default_value_t = 1)]
    key_version: u32,
    /// File with the partner's public key.
    #[arg(long)]
    partner_key: PathBuf,
    /// Version that the partner names when it signs.
    #[arg(long, default_value_t = 1)]
    partner_key_version: u32,
    /// Seconds until an answer counts as none.
    #[arg(long, default_value_t = 15, value_parser = clap::value_parser!(u64).range(1..=120))]
    patience: u64,
    /// The acquirer's id in messages; when left out CONFORM towards wallets, else the client id.
    #[arg(long)]
    acquirer_id: Option<String>,
    #[command(flatten)]
    wallet: WalletArgs,
    #[command(flatten)]
    acquirer: AcquirerArgs,
}

/// For `--role wallet`.
#[derive(Debug, Args)]
#[command(next_help_heading = "Wallets")]
struct WalletArgs {
    /// A user with at least ten times the price, whom the wallet need not ask.
    #[arg(long, required_if_eq("role", "wallet"))]
    customer: Option<String>,
    /// The wallet's currency, ISO 4217.
    #[arg(long, required_if_eq("role", "wallet"))]
    currency: Option<String>,
    /// The price of each payment in minor units.
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u64).range(2..))]
    amount_minor: u64,
    /// The digits that the merchant scanned; made up for each payment when left out.
    #[arg(long)]
    payment_code: Option<String>,
    /// The wallet's id in messages; the client id when left out.
    #[arg(long)]
    psp_id: Option<String>,
    /// Path of pay.
    #[arg(long, default_value = paths::wallet::PAY)]
    path_pay: String,
    /// Path of inquiryPayment.
    #[arg(long, default_value = paths::wallet::INQUIRY_PAYMENT)]
    path_inquiry: String,
    /// Path of cancelPayment.
    #[arg(long, default_value = paths::wallet::CANCEL_PAYMENT)]
    path_cancel: String,
    /// Path of refund.
    #[arg(long, default_value = paths::wallet::REFUND)]
    path_refund: String,
}

/// For `--role acquirer`.
#[derive(Debug, Args)]
#[command(next_help_heading = "Acquirers")]
struct AcquirerArgs {
    /// A payment that the acquirer asked for and that has no result yet; it is told to be paid.
    #[arg(long, requires = "amount")]
    payment_request_id: Option<String>,
    /// Another one; it is told to have failed.
    #[arg(long, requires = "amount")]
    failed_payment_request_id: Option<String>,
    /// The price of both, and of codes of push mode that say none: JPY:1200.
    #[arg(long, value_name = "CUR:MINOR")]
    amount: Option<String>,
    /// A text that the acquirer made a code of.
    #[arg(long)]
    code: Option<String>,
    /// Path of notifyPayment.
    #[arg(long, default_value = paths::acquirer::NOTIFY_PAYMENT)]
    path_notify: String,
    /// Path of userInitiatedPay.
    #[arg(long, default_value = paths::acquirer::USER_INITIATED_PAY)]
    path_code: String,
    #[command(flatten)]
    push: PushArgs,
}

/// For acquirers in push mode.
#[derive(Debug, Args)]
struct PushArgs {
    /// A code of the country whose payments the acquirer takes: it is in push mode. What is paid by
    /// a code without an amount is --amount.
    #[arg(long)]
    push_code: Option<String>,
    /// Another one whose payments it refuses.
    #[arg(long, requires = "push_code")]
    refused_push_code: Option<String>,
    /// Another one whose payments it decides later, within a minute.
    #[arg(long, requires = "push_code")]
    late_push_code: Option<String>,
    /// Address to hear notifyPushPayment on, as the network of the acquirer: 127.0.0.1:8099.
    #[arg(long, requires = "late_push_code")]
    listen: Option<SocketAddr>,
    /// Path of pushPayment.
    #[arg(long, default_value = paths::acquirer::PUSH_PAYMENT)]
    path_push: String,
    /// Path of inquiryPushPayment.
    #[arg(long, default_value = paths::acquirer::INQUIRY_PUSH_PAYMENT)]
    path_push_inquiry: String,
}

/// Prints the report. Errors: an argument that cannot be used; a rule that is broken.
pub async fn run(it: &Conform, is_json: bool) -> Result<()> {
    let report = match it.role {
        Role::Wallet => wallet_trial(it)?.run().await,
        Role::Acquirer => {
            let mut trial = acquirer_trial(it)?;
            trial.push = push_trial(it).await?;
            trial.run().await
        }
    };
    print(&report, is_json)?;
    match report.is_conforming() {
        true => Ok(()),
        false => bail!("{} of {} rules are broken", report.failed, report.rules.len()),
    }
}

fn print(report: &Report, is_json: bool) -> Result<()> {
    if is_json {
        println!("{}", serde_json::to_string_pretty(report)?);
    } else {
        print!("{report}");
    }
    Ok(())
}

fn wallet_trial(it: &Conform) -> Result<WalletTrial> {
    let args = &it.wallet;
    let customer = id("--customer", args.customer.as_deref().context("--customer is missing")?)?;
    let currency = args.currency.as_deref().context("--currency is missing")?;
    let amount = price("--currency, --amount-minor", currency, args.amount_minor)?;
    let mut trial = WalletTrial::new(peer(it)?, customer, amount);
    trial.paths = WalletPaths {
        pay: path("--path-pay", &args.path_pay)?,
        inquiry_payment: path("--path-inquiry", &args.path_inquiry)?,
        cancel_payment: path("--path-cancel", &args.path_cancel)?,
        refund: path("--path-refund", &args.path_refund)?,
        ..WalletPaths::default()
    };
    if let Some(code) = &args.payment_code {
        let code = Text::new(code).map_err(|error| anyhow!("--payment-code: {error}"))?;
        trial.payment_code = Some(code);
    }
    if let Some(psp_id) = &args.psp_id {
        trial.psp_id = id("--psp-id", psp_id)?;
    }
    if let Some(acquirer_id) = &it.acquirer_id {
        trial.acquirer_id = id("--acquirer-id", acquirer_id)?;
    }
    Ok(trial)
}

fn acquirer_trial(it: &Conform) -> Result<AcquirerTrial> {
    let args = &it.acquirer;
    let amount = args.amount.as_deref().map(amount).transpose()?;
    let named = |flag: &str, text: &Option<String>| -> Result<Option<(Id, Amount)>> {
        match (text, amount) {
            (Some(text), Some(amount)) => Ok(Some((id(flag, text)?, amount))),
            _ => Ok(None),
        }
    };
    let mut trial = AcquirerTrial::new(peer(it)?);
    trial.notify_path = path("--path-notify", &args.path_notify)?;
    trial.decode_path = path("--path-code", &args.path_code)?;
    trial.payment = named("--payment-request-id", &args.payment_request_id)?;
    trial.failed_payment = named("--failed-payment-request-id", &args.failed_payment_request_id)?;
    trial.code = code("--code", args.code.as_deref())?;
    if let Some(acquirer_id) = &it.acquirer_id {
        trial.acquirer_id = id("--acquirer-id", acquirer_id)?;
    }
    Ok(trial)
}

/// None: the acquirer is not in push mode.
async fn push_trial(it: &Conform) -> Result<Option<PushTrial>> {
    let args = &it.acquirer.push;
    let Some(taken) = code("--push-code", args.push_code.as_deref())? else { return Ok(None) };
    let mut trial = PushTrial::new(taken);
    trial.refused_code = code("--refused-push-code", args.refused_push_code.as_deref())?;
    trial.late_code = code("--late-push-code", args.late_push_code.as_deref())?;
    trial.amount = it.acquirer.amount.as_deref().map(amount).transpose()?;
    trial.push_path = path("--path-push", &args.path_push)?;
    trial.inquiry_path = path("--path-push-inquiry", &args.path_push_inquiry)?;
    if let Some(address) = args.listen {
        let socket = TcpListener::bind(address).await;
        trial.listener = Some(socket.with_context(|| format!("cannot listen on {address}"))?);
    }
    Ok(Some(trial))
}

fn code(flag: &str, text: Option<&str>) -> Result<Option<Opaque<512>>> {
    let code = text.map(Opaque::new).transpose();
    code.map_err(|error| anyhow!("{flag}: {error}"))
}

fn peer(it: &Conform) -> Result<PeerConfig> {
    let key = SigningKey::parse(&read(&it.key)?)
        .with_context(|| format!("{} holds no usable private key", it.key.display()))?;
    let partner_key = VerifyingKey::parse(&read(&it.partner_key)?)
        .with_context(|| format!("{} holds no usable public key", it.partner_key.display()))?;
    SignedMessage::new("/", &it.client_id, ANY_TIME, b"")
        .map_err(|error| anyhow!("--client-id: {error}"))?;
    let network = Credentials {
        key_version: it.key_version,
        ..Credentials::new(&it.client_id, Arc::new(key))
    };
    Ok(PeerConfig {
        network,
        url: origin(&it.url)?,
        partner_key: Arc::new(partner_key),
        partner_key_version: it.partner_key_version,
        patience: Duration::from_secs(it.patience),
        clock: Clock::system(),
    })
}

/// Scheme, host and port, without the slash at the end: a path would have to be signed too, and
/// stands in flags of its own.
fn origin(text: &str) -> Result<String> {
    let wrong = || anyhow!("--url: write scheme, host and port: https://wallet.example");
    let origin = text.trim_end_matches('/');
    let uri: hyper::Uri = origin.parse().map_err(|_| wrong())?;
    let is_http = matches!(uri.scheme_str(), Some("http" | "https"));
    let is_bare = uri.path_and_query().is_none_or(|rest| rest.as_str() == "/");
    if is_http && is_bare { Ok(origin.to_owned()) } else { Err(wrong()) }
}

/// A path that can be called and signed.
fn path(flag: &str, text: &str) -> Result<String> {
    let signed = SignedMessage::new(text, "C", ANY_TIME, b"");
    signed.map(|_| text.to_owned()).map_err(|error| anyhow!("{flag}: {error}"))
}

fn read(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))
}

fn id(flag: &str, text: &str) -> Result<Id> {
    Id::new(text).map_err(|error| anyhow!("{flag}: {error}"))
}

fn price(flag: &str, currency: &str, minor: u64) -> Result<Money> {
    let currency = Currency::from_code(currency);
    let currency = currency.with_context(|| format!("{flag}: not an ISO 4217 code"))?;
    Money::new(minor, currency).map_err(|error| anyhow!("{flag}: {error}"))
}

/// Reads `JPY:1200`.
fn amount(text: &str) -> Result<Amount> {
    let flag = "--amount";
    let (currency, minor) = text.split_once(':').context("--amount: write it as JPY:1200")?;
    let minor: u64 = minor.parse().context("--amount: minor units are digits")?;
    if minor == 0 {
        bail!("{flag}: a payment of nothing");
    }
    price(flag, currency, minor).map(Amount)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_currency_and_minor_units() {
        assert_eq!(amount("JPY:1200").unwrap().0.minor(), 1_200);
        for wrong in ["", "JPY", "JPY:", "JPY:-1", "JPY:0", "YEN:5", "JPY:1.5"] {
            assert!(amount(wrong).is_err(), "{wrong}");
        }
    }
    #[test]
    fn what_cannot_be_called_or_signed_is_refused_before_the_run() {
        assert_eq!(origin("https://wallet.example/").unwrap(), "https://wallet.example");
        assert_eq!(origin("http://127.0.0.1:8791").unwrap(), "http://127.0.0.1:8791");
        for wrong in
            ["", "wallet.example", "ftp://wallet.example", "https://w.example/v1", "http://"]
        {
            assert!(origin(wrong).is_err(), "{wrong}");
        }
        assert_eq!(path("--path-pay", "/pay?v=2").unwrap(), "/pay?v=2");
        for wrong in ["", "pay", "/p ay"] {
            assert!(path("--path-pay", wrong).is_err(), "{wrong}");
        }
    }
}
