//! Contracts as the operations API speaks of them: read one, change a field, send it back.

use super::Shared;
use super::directory::{by_code, change};
use super::error::Failure;
use super::extract::Json;
use super::model::{AmountView, read_currency};
use super::tokens::{Asker, Role};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use directory::{Contract, Country, FeeRule, Fees, Mcc, MccRange, Product, Reach};
use money::{Currency, Money};
use network::Change;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Fees for some payments; the first rule that fits counts.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct FeeRuleBody {
    /// Categories such as `5812` or `5811-5814`; all when absent.
    pub mcc: Option<String>,
    /// `true` for cross-border only, `false` for domestic only.
    pub is_cross_border: Option<bool>,
    pub currency: Option<String>,
    pub interchange_bps: u32,
    pub interchange_fixed_minor: u64,
    pub network_bps: u32,
    pub network_fixed_minor: u64,
}

/// The largest payment for some categories.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct MccLimitBody {
    /// Categories such as `7995` or `7800-7999`.
    #[schema(example = "7800-7999")]
    pub mcc: String,
    pub max_payment: AmountView,
}

/// Terms with a participant. Empty lists mean "any".
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct ContractBody {
    /// `IN_STORE_PAYMENT`, `CASHIER_PAYMENT`, `AGREEMENT_PAYMENT`.
    pub products: Vec<String>,
    pub countries: Vec<String>,
    pub order_currencies: Vec<String>,
    /// At least one; a wallet settles in the first.
    #[schema(example = json!(["KRW"]))]
    pub settlement_currencies: Vec<String>,
    pub fees: Vec<FeeRuleBody>,
    pub markup_bps: u32,
    pub min_payments: Vec<AmountView>,
    pub max_payments: Vec<AmountView>,
    pub blocked_mccs: Vec<String>,
    pub mcc_limits: Vec<MccLimitBody>,
    /// The most a wallet may owe, per settlement currency.
    pub caps: Vec<AmountView>,
    /// The most that one agreement of a user may take in 30 days, per settlement currency of the
    /// wallet.
    pub debit_allowances: Vec<AmountView>,
    pub approves_merchants: bool,
    pub refund_returns_interchange: bool,
    pub refund_returns_network_fee: bool,
}

fn read_range(text: &str, field: &str) -> Result<MccRange, Failure> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    match (Mcc::new(first), Mcc::new(last)) {
        (Some(first), Some(last)) => Ok(MccRange { first, last }),
        _ => Err(Failure::illegal(format!("{field}: give four digits, or two such with `-`"))),
    }
}

fn read_all<T, U>(
    items: &[T],
    read: impl Fn(&T, String) -> Result<U, Failure>,
    field: &str,
) -> Result<Vec<U>, Failure> {
    items.iter().enumerate().map(|(at, item)| read(item, format!("{field}[{at}]"))).collect()
}

impl FeeRuleBody {
    fn read(&self, field: &str) -> Result<FeeRule, Failure> {
        let reach = |yes| if yes { Reach::CrossBorder } else { Reach::Domestic };
        let mcc = match &self.mcc {
            Some(text) => Some(read_range(text, &format!("{field}.mcc"))?),
            None => None,
        };
        let currency = match &self.currency {
            Some(code) => Some(read_currency(code, &format!("{field}.currency"))?),
            None => None,
        };
        let fees = Fees {
            interchange_bps: self.interchange_bps,
            interchange_fixed_minor: self.interchange_fixed_minor,
            network_bps: self.network_bps,
            network_fixed_minor: self.network_fixed_minor,
        };
        Ok(FeeRule { mcc, reach: self.is_cross_border.map(reach), currency, fees })
    }
}

impl MccLimitBody {
    fn read(&self, field: &str) -> Result<(MccRange, Money), Failure> {
        let range = read_range(&self.mcc, &format!("{field}.mcc"))?;
        Ok((range, self.max_payment.read(&format!("{field}.maxPayment"))?))
    }
}

impl FeeRuleBody {
    fn of(rule: &FeeRule) -> FeeRuleBody {
        FeeRuleBody {
            mcc: rule.mcc.map(|range| range.to_string()),
            is_cross_border: rule.reach.map(|reach| reach == Reach::CrossBorder),
            currency: rule.currency.map(|it| it.code().to_owned()),
            interchange_bps: rule.fees.interchange_bps,
            interchange_fixed_minor: rule.fees.interchange_fixed_minor,
            network_bps: rule.fees.network_bps,
            network_fixed_minor: rule.fees.network_fixed_minor,
        }
    }
}

