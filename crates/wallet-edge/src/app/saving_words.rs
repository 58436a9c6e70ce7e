//! Why a balance has changed: what happened to savings, in plain words.

use super::view::AmountView;
use crate::fund_text::{day, earned, price_of_day, units};
use money::Currency;
use savings::Deal;
use wallet::objects::{Drawn, Saving, SavingAct, Settled};

/// What a saving's card says, in English.
pub(super) fn words(it: &Saving, currency: Currency) -> String {
    let amount = |minor: u64| AmountView::minor(minor, currency).text;
    let sentences = match &it.act {
        SavingAct::Put { amount_minor, day: on } => vec![format!(
            "You put {} into savings; it gets units at the price of {}.",
            amount(*amount_minor),
            day(*on)
        )],
        SavingAct::Swept { amount_minor, day: on } => vec![format!(
            "Your switch put {} of idle balance into savings; it gets units at the price of {}.",
            amount(*amount_minor),
            day(*on)
        )],
        SavingAct::TakenOut { drawn, ordered } => {
            let mut sentences = came_back(drawn, currency);
            if let Some(ordered) = ordered {
                sentences.push(format!(
                    "{} units are sold at the price of {}; the money comes with it.",
                    units(ordered.units),
                    day(ordered.day)
                ));
            }
            sentences
        }
        SavingAct::Paid { drawn, .. } => {
            let mut sentences = vec![
                "Your balance did not cover a payment, and savings added the rest.".to_owned(),
            ];
            sentences.extend(came_back(drawn, currency));
            sentences
        }
        SavingAct::Settled(it) => settled(it, currency),
    };
    sentences.join(" ")
}

fn came_back(drawn: &Drawn, currency: Currency) -> Vec<String> {
    let amount = |minor: u64| AmountView::minor(minor, currency).text;
    let mut sentences = Vec::new();
    if drawn.recalled_minor > 0 {
        let back = amount(drawn.recalled_minor);
        sentences.push(format!("{back} that still waited for its price came back."));
    }
    if let Some(redeemed) = drawn.redeemed {
        sentences.push(format!(
            "{} came for {} units.",
            amount(redeemed.redemption.amount_minor),
            units(redeemed.redemption.units)
        ));
    }
    sentences
}

fn settled(it: &Settled, currency: Currency) -> Vec<String> {
    let mut sentences = Vec::new();
    if let Some(until) = it.untold_until {
        let until = day(until);
        sentences.push(format!("What each day up to {until} earned is not known any more."));
    }
    for one in &it.yields {
        sentences.push(format!(
            "{} earned {} {} as of {}.",
            match one.days {
                0 | 1 => "A day".to_owned(),
                days => format!("{days} days"),
            },
            currency.code(),
            earned(one.micro_minor(), currency),
            day(one.day)
        ));
    }
    for deal in &it.deals {
        let (price, words) = match deal {
            Deal::Subscribed { price, amount_minor, units: got, .. } => {
                (price, (AmountView::minor(*amount_minor, currency).text, units(*got) + " units"))
            }
            Deal::Redeemed { price, units: sold, amount_minor, .. } => {
                (price, (units(*sold) + " units", AmountView::minor(*amount_minor, currency).text))
            }
        };
        let (from, to) = words;
        sentences.push(format!("{from} became {to}, at {}.", price_of_day(*price, currency)));
    }
    if sentences.is_empty() {
        sentences.push(format!("Savings are up to date as of {}.", day(it.until)));
    }
    sentences
}
