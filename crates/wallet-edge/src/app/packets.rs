//! Red packets: money in a cover, for one person or for whoever is first with the link.
//!
//! The seed of a packet is drawn here, and its digest is told before anybody claims. What the
//! machine never sees is the secret of a link: see [`super::open_link`].

use super::App;
use super::access::{Signed, SteppedUp};
use super::activity;
use super::card::{Viewer, packet_state};
use super::failure::{Failure, not_found};
use super::names::{Names, Other, PartyView};
use super::notes;
use super::once::{Keyed, Made, Nothing};
use super::open_link::{ClaimBody, LinkView, Opens, digest_of_link, link_to};
use super::payee::resolve;
use super::receipt::note;
use super::view::{AmountBody, AmountView, market, read_id, time};
use crate::edge::{EdgeError, sha256};
use crate::{Edge, random};
use api::ops::extract::Json;
use axum::extract::{Path, State};
use base::Refusal;
use gifts::{Audience, PacketKind, PacketState, Seed, Split, committed_text};
use ids::{PacketId, PersonId};
use money::Money;
use serde::{Deserialize, Serialize};
use std::fmt::Write;
use std::sync::Arc;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use wallet::command::packets::{MakePacket, PacketCommand};
use wallet::objects::Packet;
use wallet::{Command, Object};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(make))
        .routes(routes!(claim))
        .routes(routes!(show))
        .routes(routes!(proof))
        .routes(routes!(cancel))
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum PacketKindBody {
    /// All shares are equal.
    Equal,
    /// Shares are drawn.
    Lucky,
    /// One share for one person.
    ToOne,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PacketBody {
    kind: PacketKindBody,
    total: AmountBody,
    /// How many shares; of `TO_ONE` there is one.
    count: Option<u32>,
    /// Sender and all who claim can read it.
    note: Option<String>,
    /// With `TO_ONE`: a phone number, an e-mail address, or a `payee`. Without it there is a link,
    /// and who has it first may claim.
    to: Option<String>,
}

impl PacketBody {
    fn split(&self, market: &wallet::Market) -> Result<Split, Failure> {
        let minor = self.total.read("total", market.account.currency)?;
        let total = Money::new(minor, market.account.currency)
            .map_err(|error| Failure::illegal(format!("total.value: {error}")))?;
        let (kind, count) = match (self.kind, self.count) {
            (PacketKindBody::ToOne, None | Some(1)) => (PacketKind::ToOne, 1),
            (PacketKindBody::ToOne, Some(_)) => {
                return Err(Failure::illegal("count: a packet TO_ONE has one share; leave it out"));
            }
            (_, None) => return Err(Failure::illegal("count: say how many shares there are")),
            (PacketKindBody::Equal, Some(count)) => (PacketKind::Equal, count),
            (PacketKindBody::Lucky, Some(count)) => (PacketKind::Lucky, count),
        };
        if self.to.is_some() && kind != PacketKind::ToOne {
            let message = "to: shares for a group have a link; leave it out, or say TO_ONE";
            return Err(Failure::illegal(message));
        }
        Ok(Split { kind, total, count, least_minor: market.packets.least_share_minor })
    }
}

/// The machine's names of fields, and the ones that they have here.
const FIELDS: [(&str, &str); 4] = [
    ("amount:", "total:"),
    ("shares:", "count:"),
    ("audience:", "to:"),
    ("leastShare:", "count: give fewer shares; a share"),
];

fn in_words_of_body(error: EdgeError) -> Failure {
    let EdgeError::Refused(Refusal { code, message }) = error else { return error.into() };
    let renamed = FIELDS.iter().find_map(|(field, name)| {
        let rest = message.strip_prefix(field)?;
        Some(format!("{name}{rest}"))
    });
    match renamed {
        Some(message) => Refusal::new(code, message).into(),
        None => Refusal { code, message }.into(),
    }
}

/// Who got what.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ShareView {
    /// 1 for the first who claimed.
    place: u32,
    /// Masked.
    name: Option<String>,
    amount: AmountView,
    time: String,
    is_you: bool,
    /// The largest share of a lucky packet, once all are taken.
    is_best: bool,
}

