//! Tokens of agreements: the network's own, made from a secret and never kept, and the wallets',
//! sealed.
//!
//! An acquirer's token is the agreement's id and a tag over id and generation (HMAC-SHA-256, 24
//! bytes of it): whoever holds the log or a snapshot but not the secret can make none, and a lost
//! answer is given again. A wallet's token is sealed with AES-256-GCM for its one agreement.

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use aws_lc_rs::{digest, hmac};
use base::{codec_struct, decode_all};
use ids::{AgreementId, ParticipantId};
use network::{Digest, Sealed};

/// Bytes of the tag that stand in a token: 192 bits.
const TAG_BYTES: usize = 24;
/// Digits of an id at the head of a token.
const ID_DIGITS: usize = 32;

/// What the wallet gave.
#[derive(Clone, PartialEq, Eq)]
pub struct WalletTokens {
    pub access: String,
    pub refresh: Option<String>,
}
codec_struct!(WalletTokens { access, refresh });

/// Makes and opens tokens. Their secret never changes while an agreement lives.
pub struct Tokens {
    tags: hmac::Key,
    seals: RandomizedNonceKey,
}

/// What a token is for.
#[derive(Clone, Copy)]
enum Kind {
    Access,
    Refresh,
}

impl Tokens {
    /// From a secret of at least 16 bytes; each use gets a key of its own from it.
    pub fn new(secret: &[u8]) -> Tokens {
        let own = |label: &str| {
            let root = hmac::Key::new(hmac::HMAC_SHA256, secret);
            hmac::sign(&root, label.as_bytes())
        };
        let tags = hmac::Key::new(hmac::HMAC_SHA256, own("agreement tokens").as_ref());
        let seals = RandomizedNonceKey::new(&AES_256_GCM, own("wallets' tokens").as_ref());
        Tokens { tags, seals: seals.expect("an HMAC-SHA-256 tag has the key's 32 bytes") }
    }

    /// The access token of a generation of an agreement's tokens.
    pub fn access(&self, agreement: AgreementId, generation: u32) -> String {
        self.token(Kind::Access, agreement, generation)
    }

    /// The refresh token of a generation of an agreement's tokens.
    pub fn refresh(&self, agreement: AgreementId, generation: u32) -> String {
        self.token(Kind::Refresh, agreement, generation)
    }

    fn token(&self, kind: Kind, agreement: AgreementId, generation: u32) -> String {
        let mut text = vec![match kind {
            Kind::Access => b'a',
            Kind::Refresh => b'r',
        }];
        text.extend_from_slice(&agreement.as_u128().to_be_bytes());
        text.extend_from_slice(&generation.to_be_bytes());
        let tag = hmac::sign(&self.tags, &text);
        let mut token = format!("{:032x}", agreement.as_u128());
        tag.as_ref()[..TAG_BYTES].iter().for_each(|byte| token.push_str(&format!("{byte:02x}")));
        token
    }

    /// Seals the wallet's tokens for one agreement.
    pub fn seal(&self, agreement: AgreementId, tokens: &WalletTokens) -> Sealed {
        self.seal_bytes(agreement.as_u128(), base::encode(tokens))
    }

    /// The wallet's tokens. `None`: they were sealed with another secret or for another agreement.
    pub fn open(&self, agreement: AgreementId, sealed: &Sealed) -> Option<WalletTokens> {
        decode_all(&self.open_bytes(agreement.as_u128(), sealed)?).ok()
    }

    /// Seals one text, such as a wallet's authorisation code, for its agreement or payment.
    pub fn seal_text(&self, owner: u128, text: &str) -> Sealed {
        self.seal_bytes(owner, text.as_bytes().to_vec())
    }

    /// The text that was sealed.
    pub fn open_text(&self, owner: u128, sealed: &Sealed) -> Option<String> {
        String::from_utf8(self.open_bytes(owner, sealed)?).ok()
    }

    /// Of a scanned code and the user who scanned it: tells repetitions, and nothing else.
    pub fn scan(&self, mpp: ParticipantId, customer: &str, code: &str) -> Digest {
        let mut text = vec![b's'];
        text.extend_from_slice(&mpp.0.to_be_bytes());
        text.extend_from_slice(&customer.len().to_be_bytes());
        text.extend_from_slice(customer.as_bytes());
        text.extend_from_slice(code.as_bytes());
        let tag = hmac::sign(&self.tags, &text);
        tag.as_ref().try_into().expect("an HMAC-SHA-256 tag has 32 bytes")
    }

