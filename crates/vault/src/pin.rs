//! PINs: six digits, kept as argon2id hashes under the person's key.
//!
//! A check says yes or no and takes as long for nobody as for somebody. Wrong PINs are counted by
//! the machine, in the log.

use crate::seal::{are_equal, random};
use crate::settings::PinCost;
use crate::sync::lock;
use crate::vault::Kind;
use crate::{BirthDate, Profile, Vault, VaultError};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use base::codec_struct;
use ids::PersonId;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Digits of a PIN.
const DIGITS: usize = 6;
const SALT_BYTES: usize = 16;
const HASH_BYTES: usize = 32;
/// Hashes under way at one time: each takes the memory that its cost names.
const AT_ONCE: usize = 4;

/// Why a PIN was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PinRefusal {
    NotSixDigits,
    /// Such as 777777.
    SameDigits,
    /// Up or down by one, such as 123456, 890123 or 654321.
    Sequence,
    /// Two or three digits again and again, such as 121212 or 123123.
    Repetition,
    /// The person's birth date, in any usual order.
    BirthDate,
}

impl std::fmt::Display for PinRefusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            PinRefusal::NotSixDigits => "a PIN has six digits",
            PinRefusal::SameDigits => "a PIN must not be one digit six times",
            PinRefusal::Sequence => "a PIN must not be a sequence",
            PinRefusal::Repetition => "a PIN must not repeat two or three digits",
            PinRefusal::BirthDate => "a PIN must not be the birth date",
        })
    }
}

impl std::error::Error for PinRefusal {}

/// Would this PIN be refused, and why?
pub fn pin_refusal(pin: &str, birth_date: Option<BirthDate>) -> Option<PinRefusal> {
    let digits = pin.as_bytes();
    if digits.len() != DIGITS || !digits.iter().all(u8::is_ascii_digit) {
        return Some(PinRefusal::NotSixDigits);
    }
    let steps_by =
        |step: u8| digits.windows(2).all(|two| (two[0] - b'0' + step) % 10 == two[1] - b'0');
    if steps_by(0) {
        return Some(PinRefusal::SameDigits);
    }
    if steps_by(1) || steps_by(9) {
        return Some(PinRefusal::Sequence);
    }
    if digits[..3] == digits[3..] || (digits[..2] == digits[2..4] && digits[..2] == digits[4..]) {
        return Some(PinRefusal::Repetition);
    }
    let is_date = birth_date.is_some_and(|date| birth_pins(date).iter().any(|guess| guess == pin));
    is_date.then_some(PinRefusal::BirthDate)
}

/// What people make of a birth date with six digits.
fn birth_pins(date: BirthDate) -> [String; 8] {
    let (year, month, day) = (date.year(), date.month(), date.day());
    let short = year % 100;
    [
        format!("{short:02}{month:02}{day:02}"),
        format!("{short:02}{day:02}{month:02}"),
        format!("{day:02}{month:02}{short:02}"),
        format!("{month:02}{day:02}{short:02}"),
        format!("{year:04}{month:02}"),
        format!("{month:02}{year:04}"),
        format!("{year:04}{day:02}"),
        format!("{day:02}{year:04}"),
    ]
}

/// A hash with all that is needed to make it again.
#[derive(Clone, PartialEq, Eq)]
struct PinHash {
    memory_kib: u32,
    passes: u32,
    lanes: u32,
    salt: [u8; SALT_BYTES],
    hash: [u8; HASH_BYTES],
}
codec_struct!(PinHash { memory_kib, passes, lanes, salt, hash });

impl PinHash {
    fn cost(&self) -> PinCost {
        PinCost { memory_kib: self.memory_kib, passes: self.passes, lanes: self.lanes }
    }
}

/// Makes hashes, a few at one time, in memory that is kept.
pub(crate) struct PinHasher {
    cost: PinCost,
    memory: [Mutex<Vec<Block>>; AT_ONCE],
    next: AtomicUsize,
}

impl PinHasher {
    pub(crate) fn new(cost: PinCost) -> Result<PinHasher, VaultError> {
        params(cost)?;
        let memory = std::array::from_fn(|_| Mutex::new(Vec::new()));
        Ok(PinHasher { cost, memory, next: AtomicUsize::new(0) })
    }

    fn make(&self, pin: &str) -> Result<PinHash, VaultError> {
        let salt = random()?;
        let hash = self.hash(pin, &salt, self.cost)?;
        let PinCost { memory_kib, passes, lanes } = self.cost;
        Ok(PinHash { memory_kib, passes, lanes, salt, hash })
    }

