//! Vectors of the header and of the signed bytes, and what must not verify.

use super::*;
use crate::keys::tests::rsa;
use proptest::prelude::*;

const PATH: &str = "/aps/api/v1/payments/inquiryPayment";
const CLIENT: &str = "SANDBOX_X";
const TIME: &str = "2026-01-02T03:04:05+00:00";
const BODY: &str = r#"{"paymentRequestId":"PR1"}"#;

fn golden() -> SignedMessage<'static> {
    SignedMessage::new(PATH, CLIENT, TIME, BODY.as_bytes()).unwrap()
}

#[test]
fn signed_text() {
    let expected = "POST /aps/api/v1/payments/inquiryPayment\n\
                    SANDBOX_X.2026-01-02T03:04:05+00:00.{\"paymentRequestId\":\"PR1\"}";
    assert_eq!(String::from_utf8(golden().to_bytes()).unwrap(), expected);
}

#[test]
fn header_in_every_dialect() {
    let signature = vec![0xfb, 0xef, 0xbe, 0xff];
    let header = SignatureHeader { algorithm: Algorithm::Rsa256, key_version: 1, signature };
    let text = header.to_string();
    assert_eq!(text, "algorithm=RSA256, keyVersion=1, signature=%2B%2B%2B%2B%2Fw%3D%3D");
    for dialect in [
        text.as_str(),
        "algorithm=RSA256,keyVersion=1,signature=%2B%2B%2B%2B%2Fw%3D%3D",
        "algorithm=RSA256,keyVersion=1,signature=++++/w==",
        "algorithm=RSA256,keyVersion=1,signature=++++%2fw",
        "algorithm=RSA256,keyVersion=1,signature=----_w",
        "signature=----_w , keyVersion = 1 ,  algorithm = RSA256",
        "keyVersion=01, nonce=x, algorithm=RSA256, signature=++%2B+/w=",
    ] {
        assert_eq!(SignatureHeader::parse(dialect).as_ref(), Ok(&header), "{dialect}");
    }
}

#[test]
fn header_refusals() {
    use SignatureError as E;
    let long = format!("algorithm=RSA256,keyVersion=1,signature={}", "A".repeat(MAX_HEADER_BYTES));
    for (text, error) in [
        ("", E::NotAPair),
        ("algorithm=RSA256,keyVersion=1", E::Missing { part: "signature" }),
        ("algorithm=RSA256,signature=AAAA", E::Missing { part: "keyVersion" }),
        ("keyVersion=1,signature=AAAA", E::Missing { part: "algorithm" }),
        (
            "algorithm=RSA256,keyVersion=1,signature=AAAA,signature=BBBB",
            E::Twice { part: "signature" },
        ),
        ("algorithm=none,keyVersion=1,signature=AAAA", E::Algorithm),
        ("algorithm=HS256,keyVersion=1,signature=AAAA", E::Algorithm),
        ("algorithm=rsa256,keyVersion=1,signature=AAAA", E::Algorithm),
        ("algorithm=RSA1,keyVersion=1,signature=AAAA", E::Algorithm),
        ("algorithm=,keyVersion=1,signature=AAAA", E::Algorithm),
        ("algorithm=RSA256,keyVersion=,signature=AAAA", E::KeyVersion),
        ("algorithm=RSA256,keyVersion=+1,signature=AAAA", E::KeyVersion),
        ("algorithm=RSA256,keyVersion=-1,signature=AAAA", E::KeyVersion),
        ("algorithm=RSA256,keyVersion=4294967296,signature=AAAA", E::KeyVersion),
        ("algorithm=RSA256,keyVersion=1,signature=", E::Value),
        ("algorithm=RSA256,keyVersion=1,signature=A", E::Value),
        ("algorithm=RSA256,keyVersion=1,signature=AA%", E::Value),
        ("algorithm=RSA256,keyVersion=1,signature=AA%4", E::Value),
        ("algorithm=RSA256,keyVersion=1,signature=AA%zz", E::Value),
        ("algorithm=RSA256,keyVersion=1,signature=AA AA", E::Value),
        (long.as_str(), E::TooLong),
    ] {
        assert_eq!(SignatureHeader::parse(text), Err(error), "{text}");
    }
}

