//! Merchants and stores, as their acquirers registered them, and what each wallet decided.

use crate::{Country, Mcc, Product, Url};
use base::{Key, Text, Timestamp, codec_enum, codec_struct};
use ids::{ParticipantId, PartnerText};
use std::collections::BTreeMap;

/// A store's id as its acquirer chose it: 1 to 64 characters.
pub type StoreText = Text<64>;

/// A merchant is known by its acquirer and that acquirer's reference.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct MerchantKey {
    pub acquirer: ParticipantId,
    pub reference: PartnerText,
}
codec_struct!(MerchantKey { acquirer, reference });

impl Key for MerchantKey {
    fn hash64(&self) -> u64 {
        let start = Self::mix(u64::from(self.acquirer.0));
        self.reference.as_str().as_bytes().chunks(8).fold(start, |hash, chunk| {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            Self::mix(hash ^ u64::from_le_bytes(word))
        })
    }
}

/// What one wallet says about one merchant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Approval {
    Pending,
    Approved,
    Rejected { reason: Text<256> },
}
codec_enum!(Approval { 0 = Pending, 1 = Approved, 2 = Rejected { reason } });

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Store {
    pub reference: StoreText,
    pub name: Text<256>,
    pub mcc: Mcc,
    pub display: StoreDisplay,
}
codec_struct!(Store { reference, name, mcc, display });

/// A language as pages name it: BCP 47, such as `ja` or `zh-Hant`.
pub type LanguageTag = Text<16>;

/// How a store shows itself to payers. Source: store management of the merchant portal, marketing
/// notes 2.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StoreDisplay {
    /// The wallets that it takes; empty: all that its merchant takes.
    pub wallets: Vec<ParticipantId>,
    /// Its name in other languages than its own.
    pub names: BTreeMap<LanguageTag, Text<256>>,
}
codec_struct!(StoreDisplay { wallets, names });

impl Store {
    pub fn new(reference: StoreText, name: Text<256>, mcc: Mcc) -> Store {
        Store { reference, name, mcc, display: StoreDisplay::default() }
    }

    /// Does the store take this wallet?
    pub fn takes(&self, mpp: ParticipantId) -> bool {
        self.display.wallets.is_empty() || self.display.wallets.contains(&mpp)
    }

    /// The store's name in a language, or its own name.
    pub fn name_in(&self, language: &str) -> &Text<256> {
        let mut names = self.display.names.iter();
        let own = names.find(|(tag, _)| tag.as_str().eq_ignore_ascii_case(language));
        own.map_or(&self.name, |(_, name)| name)
    }
}

/// The latest registration request of a merchant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registration {
    pub request_id: PartnerText,
    pub at: Timestamp,
}
codec_struct!(Registration { request_id, at });

/// Who a merchant is before the law.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Legal {
    pub name: Text<256>,
    /// What kind of number it has, such as `ENTERPRISE_REGISTRATION_NO`, and the number.
    pub kind: Text<64>,
    pub number: Text<64>,
}
codec_struct!(Legal { name, kind, number });

/// One merchant of one acquirer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Merchant {
    pub acquirer: ParticipantId,
    pub reference: PartnerText,
    pub name: Text<256>,
    pub display_name: Option<Text<64>>,
    pub mcc: Mcc,
    /// Decides domestic or cross-border, and therefore the fee.
    pub country: Country,
    pub city: Option<Text<32>>,
    pub products: Vec<Product>,
    pub stores: BTreeMap<StoreText, Store>,
    pub approvals: BTreeMap<ParticipantId, Approval>,
    pub legal: Option<Legal>,
    /// Where its acquirer wants to hear what wallets decide.
    pub notify_url: Option<Url>,
    pub registration: Registration,
}
codec_struct!(Merchant {
    acquirer,
    reference,
    name,
    display_name,
    mcc,
    country,
    city,
    products,
    stores,
    approvals,
    legal,
    notify_url,
    registration,
});

impl Merchant {
    pub fn key(&self) -> MerchantKey {
        MerchantKey { acquirer: self.acquirer, reference: self.reference.clone() }
    }

    /// May users of this wallet pay here? A wallet that does not review merchants has no entry and
    /// accepts.
    pub fn is_approved_for(&self, mpp: ParticipantId, mpp_approves: bool) -> bool {
        match self.approvals.get(&mpp) {
            Some(Approval::Approved) => true,
            Some(Approval::Rejected { .. }) => false,
            Some(Approval::Pending) | None => !mpp_approves,
        }
    }

    pub fn covers_product(&self, product: Product) -> bool {
        self.products.contains(&product)
    }
}
