//! By which codes a customer may pay in a market, and how much at once.
//!
//! A code's limit is beside the limits of the customer's tier: the lower one holds. What has no
//! code (a transfer, a bill, a gift) knows only the tier's.

use account::RuleError;
use base::{Refusal, ResultCode, codec_enum, codec_struct};

/// How a payment began, from the payer's side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CodeKind {
    /// The payer shows a code, the merchant scans it.
    User,
    /// The payer scans the code of one order: a till's at home, or the network's.
    Order,
    /// The payer scans the printed code of a shop and enters the amount.
    Entry,
    /// The payer scans a code of the country's own scheme, or of another country's.
    National,
    /// The payer comes from a checkout page or another app.
    Cashier,
    /// Nobody is there: a standing agreement.
    AutoDebit,
}
codec_enum!(CodeKind { 0 = User, 1 = Order, 2 = Entry, 3 = National, 4 = Cashier, 5 = AutoDebit });

impl CodeKind {
    /// All kinds, in the order of their tags.
    pub const ALL: [CodeKind; 6] = [
        CodeKind::User,
        CodeKind::Order,
        CodeKind::Entry,
        CodeKind::National,
        CodeKind::Cashier,
        CodeKind::AutoDebit,
    ];

    /// As a market's file calls it.
    pub const fn name(self) -> &'static str {
        match self {
            CodeKind::User => "user",
            CodeKind::Order => "order",
            CodeKind::Entry => "entry",
            CodeKind::National => "national",
            CodeKind::Cashier => "cashier",
            CodeKind::AutoDebit => "auto_debit",
        }
    }
}

/// Whether a kind of code is taken, and for how much.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CodeRule {
    pub is_on: bool,
    /// The most of one payment, in minor units of the market's currency; `None`: the tier's.
    pub most_minor: Option<u64>,
}
codec_struct!(CodeRule { is_on, most_minor });

impl CodeRule {
    /// Taken, up to the limit of the customer's tier.
    pub const ON: CodeRule = CodeRule { is_on: true, most_minor: None };
    /// Not taken.
    pub const OFF: CodeRule = CodeRule { is_on: false, most_minor: None };
}

/// A market's rules, one for each kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PayCodes {
    pub user: CodeRule,
    pub order: CodeRule,
    pub entry: CodeRule,
    pub national: CodeRule,
    pub cashier: CodeRule,
    pub auto_debit: CodeRule,
}
codec_struct!(PayCodes { user, order, entry, national, cashier, auto_debit });

impl PayCodes {
    /// Every kind is taken, up to the limit of the customer's tier.
    pub const ON: PayCodes = PayCodes {
        user: CodeRule::ON,
        order: CodeRule::ON,
        entry: CodeRule::ON,
        national: CodeRule::ON,
        cashier: CodeRule::ON,
        auto_debit: CodeRule::ON,
    };

    /// The rule for a kind.
    pub const fn rule(&self, kind: CodeKind) -> CodeRule {
        match kind {
            CodeKind::User => self.user,
            CodeKind::Order => self.order,
            CodeKind::Entry => self.entry,
            CodeKind::National => self.national,
            CodeKind::Cashier => self.cashier,
            CodeKind::AutoDebit => self.auto_debit,
        }
    }

    /// May this amount, in minor units, be paid by such a code?
    ///
    /// Refusals, in order: `BusinessNotSupport`, `PaymentAmountExceedLimit`.
    pub fn admit(&self, kind: CodeKind, amount_minor: u64) -> Result<(), Refusal> {
        let rule = self.rule(kind);
        if !rule.is_on {
            let message = format!("code: `{}` is switched off in this market", kind.name());
            return Err(Refusal::new(ResultCode::BusinessNotSupport, message));
        }
        match rule.most_minor {
            Some(most) if amount_minor > most => {
                let message = format!("amount: a `{}` code pays at most {most}", kind.name());
                Err(Refusal::new(ResultCode::PaymentAmountExceedLimit, message))
            }
            Some(_) | None => Ok(()),
        }
    }

    /// Names the first rule that makes no sense, where `highest_minor` is the highest limit of one
    /// payment of any tier.
    pub fn check(&self, highest_minor: u64) -> Result<(), RuleError> {
        for kind in CodeKind::ALL {
            let field = || format!("codes.{}.most", kind.name());
            match self.rule(kind) {
                CodeRule { most_minor: None, .. } => {}
                CodeRule { is_on: false, most_minor: Some(_) } => {
                    return Err(RuleError::new(field(), "must not stand with a code that is off"));
                }
                CodeRule { is_on: true, most_minor: Some(most) } => {
                    if most == 0 || most >= highest_minor {
                        let problem = "must be at least 1, and lower than the highest tier's limit \
                                       of one payment";
                        return Err(RuleError::new(field(), problem));
                    }
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(kind: CodeKind, rule: CodeRule) -> PayCodes {
        let mut codes = PayCodes::ON;
        let place = match kind {
            CodeKind::User => &mut codes.user,
            CodeKind::Order => &mut codes.order,
            CodeKind::Entry => &mut codes.entry,
            CodeKind::National => &mut codes.national,
            CodeKind::Cashier => &mut codes.cashier,
            CodeKind::AutoDebit => &mut codes.auto_debit,
        };
        *place = rule;
        codes
    }

    #[test]
    fn one_kind_is_held_back_and_no_other() {
        let limited = CodeRule { is_on: true, most_minor: Some(500) };
        for kind in CodeKind::ALL {
            for other in CodeKind::ALL {
                let is_it = kind == other;
                let code = |codes: PayCodes, minor| {
                    codes.admit(other, minor).map_err(|refusal| refusal.code)
                };
                let off = if is_it { Err(ResultCode::BusinessNotSupport) } else { Ok(()) };
                assert_eq!(code(with(kind, CodeRule::OFF), 1), off, "{kind:?} {other:?}");
                let above = if is_it { Err(ResultCode::PaymentAmountExceedLimit) } else { Ok(()) };
                assert_eq!(code(with(kind, limited), 501), above, "{kind:?} {other:?}");
                assert_eq!(code(with(kind, limited), 500), Ok(()), "{kind:?} {other:?}");
            }
        }
    }

    #[test]
    fn a_limit_that_makes_no_sense_is_named() {
        for kind in CodeKind::ALL {
            let wrong =
                |is_on, most| with(kind, CodeRule { is_on, most_minor: Some(most) }).check(1_000);
            assert_eq!(wrong(true, 999), Ok(()));
            for (is_on, most) in [(true, 0), (true, 1_000), (false, 10)] {
                let field = wrong(is_on, most).unwrap_err().field;
                assert_eq!(field, format!("codes.{}.most", kind.name()));
            }
        }
        assert_eq!(PayCodes::ON.check(1), Ok(()));
    }

    #[test]
    fn rules_survive_their_bytes() {
        for kind in CodeKind::ALL {
            let codes = with(kind, CodeRule { is_on: true, most_minor: Some(7) });
            assert_eq!(base::decode_all::<PayCodes>(&base::encode(&codes)), Ok(codes));
            assert_eq!(base::decode_all::<CodeKind>(&base::encode(&kind)), Ok(kind));
        }
    }
}
