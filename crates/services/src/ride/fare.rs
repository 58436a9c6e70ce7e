//! Fare tables: flat, by zone, by distance.

use crate::RuleFault;
use crate::fault::must;
use base::{codec_enum, codec_struct};
use money::Money;

/// Most stops of a line.
pub const MAX_STOPS: usize = 300;
/// Highest zone.
pub const MAX_ZONES: u8 = 40;

/// A stop of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Stop {
    /// The stop's number in the city; once on a line.
    pub stop: u16,
    /// 1 to 40 on a line with fares by zone; not looked at elsewhere.
    pub zone: u8,
}
codec_struct!(Stop { stop, zone });

/// How the fare of a ride follows from where it began and ended, in minor units of the line's
/// currency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fare {
    /// The same for every ride.
    Flat { fare_minor: u64 },
    /// By the number of zones that are ridden through: the first entry is for a ride within one.
    ///
    /// Zones lie behind each other along the line, so that from zone 2 to zone 4 makes three.
    ZoneCount { fares_minor: Vec<u64> },
    /// By the pair of zones: row of boarding, column of leaving, both from zone 1.
    ZoneMatrix { fares_minor: Vec<Vec<u64>> },
    /// A base fare that covers the first metres, then so much for each started unit.
    Distance { rate: DistanceRate, legs_m: Vec<u32> },
}
codec_enum!(Fare {
    0 = Flat { fare_minor },
    1 = ZoneCount { fares_minor },
    2 = ZoneMatrix { fares_minor },
    3 = Distance { rate, legs_m },
});

/// The fare of a distance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DistanceRate {
    pub base_minor: u64,
    /// Metres that the base fare covers.
    pub base_m: u32,
    /// Metres of a unit, above zero.
    pub unit_m: u32,
    /// For each unit that is begun beyond the base.
    pub unit_minor: u64,
}
codec_struct!(DistanceRate { base_minor, base_m, unit_m, unit_minor });

impl DistanceRate {
    fn fare(self, metres: u64) -> u64 {
        let units = metres.saturating_sub(u64::from(self.base_m)).div_ceil(u64::from(self.unit_m));
        self.base_minor.saturating_add(units.saturating_mul(self.unit_minor))
    }
}

impl Fare {
    /// The fare between two places on the line's list of stops, before the cap. On a line without
    /// stops the places are not looked at.
    ///
    /// Rules that were checked have every entry that is asked for.
    pub fn between(&self, stops: &[Stop], from: usize, to: usize) -> Option<u64> {
        let zone = |at: usize| stops.get(at).map(|stop| stop.zone);
        match self {
            Fare::Flat { fare_minor } => Some(*fare_minor),
            Fare::ZoneCount { fares_minor } => {
                fares_minor.get(usize::from(zone(from)?.abs_diff(zone(to)?))).copied()
            }
            Fare::ZoneMatrix { fares_minor } => {
                let row = fares_minor.get(usize::from(zone(from)?).checked_sub(1)?)?;
                row.get(usize::from(zone(to)?).checked_sub(1)?).copied()
            }
            Fare::Distance { rate, legs_m } => {
                let legs = legs_m.get(from.min(to)..from.max(to))?;
                Some(rate.fare(legs.iter().map(|leg| u64::from(*leg)).sum()))
            }
        }
    }

    /// Does the table have a fare for each pair of these stops? Error: the field that is wrong.
    pub fn check(&self, stops: &[Stop]) -> Result<(), RuleFault> {
        must(stops.len() <= MAX_STOPS, "stops", "must be 300 at most")?;
        let mut numbers: Vec<u16> = stops.iter().map(|stop| stop.stop).collect();
        numbers.sort_unstable();
        must(numbers.is_sorted_by(|a, b| a < b), "stops", "must each be there once")?;
        let is_amount = |minor: &u64| *minor <= Money::MAX_MINOR;
        match self {
            Fare::Flat { fare_minor } => must(is_amount(fare_minor), "fare", "must be an amount"),
            Fare::ZoneCount { fares_minor } => {
                check_zones(stops, MAX_ZONES)?;
                let zones = || stops.iter().map(|stop| stop.zone);
                let span = zones().max().unwrap_or(0) - zones().min().unwrap_or(0);
                let is_long = fares_minor.len() > usize::from(span)
                    && fares_minor.len() <= usize::from(MAX_ZONES);
                must(is_long, "fare", "must have an entry for each number of zones of the line")?;
                must(fares_minor.iter().all(is_amount), "fare", "must be amounts")
            }
            Fare::ZoneMatrix { fares_minor } => {
                let zones = u8::try_from(fares_minor.len()).unwrap_or(u8::MAX);
                let is_square = fares_minor.iter().all(|row| row.len() == fares_minor.len());
                must(is_square, "fare", "must have as many columns as rows")?;
                must(zones <= MAX_ZONES, "fare", "must have 40 zones at most")?;
                check_zones(stops, zones)?;
                must(fares_minor.iter().flatten().all(is_amount), "fare", "must be amounts")
            }
            Fare::Distance { rate, legs_m } => {
                must(!stops.is_empty(), "stops", "must not be empty")?;
                let is_whole = legs_m.len() + 1 == stops.len() && !legs_m.contains(&0);
                must(is_whole, "legs_m", "must have the metres from each stop to the next")?;
                must(rate.unit_m > 0, "unit_m", "must be above zero")?;
                must(is_amount(&rate.base_minor), "base_minor", "must be an amount")?;
                must(is_amount(&rate.unit_minor), "unit_minor", "must be an amount")
            }
        }
    }
}

fn check_zones(stops: &[Stop], highest: u8) -> Result<(), RuleFault> {
    must(!stops.is_empty(), "stops", "must not be empty")?;
    let is_zone = |stop: &Stop| (1..=highest).contains(&stop.zone);
    must(stops.iter().all(is_zone), "stops", "must each have a zone of the fare table")
}
