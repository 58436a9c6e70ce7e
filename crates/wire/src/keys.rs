//! Keys: RSA of 2,048 bits or more as the protocol demands, and Ed25519 as our extension.
//!
//! Private keys come as PKCS#8 or PKCS#1, public keys as SubjectPublicKeyInfo or PKCS#1; each as
//! DER, as PEM or as one line of base64. Both kinds of key are parsed once and may be shared
//! between threads.

use crate::der::{self, Der, from_base64, from_pem, to_base64, to_pem};
use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeySize, PublicKey as RsaPublicKey};
use aws_lc_rs::signature::{
    ED25519, Ed25519KeyPair, KeyPair, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256,
};

/// Shortest RSA modulus accepted, in bits.
pub const MIN_RSA_BITS: usize = 2048;
/// Longest RSA modulus accepted, in bits: longer ones only cost time.
pub const MAX_RSA_BITS: usize = 8192;

/// How a key signs. It follows from the key, never from the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256, the protocol's only algorithm; `RSA256` in the header.
    Rsa256,
    /// Ed25519 (RFC 8032), our extension for partners who agree to it; `ED25519` in the header.
    Ed25519,
}

impl Algorithm {
    /// The name in the `Signature` header.
    pub const fn as_str(self) -> &'static str {
        match self {
            Algorithm::Rsa256 => "RSA256",
            Algorithm::Ed25519 => "ED25519",
        }
    }

    /// Reads the name, case-sensitively.
    pub fn from_text(text: &str) -> Option<Algorithm> {
        match text {
            "RSA256" => Some(Algorithm::Rsa256),
            "ED25519" => Some(Algorithm::Ed25519),
            _ => None,
        }
    }
}

impl std::fmt::Display for Algorithm {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why bytes are not a usable key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    #[error("not a key: neither DER, nor PEM, nor one line of base64")]
    Unreadable,
    #[error("the private key is encrypted: decrypt it first, for example with `openssl pkey`")]
    Encrypted,
    #[error("this is a public key, but a private key is needed")]
    NotPrivate,
    #[error("this is a private key, but a public key is needed: never send a private key")]
    NotPublic,
    #[error("the key is neither RSA nor Ed25519")]
    UnknownKind,
    #[error("the RSA key has {bits} bits, but needs {MIN_RSA_BITS} to {MAX_RSA_BITS}")]
    BadLength { bits: usize },
    #[error("the key is damaged: its numbers do not fit together")]
    Damaged,
    #[error("the system gave no random key")]
    NotGenerated,
    #[error("only RSA keys have a PKCS#1 form")]
    NotRsa,
}

enum Secret {
    Rsa(RsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

/// A private key that signs.
pub struct SigningKey {
    secret: Secret,
    public: VerifyingKey,
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The secret itself never reaches a log.
        write!(f, "SigningKey({}, {})", self.algorithm(), self.public.fingerprint())
    }
}

impl SigningKey {
    /// Draws a new RSA key of 2,048 bits; takes up to about a second.
    pub fn generate_rsa2048() -> Result<SigningKey, KeyError> {
        let pair = RsaKeyPair::generate(KeySize::Rsa2048).map_err(|_| KeyError::NotGenerated)?;
        SigningKey::from_rsa(pair)
    }

    /// Draws a new Ed25519 key.
    pub fn generate_ed25519() -> Result<SigningKey, KeyError> {
        SigningKey::from_ed25519(Ed25519KeyPair::generate().map_err(|_| KeyError::NotGenerated)?)
    }

    /// Reads PKCS#8 or PKCS#1, as DER, PEM or base64.
    pub fn parse(bytes: &[u8]) -> Result<SigningKey, KeyError> {
        let der = to_der(bytes)?;
        let mut outer = Der::new(&der).enter(der::SEQUENCE).ok_or(KeyError::Unreadable)?;
        if outer.take(der::INTEGER).is_none() {
            let is_public = rsa_public(&der).is_some() || spki(&der).is_some();
            return Err(if is_public { KeyError::NotPrivate } else { KeyError::Unreadable });
        }
        if outer.peek() == Some(der::INTEGER) {
            if rsa_public(&der).is_some() {
                return Err(KeyError::NotPrivate);
            }
            check_length(der::bits(outer.take(der::INTEGER).ok_or(KeyError::Damaged)?))?;
            let pair = RsaKeyPair::from_der(&der).map_err(|_| KeyError::Damaged)?;
            return SigningKey::from_rsa(pair);
        }
        let mut kind = outer.enter(der::SEQUENCE).ok_or(KeyError::Unreadable)?;
        match kind.take(der::OBJECT_ID) {
            Some(der::RSA) => {
                let inner = outer.take(der::OCTET_STRING).ok_or(KeyError::Damaged)?;
                check_length(private_bits(inner).ok_or(KeyError::Damaged)?)?;
                let pair = RsaKeyPair::from_pkcs8(&der).map_err(|_| KeyError::Damaged)?;
                SigningKey::from_rsa(pair)
            }
            Some(der::ED25519) => {
                let pair = Ed25519KeyPair::from_pkcs8(&der).map_err(|_| KeyError::Damaged)?;
                SigningKey::from_ed25519(pair)
            }
            Some(_) => Err(KeyError::UnknownKind),
            None => Err(KeyError::Unreadable),
        }
    }

