//! The checked-in contract of the operations API is the one that the program serves.

#[test]
fn the_checked_in_contract_is_fresh() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/openapi.json");
    let stored = std::fs::read_to_string(path).expect("docs/openapi.json is checked in");
    let fresh = dhow_api::ops::openapi_json();
    assert_eq!(
        stored.trim(),
        fresh.trim(),
        "refresh it: cargo run -p dhow -- openapi > docs/openapi.json"
    );
}
