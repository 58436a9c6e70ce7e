//! How people are named in requests: by phone number, by e-mail address, or by a handle.
//!
//! A handle is what a search for a person gives. It is made with the wallet's key for the one who
//! asked: nobody can make one up, use another's, or count customers with it.

use super::App;
use super::access::Signed;
use super::failure::{Failure, not_found};
use super::tallies::Counted;
use super::view::market;
use crate::Edge;
use account::CustomerState;
use vault::{Alias, Email, Phone};

const HANDLE: &str = "payee_";
const TAG_BYTES: usize = 12;
/// A question that finds nobody weighs as much as so many that do.
const MISS: u32 = 10;

/// Country prefixes of phone numbers. Source: ITU-T E.164.
const PREFIXES: [(&str, &str); 28] = [
    ("AE", "971"),
    ("AU", "61"),
    ("BD", "880"),
    ("CN", "86"),
    ("DE", "49"),
    ("ES", "34"),
    ("FR", "33"),
    ("GB", "44"),
    ("HK", "852"),
    ("ID", "62"),
    ("IN", "91"),
    ("IT", "39"),
    ("JP", "81"),
    ("KH", "855"),
    ("KR", "82"),
    ("LA", "856"),
    ("LK", "94"),
    ("MM", "95"),
    ("MO", "853"),
    ("MY", "60"),
    ("NP", "977"),
    ("NZ", "64"),
    ("PH", "63"),
    ("SG", "65"),
    ("TH", "66"),
    ("TW", "886"),
    ("US", "1"),
    ("VN", "84"),
];

/// A phone number or an e-mail address. Errors: it is neither.
pub(crate) fn read_alias(text: &str, field: &str, country: &str) -> Result<Alias, Failure> {
    let bad = |error: vault::ContactError| Failure::illegal(format!("{field}: {error}"));
    if text.contains('@') {
        return Email::new(text).map(Alias::Email).map_err(bad);
    }
    let prefix = PREFIXES.iter().find(|(code, _)| *code == country).map(|(_, prefix)| *prefix);
    match prefix {
        Some(prefix) => Phone::new(text, prefix).map(Alias::Phone).map_err(bad),
        None if text.trim().starts_with('+') => Phone::new(text, "").map(Alias::Phone).map_err(bad),
        None => Err(Failure::illegal(format!("{field}: begin with `+` and the country's prefix"))),
    }
}

fn tag(edge: &Edge, asker: u32, payee: u32) -> [u8; TAG_BYTES] {
    let parts: [&[u8]; 3] = [b"payee", &asker.to_be_bytes(), &payee.to_be_bytes()];
    let digest = edge.keyed_digest(&parts);
    *digest.first_chunk().expect("a digest is longer than a tag")
}

/// What hides the number: a function of the tag, so that only the key's owner can take it off.
fn mask(edge: &Edge, tag: &[u8; TAG_BYTES]) -> u32 {
    let digest = edge.keyed_digest(&[b"payee mask", tag]);
    u32::from_be_bytes(*digest.first_chunk().expect("a digest has 32 bytes"))
}

/// The handle by which `asker` may name `payee`.
pub(super) fn handle(edge: &Edge, asker: u32, payee: u32) -> String {
    let tag = tag(edge, asker, payee);
    let hidden = payee ^ mask(edge, &tag);
    let tag: String = tag.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{HANDLE}{hidden:08x}{tag}")
}

fn read_handle(edge: &Edge, asker: u32, text: &str) -> Option<u32> {
    let (hidden, hex) = text.strip_prefix(HANDLE)?.split_at_checked(8)?;
    if hex.len() != 2 * TAG_BYTES || !hex.is_ascii() {
        return None;
    }
    let mut given = [0; TAG_BYTES];
    for (at, byte) in given.iter_mut().enumerate() {
        *byte = u8::from_str_radix(hex.get(2 * at..2 * at + 2)?, 16).ok()?;
    }
    let payee = u32::from_str_radix(hidden, 16).ok()? ^ mask(edge, &given);
    (handle(edge, asker, payee) == text).then_some(payee)
}

/// The customer whom a text names, unless it left. Misses are counted: whoever tries out numbers
/// has to wait soon.
pub(super) async fn find(
    app: &App,
    signed: &Signed,
    text: &str,
    field: &str,
) -> Result<Option<u32>, Failure> {
    let edge = &app.edge;
    let (me, now) = (signed.customer, edge.now());
    if text.starts_with(HANDLE) {
        return Ok(read_handle(edge, me, text));
    }
    app.tallies.check(Counted::Finds, me, now)?;
    let alias = read_alias(text, field, market(edge).await?.country.as_str())?;
    let person = edge.in_vault(move |vault| vault.find_alias(&alias)).await?;
    let found = match person {
        Some(person) => {
            edge.read(move |wallet, history, _| {
                let number = wallet::customer_of(history, person)?;
                let customer = wallet.all_customers().get(number)?;
                (customer.state != CustomerState::Closed).then_some(number)
            })
            .await?
        }
        None => None,
    };
    app.tallies.add(Counted::Finds, me, if found.is_some() { 1 } else { MISS }, now);
    Ok(found)
}

/// As [`find`], where somebody has to be.
pub(super) async fn resolve(
    app: &App,
    signed: &Signed,
    text: &str,
    field: &str,
) -> Result<u32, Failure> {
    let found = find(app, signed, text, field).await?;
    found.ok_or_else(|| not_found(field))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_stand_in_order() {
        assert!(PREFIXES.is_sorted_by(|a, b| a.0 < b.0));
    }

    #[test]
    fn numbers_are_read_as_at_home() {
        let read = |text, country| read_alias(text, "to", country).map(|it| it.as_str().to_owned());
        assert_eq!(read("010-5555-1234", "KR").unwrap(), "+821055551234");
        assert_eq!(read("+852 9123 4567", "KR").unwrap(), "+85291234567");
        assert_eq!(read("minsu@example.org", "KR").unwrap(), "minsu@example.org");
        assert!(read("010-5555-1234", "ZZ").unwrap_err().message.starts_with("to: begin with"));
        assert!(read("hello", "KR").unwrap_err().message.starts_with("to: "));
    }
}
