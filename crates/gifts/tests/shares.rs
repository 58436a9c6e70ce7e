//! Shares of red packets: known draws, exact sums, and no place that is better than another.

use dhow_gifts::{MAX_SHARES, PacketKind, Seed, Split, SplitRefusal, committed_text, shares_of};
use money::{Currency, Money};
use proptest::prelude::{Strategy, any, prop_assert, prop_assert_eq};
use proptest::{prop_assume, proptest};

fn split(kind: PacketKind, total_minor: u64, count: u32, least_minor: u64) -> Split {
    let currency = Currency::from_code("HKD").unwrap();
    Split { kind, total: Money::new(total_minor, currency).unwrap(), count, least_minor }
}

/// 0, 1, 2, to 31.
fn rising() -> Seed {
    Seed(std::array::from_fn(|at| u8::try_from(at).unwrap()))
}

/// Worked out by a second program that follows the text of `shares` with another ChaCha20.
#[test]
fn known_draws() {
    let draw = |seed, total, count, least| {
        shares_of(&seed, &split(PacketKind::Lucky, total, count, least)).unwrap()
    };
    assert_eq!(
        draw(rising(), 10_000, 10, 1),
        [1_915, 1_045, 909, 494, 583, 1_064, 1_218, 960, 1_043, 769]
    );
    assert_eq!(
        draw(rising(), Money::MAX_MINOR, 7, 100),
        [
            248_140_664_216_661,
            79_792_987_479_691,
            216_523_199_224_505,
            87_594_454_877_038,
            120_242_784_172_689,
            198_804_262_960_152,
            48_901_647_069_264
        ]
    );
    assert_eq!(
        draw(Seed([255; 32]), 30, 20, 1),
        [2, 1, 2, 1, 2, 1, 1, 2, 1, 2, 2, 1, 1, 1, 2, 2, 2, 1, 1, 2]
    );
}

/// The SHA-256 digest of this text is
/// `5c702cdb109b6508d1d9b40104bb93424a1240b7e1273749afb1ce53b232ead5`.
#[test]
fn the_text_that_is_committed_to() {
    let packet = 0x0102_0304_0506_0708_090a_0b0c_0d0e_0f10;
    let text = committed_text(&rising(), packet, &split(PacketKind::Lucky, 10_000, 10, 1));
    let mut expected = b"dhow red packet 1".to_vec();
    expected.extend(0..32);
    expected.extend(1..=16);
    expected.extend(b"\x01HKD");
    expected.extend([0, 0, 0, 0, 0, 0, 0x27, 0x10]);
    expected.extend([0, 0, 0, 10]);
    expected.extend([0, 0, 0, 0, 0, 0, 0, 1]);
    assert_eq!(text, expected);
    assert_eq!(text.len(), 89);
}

#[test]
fn what_cannot_be_divided() {
    let refused = |kind, total, count, least| {
        shares_of(&rising(), &split(kind, total, count, least)).unwrap_err()
    };
    assert_eq!(refused(PacketKind::Lucky, 10, 0, 1), SplitRefusal::Count);
    assert_eq!(refused(PacketKind::Lucky, 10_000, MAX_SHARES + 1, 1), SplitRefusal::Count);
    assert_eq!(refused(PacketKind::ToOne, 10, 2, 1), SplitRefusal::Count);
    assert_eq!(refused(PacketKind::Lucky, 10, 2, 0), SplitRefusal::Least);
    let little = SplitRefusal::TooLittle { least_minor: 12 };
    assert_eq!(refused(PacketKind::Lucky, 11, 4, 3), little);
    assert_eq!(refused(PacketKind::Equal, 11, 4, 3), little);
    let endless = SplitRefusal::TooLittle { least_minor: u64::MAX };
    assert_eq!(refused(PacketKind::Lucky, 11, 4, u64::MAX), endless);
    assert_eq!(refused(PacketKind::Equal, 11, 4, 2), SplitRefusal::Uneven);
    let given = |kind, total, count| shares_of(&rising(), &split(kind, total, count, 1)).unwrap();
    assert_eq!(given(PacketKind::Equal, 12, 4), [3, 3, 3, 3]);
    assert_eq!(given(PacketKind::ToOne, 12, 1), [12]);
    assert_eq!(given(PacketKind::Lucky, 4, 4), [1, 1, 1, 1]);
    assert_eq!(given(PacketKind::Lucky, 12, 1), [12]);
}

#[test]
fn a_seed_is_not_printed() {
    assert_eq!(format!("{:?}", rising()), "Seed(..)");
}

fn anything() -> impl Strategy<Value = Split> {
    let kinds = proptest::sample::select(vec![PacketKind::Equal, PacketKind::Lucky]);
    let counts = proptest::prop_oneof![1..=20u32, 1..=MAX_SHARES];
    let totals = proptest::prop_oneof![0..=2_000u64, 0..=Money::MAX_MINOR];
    (kinds, totals, counts, 1..=50u64)
        .prop_map(|(kind, total, count, least)| split(kind, total, count, least))
}

proptest! {
    #![proptest_config(proptest::test_runner::Config::with_cases(256))]

    #[test]
    fn sums_are_exact_and_nobody_has_less_than_the_least(
        seed in any::<[u8; 32]>(),
        split in anything(),
    ) {
        let found = shares_of(&Seed(seed), &split);
        prop_assume!(found.is_ok());
        let shares = found.unwrap();
        prop_assert_eq!(shares.len(), usize::try_from(split.count).unwrap());
        prop_assert_eq!(shares.iter().sum::<u64>(), split.total.minor());
        prop_assert!(shares.iter().all(|share| *share >= split.least_minor));
    }
}

/// 10,000 units among 10 people, drawn 20,000 times: mean, spread and the chance of the best share
/// are the same at every place. Bounds are five standard errors or more; without the shuffle the
/// spread at the first place is 0.57 of that at the last.
#[test]
fn no_place_is_better_than_another() {
    const DRAWS: u32 = 20_000;
    let split = split(PacketKind::Lucky, 10_000, 10, 1);
    let (mut sums, mut squares, mut best) = ([0u64; 10], [0u64; 10], [0u32; 10]);
    for draw in 0..DRAWS {
        let mut seed = [0; 32];
        seed[..4].copy_from_slice(&draw.to_le_bytes());
        let shares = shares_of(&Seed(seed), &split).unwrap();
        let largest = *shares.iter().max().unwrap();
        // The earliest of equals, as the packet has it.
        best[shares.iter().position(|share| *share == largest).unwrap()] += 1;
        for (place, share) in shares.iter().enumerate() {
            sums[place] += share;
            squares[place] += share.abs_diff(1_000).pow(2);
        }
    }
    let mean = 1_000 * u64::from(DRAWS);
    let spread = squares.iter().sum::<u64>() / 10;
    for place in 0..10 {
        assert!(sums[place].abs_diff(mean) < mean / 40, "mean {place}: {sums:?}");
        assert!(squares[place].abs_diff(spread) < spread / 10, "spread {place}: {squares:?}");
        assert!(best[place].abs_diff(DRAWS / 10) < 220, "best {place}: {best:?}");
    }
}
