//! A copy of the directory for the edges: participants with their keys parsed, and merchants as
//! they were last read.

use crate::client::CallKeys;
use crate::partitions::Partitions;
use base::Timestamp;
use directory::{Merchant, MerchantKey, Participant};
use engine::SubmitError;
use ids::{ParticipantId, Partition, PartnerText};
use network::Event;
use std::collections::HashMap;
use std::sync::{Arc, RwLock, Weak};
use std::time::Duration;
use wire::VerifyingKey;

/// Merchants kept between two changes of the directory.
const MAX_MERCHANTS: usize = 100_000;

/// Wait before asking an overloaded engine again.
const REFRESH_AGAIN: Duration = Duration::from_millis(20);

/// A key with its term.
#[derive(Clone, Debug)]
struct TermKey {
    version: u32,
    from: Timestamp,
    until: Option<Timestamp>,
    key: Arc<VerifyingKey>,
}

/// One participant and its parsed keys.
#[derive(Debug)]
pub struct Partner {
    pub participant: Arc<Participant>,
    keys: Vec<TermKey>,
}

impl Partner {
    fn new(participant: Arc<Participant>) -> Partner {
        let keys = participant.keys.iter().filter_map(|enrolled| {
            let key = match VerifyingKey::parse(&enrolled.spki) {
                Ok(key) => Arc::new(key),
                Err(error) => {
                    let (partner, version) = (participant.code.as_str(), enrolled.version);
                    tracing::warn!(partner, version, %error, "an enrolled key cannot be used");
                    return None;
                }
            };
            let (version, from, until) = (enrolled.version, enrolled.from, enrolled.until);
            Some(TermKey { version, from, until, key })
        });
        Partner { keys: keys.collect(), participant }
    }
}

impl CallKeys for Partner {
    fn key(&self, version: u32, now: Timestamp) -> Option<Arc<VerifyingKey>> {
        let valid = |key: &&TermKey| {
            key.version == version && key.from <= now && key.until.is_none_or(|until| now < until)
        };
        self.keys.iter().find(valid).map(|key| Arc::clone(&key.key))
    }
}

/// All participants at one moment.
#[derive(Debug, Default)]
pub struct Participants {
    by_id: HashMap<ParticipantId, Arc<Partner>>,
    by_client: HashMap<Box<str>, Arc<Partner>>,
}

impl Participants {
    fn gather(list: Vec<Arc<Participant>>, before: &Participants) -> Participants {
        let mut after = Participants::default();
        for participant in list {
            // A participant that did not change keeps its parsed keys.
            let same = before.by_id.get(&participant.id);
            let same = same.filter(|partner| Arc::ptr_eq(&partner.participant, &participant));
            let partner = same.map_or_else(|| Arc::new(Partner::new(participant)), Arc::clone);
            let client_id = partner.participant.client_id.as_str().into();
            after.by_client.insert(client_id, Arc::clone(&partner));
            after.by_id.insert(partner.participant.id, partner);
        }
        after
    }

    pub fn by_id(&self, id: ParticipantId) -> Option<&Arc<Partner>> {
        self.by_id.get(&id)
    }

    /// By the `Client-Id` header.
    pub fn by_client(&self, client_id: &str) -> Option<&Arc<Partner>> {
        self.by_client.get(client_id)
    }

    pub fn iter(&self) -> impl Iterator<Item = &Arc<Partner>> {
        self.by_id.values()
    }
}

/// The newest copy; shared by the workers and the edges.
pub struct DirectoryView {
    partitions: Partitions,
    current: RwLock<Arc<Participants>>,
    merchants: RwLock<HashMap<(ParticipantId, PartnerText), Arc<Merchant>>>,
}

impl DirectoryView {
    /// Reads the directory, and again whenever the machine says that it changed. The copy follows
    /// the reply to a change by a moment; who has to see its own change at once calls
    /// [`refresh`](DirectoryView::refresh).
    pub async fn open(partitions: Partitions) -> Result<Arc<DirectoryView>, SubmitError> {
        let view =
            DirectoryView { partitions, current: RwLock::default(), merchants: RwLock::default() };
        let events = view.partitions.engine(Partition(0)).and_then(engine::Engine::subscribe);
        let events = events.ok_or(SubmitError::Stopped)?;
        view.refresh().await?;
        let view = Arc::new(view);
        tokio::spawn(watch(Arc::downgrade(&view), events));
        Ok(view)
    }

    /// Reads the directory again. Every partition holds the same one; the first is asked.
    pub async fn refresh(&self) -> Result<(), SubmitError> {
        let ask = |machine: &network::Network| -> Vec<Arc<Participant>> {
            machine.directory().participants().map(Arc::clone).collect()
        };
        let list = self.partitions.read(Partition(0), move |machine, _, _| ask(machine)).await?;
        let before = self.now();
        let after = Arc::new(Participants::gather(list, &before));
        *self.current.write().expect("no writer of the copy panics") = after;
        self.merchants.write().expect("no writer of the copy panics").clear();
        Ok(())
    }

    /// The participants as last read.
    pub fn now(&self) -> Arc<Participants> {
        Arc::clone(&self.current.read().expect("no writer of the copy panics"))
    }

    pub fn partner(&self, id: ParticipantId) -> Option<Arc<Partner>> {
        self.now().by_id(id).cloned()
    }

    /// A merchant as registered; asked of the machine once after each change.
    pub async fn merchant(&self, key: MerchantKey) -> Result<Option<Arc<Merchant>>, SubmitError> {
        let name = (key.acquirer, key.reference.clone());
        let known =
            self.merchants.read().expect("no writer of the copy panics").get(&name).cloned();
        if known.is_some() {
            return Ok(known);
        }
        let ask = move |machine: &network::Network| machine.directory().merchant(&key).cloned();
        let found = self.partitions.read(Partition(0), move |machine, _, _| ask(machine)).await?;
        if let Some(merchant) = &found {
            let mut merchants = self.merchants.write().expect("no writer of the copy panics");
            if merchants.len() >= MAX_MERCHANTS {
                merchants.clear();
            }
            merchants.insert(name, Arc::clone(merchant));
        }
        Ok(found)
    }
}

/// Refreshes the view until it or the engine is gone.
async fn watch(view: Weak<DirectoryView>, mut events: engine::Events<network::Network>) {
    while let Some(seen) = events.next().await {
        let is_changed = match seen {
            Ok(seen) => seen.iter().any(|(_, event)| matches!(event, Event::DirectoryChanged)),
            // Some were missed: perhaps that one.
            Err(_) => true,
        };
        let Some(view) = view.upgrade() else { return };
        if is_changed {
            while view.refresh().await == Err(SubmitError::Overloaded) {
                tokio::time::sleep(REFRESH_AGAIN).await;
            }
        }
    }
}
