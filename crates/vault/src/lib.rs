//! Where personal data lives, and the secrets by which a customer is known. The log sees none of
//! it: records carry a `PersonId` and nothing else.
//!
//! Each person has a random key of its own, and every record of that person is sealed with it
//! (AES-256-GCM, bound to person, kind and reference). The keys themselves, wrapped by the master
//! key, lie in a file of fixed slots apart from the store. [`Vault::erase`] overwrites the slot in
//! place: whatever is left of sealed records in old files of the store, nobody can read it again.
//!
//! ```text
//! master key --+-- wraps --> keys (slots)      one 128-byte slot for each person
//!              +-- HMAC  --> digests of phone numbers, e-mail addresses and one-time codes
//!              '-- seals --> which person a digest leads to; open one-time codes
//! person's key --- seals --> profile, documents, aliases, PIN hash, devices, sessions, notes
//! ```
//!
//! The directory holds `keys` (the slots), `store` and `commits`, which tells when the store has
//! lost something; they are copied together, while the vault is closed.
//!
//! What is acknowledged is synced; the one exception is when a session was last seen. All calls
//! block and may be made from any thread. Time is an argument. What it does not do: count wrong
//! PINs (the machine does), send messages, know money.
//!
//! Limits of erasing: overwriting in place does nothing for backups of the key file, for file
//! systems that copy on write, or inside a flash disk. A backup is as good as its master key, so
//! keep the master key elsewhere. Until the store rewrites its files, whoever has them and the
//! master key can still test whether a known phone number once led to a person's id.

mod alias;
mod code;
mod commits;
mod document;
mod error;
mod key_file;
mod mask;
mod note;
mod phone;
mod pin;
mod profile;
mod seal;
mod session;
mod settings;
mod store;
mod sync;
mod vault;
#[cfg(test)]
mod vault_tests;

pub use alias::{Alias, Claim, MAX_ALIASES};
pub use code::{CodePurpose, CodeState, Issued, LastCode, OneTimeCode};
pub use document::{Document, DocumentId, MAX_DOCUMENT_BYTES, MAX_DOCUMENTS};
pub use error::VaultError;
pub use mask::{mask_name, mask_phone};
pub use note::NoteText;
pub use phone::{ContactError, Email, Phone};
pub use pin::{PinRefusal, pin_refusal};
pub use profile::{BirthDate, DateError, Profile};
pub use session::{Device, DeviceId, MAX_DEVICES, Session, SessionToken};
pub use settings::{CodeRules, PinCost, SessionRules, Settings};
pub use vault::Vault;
