//! What the runtime and a machine agree on: commands in, outcomes out, and a look into history.

use crate::{Codec, Timestamp, codec_struct};
use std::collections::BTreeMap;

/// Where and when a command stands in the log: all that a machine knows of the world.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Stamp {
    /// Number of the record in its partition's log; the first is 1.
    pub position: u64,
    /// Time of the record: never earlier than the record before it.
    pub time: Timestamp,
}
codec_struct!(Stamp { position, time });

/// A row that the machine wants to find again later. Rows go to history in log order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Row {
    /// `name` means `value` from now on. A name is given once and never changes.
    Name { name: Vec<u8>, value: Vec<u8> },
    /// The newest version of a closed object; earlier versions stay readable for earlier positions.
    Object { id: u128, bytes: Vec<u8> },
    /// `id` belongs to `list`, sorted by id (which sorts by time).
    Listed { list: Vec<u8>, id: u128 },
}

/// What is closed, and the names given so far, as of the record being applied.
pub trait History {
    /// The newest archived bytes of object `id`.
    fn object(&self, id: u128) -> Option<Vec<u8>>;
    /// What `name` means.
    fn name(&self, name: &[u8]) -> Option<Vec<u8>>;
}

/// What applying one command yields.
#[derive(Debug)]
pub struct Outcome<M: Machine> {
    /// The answer to whoever sent the command.
    pub reply: M::Reply,
    /// Facts for those who wait and watch.
    pub events: Vec<M::Event>,
    /// Wishes towards the world; each stays in the machine's outbox until its outcome comes back as
    /// a command.
    pub effects: Vec<M::Effect>,
    pub rows: Vec<Row>,
}

/// A deterministic program: same commands with the same stamps, same state and same outcomes.
pub trait Machine: Codec + Clone + Send + 'static {
    type Command: Codec + Clone + Send + 'static;
    type Reply: Send + 'static;
    type Event: Clone + Send + 'static;
    type Effect: Clone + Send + 'static;

    /// Applies one command. Never fails: a refusal is a reply.
    fn apply(
        &mut self,
        stamp: Stamp,
        command: Self::Command,
        history: &dyn History,
    ) -> Outcome<Self>;

    /// When the machine next wants a [`tick`](Machine::tick), if ever.
    fn next_timer(&self) -> Option<Timestamp>;

    /// The command that fires timers that are due.
    fn tick() -> Self::Command;

    /// All effects whose outcome has not come back: sent again after a restart.
    fn outbox(&self) -> Vec<Self::Effect>;
}

/// History on plain maps, for tests and the simulator.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MapHistory {
    pub objects: BTreeMap<u128, Vec<u8>>,
    pub names: BTreeMap<Vec<u8>, Vec<u8>>,
    pub lists: BTreeMap<Vec<u8>, Vec<u128>>,
}

impl MapHistory {
    pub fn keep(&mut self, rows: Vec<Row>) {
        for row in rows {
            match row {
                Row::Name { name, value } => {
                    let before = self.names.insert(name, value);
                    assert!(before.is_none(), "a name is given once");
                }
                Row::Object { id, bytes } => {
                    self.objects.insert(id, bytes);
                }
                Row::Listed { list, id } => self.lists.entry(list).or_default().push(id),
            }
        }
    }
}

impl History for MapHistory {
    fn object(&self, id: u128) -> Option<Vec<u8>> {
        self.objects.get(&id).cloned()
    }
    fn name(&self, name: &[u8]) -> Option<Vec<u8>> {
        self.names.get(name).cloned()
    }
}