    fn seal_bytes(&self, owner: u128, mut bytes: Vec<u8>) -> Sealed {
        let aad = Aad::from(owner.to_be_bytes());
        let nonce = self.seals.seal_in_place_append_tag(aad, &mut bytes);
        let nonce = nonce.expect("the system gives random bytes, and a token is short");
        Sealed([&nonce.as_ref()[..], &bytes[..]].concat())
    }

    fn open_bytes(&self, owner: u128, sealed: &Sealed) -> Option<Vec<u8>> {
        let (nonce, bytes) = sealed.0.split_at_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let aad = Aad::from(owner.to_be_bytes());
        let mut bytes = bytes.to_vec();
        Some(self.seals.open_in_place(nonce, aad, &mut bytes).ok()?.to_vec())
    }
}

/// By what a credential is known in the log.
pub fn digest_of(credential: &str) -> Digest {
    let digest = digest::digest(&digest::SHA256, credential.as_bytes());
    digest.as_ref().try_into().expect("SHA-256 has 32 bytes")
}

/// An authorisation code as acquirers get it: which agreement, and the wallet's own code.
pub fn network_code(agreement: AgreementId, wallets_code: &str) -> String {
    format!("{:032x}{wallets_code}", agreement.as_u128())
}

/// The agreement that a token or code names, and what stands behind its id.
pub fn named_agreement(credential: &str) -> Option<(AgreementId, &str)> {
    let (id, rest) = credential.split_at_checked(ID_DIGITS)?;
    let is_hex = |c: u8| c.is_ascii_digit() || (b'a'..=b'f').contains(&c);
    if !id.bytes().all(is_hex) || rest.is_empty() {
        return None;
    }
    Some((AgreementId::from_u128(u128::from_str_radix(id, 16).ok()?), rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: AgreementId = AgreementId::from_u128(0x0193_0000_0000_0000_0000_0000_0000_0007);

    #[test]
    fn a_token_is_made_again_and_by_nobody_else() {
        let tokens = Tokens::new(b"0123456789abcdef");
        let token = tokens.access(ID, 1);
        assert_eq!(token.len(), 80);
        assert_eq!(token, Tokens::new(b"0123456789abcdef").access(ID, 1));
        for other in [
            tokens.access(ID, 2),
            tokens.refresh(ID, 1),
            tokens.access(AgreementId::from_u128(8), 1),
            Tokens::new(b"another secret of ours").access(ID, 1),
        ] {
            assert_ne!(token, other);
            assert_ne!(digest_of(&token), digest_of(&other));
        }
        assert_eq!(named_agreement(&token).map(|(id, _)| id), Some(ID));
    }

    #[test]
    fn a_seal_opens_for_its_agreement_alone() {
        let tokens = Tokens::new(b"0123456789abcdef");
        let given = WalletTokens { access: "secret".to_owned(), refresh: Some("more".to_owned()) };
        let sealed = tokens.seal(ID, &given);
        assert!(!sealed.0.windows(6).any(|bytes| bytes == b"secret"));
        assert!(tokens.open(ID, &sealed) == Some(given.clone()));
        assert!(tokens.open(AgreementId::from_u128(8), &sealed).is_none());
        assert!(Tokens::new(b"another secret of ours").open(ID, &sealed).is_none());
        for at in 0..sealed.0.len() {
            let mut broken = sealed.clone();
            broken.0[at] ^= 1;
            assert!(tokens.open(ID, &broken).is_none(), "byte {at}");
            assert!(tokens.open(ID, &Sealed(sealed.0[..at].to_vec())).is_none());
        }
        assert_ne!(sealed, tokens.seal(ID, &given), "each seal has a nonce of its own");
        let text = tokens.seal_text(ID.as_u128(), "code");
        assert_eq!(tokens.open_text(ID.as_u128(), &text).as_deref(), Some("code"));
    }

    #[test]
    fn codes_name_their_agreement() {
        let code = network_code(ID, "28-wallet's");
        assert_eq!(named_agreement(&code), Some((ID, "28-wallet's")));
        let id = &code[..32];
        for bad in ["", "28", id, &id.to_uppercase().replace('0', "G"), "\u{e9}\u{e9}"] {
            assert_eq!(named_agreement(bad), None, "{bad}");
        }
    }
}
