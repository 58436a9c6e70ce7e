//! The contracts of the two APIs as text.

use serde::Serialize;
use serde_json::Serializer;
use serde_json::ser::PrettyFormatter;
use utoipa::openapi::OpenApi;

/// As JSON for people and for the copy that is checked in: one space deep, because the app's
/// contract is long.
pub(crate) fn text(contract: &OpenApi) -> String {
    let mut bytes = Vec::new();
    let mut to = Serializer::with_formatter(&mut bytes, PrettyFormatter::with_indent(b" "));
    contract.serialize(&mut to).expect("the contract is plain text and lists");
    String::from_utf8(bytes).expect("JSON is UTF-8")
}
