//! The users of a wallet, as traffic and stories need them: of a simulated wallet or a real one.

use crate::edge::SimError;
use crate::wallet::SimWallet;
use base::ResultCode;
use money::Money;
use std::future::Future;
use std::pin::Pin;

/// Something that a user does.
pub type UserCall<'a, T> = Pin<Box<dyn Future<Output = Result<T, SimError>> + Send + 'a>>;

/// What a user saw and did about a scanned order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScannedOrder {
    /// In the wallet's currency.
    pub price: Option<Money>,
    /// What the payment says.
    pub result: ResultCode,
}

/// See the module's text.
pub trait Payers: Send + Sync {
    fn users(&self) -> Vec<String>;
    /// Digits for the shop to scan.
    fn payment_code<'a>(&'a self, user: &'a str, region: Option<&'a str>) -> UserCall<'a, String>;
    /// Scans the code of an order and pays it.
    fn scan_and_pay<'a>(&'a self, user: &'a str, code: &'a str) -> UserCall<'a, ScannedOrder>;
    /// The page that a scanned text leads to; none when it is no code for a page.
    fn page_of<'a>(&'a self, user: &'a str, text: &'a str) -> UserCall<'a, Option<String>>;
    /// Agrees to what a merchant asks for at this address of the wallet; returns where the user
    /// goes on.
    fn consent<'a>(&'a self, user: &'a str, address: &'a str) -> UserCall<'a, String>;
}

impl Payers for SimWallet {
    fn users(&self) -> Vec<String> {
        self.config().users.keys().cloned().collect()
    }

    fn payment_code<'a>(&'a self, user: &'a str, region: Option<&'a str>) -> UserCall<'a, String> {
        Box::pin(SimWallet::payment_code(self, user, region))
    }

    fn scan_and_pay<'a>(&'a self, user: &'a str, code: &'a str) -> UserCall<'a, ScannedOrder> {
        Box::pin(async move {
            let (order, result) = SimWallet::scan_and_pay(self, user, code).await?;
            Ok(ScannedOrder { price: order.pay_to_amount.map(|amount| amount.0), result })
        })
    }

    fn page_of<'a>(&'a self, _: &'a str, text: &'a str) -> UserCall<'a, Option<String>> {
        Box::pin(async move {
            let identified = self.identify(text).await?;
            Ok(identified.redirect_url.map(|url| url.as_str().to_owned()))
        })
    }

    fn consent<'a>(&'a self, user: &'a str, address: &'a str) -> UserCall<'a, String> {
        Box::pin(async move {
            let agreement = address.split_once("agreement=").map_or("", |(_, id)| id);
            let back = SimWallet::consent(self, user, agreement);
            back.ok_or_else(|| SimError::Unknown("the user or the agreement".to_owned()))
        })
    }
}
