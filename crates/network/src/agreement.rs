//! Agreements: one user's standing consent that one merchant may debit, without a code each time.
//!
//! Born when an acquirer prepares it, active once the wallet has given a token for the user's
//! consent, over the moment either side ends it. What partners present as a token is known here by
//! its digest alone; the wallet's own token is kept sealed, with a key that only the edge has.

use base::{Codec, DecodeError, Reader, Span, Stamp, Text, Timestamp, codec_enum, codec_struct};
use directory::Url;
use ids::{AgreementId, CustomerAlias, ParticipantId, PartnerText, PaymentId};
use money::Money;
use std::collections::BTreeMap;

/// SHA-256 of a credential.
pub type Digest = [u8; 32];

/// A consent has to be given so soon after it was asked for.
///
/// Ours: the protocol names no time; a user who left the page yesterday has forgotten it.
pub const CONSENT_WITHIN: Span = Span::hours(24);

/// Length of the time over which an agreement's allowance counts.
pub const ALLOWANCE_SPAN: Span = Span::days(30);

/// Debits of one agreement that may be under way at once.
pub const MAX_OPEN_DEBITS: usize = 100;

/// What a consent covers. Source: `scopes` of `prepare`, acquirer interface 2.6.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// Debits.
    AgreementPay,
    /// The user's status and nickname.
    BaseUserInfo,
    UserInfo,
    /// The name under which the user signs in, masked.
    UserLoginId,
    HashLoginId,
    SendOtp,
}
codec_enum!(Scope {
    0 = AgreementPay,
    1 = BaseUserInfo,
    2 = UserInfo,
    3 = UserLoginId,
    4 = HashLoginId,
    5 = SendOtp,
});

/// Who ended an agreement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndedBy {
    Acquirer,
    Wallet,
    Operator,
}
codec_enum!(EndedBy { 0 = Acquirer, 1 = Wallet, 2 = Operator });

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AgreementState {
    /// Asked for. Ends: the wallet gives a token, or nobody consents.
    Prepared,
    /// Debits are taken.
    Active,
    /// Final: nothing is debited any more.
    Ended { by: EndedBy, at: Stamp },
}
codec_enum!(AgreementState { 0 = Prepared, 1 = Active, 2 = Ended { by, at } });

/// Bytes that only the edge can open: the wallet's tokens. Never shown.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Sealed(pub Vec<u8>);

impl Codec for Sealed {
    fn encode(&self, out: &mut Vec<u8>) {
        self.0.encode(out);
    }
    fn decode(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Sealed(Vec::decode(input)?))
    }
}

impl std::fmt::Debug for Sealed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Sealed({} bytes)", self.0.len())
    }
}

/// The tokens that hold now: a refresh puts new ones in place of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// Counts the grants of an agreement, from 1: part of what its tokens are made of.
    pub generation: u32,
    /// Of the authorisation code or refresh token that led to it: the same one again is answered
    /// with the same tokens.
    pub proof: Digest,
    /// Of the network's access token, which the acquirer presents.
    pub access: Digest,
    pub access_until: Timestamp,
    /// Of the network's refresh token, if the wallet's can be refreshed.
    pub refresh: Option<Digest>,
    pub refresh_until: Option<Timestamp>,
    /// Of the wallet's access token, by which the wallet names the agreement.
    pub wallet_access: Digest,
    /// The wallet's access and refresh token.
    pub wallet_tokens: Sealed,
}
codec_struct!(Grant {
    generation,
    proof,
    access,
    access_until,
    refresh,
    refresh_until,
    wallet_access,
    wallet_tokens,
});

/// The user who consented.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consenter {
    /// The wallet's name of the user.
    pub customer: PartnerText,
    pub alias: CustomerAlias,
}
codec_struct!(Consenter { customer, alias });

/// What has been taken of the allowance in one stretch of 30 days.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Taken {
    /// Counts the stretches since the consent.
    pub stretch: u64,
    pub amount: Money,
}
codec_struct!(Taken { stretch, amount });

/// See the module's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agreement {
    pub id: AgreementId,
    pub acquirer: ParticipantId,
    /// Absent until the acquirer or the user has chosen one.
    pub mpp: Option<ParticipantId>,
    /// The merchant's name of itself in authorisations: `authClientId`.
    pub client: PartnerText,
    /// The registered merchant that may debit.
    pub merchant: PartnerText,
    /// The acquirer's own name of the agreement, if it gave one.
    pub reference: Option<PartnerText>,
    /// What the user is shown: the merchant's legal name, and the name it goes by.
    pub name: Text<256>,
    pub display_name: Option<Text<64>>,
    pub scopes: Vec<Scope>,
    /// Where the user goes on after consenting.
    pub redirect_url: Url,
    /// Goes back to the merchant unchanged.
    pub auth_state: Text<256>,
    pub created: Stamp,
    pub state: AgreementState,
    pub granted: Option<Stamp>,
    pub user: Option<Consenter>,
    pub grant: Option<Grant>,
    pub taken: Option<Taken>,
    /// Debits whose outcome is not known, with what each took of the allowance.
    pub open_debits: BTreeMap<PaymentId, Taken>,
}
codec_struct!(Agreement {
    id,
    acquirer,
    mpp,
    client,
    merchant,
    reference,
    name,
    display_name,
    scopes,
    redirect_url,
    auth_state,
    created,
    state,
    granted,
    user,
    grant,
    taken,
    open_debits,
});

impl Agreement {
    /// Does this access token hold now?
    pub fn accepts(&self, access: &Digest, now: Timestamp) -> bool {
        let is_it = |grant: &Grant| grant.access == *access && now < grant.access_until;
        self.state == AgreementState::Active && self.grant.as_ref().is_some_and(is_it)
    }

    /// Can a user still consent?
    pub fn waits_for_consent(&self, now: Timestamp) -> bool {
        self.state == AgreementState::Prepared && now < self.created.time.after(CONSENT_WITHIN)
    }

    /// The wallet of an agreement that has a token.
    pub(crate) fn wallet(&self) -> ParticipantId {
        self.mpp.expect("a wallet was chosen before it gave a token")
    }

    /// What was taken in the stretch of 30 days that `now` belongs to, in minor units.
    pub fn taken_now(&self, now: Timestamp) -> u64 {
        let current = self.taken.filter(|taken| taken.stretch == self.stretch_at(now));
        current.map_or(0, |taken| taken.amount.minor())
    }

    /// Which stretch of the allowance a moment belongs to.
    pub(crate) fn stretch_at(&self, now: Timestamp) -> u64 {
        let start = self.granted.map_or(self.created.time, |stamp| stamp.time);
        now.since(start).nanos() / ALLOWANCE_SPAN.nanos()
    }

    /// What a stretch has seen taken, in minor units of the currency.
    pub(crate) fn taken_in(&self, stretch: u64, currency: money::Currency) -> u64 {
        let fits = |taken: &&Taken| taken.stretch == stretch && taken.amount.currency() == currency;
        self.taken.as_ref().filter(fits).map_or(0, |taken| taken.amount.minor())
    }
}

/// An access token as the acquirer presented it: which agreement it names, and its digest.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct TokenUse {
    pub agreement: AgreementId,
    pub access: Digest,
}
codec_struct!(TokenUse { agreement, access });

/// Without the digest: nobody needs to read it.
impl std::fmt::Debug for TokenUse {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "TokenUse({})", self.agreement)
    }
}
