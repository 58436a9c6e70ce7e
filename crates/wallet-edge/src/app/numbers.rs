//! Pages of what goes by numbers that were given in order: boxes, shows, billers.

use super::failure::Failure;
use serde::Deserialize;
use utoipa::IntoParams;

const DEFAULT_PAGE: usize = 50;
const MAX_PAGE: usize = 100;

/// Which part of a list.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct NumberPart {
    /// The `next` of the page before.
    pub from: Option<u32>,
    /// Rows of a page, 1 to 100; 50 when absent.
    pub limit: Option<usize>,
}

impl NumberPart {
    /// The first number, and how many rows.
    pub fn read(&self) -> Result<(u32, usize), Failure> {
        let limit = self.limit.unwrap_or(DEFAULT_PAGE);
        if !(1..=MAX_PAGE).contains(&limit) {
            return Err(Failure::illegal("limit: give 1 to 100"));
        }
        Ok((self.from.unwrap_or(0), limit))
    }
}

/// Takes the first `limit` of what is wanted, and says with which number the next page begins.
pub(super) fn page<T>(
    wanted: impl Iterator<Item = (u32, T)>,
    limit: usize,
) -> (Vec<(u32, T)>, Option<u32>) {
    let mut rows: Vec<(u32, T)> = wanted.take(limit + 1).collect();
    let next = if rows.len() > limit { rows.pop().map(|(number, _)| number) } else { None };
    (rows, next)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_meet_without_gap() {
        let all = |from: u32| (from..7).map(|number| (number, number * 10));
        assert_eq!(page(all(0), 3), (vec![(0, 0), (1, 10), (2, 20)], Some(3)));
        assert_eq!(page(all(6), 3), (vec![(6, 60)], None));
        assert!(NumberPart { from: None, limit: Some(0) }.read().is_err());
    }
}
