//! Two machines are the same when everything in them is, in whatever order their tables hold it.
//!
//! A table keeps its entries in the order of its slots, which a snapshot does not keep. So a
//! machine that went through a snapshot may hold the same entries elsewhere.

use base::{Codec, Machine, encode};
use network::Network;

/// The machine as bytes that do not depend on the order of its tables.
pub(crate) fn likeness(machine: &Network) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(16_384);
    sorted(machine.open_payments().map(|payment| encode(&**payment)), &mut bytes);
    let accounts = machine.ledger().accounts();
    sorted(accounts.map(|(key, account)| [encode(key), encode(account)].concat()), &mut bytes);
    let sets = machine.ledger().pending_sets();
    sorted(
        sets.map(|(id, transfers)| [encode(&id), encode(&transfers.to_vec())].concat()),
        &mut bytes,
    );
    sorted(machine.directory().merchants().map(|merchant| encode(&**merchant)), &mut bytes);
    for participant in machine.directory().participants() {
        participant.encode(&mut bytes);
    }
    machine.rates().encode(&mut bytes);
    machine.fx_policy().encode(&mut bytes);
    machine.next_timer().encode(&mut bytes);
    for effect in machine.outbox() {
        effect.id.encode(&mut bytes);
    }
    // What cannot be asked for, such as live codes: the same bytes in any order.
    let whole = encode(machine);
    let mut counts = vec![0_u64; 256];
    whole.iter().for_each(|byte| counts[usize::from(*byte)] += 1);
    counts.encode(&mut bytes);
    bytes
}

fn sorted(parts: impl Iterator<Item = Vec<u8>>, bytes: &mut Vec<u8>) {
    let mut parts: Vec<Vec<u8>> = parts.collect();
    parts.sort_unstable();
    parts.encode(bytes);
}
