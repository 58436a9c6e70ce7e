//! Customs declarations: an acquirer declares a payment that a wallet of China made, whole or order
//! by order. The operator files what is declared here and records what the customs office says.

use crate::Payment;
use base::{Stamp, Text, codec_enum, codec_struct};
use ids::PartnerText;
use money::Money;
use payment::PaymentState;

/// Declarations of one payment, so that its record stays bounded.
pub const MAX_DECLARATIONS: usize = 100;

/// Where a declaration stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeclarationState {
    /// The operator has not filed it, or not since it was changed.
    Waiting,
    /// At the customs office.
    Filed,
    Accepted {
        code: Option<Text<128>>,
    },
    Rejected {
        reason: Text<256>,
    },
}
codec_enum!(DeclarationState {
    0 = Waiting, 1 = Filed, 2 = Accepted { code }, 3 = Rejected { reason },
});

/// What is declared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeclarationContent {
    /// The customs office.
    pub customs_code: Text<128>,
    /// The merchant's code and name there.
    pub merchant_code: Text<128>,
    pub merchant_name: Text<256>,
    /// In CNY.
    pub amount: Money,
    /// The order, when the payment is declared in parts.
    pub order: Option<PartnerText>,
}
codec_struct!(DeclarationContent { customs_code, merchant_code, merchant_name, amount, order });

/// One declaration of a payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Declaration {
    /// `customsDeclarationRequestId`: the same id again changes the declaration.
    pub request_id: PartnerText,
    pub content: DeclarationContent,
    pub state: DeclarationState,
    pub modified: Stamp,
}
codec_struct!(Declaration { request_id, content, state, modified });

impl Payment {
    /// The most that declarations of this payment may say together: what the payer paid, when that
    /// was in CNY, the currency of the wallets of China. Source: acquirer interface 2.10.
    pub fn customs_amount(&self) -> Option<Money> {
        let pay_to = self.terms.as_ref()?.pay_to;
        let is_yuan = pay_to.currency().code() == "CNY";
        let is_declarable = is_yuan && self.state == PaymentState::Paid;
        is_declarable.then_some(pay_to)
    }
}
