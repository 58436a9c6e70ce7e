//! `GET /sim/state` of the wallet.

use super::dispute::DisputeView;
use super::registration::Reported;
use super::{SimWallet, Wallet};
use crate::behaviour::Api;
use crate::books::{Account, PaymentState};
use crate::script::Step;
use serde::Serialize;
use std::collections::BTreeMap;

/// Most payments and refunds listed, the last ones by id.
const MAX_LISTED: usize = 200;

/// The wallet as JSON, for people and tests.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct WalletState {
    pub client_id: String,
    pub name: String,
    pub country: String,
    pub currency: String,
    pub users: BTreeMap<String, UserState>,
    pub payment_count: usize,
    pub refund_count: usize,
    /// Up to 200.
    pub payments: Vec<PaymentView>,
    /// Refund request ids with their codes, up to 200.
    pub refunds: BTreeMap<String, &'static str>,
    /// `ok`, or what does not add up.
    pub books: String,
    /// Calls received, notifications sent, signatures refused.
    pub counts: BTreeMap<&'static str, u64>,
    /// Merchants that the network reported, by their acquirer's reference.
    pub merchants: BTreeMap<String, Reported>,
    pub disputes: BTreeMap<String, DisputeView>,
    /// Steps of scripts that wait.
    pub script: BTreeMap<Api, Vec<Step>>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UserState {
    pub balance_minor: u64,
    #[serde(flatten)]
    pub account: Account,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PaymentView {
    pub payment_request_id: String,
    pub payment_id: String,
    pub state: &'static str,
    pub code: &'static str,
    pub user: Option<String>,
    pub payment_amount: Option<String>,
    pub pay_to_amount: Option<String>,
    pub taken_minor: u64,
    pub returned_minor: u64,
}

impl Wallet {
    pub(super) fn view(&self) -> WalletState {
        let (books, config) = (self.books(), &self.config);
        let payments = books.payments.iter().rev().take(MAX_LISTED).map(|(id, row)| PaymentView {
            payment_request_id: id.clone(),
            payment_id: row.payment_id.clone(),
            state: match row.state {
                PaymentState::InProcess => "inProcess",
                PaymentState::Paid => "paid",
                PaymentState::Failed(_) => "failed",
                PaymentState::Cancelled => "cancelled",
            },
            code: row.state.code().as_str(),
            user: row.order.as_ref().map(|order| order.customer_id.clone()),
            payment_amount: row.order.as_ref().map(|order| order.payment_amount.to_string()),
            pay_to_amount: row.order.as_ref().map(|order| order.pay_to_amount.to_string()),
            taken_minor: row.taken_minor,
            returned_minor: row.returned_minor,
        });
        let users = books.accounts.iter().map(|(user, account)| {
            let balance_minor = account.balance_minor();
            (user.clone(), UserState { balance_minor, account: *account })
        });
        let refunds = books.refunds.iter().rev().take(MAX_LISTED);
        WalletState {
            client_id: config.credentials.client_id.clone(),
            name: config.name.clone(),
            country: config.country.clone(),
            currency: config.currency.code().to_string(),
            users: users.collect(),
            payment_count: books.payments.len(),
            refund_count: books.refunds.len(),
            payments: payments.collect(),
            refunds: refunds.map(|(id, row)| (id.clone(), row.code.as_str())).collect(),
            books: books.check().err().unwrap_or_else(|| "ok".to_string()),
            counts: self.counts.lock().expect("no code panics while it holds the counters").clone(),
            merchants: self.merchants().clone(),
            disputes: self.disputes_seen(),
            script: self.scripts().waiting(),
        }
    }
}

impl SimWallet {
    /// What `GET /sim/state` shows.
    pub fn state(&self) -> WalletState {
        self.wallet.view()
    }
}
