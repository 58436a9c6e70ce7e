//! One-time codes that prove a phone number or an e-mail address.
//!
//! Nothing here asks whether an alias is anybody's: the answers are the same for all. A code is
//! kept as a digest made with a key, and a try is synced before it is answered, so that no crash
//! and no number of threads gives an extra one.

use crate::seal::{Digest, are_equal, keyed_digest, random};
use crate::store::{Batch, Space};
use crate::{Alias, Vault, VaultError};
use base::{Span, Timestamp, codec_enum, codec_struct};

/// How long a code counts against the number per day.
const DAY: Span = Span::days(1);
/// There are this many codes.
const CODES: u32 = 1_000_000;

/// What a code is for. One for another purpose does not pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodePurpose {
    Registration,
    SignIn,
    NewDevice,
    PinReset,
    StepUp,
    /// An agent pays out cash.
    CashOut,
    /// A further alias for a person.
    NewAlias,
    /// Somebody outside asks about one thing, named by its id. Codes for each thing are counted by
    /// themselves, so that nobody outside uses up the codes that a person needs to sign in.
    Challenge(u128),
}
codec_enum!(CodePurpose {
    0 = Registration,
    1 = SignIn,
    2 = NewDevice,
    3 = PinReset,
    4 = StepUp,
    5 = CashOut,
    6 = NewAlias,
    7 = Challenge(about),
});

/// Six digits, to be sent and not to be kept.
#[derive(Clone, PartialEq, Eq)]
pub struct OneTimeCode(String);

impl OneTimeCode {
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// From the system's randomness, each code equally likely.
    fn draw() -> Result<OneTimeCode, VaultError> {
        loop {
            let number = u32::from_be_bytes(random()?);
            // The last numbers would make the low codes likelier.
            if number < u32::MAX - u32::MAX % CODES {
                return Ok(OneTimeCode(format!("{:06}", number % CODES)));
            }
        }
    }
}

impl std::fmt::Debug for OneTimeCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("OneTimeCode(***)")
    }
}

/// What came of asking for a code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Issued {
    /// To be sent. An older code for the same purpose is void.
    Code(OneTimeCode),
    /// The last one was made just now.
    TooSoon { again_at: Timestamp },
    /// There were enough within a day.
    TooMany { again_at: Timestamp },
}

/// The newest code for an alias and a purpose, as far as it is known without a try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LastCode {
    pub made_at: Timestamp,
    pub state: CodeState,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodeState {
    /// The right digits would pass.
    Open,
    /// It has passed.
    Used,
    /// Its time is over.
    Late,
    /// It was tried as often as a code may be.
    TriedOut,
}

/// What is kept of an alias.
#[derive(Default)]
struct Codes {
    /// When codes of the last day were made, oldest first.
    made: Vec<Timestamp>,
    /// At most one for each purpose.
    open: Vec<OpenCode>,
}
codec_struct!(Codes { made, open });

struct OpenCode {
    purpose: CodePurpose,
    digest: Digest,
    made_at: Timestamp,
    tries: u8,
}
codec_struct!(OpenCode { purpose, digest, made_at, tries });

impl Vault {
    /// Makes a code for an alias, whether or not it is anybody's.
    pub fn issue_code(
        &self,
        alias: &Alias,
        purpose: CodePurpose,
        now: Timestamp,
    ) -> Result<Issued, VaultError> {
        let rules = self.settings.codes;
        let key = self.codes_key(alias, purpose);
        let _guard = self.codes.lock(key[0]);
        let mut codes = self.codes_of(&key)?;
        codes.made.retain(|made| now < made.after(DAY));
        if let Some(last) = codes.open.iter().find(|open| open.purpose == purpose) {
            let again_at = last.made_at.after(rules.resend_after);
            if now < again_at {
                return Ok(Issued::TooSoon { again_at });
            }
        }
        if codes.made.len() >= usize::from(rules.per_day) {
            let again_at = codes.made.first().map_or(Timestamp::MAX, |made| made.after(DAY));
            return Ok(Issued::TooMany { again_at });
        }
        let code = OneTimeCode::draw()?;
        let digest = self.code_digest(&key, purpose, code.as_str());
        codes.made.push(now);
        codes.open.retain(|open| open.purpose != purpose);
        codes.open.push(OpenCode { purpose, digest, made_at: now, tries: 0 });
        self.put_codes(&key, &codes)?;
        Ok(Issued::Code(code))
    }

