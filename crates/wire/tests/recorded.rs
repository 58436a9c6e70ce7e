//! Requests that official clients sent, byte for byte: every header of them is read, and every body
//! that belongs to an interface of ours parses.

use dhow_wire::{
    Api, Datetime, Mode, SignatureHeader, SignedMessage, Value, acqp, parse, signed_path,
};

#[derive(serde::Deserialize)]
struct Recorded {
    client: String,
    head: String,
    body: String,
}

fn recorded() -> Option<Vec<Recorded>> {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data");
    let Ok(text) = std::fs::read_to_string(format!("{root}/ant_client_requests.jsonl")) else {
        println!("left out: the recorded requests are not on this machine");
        return None;
    };
    let read = |line: &str| serde_json::from_str(line).expect("a recorded request per line");
    Some(text.lines().map(read).collect())
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines().skip(1).find_map(|line| {
        let (found, value) = line.split_once(':')?;
        found.eq_ignore_ascii_case(name).then_some(value.trim())
    })
}

#[test]
fn every_head_is_read() {
    let Some(requests) = recorded() else { return };
    assert_eq!(requests.len(), 35);
    let mut signed = 0;
    for request in &requests {
        let target = request.head.split(' ').nth(1).unwrap();
        let path = signed_path(target);
        assert!(path.starts_with("/a") && target.ends_with(path), "{target}");
        // One client identifies itself by a bearer token and signs nothing.
        let Some(signature) = header(&request.head, "signature") else {
            assert!(header(&request.head, "authorization").is_some(), "{}", request.client);
            continue;
        };
        let read = SignatureHeader::parse(signature).unwrap();
        assert_eq!((read.key_version, read.signature.len()), (1, 256), "{}", request.client);
        let time = header(&request.head, "request-time").unwrap();
        let at = Datetime::parse_header(time).unwrap().at.secs();
        assert!((1_795_332_000..1_795_333_000).contains(&at), "{time}");
        let client_id = header(&request.head, "client-id").unwrap();
        let message = SignedMessage::new(path, client_id, time, request.body.as_bytes()).unwrap();
        let text = String::from_utf8(message.to_bytes()).unwrap();
        assert_eq!(text, format!("POST {path}\n{client_id}.{time}.{}", request.body));
        signed += 1;
    }
    assert_eq!(signed, 34);
}

fn must_parse<T: Value>(request: &Recorded) -> T {
    parse(request.body.as_bytes())
        .unwrap_or_else(|error| panic!("{}: {error}\n{}", request.client, request.body))
}

#[test]
fn every_body_of_ours_parses() {
    let Some(requests) = recorded() else { return };
    let (mut pay, mut others) = (Vec::new(), 0);
    for request in &requests {
        let path = signed_path(request.head.split(' ').nth(1).unwrap());
        match Api::from_path(path) {
            Some(Api::Pay) => {
                let message: acqp::PayRequest = must_parse(request);
                pay.push(message.mode().unwrap());
                continue;
            }
            Some(Api::InquiryPayment) => {
                must_parse::<acqp::InquiryPaymentRequest>(request).payment().unwrap();
            }
            Some(Api::CancelPayment) => {
                must_parse::<acqp::CancelPaymentRequest>(request).payment().unwrap();
            }
            Some(Api::Refund) => {
                let refund: acqp::RefundRequest = must_parse(request);
                refund.payment().unwrap();
                assert_eq!(refund.refund_amount.0.minor(), 234);
            }
            // Later interfaces, and paths of a sister interface that is not ours.
            Some(_) => continue,
            None => {
                assert!(path.starts_with("/ams/"), "{path}");
                continue;
            }
        }
        others += 1;
    }
    assert_eq!(pay, [Mode::Cashier, Mode::AutoDebit]);
    assert_eq!(others, 4);
}
