//! A cup of coffee for a friend in another city: bought at home, found by the nearest shop, drunk
//! with a one-time code.

use super::{Demo, Phones};
use anyhow::{Context, Result};
use base::{Span, Timestamp};
use serde_json::{Value, json};
use std::sync::Arc;
use wire::Datetime;

/// Haneul's coffee shops.
const SHOPS: [(&str, &str, &str, &str); 3] = [
    ("Haneul Coffee Jongno", "Seoul", "37.572900", "126.979300"),
    ("Haneul Coffee Seomyeon", "Busan", "35.157800", "129.059200"),
    ("Haneul Coffee Haeundae", "Busan", "35.163100", "129.163500"),
];
/// Where Seoyeon is: near the beach of Haeundae.
const SEOYEON: (&str, &str) = ("35.158700", "129.160400");
/// A cup, in won.
const CUP_MINOR: u64 = 5_000;

fn text<'a>(value: &'a Value, path: &[&str]) -> Result<&'a str> {
    let found = path.iter().fold(value, |value, part| match part.parse::<usize>() {
        Ok(at) => &value[at],
        Err(_) => &value[*part],
    });
    found.as_str().with_context(|| format!("no {path:?} in {value}"))
}

impl Demo {
    /// Minjun sends Seoyeon a coffee: one paragraph. None without real wallets.
    pub async fn coffee_once(&self) -> Result<Option<String>> {
        let Some(phones) = self.phones.first() else { return Ok(None) };
        let (shop, offer) = self.coffee_offer(phones).await?;
        let friend = phones.number_of("seoyeon").context("Seoyeon has a phone")?;
        let mut card = json!({ "offer": offer, "to": friend, "note": "Happy birthday, Seoyeon!" });
        let bought = match phones.act("minjun", "/v1/gifts", card.clone()).await {
            Ok(bought) => bought,
            Err(_) => {
                // Minjun has had as many of this offer as one may: Haneul sells more coffee.
                card["offer"] = Value::from(self.new_offer(phones, shop).await?);
                phones.act("minjun", "/v1/gifts", card).await?
            }
        };
        let gift = text(&bought, &["id"])?.to_owned();
        phones.act("seoyeon", "/v1/gifts/claim", json!({ "id": gift })).await?;
        let (lat, lon) = SEOYEON;
        let path = format!("/v1/gifts/{gift}?lat={lat}&lon={lon}&limit=2");
        let received = phones.look("seoyeon", &path).await?;
        let note = text(&received, &["note"])?.to_owned();
        let nearest = &received["nearest"][0];
        let name = text(nearest, &["name"])?.to_owned();
        let metres = nearest["distanceM"].to_string();
        let code = phones.act("seoyeon", &format!("/v1/gifts/{gift}/code"), json!({})).await?;
        let shop = nearest["shop"].as_u64().context("a shop has a number")?;
        let till = format!("/v1/shops/{shop}/redemptions");
        let code = text(&code, &["code"])?;
        phones.act("haneul", &till, json!({ "code": code })).await?;
        let after = phones.look("seoyeon", &format!("/v1/gifts/{gift}")).await?;
        Ok(Some(format!(
            "A coffee for a friend\n---------------------\nMinjun in Seoul buys a cup of coffee \
             for Seoyeon in Busan and writes \"{note}\".\nHer wallet shows the nearest of Haneul's \
             shops that take it: {name}, {metres} m away.\nThe till takes her one-time code; the \
             coupon is now {}.\n",
            text(&after, &["state"])?
        )))
    }

    /// The shop, and the number of its coffee on sale: both made on the first start.
    async fn coffee_offer(&self, phones: &Arc<Phones>) -> Result<(u64, u64)> {
        let shops = phones.look("haneul", "/v1/shops").await?;
        let mut first = shops[0]["number"].as_u64();
        if first.is_none() {
            for (name, city, latitude, longitude) in SHOPS {
                let place = json!({ "latitude": latitude, "longitude": longitude });
                let body = json!({ "name": name, "mcc": "5814", "city": city, "position": place });
                let made = phones.act("haneul", "/v1/shops", body).await?;
                first = first.or(made["number"].as_u64());
            }
        }
        let shop = first.context("a shop has a number")?;
        let offers = phones.look("minjun", &format!("/v1/offers?shop={shop}")).await?;
        match offers["items"][0]["number"].as_u64() {
            Some(offer) => Ok((shop, offer)),
            None => Ok((shop, self.new_offer(phones, shop).await?)),
        }
    }

    async fn new_offer(&self, phones: &Arc<Phones>, shop: u64) -> Result<u64> {
        let until: Timestamp = phones.running().node.edge.now().after(Span::days(30));
        let body = json!({
            "title": "A cup of coffee",
            "face": phones.amount(CUP_MINOR).await?,
            "validityDays": 365,
            "stock": 1_000,
            "perCustomer": 20,
            "saleUntil": Datetime::utc(until).to_string(),
        });
        let made = phones.act("haneul", &format!("/v1/shops/{shop}/offers"), body).await?;
        made["number"].as_u64().context("an offer has a number")
    }
}