    fn from_rsa(pair: RsaKeyPair) -> Result<SigningKey, KeyError> {
        let spki: PublicKeyX509Der<'_> =
            pair.public_key().as_der().map_err(|_| KeyError::Damaged)?;
        let public = VerifyingKey::parse(spki.as_ref())?;
        Ok(SigningKey { secret: Secret::Rsa(pair), public })
    }

    fn from_ed25519(pair: Ed25519KeyPair) -> Result<SigningKey, KeyError> {
        let spki: PublicKeyX509Der<'_> =
            pair.public_key().as_der().map_err(|_| KeyError::Damaged)?;
        let public = VerifyingKey::parse(spki.as_ref())?;
        Ok(SigningKey { secret: Secret::Ed25519(pair), public })
    }

    pub fn algorithm(&self) -> Algorithm {
        self.public.algorithm
    }

    /// The public half.
    pub fn public(&self) -> &VerifyingKey {
        &self.public
    }

    /// The raw signature over `message`: as long as the modulus for RSA, 64 bytes for Ed25519.
    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        match &self.secret {
            Secret::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature)
                    .expect("a parsed RSA key of at least 2,048 bits can sign");
                signature
            }
            Secret::Ed25519(pair) => pair.sign(message).as_ref().to_vec(),
        }
    }

    /// PKCS#8 DER.
    pub fn to_pkcs8_der(&self) -> Result<Vec<u8>, KeyError> {
        let der: Result<Pkcs8V1Der<'_>, _> = match &self.secret {
            Secret::Rsa(pair) => pair.as_der(),
            Secret::Ed25519(pair) => pair.as_der(),
        };
        Ok(der.map_err(|_| KeyError::Damaged)?.as_ref().to_vec())
    }

    /// PKCS#8 PEM, the form for files.
    pub fn to_pkcs8_pem(&self) -> Result<String, KeyError> {
        Ok(to_pem("PRIVATE KEY", &self.to_pkcs8_der()?))
    }

    /// PKCS#8 as one line of base64, the form that the Java and Go clients take.
    pub fn to_pkcs8_base64(&self) -> Result<String, KeyError> {
        Ok(to_base64(&self.to_pkcs8_der()?))
    }

    /// PKCS#1 as one line of base64, the form that the Python clients take. RSA only.
    pub fn to_pkcs1_base64(&self) -> Result<String, KeyError> {
        if self.algorithm() != Algorithm::Rsa256 {
            return Err(KeyError::NotRsa);
        }
        let der = self.to_pkcs8_der()?;
        Ok(to_base64(pkcs1_in_pkcs8(&der).ok_or(KeyError::Damaged)?))
    }
}

/// A public key that verifies.
pub struct VerifyingKey {
    algorithm: Algorithm,
    key: ParsedPublicKey,
    spki: Box<[u8]>,
}

impl std::fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "VerifyingKey({}, {})", self.algorithm, self.fingerprint())
    }
}

impl PartialEq for VerifyingKey {
    fn eq(&self, other: &VerifyingKey) -> bool {
        self.spki == other.spki
    }
}

impl Eq for VerifyingKey {}

impl VerifyingKey {
    /// Reads a SubjectPublicKeyInfo or an RSA PKCS#1 public key, as DER, PEM or base64.
    pub fn parse(bytes: &[u8]) -> Result<VerifyingKey, KeyError> {
        let der = to_der(bytes)?;
        if let Some(modulus) = rsa_public(&der) {
            check_length(der::bits(modulus))?;
            let key = RsaPublicKey::from_der(&der).map_err(|_| KeyError::Damaged)?;
            let spki: PublicKeyX509Der<'_> = key.as_der().map_err(|_| KeyError::Damaged)?;
            return VerifyingKey::rsa(spki.as_ref());
        }
        let Some((kind, key)) = spki(&der) else {
            let is_private = Der::new(&der)
                .enter(der::SEQUENCE)
                .is_some_and(|mut outer| outer.take(der::INTEGER).is_some());
            return Err(if is_private { KeyError::NotPublic } else { KeyError::Unreadable });
        };
        match kind {
            der::RSA => {
                check_length(der::bits(rsa_public(key).ok_or(KeyError::Damaged)?))?;
                VerifyingKey::rsa(&der)
            }
            der::ED25519 => {
                let parsed = ParsedPublicKey::new(&ED25519, &der).map_err(|_| KeyError::Damaged)?;
                Ok(VerifyingKey { algorithm: Algorithm::Ed25519, key: parsed, spki: der.into() })
            }
            _ => Err(KeyError::UnknownKind),
        }
    }