    /// Is this the code that was made for this alias and purpose? Each call is a try; the right
    /// code passes once.
    pub fn check_code(
        &self,
        alias: &Alias,
        purpose: CodePurpose,
        code: &str,
        now: Timestamp,
    ) -> Result<bool, VaultError> {
        let rules = self.settings.codes;
        let key = self.codes_key(alias, purpose);
        let given = self.code_digest(&key, purpose, code);
        let _guard = self.codes.lock(key[0]);
        let mut codes = self.codes_of(&key)?;
        let Some(open) = codes.open.iter_mut().find(|open| open.purpose == purpose) else {
            return Ok(false);
        };
        let is_late = now >= open.made_at.after(rules.lifetime);
        if is_late || open.tries >= rules.tries {
            return Ok(false);
        }
        open.tries += 1;
        let is_right = are_equal(&open.digest, &given);
        if is_right {
            // Stays for the time until the next one, but passes no more.
            open.tries = u8::MAX;
        }
        self.put_codes(&key, &codes)?;
        Ok(is_right)
    }

    /// Looks at the newest code for an alias and a purpose. This is no try. `None`: none was made
    /// of late.
    pub fn last_code(
        &self,
        alias: &Alias,
        purpose: CodePurpose,
        now: Timestamp,
    ) -> Result<Option<LastCode>, VaultError> {
        let rules = self.settings.codes;
        let codes = self.codes_of(&self.codes_key(alias, purpose))?;
        let Some(open) = codes.open.iter().find(|open| open.purpose == purpose) else {
            return Ok(None);
        };
        let state = if open.tries == u8::MAX {
            CodeState::Used
        } else if now >= open.made_at.after(rules.lifetime) {
            CodeState::Late
        } else if open.tries >= rules.tries {
            CodeState::TriedOut
        } else {
            CodeState::Open
        };
        Ok(Some(LastCode { made_at: open.made_at, state }))
    }

    /// Forgets the codes of aliases that had none for a day. Returns how many aliases.
    pub fn sweep_codes(&self, now: Timestamp) -> Result<usize, VaultError> {
        let mut after = Vec::new();
        let mut swept = 0;
        loop {
            let rows = self.store.rows_after(Space::Codes, &after, 1_000)?;
            let Some((last, _)) = rows.last() else { return Ok(swept) };
            after.clone_from(last);
            for (key, _) in rows {
                let damaged = || VaultError::damaged("a digest", "codes");
                let key: Digest = key.try_into().map_err(|_| damaged())?;
                let _guard = self.codes.lock(key[0]);
                let codes = self.codes_of(&key)?;
                if codes.made.iter().all(|made| made.after(DAY) <= now) {
                    let mut batch = Batch::new();
                    batch.remove(Space::Codes, &key);
                    self.store.commit_lazily(batch)?;
                    swept += 1;
                }
            }
        }
    }

    /// Under which the codes for an alias lie: all purposes together, but each challenge alone.
    fn codes_key(&self, alias: &Alias, purpose: CodePurpose) -> Digest {
        let alias = self.alias_digest(alias);
        match purpose {
            CodePurpose::Challenge(about) => {
                keyed_digest(&self.digests, &[b"challenge", &alias, &about.to_be_bytes()])
            }
            _ => alias,
        }
    }

    fn codes_of(&self, key: &Digest) -> Result<Codes, VaultError> {
        let Some(sealed) = self.store.get(Space::Codes, key)? else {
            return Ok(Codes::default());
        };
        let codes = self.shared.open(&codes_place(key), &sealed);
        codes.ok_or_else(|| VaultError::damaged("one-time codes", "codes"))
    }

    fn put_codes(&self, key: &Digest, codes: &Codes) -> Result<(), VaultError> {
        let mut batch = Batch::new();
        batch.put(Space::Codes, key, self.shared.seal(&codes_place(key), codes)?);
        self.store.commit(batch)
    }

    fn code_digest(&self, key: &Digest, purpose: CodePurpose, code: &str) -> Digest {
        let purpose = base::encode(&purpose);
        keyed_digest(&self.digests, &[b"code", key, &purpose, code.as_bytes()])
    }
}

fn codes_place(key: &Digest) -> Vec<u8> {
    [&b"codes"[..], key].concat()
}
