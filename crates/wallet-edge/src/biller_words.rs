//! Rules of billers as JSON: shared by the app's directory and the desk.

use money::{Currency, Money};
use serde::{Deserialize, Serialize};
use services::{AccountFormat, AmountRule, Category, CheckDigits};
use utoipa::ToSchema;

const CATEGORIES: [(Category, &str); 11] = [
    (Category::Electricity, "ELECTRICITY"),
    (Category::Water, "WATER"),
    (Category::Gas, "GAS"),
    (Category::Telephone, "TELEPHONE"),
    (Category::Internet, "INTERNET"),
    (Category::Television, "TELEVISION"),
    (Category::Airtime, "AIRTIME"),
    (Category::Insurance, "INSURANCE"),
    (Category::School, "SCHOOL"),
    (Category::Government, "GOVERNMENT"),
    (Category::Other, "OTHER"),
];

pub(crate) fn category(it: Category) -> &'static str {
    CATEGORIES.iter().find(|(one, _)| *one == it).map_or("OTHER", |(_, text)| text)
}

/// `None`: there is no such category.
pub(crate) fn read_category(text: &str) -> Option<Category> {
    CATEGORIES.iter().find(|(_, one)| *one == text).map(|(it, _)| *it)
}

/// The form of a customer's number with a biller.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FormatView {
    /// `#` is a digit, `?` a digit or a capital letter, anything else stands for itself.
    #[schema(example = "##########")]
    pub pattern: String,
    /// `NONE`; `LUHN`: the last digit by the Luhn formula; `MOD97`: leaves 1 when divided by 97.
    pub check: CheckView,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum CheckView {
    None,
    Luhn,
    Mod97,
}

impl FormatView {
    /// Errors: what is wrong with the pattern, in words.
    pub fn read(&self) -> Result<AccountFormat, String> {
        let check = match self.check {
            CheckView::None => CheckDigits::None,
            CheckView::Luhn => CheckDigits::Luhn,
            CheckView::Mod97 => CheckDigits::Mod97,
        };
        AccountFormat::new(&self.pattern, check).map_err(|fault| format!("formats.{fault}"))
    }
}

pub(crate) fn formats(all: &[AccountFormat]) -> Vec<FormatView> {
    let view = |it: &AccountFormat| FormatView {
        pattern: it.pattern().to_owned(),
        check: match it.check_digits() {
            CheckDigits::None => CheckView::None,
            CheckDigits::Luhn => CheckView::Luhn,
            CheckDigits::Mod97 => CheckView::Mod97,
        },
    };
    all.iter().map(view).collect()
}

/// Which amounts a biller takes, in minor units of the wallet's currency.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, tag = "kind", rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum AmountsView {
    /// One of a list.
    Fixed {
        #[schema(example = json!(["10000", "20000"]))]
        amounts: Vec<String>,
    },
    /// Any between the two.
    Free { least: String, most: String },
    /// What the biller says is due, exactly.
    Presented { most: String },
}

pub(crate) fn amounts(rule: &AmountRule) -> AmountsView {
    let text = |it: &Money| it.minor().to_string();
    match rule {
        AmountRule::Fixed { amounts } => {
            AmountsView::Fixed { amounts: amounts.iter().map(text).collect() }
        }
        AmountRule::Free { least, most } => {
            AmountsView::Free { least: text(least), most: text(most) }
        }
        AmountRule::Presented { most } => AmountsView::Presented { most: text(most) },
    }
}

impl AmountsView {
    /// Errors: what is no amount, in words.
    pub fn read(&self, currency: Currency) -> Result<AmountRule, String> {
        let money = |text: &String| {
            let read = Money::parse_minor(text, currency);
            read.map_err(|error| format!("amounts: `{text}` is {error}; give minor units"))
        };
        Ok(match self {
            AmountsView::Fixed { amounts } => {
                let amounts = amounts.iter().map(money).collect::<Result<_, _>>();
                AmountRule::Fixed { amounts: amounts? }
            }
            AmountsView::Free { least, most } => {
                AmountRule::Free { least: money(least)?, most: money(most)? }
            }
            AmountsView::Presented { most } => AmountRule::Presented { most: money(most)? },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_read_as_they_are_shown() {
        for (it, text) in CATEGORIES {
            assert_eq!((category(it), read_category(text)), (text, Some(it)));
        }
        let won = Currency::from_code("KRW").unwrap();
        let rule = AmountsView::Free { least: "1000".into(), most: "50000".into() };
        let read = rule.read(won).unwrap();
        assert!(matches!(amounts(&read), AmountsView::Free { least, .. } if least == "1000"));
        let bad = AmountsView::Fixed { amounts: vec!["10.5".into()] }.read(won).unwrap_err();
        assert!(bad.starts_with("amounts: `10.5` is "), "{bad}");
    }
}
