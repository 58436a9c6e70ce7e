//! Points of a unit sphere with integer coordinates, and the way from a straight line to metres.
//!
//! Sines are sums of the power series in integers of 60 fractional bits. Twelve terms leave out
//! less than 2^-67 below a right angle, and each of the cut-off multiplications adds less than
//! 2^-59, so that a sine is off by less than 2^-54. A coordinate is rounded to 30 bits: it is off
//! by less than 0.51 units, and a point by less than 0.9 units, which is 6 mm on the earth.

use crate::Position;

/// Radius of the sphere, in metres. Source: mean radius of GRS 80, (2a + b) / 3.
pub const EARTH_RADIUS_M: u32 = 6_371_009;
/// Half the way around the sphere, in metres, rounded up: no distance is longer.
const HALF_WAY_M: u32 = 20_015_116;
/// Fractional bits of angles and sines.
const FINE_BITS: u32 = 60;
/// Fractional bits of coordinates.
const POINT_BITS: u32 = 30;
/// A microdegree as an angle with 88 fractional bits.
const MICRODEGREE: i128 = 5_401_532_406_949_459_315;
/// A right angle in microdegrees.
const RIGHT_ANGLE: u32 = 90_000_000;
/// Terms of the power series.
const TERMS: i128 = 12;

/// The sine of an angle between zero and a right angle, both with 60 fractional bits.
fn sine(angle: i128) -> i128 {
    let square = (angle * angle) >> FINE_BITS;
    let mut term = angle;
    let mut sum = angle;
    for n in 1..TERMS {
        term = -((term * square) >> FINE_BITS) / (2 * n * (2 * n + 1));
        sum += term;
    }
    sum
}

/// The sine of 0 to 90 degrees, given in microdegrees.
fn sine_of_microdegrees(microdegrees: u32) -> i128 {
    sine((i128::from(microdegrees) * MICRODEGREE) >> (88 - FINE_BITS))
}

/// Sine and cosine of an angle of up to 180 degrees to either side, given in microdegrees.
fn sine_and_cosine(microdegrees: i32) -> (i128, i128) {
    let size = microdegrees.unsigned_abs();
    let sine = sine_of_microdegrees(size.min((2 * RIGHT_ANGLE).saturating_sub(size)));
    let cosine = sine_of_microdegrees(size.abs_diff(RIGHT_ANGLE));
    let cosine = if size > RIGHT_ANGLE { -cosine } else { cosine };
    (if microdegrees < 0 { -sine } else { sine }, cosine)
}

/// A point of the unit sphere: three coordinates with 30 fractional bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Point(pub(crate) [i32; 3]);

impl Point {
    pub(crate) fn of(position: Position) -> Point {
        let (sin_latitude, cos_latitude) = sine_and_cosine(position.latitude());
        let (sin_longitude, cos_longitude) = sine_and_cosine(position.longitude());
        Point([
            rounded(cos_latitude * cos_longitude, 2 * FINE_BITS),
            rounded(cos_latitude * sin_longitude, 2 * FINE_BITS),
            rounded(sin_latitude, FINE_BITS),
        ])
    }

    /// Square of the straight line to another point, with 60 fractional bits: at most 4.
    pub(crate) fn chord2(self, other: Point) -> u64 {
        let [a, b, c] = self.0;
        let [x, y, z] = other.0;
        square(a, x) + square(b, y) + square(c, z)
    }
}

fn square(a: i32, b: i32) -> u64 {
    let difference = u64::from(a.abs_diff(b));
    difference * difference
}

fn rounded(value: i128, bits: u32) -> i32 {
    let half = 1 << (bits - POINT_BITS - 1);
    let rounded = (value + half) >> (bits - POINT_BITS);
    i32::try_from(rounded).expect("a coordinate of the unit sphere is at most 2^30")
}

