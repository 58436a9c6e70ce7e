//! The tree against looking at every store, and distances against known ones.

use dhow_geo::{Near, Position, StoreIndex};

/// A fixed sequence of numbers that look random.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, below: i32) -> i32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        i32::try_from((self.0 >> 33) % u64::try_from(below).unwrap()).unwrap()
    }

    /// Anywhere, with more than their share at the poles, on the date line and on one spot.
    fn position(&mut self) -> Position {
        let (latitude, longitude) = match self.below(8) {
            0 => (90_000_000, self.longitude()),
            1 => (-90_000_000 + self.below(2_000), self.longitude()),
            2 => (self.below(1_000) - 500, 180_000_000 - self.below(500)),
            3 => (self.below(1_000) - 500, -180_000_000 + self.below(500)),
            4 => (37_566_000 + self.below(3), 126_978_000 + self.below(3)),
            _ => (self.below(180_000_001) - 90_000_000, self.longitude()),
        };
        Position::new(latitude, longitude).unwrap()
    }

    fn longitude(&mut self) -> i32 {
        self.below(360_000_001) - 180_000_000
    }
}

/// The haversine of the way, which orders as the way does. Floats are for tests only.
fn haversine(a: Position, b: Position) -> f64 {
    let angle = |microdegrees: i32| f64::from(microdegrees).to_radians() / 1e6;
    let half_sine = |difference: f64| (difference / 2.0).sin().powi(2);
    let [south, north] = [angle(a.latitude()), angle(b.latitude())];
    half_sine(north - south)
        + south.cos() * north.cos() * half_sine(angle(b.longitude()) - angle(a.longitude()))
}

fn metres(a: Position, b: Position) -> f64 {
    2.0 * 6_371_009.0 * haversine(a, b).sqrt().min(1.0).asin()
}

#[test]
fn the_tree_finds_what_looking_at_every_store_finds() {
    let mut numbers = Numbers(42);
    let places: Vec<_> = (0..3_000u32).map(|store| (store, numbers.position())).collect();
    let index = StoreIndex::build(places.iter().copied());
    for round in 0..60 {
        let from = numbers.position();
        let accept = |store: u32| round % 2 == 0 || store.is_multiple_of(7);
        let mut all: Vec<_> = places
            .iter()
            .filter(|(store, _)| accept(*store))
            .map(|(store, position)| (from.distance_m(*position), *store, *position))
            .collect();
        all.sort_unstable();
        for count in [1, 5, 20] {
            let found = index.nearest(from, count, accept);
            assert_eq!(found.len(), count);
            // By metres and by the float's word of the way: no store that was left out is nearer.
            let farthest = found[count - 1];
            assert_eq!(farthest.distance_m, all[count - 1].0, "from {from}");
            for (left_out_m, store, position) in &all {
                let is_found = found.iter().any(|near| near.store == *store);
                assert!(is_found || *left_out_m >= farthest.distance_m);
                if is_found && *left_out_m < 19_000_000 {
                    assert!((metres(from, *position) - f64::from(*left_out_m)).abs() < 1.0);
                }
            }
            assert!(found.windows(2).all(|two| two[0].distance_m <= two[1].distance_m));
            assert!(found.iter().all(|near| accept(near.store)));
        }
    }
}

#[test]
fn ties_go_by_number_and_the_answer_is_unique() {
    let spot = Position::new(14_599_500, 120_984_200).unwrap();
    let other = Position::new(14_599_600, 120_984_200).unwrap();
    let mut places: Vec<_> = (0..50u32).map(|store| (store, spot)).collect();
    places.extend((50..60).map(|store| (store, other)));
    let index = StoreIndex::build(places);
    let stores = |count| {
        let found = index.nearest(spot, count, |store| store % 2 == 1);
        found.iter().map(|near| near.store).collect::<Vec<_>>()
    };
    assert_eq!(stores(3), [1, 3, 5]);
    assert_eq!(stores(27)[24..], [49, 51, 53]);
    assert_eq!(stores(1_000).len(), 30);
}

