//! Who a person is.

use crate::store::Batch;
use crate::vault::Kind;
use crate::{Email, Phone, Vault, VaultError, mask_name, mask_phone};
use base::{Codec, DecodeError, Reader, Text, codec_struct};
use ids::PersonId;

/// A day in the calendar, 1900 to 2199.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct BirthDate {
    year: u16,
    month: u8,
    day: u8,
}

/// The day is not in the calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DateError;

impl std::fmt::Display for DateError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("must be a day of the calendar between 1900 and 2199, such as 1990-12-31")
    }
}

impl std::error::Error for DateError {}

impl BirthDate {
    /// Errors: no such day.
    pub fn new(year: u16, month: u8, day: u8) -> Result<BirthDate, DateError> {
        let is_leap =
            year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
        let days = match month {
            1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
            4 | 6 | 9 | 11 => 30,
            2 if is_leap => 29,
            2 => 28,
            _ => return Err(DateError),
        };
        if !(1900..2200).contains(&year) || !(1..=days).contains(&day) {
            return Err(DateError);
        }
        Ok(BirthDate { year, month, day })
    }

    pub const fn year(self) -> u16 {
        self.year
    }
    pub const fn month(self) -> u8 {
        self.month
    }
    pub const fn day(self) -> u8 {
        self.day
    }
}

impl std::fmt::Display for BirthDate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

impl std::fmt::Debug for BirthDate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("BirthDate(***)")
    }
}

impl std::str::FromStr for BirthDate {
    type Err = DateError;
    fn from_str(text: &str) -> Result<Self, DateError> {
        let is_shaped = text.len() == 10
            && text.bytes().enumerate().all(|(at, c)| match at {
                4 | 7 => c == b'-',
                _ => c.is_ascii_digit(),
            });
        if !is_shaped {
            return Err(DateError);
        }
        let year = text[..4].parse().map_err(|_| DateError)?;
        let month = text[5..7].parse().map_err(|_| DateError)?;
        BirthDate::new(year, month, text[8..].parse().map_err(|_| DateError)?)
    }
}

impl Codec for BirthDate {
    fn encode(&self, out: &mut Vec<u8>) {
        (self.year, self.month, self.day).encode(out);
    }
    fn decode(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let (year, month, day) = Codec::decode(input)?;
        BirthDate::new(year, month, day).map_err(|_| input.expected("a day"))
    }
}

/// What is known of a person. Everything is optional: a tier of KYC asks for what it needs.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Profile {
    pub phone: Option<Phone>,
    pub email: Option<Email>,
    /// As the person wants to be called.
    pub display_name: Option<Text<64>>,
    /// As in the identity document.
    pub legal_name: Option<Text<140>>,
    pub birth_date: Option<BirthDate>,
    /// Of the identity document.
    pub document_number: Option<Text<40>>,
    /// Tag of a language, such as `ko` or `zh-Hant-HK`.
    pub language: Option<Text<35>>,
}
codec_struct!(Profile {
    phone,
    email,
    display_name,
    legal_name,
    birth_date,
    document_number,
    language
});

// A profile in a log would be a leak.
impl std::fmt::Debug for Profile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Profile(***)")
    }
}

impl Profile {
    /// The legal name, or else the display name, as others may see it.
    pub fn masked_name(&self) -> Option<String> {
        let legal = self.legal_name.as_ref().map(Text::as_str);
        legal.or(self.display_name.as_ref().map(Text::as_str)).map(mask_name)
    }

    /// The phone number as others may see it.
    pub fn masked_phone(&self) -> Option<String> {
        self.phone.as_ref().map(mask_phone)
    }
}

impl Vault {
    /// What is known of a person. `None`: never made, or erased.
    pub fn profile(&self, person: PersonId) -> Result<Option<Profile>, VaultError> {
        let Some(held) = self.hold(person)? else { return Ok(None) };
        match held.get(Kind::Profile, &[])? {
            Some(profile) => Ok(Some(profile)),
            None => Err(VaultError::damaged("the missing profile", person.to_string())),
        }
    }

    /// Changes a profile; nobody else changes it meanwhile. Returns what it is now.
    ///
    /// Errors: [`VaultError::UnknownPerson`].
    pub fn change_profile(
        &self,
        person: PersonId,
        change: impl FnOnce(&mut Profile),
    ) -> Result<Profile, VaultError> {
        let held = self.hold_known(person)?;
        let mut profile = held.get(Kind::Profile, &[])?.unwrap_or_default();
        change(&mut profile);
        let mut batch = Batch::new();
        held.put(&mut batch, Kind::Profile, &[], &profile)?;
        self.store.commit(batch)?;
        Ok(profile)
    }

    /// See [`Profile::masked_name`]. `None`: nobody, or no name is known.
    pub fn masked_name(&self, person: PersonId) -> Result<Option<String>, VaultError> {
        Ok(self.profile(person)?.and_then(|profile| profile.masked_name()))
    }

    /// See [`Profile::masked_phone`]. `None`: nobody, or no number is known.
    pub fn masked_phone(&self, person: PersonId) -> Result<Option<String>, VaultError> {
        Ok(self.profile(person)?.and_then(|profile| profile.masked_phone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn birth_dates_are_days_of_the_calendar() {
        for good in ["1900-01-01", "2000-02-29", "1990-12-31"] {
            assert_eq!(good.parse::<BirthDate>().unwrap().to_string(), good);
        }
        for bad in [
            "",
            "1899-12-31",
            "1990-13-01",
            "1900-02-29",
            "2001-02-29",
            "1990-04-31",
            "1990-00-01",
            "1990-01-00",
            "1990-1-1",
            "1990/01/01",
            "+990-01-01",
            "2200-01-01",
            "199\u{e9}-01-1",
        ] {
            assert_eq!(bad.parse::<BirthDate>(), Err(DateError), "{bad}");
        }
    }
}