/// The way over the earth for a straight line, given as its square; rounded to metres.
pub(crate) fn metres(chord2: u64) -> u32 {
    // The least distance whose upper bound, half a metre further, reaches the line.
    let (mut low, mut high) = (0, HALF_WAY_M);
    while low < high {
        let middle = low + (high - low) / 2;
        if reaches(middle, chord2) { high = middle } else { low = middle + 1 }
    }
    low
}

/// Is the straight line of this distance and half a metre at least as long as the line given?
fn reaches(distance_m: u32, chord2: u64) -> bool {
    let halves = 2 * i128::from(distance_m) + 1;
    // A line spans twice the sine of half its angle.
    let half_angle = (halves << FINE_BITS) / (4 * i128::from(EARTH_RADIUS_M));
    let sine = sine(half_angle);
    (sine * sine) >> (FINE_BITS - 2) >= i128::from(chord2)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: i128 = 1 << FINE_BITS;

    #[test]
    fn sines_are_as_good_as_stated() {
        // Values with 60 fractional bits, from a calculation with 50 decimal digits.
        for (microdegrees, expected) in SINES {
            let error = sine_of_microdegrees(microdegrees) - expected;
            assert!(error.abs() < 1 << 6, "{microdegrees}: off by {error}");
        }
    }

    #[test]
    fn points_lie_on_the_sphere() {
        for latitude in (-90_000_000..=90_000_000).step_by(7_654_321) {
            for longitude in (-180_000_000..=180_000_000).step_by(9_876_543) {
                let (sine, cosine) = sine_and_cosine(longitude);
                let length = (sine * sine + cosine * cosine) >> FINE_BITS;
                assert!((length - ONE).abs() < 1 << 8, "{longitude}");
                let point = Point::of(Position::new(latitude, longitude).unwrap());
                let length: i64 = point.0.iter().map(|c| i64::from(*c) * i64::from(*c)).sum();
                assert!((length - (1 << 60)).abs() < 2 << 30, "{latitude} {longitude}");
            }
        }
    }

    #[test]
    fn poles_and_quarters_are_exact() {
        let point = |latitude, longitude| Point::of(Position::new(latitude, longitude).unwrap()).0;
        let one = 1 << 30;
        for longitude in [-180_000_000, -1, 0, 77_123_456] {
            assert_eq!(point(90_000_000, longitude), [0, 0, one]);
            assert_eq!(point(-90_000_000, longitude), [0, 0, -one]);
        }
        assert_eq!(point(0, 0), [one, 0, 0]);
        assert_eq!(point(0, 90_000_000), [0, one, 0]);
        assert_eq!(point(0, -90_000_000), [0, -one, 0]);
        assert_eq!(point(0, 180_000_000), [-one, 0, 0]);
    }

    #[test]
    fn metres_never_fall_with_the_line() {
        assert_eq!(metres(0), 0);
        // A unit is 5.9 mm: 84 are below half a metre, 85 above.
        assert_eq!(metres(84 * 84), 0);
        assert_eq!(metres(85 * 85), 1);
        let mut before = 0;
        for step in 0..4_000u64 {
            let now = metres(step << 50);
            assert!(now > before || step == 0);
            before = now;
        }
        assert!(metres(1 << 62).abs_diff(20_015_115) <= 1);
        assert_eq!(metres(u64::MAX), HALF_WAY_M);
    }

    const SINES: [(u32, i128); 11] = [
        (0, 0),
        (1, 20_122_276_272),
        (999, 20_102_153_995_145),
        (1_000_000, 20_121_254_688_683_129),
        (12_345_678, 246_505_282_207_072_266),
        (30_000_000, 576_460_752_303_423_488),
        (45_000_000, 815_238_614_083_298_888),
        (59_999_999, 998_459_301_497_768_906),
        (75_000_001, 1_113_636_662_191_832_675),
        (89_999_999, 1_152_921_504_606_846_800),
        (90_000_000, 1_152_921_504_606_846_976),
    ];
}
