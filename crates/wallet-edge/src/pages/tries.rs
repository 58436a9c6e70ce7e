//! How many wrong PINs one address may send within a minute: whoever tries one PIN on many people
//! is slowed down, while each person's own tries are the machine's. In memory: a restart forgets
//! it.

use base::{Span, Timestamp};
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

const WITHIN: Span = Span::minutes(1);
/// Behind a terminator all people have one address, so that only wrong PINs count.
const MOST: u32 = 30;
/// Addresses that are counted at once.
const KEPT: usize = 100_000;

/// See the module's text.
#[derive(Default)]
pub(super) struct Tries {
    counts: Mutex<BTreeMap<IpAddr, (Timestamp, u32)>>,
}

/// Who has one address of IPv6 has 64 bits of them.
fn owner(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => address.into(),
        IpAddr::V6(address) => IpAddr::V6((address.to_bits() & (u128::MAX << 64)).into()),
    }
}

impl Tries {
    /// Counts a try before it is made, so that tries at once all count. `false`: not now.
    pub fn take(&self, from: IpAddr, now: Timestamp) -> bool {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if counts.len() >= KEPT {
            counts.retain(|_, (since, _)| now < since.after(WITHIN));
        }
        let from = owner(from);
        if counts.len() >= KEPT && !counts.contains_key(&from) {
            return false;
        }
        let entry = counts.entry(from).or_insert((now, 0));
        if now >= entry.0.after(WITHIN) {
            *entry = (now, 0);
        }
        if entry.1 >= MOST {
            return false;
        }
        entry.1 += 1;
        true
    }

    /// The PIN was right: that try counts for nothing.
    pub fn give_back(&self, from: IpAddr) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, count)) = counts.get_mut(&owner(from)) {
            *count = count.saturating_sub(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrong_ones_count_by_address_and_minute() {
        let (tries, now) = (Tries::default(), Timestamp::from_secs(10_000));
        let address = |text: &str| text.parse::<IpAddr>().unwrap();
        let (one, two) = (address("2001:db8::1"), address("2001:db8::ffff"));
        for _ in 0..MOST {
            assert!(tries.take(one, now));
            assert!(tries.take(address("192.0.2.1"), now));
            tries.give_back(address("192.0.2.1"));
        }
        assert!(!tries.take(two, now), "they are one network's");
        assert!(tries.take(address("2001:db8:0:1::1"), now));
        assert!(tries.take(address("::ffff:192.0.2.1"), now), "right ones do not count");
        assert!(tries.take(two, now.after(WITHIN)));
    }
}
