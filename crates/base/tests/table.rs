//! Tables with equal content have equal bytes, whatever became of them before.

use dhow_base::{Key, Table, decode_all, encode};

type Numbers = Table<u64, u64>;

/// One drawn insertion or removal.
fn change(table: &mut Numbers, word: u64) {
    let key = word % 500;
    match (word >> 40) % 2 {
        0 => table.insert(key, word),
        _ => table.remove(&key),
    };
}

#[test]
fn equal_content_has_equal_bytes() {
    let (mut table, mut word) = (Numbers::new(), 7);
    for _ in 0..2_000 {
        word = <u64 as Key>::mix(word);
        change(&mut table, word);
    }
    let mut copy: Numbers = decode_all(&encode(&table)).unwrap();
    for _ in 0..2_000 {
        word = <u64 as Key>::mix(word);
        change(&mut table, word);
        change(&mut copy, word);
    }
    assert_eq!(encode(&table), encode(&copy));
    // Other slots, the same content.
    let mut other = Numbers::new();
    let mut all: Vec<_> = table.entries().map(|(key, value)| (*key, *value)).collect();
    all.sort_unstable_by_key(|(key, _)| std::cmp::Reverse(*key));
    for (key, value) in all {
        other.insert(key, value);
    }
    assert_eq!(encode(&table), encode(&other));
}
