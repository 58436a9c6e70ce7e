//! A place on the earth as two whole numbers, read from and written as decimal degrees.

use crate::sphere::{Point, metres};
use base::{Codec, DecodeError, Reader};

/// Latitude of the north pole, in microdegrees.
const MAX_LATITUDE: i32 = 90_000_000;
/// Longitude of the date line, in microdegrees.
const MAX_LONGITUDE: i32 = 180_000_000;
/// Digits behind the point of a degree.
const DECIMALS: usize = 6;

/// A place on the earth, in microdegrees: a millionth of a degree is 11 cm or less.
///
/// The date line has one writing, −180°, so that equal places of it are equal. At a pole the
/// longitude is kept and means nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    latitude: i32,
    longitude: i32,
}

/// Why something is not a position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PositionError {
    /// Beyond a pole.
    Latitude,
    /// Beyond the date line.
    Longitude,
    /// Not two numbers of degrees with at most six decimals and a comma between them.
    Text,
}

impl std::fmt::Display for PositionError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            PositionError::Latitude => "latitude must be between -90 and 90 degrees",
            PositionError::Longitude => "longitude must be between -180 and 180 degrees",
            PositionError::Text => "must be `latitude, longitude` with at most six decimals",
        })
    }
}

impl std::error::Error for PositionError {}

impl Position {
    /// From microdegrees, north and east positive.
    ///
    /// Errors: a latitude beyond ±90°, a longitude beyond ±180°.
    pub const fn new(latitude: i32, longitude: i32) -> Result<Position, PositionError> {
        if latitude < -MAX_LATITUDE || latitude > MAX_LATITUDE {
            return Err(PositionError::Latitude);
        }
        if longitude < -MAX_LONGITUDE || longitude > MAX_LONGITUDE {
            return Err(PositionError::Longitude);
        }
        let longitude = if longitude == MAX_LONGITUDE { -MAX_LONGITUDE } else { longitude };
        Ok(Position { latitude, longitude })
    }

    /// In microdegrees, north positive.
    pub const fn latitude(self) -> i32 {
        self.latitude
    }

    /// In microdegrees, east positive, below +180°.
    pub const fn longitude(self) -> i32 {
        self.longitude
    }

    /// The way over the sphere to another position, rounded to metres.
    ///
    /// Off by at most 1 m on the sphere up to 19,000 km; nearer to the opposite point, where the
    /// straight line hardly changes with the way, by at most 1 km.
    pub fn distance_m(self, other: Position) -> u32 {
        metres(Point::of(self).chord2(Point::of(other)))
    }
}

impl Codec for Position {
    fn encode(&self, out: &mut Vec<u8>) {
        self.latitude.to_be_bytes().encode(out);
        self.longitude.to_be_bytes().encode(out);
    }
    fn decode(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let latitude = i32::from_be_bytes(Codec::decode(input)?);
        let longitude = i32::from_be_bytes(Codec::decode(input)?);
        // One value has one byte form: +180° is written as −180°.
        match Position::new(latitude, longitude) {
            Ok(position) if position.longitude == longitude => Ok(position),
            _ => Err(input.expected("a position")),
        }
    }
}

impl std::fmt::Display for Position {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write_degrees(f, self.latitude)?;
        f.write_str(",")?;
        write_degrees(f, self.longitude)
    }
}

fn write_degrees(f: &mut std::fmt::Formatter<'_>, degrees: i32) -> std::fmt::Result {
    let sign = if degrees < 0 { "-" } else { "" };
    let whole = degrees.unsigned_abs() / 1_000_000;
    let decimals = degrees.unsigned_abs() % 1_000_000;
    write!(f, "{sign}{whole}.{decimals:06}")
}

impl std::str::FromStr for Position {
    type Err = PositionError;
    fn from_str(text: &str) -> Result<Self, PositionError> {
        let (latitude, longitude) = text.split_once(',').ok_or(PositionError::Text)?;
        let latitude = read_degrees(latitude.trim()).ok_or(PositionError::Text)?;
        Position::new(latitude, read_degrees(longitude.trim()).ok_or(PositionError::Text)?)
    }
}

fn read_degrees(text: &str) -> Option<i32> {
    let (is_negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text),
    };
    let (whole, decimals) = digits.split_once('.').unwrap_or((digits, "0"));
    let are_digits = |part: &str| !part.is_empty() && part.bytes().all(|c| c.is_ascii_digit());
    if !are_digits(whole) || !are_digits(decimals) || whole.len() > 3 || decimals.len() > DECIMALS {
        return None;
    }
    let degrees: i32 = format!("{whole}{decimals:0<6}").parse().ok()?;
    Some(if is_negative { -degrees } else { degrees })
}

#[cfg(test)]
mod tests {
    use super::*;
    use base::{decode_all, encode};

    #[test]
    fn what_is_beyond_the_earth_is_refused() {
        for (latitude, longitude, error) in [
            (90_000_001, 0, PositionError::Latitude),
            (-90_000_001, 0, PositionError::Latitude),
            (i32::MIN, 0, PositionError::Latitude),
            (0, 180_000_001, PositionError::Longitude),
            (0, -180_000_001, PositionError::Longitude),
            (0, i32::MIN, PositionError::Longitude),
        ] {
            assert_eq!(Position::new(latitude, longitude), Err(error), "{latitude} {longitude}");
        }
        let east = Position::new(5, 180_000_000).unwrap();
        assert_eq!(east, Position::new(5, -180_000_000).unwrap());
        assert_eq!(east.longitude(), -180_000_000);
    }

    #[test]
    fn text_and_bytes_come_back() {
        for (text, latitude, longitude) in [
            ("37.566500,126.978000", 37_566_500, 126_978_000),
            ("-0.000001,0.000000", -1, 0),
            ("90.000000,-180.000000", 90_000_000, -180_000_000),
            ("-6.208800,-0.127800", -6_208_800, -127_800),
        ] {
            let position = Position::new(latitude, longitude).unwrap();
            assert_eq!(position.to_string(), text);
            assert_eq!(text.parse(), Ok(position));
            assert_eq!(decode_all::<Position>(&encode(&position)), Ok(position));
        }
        assert_eq!(" 1 ,\t-2.5".parse(), Position::new(1_000_000, -2_500_000));
    }

    #[test]
    fn what_is_no_position_is_refused() {
        for bad in [
            "",
            ",",
            "1",
            "1,",
            "1;2",
            "1,2,3",
            "+1,2",
            "--1,2",
            "1.,2",
            ".5,2",
            "1.0000001,2",
            "1e1,2",
            "0001,2",
            "1,NaN",
            "\u{0661},2",
        ] {
            assert_eq!(bad.parse::<Position>(), Err(PositionError::Text), "{bad}");
        }
        assert_eq!("91,0".parse::<Position>(), Err(PositionError::Latitude));
        assert_eq!("0,999".parse::<Position>(), Err(PositionError::Longitude));
        let mut bytes = 0i32.to_be_bytes().to_vec();
        bytes.extend(180_000_000i32.to_be_bytes());
        assert_eq!(decode_all::<Position>(&bytes).unwrap_err().expected, "a position");
        assert!(decode_all::<Position>(&bytes[..7]).is_err());
    }
}
