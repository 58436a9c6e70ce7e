//! What is derived from the log: snapshots of the machine, the archive of closed objects, and the
//! indexes that find them.
//!
//! Nothing here is the truth. Rows that the machine yields go, in log order, into memory
//! ([`Cold`]) and through a bounded queue to the [`Indexer`], which appends objects to the
//! [`Archive`] and writes names, offsets and lists to an [`IndexStore`] together with the position
//! it has reached. That a name is new is mostly known without the store, from a filter of all names
//! that it holds. Whatever is damaged, missing or behind is deleted and rebuilt from the log
//! ([`Home`]).
//!
//! ```text
//! apply --rows--> Cold (recent rows in memory) --queue--> Indexer --> Archive, IndexStore
//!   ^               |  look-ups: memory first, then store and archive, never from the future
//!   '---------------'
//! ```

mod archive;
mod cold;
mod error;
mod filter;
mod fjall_store;
mod home;
mod index;
mod indexer;
mod mem_store;
mod overlay;
mod snapshot;
mod sync;

pub use archive::{Archive, Version};
pub use cold::{Cold, ColdReader, Keeper, Limits, Past};
pub use error::StateError;
pub use fjall_store::FjallStore;
pub use home::{Expect, Home, clear_home};
pub use index::{Batch, IndexStore, ListQuery, Mark, Order, Space};
pub use indexer::{Indexer, IndexerThread};
pub use mem_store::MemStore;
pub use snapshot::{Loaded, Refused, SnapshotDir};
