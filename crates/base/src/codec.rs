//! The byte codec of log records and snapshots: fixed order, varints, no self-description.
//!
//! ```
//! use dhow_base::{Codec, codec_struct, decode_all, encode};
//! #[derive(Debug, PartialEq)]
//! struct Point { x: u64, label: String }
//! codec_struct!(Point { x, label });
//! let point = Point { x: 300, label: "here".into() };
//! assert_eq!(decode_all::<Point>(&encode(&point)).unwrap(), point);
//! ```
//!
//! A change of meaning is a new tag or a new record version, never a changed field.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Longest collection or text a decoder accepts, so that damage cannot ask for all memory.
pub const MAX_ITEMS: u64 = 1 << 28;

/// Why bytes are not a value: what was expected, and at which byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DecodeError {
    pub expected: &'static str,
    pub at: usize,
}

impl std::fmt::Display for DecodeError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "expected {} at byte {}", self.expected, self.at)
    }
}

impl std::error::Error for DecodeError {}

/// Reads values off a byte slice and knows where it stands.
pub struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    pub fn new(bytes: &'a [u8]) -> Reader<'a> {
        Reader { bytes, at: 0 }
    }

    /// The error that names what was expected here.
    pub fn expected(&self, expected: &'static str) -> DecodeError {
        DecodeError { expected, at: self.at }
    }

    pub fn take(&mut self, count: usize) -> Result<&'a [u8], DecodeError> {
        let rest = &self.bytes[self.at..];
        if rest.len() < count {
            return Err(self.expected("more bytes"));
        }
        self.at += count;
        Ok(&rest[..count])
    }

    pub fn byte(&mut self) -> Result<u8, DecodeError> {
        Ok(self.take(1)?[0])
    }

    pub fn is_empty(&self) -> bool {
        self.at == self.bytes.len()
    }

    /// A length prefix, bounded by [`MAX_ITEMS`].
    pub fn count(&mut self) -> Result<usize, DecodeError> {
        let count = u64::decode(self)?;
        if count > MAX_ITEMS {
            return Err(self.expected("a shorter collection"));
        }
        usize::try_from(count).map_err(|_| self.expected("a shorter collection"))
    }
}

/// A value with one byte form. `decode(encode(x)) == x`, and no input makes `decode` panic.
pub trait Codec: Sized {
    fn encode(&self, out: &mut Vec<u8>);
    fn decode(input: &mut Reader<'_>) -> Result<Self, DecodeError>;
}

/// The bytes of one value.
pub fn encode<T: Codec>(value: &T) -> Vec<u8> {
    let mut out = Vec::with_capacity(256);
    value.encode(&mut out);
    out
}

/// Reads exactly one value: bytes left over are an error.
pub fn decode_all<T: Codec>(bytes: &[u8]) -> Result<T, DecodeError> {
    let mut reader = Reader::new(bytes);
    let value = T::decode(&mut reader)?;
    if reader.is_empty() { Ok(value) } else { Err(reader.expected("the end")) }
}

fn encode_varint(mut value: u128, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(value.to_le_bytes()[0] | 0x80);
        value >>= 7;
    }
    out.push(value.to_le_bytes()[0]);
}

fn decode_varint(input: &mut Reader<'_>) -> Result<u128, DecodeError> {
    let mut value: u128 = 0;
    for shift in (0..).step_by(7).take(19) {
        let byte = input.byte()?;
        let bits = u128::from(byte & 0x7f);
        if shift >= 126 && bits > 3 {
            return Err(input.expected("a number of 128 bits"));
        }
        value |= bits << shift;
        if byte & 0x80 == 0 {
            return Ok(value);
        }
    }
    Err(input.expected("the end of a number"))
}

