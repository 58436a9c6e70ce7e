//! Magic amounts: the last two digits of a price decide what the simulated wallet does.

use crate::behaviour::Behaviour;
use base::ResultCode;
use money::Money;

/// A row of the table: last two digits of the minor units of `paymentAmount`, and what they do.
pub struct Magic {
    pub ending: u64,
    pub meaning: &'static str,
    pub behaviour: Behaviour,
}

/// All magic amounts. The table in the crate's documentation says the same, held together by a
/// test.
pub fn table() -> [Magic; 5] {
    let row = |ending, meaning, behaviour| Magic { ending, meaning, behaviour };
    [
        row(
            1,
            "the balance is not enough",
            Behaviour::Decline { code: ResultCode::UserBalanceNotEnough },
        ),
        row(2, "risk control refuses", Behaviour::Decline { code: ResultCode::RiskReject }),
        row(3, "U, then S after 3 s", Behaviour::LateSuccess { ms: 3_000, notify: true }),
        row(4, "the answer comes after 8 s", Behaviour::Slow { ms: 8_000, before_work: false }),
        row(5, "paid, but the answer is lost", Behaviour::LostReply),
    ]
}

/// What a price asks for, if it is a magic one.
pub fn of(price: Money) -> Option<Behaviour> {
    let ending = price.minor() % 100;
    table().into_iter().find(|row| row.ending == ending).map(|row| row.behaviour)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documentation_lists_every_row() {
        let documentation = include_str!("lib.rs");
        for row in table() {
            let line = format!("//! | `...{:02}` | {} |", row.ending, row.meaning);
            assert!(documentation.contains(&line), "{line}");
        }
        let yen = money::Currency::from_code("JPY").unwrap();
        let price = |minor| Money::new(minor, yen).unwrap();
        assert_eq!(of(price(1_205)), Some(Behaviour::LostReply));
        assert_eq!(of(price(1_200)), None);
        assert_eq!(of(price(1_250)), None);
        assert_eq!(of(price(5)), Some(Behaviour::LostReply));
    }
}
