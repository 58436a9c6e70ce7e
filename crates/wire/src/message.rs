//! The two shapes of which every message is made: objects with required and optional fields, and
//! closed sets of words.

use crate::lenient::Value;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use std::marker::PhantomData;

/// Declares JSON objects. A field's Rust name in camel case is its name on the wire. Keys that are
/// not declared are ignored; a declared key that comes twice is refused; an optional field that is
/// absent is left out when written.
macro_rules! message {
    ($(
        $(#[$meta:meta])*
        $vis:vis struct $name:ident {
            required { $( $(#[$required_meta:meta])* $required:ident: $required_type:ty, )* }
            optional { $( $(#[$optional_meta:meta])* $optional:ident: $optional_type:ty, )* }
        }
    )*) => { $(
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
        #[serde(rename_all = "camelCase")]
        $vis struct $name {
            $(
                $(#[$required_meta])*
                #[serde(with = "crate::lenient::required")]
                pub $required: $required_type,
            )*
            $(
                $(#[$optional_meta])*
                #[serde(
                    default,
                    with = "crate::lenient::optional",
                    skip_serializing_if = "Option::is_none"
                )]
                pub $optional: Option<$optional_type>,
            )*
        }

        impl $name {
            /// With all that is required and nothing that is optional.
            #[allow(clippy::too_many_arguments, clippy::new_without_default)]
            pub const fn new($( $required: $required_type ),*) -> $name {
                $name { $( $required, )* $( $optional: None, )* }
            }
        }

        impl crate::lenient::Value for $name {
            fn read<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                crate::message::read_object(from)
            }
            fn write<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                serde::Serialize::serialize(self, to)
            }
        }
    )* };
}
pub(crate) use message;

/// Declares closed sets of words, case-sensitive.
macro_rules! words {
    ($(
        $(#[$meta:meta])*
        $name:ident { $( $(#[$word_meta:meta])* $word:ident = $text:literal, )* }
    )*) => { $(
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $name { $( $(#[$word_meta])* $word, )* }

        impl $name {
            pub const ALL: &[$name] = &[$( $name::$word ),*];

            pub const fn as_str(self) -> &'static str {
                match self { $( $name::$word => $text, )* }
            }
            pub fn from_text(text: &str) -> Option<$name> {
                match text { $( $text => Some($name::$word), )* _ => None }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl crate::lenient::Value for $name {
            fn read<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                crate::lenient::read_text(from, "a JSON string", |text| {
                    $name::from_text(text).ok_or_else(|| {
                        let known = [$( $text ),*].join(", ");
                        crate::error::refuse("is not a known value", &format!("send one of {known}"))
                    })
                })
            }
            fn write<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.serialize_str(self.as_str())
            }
        }
    )* };
}
pub(crate) use words;

/// Reads a JSON object, and refuses an array: derived readers would take one for a list of fields
/// in order.
pub(crate) fn read_object<'de, T: Deserialize<'de> + Value, D: Deserializer<'de>>(
    from: D,
) -> Result<T, D::Error> {
    struct ObjectVisitor<T>(PhantomData<T>);
    impl<'de, T: Deserialize<'de>> Visitor<'de> for ObjectVisitor<T> {
        type Value = T;
        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("a JSON object")
        }
        fn visit_map<A: MapAccess<'de>>(self, fields: A) -> Result<T, A::Error> {
            T::deserialize(MapAccessDeserializer::new(fields))
        }
    }
    from.deserialize_map(ObjectVisitor(PhantomData))
}