macro_rules! codec_varint {
    ($($type:ty),*) => { $(
        impl Codec for $type {
            fn encode(&self, out: &mut Vec<u8>) {
                encode_varint(u128::from(*self), out);
            }
            fn decode(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
                let value = decode_varint(input)?;
                <$type>::try_from(value).map_err(|_| input.expected(stringify!($type)))
            }
        }
    )* };
}
codec_varint!(u16, u32, u64, u128);

impl Codec for u8 {
    fn encode(&self, out: &mut Vec<u8>) {
        out.push(*self);
    }
    fn decode(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        input.byte()
    }
}

impl Codec for i128 {
    fn encode(&self, out: &mut Vec<u8>) {
        let zigzag = ((*self << 1) ^ (*self >> 127)).cast_unsigned();
        encode_varint(zigzag, out);
    }
    fn decode(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let zigzag = decode_varint(input)?;
        Ok((zigzag >> 1).cast_signed() ^ -((zigzag & 1).cast_signed()))
    }
}

impl Codec for bool {
    fn encode(&self, out: &mut Vec<u8>) {
        out.push(u8::from(*self));
    }
    fn decode(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        match input.byte()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(input.expected("0 or 1")),
        }
    }
}

impl Codec for () {
    fn encode(&self, _out: &mut Vec<u8>) {}
    fn decode(_input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(())
    }
}

impl Codec for String {
    fn encode(&self, out: &mut Vec<u8>) {
        encode_varint(self.len() as u128, out);
        out.extend_from_slice(self.as_bytes());
    }
    fn decode(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let count = input.count()?;
        let bytes = input.take(count)?;
        std::str::from_utf8(bytes).map(str::to_owned).map_err(|_| input.expected("UTF-8"))
    }
}

impl<T: Codec> Codec for Vec<T> {
    fn encode(&self, out: &mut Vec<u8>) {
        encode_varint(self.len() as u128, out);
        for item in self {
            item.encode(out);
        }
    }
    fn decode(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let count = input.count()?;
        // Damage may claim any count: grow with what is really there.
        let mut items = Vec::with_capacity(count.min(1024));
        for _ in 0..count {
            items.push(T::decode(input)?);
        }
        Ok(items)
    }
}

impl<T: Codec> Codec for Option<T> {
    fn encode(&self, out: &mut Vec<u8>) {
        self.is_some().encode(out);
        if let Some(value) = self {
            value.encode(out);
        }
    }
    fn decode(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(if bool::decode(input)? { Some(T::decode(input)?) } else { None })
    }
}

impl<T: Codec> Codec for Box<T> {
    fn encode(&self, out: &mut Vec<u8>) {
        (**self).encode(out);
    }
    fn decode(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Box::new(T::decode(input)?))
    }
}

impl<T: Codec> Codec for Arc<T> {
    fn encode(&self, out: &mut Vec<u8>) {
        (**self).encode(out);
    }
    fn decode(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Arc::new(T::decode(input)?))
    }
}

impl<T: Codec + Ord> Codec for BTreeSet<T> {
    fn encode(&self, out: &mut Vec<u8>) {
        encode_varint(self.len() as u128, out);
        for item in self {
            item.encode(out);
        }
    }
    fn decode(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let count = input.count()?;
        let mut set = BTreeSet::new();
        for _ in 0..count {
            set.insert(T::decode(input)?);
        }
        Ok(set)
    }
}

impl<K: Codec + Ord, V: Codec> Codec for BTreeMap<K, V> {
    fn encode(&self, out: &mut Vec<u8>) {
        encode_varint(self.len() as u128, out);
        for (key, value) in self {
            key.encode(out);
            value.encode(out);
        }
    }
    fn decode(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let count = input.count()?;
        let mut map = BTreeMap::new();
        for _ in 0..count {
            let key = K::decode(input)?;
            map.insert(key, V::decode(input)?);
        }
        Ok(map)
    }
}

impl<A: Codec, B: Codec> Codec for (A, B) {
    fn encode(&self, out: &mut Vec<u8>) {
        self.0.encode(out);
        self.1.encode(out);
    }
    fn decode(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok((A::decode(input)?, B::decode(input)?))
    }
}

