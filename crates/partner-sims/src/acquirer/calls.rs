//! What the simulated acquirer calls at the network; every result goes through the journal before
//! it is returned.

use super::{Acquirer, Known, Sale, SimAcquirer, SimMerchant};
use crate::edge::SimError;
use crate::journal::{JournalAmount, Line, Source};
use base::{ResultCode, ResultStatus, Text, Timestamp};
use money::Money;
use wire::acqp::{
    CancelPaymentRequest, CancelPaymentResponse, InquiryPaymentRequest, InquiryPaymentResponse,
    InquiryRegistrationStatusRequest, InquiryRegistrationStatusResponse, MerchantRegistration,
    PayRequest, PayResponse, ProductCode, RefundRequest, RefundResponse, RegistrationDetail,
    RegistrationRequest, RegistrationResponse, StoreRegistration, UserInitiatedPayResponse,
};
use wire::mpp::CodeType;
use wire::parts::{
    Address, Env, Id, InStoreScenario, Merchant, Order, PaymentFactor, PaymentMethod,
    SettlementCurrency, SettlementStrategy, Store, TerminalType,
};
use wire::{Amount, AmountOrZero, Api, Datetime, Label, WireResult};

/// What the acquirer asks to be given back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refund {
    /// See [`SimAcquirer::new_id`].
    pub refund_request_id: String,
    pub payment_request_id: String,
    /// In the currency of the price.
    pub amount: Money,
}

pub(super) fn id(text: &str) -> Result<Id, SimError> {
    Id::new(text).map_err(SimError::request)
}

pub(super) fn label<const MAX: usize>(text: &str) -> Result<Label<MAX>, SimError> {
    Label::new(text).map_err(SimError::request)
}

pub(super) fn text<const MAX: usize>(of: &str) -> Result<Text<MAX>, SimError> {
    Text::new(of).map_err(SimError::request)
}

/// The part of an answer that is kept.
pub(super) struct Reported<'a> {
    pub payment_request_id: &'a str,
    pub source: Source,
    pub result: &'a WireResult,
    pub payment_id: Option<&'a Id>,
    pub amount: Option<Amount>,
    pub settlement: Option<AmountOrZero>,
}

impl Reported<'_> {
    pub(super) fn line(&self, now: Timestamp) -> Line {
        Line {
            result: self.result.status().as_str().to_string(),
            code: self.result.result_code.as_str().to_string(),
            payment_id: self.payment_id.map(|id| id.as_str().to_string()),
            payment_amount: self.amount.map(|amount| amount.0.into()),
            settlement_amount: self.settlement.map(|amount| amount.0.into()),
            ..Line::new(self.payment_request_id, self.source, now)
        }
    }
}

/// How an order is shown, when no code is scanned by the shop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presented {
    /// As a code on a till.
    OrderCode,
    /// As a checkout page.
    Cashier,
}

impl Acquirer {
    /// One `pay` for an order that a wallet is to take up. Repeat it with the same sale to repeat
    /// the request.
    pub(super) async fn present(
        &self,
        sale: &Sale,
        how: Presented,
    ) -> Result<PayResponse, SimError> {
        let origin = self.address.get().map_or_else(String::new, |it| format!("http://{it}"));
        let notify_url = format!("{origin}{}", self.config.notify_path);
        let mut request = self.pay_request(sale, &notify_url)?;
        let is_in_store = how == Presented::OrderCode;
        request.payment_method.payment_method_id = None;
        request.payment_factor.is_in_store_payment = Some(is_in_store);
        request.payment_factor.is_cashier_payment = Some(true);
        request.payment_factor.in_store_payment_scenario =
            is_in_store.then_some(InStoreScenario::OrderCode);
        if !is_in_store {
            request.order.env = Some(Env { terminal_type: Some(TerminalType::Web), ..Env::new() });
            request.payment_redirect_url = Some(text(&format!("{origin}{}", super::shop::THANKS))?);
        }
        let new = Known { price: sale.price, result: None, is_cancelled: false };
        self.known().entry(sale.payment_request_id.clone()).or_insert(new);
        let timeout = self.config.pay_timeout;
        let answer: PayResponse = self.edge.call(Api::Pay, &request, timeout).await?;
        self.learn(&Reported {
            payment_request_id: &sale.payment_request_id,
            source: Source::Pay,
            result: &answer.result,
            payment_id: answer.payment_id.as_ref(),
            amount: answer.payment_amount,
            settlement: answer.settlement_amount,
        });
        Ok(answer)
    }

    pub(super) fn own_notify_url(&self) -> String {
        let origin = self.address.get().map_or_else(String::new, |it| format!("http://{it}"));
        format!("{origin}{}", self.config.notify_path)
    }