/// A red packet as its sender or one who claimed sees it. Somebody for whom it is and who has not
/// claimed sees no amounts.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct PacketView {
    #[schema(example = "pkt_019adf3c5a7b00f1e2d3c4b5a6978869")]
    id: String,
    /// `EQUAL`, `LUCKY`, `TO_ONE`.
    kind: &'static str,
    /// `OPEN`, `DRAINED`, `EXPIRED`, `CANCELLED`.
    state: &'static str,
    from: Option<PartyView>,
    /// Whom it names.
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<PartyView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    total: Option<AmountView>,
    count: u32,
    claimed: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    your_share: Option<AmountView>,
    /// What nobody has claimed; zero when it went back.
    #[serde(skip_serializing_if = "Option::is_none")]
    rest: Option<AmountView>,
    /// What went back to the sender.
    #[serde(skip_serializing_if = "Option::is_none")]
    returned: Option<AmountView>,
    /// The first who claimed comes first.
    shares: Vec<ShareView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
    /// For the sender, as long as it opens something.
    #[serde(skip_serializing_if = "Option::is_none")]
    link: Option<LinkView>,
    /// SHA-256 in hexadecimal digits: see `GET /v1/packets/{id}/proof`.
    commitment: String,
    created: String,
    expires: String,
}

const fn kind_text(kind: PacketKind) -> &'static str {
    match kind {
        PacketKind::Equal => "EQUAL",
        PacketKind::Lucky => "LUCKY",
        PacketKind::ToOne => "TO_ONE",
    }
}

fn shares(packet: &Packet, me: u32, names: &Names) -> Vec<ShareView> {
    let best = packet.body.best_luck().map(|(customer, _)| customer);
    let view = |(customer, claim): (u32, &gifts::Claim)| ShareView {
        place: claim.place + 1,
        name: names.of(&Other::Customer(customer)).map(|party| party.name),
        amount: names.amount(claim.share_minor),
        time: time(claim.at),
        is_you: customer == me,
        is_best: best == Some(customer),
    };
    let mut shares: Vec<ShareView> = packet.body.claims().map(view).collect();
    shares.sort_by_key(|share| share.place);
    shares
}

impl PacketView {
    async fn of(
        edge: &Edge,
        packet: &Packet,
        (me, person): (u32, PersonId),
    ) -> Result<PacketView, Failure> {
        let body = &packet.body;
        let named = match *body.audience() {
            Audience::Named(customer) => Other::Customer(customer),
            Audience::Link(_) => Other::Nobody,
        };
        let sender = Other::Customer(body.sender());
        let is_sender = body.sender() == me;
        let own = packet.claim_of(me);
        let sees = is_sender || own.is_some();
        let mut others = vec![sender.clone(), named.clone()];
        others.extend(body.claims().map(|(customer, _)| Other::Customer(customer)));
        let names = Names::find(edge, others).await?;
        let link = Audience::Link(digest_of_link(edge, Opens::Packet, body.id()));
        let has_link = is_sender && packet.is_open() && *body.audience() == link;
        Ok(PacketView {
            id: packet.id().to_string(),
            kind: kind_text(body.split().kind),
            state: packet_state(body.state()),
            from: names.of(&sender),
            to: names.of(&named),
            total: sees.then(|| AmountView::of(body.split().total)),
            count: body.split().count,
            claimed: body.claims().len(),
            your_share: own.map(|claim| names.amount(claim.share_minor)),
            rest: sees.then(|| AmountView::of(body.rest())),
            returned: (sees && !packet.is_open()).then(|| AmountView::of(body.returned())),
            shares: if sees { shares(packet, me, &names) } else { Vec::new() },
            note: note(edge, person, packet.note).await?,
            link: has_link.then(|| link_to(edge, Opens::Packet, body.id())),
            commitment: hex(body.commitment()),
            created: time(body.created()),
            expires: time(body.expires()),
        })
    }
}

