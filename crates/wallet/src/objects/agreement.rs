//! A customer's standing consent that one merchant abroad may debit.
//!
//! The network asks (`prepare`), the customer consents and gets a code, the network brings the code
//! and gets tokens, later debits with them. Only digests of codes and tokens are kept. Source:
//! wallet interface 2.12.

use account::LocalDay;
use base::{Span, Stamp, Text, Timestamp, codec_enum, codec_struct};
use ids::{AgreementId, PartnerText};

/// How long a customer may think about it.
pub const CONSENT_WITHIN: Span = Span::minutes(30);
/// How long the code that a consent gives is good.
pub const AUTH_CODE_FOR: Span = Span::minutes(10);

/// SHA-256 of a code or token of high entropy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TokenDigest(pub [u8; 32]);

impl base::Codec for TokenDigest {
    fn encode(&self, out: &mut Vec<u8>) {
        self.0.encode(out);
    }
    fn decode(input: &mut base::Reader<'_>) -> Result<Self, base::DecodeError> {
        Ok(TokenDigest(base::Codec::decode(input)?))
    }
}

/// The tokens that hold now; each refresh makes the next generation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grant {
    pub access: TokenDigest,
    pub access_until: Timestamp,
    pub refresh: TokenDigest,
    pub refresh_until: Timestamp,
    pub generation: u32,
    /// The code or refresh token that was exchanged for them: asked for again, since an answer may
    /// be lost, it gives the same tokens.
    pub by: TokenDigest,
}
codec_struct!(Grant { access, access_until, refresh, refresh_until, generation, by });

/// Who ended it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AgreementEnd {
    Customer,
    /// The merchant, through the network.
    Merchant,
    Operator,
    /// Nobody consented in time, or nobody fetched tokens.
    Time,
}
codec_enum!(AgreementEnd { 0 = Customer, 1 = Merchant, 2 = Operator, 3 = Time });

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AgreementState {
    /// The merchant asked; no customer has consented.
    Asked,
    /// The customer consented; the code waits to be exchanged.
    Consented { code: TokenDigest, until: Timestamp },
    /// Debits are taken. At rest in history between two of them.
    Active(Grant),
    /// No debit from this instant on. The last generation of tokens is 0 when none were given.
    Ended { by: AgreementEnd, generation: u32 },
}
codec_enum!(AgreementState {
    0 = Asked,
    1 = Consented { code, until },
    2 = Active(grant),
    3 = Ended { by, generation },
});

/// See the module's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agreement {
    pub id: AgreementId,
    pub customer: Option<u32>,
    pub auth_client: PartnerText,
    pub merchant: Text<256>,
    /// The merchant's side of `prepare`: `referenceAgreementId`.
    pub reference: PartnerText,
    pub reference_merchant: Option<PartnerText>,
    pub redirect: Text<2048>,
    pub auth_state: Option<Text<256>>,
    pub scopes: Vec<Text<64>>,
    pub digest: [u8; 32],
    /// The most that may be debited in one month of the market's calendar; 0 is no limit.
    pub allowance_minor: u64,
    /// In this month so much was debited.
    pub taken_on: LocalDay,
    pub taken_minor: u64,
    pub state: AgreementState,
    pub created: Stamp,
}
codec_struct!(Agreement {
    id,
    customer,
    auth_client,
    merchant,
    reference,
    reference_merchant,
    redirect,
    auth_state,
    scopes,
    digest,
    allowance_minor,
    taken_on,
    taken_minor,
    state,
    created,
});

impl Agreement {
    /// The last generation of tokens that were given.
    pub fn last_generation(&self) -> Option<u32> {
        match self.state {
            AgreementState::Active(grant) => Some(grant.generation),
            AgreementState::Ended { generation, .. } => (generation > 0).then_some(generation),
            AgreementState::Asked | AgreementState::Consented { .. } => None,
        }
    }

    /// What may still be debited in the month of this day; `None` without a limit.
    pub fn left_minor(&self, day: LocalDay) -> Option<u64> {
        if self.allowance_minor == 0 {
            return None;
        }
        let taken = if self.taken_on.month() == day.month() { self.taken_minor } else { 0 };
        Some(self.allowance_minor.saturating_sub(taken))
    }

    /// Counts a debit that [`left_minor`](Agreement::left_minor) allows.
    pub fn take(&mut self, amount_minor: u64, day: LocalDay) {
        if self.taken_on.month() != day.month() {
            self.taken_minor = 0;
        }
        self.taken_on = day;
        self.taken_minor = self.taken_minor.saturating_add(amount_minor);
    }
}
