//! Phone numbers and e-mail addresses by which a person is found.
//!
//! The store holds only digests made with a key, so that who has the files cannot try out numbers;
//! the person that a digest leads to is sealed.

use crate::seal::{Digest, keyed_digest};
use crate::store::{Batch, Space};
use crate::vault::{Held, Kind};
use crate::{Email, Phone, Vault, VaultError};
use base::codec_enum;
use ids::PersonId;

/// Most aliases of one person.
pub const MAX_ALIASES: usize = 8;

/// By what a person is found.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Alias {
    Phone(Phone),
    Email(Email),
}
codec_enum!(Alias { 0 = Phone(phone), 1 = Email(email) });

impl Alias {
    /// The number or address whole: for sending to it.
    pub fn as_str(&self) -> &str {
        match self {
            Alias::Phone(phone) => phone.as_str(),
            Alias::Email(email) => email.as_str(),
        }
    }
}

/// What came of claiming an alias.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claim {
    /// It is the person's now, or was before.
    Claimed,
    /// Somebody else has it; nothing has changed.
    Taken,
}

impl Vault {
    /// Makes an alias lead to a person, unless it leads to another one. Of claims at the same time
    /// one wins.
    ///
    /// Errors: [`VaultError::UnknownPerson`], [`VaultError::Full`].
    pub fn claim_alias(&self, person: PersonId, alias: &Alias) -> Result<Claim, VaultError> {
        let held = self.hold_known(person)?;
        let digest = self.alias_digest(alias);
        let _guard = self.aliases.lock(digest[0]);
        match self.alias_owner(&digest)? {
            Some(owner) if owner == person => return Ok(Claim::Claimed),
            Some(_) => return Ok(Claim::Taken),
            None => {}
        }
        if held.tails(Kind::Alias)?.len() >= MAX_ALIASES {
            return Err(VaultError::Full { what: "aliases", max: MAX_ALIASES });
        }
        let mut batch = Batch::new();
        self.put_alias(&held, &mut batch, alias, &digest)?;
        self.store.commit(batch)?;
        Ok(Claim::Claimed)
    }

    /// The person that an alias leads to.
    pub fn find_alias(&self, alias: &Alias) -> Result<Option<PersonId>, VaultError> {
        self.alias_owner(&self.alias_digest(alias))
    }

    /// The aliases of a person.
    pub fn aliases(&self, person: PersonId) -> Result<Vec<Alias>, VaultError> {
        let Some(held) = self.hold(person)? else { return Ok(Vec::new()) };
        let mut aliases = Vec::new();
        for tail in held.tails(Kind::Alias)? {
            aliases.extend(held.get::<Alias>(Kind::Alias, &tail)?);
        }
        aliases.sort();
        Ok(aliases)
    }

    /// Gives an alias free. `false`: it was not this person's.
    pub fn release_alias(&self, person: PersonId, alias: &Alias) -> Result<bool, VaultError> {
        let Some(held) = self.hold(person)? else { return Ok(false) };
        let digest = self.alias_digest(alias);
        let _guard = self.aliases.lock(digest[0]);
        if self.alias_owner(&digest)? != Some(person) {
            return Ok(false);
        }
        let mut batch = Batch::new();
        batch.remove(Space::Aliases, &digest);
        held.remove(&mut batch, Kind::Alias, &digest);
        self.store.commit(batch)?;
        Ok(true)
    }

    /// The only form in which the store knows an alias.
    pub(crate) fn alias_digest(&self, alias: &Alias) -> Digest {
        let kind: &[u8] = match alias {
            Alias::Phone(_) => b"phone",
            Alias::Email(_) => b"email",
        };
        keyed_digest(&self.digests, &[kind, alias.as_str().as_bytes()])
    }

    /// Whose alias this is. One that leads to nobody any more is free.
    pub(crate) fn alias_owner(&self, digest: &Digest) -> Result<Option<PersonId>, VaultError> {
        let Some(sealed) = self.store.get(Space::Aliases, digest)? else { return Ok(None) };
        let owner = self.shared.open::<PersonId>(&alias_place(digest), &sealed);
        let owner = owner.ok_or_else(|| VaultError::damaged("an alias", "aliases"))?;
        let row = owner.as_u128().to_be_bytes();
        Ok(self.store.get(Space::Slots, &row)?.map(|_| owner))
    }

    /// Puts both ends of an alias: digest to person, and person to alias.
    pub(crate) fn put_alias(
        &self,
        held: &Held<'_>,
        batch: &mut Batch,
        alias: &Alias,
        digest: &Digest,
    ) -> Result<(), VaultError> {
        let sealed = self.shared.seal(&alias_place(digest), &held.person())?;
        batch.put(Space::Aliases, digest, sealed);
        held.put(batch, Kind::Alias, digest, alias)
    }

    /// Removes the way from a digest to a person who is being erased, if it is there or damaged.
    pub(crate) fn drop_alias(&self, person: PersonId, digest: &Digest) -> Result<(), VaultError> {
        let _guard = self.aliases.lock(digest[0]);
        let Some(sealed) = self.store.get(Space::Aliases, digest)? else { return Ok(()) };
        let owner = self.shared.open::<PersonId>(&alias_place(digest), &sealed);
        if owner.is_some_and(|owner| owner != person) {
            return Ok(());
        }
        let mut batch = Batch::new();
        batch.remove(Space::Aliases, digest);
        self.store.commit_lazily(batch)
    }
}

fn alias_place(digest: &Digest) -> Vec<u8> {
    [&b"alias"[..], digest].concat()
}
