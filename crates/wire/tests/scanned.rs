//! Codes of many countries, with what others read in them.

use dhow_wire::scanned::Scanned;
use serde_json::{Map, Value, json, to_value};

fn examples() -> Vec<Map<String, Value>> {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data");
    let Ok(text) = std::fs::read_to_string(format!("{root}/emvqr_examples.jsonl")) else {
        println!("left out: the collected codes are not on this machine");
        return Vec::new();
    };
    text.lines().map(|line| serde_json::from_str(line).expect("a code per line")).collect()
}

#[test]
fn collected_codes_are_read_as_others_read_them() {
    for example in examples() {
        let id = &example["id"];
        let read = to_value(Scanned::read(example["payload"].as_str().unwrap())).unwrap();
        assert_eq!(read["valid"], example["valid"], "{id}: {read}");
        if example["valid"] == json!(false) {
            assert!(read["error"].as_str().is_some_and(|why| why.len() > 10), "{id}: {read}");
            continue;
        }
        for (name, expected) in example["expect"].as_object().unwrap() {
            assert_eq!(&read[name], expected, "{id}: {name}");
        }
    }
}

#[test]
fn a_network_is_named_with_its_fields() {
    let text = "00020101021226570009SG.PAYNOW010120213201929813CSPW030110513SPW658227463052040000\
                530370254031005802SG5925SHOPEEPAY PRIVATE LIMITED6009SINGAPORE630426E1";
    let read = to_value(Scanned::read(text)).unwrap();
    assert_eq!(
        read["networks"],
        json!([{"tag": "26", "scheme": "paynow", "title": "PayNow (Singapore)", "fields": {
            "proxy_type": "2", "proxy": "201929813CSPW", "is_amount_editable": "1",
            "reference": "SPW6582274630"}}])
    );
    let refused = to_value(Scanned::read("WIFI:S:hotel;;")).unwrap();
    assert_eq!(refused["fault"], "not_emv");
    assert_eq!(refused["valid"], false);
}
