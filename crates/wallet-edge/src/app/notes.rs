//! Texts that go with what the machine does: they are kept in the vaults of those whom they concern
//! before the command, and taken away again when it is refused.

use super::failure::Failure;
use super::once::note_id;
use super::view::read_optional;
use crate::Edge;
use crate::edge::EdgeError;
use ids::{NoteId, PersonId};
use vault::NoteText;
use wallet::Once;

/// A text on its way into some vaults.
#[derive(Clone)]
pub(super) struct Kept {
    pub id: Option<NoteId>,
    persons: Vec<PersonId>,
}

/// Keeps a text, if there is one, for the customer who sends it and for others.
pub(super) async fn keep(
    edge: &Edge,
    (from, once): (u32, &Once),
    others: &[u32],
    text: Option<&str>,
) -> Result<Kept, Failure> {
    let text: Option<NoteText> = read_optional(text, "note")?;
    let Some(text) = text else { return Ok(Kept { id: None, persons: Vec::new() }) };
    let id = note_id(from, once);
    let customers: Vec<u32> = std::iter::once(from).chain(others.iter().copied()).collect();
    let persons: Vec<PersonId> = edge
        .read(move |_, history, _| {
            customers.into_iter().filter_map(|it| wallet::person_of(history, it)).collect()
        })
        .await?;
    let all = persons.clone();
    edge.in_vault(move |vault| {
        for person in all {
            // Somebody who was erased meanwhile gets none.
            if vault.exists(person)? {
                vault.put_note(person, id, &text)?;
            }
        }
        Ok(())
    })
    .await?;
    Ok(Kept { id: Some(id), persons })
}

/// Gives the text that a customer has to somebody who came to know what it goes with.
pub(super) async fn hand_on(
    edge: &Edge,
    id: Option<NoteId>,
    from: u32,
    to: PersonId,
) -> Result<(), EdgeError> {
    let Some(id) = id else { return Ok(()) };
    let Some(from) = edge.person_of(from).await? else { return Ok(()) };
    edge.in_vault(move |vault| {
        if vault.note(to, id)?.is_none()
            && let Some(text) = vault.note(from, id)?
            && vault.exists(to)?
        {
            vault.put_note(to, id, &text)?;
        }
        Ok(())
    })
    .await
}

impl Kept {
    /// Takes the text away when the machine refused what it goes with.
    pub async fn unless_refused<T>(
        self,
        edge: &Edge,
        outcome: Result<T, EdgeError>,
    ) -> Result<T, EdgeError> {
        if let Err(EdgeError::Refused(_)) = &outcome {
            self.forget(edge).await?;
        }
        outcome
    }

    /// Takes the text away: nothing came to refer to it.
    pub async fn forget(self, edge: &Edge) -> Result<(), EdgeError> {
        let Some(id) = self.id else { return Ok(()) };
        let persons = self.persons;
        edge.in_vault(move |vault| {
            for person in persons {
                vault.remove_note(person, id)?;
            }
            Ok(())
        })
        .await
    }
}
