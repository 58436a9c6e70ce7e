//! What the operator sees and does: the operations API, the directory on the disk, and the process
//! itself.

use super::over_http::OverHttp;
use directory::Contract;
use hyper::{Method, StatusCode};
use money::Money;
use network::EffectKind;
use serde_json::{Value, json};
use sim::scenario::{Act, Outcome, Restart};
use std::collections::BTreeMap;
use std::os::unix::fs::FileExt;
use std::path::Path;

impl OverHttp {
    /// The whole story of a payment.
    pub(super) fn story(&self, name: &str) -> Result<Value, String> {
        self.get(&format!("/v1/payments/{}", self.known(name)?.id))
    }

    /// Breaks as the operations API lists them.
    pub(super) fn breaks(&self) -> Outcome {
        let page = self.get("/v1/breaks?limit=200")?;
        let payments = page["payments"].as_array().ok_or("no breaks are told")?;
        let count = |it: &Value| it["breaks"].as_array().map_or(0, Vec::len);
        Ok(payments.iter().map(count).sum::<usize>().to_string())
    }

    fn balances(&self) -> Result<(BTreeMap<String, String>, Value), String> {
        let found = self.get("/v1/accounts")?;
        let accounts = found["accounts"].as_array().ok_or("no accounts are told")?;
        let line =
            |it: &Value| Some((it["account"].as_str()?.into(), it["balance"].as_str()?.into()));
        let balances = accounts.iter().map(line).collect::<Option<_>>();
        Ok((balances.ok_or("an account lacks its balance")?, found["sums"].clone()))
    }

    pub(super) fn account(&self, name: &str) -> Outcome {
        let (mut balances, _) = self.balances()?;
        Ok(balances.remove(name).unwrap_or_else(|| "0".to_owned()))
    }

    /// A change by the operator.
    pub(super) fn operate(&mut self, act: &Act) -> Outcome {
        let of = |code: &str, what: &str| format!("/v1/participants/{code}/{what}");
        let (method, path, body) = match act {
            Act::Status { participant, is_suspended } => {
                let body = json!({ "isSuspended": is_suspended });
                (Method::PUT, of(participant, "status"), Some(body))
            }
            Act::Cap { wallet, cap } => {
                let mut contract = self.contract(wallet)?;
                let currency = sim::preset::currency(&cap.currency);
                let cap = Money::parse_minor(&cap.value, currency);
                contract.caps = vec![cap.map_err(|error| error.to_string())?];
                return self.set_contract(wallet, contract);
            }
            Act::Terms(terms) => {
                let contract = terms.change(self.contract(&terms.participant)?)?;
                return self.set_contract(&terms.participant, contract);
            }
            Act::Halt { base, quote, is_halted } => {
                let body = json!({ "base": base, "quote": quote, "isHalted": is_halted });
                (Method::POST, "/v1/corridors".to_owned(), Some(body))
            }
            Act::Rates { reference, prices, accept } => {
                let prices: BTreeMap<_, _> = prices.iter().cloned().collect();
                let body = json!({
                    "source": "preset", "reference": reference, "rates": prices,
                    "asOfMillis": engine::Clock::now(&*self.clock).millis(),
                    "acceptOutsideBand": accept,
                });
                (Method::POST, "/v1/rates".to_owned(), Some(body))
            }
            Act::Key { participant, version } => {
                let key = self.courier.key(*version).public().to_spki_pem();
                let body = json!({ "version": version, "publicKey": key });
                (Method::POST, of(participant, "keys"), Some(body))
            }
            Act::Retire { participant, version } => {
                (Method::DELETE, of(participant, &format!("keys/{version}")), None)
            }
            other => return Err(format!("cannot be done through HTTP: {other:?}")),
        };
        self.change(method, &path, body)
    }

    fn change(&self, method: Method, path: &str, body: Option<Value>) -> Outcome {
        let ask = self.courier.operate(self.net().address, method, path, body);
        let (status, body) = self.on_partners(ask)?;
        if status == StatusCode::NO_CONTENT {
            return Ok("S SUCCESS".to_owned());
        }
        let body: Value = serde_json::from_slice(&body).map_err(|error| error.to_string())?;
        if status == StatusCode::OK {
            let refused = body["rejected"].as_array().map_or(0, Vec::len);
            return Ok(format!("{} taken, {refused} refused", body["accepted"]));
        }
        Ok(format!("F {}", body["code"].as_str().unwrap_or_default()))
    }

    fn contract(&self, code: &str) -> Result<Contract, String> {
        self.contracts.get(code).cloned().ok_or_else(|| format!("no participant {code}"))
    }

