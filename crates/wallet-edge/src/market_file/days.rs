//! Days of the week and times of the day.

use super::MarketFileError;
use super::section::Section;

const WEEKDAYS: [&str; 7] =
    ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/// Names of days of the week as bits, Monday the lowest.
pub(super) fn weekdays(from: &mut Section, name: &str) -> Result<u8, MarketFileError> {
    let mut bits = 0;
    for day in from.strings(name)? {
        let Some(at) = WEEKDAYS.iter().position(|known| *known == day) else {
            let known = WEEKDAYS.join(", ");
            return Err(from.bad(name, format!("`{day}` must be one of {known}")));
        };
        bits |= 1 << at;
    }
    Ok(bits)
}

/// `"15:30"` as minutes after midnight; `"24:00"` is the end of the day.
pub(super) fn time_of_day(from: &mut Section, name: &str) -> Result<u16, MarketFileError> {
    let what = "a time in quotes, from \"00:01\" to \"24:00\"";
    let text = from.string(name, what)?;
    let minutes = minutes(&text).filter(|minutes| (1..=1_440).contains(minutes));
    minutes.ok_or_else(|| from.bad(name, format!("`{text}` must be {what}")))
}

fn minutes(text: &str) -> Option<u16> {
    let (hours, minutes) = text.split_once(':')?;
    let number = |part: &str| -> Option<u16> {
        let is_two = part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
        if is_two { part.parse().ok() } else { None }
    };
    let minutes = number(minutes).filter(|minutes| *minutes < 60)?;
    Some(number(hours)? * 60 + minutes)
}
