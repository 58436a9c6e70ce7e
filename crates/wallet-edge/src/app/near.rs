//! The nearest open shops. The index is built when it is asked for and shops have changed.

use super::App;
use super::access::Signed;
use super::failure::Failure;
use super::shops::{PositionBody, kind_text};
use crate::Edge;
use crate::edge::EdgeError;
use api::ops::extract::{Json, Query};
use axum::extract::State;
use base::{Span, Timestamp};
use geo::{Position, StoreIndex};
use serde::{Deserialize, Serialize};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use wallet::Shop;

/// Shops also change at the desk, which does not say so here.
const GOOD_FOR: Span = Span::secs(30);
const DEFAULT_COUNT: usize = 20;
const MAX_COUNT: usize = 100;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(near))
}

/// All open shops with a place, as they were at one time.
struct Map {
    shops: Vec<Arc<Shop>>,
    index: StoreIndex,
    built: Timestamp,
    changes: u64,
}

#[derive(Default)]
pub(super) struct NearShops {
    map: Mutex<Option<Arc<Map>>>,
    changes: AtomicU64,
}

impl NearShops {
    /// A shop was opened, closed or moved: the next question builds the index anew.
    pub fn outdated(&self) {
        self.changes.fetch_add(1, Ordering::AcqRel);
    }

    /// Counts up whenever shops have changed here.
    pub fn changes(&self) -> u64 {
        self.changes.load(Ordering::Acquire)
    }

    async fn map(&self, edge: &Edge) -> Result<Arc<Map>, EdgeError> {
        let (now, changes) = (edge.now(), self.changes());
        let held = self.map.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(map) = held
            && map.changes == changes
            && now < map.built.after(GOOD_FOR)
        {
            return Ok(map);
        }
        let shops = edge.read(|wallet, _, _| wallet.shops().to_vec()).await?;
        let built = tokio::task::spawn_blocking(move || {
            let places = shops.iter().filter(|shop| shop.is_open);
            let places = places.filter_map(|shop| Some((shop.number, shop.position?)));
            let index = StoreIndex::build(places);
            Arc::new(Map { shops, index, built: now, changes })
        });
        let map = built.await.map_err(|_| EdgeError::Task)?;
        *self.map.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&map));
        Ok(map)
    }
}

/// Degrees as text in microdegrees: `-33.8688`. No float: it is compared and kept.
fn read_degrees(field: &str, text: &str) -> Result<i32, Failure> {
    let bad =
        || Failure::illegal(format!("{field}: give degrees like 37.5665, north and east positive"));
    let (is_negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text),
    };
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let is_number = |it: &str| it.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || whole.len() > 3 || !is_number(whole) || !is_number(part) {
        return Err(bad());
    }
    // More decimals than there are microdegrees say nothing.
    let part = part.get(..6).unwrap_or(part);
    let micro: i32 = format!("{whole}{part:0<6}").parse().map_err(|_| bad())?;
    Ok(if is_negative { -micro } else { micro })
}

/// A place of two texts; `prefix` stands before the names of the fields.
pub(super) fn read_position(
    prefix: &str,
    latitude: &str,
    longitude: &str,
) -> Result<Position, Failure> {
    let latitude = read_degrees(&format!("{prefix}latitude"), latitude)?;
    let longitude = read_degrees(&format!("{prefix}longitude"), longitude)?;
    Position::new(latitude, longitude)
        .map_err(|error| Failure::illegal(format!("{prefix}latitude, {prefix}longitude: {error}")))
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct NearQuery {
    /// Latitude in degrees, north positive, such as `37.5665`.
    lat: String,
    /// Longitude in degrees, east positive.
    lon: String,
    /// 1 to 100; 20 when absent.
    limit: Option<usize>,
}

/// An open shop, and how far it is.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct NearView {
    number: u32,
    name: String,
    city: String,
    mcc: String,
    kind: &'static str,
    position: Option<PositionBody>,
    /// In metres.
    distance_m: u32,
}

/// Lists the nearest open shops, nearest first.
#[utoipa::path(
    get, path = "/v1/shops/near", tag = "shops", params(NearQuery),
    responses((status = 200, body = Vec<NearView>), (status = 400, body = Failure))
)]
async fn near(
    State(app): State<App>,
    _: Signed,
    Query(query): Query<NearQuery>,
) -> Result<Json<Vec<NearView>>, Failure> {
    let from = read_position("", &query.lat, &query.lon)?;
    let count = query.limit.unwrap_or(DEFAULT_COUNT);
    if !(1..=MAX_COUNT).contains(&count) {
        return Err(Failure::illegal("limit: give 1 to 100"));
    }
    let map = app.near.map(&app.edge).await?;
    let found = map.index.nearest(from, count, |_| true);
    let view = |near: geo::Near| {
        let shop = map.shops.get(usize::try_from(near.store).ok()?)?;
        Some(NearView {
            number: shop.number,
            name: shop.name.to_string(),
            city: shop.city.to_string(),
            mcc: shop.mcc.to_string(),
            kind: kind_text(shop.kind),
            position: shop.position.map(PositionBody::of),
            distance_m: near.distance_m,
        })
    };
    Ok(Json(found.into_iter().filter_map(view).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn degrees_are_read_without_floats() {
        let read = |text| read_degrees("lat", text).ok();
        assert_eq!(read("37.5665"), Some(37_566_500));
        assert_eq!(read("-0.000001"), Some(-1));
        assert_eq!(read("126"), Some(126_000_000));
        assert_eq!(read("1.23456789"), Some(1_234_567));
        for bad in ["", "-", ".5", "1e3", "+1", "1234", "1.2.3", "NaN"] {
            assert_eq!(read(bad), None, "{bad}");
        }
        assert!(read_position("", "91", "0").is_err());
    }
}
