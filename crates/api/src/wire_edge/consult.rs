//! `consultPayment`: which wallets could pay here, and why the others could not.

use super::answer::{Answered, Outcome};
use super::door::Door;
use base::ResultCode;
use directory::{Country, MerchantKey, Participant};
use effects::Partner;
use ids::Partition;
use network::{Consult, Refusal, WalletOption, Way};
use wire::acqp::{
    AmountLimit, ConnectWallet, ConsultPaymentRequest, ConsultPaymentResponse, Logo,
    PaymentMethodCategory, PaymentOption, PaymentOptionDetail, SupportWallet, WalletFeature,
};
use wire::{Label, Mode, Text, WireError};

pub(crate) async fn handle(door: &Door, caller: &Partner, body: &[u8]) -> Outcome {
    let request: ConsultPaymentRequest = wire::parse(body)?;
    let way = match request.payment_factor.mode()? {
        Mode::Cashier => Way::Cashier,
        Mode::AutoDebit => Way::AutoDebit,
        Mode::OrderCode => Way::OrderCode,
        Mode::EntryCode => Way::EntryCode,
        Mode::UserCode => Way::UserCode,
    };
    let user_region = request.user_region.as_ref().map(|text| region(text.as_str()));
    let merchant = request.merchant.map(|it| it.reference_merchant_id);
    let acquirer = caller.participant.id;
    let consult = Consult {
        amount: request.payment_amount.0,
        way,
        country: caller.participant.country,
        merchant: merchant.map(|reference| MerchantKey { acquirer, reference }),
        store: None,
        user_region: user_region.transpose()?,
    };
    if !caller.participant.contract.may_order_in(consult.amount.currency()) {
        let message = "paymentAmount.currency: not in the acquirer's contract";
        return Err(Refusal::new(ResultCode::CurrencyNotSupport, message).into());
    }
    let now = door.now();
    let look = move |machine: &network::Network, _: &dyn base::History, stamp: base::Stamp| {
        let mut consult = consult;
        if let Some(key) = &consult.merchant {
            consult.country = machine.directory().merchant(key)?.country;
        }
        Some(machine.wallets_for(&consult, now.max(stamp.time)))
    };
    let Some(options) = door.partitions.read(Partition(0), look).await? else {
        let message = "merchant.referenceMerchantId: not registered; call registration first, or leave it out";
        return Err(Refusal::new(ResultCode::MerchantNotRegistered, message).into());
    };
    let mut response = ConsultPaymentResponse::new(ResultCode::Success.into());
    response.payment_options = Some(rows(&options));
    Ok(Answered::new(ResultCode::Success, &response))
}

fn region(text: &str) -> Result<Country, WireError> {
    Country::new(text).ok_or_else(|| {
        WireError::new("userRegion", "is not two capital letters", "send ISO 3166-1 alpha-2")
    })
}

/// First all wallets behind one button, then each by itself.
fn rows(options: &[WalletOption]) -> Vec<PaymentOption> {
    let usable = options.iter().filter(|option| option.refusal.is_none());
    let wallets: Vec<SupportWallet> = usable.filter_map(|option| wallet(&option.mpp)).collect();
    let method = Text::new("CONNECT_WALLET").expect("a short text");
    let mut all = PaymentOption::new(method, !wallets.is_empty());
    all.payment_method_category = Some(PaymentMethodCategory::ConnectWallet);
    if wallets.is_empty() {
        all.disable_reason = Label::new("no wallet can pay this").ok();
    }
    all.payment_option_detail = Some(PaymentOptionDetail::new(
        PaymentMethodCategory::ConnectWallet,
        ConnectWallet::new(wallets),
    ));
    let each = options.iter().filter_map(row);
    std::iter::once(all).chain(each).collect()
}

fn row(option: &WalletOption) -> Option<PaymentOption> {
    let mpp = &option.mpp;
    let method = Text::new(mpp.code.as_str()).ok()?;
    let mut row = PaymentOption::new(method, option.refusal.is_none());
    row.payment_method_category = Some(PaymentMethodCategory::Wallet);
    row.brand_name = Label::new(mpp.name.as_str()).ok();
    row.logo = logo(mpp);
    row.disable_reason = option.refusal.as_ref().and_then(|it| Label::new(it.code.as_str()).ok());
    let min = mpp
        .contract
        .min_payments
        .iter()
        .map(|limit| AmountLimit { min_amount: Some((*limit).into()), ..AmountLimit::new() });
    let max = mpp
        .contract
        .max_payments
        .iter()
        .map(|limit| AmountLimit { max_amount: Some((*limit).into()), ..AmountLimit::new() });
    let limits: Vec<AmountLimit> = min.chain(max).collect();
    row.amount_limits = (!limits.is_empty()).then_some(limits);
    Some(row)
}

fn wallet(mpp: &Participant) -> Option<SupportWallet> {
    let mut wallet = SupportWallet::new(Label::new(mpp.name.as_str()).ok()?);
    wallet.wallet_brand_name = Label::new(mpp.name.as_str()).ok();
    wallet.wallet_logo = logo(mpp);
    wallet.wallet_region = Text::new(mpp.country.as_str()).ok();
    let opens = mpp.endpoints.app_link.is_some() || mpp.endpoints.app_scheme.is_some();
    wallet.wallet_feature = Some(WalletFeature::new(true, opens));
    Some(wallet)
}

fn logo(mpp: &Participant) -> Option<Logo> {
    let url = mpp.endpoints.logo.clone()?;
    let logo_name = Label::new(mpp.code.as_str()).ok();
    Some(Logo { logo_name, logo_url: Some(url) })
}
