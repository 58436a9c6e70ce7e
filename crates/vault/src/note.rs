//! Short texts of a person: the message of a transfer, the card of a gift. The log has their id.

use crate::vault::Kind;
use crate::{Vault, VaultError};
use base::Text;
use ids::{NoteId, PersonId};

/// A note. Longer ones are refused.
pub type NoteText = Text<500>;

impl Vault {
    /// Keeps a note, or replaces it. It goes when its person is erased.
    ///
    /// Errors: [`VaultError::UnknownPerson`].
    pub fn put_note(
        &self,
        person: PersonId,
        note: NoteId,
        text: &NoteText,
    ) -> Result<(), VaultError> {
        let held = self.hold_known(person)?;
        held.commit(Kind::Note, &note.as_u128().to_be_bytes(), text)
    }

    /// A note of a person. `None`: no such person or note.
    pub fn note(&self, person: PersonId, note: NoteId) -> Result<Option<NoteText>, VaultError> {
        let Some(held) = self.hold(person)? else { return Ok(None) };
        held.get(Kind::Note, &note.as_u128().to_be_bytes())
    }

    /// Removes a note. `false`: there was none.
    pub fn remove_note(&self, person: PersonId, note: NoteId) -> Result<bool, VaultError> {
        let Some(held) = self.hold(person)? else { return Ok(false) };
        held.commit_removal(Kind::Note, &note.as_u128().to_be_bytes())
    }
}
