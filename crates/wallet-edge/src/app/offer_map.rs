//! Where offers can be redeemed. What is built for one question is kept for others, until offers or
//! shops have changed here, or half a minute is over.

use super::App;
use crate::edge::EdgeError;
use base::{Span, Timestamp};
use geo::{Near, Position, StoreIndex};
use gifts::Offer;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Offers and shops also change at the desk, which does not say so here.
const GOOD_FOR: Span = Span::secs(30);
/// Offers whose places are kept; for one more, all are built anew as they are asked for.
const KEPT: usize = 1_000;

/// A shop that was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub shop: u32,
    pub distance_m: u32,
}

impl Place {
    fn of(near: Near) -> Place {
        Place { shop: near.store, distance_m: near.distance_m }
    }
}

/// As of when something was built: the time, and how often shops and offers had changed.
#[derive(Clone, Copy, Debug)]
struct Age {
    built: Timestamp,
    changes: (u64, u64),
}

struct Kept<T> {
    value: Arc<T>,
    age: Age,
}

impl<T> Kept<T> {
    fn if_good(&self, now: Age) -> Option<Arc<T>> {
        let is_good = self.age.changes == now.changes && now.built < self.age.built.after(GOOD_FOR);
        is_good.then(|| Arc::clone(&self.value))
    }
}

/// All offers on sale, and the shops that take them.
struct Catalogue {
    /// Ascending.
    numbers: Vec<u32>,
    of_place: BTreeMap<u32, Vec<u32>>,
    index: StoreIndex,
}

#[derive(Default)]
pub(super) struct OfferMap {
    catalogue: Mutex<Option<Kept<Catalogue>>>,
    places: Mutex<BTreeMap<u32, Kept<StoreIndex>>>,
    changes: AtomicU64,
}

impl OfferMap {
    /// An offer was made or ended: the next question builds anew.
    pub fn outdated(&self) {
        self.changes.fetch_add(1, Ordering::AcqRel);
    }

    fn age(&self, app: &App) -> Age {
        let changes = (app.near.changes(), self.changes.load(Ordering::Acquire));
        Age { built: app.edge.now(), changes }
    }

    async fn catalogue(&self, app: &App) -> Result<Arc<Catalogue>, EdgeError> {
        let age = self.age(app);
        let good = held(&self.catalogue).as_ref().and_then(|kept| kept.if_good(age));
        if let Some(catalogue) = good {
            return Ok(catalogue);
        }
        let (shops, offers) = app
            .edge
            .read(|wallet, _, _| {
                let offers: Vec<Arc<Offer>> = if wallet.market().features.gifts {
                    (0..).map_while(|number| wallet.offer(number).cloned()).collect()
                } else {
                    Vec::new()
                };
                (wallet.shops().to_vec(), offers)
            })
            .await?;
        let built = tokio::task::spawn_blocking(move || {
            let is_open = |offer: &Offer| {
                let shop = usize::try_from(offer.terms().shop).ok().and_then(|at| shops.get(at));
                shop.is_some_and(|shop| shop.is_open)
            };
            let mut offers = offers;
            offers.retain(|it| it.would_sell(0, age.built).is_ok() && is_open(it));
            let of_place = wallet::offers_by_place(&shops, &offers);
            let places = of_place.keys().filter_map(|number| {
                Some((*number, shops.get(usize::try_from(*number).ok()?)?.position?))
            });
            let index = StoreIndex::build(places);
            let numbers = offers.iter().map(|offer| offer.number()).collect();
            Arc::new(Catalogue { numbers, of_place, index })
        });
        let value = built.await.map_err(|_| EdgeError::Task)?;
        *held(&self.catalogue) = Some(Kept { value: Arc::clone(&value), age });
        Ok(value)
    }

    /// Numbers of all offers on sale, ascending.
    pub async fn on_sale(&self, app: &App) -> Result<Vec<u32>, EdgeError> {
        Ok(self.catalogue(app).await?.numbers.clone())
    }

    /// The offers on sale that can be redeemed nearest to a position, nearest first, each with its
    /// nearest shop; of one shop the lower number first.
    pub async fn nearest_offers(
        &self,
        app: &App,
        from: Position,
        limit: usize,
    ) -> Result<Vec<(u32, Place)>, EdgeError> {
        let catalogue = self.catalogue(app).await?;
        let found = tokio::task::spawn_blocking(move || catalogue.nearest(from, limit));
        found.await.map_err(|_| EdgeError::Task)
    }

    async fn build_places(
        &self,
        app: &App,
        offer: u32,
        age: Age,
    ) -> Result<Arc<StoreIndex>, EdgeError> {
        let places = app.edge.read(move |wallet, _, _| wallet.places_of_offer(offer)).await?;
        let built = tokio::task::spawn_blocking(move || Arc::new(StoreIndex::build(places)));
        let value = built.await.map_err(|_| EdgeError::Task)?;
        let mut places = held(&self.places);
        if places.len() >= KEPT {
            places.clear();
        }
        places.insert(offer, Kept { value: Arc::clone(&value), age });
        Ok(value)
    }

    /// The nearest open shops that take coupons of an offer, nearest first.
    pub async fn nearest_places(
        &self,
        app: &App,
        offer: u32,
        (from, limit): (Position, usize),
    ) -> Result<Vec<Place>, EdgeError> {
        let age = self.age(app);
        let good = held(&self.places).get(&offer).and_then(|kept| kept.if_good(age));
        let index = match good {
            Some(index) => index,
            None => self.build_places(app, offer, age).await?,
        };
        Ok(index.nearest(from, limit, |_| true).into_iter().map(Place::of).collect())
    }
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Catalogue {
    fn nearest(&self, from: Position, limit: usize) -> Vec<(u32, Place)> {
        let mut found: Vec<(u32, Place)> = Vec::new();
        let mut seen: BTreeSet<u32> = BTreeSet::new();
        while found.len() < limit {
            // Each round looks behind the shops of the one before, and finds one more at least.
            let is_new = |shop: u32| {
                self.of_place.get(&shop).is_some_and(|it| it.iter().any(|it| !seen.contains(it)))
            };
            let shops = self.index.nearest(from, limit - found.len(), is_new);
            if shops.is_empty() {
                break;
            }
            for near in shops {
                for offer in self.of_place.get(&near.store).into_iter().flatten() {
                    if seen.insert(*offer) {
                        found.push((*offer, Place::of(near)));
                    }
                }
            }
        }
        found.truncate(limit);
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_offer_is_found_at_its_nearest_shop() {
        let at = |longitude| Position::new(0, longitude).unwrap();
        let of_place =
            BTreeMap::from([(1, vec![10]), (2, vec![10]), (3, vec![10, 11]), (4, vec![12, 13])]);
        let index = StoreIndex::build(
            (1..=4).map(|shop: u32| (shop, at(i32::try_from(shop).unwrap() * 1_000))),
        );
        let catalogue = Catalogue { numbers: vec![10, 11, 12, 13], of_place, index };
        let nearest = |longitude, limit| {
            let found = catalogue.nearest(at(longitude), limit);
            found.into_iter().map(|(offer, place)| (offer, place.shop)).collect::<Vec<_>>()
        };
        assert_eq!(nearest(0, 2), [(10, 1), (11, 3)]);
        assert_eq!(nearest(0, 9), [(10, 1), (11, 3), (12, 4), (13, 4)]);
        assert_eq!(nearest(5_000, 3), [(12, 4), (13, 4), (10, 3)]);
        assert_eq!(nearest(0, 0), []);
    }
}