    fn rsa(spki: &[u8]) -> Result<VerifyingKey, KeyError> {
        let key = ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, spki)
            .map_err(|_| KeyError::Damaged)?;
        Ok(VerifyingKey { algorithm: Algorithm::Rsa256, key, spki: spki.into() })
    }

    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Whether `signature` was made over exactly `message` by the private half.
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        self.key.verify_sig(message, signature).is_ok()
    }

    /// SubjectPublicKeyInfo DER.
    pub fn to_spki_der(&self) -> &[u8] {
        &self.spki
    }

    /// SubjectPublicKeyInfo PEM.
    pub fn to_spki_pem(&self) -> String {
        to_pem("PUBLIC KEY", &self.spki)
    }

    /// SubjectPublicKeyInfo as one line of base64, the form that partners exchange.
    pub fn to_spki_base64(&self) -> String {
        to_base64(&self.spki)
    }

    /// First 16 hexadecimal digits of the SHA-256 of the SubjectPublicKeyInfo, to compare keys by
    /// eye.
    pub fn fingerprint(&self) -> String {
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &self.spki);
        digest.as_ref().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
    }
}

fn check_length(bits: usize) -> Result<(), KeyError> {
    if (MIN_RSA_BITS..=MAX_RSA_BITS).contains(&bits) {
        return Ok(());
    }
    Err(KeyError::BadLength { bits })
}

/// The DER inside whatever wrapping it came in.
fn to_der(bytes: &[u8]) -> Result<Vec<u8>, KeyError> {
    if bytes.first() == Some(&der::SEQUENCE) && std::str::from_utf8(bytes).is_err() {
        return Ok(bytes.to_vec());
    }
    let Ok(text) = std::str::from_utf8(bytes) else { return Err(KeyError::Unreadable) };
    if text.contains("ENCRYPTED") && text.contains("-----BEGIN") {
        return Err(KeyError::Encrypted);
    }
    if let Some((_, der)) = from_pem(text) {
        return Ok(der);
    }
    match from_base64(text) {
        Some(der) => Ok(der),
        // An Ed25519 public key in DER may happen to be valid UTF-8.
        None if bytes.first() == Some(&der::SEQUENCE) => Ok(bytes.to_vec()),
        None => Err(KeyError::Unreadable),
    }
}

/// The modulus of a PKCS#1 public key: a sequence of exactly two integers.
fn rsa_public(der: &[u8]) -> Option<&[u8]> {
    let mut fields = Der::new(der).enter(der::SEQUENCE)?;
    let modulus = fields.take(der::INTEGER)?;
    fields.take(der::INTEGER)?;
    fields.peek().is_none().then_some(modulus)
}

/// Kind and key bits of a SubjectPublicKeyInfo.
fn spki(der: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut fields = Der::new(der).enter(der::SEQUENCE)?;
    let kind = fields.enter(der::SEQUENCE)?.take(der::OBJECT_ID)?;
    // The first byte counts unused bits and is zero for keys.
    let (&0, key) = fields.take(der::BIT_STRING)?.split_first()? else { return None };
    Some((kind, key))
}

/// The PKCS#1 private key that a PKCS#8 wrapper holds.
fn pkcs1_in_pkcs8(der: &[u8]) -> Option<&[u8]> {
    let mut fields = Der::new(der).enter(der::SEQUENCE)?;
    fields.take(der::INTEGER)?;
    fields.take(der::SEQUENCE)?;
    fields.take(der::OCTET_STRING)
}

/// Bits of the modulus in a PKCS#1 private key: version, modulus, ...
fn private_bits(pkcs1: &[u8]) -> Option<usize> {
    let mut fields = Der::new(pkcs1).enter(der::SEQUENCE)?;
    fields.take(der::INTEGER)?;
    fields.take(der::INTEGER).map(der::bits)
}

#[cfg(test)]
#[path = "keys_tests.rs"]
pub(crate) mod tests;