#[test]
fn few_stores_and_none() {
    let here = Position::new(0, 0).unwrap();
    assert_eq!(StoreIndex::build([]).nearest(here, 5, |_| true), []);
    let index = StoreIndex::build([(3, here)]);
    assert_eq!(index.nearest(here, 5, |_| true), [Near { store: 3, distance_m: 0 }]);
    assert_eq!(index.nearest(here, 0, |_| true), []);
    assert_eq!(index.nearest(here, 5, |_| false), []);
}

#[test]
fn the_date_line_and_the_poles_are_nothing_special() {
    let position = |text: &str| text.parse::<Position>().unwrap();
    let taveuni = position("-16.8,179.9999");
    let index = StoreIndex::build([
        (1, position("-16.8,-179.9999")),
        (2, position("-16.8,179.99")),
        (3, position("89.9999,0")),
        (4, position("89.999,180")),
    ]);
    let nearest = |from| index.nearest(from, 2, |_| true);
    let near = |store, distance_m| Near { store, distance_m };
    assert_eq!(nearest(taveuni), [near(1, 21), near(2, 1_054)]);
    assert_eq!(nearest(position("90,-77")), [near(3, 11), near(4, 111)]);
    assert_eq!(nearest(position("89.9999,180")), [near(3, 22), near(4, 100)]);
}

#[test]
fn distances_agree_with_the_ellipsoid_within_half_a_percent() {
    // Metres on the WGS 84 ellipsoid, by Vincenty's formulae.
    for (from, to, expected) in [
        ("37.5665,126.9780", "35.1796,129.0756", 324_915), // Seoul, Busan
        ("37.5665,126.9780", "35.6762,139.6503", 1_151_851), // Seoul, Tokyo
        ("22.3193,114.1694", "14.5995,120.9842", 1_116_776), // Hong Kong, Manila
        ("13.7563,100.5018", "-6.2088,106.8456", 2_316_571), // Bangkok, Jakarta
        ("19.0760,72.8777", "28.6139,77.2090", 1_144_526), // Mumbai, Delhi
        ("51.5074,-0.1278", "40.7128,-74.0060", 5_585_234), // London, New York
        ("-36.8485,174.7633", "21.3069,-157.8583", 7_050_148), // Auckland, Honolulu
        ("-18.1416,178.4419", "-13.8333,-171.7667", 1_151_052), // Suva, Apia
        ("-33.9249,18.4241", "-22.9068,-43.1729", 6_069_412), // Cape Town, Rio
        ("-33.8688,151.2093", "-33.4489,-70.6693", 11_368_984), // Sydney, Santiago
        ("1.3521,103.8198", "-6.2088,106.8456", 901_165),  // Singapore, Jakarta
    ] {
        let [from, to]: [Position; 2] = [from.parse().unwrap(), to.parse().unwrap()];
        let distance_m = from.distance_m(to);
        assert_eq!(distance_m, to.distance_m(from));
        assert!(distance_m.abs_diff(expected) * 200 <= expected, "{from} {to}: {distance_m} m");
        assert!((metres(from, to) - f64::from(distance_m)).abs() < 0.6, "{from} {to}");
    }
}

#[test]
fn distances_are_as_good_as_stated() {
    let mut numbers = Numbers(7);
    let mut worst_m: f64 = 0.0;
    for _ in 0..5_000 {
        let (a, b) = (numbers.position(), numbers.position());
        let error_m = (metres(a, b) - f64::from(a.distance_m(b))).abs();
        if a.distance_m(b) < 19_000_000 {
            worst_m = worst_m.max(error_m);
        } else {
            assert!(error_m < 1_000.0, "{a} {b}: {error_m}");
        }
    }
    assert!(worst_m < 1.0, "{worst_m}");
    let here = Position::new(10_000_000, 20_000_000).unwrap();
    let opposite = Position::new(-10_000_000, -160_000_000).unwrap();
    assert!(here.distance_m(opposite).abs_diff(20_015_115) < 1_000);
}
