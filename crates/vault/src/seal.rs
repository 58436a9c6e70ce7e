//! Sealing, digests and random bytes.

use crate::VaultError;
use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use aws_lc_rs::{digest, hmac, rand};
use base::{Codec, decode_all, encode};

/// Bytes of a key.
pub(crate) const KEY_BYTES: usize = 32;
/// What sealing adds: a nonce in front and a tag behind.
pub(crate) const SEAL_BYTES: usize = NONCE_LEN + 16;

/// A digest of 256 bits.
pub(crate) type Digest = [u8; 32];

/// Seals and opens with one key. Each seal draws a nonce.
pub(crate) struct Seal(RandomizedNonceKey);

impl Seal {
    pub(crate) fn new(key: &[u8; KEY_BYTES]) -> Result<Seal, VaultError> {
        Ok(Seal(RandomizedNonceKey::new(&AES_256_GCM, key)?))
    }

    /// Seals a value for the place that `place` names: elsewhere it does not open.
    pub(crate) fn seal<T: Codec>(&self, place: &[u8], value: &T) -> Result<Vec<u8>, VaultError> {
        let mut bytes = encode(value);
        let nonce = self.0.seal_in_place_append_tag(Aad::from(place), &mut bytes)?;
        Ok([&nonce.as_ref()[..], &bytes[..]].concat())
    }

    /// The value that was sealed for this place. `None`: another key, another place, or damage.
    pub(crate) fn open<T: Codec>(&self, place: &[u8], sealed: &[u8]) -> Option<T> {
        let (nonce, bytes) = sealed.split_at_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut bytes = bytes.to_vec();
        let plain = self.0.open_in_place(nonce, Aad::from(place), &mut bytes).ok()?;
        decode_all(plain).ok()
    }
}

/// A key of its own for one use, made from the master key.
pub(crate) fn derived(master: &[u8; KEY_BYTES], label: &str) -> [u8; KEY_BYTES] {
    keyed_digest(&hmac::Key::new(hmac::HMAC_SHA256, master), &[label.as_bytes()])
}

/// HMAC-SHA-256 over parts, each behind its length.
pub(crate) fn keyed_digest(key: &hmac::Key, parts: &[&[u8]]) -> Digest {
    let mut context = hmac::Context::with_key(key);
    for part in parts {
        context.update(&part.len().to_be_bytes());
        context.update(part);
    }
    context.sign().as_ref().try_into().expect("SHA-256 has 32 bytes")
}

/// SHA-256.
pub(crate) fn digest_of(bytes: &[u8]) -> Digest {
    digest::digest(&digest::SHA256, bytes).as_ref().try_into().expect("SHA-256 has 32 bytes")
}

/// Fresh bytes of the system's randomness.
pub(crate) fn random<const N: usize>() -> Result<[u8; N], VaultError> {
    let mut bytes = [0; N];
    rand::fill(&mut bytes)?;
    Ok(bytes)
}

/// Compares in a time that does not tell where two values differ.
pub(crate) fn are_equal(a: &[u8], b: &[u8]) -> bool {
    aws_lc_rs::constant_time::verify_slices_are_equal(a, b).is_ok()
}
