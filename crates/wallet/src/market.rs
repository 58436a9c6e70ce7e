//! The rules of the market that a wallet runs in. One file per market says them; they enter the log
//! as a command, so that the same log always meets the same rules.

use crate::PayCodes;
use account::{AccountRules, RuleError};
use base::{Span, Text, codec_struct};
use gifts::{Checked, GiftRules, PacketRules};
use savings::SavingsRules;
use services::Share;

/// What is switched on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Features {
    pub packets: bool,
    pub gifts: bool,
    pub savings: bool,
    pub services: bool,
    pub agents: bool,
}
codec_struct!(Features { packets, gifts, savings, services, agents });

/// The wallet's share of what is paid by service codes. That of a bill is its biller's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServiceRules {
    /// Of donations; mostly none.
    pub donation_fee: Share,
    /// Of fares.
    pub ride_fee: Share,
    /// Of tickets.
    pub ticket_fee: Share,
}
codec_struct!(ServiceRules { donation_fee, ride_fee, ticket_fee });

/// See the module's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Market {
    /// Short name, such as `kr`; never changes.
    pub code: Text<16>,
    pub brand: Text<64>,
    /// ISO 3166-1 alpha-2.
    pub country: Text<2>,
    /// BCP 47 tags, the first one is the default.
    pub languages: Vec<Text<16>>,
    /// The country's own scheme of codes, as the crate `qr` names it.
    pub local_scheme: Text<32>,
    pub features: Features,
    /// By which codes customers may pay, and how much at once.
    pub codes: PayCodes,
    pub account: AccountRules,
    /// How long a request for money waits.
    pub request_for: Span,
    /// How long cash waits to be called for.
    pub cash_for: Span,
    /// With `features.savings`, and only with it.
    pub savings: Option<SavingsRules>,
    /// Switched off, no more are made; those that are there go on by these rules.
    pub packets: Checked<PacketRules>,
    pub gifts: Checked<GiftRules>,
    pub services: ServiceRules,
}
codec_struct!(Market {
    code,
    brand,
    country,
    languages,
    local_scheme,
    features,
    codes,
    account,
    request_for,
    cash_for,
    savings,
    packets,
    gifts,
    services,
});

impl Market {
    /// Names the first rule that makes no sense.
    pub fn check(&self) -> Result<(), RuleError> {
        self.account.check()?;
        let highest = self.account.tiers.iter().map(|tier| tier.payment_minor).max();
        self.codes.check(highest.unwrap_or(0))?;
        if self.languages.is_empty() {
            return Err(RuleError::new("languages", "must name at least one"));
        }
        let country = self.country.as_str();
        if country.len() != 2 || !country.bytes().all(|byte| byte.is_ascii_uppercase()) {
            return Err(RuleError::new("country", "must be two capital letters"));
        }
        if self.features.savings != self.savings.is_some() {
            return Err(RuleError::new("savings", "must be there with the feature, or neither"));
        }
        let currency = self.account.currency;
        if self.savings.as_ref().is_some_and(|rules| rules.terms().currency != currency) {
            return Err(RuleError::new("savings.currency", "must be the market's"));
        }
        if self.packets.currency != currency {
            return Err(RuleError::new("packets.currency", "must be the market's"));
        }
        if self.gifts.currency != currency {
            return Err(RuleError::new("gifts.currency", "must be the market's"));
        }
        Ok(())
    }
}
