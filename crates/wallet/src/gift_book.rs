//! Offers of gift coupons, what each buyer has of them, and what may be asked about them.

use crate::machine::{name_kind, name_of};
use crate::{Shop, ShopNumber, Wallet};
use base::{History, Table, Timestamp, codec_struct, decode_all};
use geo::Position;
use gifts::{Offer, Places};
use ids::GiftId;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Offers of one shop, ended ones included, at most.
pub(crate) const MAX_OFFERS: usize = 1_000;

/// See the module's text. Offers are numbered from 0 and never dropped, since coupons of an offer
/// that ended are still good.
#[derive(Clone, Debug)]
pub(crate) struct GiftBook {
    offers: Table<u32, Arc<Offer>>,
    /// Numbers of a shop's offers, the oldest first.
    of_shop: Table<u32, Arc<Vec<u32>>>,
    /// How many of an offer a customer has bought and not given back, if any.
    bought: Table<u64, u32>,
}
codec_struct!(GiftBook { offers, of_shop, bought });

fn bought_key(offer: u32, customer: u32) -> u64 {
    u64::from(offer) << 32 | u64::from(customer)
}

impl GiftBook {
    pub fn new() -> GiftBook {
        GiftBook { offers: Table::new(), of_shop: Table::new(), bought: Table::new() }
    }

    /// The number of the next offer; `None` when there are as many as there can be.
    pub fn next_number(&self) -> Option<u32> {
        u32::try_from(self.offers.len()).ok()
    }

    pub fn offer(&self, number: u32) -> Option<&Arc<Offer>> {
        self.offers.get(&number)
    }

    pub fn of_shop(&self, shop: ShopNumber) -> &[u32] {
        self.of_shop.get(&shop).map_or(&[], |numbers| numbers.as_slice())
    }

    /// How many a customer has bought of an offer and not given back.
    pub fn bought(&self, offer: u32, customer: u32) -> u32 {
        self.bought.get(&bought_key(offer, customer)).copied().unwrap_or(0)
    }

    pub fn add(&mut self, offer: Offer) {
        let numbers = self.of_shop.entry(offer.terms().shop, Arc::default);
        Arc::make_mut(numbers).push(offer.number());
        self.put(offer);
    }

    /// Puts an offer back after a change.
    pub fn put(&mut self, offer: Offer) {
        self.offers.insert(offer.number(), Arc::new(offer));
    }

    pub fn set_bought(&mut self, offer: u32, customer: u32, count: u32) {
        let key = bought_key(offer, customer);
        if count == 0 {
            self.bought.remove(&key);
        } else {
            self.bought.insert(key, count);
        }
    }

    /// Is as much sold of each offer as its buyers have bought?
    pub fn verify(&self) -> Result<(), String> {
        let mut sums: BTreeMap<u64, u64> = BTreeMap::new();
        for (key, count) in self.bought.entries() {
            *sums.entry(key >> 32).or_default() += u64::from(*count);
        }
        for (number, offer) in self.offers.entries() {
            let bought = sums.get(&u64::from(*number)).copied().unwrap_or(0);
            let (sold, stock) = (u64::from(offer.sold()), u64::from(offer.terms().stock));
            if sold != bought || sold > stock {
                return Err(format!(
                    "offer {number}: {sold} of {stock} are sold, {bought} are bought"
                ));
            }
        }
        Ok(())
    }
}

/// The gift that a one-time code was issued for, by the code's SHA-256 digest: for a till that
/// wants to show what the code is worth.
pub fn gift_of_code(history: &dyn History, code: &[u8; 32]) -> Option<GiftId> {
    let bytes = history.name(&name_of(name_kind::GIFT_CODE, &[code]))?;
    Some(decode_all(&bytes).expect("history returns the id that was put there"))
}

/// For each open shop on the map, which of these offers' coupons it takes: as
/// [`Wallet::takes_coupons`] says, for many at once and away from the machine. `shops` are all of
/// them, by number.
pub fn offers_by_place(
    shops: &[Arc<Shop>],
    offers: &[Arc<Offer>],
) -> BTreeMap<ShopNumber, Vec<u32>> {
    let mut of_owner: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    let mut of_place: BTreeMap<ShopNumber, Vec<u32>> = BTreeMap::new();
    for offer in offers {
        match &offer.terms().places {
            Places::Stores(stores) => {
                for store in stores {
                    of_place.entry(*store).or_default().push(offer.number());
                }
            }
            Places::AllStores => {
                if let Some(issuer) = shops.get(offer.terms().shop as usize) {
                    of_owner.entry(issuer.owner).or_default().push(offer.number());
                }
            }
        }
    }
    let on_map = shops.iter().filter(|shop| shop.is_open && shop.position.is_some());
    let taken = on_map.map(|shop| {
        let mut numbers = of_place.remove(&shop.number).unwrap_or_default();
        numbers.extend(of_owner.get(&shop.owner).into_iter().flatten());
        (shop.number, numbers)
    });
    taken.filter(|(_, numbers)| !numbers.is_empty()).collect()
}

impl Wallet {
    pub fn offer(&self, number: u32) -> Option<&Arc<Offer>> {
        self.gifts.offer(number)
    }

    /// All offers of a shop, the oldest first.
    pub fn offers_of_shop(&self, shop: ShopNumber) -> Vec<Arc<Offer>> {
        let numbers = self.gifts.of_shop(shop).iter();
        numbers.filter_map(|number| self.gifts.offer(*number)).cloned().collect()
    }

    /// Offers of a shop that somebody could buy now, the oldest first.
    pub fn offers_on_sale(&self, shop: ShopNumber, now: Timestamp) -> Vec<Arc<Offer>> {
        let is_open = self.shops.get(shop as usize).is_some_and(|shop| shop.is_open);
        if !is_open || !self.market.features.gifts {
            return Vec::new();
        }
        let mut offers = self.offers_of_shop(shop);
        offers.retain(|offer| offer.would_sell(0, now).is_ok());
        offers
    }

    /// How many a customer has bought of an offer and not given back.
    pub fn bought_of_offer(&self, offer: u32, customer: u32) -> u32 {
        self.gifts.bought(offer, customer)
    }

    /// Does this shop take coupons of the offer? Where an offer names no stores, they are good in
    /// all shops of the same owner.
    pub fn takes_coupons(&self, shop: &Shop, offer: &Offer) -> bool {
        match &offer.terms().places {
            Places::Stores(stores) => stores.contains(&shop.number),
            Places::AllStores => {
                let issuer = self.shops.get(offer.terms().shop as usize);
                issuer.is_some_and(|issuer| issuer.owner == shop.owner)
            }
        }
    }

    /// The shops on the map that take coupons of the offer now: what a query for the nearest one
    /// chooses from. Nothing for an offer that is not there.
    pub fn places_of_offer(&self, number: u32) -> Vec<(ShopNumber, Position)> {
        let Some(offer) = self.gifts.offer(number) else { return Vec::new() };
        let takes =
            self.shops.iter().filter(|shop| shop.is_open && self.takes_coupons(shop, offer));
        takes.filter_map(|shop| Some((shop.number, shop.position?))).collect()
    }
}
