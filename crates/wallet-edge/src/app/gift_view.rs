//! A gift as its buyer, or the one whom it is for, sees it.

use super::card::gift_state;
use super::failure::Failure;
use super::names::{Names, Other, PartyView};
use super::offers::IssuerView;
use super::open_link::{LinkView, Opens, digest_of_link, link_to};
use super::view::{AmountView, time};
use crate::Edge;
use gifts::{Audience, GiftState};
use ids::{NoteId, PersonId};
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::Arc;
use utoipa::ToSchema;
use vault::NoteText;
use wallet::objects::Gift;

/// What was taken of it at a till.
#[derive(Serialize, ToSchema)]
struct UseView {
    shop: Option<PartyView>,
    /// Of the face value.
    amount: AmountView,
    time: String,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct GiftView {
    #[schema(example = "gft_019adf3c5a7b00f1e2d3c4b5a6978869")]
    id: String,
    offer: u32,
    /// What it is, as the offer says.
    title: String,
    /// Who sold it.
    shop: Option<IssuerView>,
    /// `PAID`: not sent yet. `SENT`: on its way. `CLAIMED`: nothing of it is used. `PARTLY_USED`.
    /// Over: `USED`, `REFUNDED`, `EXPIRED`.
    state: &'static str,
    /// `BOUGHT` or `RECEIVED`.
    role: &'static str,
    /// Who bought it.
    from: Option<PartyView>,
    /// Who has it, or to whom it was sent by name.
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<PartyView>,
    /// What it was worth when it was bought.
    face: AmountView,
    face_left: AmountView,
    /// What the buyer paid, and the buyer sees.
    #[serde(skip_serializing_if = "Option::is_none")]
    price: Option<AmountView>,
    /// The text on the card.
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
    /// For the buyer, until somebody has claimed it.
    #[serde(skip_serializing_if = "Option::is_none")]
    link: Option<LinkView>,
    /// For the one who has it; the oldest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    uses: Vec<UseView>,
    bought: String,
    expires: String,
    /// What the one who looks can do about it now: `SEND`, `REFUND`, `CLAIM`, `CODE`.
    can: Vec<&'static str>,
}

/// What somebody can do about a gift in its state.
pub(super) fn acts(gift: &Gift, me: u32) -> Vec<&'static str> {
    let is_buyer = gift.body.buyer() == me;
    let is_named = *gift.body.recipient() == Audience::Named(me);
    match gift.body.state() {
        GiftState::Paid if is_buyer => vec!["SEND", "REFUND"],
        GiftState::Sent => {
            let mut can = Vec::new();
            if is_named {
                can.push("CLAIM");
            }
            if is_buyer {
                can.push("REFUND");
            }
            can
        }
        GiftState::Claimed | GiftState::PartlyUsed if gift.body.holder() == Some(me) => {
            vec!["CODE"]
        }
        _ => Vec::new(),
    }
}

/// Who has it, or to whom it was sent by name.
pub(super) fn friend(gift: &Gift) -> Other {
    match (gift.body.holder(), *gift.body.recipient()) {
        (Some(holder), _) => Other::Customer(holder),
        (None, Audience::Named(named)) if gift.body.state() != GiftState::Paid => {
            Other::Customer(named)
        }
        (None, _) => Other::Nobody,
    }
}

/// What all views of one answer need.
struct Found {
    me: u32,
    names: Names,
    offers: BTreeMap<u32, (String, IssuerView)>,
    notes: BTreeMap<NoteId, NoteText>,
}

/// Views of gifts, in the same order.
pub(super) async fn views(
    edge: &Edge,
    gifts: Vec<Arc<Gift>>,
    (me, person): (u32, PersonId),
) -> Result<Vec<GiftView>, Failure> {
    let mut others = Vec::new();
    for gift in &gifts {
        others.extend([Other::Customer(gift.body.buyer()), friend(gift)]);
        others.extend(gift.body.uses().iter().map(|it| Other::Shop(it.store)));
    }
    let names = Names::find(edge, others).await?;
    let numbers: Vec<u32> = gifts.iter().map(|gift| gift.body.offer()).collect();
    let offers = edge.read(move |wallet, _, _| {
        let find = |number: u32| {
            let terms = wallet.offer(number)?.terms();
            let shop = wallet.shops().get(usize::try_from(terms.shop).ok()?)?;
            Some((number, (terms.title.to_string(), IssuerView::of(shop))))
        };
        numbers.into_iter().filter_map(find).collect()
    });
    let offers = offers.await?;
    let ids: Vec<NoteId> = gifts.iter().filter_map(|gift| gift.note).collect();
    let notes = edge.in_vault(move |vault| {
        let mut notes = BTreeMap::new();
        for id in ids {
            if let Some(text) = vault.note(person, id)? {
                notes.insert(id, text);
            }
        }
        Ok(notes)
    });
    let found = Found { me, names, offers, notes: notes.await? };
    Ok(gifts.iter().map(|gift| GiftView::of(edge, gift, &found)).collect())
}

impl GiftView {
    fn of(edge: &Edge, gift: &Gift, found: &Found) -> GiftView {
        let Found { me, names, offers, notes } = found;
        let body = &gift.body;
        let is_buyer = body.buyer() == *me;
        let is_holder = body.holder() == Some(*me);
        let (title, shop) = offers
            .get(&body.offer())
            .map(|(title, shop)| {
                let shop = IssuerView {
                    number: shop.number,
                    name: shop.name.clone(),
                    city: shop.city.clone(),
                };
                (title.clone(), Some(shop))
            })
            .unwrap_or_default();
        let link = Audience::Link(digest_of_link(edge, Opens::Gift, gift.id.as_u128()));
        let has_link = is_buyer && body.state() == GiftState::Sent && *body.recipient() == link;
        let used = |it: &gifts::Use| UseView {
            shop: names.of(&Other::Shop(it.store)),
            amount: names.amount(it.face_minor),
            time: time(it.at),
        };
        GiftView {
            id: gift.id.to_string(),
            offer: body.offer(),
            title,
            shop,
            state: gift_state(body.state()),
            role: if is_buyer { "BOUGHT" } else { "RECEIVED" },
            from: names.of(&Other::Customer(body.buyer())),
            to: names.of(&friend(gift)),
            face: AmountView::of(body.face()),
            face_left: AmountView::of(body.face_left()),
            price: is_buyer.then(|| AmountView::of(body.price())),
            note: gift.note.and_then(|id| notes.get(&id)).map(ToString::to_string),
            link: has_link.then(|| link_to(edge, Opens::Gift, gift.id.as_u128())),
            uses: if is_holder { body.uses().iter().map(used).collect() } else { Vec::new() },
            bought: time(body.bought()),
            expires: time(body.expires()),
            can: acts(gift, *me),
        }
    }
}