fn as_packet(object: Object) -> Arc<Packet> {
    match object {
        Object::Packet(packet) => packet,
        other => unreachable!("a command for a packet is answered by one: {other:?}"),
    }
}

/// Puts money into a red packet. The answer has the link, unless it is for somebody by name.
#[utoipa::path(
    post, path = "/v1/packets", tag = "packets", request_body = PacketBody,
    params(("Idempotency-Key" = String, Header)),
    responses((status = 201, body = PacketView), (status = 400, body = Failure),
        (status = 403, body = Failure), (status = 404, body = Failure),
        (status = 409, body = Failure))
)]
async fn make(
    State(app): State<App>,
    SteppedUp(signed): SteppedUp,
    Keyed { once, body }: Keyed<PacketBody>,
) -> Result<Made<PacketView>, Failure> {
    let (edge, sender) = (&app.edge, signed.customer);
    let split = body.split(market(edge).await?.as_ref())?;
    let to = match &body.to {
        Some(to) => Some(resolve(&app, &signed, to, "to").await?),
        None => None,
    };
    let others: Vec<u32> = to.into_iter().collect();
    let kept = notes::keep(edge, (sender, &once), &others, body.note.as_deref()).await?;
    let (millis, partition, random) = edge.draw();
    let id = PacketId::new(millis, partition, random);
    let audience = to.map_or_else(
        || Audience::Link(digest_of_link(edge, Opens::Packet, id.as_u128())),
        Audience::Named,
    );
    let mut seed = Seed([0; 32]);
    seed.0[..16].copy_from_slice(&random::bits().to_be_bytes());
    seed.0[16..].copy_from_slice(&random::bits().to_be_bytes());
    let commitment = sha256(&committed_text(&seed, id.as_u128(), &split));
    let note = kept.id;
    let made = MakePacket { id, sender, audience, split, seed, commitment, note, once };
    let made = edge.make(Command::Packet(PacketCommand::Make(Box::new(made)))).await;
    let made = kept.unless_refused(edge, made).await;
    let (object, is_repeat) = made.map_err(in_words_of_body)?;
    let view = PacketView::of(edge, &as_packet(object), (sender, signed.person)).await?;
    Ok(Made { view, is_repeat })
}

/// Takes a share, at most one of each packet. It can be repeated.
#[utoipa::path(
    post, path = "/v1/packets/claim", tag = "packets", request_body = ClaimBody,
    responses((status = 200, body = PacketView), (status = 400, body = Failure),
        (status = 404, body = Failure), (status = 409, body = Failure))
)]
async fn claim(
    State(app): State<App>,
    signed: Signed,
    Json(body): Json<ClaimBody>,
) -> Result<Json<PacketView>, Failure> {
    let (edge, customer) = (&app.edge, signed.customer);
    let (id, link) = body.read(edge, Opens::Packet, PacketId::from_u128).await?;
    let command = PacketCommand::Claim { customer, id, link };
    let (object, _) = edge.make(Command::Packet(command)).await?;
    let packet = as_packet(object);
    notes::hand_on(edge, packet.note, packet.body.sender(), signed.person).await?;
    Ok(Json(PacketView::of(edge, &packet, (customer, signed.person)).await?))
}

/// A packet that the customer sent, got a share of, or is named by.
async fn find(edge: &Edge, customer: u32, id: &str) -> Result<Arc<Packet>, Failure> {
    match activity::find(edge, customer, id).await? {
        Some((Object::Packet(packet), Viewer::Customer(_))) => Ok(packet),
        _ => Err(not_found("packet")),
    }
}

/// Shows a packet: who got what, and when all is taken, who was luckiest.
#[utoipa::path(
    get, path = "/v1/packets/{id}", tag = "packets", params(("id" = String, Path)),
    responses((status = 200, body = PacketView), (status = 404, body = Failure))
)]
async fn show(
    State(app): State<App>,
    signed: Signed,
    Path(id): Path<String>,
) -> Result<Json<PacketView>, Failure> {
    let packet = find(&app.edge, signed.customer, &id).await?;
    let me = (signed.customer, signed.person);
    Ok(Json(PacketView::of(&app.edge, &packet, me).await?))
}

