//! Forms of keys, and what is refused.

use super::*;
use std::sync::OnceLock;

/// A key drawn once per test run: drawing RSA keys is slow.
pub(crate) fn rsa() -> &'static SigningKey {
    static KEY: OnceLock<SigningKey> = OnceLock::new();
    KEY.get_or_init(|| SigningKey::generate_rsa2048().unwrap())
}

const RSA_1024: &str = concat!(
    "MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQComG+tpbZnf6hJkzpZhJPqNRaY9Lo3ndXloGWobUbEpQsyK29Nmy",
    "r4CA0QTMrdUdYVKSE86hLxNJgTLw59IxqHowR8+axY3QIc24E3hKLpqilBRgY2rF9l0p0WAzkNRjm7Cid1xzwActNt",
    "CxsczLBT2UQoxIiUS3b6PLzSDfeVLwIDAQAB",
);

#[test]
fn every_form_of_a_private_key_is_the_same_key() {
    let key = rsa();
    let pkcs8 = key.to_pkcs8_der().unwrap();
    let pkcs1_text = key.to_pkcs1_base64().unwrap();
    assert!(!pkcs1_text.contains('\n'));
    let pkcs1 = from_base64(&pkcs1_text).unwrap();
    let forms: [(&str, Vec<u8>); 6] = [
        ("PKCS#8 DER", pkcs8.clone()),
        ("PKCS#8 PEM", key.to_pkcs8_pem().unwrap().into_bytes()),
        ("PKCS#8 base64", key.to_pkcs8_base64().unwrap().into_bytes()),
        ("PKCS#1 DER", pkcs1.clone()),
        ("PKCS#1 PEM", to_pem("RSA PRIVATE KEY", &pkcs1).into_bytes()),
        ("PKCS#1 base64", format!("{pkcs1_text}\n").into_bytes()),
    ];
    let signature = key.sign(b"message");
    for (name, form) in forms {
        let read = SigningKey::parse(&form).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(read.public(), key.public(), "{name}");
        assert_eq!(read.sign(b"message"), signature, "{name}: PKCS#1 v1.5 draws nothing");
    }
}

#[test]
fn every_form_of_a_public_key_is_the_same_key() {
    let ed25519 = SigningKey::generate_ed25519().unwrap();
    for key in [rsa(), &ed25519] {
        let public = key.public();
        let forms = [
            public.to_spki_der().to_vec(),
            public.to_spki_pem().into_bytes(),
            public.to_spki_base64().into_bytes(),
        ];
        for form in forms {
            let read = VerifyingKey::parse(&form).unwrap();
            assert_eq!(&read, public);
            assert!(read.verify(b"message", &key.sign(b"message")));
            assert!(!read.verify(b"massage", &key.sign(b"message")));
        }
    }
    let (_, pkcs1) = spki(rsa().public().to_spki_der()).unwrap();
    assert_eq!(&VerifyingKey::parse(pkcs1).unwrap(), rsa().public());
}

#[test]
fn ed25519_round_trip() {
    let key = SigningKey::generate_ed25519().unwrap();
    assert_eq!(key.algorithm(), Algorithm::Ed25519);
    assert_eq!(key.sign(b"m").len(), 64);
    assert_eq!(key.to_pkcs1_base64(), Err(KeyError::NotRsa));
    for form in [key.to_pkcs8_pem().unwrap().into_bytes(), key.to_pkcs8_der().unwrap()] {
        assert_eq!(SigningKey::parse(&form).unwrap().public(), key.public());
    }
}

#[test]
fn short_keys_are_refused_with_their_length() {
    let bad = KeyError::BadLength { bits: 1024 };
    assert_eq!(VerifyingKey::parse(RSA_1024.as_bytes()).unwrap_err(), bad);
    assert_eq!(bad.to_string(), "the RSA key has 1024 bits, but needs 2048 to 8192");
    let element = |tag: u8, content: &[u8]| {
        let length = u8::try_from(content.len()).unwrap();
        [&[tag, 0x81, length][..], content].concat()
    };
    let modulus = [&[0][..], &[0xff; 128]].concat();
    let numbers = [
        element(der::INTEGER, &[0]),
        element(der::INTEGER, &modulus),
        element(der::INTEGER, &[1, 0, 1]),
        element(der::INTEGER, &[1]),
    ];
    let pkcs1 = element(der::SEQUENCE, &numbers.concat());
    assert_eq!(SigningKey::parse(&pkcs1).unwrap_err(), bad);
}

#[test]
fn wrong_things_are_named() {
    let private = rsa().to_pkcs8_pem().unwrap();
    let public = rsa().public().to_spki_pem();
    assert_eq!(VerifyingKey::parse(private.as_bytes()).unwrap_err(), KeyError::NotPublic);
    assert_eq!(SigningKey::parse(public.as_bytes()).unwrap_err(), KeyError::NotPrivate);
    let encrypted =
        b"-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----";
    assert_eq!(SigningKey::parse(encrypted).unwrap_err(), KeyError::Encrypted);
    for bad in [&b""[..], b"hello", b"AAAA", b"\x30\x82\xff\xff", b"\xff\xfe", b"0"] {
        assert_eq!(SigningKey::parse(bad).unwrap_err(), KeyError::Unreadable, "{bad:?}");
        assert_eq!(VerifyingKey::parse(bad).unwrap_err(), KeyError::Unreadable, "{bad:?}");
    }
    let mut damaged = rsa().to_pkcs8_der().unwrap();
    let last = damaged.len() - 1;
    damaged[last - 40] ^= 1;
    assert!(SigningKey::parse(&damaged).is_err());
}

#[test]
fn a_secret_is_never_printed() {
    let shown = format!("{:?}", rsa());
    assert_eq!(shown, format!("SigningKey(RSA256, {})", rsa().public().fingerprint()));
}

#[test]
fn keys_are_shared_between_threads() {
    std::thread::scope(|scope| {
        for number in 0..4_u8 {
            scope.spawn(move || {
                let message = [number; 100];
                assert!(rsa().public().verify(&message, &rsa().sign(&message)));
            });
        }
    });
}
