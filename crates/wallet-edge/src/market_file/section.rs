//! A table of the file, from which fields are taken one by one: what is missing, of the wrong kind
//! or left over at the end is named with its path.

use super::MarketFileError;
use base::Text;
use money::Day;
use std::ops::RangeInclusive;
use toml::{Table, Value};

/// Dates in one list, at most: as many as the calendar of a fund takes.
const MAX_DATES: usize = savings::MAX_HOLIDAYS;

type Read<T> = Result<T, MarketFileError>;

/// See the module's text.
pub(super) struct Section {
    /// Path of the table, empty for the file itself.
    path: String,
    rest: Table,
}

impl Section {
    pub fn of_file(file: &str) -> Read<Section> {
        let rest = file.parse().map_err(|error: toml::de::Error| {
            MarketFileError::new("file", error.to_string().trim_end())
        })?;
        Ok(Section { path: String::new(), rest })
    }

    /// A field's name with the path of its table: `tiers[1].day`.
    pub fn field(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }

    pub fn bad(&self, name: &str, problem: impl std::fmt::Display) -> MarketFileError {
        MarketFileError::new(self.field(name), problem)
    }

    pub fn has(&self, name: &str) -> bool {
        self.rest.contains_key(name)
    }

    fn take(&mut self, name: &str, what: &str) -> Read<Value> {
        match self.rest.remove(name) {
            Some(value) => Ok(value),
            None => Err(self.bad(name, format!("is missing; must be {what}"))),
        }
    }

    /// Text in quotes.
    pub fn string(&mut self, name: &str, what: &str) -> Read<String> {
        match self.take(name, what)? {
            Value::String(text) => Ok(text),
            other => Err(self.bad(name, format!("`{other}` must be {what}"))),
        }
    }

    pub fn text<const MAX: usize>(&mut self, name: &str) -> Read<Text<MAX>> {
        let text = self.string(name, "a text in quotes")?;
        Text::new(&text).map_err(|error| self.bad(name, error))
    }

    /// A whole number without quotes, within bounds.
    pub fn number<N>(&mut self, name: &str, bounds: RangeInclusive<N>) -> Read<N>
    where
        N: TryFrom<i64> + PartialOrd + std::fmt::Display,
    {
        let what = format!("a whole number from {} to {}", bounds.start(), bounds.end());
        let value = self.take(name, &what)?;
        let number = value.as_integer().and_then(|number| N::try_from(number).ok());
        match number.filter(|number| bounds.contains(number)) {
            Some(number) => Ok(number),
            None => Err(self.bad(name, format!("`{value}` must be {what}"))),
        }
    }

    pub fn switch(&mut self, name: &str) -> Read<bool> {
        match self.take(name, "true or false")? {
            Value::Boolean(is_on) => Ok(is_on),
            other => Err(self.bad(name, format!("`{other}` must be true or false"))),
        }
    }

    fn list(&mut self, name: &str, what: &str) -> Read<Vec<Value>> {
        match self.take(name, what)? {
            Value::Array(values) => Ok(values),
            other => Err(self.bad(name, format!("`{other}` must be {what}"))),
        }
    }

    pub fn strings(&mut self, name: &str) -> Read<Vec<String>> {
        let values = self.list(name, "a list of texts in quotes")?;
        let read = |value| match value {
            Value::String(text) => Ok(text),
            other => Err(self.bad(name, format!("`{other}` must be a text in quotes"))),
        };
        values.into_iter().map(read).collect()
    }

    /// Dates, each once and in order.
    pub fn dates(&mut self, name: &str) -> Read<Vec<Day>> {
        let mut days: Vec<Day> = Vec::new();
        for value in self.list(name, "a list of days such as 2026-12-25")? {
            let Some(day) = date(&value) else {
                let problem = format!("`{value}` must be a day without quotes, such as 2026-12-25");
                return Err(self.bad(name, problem));
            };
            if days.last().is_some_and(|last| *last >= day) {
                let problem = format!("`{value}` must come after the day before it in the list");
                return Err(self.bad(name, problem));
            }
            days.push(day);
        }
        if days.len() > MAX_DATES {
            return Err(self.bad(name, format!("must be at most {MAX_DATES} days")));
        }
        Ok(days)
    }

    pub fn section(&mut self, name: &str) -> Read<Section> {
        let what = format!("a section [{}]", self.field(name));
        match self.take(name, &what)? {
            Value::Table(rest) => Ok(Section { path: self.field(name), rest }),
            other => Err(self.bad(name, format!("`{other}` must be {what}"))),
        }
    }

    /// Sections of one name, in the order of the file.
    pub fn sections(&mut self, name: &str) -> Read<Vec<Section>> {
        let (path, what) = (self.field(name), format!("sections [[{}]]", self.field(name)));
        let values = self.list(name, &what)?;
        let read = |(at, value)| match value {
            Value::Table(rest) => Ok(Section { path: format!("{path}[{at}]"), rest }),
            other => Err(self.bad(name, format!("`{other}` must be {what}"))),
        };
        values.into_iter().enumerate().map(read).collect()
    }

    /// Everything was taken, or the first that was not is an error.
    pub fn end(&self) -> Read<()> {
        match self.rest.keys().next() {
            None => Ok(()),
            Some(name) => Err(self.bad(name, "is no field of this section; look at its spelling")),
        }
    }
}

/// A day without time and zone. That the calendar has it was seen to by the parser.
fn date(value: &Value) -> Option<Day> {
    let stamp = value.as_datetime()?;
    let date = stamp.date.filter(|_| stamp.time.is_none() && stamp.offset.is_none())?;
    let is_near = (1970..=2149).contains(&date.year);
    is_near.then(|| Day::new(date.year, date.month, date.day))
}
