//! The door to the machine's partitions: which engine a command or a question goes to.

use base::{History, Stamp, Timestamp};
use engine::{Engine, SubmitError};
use ids::Partition;
use network::{Command, Network, Reply};
use std::sync::Arc;

/// The engines of all partitions, in order; cheap to clone.
#[derive(Clone)]
pub struct Partitions {
    engines: Arc<[Engine<Network>]>,
}

impl Partitions {
    /// Takes one engine for each partition, from partition 0 on; at least one, at most 255.
    pub fn new(engines: Vec<Engine<Network>>) -> Partitions {
        assert!((1..=255).contains(&engines.len()), "a network has between one and 255 partitions");
        Partitions { engines: engines.into() }
    }

    pub fn count(&self) -> u8 {
        u8::try_from(self.engines.len()).expect("checked when the partitions were gathered")
    }

    /// All partitions, in order.
    pub fn all(&self) -> impl Iterator<Item = Partition> + use<> {
        (0..self.count()).map(Partition)
    }

    /// The engine of a partition; `None` for a number that an id made elsewhere carries.
    pub fn engine(&self, partition: Partition) -> Option<&Engine<Network>> {
        self.engines.get(usize::from(partition.0))
    }

    /// Carries a command out. A partition that does not exist answers like a stopped one.
    pub async fn submit(
        &self,
        partition: Partition,
        command: Command,
    ) -> Result<(Stamp, Reply), SubmitError> {
        match self.engine(partition) {
            Some(engine) => engine.submit(command).await,
            None => Err(SubmitError::Stopped),
        }
    }

    /// Carries a command out in every partition, in order; the first refusal ends it. The reply is
    /// the last partition's, or the refusal.
    ///
    /// All partitions hold the same directory and rates, so that they refuse in the first or not at
    /// all. Errors: as of [`submit`](Partitions::submit); then some partitions may have it already,
    /// and the same command once more brings all to the same state.
    pub async fn submit_to_all(&self, command: Command) -> Result<Reply, SubmitError> {
        let mut last = Reply::Done;
        for partition in self.all() {
            last = self.submit(partition, command.clone()).await?.1;
            if matches!(last, Reply::Refused(_)) {
                break;
            }
        }
        Ok(last)
    }

    /// The time of a partition.
    pub async fn now(&self, partition: Partition) -> Result<Timestamp, SubmitError> {
        match self.engine(partition) {
            Some(engine) => engine.now().await,
            None => Err(SubmitError::Stopped),
        }
    }

    /// The first answer that some partition has to a question, asked in order.
    pub async fn find<R: Send + 'static>(
        &self,
        ask: impl Fn(&Network, &dyn History) -> Option<R> + Clone + Send + 'static,
    ) -> Result<Option<(Partition, R)>, SubmitError> {
        for partition in self.all() {
            let ask = ask.clone();
            let look =
                move |machine: &Network, history: &dyn History, _: Stamp| ask(machine, history);
            if let Some(found) = self.read(partition, look).await? {
                return Ok(Some((partition, found)));
            }
        }
        Ok(None)
    }

    /// Asks a question of a partition's state.
    pub async fn read<R: Send + 'static>(
        &self,
        partition: Partition,
        ask: impl FnOnce(&Network, &dyn History, Stamp) -> R + Send + 'static,
    ) -> Result<R, SubmitError> {
        match self.engine(partition) {
            Some(engine) => engine.read(ask).await,
            None => Err(SubmitError::Stopped),
        }
    }
}
