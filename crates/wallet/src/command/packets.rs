//! Red packets.

use crate::Once;
use base::{codec_enum, codec_struct};
use gifts::{Audience, Seed, Split};
use ids::{NoteId, PacketId};

/// A customer puts money into a red packet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MakePacket {
    pub id: PacketId,
    pub sender: u32,
    /// A link's secret was drawn by the edge, never used before, and hashed.
    pub audience: Audience,
    pub split: Split,
    /// Drawn by the edge; it stays in the machine until the packet is over.
    pub seed: Seed,
    /// SHA-256 of [`gifts::committed_text`], made by the edge and shown from now on.
    pub commitment: [u8; 32],
    pub note: Option<NoteId>,
    pub once: Once,
}
codec_struct!(MakePacket { id, sender, audience, split, seed, commitment, note, once });

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PacketCommand {
    Make(Box<MakePacket>),
    /// A customer takes a share, at most one of each packet: asked again, the answer is the same.
    Claim {
        customer: u32,
        id: PacketId,
        /// SHA-256 of the link's secret, when the customer came with one.
        link: Option<[u8; 32]>,
    },
    /// The sender takes back what nobody has claimed.
    Cancel {
        customer: u32,
        id: PacketId,
    },
}
codec_enum!(PacketCommand {
    0 = Make(it),
    1 = Claim { customer, id, link },
    2 = Cancel { customer, id },
});
