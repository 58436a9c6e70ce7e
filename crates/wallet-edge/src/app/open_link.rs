//! Links that open a red packet or a gift for whoever has them.
//!
//! The secret of a link is made with the wallet's key from the id that it opens: nobody else can
//! make it, only its digest is in the log, and a repeated request gives the same link. In a URL it
//! stands behind the `#`, so that no server on the way is told it.

use super::App;
use super::failure::{Failure, not_found};
use super::view::read_id;
use crate::Edge;
use crate::edge::sha256;
use axum::response::Html;
use axum::routing::get;
use serde::{Deserialize, Serialize};
use services::OwnCode;
use std::str::FromStr;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().route("/open", get(page))
}

/// For a browser that has no wallet's app to give the link to.
async fn page() -> Html<&'static str> {
    Html(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>A gift for you</title>\
         <p>Somebody sent you a gift. Open this link on a phone that has the wallet's app.</p>",
    )
}

/// What a link opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Opens {
    Packet,
    Gift,
}

impl Opens {
    const fn word(self) -> &'static str {
        match self {
            Opens::Packet => "red packet",
            Opens::Gift => "gift",
        }
    }
}

/// A link, for whoever sends it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct LinkView {
    /// To be shown as a QR code, and read by the wallet's scanner.
    #[schema(example = "DHW1/PACKET/5B0C7A12D94E4F0F8A3D66B1C2E0947F/1C51")]
    pub text: String,
    /// To be sent in a message.
    pub url: String,
}

fn token_of(edge: &Edge, opens: Opens, id: u128) -> u128 {
    let digest = edge.keyed_digest(&[b"link", opens.word().as_bytes(), &id.to_be_bytes()]);
    u128::from_be_bytes(*digest.first_chunk().expect("a digest has 32 bytes"))
}

/// What the machine knows of the link to an id.
pub(super) fn digest_of_link(edge: &Edge, opens: Opens, id: u128) -> [u8; 32] {
    sha256(&token_of(edge, opens, id).to_be_bytes())
}

/// The link to an id.
pub(super) fn link_to(edge: &Edge, opens: Opens, id: u128) -> LinkView {
    let token = token_of(edge, opens, id);
    let code = match opens {
        Opens::Packet => OwnCode::Packet { token },
        Opens::Gift => OwnCode::Gift { token },
    };
    LinkView { text: code.to_string(), url: format!("{}/open#{code}", edge.public_url) }
}

/// The secret in the text or URL of a link.
fn read_token(link: &str, opens: Opens) -> Result<u128, Failure> {
    let text = link.rsplit_once('#').map_or(link, |(_, text)| text).trim();
    match (OwnCode::read(text), opens) {
        (Ok(OwnCode::Packet { token }), Opens::Packet)
        | (Ok(OwnCode::Gift { token }), Opens::Gift) => Ok(token),
        (Ok(_), _) => {
            Err(Failure::illegal(format!("link: it opens no {}; give one that does", opens.word())))
        }
        (Err(error), _) => {
            let message = format!("link: it {error}; give the whole link, as it was sent");
            Err(Failure::illegal(message))
        }
    }
}

/// By what somebody asks for a share or a gift: one of the two.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ClaimBody {
    /// The text or the URL of a link.
    link: Option<String>,
    /// Of what was sent to the customer by name.
    id: Option<String>,
}

impl ClaimBody {
    /// What it names, and the digest of the link's secret.
    pub async fn read<T: FromStr>(
        &self,
        edge: &Edge,
        opens: Opens,
        from_number: impl Fn(u128) -> T,
    ) -> Result<(T, Option<[u8; 32]>), Failure> {
        match (&self.link, &self.id) {
            (Some(link), None) => {
                let digest = sha256(&read_token(link, opens)?.to_be_bytes());
                let look = edge.read(move |_, history, _| wallet::object_of_link(history, &digest));
                let id = look.await?.ok_or_else(|| not_found("link"))?;
                Ok((from_number(id), Some(digest)))
            }
            (None, Some(id)) => Ok((read_id(id, "id")?, None)),
            (None, None) | (Some(_), Some(_)) => {
                Err(Failure::illegal("link, id: give one of the two"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_read_as_text_and_as_url() {
        let text = OwnCode::Packet { token: 0xabc }.to_string();
        let read = |text: &str, opens| read_token(text, opens).map_err(|failure| failure.message);
        assert_eq!(read(&text, Opens::Packet), Ok(0xabc));
        let url = format!("https://wallet.example/open#{text}");
        assert_eq!(read(&url, Opens::Packet), Ok(0xabc));
        let other = "link: it opens no gift; give one that does";
        assert_eq!(read(&text, Opens::Gift), Err(other.to_owned()));
        assert!(read(&text.replace("ABC", "ABD"), Opens::Packet).is_err());
    }
}
