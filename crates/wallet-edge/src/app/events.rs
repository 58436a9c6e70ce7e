//! News as server-sent events: what is the customer's own has changed. Names and amounts are not in
//! them; the app asks for what it wants to show.

use super::App;
use super::access::Signed;
use super::card::{Draft, Viewer};
use super::failure::Failure;
use crate::edge::EdgeError;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use engine::{Events, SubmitError};
use http_body_util::channel::{Channel, Sender};
use std::collections::BTreeSet;
use std::fmt::Write;
use std::time::Duration;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use wallet::{Event, Object, Wallet};

/// A line that says that the connection still stands.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// After it the app connects again, and proves its session again.
const LASTS: Duration = Duration::from_secs(15 * 60);
/// News that wait for a slow reader.
const WAITING: usize = 64;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(watch))
}

/// Tells what of the customer's own is new or has changed, as it happens: `moved` with id, kind and
/// state, `account` when state or limits changed, `missed` when the app was too slow and has to ask
/// for its activity again. A comment comes every 15 seconds; after 15 minutes it ends.
#[utoipa::path(
    get, path = "/v1/events", tag = "activity",
    responses((status = 200, content_type = "text/event-stream", body = String),
        (status = 401, body = Failure))
)]
async fn watch(State(app): State<App>, signed: Signed) -> Result<Response, Failure> {
    let events = app.edge.engine.subscribe().ok_or(EdgeError::Engine(SubmitError::Stopped))?;
    let customer = signed.customer;
    // A shop that is opened later is watched from the next connection on.
    let shops = app.edge.read(move |wallet, _, _| {
        let own = wallet.shops().iter().filter(|shop| shop.owner == customer);
        own.map(|shop| shop.number).collect()
    });
    let watcher = Watcher { customer, shops: shops.await? };
    let (sender, receiver) = Channel::<Bytes>::new(WAITING);
    tokio::spawn(forward(events, watcher, sender));
    let headers =
        [(header::CONTENT_TYPE, "text/event-stream"), (header::CACHE_CONTROL, "no-store")];
    Ok((headers, Body::new(receiver)).into_response())
}

/// Who watches: a customer, and the shops that it runs.
struct Watcher {
    customer: u32,
    shops: BTreeSet<u32>,
}

impl Watcher {
    fn sees(&self, object: &Object) -> Option<Draft> {
        let viewer = match object.shop() {
            _ if object.customers().contains(&self.customer) => Viewer::Customer(self.customer),
            Some(shop) if self.shops.contains(&shop) => Viewer::Shop(shop),
            _ => return None,
        };
        Draft::of(object, viewer)
    }
}

async fn forward(mut events: Events<Wallet>, watcher: Watcher, mut sender: Sender<Bytes>) {
    let end = tokio::time::sleep(LASTS);
    let mut end = std::pin::pin!(end);
    // An interval, not a sleep: on a busy wallet others' news would begin the wait again and again.
    let mut beats = tokio::time::interval(HEARTBEAT);
    let mut text = String::from(": begins\n\n");
    loop {
        let chunk = Bytes::from(std::mem::take(&mut text));
        // An app that went away is noticed by the next heartbeat at the latest.
        if !chunk.is_empty() && sender.send_data(chunk).await.is_err() {
            return;
        }
        tokio::select! {
            () = &mut end => return,
            _ = beats.tick() => text.push_str(": still here\n\n"),
            seen = events.next() => match seen {
                None => return,
                Some(Err(_)) => text.push_str("event: missed\ndata: {}\n\n"),
                Some(Ok(seen)) => {
                    for (stamp, event) in seen {
                        write_event(&mut text, stamp.position, &event, &watcher);
                    }
                }
            },
        }
    }
}

fn write_event(text: &mut String, position: u64, event: &Event, watcher: &Watcher) {
    // Ids and words need no escaping, and writing to a String cannot fail.
    let _ = match event {
        Event::Moved { object, .. } => {
            let Some(draft) = watcher.sees(object) else { return };
            let (id, kind, state) = (draft.id, draft.kind, draft.state);
            writeln!(
                text,
                "id: {position}\nevent: moved\ndata: \
                 {{\"id\":\"{id}\",\"kind\":\"{kind}\",\"state\":\"{state}\"}}\n"
            )
        }
        Event::CustomerChanged(number) if *number == watcher.customer => {
            writeln!(text, "id: {position}\nevent: account\ndata: {{}}\n")
        }
        Event::CustomerChanged(_) | Event::Break { .. } => return,
    };
}