    fn hash(
        &self,
        pin: &str,
        salt: &[u8; SALT_BYTES],
        cost: PinCost,
    ) -> Result<[u8; HASH_BYTES], VaultError> {
        let params = params(cost)?;
        let turn = self.next.fetch_add(1, Ordering::Relaxed) % AT_ONCE;
        let mut memory = lock(&self.memory[turn]);
        memory.resize(params.block_count(), Block::default());
        let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let mut hash = [0; HASH_BYTES];
        argon
            .hash_password_into_with_memory(pin.as_bytes(), salt, &mut hash, &mut memory[..])
            .map_err(|_| VaultError::Cryptography)?;
        Ok(hash)
    }
}

fn params(cost: PinCost) -> Result<Params, VaultError> {
    Params::new(cost.memory_kib, cost.passes, cost.lanes, Some(HASH_BYTES))
        .map_err(|error| VaultError::Setting { name: "pin", reason: error.to_string() })
}

impl Vault {
    /// Sets or replaces a person's PIN, unless it is too easy to guess.
    ///
    /// Errors: [`VaultError::UnknownPerson`].
    pub fn set_pin(
        &self,
        person: PersonId,
        pin: &str,
    ) -> Result<Result<(), PinRefusal>, VaultError> {
        // Hashing is slow: nobody waits for the person's lock meanwhile.
        let birth_date = self.profile(person)?.ok_or(VaultError::UnknownPerson)?.birth_date;
        if let Some(refusal) = pin_refusal(pin, birth_date) {
            return Ok(Err(refusal));
        }
        let hash = self.pins.make(pin)?;
        let held = self.hold_known(person)?;
        // The birth date may have come in meanwhile.
        let profile: Option<Profile> = held.get(Kind::Profile, &[])?;
        if let Some(refusal) = pin_refusal(pin, profile.and_then(|profile| profile.birth_date)) {
            return Ok(Err(refusal));
        }
        held.commit(Kind::Pin, &[], &hash)?;
        Ok(Ok(()))
    }

    /// Has the person a PIN?
    pub fn has_pin(&self, person: PersonId) -> Result<bool, VaultError> {
        self.hold(person)?.map_or(Ok(false), |held| held.has(Kind::Pin, &[]))
    }

    /// Is this the person's PIN? An unknown person or one without a PIN is answered with no, after
    /// the same time.
    pub fn check_pin(&self, person: PersonId, pin: &str) -> Result<bool, VaultError> {
        let known: Option<PinHash> =
            self.hold(person)?.map_or(Ok(None), |held| held.get(Kind::Pin, &[]))?;
        let Some(known) = known else {
            self.pins.hash(pin, &[0; SALT_BYTES], self.pins.cost)?;
            return Ok(false);
        };
        let hash = self.pins.hash(pin, &known.salt, known.cost())?;
        if !are_equal(&hash, &known.hash) {
            return Ok(false);
        }
        if known.cost() != self.pins.cost {
            self.renew_hash(person, pin, &known)?;
        }
        Ok(true)
    }

    /// Makes the hash of a right PIN again at today's cost, unless it was changed meanwhile.
    fn renew_hash(&self, person: PersonId, pin: &str, old: &PinHash) -> Result<(), VaultError> {
        let new = self.pins.make(pin)?;
        if let Some(held) = self.hold(person)?
            && held.get(Kind::Pin, &[])?.as_ref() == Some(old)
        {
            held.commit(Kind::Pin, &[], &new)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn easy_pins_are_refused() {
        let birth_date = "1990-03-07".parse().ok();
        for (pin, refusal) in [
            ("", Some(PinRefusal::NotSixDigits)),
            ("12345", Some(PinRefusal::NotSixDigits)),
            ("1234567", Some(PinRefusal::NotSixDigits)),
            ("12345a", Some(PinRefusal::NotSixDigits)),
            ("\u{663}\u{663}\u{663}", Some(PinRefusal::NotSixDigits)),
            ("000000", Some(PinRefusal::SameDigits)),
            ("999999", Some(PinRefusal::SameDigits)),
            ("123456", Some(PinRefusal::Sequence)),
            ("890123", Some(PinRefusal::Sequence)),
            ("654321", Some(PinRefusal::Sequence)),
            ("321098", Some(PinRefusal::Sequence)),
            ("121212", Some(PinRefusal::Repetition)),
            ("748748", Some(PinRefusal::Repetition)),
            ("900307", Some(PinRefusal::BirthDate)),
            ("070390", Some(PinRefusal::BirthDate)),
            ("030790", Some(PinRefusal::BirthDate)),
            ("199003", Some(PinRefusal::BirthDate)),
            ("071990", Some(PinRefusal::BirthDate)),
            ("123457", None),
            ("481516", None),
            ("900308", None),
        ] {
            assert_eq!(pin_refusal(pin, birth_date), refusal, "{pin}");
        }
        assert_eq!(pin_refusal("900307", None), None);
    }
}
