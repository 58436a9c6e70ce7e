//! Documents by which a person was identified, as bytes that nobody here looks into.

use crate::vault::Kind;
use crate::{Vault, VaultError};
use base::{Text, codec_struct};
use ids::PersonId;

/// Most bytes of one document.
pub const MAX_DOCUMENT_BYTES: usize = 4 << 20;
/// Most documents of one person.
pub const MAX_DOCUMENTS: usize = 16;

/// Names a document of a person; drawn at the edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DocumentId(pub u128);

/// A photograph or scan.
#[derive(Clone, PartialEq, Eq)]
pub struct Document {
    /// Such as `image/jpeg`.
    pub media_type: Text<64>,
    pub content: Vec<u8>,
}
codec_struct!(Document { media_type, content });

impl std::fmt::Debug for Document {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Document({}, {} bytes)", self.media_type, self.content.len())
    }
}

impl Vault {
    /// Keeps a document, or replaces it.
    ///
    /// Errors: [`VaultError::UnknownPerson`], [`VaultError::TooLarge`], [`VaultError::Full`].
    pub fn put_document(
        &self,
        person: PersonId,
        id: DocumentId,
        document: &Document,
    ) -> Result<(), VaultError> {
        if document.content.len() > MAX_DOCUMENT_BYTES {
            return Err(VaultError::TooLarge { max: MAX_DOCUMENT_BYTES });
        }
        let held = self.hold_known(person)?;
        let tail = id.0.to_be_bytes();
        let is_new = !held.has(Kind::Document, &tail)?;
        if is_new && held.tails(Kind::Document)?.len() >= MAX_DOCUMENTS {
            return Err(VaultError::Full { what: "documents", max: MAX_DOCUMENTS });
        }
        held.commit(Kind::Document, &tail, document)
    }

    /// A document of a person. `None`: no such person or document.
    pub fn document(
        &self,
        person: PersonId,
        id: DocumentId,
    ) -> Result<Option<Document>, VaultError> {
        let Some(held) = self.hold(person)? else { return Ok(None) };
        held.get(Kind::Document, &id.0.to_be_bytes())
    }

    /// The documents of a person, by number.
    pub fn documents(&self, person: PersonId) -> Result<Vec<DocumentId>, VaultError> {
        let Some(held) = self.hold(person)? else { return Ok(Vec::new()) };
        let id = |tail: Vec<u8>| tail.try_into().ok().map(|id| DocumentId(u128::from_be_bytes(id)));
        Ok(held.tails(Kind::Document)?.into_iter().filter_map(id).collect())
    }

    /// Removes a document. `false`: there was none.
    pub fn remove_document(&self, person: PersonId, id: DocumentId) -> Result<bool, VaultError> {
        let Some(held) = self.hold(person)? else { return Ok(false) };
        held.commit_removal(Kind::Document, &id.0.to_be_bytes())
    }
}
