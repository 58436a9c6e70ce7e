//! Commands that ask a running network through its operations API.

use anyhow::{Context, Result, bail};
use clap::{Args, Subcommand};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use wire::SigningKey;

/// Which network, and as whom.
#[derive(Debug, Args)]
pub struct Server {
    /// The network's base URL.
    #[arg(long, env = "DHOW_SERVER", default_value = "http://127.0.0.1:8787")]
    server: String,
    /// The token; without it, the one in the data directory.
    #[arg(long, env = "DHOW_TOKEN", hide_env_values = true)]
    token: Option<String>,
    /// The network's data directory, for its token.
    #[arg(long, default_value = "data")]
    data: PathBuf,
    /// Why: it stands in the log with every write.
    #[arg(long, default_value = "command line")]
    reason: String,
}

#[derive(Debug, Subcommand)]
pub enum ParticipantCommand {
    /// List all participants.
    List(Server),
    /// Show one participant.
    Show {
        code: String,
        #[command(flatten)]
        server: Server,
    },
    /// Add a participant.
    Add(Box<AddArgs>),
    /// Stop a participant at once.
    Suspend {
        code: String,
        #[command(flatten)]
        server: Server,
    },
    /// Let a suspended participant in again.
    Resume {
        code: String,
        #[command(flatten)]
        server: Server,
    },
}

#[derive(Debug, Args)]
pub struct AddArgs {
    #[arg(long)]
    code: String,
    #[arg(long)]
    client_id: String,
    #[arg(long)]
    name: String,
    /// MPP or ACQP.
    #[arg(long)]
    role: String,
    #[arg(long)]
    country: String,
    /// Settlement currency; give it once per currency.
    #[arg(long = "settles-in", required = true)]
    settles_in: Vec<String>,
    #[arg(long, default_value_t = 0)]
    markup_bps: u32,
    /// File with the participant's public key, PEM or base64.
    #[arg(long)]
    public_key: Option<PathBuf>,
    /// Scheme, host and port of the participant.
    #[arg(long)]
    origin: Option<String>,
    /// Notification URL of an acquirer.
    #[arg(long)]
    notify: Option<String>,
    #[command(flatten)]
    server: Server,
}

#[derive(Debug, Subcommand)]
pub enum KeysCommand {
    /// Make a key pair: OUT.pem (private, PKCS#8) and OUT.pub. Prints the forms that partners'
    /// libraries want.
    Generate {
        #[arg(long)]
        out: PathBuf,
        /// Ed25519 instead of RSA-2048.
        #[arg(long)]
        ed25519: bool,
    },
    /// Make a private key (PKCS#8) the network's own, before its first start.
    Import {
        file: PathBuf,
        #[arg(long, default_value = "data")]
        data: PathBuf,
    },
    /// Print the network's public key.
    Public {
        #[arg(long, default_value = "data")]
        data: PathBuf,
    },
    /// Enrol a participant's public key.
    Enrol {
        code: String,
        #[arg(long)]
        version: u32,
        file: PathBuf,
        #[command(flatten)]
        server: Server,
    },
    /// End a participant's key at once.
    Retire {
        code: String,
        #[arg(long)]
        version: u32,
        #[command(flatten)]
        server: Server,
    },
}

#[derive(Debug, Subcommand)]
pub enum PaymentCommand {
    /// The whole story of one payment.
    Show {
        id: String,
        #[command(flatten)]
        server: Server,
    },
    /// Search payments, newest first.
    Search(Box<SearchArgs>),
    /// Payments about which a wallet contradicted itself or the books.
    Breaks {
        /// Older than this payment id.
        #[arg(long)]
        before: Option<String>,
        #[arg(long, default_value_t = 20)]
        limit: usize,
        #[command(flatten)]
        server: Server,
    },
}

/// Which payments; everything given must fit.
#[derive(Debug, Args)]
pub struct SearchArgs {
    /// Code of the acquirer; all acquirers when absent.
    #[arg(long)]
    acquirer: Option<String>,
    /// The acquirer's reference of the merchant.
    #[arg(long, requires = "acquirer")]
    merchant: Option<String>,
    /// The acquirer's paymentRequestId.
    #[arg(long, requires = "acquirer")]
    request_id: Option<String>,
    /// Code of the wallet.
    #[arg(long)]
    wallet: Option<String>,
    /// The wallet's own id of the payment.
    #[arg(long)]
    wallet_payment_id: Option<String>,
    /// Paid, Unknown, Failed, ...
    #[arg(long)]
    state: Option<String>,
    /// Order currency.
    #[arg(long)]
    currency: Option<String>,
    /// Made at this time or later: 2026-11-22T00:00:00Z.
    #[arg(long)]
    since: Option<String>,
    /// Made before this time.
    #[arg(long)]
    until: Option<String>,
    /// Older than this payment id.
    #[arg(long)]
    before: Option<String>,
    #[arg(long, default_value_t = 20)]
    limit: usize,
    #[command(flatten)]
    server: Server,
}