#[test]
fn every_flipped_byte_is_found() {
    let header = SignatureHeader::sign(rsa(), 1, &golden());
    assert_eq!(header.verify(rsa().public(), &golden()), Ok(()));
    let read = SignatureHeader::parse(&header.to_string()).unwrap();
    assert_eq!(read.verify(rsa().public(), &golden()), Ok(()));
    let bytes = golden().to_bytes();
    for at in 0..bytes.len() {
        for bit in 0..8 {
            let mut changed = bytes.clone();
            changed[at] ^= 1 << bit;
            assert!(!rsa().public().verify(&changed, &header.signature), "byte {at} bit {bit}");
        }
    }
    for at in 0..header.signature.len() {
        let mut changed = header.clone();
        changed.signature[at] ^= 0x10;
        let refused = changed.verify(rsa().public(), &golden());
        assert_eq!(refused, Err(SignatureError::Mismatch), "signature byte {at}");
    }
}

#[test]
fn a_signature_fits_one_endpoint_client_time_and_body() {
    let header = SignatureHeader::sign(rsa(), 1, &golden());
    let body = BODY.as_bytes();
    let others = [
        ("/aps/api/v1/payments/cancelPayment", CLIENT, TIME, body),
        ("/aps/api/v1/payments/inquiryPayment?a=b", CLIENT, TIME, body),
        ("/aps/api//v1/payments/inquiryPayment", CLIENT, TIME, body),
        (PATH, "SANDBOX_Y", TIME, body),
        (PATH, CLIENT, "2026-01-02T03:04:06+00:00", body),
        (PATH, CLIENT, "2026-01-02T03:04:05+0000", body),
        (PATH, CLIENT, TIME, b"{\"paymentRequestId\": \"PR1\"}"),
        (PATH, CLIENT, TIME, b""),
    ];
    for (path, client, time, body) in others {
        let message = SignedMessage::new(path, client, time, body).unwrap();
        let refused = header.verify(rsa().public(), &message);
        assert_eq!(refused, Err(SignatureError::Mismatch), "{path} {client} {time}");
    }
}

#[test]
fn the_key_says_the_algorithm() {
    let ed25519 = SigningKey::generate_ed25519().unwrap();
    let header = SignatureHeader::sign(&ed25519, 7, &golden());
    assert!(header.to_string().starts_with("algorithm=ED25519, keyVersion=7, signature="));
    assert_eq!(header.verify(ed25519.public(), &golden()), Ok(()));
    let refused = header.verify(rsa().public(), &golden());
    assert_eq!(refused, Err(SignatureError::OtherAlgorithm));
    let lie = SignatureHeader { algorithm: Algorithm::Rsa256, ..header };
    assert_eq!(lie.verify(ed25519.public(), &golden()), Err(SignatureError::OtherAlgorithm));
    assert_eq!(lie.verify(rsa().public(), &golden()), Err(SignatureError::Mismatch));
}

#[test]
fn parts_that_would_be_ambiguous_are_refused() {
    use SignatureError as E;
    for (path, client, time, error) in [
        ("", CLIENT, TIME, E::Path),
        ("aps", CLIENT, TIME, E::Path),
        ("/a\nb", CLIENT, TIME, E::Path),
        ("/a b", CLIENT, TIME, E::Path),
        ("/ä", CLIENT, TIME, E::Path),
        (PATH, "", TIME, E::ClientId),
        (PATH, "A.B", TIME, E::ClientId),
        (PATH, "A\nB", TIME, E::ClientId),
        (PATH, CLIENT, "", E::Time),
        (PATH, CLIENT, "2026-01-02T03:04:05+00:00.{", E::Time),
        (PATH, CLIENT, "tomorrow", E::Time),
    ] {
        assert_eq!(SignedMessage::new(path, client, time, b"").unwrap_err(), error);
    }
}

#[test]
fn paths_of_absolute_targets() {
    for (target, path) in [
        ("https://127.0.0.1/aps/api/v1/payments/pay", "/aps/api/v1/payments/pay"),
        ("http://host:8443/a?b=https://c/d", "/a?b=https://c/d"),
        (
            "/ams/api//v1/payments/retrievePaymentSession",
            "/ams/api//v1/payments/retrievePaymentSession",
        ),
        ("/a?b=https://c/d", "/a?b=https://c/d"),
        ("https://host", "/"),
        ("https://host?a=/b", "/"),
        ("*", "*"),
    ] {
        assert_eq!(signed_path(target), path, "{target}");
    }
}

