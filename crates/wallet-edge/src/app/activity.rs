//! What happened, newest first, and one thing in full.

use super::App;
use super::access::Signed;
use super::card::{Card, Draft, Viewer};
use super::failure::{Failure, internal, not_found};
use super::receipt::{Receipt, cards};
use crate::Edge;
use crate::edge::EdgeError;
use api::ops::extract::{Json, Query};
use axum::extract::{Path, State};
use serde::{Deserialize, Serialize};
use state::{ListQuery, Order};
use std::collections::BTreeMap;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use wallet::Object;

/// Rows of one page.
const DEFAULT_PAGE: usize = 20;
const MAX_PAGE: usize = 100;
/// Objects looked at for one page of those that a sieve takes.
const MAX_LOOKED_AT: usize = 1_000;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(show))
}

/// Which part of a list.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Part {
    /// The `next` of the page before.
    pub cursor: Option<String>,
    /// Rows of a page, 1 to 100; 20 when absent.
    pub limit: Option<usize>,
}

impl Part {
    fn read(&self) -> Result<(u128, usize), Failure> {
        let limit = self.limit.unwrap_or(DEFAULT_PAGE);
        if !(1..=MAX_PAGE).contains(&limit) {
            return Err(Failure::illegal("limit: give 1 to 100"));
        }
        let Some(cursor) = &self.cursor else { return Ok((u128::MAX, limit)) };
        let bad = || Failure::illegal("cursor: give the `next` of the page before");
        if cursor.len() != 32 || cursor.starts_with('+') {
            return Err(bad());
        }
        let last = u128::from_str_radix(cursor, 16).map_err(|_| bad())?;
        Ok((last.checked_sub(1).ok_or_else(bad)?, limit))
    }
}

/// One page of a list of history.
pub(super) struct Found {
    pub objects: Vec<Object>,
    pub next: Option<String>,
}

/// Objects by their ids, in the order of the ids: from memory what is open, else from history.
pub(crate) async fn load(edge: &Edge, ids: Vec<u128>) -> Result<Vec<Object>, EdgeError> {
    let asked = ids.clone();
    let mut open: BTreeMap<u128, Object> = edge
        .read(move |wallet, _, _| {
            let open = |id: u128| Some((id, wallet.open_object(id)?.clone()));
            asked.into_iter().filter_map(open).collect()
        })
        .await?;
    // What was not open then is in history for good.
    let history = edge.engine.history();
    let closed = tokio::task::spawn_blocking(move || {
        let mut objects = Vec::with_capacity(ids.len());
        for id in ids {
            if let Some(object) = open.remove(&id) {
                objects.push(object);
            } else if let Some(bytes) = history.object(id, u64::MAX)? {
                let object = base::decode_all(&bytes);
                objects.push(object.expect("history returns the object that was put there"));
            }
        }
        Ok::<_, state::StateError>(objects)
    });
    Ok(closed.await.map_err(|_| EdgeError::Task)??)
}

/// Ids of a list, `query` says which.
pub(super) async fn ids_of(
    edge: &Edge,
    list: Vec<u8>,
    query: ListQuery,
) -> Result<Vec<u128>, EdgeError> {
    let history = edge.engine.history();
    let found = tokio::task::spawn_blocking(move || history.list(&list, query)).await;
    Ok(found.map_err(|_| EdgeError::Task)??)
}

/// A page of what a sieve takes of a list, newest first.
pub(super) async fn page(
    edge: &Edge,
    list: Vec<u8>,
    part: &Part,
    takes: impl Fn(&Object) -> bool,
) -> Result<Found, Failure> {
    let (mut to, limit) = part.read()?;
    let mut found = Found { objects: Vec::new(), next: None };
    let mut looked_at = 0;
    loop {
        let query = ListQuery { from: 0, to, order: Order::NewestFirst, limit: limit + 1 };
        let ids = ids_of(edge, list.clone(), query).await?;
        let is_last = ids.len() <= limit;
        let ids: Vec<u128> = ids.into_iter().take(limit).collect();
        let last = ids.last().copied().unwrap_or(0);
        for object in load(edge, ids).await? {
            looked_at += 1;
            let id = object.id();
            if takes(&object) {
                found.objects.push(object);
            }
            if found.objects.len() == limit || looked_at >= MAX_LOOKED_AT {
                let is_end = is_last && id == last;
                found.next = (!is_end).then(|| format!("{id:032x}"));
                return Ok(found);
            }
        }
        if is_last {
            return Ok(found);
        }
        to = last.saturating_sub(1);
    }
}