impl SearchArgs {
    fn path(&self) -> String {
        let mut path = format!("/v1/payments?limit={}", self.limit);
        for (name, value) in [
            ("acquirer", &self.acquirer),
            ("merchant", &self.merchant),
            ("paymentRequestId", &self.request_id),
            ("wallet", &self.wallet),
            ("walletPaymentId", &self.wallet_payment_id),
            ("state", &self.state),
            ("currency", &self.currency),
            ("since", &self.since),
            ("until", &self.until),
            ("before", &self.before),
        ] {
            if let Some(value) = value {
                path.push_str(&format!("&{name}={}", escaped(value)));
            }
        }
        path
    }
}

/// Text as it may stand in a query.
pub(crate) fn escaped(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:".contains(&byte);
    let one = |byte: u8| match plain(byte) {
        true => char::from(byte).to_string(),
        false => format!("%{byte:02X}"),
    };
    text.bytes().map(one).collect()
}

#[derive(Debug, Subcommand)]
pub enum LedgerCommand {
    /// All accounts with their sums.
    Accounts {
        /// As they were after this record of the log.
        #[arg(long)]
        at: Option<u64>,
        /// Only this partition.
        #[arg(long)]
        partition: Option<u8>,
        #[command(flatten)]
        server: Server,
    },
    /// What each wallet owes, against its cap.
    Positions(Server),
}

#[derive(Debug, Subcommand)]
pub enum RatesCommand {
    /// The rates that are held.
    Show(Server),
    /// Load rates from a file: the ECB's eurofxref XML, or CSV lines `currency,price`.
    Load {
        file: PathBuf,
        #[arg(long, default_value = "file")]
        source: String,
        /// What the prices are for one unit of; the XML form is always EUR.
        #[arg(long, default_value = "EUR")]
        reference: String,
        /// Accept rates outside the band.
        #[arg(long)]
        accept: bool,
        #[command(flatten)]
        server: Server,
    },
}

/// One call of the operations API.
pub(crate) struct Call<'a> {
    pub method: &'a str,
    pub path: &'a str,
    pub body: Option<Value>,
}

pub(crate) fn get(path: &str) -> Call<'_> {
    Call { method: "GET", path, body: None }
}

impl Server {
    pub(crate) fn new(server: &str, token: Option<&str>, data: &Path, reason: &str) -> Server {
        Server {
            server: server.to_owned(),
            token: token.map(str::to_owned),
            data: data.to_owned(),
            reason: reason.to_owned(),
        }
    }

    fn token(&self) -> Result<String> {
        if let Some(token) = &self.token {
            return Ok(token.clone());
        }
        let path = self.data.join("operator-token");
        let text = std::fs::read_to_string(&path)
            .with_context(|| format!("no --token given, and {} cannot be read", path.display()))?;
        Ok(text.trim().to_owned())
    }

    async fn send(&self, call: Call<'_>) -> Result<(u16, bytes::Bytes)> {
        let uri = format!("{}{}", self.server.trim_end_matches('/'), call.path);
        let body = call.body.map(|body| body.to_string()).unwrap_or_default();
        let request = hyper::Request::builder()
            .method(call.method)
            .uri(uri)
            .header("authorization", format!("Bearer {}", self.token()?))
            .header("x-reason", &self.reason)
            .header("content-type", "application/json")
            .body(Full::new(bytes::Bytes::from(body)))?;
        let client = Client::builder(TokioExecutor::new()).build_http();
        let answer = client.request(request).await?;
        let status = answer.status().as_u16();
        Ok((status, answer.into_body().collect().await?.to_bytes()))
    }

    pub(crate) async fn call(&self, call: Call<'_>) -> Result<Value> {
        let (status, body) = self.send(call).await.with_context(|| {
            let start = "start a network with `dhow serve`, a wallet with `dhow wallet serve`";
            format!("nobody answers at {}; {start}", self.server)
        })?;
        let value: Value =
            if body.is_empty() { Value::Null } else { serde_json::from_slice(&body)? };
        if status >= 400 {
            bail!(
                "{}: {}",
                value["code"].as_str().unwrap_or("?"),
                value["message"].as_str().unwrap_or("?")
            );
        }
        Ok(value)
    }
}

pub(crate) fn print(value: &Value) -> Result<()> {
    writeln!(std::io::stdout(), "{}", serde_json::to_string_pretty(value)?)?;
    Ok(())
}

