//! Devices that a person trusts, and the sessions on them.
//!
//! A session is known by a token of 256 random bits, of which only a digest is kept. A look-up by
//! digest tells a watcher of time nothing about tokens, and what is compared then is compared in
//! constant time. A device has one session at most: a new one ends the old one.

use crate::seal::{Digest, are_equal, digest_of, random};
use crate::store::{Batch, Space};
use crate::vault::{Held, Kind};
use crate::{Vault, VaultError};
use base::{Codec, DecodeError, Reader, Span, Text, Timestamp, codec_struct};
use ids::PersonId;

/// Most devices of one person.
pub const MAX_DEVICES: usize = 10;
/// Bytes of a token, each of which is two digits of its text.
const TOKEN_BYTES: usize = 32;

/// Names a device; drawn at random when the app is set up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DeviceId(pub u128);

impl Codec for DeviceId {
    fn encode(&self, out: &mut Vec<u8>) {
        self.0.to_be_bytes().encode(out);
    }
    fn decode(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(DeviceId(u128::from_be_bytes(Codec::decode(input)?)))
    }
}

/// A device that a person has bound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    pub id: DeviceId,
    /// As the person's list shows it.
    pub label: Text<64>,
    pub bound_at: Timestamp,
    /// When its session was last seen, to about a minute. `None`: it has no session.
    pub last_seen: Option<Timestamp>,
}

struct BoundDevice {
    label: Text<64>,
    bound_at: Timestamp,
}
codec_struct!(BoundDevice { label, bound_at });

/// What a customer's app presents with each request. 64 hexadecimal digits.
#[derive(Clone, PartialEq, Eq)]
pub struct SessionToken(String);

impl SessionToken {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for SessionToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SessionToken(***)")
    }
}

/// One sign-in of a customer on a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Session {
    pub person: PersonId,
    /// The customer's number in the machine.
    pub customer: u32,
    pub device: DeviceId,
    pub opened_at: Timestamp,
    pub last_seen: Timestamp,
    /// Until then the person has proven itself once more, for what needs it.
    pub stepped_up_until: Timestamp,
}
codec_struct!(Session { person, customer, device, opened_at, last_seen, stepped_up_until });

impl Session {
    /// Has the person proven itself once more, and is that still good?
    pub fn is_stepped_up(&self, now: Timestamp) -> bool {
        now < self.stepped_up_until
    }
}

impl Vault {
    /// Binds a device to a person, or gives it a new label.
    ///
    /// Errors: [`VaultError::UnknownPerson`], [`VaultError::Full`].
    pub fn bind_device(
        &self,
        person: PersonId,
        device: DeviceId,
        label: &Text<64>,
        now: Timestamp,
    ) -> Result<(), VaultError> {
        let held = self.hold_known(person)?;
        let tail = device.0.to_be_bytes();
        let known: Option<BoundDevice> = held.get(Kind::Device, &tail)?;
        if known.is_none() && held.tails(Kind::Device)?.len() >= MAX_DEVICES {
            return Err(VaultError::Full { what: "devices", max: MAX_DEVICES });
        }
        let bound_at = known.map_or(now, |known| known.bound_at);
        held.commit(Kind::Device, &tail, &BoundDevice { label: label.clone(), bound_at })
    }

    /// The devices of a person.
    pub fn devices(&self, person: PersonId) -> Result<Vec<Device>, VaultError> {
        let Some(held) = self.hold(person)? else { return Ok(Vec::new()) };
        let sessions = sessions_of(&held)?;
        let mut devices = Vec::new();
        for tail in held.tails(Kind::Device)? {
            let damaged = || VaultError::damaged("a device's id", person.to_string());
            let id = tail[..].try_into().map_err(|_| damaged())?;
            let id = DeviceId(u128::from_be_bytes(id));
            let session = sessions.iter().find(|(_, session)| session.device == id);
            let last_seen = session.map(|(_, session)| session.last_seen);
            let bound: Option<BoundDevice> = held.get(Kind::Device, &tail)?;
            let device =
                |BoundDevice { label, bound_at }| Device { id, label, bound_at, last_seen };
            devices.extend(bound.map(device));
        }
        Ok(devices)
    }

    /// Takes a device's trust away and ends its session. `false`: it was not bound.
    pub fn unbind_device(&self, person: PersonId, device: DeviceId) -> Result<bool, VaultError> {
        let Some(held) = self.hold(person)? else { return Ok(false) };
        let tail = device.0.to_be_bytes();
        if !held.has(Kind::Device, &tail)? {
            return Ok(false);
        }
        let mut batch = Batch::new();
        held.remove(&mut batch, Kind::Device, &tail);
        end_session_on(&held, &mut batch, device)?;
        self.store.commit(batch)?;
        Ok(true)
    }

    /// Opens a session on a bound device; an older one on it ends.
    ///
    /// Errors: [`VaultError::UnknownPerson`], [`VaultError::UnknownDevice`].
    pub fn open_session(
        &self,
        person: PersonId,
        customer: u32,
        device: DeviceId,
        now: Timestamp,
    ) -> Result<SessionToken, VaultError> {
        let held = self.hold_known(person)?;
        if !held.has(Kind::Device, &device.0.to_be_bytes())? {
            return Err(VaultError::UnknownDevice);
        }
        let token: [u8; TOKEN_BYTES] = random()?;
        let token = SessionToken(token.iter().map(|byte| format!("{byte:02x}")).collect());
        let digest = digest_of(token.as_str().as_bytes());
        let stepped_up_until = Timestamp::default();
        let session =
            Session { person, customer, device, opened_at: now, last_seen: now, stepped_up_until };
        let mut batch = Batch::new();
        end_session_on(&held, &mut batch, device)?;
        held.put(&mut batch, Kind::Session, &digest, &session)?;
        let ends_at = now.after(self.settings.sessions.absolute);
        batch.put(Space::Sessions, &digest, base::encode(&(person, ends_at)));
        self.store.commit(batch)?;
        Ok(token)
    }