#[test]
fn explain_names_the_part() {
    let message = golden();
    assert_eq!(message.explain(&message.to_bytes()), None);
    let shown = |from: &str, to: &str| {
        let other = String::from_utf8(message.to_bytes()).unwrap().replacen(from, to, 1);
        message.explain(other.as_bytes()).unwrap().to_string()
    };
    assert_eq!(
        shown("POST", "post"),
        "byte 0, in the method: expected `P` (0x50), found `p` (0x70)"
    );
    assert_eq!(
        shown("inquiryP", "pay"),
        "byte 26, in the path: expected `i` (0x69), found `p` (0x70)"
    );
    assert_eq!(
        shown("\n", "\r\n"),
        "byte 40, in the line feed after the path: expected `\\n` (0x0a), found `\\r` (0x0d)"
    );
    assert_eq!(
        shown("_X", "_Y"),
        "byte 49, in the client id: expected `X` (0x58), found `Y` (0x59)"
    );
    assert_eq!(
        shown("X.", "X "),
        "byte 50, in the dot after the client id: expected `.` (0x2e), found ` ` (0x20)"
    );
    assert_eq!(shown("+00:00", "Z"), "byte 70, in the time: expected `+` (0x2b), found `Z` (0x5a)");
    assert_eq!(
        shown("\"}", "\"}\n"),
        "byte 103, in the body: expected the end, found `\\n` (0x0a)"
    );
    assert_eq!(shown("\"}", ""), "byte 101, in the body: expected `\"` (0x22), found the end");
}

/// Takes the signed bytes apart again: that this is possible means that no two messages share them.
fn take_apart(bytes: &[u8]) -> (String, String, String, Vec<u8>) {
    let rest = bytes.strip_prefix(b"POST ").unwrap();
    let line_feed = rest.iter().position(|&byte| byte == b'\n').unwrap();
    let (path, rest) = (&rest[..line_feed], &rest[line_feed + 1..]);
    let dot = rest.iter().position(|&byte| byte == b'.').unwrap();
    let (client, rest) = (&rest[..dot], &rest[dot + 1..]);
    let is_time = |end: &usize| {
        rest[*end] == b'.'
            && std::str::from_utf8(&rest[..*end]).is_ok_and(|t| Datetime::parse_header(t).is_some())
    };
    let ends: Vec<usize> = (0..rest.len()).filter(is_time).collect();
    assert_eq!(ends.len(), 1, "exactly one beginning is a time");
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (text(path), text(client), text(&rest[..ends[0]]), rest[ends[0] + 1..].to_vec())
}

proptest! {
    #[test]
    fn different_parts_give_different_bytes(
        path in "/[a-zA-Z0-9/?=.]{0,20}",
        client in "[A-Z0-9_]{1,20}",
        time in "2026-01-0[1-9]T03:04:05(\\.[0-9]{1,9})?(Z|\\+00:00|-0330)|[0-9]{13}",
        body in "[0-9TZ:.+\\-\n{}]{0,40}",
    ) {
        let message = SignedMessage::new(&path, &client, &time, body.as_bytes()).unwrap();
        let parts = take_apart(&message.to_bytes());
        let sent = (path.clone(), client.clone(), time.clone(), body.clone().into_bytes());
        prop_assert_eq!(parts, sent);
    }

    #[test]
    fn header_round_trip(
        key_version: u32,
        signature in prop::collection::vec(any::<u8>(), 1..600),
    ) {
        let header = SignatureHeader { algorithm: Algorithm::Rsa256, key_version, signature };
        prop_assert_eq!(SignatureHeader::parse(&header.to_string()), Ok(header));
    }

    #[test]
    fn no_header_panics(text in "\\PC{0,80}", near in "(algorithm|keyVersion|signature|=|,|%|RSA256|A|1|é){0,20}") {
        let _ = SignatureHeader::parse(&text);
        let _ = SignatureHeader::parse(&near);
        let _ = signed_path(&text);
        let _ = golden().explain(text.as_bytes());
    }
}