fn cell(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        Value::Object(amount) if amount.contains_key("value") => {
            format!("{} {}", cell(&amount["currency"]), cell(&amount["value"]))
        }
        other => other.to_string(),
    }
}

/// Prints the rows of a list as a table of these fields.
fn table(rows: &Value, fields: &[&str]) -> Result<()> {
    let rows: Vec<Vec<String>> = rows
        .as_array()
        .into_iter()
        .flatten()
        .map(|row| fields.iter().map(|field| cell(&row[*field])).collect())
        .collect();
    let header = fields.iter().map(ToString::to_string).collect::<Vec<_>>();
    let width = |at: usize| {
        rows.iter().chain([&header]).map(|row| row[at].chars().count()).max().unwrap_or_default()
    };
    let widths: Vec<usize> = (0..fields.len()).map(width).collect();
    let mut out = std::io::stdout().lock();
    for row in [&header].into_iter().chain(&rows) {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        writeln!(out, "{}", cells.collect::<Vec<_>>().join("  ").trim_end())?;
    }
    Ok(())
}

pub(crate) fn show(value: &Value, json: bool, fields: &[&str]) -> Result<()> {
    if json { print(value) } else { table(value, fields) }
}

pub async fn participant(command: ParticipantCommand, json: bool) -> Result<()> {
    match command {
        ParticipantCommand::List(server) => {
            let all = server.call(get("/v1/participants")).await?;
            show(&all, json, &["id", "code", "role", "name", "country", "status", "clientId"])
        }
        ParticipantCommand::Show { code, server } => {
            print(&server.call(get(&format!("/v1/participants/{code}"))).await?)
        }
        ParticipantCommand::Add(it) => add(*it).await,
        ParticipantCommand::Suspend { code, server } => set_status(&server, &code, true).await,
        ParticipantCommand::Resume { code, server } => set_status(&server, &code, false).await,
    }
}

async fn set_status(server: &Server, code: &str, is_suspended: bool) -> Result<()> {
    let path = format!("/v1/participants/{code}/status");
    let body = Some(json!({ "isSuspended": is_suspended }));
    server.call(Call { method: "PUT", path: &path, body }).await?;
    println!("{code} is {}", if is_suspended { "suspended" } else { "active" });
    Ok(())
}

async fn add(it: AddArgs) -> Result<()> {
    let public_key = match &it.public_key {
        Some(path) => Some(read(path)?),
        None => None,
    };
    let wallet = |path: &str| (it.role == "MPP" && it.origin.is_some()).then(|| path.to_owned());
    let body = json!({
        "code": it.code, "clientId": it.client_id, "name": it.name, "role": it.role,
        "country": it.country, "publicKey": public_key,
        "endpoints": {
            "origin": it.origin,
            "pay": wallet(wire::paths::wallet::PAY),
            "inquiry": wallet(wire::paths::wallet::INQUIRY_PAYMENT),
            "cancel": wallet(wire::paths::wallet::CANCEL_PAYMENT),
            "refund": wallet(wire::paths::wallet::REFUND),
            "notify": it.notify,
        },
        "contract": { "settlementCurrencies": it.settles_in, "markupBps": it.markup_bps },
    });
    let call = Call { method: "POST", path: "/v1/participants", body: Some(body) };
    print(&it.server.call(call).await?)
}

pub(crate) fn read(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}

pub async fn keys(command: KeysCommand, json: bool) -> Result<()> {
    match command {
        KeysCommand::Generate { out, ed25519 } => generate(&out, ed25519, json),
        KeysCommand::Import { file, data } => {
            let key = SigningKey::parse(read(&file)?.as_bytes())
                .with_context(|| format!("{} holds no usable private key", file.display()))?;
            let path = data.join("network-key.pem");
            if path.exists() {
                bail!("{} exists: the network has a key already", path.display());
            }
            std::fs::create_dir_all(&data)?;
            crate::node::write_secret(&path, key.to_pkcs8_pem()?.as_bytes())?;
            println!("imported; fingerprint {}", key.public().fingerprint());
            Ok(())
        }
        KeysCommand::Public { data } => {
            let key = crate::node::network_key(&data)?;
            if json {
                let public = key.public();
                let (spki, print_of) = (public.to_spki_base64(), public.fingerprint());
                return print(&json!({ "spkiBase64": spki, "fingerprint": print_of }));
            }
            print!("{}", key.public().to_spki_pem());
            Ok(())
        }
        KeysCommand::Enrol { code, version, file, server } => {
            let body = Some(json!({ "version": version, "publicKey": read(&file)? }));
            let path = format!("/v1/participants/{code}/keys");
            server.call(Call { method: "POST", path: &path, body }).await?;
            println!("key {version} of {code} is enrolled");
            Ok(())
        }
        KeysCommand::Retire { code, version, server } => {
            let path = format!("/v1/participants/{code}/keys/{version}");
            server.call(Call { method: "DELETE", path: &path, body: None }).await?;
            println!("key {version} of {code} is retired");
            Ok(())
        }
    }
}