    fn set_contract(&mut self, code: &str, contract: Contract) -> Outcome {
        let body = contract_body(&contract);
        let path = format!("/v1/participants/{code}/contract");
        let came = self.change(Method::PUT, &path, Some(body))?;
        if came == "S SUCCESS" {
            self.contracts.insert(code.to_owned(), contract);
        }
        Ok(came)
    }

    /// Kills the network and starts it again.
    pub(super) fn restart(&mut self, restart: Restart) -> Outcome {
        if let Some(net) = self.net.take() {
            net.kill();
        }
        self.desk.forget();
        let partition = self.home.path().join("partition-0");
        let gone = [
            ("snapshots", restart.without_snapshots),
            ("index", restart.without_index),
            ("archive", restart.without_index),
        ];
        for (name, _) in gone.into_iter().filter(|(_, is_gone)| *is_gone) {
            match std::fs::remove_dir_all(partition.join(name)) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(format!("{name}: {error}"));
                }
                _ => {}
            }
        }
        if restart.is_torn {
            tear(&partition.join("log")).map_err(|error| error.to_string())?;
        }
        self.start()?;
        if restart.is_torn && self.net().startup.torn_bytes == 0 {
            return Err("the torn end of the log was not reported".to_owned());
        }
        // What may have left before is not sent again, but counts as silence.
        self.until("the end of the calls from before", || {
            let is_pay = |it: &network::PaymentEffect| it.id.kind == EffectKind::Pay;
            Ok((!self.outbox()?.iter().any(is_pay)).then_some(()))
        })?;
        Ok(String::new())
    }

    /// The books balance, no partner had a complaint, and the log alone gives the same balances.
    pub(super) fn check_end(&mut self) -> Result<(), String> {
        if let [complaint, ..] = &self.desk.complaints()[..] {
            return Err(format!("a partner complains: {complaint}"));
        }
        let (before, sums) = self.balances()?;
        let sums = sums.as_object().ok_or("no sums are told")?;
        if let Some((currency, sum)) = sums.iter().find(|(_, sum)| *sum != "0") {
            return Err(format!("the books do not balance: {currency} {sum}"));
        }
        self.restart(Restart { without_snapshots: true, without_index: true, is_torn: false })?;
        let (after, _) = self.balances()?;
        if before != after {
            return Err("read again, the log gives other balances".to_owned());
        }
        if let Some(net) = self.net.take() {
            net.kill();
        }
        Ok(())
    }
}

/// A contract as the operations API takes it.
fn contract_body(it: &Contract) -> Value {
    let codes = |all: &[money::Currency]| all.iter().map(|it| it.code()).collect::<Vec<_>>();
    let amounts = |all: &[Money]| {
        let view = |it: &Money| json!({ "currency": it.currency().code(), "value": it.minor().to_string() });
        all.iter().map(view).collect::<Vec<_>>()
    };
    let fee = |rule: &directory::FeeRule| {
        json!({
            "currency": rule.currency.map(|it| it.code()),
            "interchangeBps": rule.fees.interchange_bps,
            "interchangeFixedMinor": rule.fees.interchange_fixed_minor,
            "networkBps": rule.fees.network_bps,
            "networkFixedMinor": rule.fees.network_fixed_minor,
        })
    };
    let range = |it: &directory::MccRange| format!("{}-{}", it.first, it.last);
    json!({
        "settlementCurrencies": codes(&it.settlement_currencies),
        "fees": it.fees.iter().map(fee).collect::<Vec<_>>(),
        "markupBps": it.markup_bps,
        "maxPayments": amounts(&it.max_payments),
        "blockedMccs": it.blocked_mccs.iter().map(range).collect::<Vec<_>>(),
        "caps": amounts(&it.caps),
        "debitAllowances": amounts(&it.debit_allowances),
        "approvesMerchants": it.approves_merchants,
        "refundReturnsInterchange": it.refund_returns_interchange,
        "refundReturnsNetworkFee": it.refund_returns_network_fee,
    })
}

/// Leaves behind the last record what a write that was cut short leaves.
fn tear(log: &Path) -> std::io::Result<()> {
    let mut segments: Vec<_> = std::fs::read_dir(log)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<std::io::Result<_>>()?;
    segments.retain(|path| path.metadata().is_ok_and(|it| it.len() > 1_000));
    segments.sort();
    let last = segments.last().ok_or(std::io::ErrorKind::NotFound)?;
    let bytes = std::fs::read(last)?;
    let end = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |at| at + 1);
    let offset = u64::try_from(end + 64).expect("a segment is small");
    std::fs::OpenOptions::new().write(true).open(last)?.write_all_at(&[0xA5; 40], offset)
}
