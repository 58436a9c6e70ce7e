//! Names of people and shops, as others may see them.

use super::view::AmountView;
use crate::Edge;
use crate::edge::EdgeError;
use ids::PersonId;
use money::Currency;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use utoipa::ToSchema;
use vault::mask_name;

/// The other side of something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Other {
    Nobody,
    Customer(u32),
    Shop(u32),
    /// A merchant abroad, by its own name.
    Merchant(String),
    Biller(u32),
}

/// The other side as it is shown.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct PartyView {
    /// `PERSON`, `SHOP`, `MERCHANT`, `BILLER`.
    pub kind: &'static str,
    /// Of a person, masked; of a shop, whole.
    pub name: String,
    /// Of a shop of this wallet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shop: Option<u32>,
}

/// What was looked up for one answer.
pub(super) struct Names {
    pub currency: Currency,
    people: BTreeMap<u32, String>,
    shops: BTreeMap<u32, String>,
    billers: BTreeMap<u32, String>,
}

/// Somebody who left, or whose name is not known.
const NO_NAME: &str = "***";

impl Names {
    /// Looks up all that an answer needs, in two questions.
    pub async fn find(edge: &Edge, others: Vec<Other>) -> Result<Names, EdgeError> {
        let (mut people, mut shops) = (BTreeSet::new(), BTreeSet::new());
        let mut billers = BTreeSet::new();
        for other in others {
            match other {
                Other::Customer(number) => _ = people.insert(number),
                Other::Shop(number) => _ = shops.insert(number),
                Other::Biller(number) => _ = billers.insert(number),
                Other::Nobody | Other::Merchant(_) => {}
            }
        }
        let (currency, persons, shops, billers) = edge
            .read(move |wallet, history, _| {
                let person = |number| Some((number, wallet::person_of(history, number)?));
                let persons: Vec<(u32, PersonId)> = people.into_iter().filter_map(person).collect();
                let shop = |number: u32| {
                    let found = wallet.shops().get(usize::try_from(number).ok()?)?;
                    Some((number, found.name.as_str().to_owned()))
                };
                let shops = shops.into_iter().filter_map(shop).collect();
                let biller = |number: u32| {
                    let found = wallet.billers().get(usize::try_from(number).ok()?)?;
                    Some((number, found.name.as_str().to_owned()))
                };
                let billers = billers.into_iter().filter_map(biller).collect();
                (wallet.market().account.currency, persons, shops, billers)
            })
            .await?;
        let people = if persons.is_empty() {
            BTreeMap::new()
        } else {
            edge.in_vault(move |vault| {
                let mut names = BTreeMap::new();
                for (number, person) in persons {
                    if let Some(name) = vault.masked_name(person)? {
                        names.insert(number, name);
                    }
                }
                Ok(names)
            })
            .await?
        };
        Ok(Names { currency, people, shops, billers })
    }

    pub fn of(&self, other: &Other) -> Option<PartyView> {
        let view = |kind, name: Option<&String>, shop| {
            let name = name.map_or(NO_NAME, String::as_str).to_owned();
            Some(PartyView { kind, name, shop })
        };
        match other {
            Other::Nobody => None,
            Other::Customer(number) => view("PERSON", self.people.get(number), None),
            Other::Shop(number) => view("SHOP", self.shops.get(number), Some(*number)),
            Other::Merchant(name) => view("MERCHANT", Some(name), None),
            Other::Biller(number) => view("BILLER", self.billers.get(number), None),
        }
    }

    pub fn amount(&self, minor: u64) -> AmountView {
        AmountView::minor(minor, self.currency)
    }
}

/// One customer's masked name.
pub(crate) async fn name_of(edge: &Edge, customer: u32) -> Result<String, EdgeError> {
    let names = Names::find(edge, vec![Other::Customer(customer)]).await?;
    Ok(names.people.get(&customer).cloned().unwrap_or_else(|| mask_name("")))
}