    /// What a code of ours stands for.
    pub(super) fn decoded(&self, sale: &Sale) -> UserInitiatedPayResponse {
        let Ok(mut request) = self.pay_request(sale, &self.own_notify_url()) else {
            return UserInitiatedPayResponse::new(ResultCode::InvalidCode.into());
        };
        request.payment_factor.is_cashier_payment = Some(true);
        request.payment_factor.in_store_payment_scenario = Some(InStoreScenario::OrderCode);
        let new = Known { price: sale.price, result: None, is_cancelled: false };
        self.known().entry(sale.payment_request_id.clone()).or_insert(new);
        UserInitiatedPayResponse {
            code_type: Some(CodeType::OrderCode),
            payment_request_id: Some(request.payment_request_id),
            order: Some(request.order.into()),
            payment_amount: Some(request.payment_amount),
            payment_factor: Some(request.payment_factor),
            settlement_strategy: request.settlement_strategy,
            payment_notify_url: request.payment_notify_url,
            ..UserInitiatedPayResponse::new(ResultCode::Success.into())
        }
    }

    /// One `inquiryPayment`, by the acquirer's id.
    pub(super) async fn inquire(
        &self,
        payment_request_id: &str,
    ) -> Result<InquiryPaymentResponse, SimError> {
        let request = InquiryPaymentRequest {
            payment_request_id: Some(id(payment_request_id)?),
            ..InquiryPaymentRequest::new()
        };
        let timeout = self.config.call_timeout;
        let answer: InquiryPaymentResponse =
            self.edge.call(Api::InquiryPayment, &request, timeout).await?;
        if let Some(result) = &answer.payment_result {
            self.learn(&Reported {
                payment_request_id,
                source: Source::Inquiry,
                result,
                payment_id: answer.payment_id.as_ref(),
                amount: answer.payment_amount,
                settlement: answer.settlement_amount,
            });
        }
        Ok(answer)
    }

    pub(super) fn merchant(&self, merchant_id: &str) -> Result<&SimMerchant, SimError> {
        let mut merchants = self.config.merchants.iter();
        let found = merchants.find(|merchant| merchant.merchant_id == merchant_id);
        found.ok_or_else(|| SimError::Unknown(format!("merchant {merchant_id}")))
    }

    pub(super) fn pay_request(
        &self,
        sale: &Sale,
        notify_url: &str,
    ) -> Result<PayRequest, SimError> {
        let merchant = self.merchant(&sale.merchant_id)?;
        let mcc = text(&merchant.mcc)?;
        let store_name = label(&merchant.store_name)?;
        let store = Store::new(id(&merchant.store_id)?, store_name, mcc.clone());
        let wire_merchant = Merchant {
            merchant_address: Some(self.address(merchant)?),
            store: Some(store),
            ..Merchant::new(id(&merchant.merchant_id)?, mcc, label(&merchant.name)?)
        };
        let price = Amount(sale.price);
        let description = label(&format!("purchase at {}", merchant.store_name))?;
        let order = Order::new(id(&sale.payment_request_id)?, description, price, wire_merchant);
        let scanned = Some(&sale.payment_code).filter(|code| !code.is_empty());
        let method = PaymentMethod {
            payment_method_id: scanned.map(|code| text(code)).transpose()?,
            ..PaymentMethod::new(text("CONNECT_WALLET")?)
        };
        let factor = PaymentFactor {
            is_in_store_payment: Some(true),
            is_cashier_payment: Some(false),
            in_store_payment_scenario: Some(InStoreScenario::PaymentCode),
            ..PaymentFactor::new()
        };
        let strategy = SettlementStrategy {
            settlement_currency: Some(SettlementCurrency(self.config.settlement_currency)),
        };
        let expiry = sale.expires_at_ms.map(|ms| Datetime::utc(Timestamp::from_millis(ms)));
        let sends_url = self.config.sends_notify_url;
        let url = sends_url.then(|| text(notify_url)).transpose()?;
        Ok(PayRequest {
            payment_expiry_time: expiry,
            payment_notify_url: url,
            settlement_strategy: Some(strategy),
            ..PayRequest::new(id(&sale.payment_request_id)?, order, price, method, factor)
        })
    }

    fn address(&self, merchant: &SimMerchant) -> Result<Address, SimError> {
        let region = text(&merchant.region)?;
        Ok(Address { city: Some(label(&merchant.city)?), ..Address::new(region) })
    }

    /// Keeps what a payment is said to have become, first final result first.
    pub(super) fn learn(&self, reported: &Reported<'_>) {
        self.write(reported.line(self.edge.clock.now()));
        if reported.result.status() == ResultStatus::U {
            return;
        }
        if let Some(known) = self.known().get_mut(reported.payment_request_id) {
            known.result.get_or_insert(reported.result.code());
        }
    }
}