fn generate(out: &Path, is_ed25519: bool, json: bool) -> Result<()> {
    let key =
        if is_ed25519 { SigningKey::generate_ed25519()? } else { SigningKey::generate_rsa2048()? };
    let (private, public) = (out.with_extension("pem"), out.with_extension("pub"));
    crate::node::write_secret(&private, key.to_pkcs8_pem()?.as_bytes())?;
    std::fs::write(&public, key.public().to_spki_pem())?;
    let forms = json!({
        "privatePem": private, "publicPem": public,
        "fingerprint": key.public().fingerprint(),
        "publicSpkiBase64": key.public().to_spki_base64(),
    });
    if json {
        return print(&forms);
    }
    println!("private key {}", private.display());
    println!("public key  {} (fingerprint {})", public.display(), key.public().fingerprint());
    println!("one-line public key: {}", key.public().to_spki_base64());
    Ok(())
}

pub async fn payment(command: PaymentCommand, json: bool) -> Result<()> {
    match command {
        PaymentCommand::Show { id, server } => {
            print(&server.call(get(&format!("/v1/payments/{id}"))).await?)
        }
        PaymentCommand::Search(search) => {
            let page = search.server.call(get(&search.path())).await?;
            if json {
                return print(&page);
            }
            let fields =
                ["id", "state", "result", "paymentAmount", "payToAmount", "merchant", "created"];
            table(&page["payments"], &fields)?;
            if let Some(next) = page["next"].as_str() {
                println!("older ones: --before {next}");
            }
            Ok(())
        }
        PaymentCommand::Breaks { before, limit, server } => {
            let before = before.map(|id| format!("&before={}", escaped(&id)));
            let path = format!("/v1/breaks?limit={limit}{}", before.unwrap_or_default());
            let page = server.call(get(&path)).await?;
            if json {
                return print(&page);
            }
            print_breaks(&page)
        }
    }
}

fn print_breaks(page: &Value) -> Result<()> {
    let payments = page["payments"].as_array().context("the server told no payments")?;
    for it in payments {
        let text = |field: &str| it["payment"][field].as_str().unwrap_or("-").to_owned();
        println!("{}  {}  wallet {}", text("id"), text("state"), text("wallet"));
        for found in it["breaks"].as_array().into_iter().flatten() {
            let text = |field: &str| found[field].as_str().unwrap_or("-");
            println!("  {}  {}: {}", text("time"), text("kind"), text("meaning"));
        }
    }
    println!("{} payments", payments.len());
    if let Some(next) = page["next"].as_str() {
        println!("older ones: --before {next}");
    }
    Ok(())
}

pub async fn ledger(command: LedgerCommand, json: bool) -> Result<()> {
    match command {
        LedgerCommand::Accounts { at, partition, server } => {
            let at = at.map(|at| format!("at={at}"));
            let partition = partition.map(|number| format!("partition={number}"));
            let query: Vec<String> = [at, partition].into_iter().flatten().collect();
            let all = server.call(get(&format!("/v1/accounts?{}", query.join("&")))).await?;
            if json {
                return print(&all);
            }
            let fields = ["account", "balance", "debitsPosted", "creditsPosted", "debitsPending"];
            table(&all["accounts"], &fields)?;
            println!("sum per currency: {}", all["sums"]);
            Ok(())
        }
        LedgerCommand::Positions(server) => {
            let all = server.call(get("/v1/positions")).await?;
            show(&all, json, &["wallet", "currency", "owed", "pending", "cap"])
        }
    }
}

pub async fn rates(command: RatesCommand, json: bool) -> Result<()> {
    match command {
        RatesCommand::Show(server) => {
            let all = server.call(get("/v1/rates")).await?;
            show(&all, json, &["pair", "price", "source", "asOf", "isPrimary"])
        }
        RatesCommand::Load { file, source, reference, accept, server } => {
            let file = effects::FeedFile::parse(&read(&file)?)?;
            let body = json!({
                "source": source, "reference": reference, "rates": file.rates,
                "asOfMillis": file.as_of.map(base::Timestamp::millis),
                "acceptOutsideBand": accept,
            });
            let call = Call { method: "POST", path: "/v1/rates", body: Some(body) };
            print(&server.call(call).await?)
        }
    }
}
