//! Division that says how it rounds.

/// What happens to the part of a result that is smaller than one unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rounding {
    /// To the nearest unit; exactly half goes to the even neighbour.
    HalfEven,
    /// Towards zero.
    Down,
    /// Away from zero, if there is any part left.
    Up,
}

/// `numerator / denominator` rounded. The denominator is above zero, and the numerator at least one
/// below the largest u128 times it, so that the step up cannot overflow.
pub fn divide(numerator: u128, denominator: u128, rounding: Rounding) -> u128 {
    let floor = numerator / denominator;
    let rest = numerator % denominator;
    // Comparing with what is missing to the next unit avoids doubling the rest, which could
    // overflow.
    let missing = denominator - rest;
    let up = match rounding {
        Rounding::Down => false,
        Rounding::Up => rest > 0,
        Rounding::HalfEven => rest > missing || (rest == missing && floor % 2 == 1),
    };
    floor + u128::from(up)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mode_at_every_kind_of_rest() {
        use Rounding::{Down, HalfEven, Up};
        let cases = [
            // numerator, denominator, half-even, down, up
            (0, 3, 0, 0, 0),
            (6, 3, 2, 2, 2),
            (7, 3, 2, 2, 3),
            (8, 3, 3, 2, 3),
            (5, 2, 2, 2, 3),
            (7, 2, 4, 3, 4),
            (1, 2, 0, 0, 1),
            (u128::MAX - 1, u128::MAX, 1, 0, 1),
        ];
        for (numerator, denominator, half, down, up) in cases {
            assert_eq!(divide(numerator, denominator, HalfEven), half, "{numerator}/{denominator}");
            assert_eq!(divide(numerator, denominator, Down), down, "{numerator}/{denominator}");
            assert_eq!(divide(numerator, denominator, Up), up, "{numerator}/{denominator}");
        }
    }
}