impl<A: Codec, B: Codec, C: Codec> Codec for (A, B, C) {
    fn encode(&self, out: &mut Vec<u8>) {
        self.0.encode(out);
        self.1.encode(out);
        self.2.encode(out);
    }
    fn decode(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok((A::decode(input)?, B::decode(input)?, C::decode(input)?))
    }
}

impl<const N: usize> Codec for [u8; N] {
    fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self);
    }
    fn decode(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let mut bytes = [0; N];
        bytes.copy_from_slice(input.take(N)?);
        Ok(bytes)
    }
}

/// Writes [`Codec`] for a struct: its fields in the order given, which is the order on disk.
#[macro_export]
macro_rules! codec_struct {
    ($type:ident { $($field:ident),* $(,)? }) => {
        impl $crate::Codec for $type {
            fn encode(&self, out: &mut Vec<u8>) {
                let Self { $($field),* } = self;
                $( $crate::Codec::encode($field, out); )*
            }
            fn decode(input: &mut $crate::Reader<'_>) -> Result<Self, $crate::DecodeError> {
                Ok(Self { $($field: $crate::Codec::decode(input)?),* })
            }
        }
    };
}

/// Writes [`Codec`] for an enum with frozen one-byte tags: `codec_enum!(Side { 0 = Debit, 1 =
/// Credit(amount) })`.
#[macro_export]
macro_rules! codec_enum {
    ($type:ident { $(
        $tag:literal = $variant:ident
        $( { $($field:ident),* $(,)? } )?
        $( ( $($item:ident),* $(,)? ) )?
    ),* $(,)? }) => {
        impl $crate::Codec for $type {
            fn encode(&self, out: &mut Vec<u8>) {
                match self { $(
                    Self::$variant $( { $($field),* } )? $( ( $($item),* ) )? => {
                        out.push($tag);
                        $( $( $crate::Codec::encode($field, out); )* )?
                        $( $( $crate::Codec::encode($item, out); )* )?
                    }
                )* }
            }
            fn decode(input: &mut $crate::Reader<'_>) -> Result<Self, $crate::DecodeError> {
                match input.byte()? {
                    $( $tag => Ok(Self::$variant
                        $( { $($field: $crate::Codec::decode(input)?),* } )?
                        $( ( $( { let $item = $crate::Codec::decode(input)?; $item } ),* ) )?
                    ), )*
                    _ => Err(input.expected(concat!("a tag of ", stringify!($type)))),
                }
            }
        }
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq)]
    enum Shape {
        Empty,
        Named { width: u64, height: i128 },
        Pair(String, Option<bool>),
    }
    codec_enum!(Shape { 0 = Empty, 3 = Named { width, height }, 7 = Pair(a, b) });

    #[test]
    fn values_survive_the_round_trip() {
        for shape in [
            Shape::Empty,
            Shape::Named { width: u64::MAX, height: i128::MIN },
            Shape::Pair("ü".into(), Some(true)),
        ] {
            assert_eq!(decode_all::<Shape>(&encode(&shape)).unwrap(), shape);
        }
        assert_eq!(decode_all::<u128>(&encode(&u128::MAX)).unwrap(), u128::MAX);
        assert_eq!(decode_all::<i128>(&encode(&-1i128)).unwrap(), -1);
    }

    #[test]
    fn damage_is_an_error_with_a_place() {
        assert_eq!(decode_all::<Shape>(&[9]).unwrap_err().expected, "a tag of Shape");
        assert!(decode_all::<u16>(&[0xff, 0xff, 0xff, 0x01]).is_err());
        assert!(decode_all::<String>(&[5, b'a']).is_err());
        assert!(decode_all::<Vec<u64>>(&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]).is_err());
        assert_eq!(decode_all::<bool>(&[1, 1]).unwrap_err().expected, "the end");
    }
}
