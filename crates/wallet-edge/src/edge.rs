//! What all edges share: the engine, the vault, the link to the network, and how commands get in.

use crate::biller::BillerConnector;
use crate::{Link, Messenger, random};
use aws_lc_rs::{digest, hmac};
use base::{History, Refusal, Stamp, Timestamp};
use effects::Tokens;
use engine::{Clock, Engine, SubmitError};
use ids::{Partition, PersonId};
use std::sync::Arc;
use vault::{Vault, VaultError};
use wallet::{Command, Object, Reply, Wallet};

/// Why an edge could not do what it was asked for.
#[derive(Debug, thiserror::Error)]
pub enum EdgeError {
    /// The machine's answer: nothing has changed.
    #[error("{}: {}", .0.code, .0.message)]
    Refused(Refusal),
    #[error(transparent)]
    Engine(#[from] SubmitError),
    #[error(transparent)]
    Vault(#[from] VaultError),
    #[error(transparent)]
    History(#[from] state::StateError),
    #[error("a task of the vault ended before its time")]
    Task,
    #[error("this wallet has joined no network")]
    NoNetwork,
}

/// See the module's text.
pub struct Edge {
    pub engine: Engine<Wallet>,
    pub vault: Arc<Vault>,
    pub clock: Arc<dyn Clock>,
    pub partition: Partition,
    pub link: Option<Link>,
    /// Tokens of agreements, made from the wallet's secret.
    pub tokens: Tokens,
    pub messenger: Arc<dyn Messenger>,
    pub billers: Arc<dyn BillerConnector>,
    /// The origin under which people reach the wallet, without a slash at the end.
    pub public_url: String,
    secret: hmac::Key,
}

/// What an edge is made of.
pub struct EdgeParts {
    pub engine: Engine<Wallet>,
    pub vault: Arc<Vault>,
    pub clock: Arc<dyn Clock>,
    pub link: Option<Link>,
    pub messenger: Arc<dyn Messenger>,
    pub billers: Arc<dyn BillerConnector>,
    pub public_url: String,
    /// Never changes while the wallet lives.
    pub secret: Vec<u8>,
}

impl Edge {
    pub fn new(parts: EdgeParts) -> Edge {
        Edge {
            engine: parts.engine,
            vault: parts.vault,
            clock: parts.clock,
            partition: Partition(0),
            link: parts.link,
            tokens: Tokens::new(&parts.secret),
            messenger: parts.messenger,
            billers: parts.billers,
            public_url: parts.public_url,
            secret: hmac::Key::new(hmac::HMAC_SHA256, &parts.secret),
        }
    }

    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Parts of a new id: now, here, and bits that nobody can guess.
    pub(crate) fn draw(&self) -> (u64, Partition, u128) {
        (self.now().millis(), self.partition, random::bits())
    }

    /// Sends a command; a refusal is an error.
    pub async fn submit(&self, command: Command) -> Result<Reply, EdgeError> {
        match self.engine.submit(command).await?.1 {
            Reply::Refused(refusal) => Err(EdgeError::Refused(refusal)),
            reply => Ok(reply),
        }
    }

    /// Sends a command that makes or changes one object.
    pub async fn make(&self, command: Command) -> Result<(Object, bool), EdgeError> {
        match self.submit(command).await? {
            Reply::Made { object, is_repeat } => Ok((object, is_repeat)),
            other => unreachable!("a command for one object is answered by one: {other:?}"),
        }
    }

    /// Asks the durable state.
    pub async fn read<R: Send + 'static>(
        &self,
        look: impl FnOnce(&Wallet, &dyn History, Stamp) -> R + Send + 'static,
    ) -> Result<R, EdgeError> {
        Ok(self.engine.read(look).await?)
    }

    /// Does something with the vault, which blocks, off the tasks' threads.
    pub async fn in_vault<R: Send + 'static>(
        &self,
        act: impl FnOnce(&Vault) -> Result<R, VaultError> + Send + 'static,
    ) -> Result<R, EdgeError> {
        let vault = Arc::clone(&self.vault);
        let done = tokio::task::spawn_blocking(move || act(&vault)).await;
        Ok(done.map_err(|_| EdgeError::Task)??)
    }

    /// The customer behind a person, if it has registered.
    pub async fn customer_of(&self, person: PersonId) -> Result<Option<u32>, EdgeError> {
        self.read(move |_, history, _| wallet::customer_of(history, person)).await
    }

    /// The person behind a customer.
    pub async fn person_of(&self, customer: u32) -> Result<Option<PersonId>, EdgeError> {
        self.read(move |_, history, _| wallet::person_of(history, customer)).await
    }

    /// A keyed digest of a code of low entropy: only this wallet can make it.
    pub fn keyed_digest(&self, parts: &[&[u8]]) -> [u8; 32] {
        let mut context = hmac::Context::with_key(&self.secret);
        for part in parts {
            // Lengths first, so that no two lists of parts give the same bytes.
            context.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            context.update(part);
        }
        context.sign().as_ref().try_into().expect("an HMAC-SHA-256 tag has 32 bytes")
    }
}

/// SHA-256 over parts, each with its length: what a repeat must not change, digests of tokens.
pub(crate) fn digest_of(parts: &[&[u8]]) -> [u8; 32] {
    let mut context = digest::Context::new(&digest::SHA256);
    for part in parts {
        context.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        context.update(part);
    }
    context.finish().as_ref().try_into().expect("SHA-256 has 32 bytes")
}

/// SHA-256 over bytes as they are: what others can make, too, such as the commitment of a packet.
pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    let digest = digest::digest(&digest::SHA256, bytes);
    digest.as_ref().try_into().expect("SHA-256 has 32 bytes")
}
