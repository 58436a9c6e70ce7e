//! Which wallets could pay an order, and why the others could not: for checkout pages.

use crate::handlers::{WalletCheck, check_wallet, quote_for};
use crate::{Network, Payment, Refusal, Way};
use base::{ResultCode, Timestamp};
use directory::{Country, Merchant, MerchantKey, Participant, Role, StoreText};
use fx::Side;
use money::Money;
use std::sync::Arc;

/// A purchase that somebody thinks about. Nothing is recorded.
#[derive(Clone, Debug)]
pub struct Consult {
    /// What the shop asks for; zero when it is not known yet.
    pub amount: Money,
    pub way: Way,
    /// Where the shop is.
    pub country: Country,
    /// The shop, when it is known.
    pub merchant: Option<MerchantKey>,
    /// The store in which it happens, when it is known.
    pub store: Option<StoreText>,
    /// Whose wallets come first.
    pub user_region: Option<Country>,
}

/// One wallet's part in it.
#[derive(Clone, Debug)]
pub struct WalletOption {
    pub mpp: Arc<Participant>,
    /// What the user would pay at the present rate; nothing is locked.
    pub price: Option<Money>,
    /// Why this wallet cannot pay.
    pub refusal: Option<Refusal>,
}

impl Network {
    /// All wallets: those that can pay first, and among them those of the user's region.
    pub fn wallets_for(&self, consult: &Consult, now: Timestamp) -> Vec<WalletOption> {
        let merchant = consult.merchant.as_ref().and_then(|key| self.directory().merchant(key));
        let wallets = self.directory().participants().filter(|it| it.role == Role::Mpp);
        let mut options: Vec<WalletOption> = wallets
            .map(|mpp| {
                let price = self.consulted(consult, merchant.map(|it| &**it), mpp, now);
                let (price, refusal) = match price {
                    Ok(price) => (price, None),
                    Err(refusal) => (None, Some(refusal)),
                };
                WalletOption { mpp: Arc::clone(mpp), price, refusal }
            })
            .collect();
        options.sort_by_key(|option| {
            let is_local = consult.user_region.is_some_and(|region| region == option.mpp.country);
            (option.refusal.is_some(), !is_local)
        });
        options
    }

    /// The wallets that may take up this order.
    pub fn wallets_for_order(&self, payment: &Payment, now: Timestamp) -> Vec<WalletOption> {
        let reference = payment.order.merchant.clone();
        let key = MerchantKey { acquirer: payment.acquirer, reference };
        let Some(merchant) = self.directory().merchant(&key) else { return Vec::new() };
        let consult = Consult {
            amount: payment.amount,
            way: payment.way,
            country: merchant.country,
            merchant: Some(key),
            store: payment.order.store.clone(),
            user_region: None,
        };
        let mut options = self.wallets_for(&consult, now);
        options.retain(|option| payment.may_be_taken_by(&option.mpp));
        options
    }

    fn consulted(
        &self,
        consult: &Consult,
        merchant: Option<&Merchant>,
        mpp: &Participant,
        now: Timestamp,
    ) -> Result<Option<Money>, Refusal> {
        let amount = Some(consult.amount).filter(|amount| !amount.is_zero());
        let product = consult.way.product();
        let store = consult.store.as_ref();
        let store = merchant.zip(store).and_then(|(merchant, store)| merchant.stores.get(store));
        let country = consult.country;
        check_wallet(mpp, &WalletCheck { amount, product, country, merchant, store })?;
        let wallet_currency = mpp.contract.settlement_currencies[0];
        if consult.amount.currency() == wallet_currency {
            return Ok(amount);
        }
        let markup = (Side::PayerPays, mpp.contract.markup_bps);
        let quote = quote_for(self, (consult.amount.currency(), wallet_currency), markup, now)?;
        let Some(amount) = amount else { return Ok(None) };
        let leg = fx::leg(amount, &quote).map_err(|_| {
            let message = "paymentAmount: too large to be converted";
            Refusal::new(ResultCode::PaymentAmountExceedLimit, message)
        })?;
        Ok(Some(leg.target))
    }
}