    /// The session of a token on its device. `None`: no such token, another device, or it is over.
    pub fn check_session(
        &self,
        token: &str,
        device: DeviceId,
        now: Timestamp,
    ) -> Result<Option<Session>, VaultError> {
        let Some((held, digest, mut session)) = self.session(token, device, now)? else {
            return Ok(None);
        };
        if now >= session.last_seen.after(self.settings.sessions.touch_after) {
            session.last_seen = now;
            let mut batch = Batch::new();
            held.put(&mut batch, Kind::Session, &digest, &session)?;
            // Lost in a power cut, the session ends a little earlier for want of use.
            self.store.commit_lazily(batch)?;
        }
        Ok(Some(session))
    }

    /// Notes that the person has proven itself once more, for a time. `false`: no such session.
    pub fn step_up(
        &self,
        token: &str,
        device: DeviceId,
        now: Timestamp,
        lasts: Span,
    ) -> Result<bool, VaultError> {
        let Some((held, digest, mut session)) = self.session(token, device, now)? else {
            return Ok(false);
        };
        session.last_seen = session.last_seen.max(now);
        session.stepped_up_until = now.after(lasts);
        held.commit(Kind::Session, &digest, &session)?;
        Ok(true)
    }

    /// Ends the session of a token. `false`: there was none.
    pub fn revoke_session(&self, token: &str) -> Result<bool, VaultError> {
        let digest = digest_of(token.as_bytes());
        let Some((person, _)) = self.session_entry(&digest)? else { return Ok(false) };
        let Some(held) = self.hold(person)? else { return Ok(false) };
        let mut batch = Batch::new();
        batch.remove(Space::Sessions, &digest);
        held.remove(&mut batch, Kind::Session, &digest);
        let is_there = held.has(Kind::Session, &digest)?;
        self.store.commit(batch)?;
        Ok(is_there)
    }

    /// Ends all sessions of a person. Returns how many.
    pub fn revoke_all_sessions(&self, person: PersonId) -> Result<usize, VaultError> {
        let Some(held) = self.hold(person)? else { return Ok(0) };
        let mut batch = Batch::new();
        // Without reading them, so that a damaged one can be ended too.
        let digests = held.tails(Kind::Session)?;
        for digest in &digests {
            batch.remove(Space::Sessions, digest);
            held.remove(&mut batch, Kind::Session, digest);
        }
        self.store.commit(batch)?;
        Ok(digests.len())
    }

    /// Removes sessions that are over for their age. Returns how many.
    pub fn sweep_sessions(&self, now: Timestamp) -> Result<usize, VaultError> {
        let mut after = Vec::new();
        let mut swept = 0;
        loop {
            let rows = self.store.rows_after(Space::Sessions, &after, 1_000)?;
            let Some((last, _)) = rows.last() else { return Ok(swept) };
            after.clone_from(last);
            for (digest, entry) in rows {
                let (person, ends_at) = read_entry(&entry)?;
                if now < ends_at {
                    continue;
                }
                let mut batch = Batch::new();
                batch.remove(Space::Sessions, &digest);
                let held = self.hold(person)?;
                if let Some(held) = &held {
                    held.remove(&mut batch, Kind::Session, &digest);
                }
                self.store.commit_lazily(batch)?;
                swept += 1;
            }
        }
    }

    /// A session that is good now, with its person's records.
    fn session(
        &self,
        token: &str,
        device: DeviceId,
        now: Timestamp,
    ) -> Result<Option<(Held<'_>, Digest, Session)>, VaultError> {
        let rules = self.settings.sessions;
        let digest = digest_of(token.as_bytes());
        let Some((person, _)) = self.session_entry(&digest)? else { return Ok(None) };
        let Some(held) = self.hold(person)? else { return Ok(None) };
        let Some(session) = held.get::<Session>(Kind::Session, &digest)? else { return Ok(None) };
        let is_device = are_equal(&session.device.0.to_be_bytes(), &device.0.to_be_bytes());
        let is_over = now >= session.opened_at.after(rules.absolute)
            || now >= session.last_seen.after(rules.idle);
        Ok((is_device && !is_over).then_some((held, digest, session)))
    }

    fn session_entry(&self, digest: &Digest) -> Result<Option<(PersonId, Timestamp)>, VaultError> {
        self.store.get(Space::Sessions, digest)?.map(|entry| read_entry(&entry)).transpose()
    }
}

fn read_entry(entry: &[u8]) -> Result<(PersonId, Timestamp), VaultError> {
    base::decode_all(entry).map_err(|_| VaultError::damaged("a session's entry", "sessions"))
}

fn sessions_of(held: &Held<'_>) -> Result<Vec<(Vec<u8>, Session)>, VaultError> {
    let mut sessions = Vec::new();
    for tail in held.tails(Kind::Session)? {
        if let Some(session) = held.get(Kind::Session, &tail)? {
            sessions.push((tail, session));
        }
    }
    Ok(sessions)
}

/// Puts the end of a device's session into a batch.
fn end_session_on(held: &Held<'_>, batch: &mut Batch, device: DeviceId) -> Result<(), VaultError> {
    for (digest, session) in sessions_of(held)? {
        if session.device == device {
            batch.remove(Space::Sessions, &digest);
            held.remove(batch, Kind::Session, &digest);
        }
    }
    Ok(())
}