impl SimAcquirer {
    /// Registers a merchant with its store for every product. S means taken for review.
    pub async fn register(&self, merchant: &SimMerchant) -> Result<RegistrationResponse, SimError> {
        let mcc = text(&merchant.mcc)?;
        let number = label(&format!("REG-{}", merchant.merchant_id))?;
        let kind = text("ENTERPRISE_REGISTRATION_NO")?;
        let detail = RegistrationDetail::new(label(&merchant.name)?, kind, number);
        let merchant_info = MerchantRegistration {
            merchant_name: Some(label(&merchant.name)?),
            merchant_display_name: Some(label(&merchant.name)?),
            merchant_address: Some(self.acquirer.address(merchant)?),
            ..MerchantRegistration::new(id(&merchant.merchant_id)?, mcc.clone(), detail)
        };
        let store = StoreRegistration {
            store_address: Some(self.acquirer.address(merchant)?),
            ..StoreRegistration::new(id(&merchant.store_id)?, label(&merchant.store_name)?, mcc)
        };
        // The same merchant gives the same id, so that a second start repeats the first
        // registration.
        let request_id = id(&format!("REG-{}-{}", merchant.merchant_id, merchant.store_id))?;
        let request = RegistrationRequest {
            store_info: Some(store),
            ..RegistrationRequest::new(request_id, ProductCode::ALL.to_vec(), merchant_info)
        };
        let timeout = self.acquirer.config.call_timeout;
        self.acquirer.edge.call(Api::Registration, &request, timeout).await
    }

    /// What the wallets decided about a merchant.
    pub async fn registration_status(
        &self,
        merchant: &SimMerchant,
    ) -> Result<InquiryRegistrationStatusResponse, SimError> {
        let request = InquiryRegistrationStatusRequest {
            reference_merchant_id: Some(id(&merchant.merchant_id)?),
            reference_store_id: Some(id(&merchant.store_id)?),
            ..InquiryRegistrationStatusRequest::new()
        };
        let timeout = self.acquirer.config.call_timeout;
        self.acquirer.edge.call(Api::InquiryRegistrationStatus, &request, timeout).await
    }

    /// One `pay`, user-presented code. Repeat it with the same sale to repeat the request.
    pub async fn pay(&self, sale: &Sale) -> Result<PayResponse, SimError> {
        let request = self.acquirer.pay_request(sale, &self.notify_url())?;
        let new = Known { price: sale.price, result: None, is_cancelled: false };
        self.acquirer.known().entry(sale.payment_request_id.clone()).or_insert(new);
        let timeout = self.acquirer.config.pay_timeout;
        let answer: PayResponse = self.acquirer.edge.call(Api::Pay, &request, timeout).await?;
        self.acquirer.learn(&Reported {
            payment_request_id: &sale.payment_request_id,
            source: Source::Pay,
            result: &answer.result,
            payment_id: answer.payment_id.as_ref(),
            amount: answer.payment_amount,
            settlement: answer.settlement_amount,
        });
        Ok(answer)
    }

    /// One `pay` for an order that a wallet is to take up.
    pub async fn present(&self, sale: &Sale, how: Presented) -> Result<PayResponse, SimError> {
        self.acquirer.present(sale, how).await
    }

    /// One `inquiryPayment`, by the acquirer's id.
    pub async fn inquiry(
        &self,
        payment_request_id: &str,
    ) -> Result<InquiryPaymentResponse, SimError> {
        self.acquirer.inquire(payment_request_id).await
    }

    /// One `cancelPayment`, by the acquirer's id.
    pub async fn cancel(
        &self,
        payment_request_id: &str,
    ) -> Result<CancelPaymentResponse, SimError> {
        let request = CancelPaymentRequest {
            payment_request_id: Some(id(payment_request_id)?),
            ..CancelPaymentRequest::new()
        };
        let timeout = self.acquirer.config.pay_timeout;
        let answer: CancelPaymentResponse =
            self.acquirer.edge.call(Api::CancelPayment, &request, timeout).await?;
        let now = self.acquirer.edge.clock.now();
        self.acquirer.write(Line {
            result: answer.result.status().as_str().to_string(),
            code: answer.result.result_code.as_str().to_string(),
            ..Line::new(payment_request_id, Source::Cancel, now)
        });
        if answer.result.status() == ResultStatus::S
            && let Some(known) = self.acquirer.known().get_mut(payment_request_id)
        {
            known.is_cancelled = true;
        }
        Ok(answer)
    }

    /// One `refund`, by the acquirer's id. Repeat it with the same refund to repeat the request.
    pub async fn refund(&self, refund: &Refund) -> Result<RefundResponse, SimError> {
        let request = RefundRequest {
            payment_request_id: Some(id(&refund.payment_request_id)?),
            ..RefundRequest::new(id(&refund.refund_request_id)?, Amount(refund.amount))
        };
        let timeout = self.acquirer.config.pay_timeout;
        let answer: RefundResponse =
            self.acquirer.edge.call(Api::Refund, &request, timeout).await?;
        let settlement = answer.settlement_amount.map(|amount| JournalAmount::from(amount.0));
        let now = self.acquirer.edge.clock.now();
        self.acquirer.write(Line {
            refund_request_id: Some(refund.refund_request_id.clone()),
            result: answer.result.status().as_str().to_string(),
            code: answer.result.result_code.as_str().to_string(),
            refund_id: answer.refund_id.as_ref().map(|id| id.as_str().to_string()),
            payment_amount: Some(refund.amount.into()),
            settlement_amount: settlement,
            ..Line::new(&refund.payment_request_id, Source::Refund, now)
        });
        Ok(answer)
    }
}
