//! The ways in which a payment begins.

use base::codec_enum;
use directory::Product;
use payment::{AUTO_DEBIT_EXPIRY, CASHIER_EXPIRY, ExpiryRule, ORDER_CODE_EXPIRY, UPM_EXPIRY};

/// How a payment began; frozen on it. Source: `paymentFactor`, acquirer interface 2.3.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Way {
    /// The merchant scanned the payer's payment code.
    UserCode,
    /// The payer scans a code that a till shows for this order.
    OrderCode,
    /// The payer scanned the store's printed code and entered the amount on its page.
    EntryCode,
    /// The payer chose a wallet on a checkout page.
    Cashier,
    /// The merchant debits under an agreement.
    AutoDebit,
}
codec_enum!(Way {
    0 = UserCode, 1 = OrderCode, 2 = EntryCode, 3 = Cashier, 4 = AutoDebit,
});

impl Way {
    pub const ALL: [Way; 5] =
        [Way::UserCode, Way::OrderCode, Way::EntryCode, Way::Cashier, Way::AutoDebit];

    /// Does the payment wait, with a code or a page, until a wallet takes it up?
    pub const fn is_presented(self) -> bool {
        matches!(self, Way::OrderCode | Way::EntryCode | Way::Cashier)
    }

    /// The product that contract and merchant have to cover.
    pub const fn product(self) -> Product {
        match self {
            Way::UserCode | Way::OrderCode | Way::EntryCode => Product::InStorePayment,
            Way::Cashier => Product::CashierPayment,
            Way::AutoDebit => Product::AgreementPayment,
        }
    }

    pub(crate) const fn expiry(self) -> ExpiryRule {
        match self {
            Way::UserCode => UPM_EXPIRY,
            Way::OrderCode => ORDER_CODE_EXPIRY,
            // Their payer stands on a page, as the cashier's does.
            Way::EntryCode | Way::Cashier => CASHIER_EXPIRY,
            Way::AutoDebit => AUTO_DEBIT_EXPIRY,
        }
    }
}
