//! The five ways to pay, derived from `paymentFactor`.

use crate::error::WireError;
use crate::parts::{InStoreScenario, PaymentFactor};

/// How a payment is started.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mode {
    /// The merchant scans the user's code.
    UserCode,
    /// The user scans a code that the network made for one order.
    OrderCode,
    /// The user scans the merchant's printed code.
    EntryCode,
    /// A checkout page online.
    Cashier,
    /// A debit under an agreement, with a token.
    AutoDebit,
}

impl PaymentFactor {
    /// Agreement before in-store scenario before cashier. An absent flag fits any mode that the
    /// others name; a flag that is sent must agree with them.
    pub fn mode(&self) -> Result<Mode, WireError> {
        let contradiction = |field: &str, problem: &str| {
            let field = format!("paymentFactor.{field}");
            Err(WireError::new(&field, problem, "send the flags of one way to pay"))
        };
        let in_store = self.is_in_store_payment;
        let cashier = self.is_cashier_payment;
        if self.is_agreement_payment == Some(true) {
            if self.in_store_payment_scenario.is_some() {
                let problem = "does not go with isAgreementPayment";
                return contradiction("inStorePaymentScenario", problem);
            }
            if in_store == Some(true) {
                return contradiction("isInStorePayment", "does not go with isAgreementPayment");
            }
            if cashier == Some(true) {
                return contradiction("isCashierPayment", "does not go with isAgreementPayment");
            }
            return Ok(Mode::AutoDebit);
        }
        let Some(scenario) = self.in_store_payment_scenario else {
            if in_store == Some(true) {
                let why = "isInStorePayment needs PaymentCode, OrderCode or EntryCode";
                return Err(WireError::missing("paymentFactor.inStorePaymentScenario", why));
            }
            if cashier == Some(true) {
                return Ok(Mode::Cashier);
            }
            return contradiction("isInStorePayment", "names no way to pay");
        };
        if in_store == Some(false) {
            return contradiction("isInStorePayment", "is false, but a scenario is sent");
        }
        let (mode, wants_cashier) = match scenario {
            InStoreScenario::PaymentCode => (Mode::UserCode, false),
            InStoreScenario::OrderCode => (Mode::OrderCode, true),
            InStoreScenario::EntryCode => (Mode::EntryCode, true),
        };
        if cashier.is_some_and(|cashier| cashier != wants_cashier) {
            return contradiction("isCashierPayment", "does not go with inStorePaymentScenario");
        }
        Ok(mode)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(json: &str) -> Result<Mode, String> {
        let factor: PaymentFactor = crate::parse(json.as_bytes()).unwrap();
        factor.mode().map_err(|error| error.field)
    }

    #[test]
    fn one_way_to_pay_or_none() {
        let ok = [
            (
                r#"{"isInStorePayment":"true","isCashierPayment":"false","inStorePaymentScenario":"PaymentCode"}"#,
                Mode::UserCode,
            ),
            (r#"{"isInStorePayment":true,"inStorePaymentScenario":"PaymentCode"}"#, Mode::UserCode),
            (r#"{"inStorePaymentScenario":"OrderCode"}"#, Mode::OrderCode),
            (
                r#"{"isInStorePayment":true,"isCashierPayment":true,"inStorePaymentScenario":"OrderCode","presentmentMode":"TILE"}"#,
                Mode::OrderCode,
            ),
            (
                r#"{"isInStorePayment":"true","isCashierPayment":"true","inStorePaymentScenario":"EntryCode"}"#,
                Mode::EntryCode,
            ),
            (r#"{"isCashierPayment":true,"presentmentMode":"UNIFIED"}"#, Mode::Cashier),
            (
                r#"{"isInStorePayment":false,"isCashierPayment":true,"isAgreementPayment":null}"#,
                Mode::Cashier,
            ),
            (r#"{"isAgreementPayment":true}"#, Mode::AutoDebit),
            (
                r#"{"isInStorePayment":"","isCashierPayment":"false","isAgreementPayment":"true"}"#,
                Mode::AutoDebit,
            ),
        ];
        for (json, expected) in ok {
            assert_eq!(mode(json), Ok(expected), "{json}");
        }
        let bad = [
            (r"{}", "isInStorePayment"),
            (r#"{"isInStorePayment":true}"#, "inStorePaymentScenario"),
            (r#"{"isInStorePayment":true,"isCashierPayment":true}"#, "inStorePaymentScenario"),
            (
                r#"{"isInStorePayment":false,"inStorePaymentScenario":"PaymentCode"}"#,
                "isInStorePayment",
            ),
            (
                r#"{"isCashierPayment":true,"inStorePaymentScenario":"PaymentCode"}"#,
                "isCashierPayment",
            ),
            (
                r#"{"isCashierPayment":false,"inStorePaymentScenario":"EntryCode"}"#,
                "isCashierPayment",
            ),
            (r#"{"isAgreementPayment":true,"isCashierPayment":true}"#, "isCashierPayment"),
            (r#"{"isAgreementPayment":true,"isInStorePayment":true}"#, "isInStorePayment"),
            (
                r#"{"isAgreementPayment":true,"inStorePaymentScenario":"OrderCode"}"#,
                "inStorePaymentScenario",
            ),
        ];
        for (json, field) in bad {
            assert_eq!(mode(json), Err(format!("paymentFactor.{field}")), "{json}");
        }
    }
}
