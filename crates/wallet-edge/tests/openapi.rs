//! The checked-in contracts of a wallet's two APIs are the ones that the program serves.

fn check(file: &str, fresh: &str, api: &str) {
    let path = format!("{}/../../docs/{file}", env!("CARGO_MANIFEST_DIR"));
    let stored = std::fs::read_to_string(&path).unwrap_or_default();
    let refresh = format!("cargo run -p dhow -- wallet openapi {api} > docs/{file}");
    assert!(stored.trim() == fresh.trim(), "{file} is stale; refresh it: {refresh}");
}

#[test]
fn the_checked_in_contract_of_the_app_is_fresh() {
    check("wallet-app-openapi.json", &dhow_wallet_edge::app::openapi_json(), "app");
}

#[test]
fn the_checked_in_contract_of_the_desk_is_fresh() {
    check("wallet-desk-openapi.json", &dhow_wallet_edge::desk::openapi_json(), "desk");
}

/// Both are served at one address.
#[test]
fn no_path_is_served_twice_by_the_two() {
    let paths = |text: &str| -> std::collections::BTreeSet<String> {
        let lines = text.lines().map(str::trim);
        let paths = lines.filter(|line| line.starts_with("\"/") && line.ends_with("\": {"));
        paths.map(str::to_owned).collect()
    };
    let app = paths(&dhow_wallet_edge::app::openapi_json());
    let desk = paths(&dhow_wallet_edge::desk::openapi_json());
    assert!(app.len() > 80 && desk.len() > 10, "{} {}", app.len(), desk.len());
    assert!(app.is_disjoint(&desk), "one of {app:?} and {desk:?}");
}