/// One page, newest first.
#[derive(Serialize, ToSchema)]
pub(super) struct CardsPage {
    pub items: Vec<Card>,
    /// Give it as `cursor` to see older ones. A page may be short, even empty, and still have it.
    pub next: Option<String>,
}

/// Lists what happened: payments, transfers, requests, top-ups, all kinds in one list.
#[utoipa::path(
    get, path = "/v1/activity", tag = "activity", params(Part),
    responses((status = 200, body = CardsPage), (status = 400, body = Failure),
        (status = 401, body = Failure))
)]
async fn list(
    State(app): State<App>,
    signed: Signed,
    Query(part): Query<Part>,
) -> Result<Json<CardsPage>, Failure> {
    let viewer = Viewer::Customer(signed.customer);
    let list = wallet::list_of_customer(signed.customer);
    let found = page(&app.edge, list, &part, |it| Draft::of(it, viewer).is_some()).await?;
    let items = cards(&app.edge, &found.objects, viewer).await?;
    Ok(Json(CardsPage { items, next: found.next }))
}

/// The object of an id in text, and as whom this customer may see it. Anything else is not found.
pub(super) async fn find(
    edge: &Edge,
    customer: u32,
    id: &str,
) -> Result<Option<(Object, Viewer)>, EdgeError> {
    let digits = id.split_once('_').map(|(_, digits)| digits);
    let number = digits.filter(|digits| digits.len() == 32 && !digits.starts_with('+'));
    let Some(number) = number.and_then(|it| u128::from_str_radix(it, 16).ok()) else {
        return Ok(None);
    };
    let Some(object) = load(edge, vec![number]).await?.pop() else { return Ok(None) };
    let viewer = if object.customers().contains(&customer) {
        Viewer::Customer(customer)
    } else {
        let Some(shop) = object.shop() else { return Ok(None) };
        let is_own = edge.read(move |wallet, _, _| {
            let place = usize::try_from(shop).unwrap_or(usize::MAX);
            wallet.shops().get(place).is_some_and(|it| it.owner == customer)
        });
        if !is_own.await? {
            return Ok(None);
        }
        Viewer::Shop(shop)
    };
    // The prefix says the kind, and one thing has one name.
    let is_named = Draft::of(&object, viewer).is_some_and(|draft| draft.id == id);
    Ok(is_named.then_some((object, viewer)))
}

/// The receipt of an id, if it is this customer's.
pub(super) async fn receipt_of(
    edge: &Edge,
    signed: &Signed,
    id: &str,
    what: &str,
) -> Result<Receipt, Failure> {
    let found = find(edge, signed.customer, id).await?;
    let (object, viewer) = found.ok_or_else(|| not_found(what))?;
    let receipt = Receipt::of(edge, &object, viewer, signed.person).await?;
    receipt.ok_or_else(|| internal(&"a card has no receipt"))
}

/// Shows one thing in full. What is somebody else's is not found.
#[utoipa::path(
    get, path = "/v1/activity/{id}", tag = "activity", params(("id" = String, Path)),
    responses((status = 200, body = Receipt), (status = 404, body = Failure))
)]
async fn show(
    State(app): State<App>,
    signed: Signed,
    Path(id): Path<String>,
) -> Result<Json<Receipt>, Failure> {
    Ok(Json(receipt_of(&app.edge, &signed, &id, "id").await?))
}