impl ContractBody {
    fn of(it: &Contract) -> ContractBody {
        let codes = |all: &[Currency]| all.iter().map(|it| it.code().to_owned()).collect();
        let amounts = |all: &[Money]| all.iter().map(|it| AmountView::of(*it)).collect();
        let limit = |(range, max): &(MccRange, Money)| MccLimitBody {
            mcc: range.to_string(),
            max_payment: AmountView::of(*max),
        };
        ContractBody {
            products: it.products.iter().map(|it| it.as_str().to_owned()).collect(),
            countries: it.countries.iter().map(ToString::to_string).collect(),
            order_currencies: codes(&it.order_currencies),
            settlement_currencies: codes(&it.settlement_currencies),
            fees: it.fees.iter().map(FeeRuleBody::of).collect(),
            markup_bps: it.markup_bps,
            min_payments: amounts(&it.min_payments),
            max_payments: amounts(&it.max_payments),
            blocked_mccs: it.blocked_mccs.iter().map(ToString::to_string).collect(),
            mcc_limits: it.mcc_limits.iter().map(limit).collect(),
            caps: amounts(&it.caps),
            debit_allowances: amounts(&it.debit_allowances),
            approves_merchants: it.approves_merchants,
            refund_returns_interchange: it.refund_returns_interchange,
            refund_returns_network_fee: it.refund_returns_network_fee,
        }
    }

    pub fn read(&self) -> Result<Contract, Failure> {
        let currency = |code: &String, field: String| read_currency(code, &field);
        let amount = |amount: &AmountView, field: String| amount.read(&field);
        let product = |text: &String, field: String| {
            let names = "IN_STORE_PAYMENT, CASHIER_PAYMENT or AGREEMENT_PAYMENT";
            Product::from_text(text)
                .ok_or_else(|| Failure::illegal(format!("{field}: give {names}")))
        };
        let country = |text: &String, field: String| {
            Country::new(text)
                .ok_or_else(|| Failure::illegal(format!("{field}: give two letters, as `JP`")))
        };
        Ok(Contract {
            version: 0,
            products: read_all(&self.products, product, "products")?,
            countries: read_all(&self.countries, country, "countries")?,
            order_currencies: read_all(&self.order_currencies, currency, "orderCurrencies")?,
            settlement_currencies: read_all(
                &self.settlement_currencies,
                currency,
                "settlementCurrencies",
            )?,
            fees: read_all(&self.fees, |rule, field| rule.read(&field), "fees")?,
            markup_bps: self.markup_bps,
            min_payments: read_all(&self.min_payments, amount, "minPayments")?,
            max_payments: read_all(&self.max_payments, amount, "maxPayments")?,
            blocked_mccs: read_all(
                &self.blocked_mccs,
                |text, field| read_range(text, &field),
                "blockedMccs",
            )?,
            mcc_limits: read_all(&self.mcc_limits, |limit, field| limit.read(&field), "mccLimits")?,
            caps: read_all(&self.caps, amount, "caps")?,
            debit_allowances: read_all(&self.debit_allowances, amount, "debitAllowances")?,
            approves_merchants: self.approves_merchants,
            refund_returns_interchange: self.refund_returns_interchange,
            refund_returns_network_fee: self.refund_returns_network_fee,
        })
    }
}

/// Shows a participant's contract, in the form in which it is replaced.
#[utoipa::path(
    get, path = "/v1/participants/{code}/contract", tag = "participants",
    params(("code" = String, Path)),
    responses((status = 200, body = ContractBody), (status = 404, body = Failure))
)]
pub async fn show(
    State(ops): State<Shared>,
    _: Asker,
    Path(code): Path<String>,
) -> Result<Json<ContractBody>, Failure> {
    Ok(Json(ContractBody::of(&by_code(&ops, &code).await?.contract)))
}

/// Replaces a participant's contract; payments keep the version that priced them.
#[utoipa::path(
    put, path = "/v1/participants/{code}/contract", tag = "participants",
    params(("code" = String, Path)), request_body = ContractBody,
    responses((status = 204), (status = 400, body = Failure), (status = 404, body = Failure))
)]
pub async fn replace(
    State(ops): State<Shared>,
    asker: Asker,
    Path(code): Path<String>,
    Json(body): Json<ContractBody>,
) -> Result<StatusCode, Failure> {
    let by = asker.may(Role::Admin)?;
    let participant = by_code(&ops, &code).await?.id;
    let contract = Box::new(body.read()?);
    change(&ops, by, Change::SetContract { participant, contract }).await
}