const BEFORE: [&str; 2] = [
    "Keep `commitment` now: it is a SHA-256 digest, made before anybody claimed.",
    "When the packet is over, ask again: `seed` and `text` are shown, and say how to check them.",
];

const AFTER: [&str; 6] = [
    "Take the 89 bytes of `text` from their hexadecimal digits. Their SHA-256 digest is \
     `commitment`, as it was told when the packet was sent.",
    "The bytes are: `dhow red packet 1`; 32 of the seed; 16 of the packet's id; 1 of the kind \
     (0 equal, 1 lucky, 2 to one); 3 letters of the currency; 8 of the total T in minor units; \
     4 of the number of shares n; 8 of the least share m. Numbers have their highest byte first.",
    "Equal shares are T / n each. Lucky shares are drawn with ChaCha20 (RFC 8439): the seed is \
     the key, nonce and first block counter are zero, and each 8 bytes are a number, lowest byte \
     first. below(k) is the next number modulo k; the highest 2^64 mod k numbers are skipped.",
    "With rest = T - n * m, for k from n down to 2: x = below(2 * rest / k + 1), division \
     rounded down; append m + x; rest = rest - x. At the end append m + rest.",
    "Then for i from n - 1 down to 1 swap the shares at i and at below(i + 1), counted from 0.",
    "That is `shares`, in minor units: the first who claimed got the first, and so on.",
];

/// What shows that no share was changed after the packet was sent.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ProofView {
    id: String,
    /// SHA-256 in hexadecimal digits.
    commitment: String,
    /// No share can be claimed any more: the rest is shown.
    is_over: bool,
    /// 32 bytes in hexadecimal digits.
    #[serde(skip_serializing_if = "Option::is_none")]
    seed: Option<String>,
    /// What was committed to, in hexadecimal digits.
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    /// All shares in minor units, in the order of claims, unclaimed ones included.
    #[serde(skip_serializing_if = "Option::is_none")]
    shares: Option<Vec<String>>,
    /// In English.
    how_to_check: Vec<&'static str>,
}

/// The packet's commitment; when it is over, also the seed and the text that was committed to.
#[utoipa::path(
    get, path = "/v1/packets/{id}/proof", tag = "packets", params(("id" = String, Path)),
    responses((status = 200, body = ProofView), (status = 404, body = Failure))
)]
async fn proof(
    State(app): State<App>,
    signed: Signed,
    Path(id): Path<String>,
) -> Result<Json<ProofView>, Failure> {
    let packet = find(&app.edge, signed.customer, &id).await?;
    let body = &packet.body;
    let seed = body.revealed();
    let shares = seed.and_then(|seed| gifts::shares_of(seed, body.split()).ok());
    Ok(Json(ProofView {
        id,
        commitment: hex(body.commitment()),
        is_over: body.state() != PacketState::Open,
        seed: seed.map(|seed| hex(&seed.0)),
        text: seed.map(|seed| hex(&committed_text(seed, body.id(), body.split()))),
        shares: shares.map(|shares| shares.iter().map(ToString::to_string).collect()),
        how_to_check: if seed.is_some() { AFTER.to_vec() } else { BEFORE.to_vec() },
    }))
}

/// Takes back what nobody has claimed. It can be repeated.
#[utoipa::path(
    post, path = "/v1/packets/{id}/cancel", tag = "packets",
    params(("id" = String, Path)), request_body = Nothing,
    responses((status = 200, body = PacketView), (status = 404, body = Failure),
        (status = 409, body = Failure))
)]
async fn cancel(
    State(app): State<App>,
    signed: Signed,
    Path(id): Path<String>,
) -> Result<Json<PacketView>, Failure> {
    let (edge, customer) = (&app.edge, signed.customer);
    let id = read_id::<PacketId>(&id, "packet")?;
    let command = PacketCommand::Cancel { customer, id };
    let (object, _) = edge.make(Command::Packet(command)).await?;
    Ok(Json(PacketView::of(edge, &as_packet(object), (customer, signed.person)).await?))
}
