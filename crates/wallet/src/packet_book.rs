//! What the machine counts about red packets, and what may be asked about them.

use crate::machine::{name_kind, name_of};
use crate::{Object, Wallet};
use account::LocalDay;
use base::{History, Table, codec_struct, decode_all};
use gifts::{Checked, DayRefusal, PacketRules, Seed, SenderDay, committed_text};
use ids::PacketId;
use money::Money;

/// What each sender sent on the last day on which anybody sent.
#[derive(Clone, Debug)]
pub(crate) struct PacketBook {
    day: LocalDay,
    senders: Table<u32, SenderDay>,
}
codec_struct!(PacketBook { day, senders });

impl PacketBook {
    pub fn new() -> PacketBook {
        PacketBook { day: LocalDay::default(), senders: Table::new() }
    }

    /// The sender's count with one packet more; nothing is changed yet.
    pub fn plus(
        &self,
        sender: u32,
        today: LocalDay,
        total: Money,
        rules: &Checked<PacketRules>,
    ) -> Result<SenderDay, DayRefusal> {
        // A day in the past comes from a time zone that was changed: it opens no limit again.
        let before = match self.senders.get(&sender) {
            Some(count) if today <= self.day => *count,
            _ => SenderDay::default(),
        };
        before.plus(today.max(self.day).0, total, rules)
    }

    pub fn put(&mut self, sender: u32, today: LocalDay, count: SenderDay) {
        if today > self.day {
            *self = PacketBook { day: today, senders: Table::new() };
        }
        self.senders.insert(sender, count);
    }
}

/// What shows that no share of a packet was changed after it was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PacketProof {
    pub seed: Seed,
    /// What was shown from the beginning: the SHA-256 digest of the text.
    pub commitment: [u8; 32],
    /// [`gifts::committed_text`] of the packet.
    pub text: Vec<u8>,
}

/// The red packet or gift that a link opens, by the SHA-256 digest of the link's secret.
pub fn object_of_link(history: &dyn History, link: &[u8; 32]) -> Option<u128> {
    let bytes = history.name(&name_of(name_kind::LINK, &[link]))?;
    Some(decode_all(&bytes).expect("history returns the id that was put there"))
}

impl Wallet {
    /// The proof of a packet that is over; `None` while a share can be claimed, and for what is no
    /// packet.
    pub fn packet_proof(&self, history: &dyn History, id: PacketId) -> Option<PacketProof> {
        let Some(Object::Packet(packet)) = self.load(history, id.as_u128()) else { return None };
        let seed = *packet.body.revealed()?;
        let text = committed_text(&seed, packet.body.id(), packet.body.split());
        Some(PacketProof { seed, commitment: *packet.body.commitment(), text })
    }
}
