//! The market files that ship with the program, from the folder `markets`.

/// Code and text of each.
pub const SHIPPED_MARKETS: [(&str, &str); 6] = [
    ("hk", include_str!("../../../../markets/hk.toml")),
    ("kr", include_str!("../../../../markets/kr.toml")),
    ("ph", include_str!("../../../../markets/ph.toml")),
    ("th", include_str!("../../../../markets/th.toml")),
    ("id", include_str!("../../../../markets/id.toml")),
    ("in", include_str!("../../../../markets/in.toml")),
];

/// The shipped file of a market, by its code; `None` when there is none.
pub fn shipped_market(code: &str) -> Option<&'static str> {
    SHIPPED_MARKETS.iter().find(|(known, _)| *known == code).map(|(_, file)| *file)
}
