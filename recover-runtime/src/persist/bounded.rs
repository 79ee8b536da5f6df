//! Bounds what decoding untrusted bytes may allocate. postcard defines the format, `codec.rs`
//! checks the checksums.
//!
//! postcard checks what it takes, and serde reserves at most a MiB on the word of a length: for
//! each sequence, and sequences nest. So every value is read through a [`Bounded`] one:
//! - the lengths of all sequences together are at most the bytes there are, and some more for
//!   elements of no size; what a length says is reserved only within the bytes;
//! - where the stack runs short the value is refused.

use crate::base::stack;
use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, Error, MapAccess, SeqAccess,
    VariantAccess, Visitor,
};
use std::cell::Cell;
use std::fmt;

/// How many elements of no size all sequences of a value may have together.
const SIZELESS: usize = 65_536;

/// Decodes the value at the start of `bytes`; returns it with the rest.
pub(crate) fn read<T: DeserializeOwned>(bytes: &[u8]) -> Option<(T, &[u8])> {
    let mut inner = postcard::Deserializer::from_flavor(Bytes(bytes));
    let left = Cell::new(bytes.len().saturating_add(SIZELESS));
    let value = T::deserialize(Bounded {
        inner: &mut inner,
        left: &left,
        list: false,
    });
    Some((value.ok()?, inner.finalize().ok()?))
}

/// Input from a slice. Unlike postcard's own it does not say how many bytes are left, so that
/// postcard always passes the length of a sequence on.
struct Bytes<'de>(&'de [u8]);

impl<'de> postcard::de_flavors::Flavor<'de> for Bytes<'de> {
    type Remainder = &'de [u8];
    type Source = &'de [u8];

    #[inline]
    fn pop(&mut self) -> postcard::Result<u8> {
        self.try_take_n(1).map(|taken| taken[0])
    }

    #[inline]
    fn try_take_n(&mut self, length: usize) -> postcard::Result<&'de [u8]> {
        let split = self.0.split_at_checked(length);
        let (taken, rest) = split.ok_or(postcard::Error::DeserializeUnexpectedEnd)?;
        self.0 = rest;
        Ok(taken)
    }

    fn finalize(self) -> postcard::Result<&'de [u8]> {
        Ok(self.0)
    }
}

/// A wrapper around a serde deserializer, visitor or access. What it hands out is wrapped too.
struct Bounded<'a, I> {
    inner: I,
    /// How many elements sequences may still have.
    left: &'a Cell<usize>,
    /// Whether the length was read from the bytes. Otherwise the type fixes it.
    list: bool,
}

impl<'a, I> Bounded<'a, I> {
    /// Wraps `inner` with the same budget.
    #[inline(always)]
    fn with<J>(&self, inner: J) -> Bounded<'a, J> {
        let Bounded { left, .. } = *self;
        Bounded {
            inner,
            left,
            list: false,
        }
    }

    /// Refuses the value if too little stack is left to read what is inside.
    #[inline]
    fn enter<E: Error>(&self) -> Result<(), E> {
        match stack::is_short() {
            true => Err(E::custom("nests too deep")),
            false => Ok(()),
        }
    }

    /// Takes the elements of a sequence from the budget. Returns the length to reserve for.
    #[inline]
    fn claim<E: Error>(&self, length: Option<usize>) -> Result<Option<usize>, E> {
        self.enter()?;
        let Some(length) = length.filter(|_| self.list) else {
            return Ok(length);
        };
        let left = self.left.get().checked_sub(length);
        let left = left.ok_or_else(|| E::custom("more elements than bytes"))?;
        self.left.set(left);
        Ok((left >= SIZELESS).then_some(length))
    }
}

/// A sequence or map whose elements are read through [`Bounded`].
struct List<'a, A> {
    bounded: Bounded<'a, A>,
    reserve: Option<usize>,
}

macro_rules! forward {
    ($($name:ident($($arg:ident: $ty:ty),*))*) => {$(
        #[inline]
        fn $name<V: Visitor<'de>>(self, $($arg: $ty,)* visitor: V) -> Result<V::Value, D::Error> {
            let visitor = self.with(visitor);
            self.inner.$name($($arg,)* visitor)
        }
    )*};
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Bounded<'_, D> {
    type Error = D::Error;

    forward! {
        deserialize_any() deserialize_bool()
        deserialize_i8() deserialize_i16() deserialize_i32() deserialize_i64() deserialize_i128()
        deserialize_u8() deserialize_u16() deserialize_u32() deserialize_u64() deserialize_u128()
        deserialize_f32() deserialize_f64() deserialize_char()
        deserialize_str() deserialize_string() deserialize_bytes() deserialize_byte_buf()
        deserialize_option() deserialize_unit()
        deserialize_unit_struct(name: &'static str)
        deserialize_newtype_struct(name: &'static str)
        deserialize_tuple(len: usize)
        deserialize_tuple_struct(name: &'static str, len: usize)
        deserialize_struct(name: &'static str, fields: &'static [&'static str])
        deserialize_enum(name: &'static str, variants: &'static [&'static str])
        deserialize_identifier() deserialize_ignored_any()
    }

    #[inline]
    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        let mut visitor = self.with(visitor);
        visitor.list = true;
        self.inner.deserialize_seq(visitor)
    }

    #[inline]
    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        let mut visitor = self.with(visitor);
        visitor.list = true;
        self.inner.deserialize_map(visitor)
    }

    fn is_human_readable(&self) -> bool {
        self.inner.is_human_readable()
    }
}

macro_rules! visit {
    ($($name:ident($ty:ty))*) => {$(
        #[inline]
        fn $name<E: Error>(self, value: $ty) -> Result<V::Value, E> {
            self.inner.$name(value)
        }
    )*};
}

impl<'de, V: Visitor<'de>> Visitor<'de> for Bounded<'_, V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.expecting(f)
    }

    visit! {
        visit_bool(bool)
        visit_i8(i8) visit_i16(i16) visit_i32(i32) visit_i64(i64) visit_i128(i128)
        visit_u8(u8) visit_u16(u16) visit_u32(u32) visit_u64(u64) visit_u128(u128)
        visit_f32(f32) visit_f64(f64) visit_char(char)
        visit_str(&str) visit_borrowed_str(&'de str) visit_string(String)
        visit_bytes(&[u8]) visit_borrowed_bytes(&'de [u8]) visit_byte_buf(Vec<u8>)
    }

    #[inline]
    fn visit_none<E: Error>(self) -> Result<V::Value, E> {
        self.inner.visit_none()
    }

    #[inline]
    fn visit_unit<E: Error>(self) -> Result<V::Value, E> {
        self.inner.visit_unit()
    }

    #[inline]
    fn visit_some<D: Deserializer<'de>>(self, value: D) -> Result<V::Value, D::Error> {
        self.enter()?;
        let value = self.with(value);
        self.inner.visit_some(value)
    }

    #[inline]
    fn visit_newtype_struct<D: Deserializer<'de>>(self, value: D) -> Result<V::Value, D::Error> {
        self.enter()?;
        let value = self.with(value);
        self.inner.visit_newtype_struct(value)
    }

    #[inline]
    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<V::Value, A::Error> {
        let reserve = self.claim(list.size_hint())?;
        let bounded = self.with(list);
        self.inner.visit_seq(List { bounded, reserve })
    }

    #[inline]
    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<V::Value, A::Error> {
        let reserve = self.claim(map.size_hint())?;
        let bounded = self.with(map);
        self.inner.visit_map(List { bounded, reserve })
    }

    #[inline]
    fn visit_enum<A: EnumAccess<'de>>(self, variants: A) -> Result<V::Value, A::Error> {
        self.enter()?;
        let variants = self.with(variants);
        self.inner.visit_enum(variants)
    }
}

impl<'de, S: DeserializeSeed<'de>> DeserializeSeed<'de> for Bounded<'_, S> {
    type Value = S::Value;

    #[inline]
    fn deserialize<D: Deserializer<'de>>(self, value: D) -> Result<S::Value, D::Error> {
        let value = self.with(value);
        self.inner.deserialize(value)
    }
}

impl<'de, A: SeqAccess<'de>> SeqAccess<'de> for List<'_, A> {
    type Error = A::Error;

    #[inline]
    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, A::Error> {
        let seed = self.bounded.with(seed);
        self.bounded.inner.next_element_seed(seed)
    }

    fn size_hint(&self) -> Option<usize> {
        self.reserve
    }
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for List<'_, A> {
    type Error = A::Error;

    #[inline]
    fn next_key_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, A::Error> {
        let seed = self.bounded.with(seed);
        self.bounded.inner.next_key_seed(seed)
    }

    #[inline]
    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, A::Error> {
        let seed = self.bounded.with(seed);
        self.bounded.inner.next_value_seed(seed)
    }

    fn size_hint(&self) -> Option<usize> {
        self.reserve
    }
}

impl<'de, 'a, A: EnumAccess<'de>> EnumAccess<'de> for Bounded<'a, A> {
    type Error = A::Error;
    type Variant = Bounded<'a, A::Variant>;

    #[inline]
    fn variant_seed<S: DeserializeSeed<'de>>(
        self,
        seed: S,
    ) -> Result<(S::Value, Self::Variant), A::Error> {
        let Bounded { left, list, inner } = self;
        let (value, inner) = inner.variant_seed(seed)?;
        Ok((value, Bounded { inner, left, list }))
    }
}

impl<'de, A: VariantAccess<'de>> VariantAccess<'de> for Bounded<'_, A> {
    type Error = A::Error;

    #[inline]
    fn unit_variant(self) -> Result<(), A::Error> {
        self.inner.unit_variant()
    }

    #[inline]
    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, A::Error> {
        let seed = self.with(seed);
        self.inner.newtype_variant_seed(seed)
    }

    #[inline]
    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, A::Error> {
        let visitor = self.with(visitor);
        self.inner.tuple_variant(len, visitor)
    }

    #[inline]
    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, A::Error> {
        let visitor = self.with(visitor);
        self.inner.struct_variant(fields, visitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;
    use std::collections::{BTreeMap, HashMap};

    fn whole<T: DeserializeOwned>(bytes: &[u8]) -> Option<T> {
        read(bytes).and_then(|(value, rest)| rest.is_empty().then_some(value))
    }

    #[derive(serde::Serialize, serde::Deserialize, Debug, Clone, PartialEq)]
    enum Shape {
        Unit,
        New(Box<Shape>),
        Pair(u8, String),
        Named { at: Option<i64>, wide: u128 },
    }

    #[derive(serde::Serialize, serde::Deserialize, Debug, Clone, PartialEq)]
    struct All {
        lists: Vec<Vec<u16>>,
        maps: (BTreeMap<String, char>, HashMap<u8, f64>),
        shapes: [Shape; 4],
        nothing: Vec<()>,
        unit: (),
        text: Box<str>,
    }

    fn all() -> All {
        All {
            lists: vec![vec![], vec![1, 2, 3], vec![u16::MAX; 30]],
            maps: (
                BTreeMap::from([("a".to_owned(), 'ä')]),
                HashMap::from([(1, -0.5)]),
            ),
            shapes: [
                Shape::Unit,
                Shape::New(Box::new(Shape::Unit)),
                Shape::Pair(7, "seven".to_owned()),
                Shape::Named {
                    at: Some(i64::MIN),
                    wide: u128::MAX,
                },
            ],
            nothing: vec![(); 100],
            unit: (),
            text: "text".into(),
        }
    }

    #[test]
    fn well_formed_values_are_read() {
        let bytes = postcard::to_allocvec(&all()).unwrap();
        assert_eq!(whole(&bytes), Some(all()));
        for length in 0..bytes.len() {
            assert_eq!(whole::<All>(&bytes[..length]), None, "{length} bytes");
        }
    }

    /// How much a sequence is told to reserve.
    struct Hint(Option<usize>);

    impl<'de> Deserialize<'de> for Hint {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            struct Asks;
            impl<'de> Visitor<'de> for Asks {
                type Value = Hint;
                fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    f.write_str("a list")
                }
                fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Hint, A::Error> {
                    Ok(Hint(list.size_hint()))
                }
                fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Hint, A::Error> {
                    Ok(Hint(map.size_hint()))
                }
            }
            deserializer.deserialize_map(Asks)
        }
    }

    #[test]
    fn a_sequence_reserves_no_more_elements_than_there_are_bytes() {
        let hint = |bytes: &[u8]| read::<Hint>(bytes).and_then(|(hint, _)| hint.0);
        assert_eq!(hint(&[3, 0, 0, 0]), Some(3));
        assert_eq!(hint(&[5, 0, 0, 0]), None, "not with four bytes in all");
        let (hints, _) = read::<(Hint, Hint)>(&[3, 3, 0, 0]).unwrap();
        assert_eq!((hints.0.0, hints.1.0), (Some(3), None), "not twice");
    }

    #[test]
    fn the_number_of_elements_of_no_size_is_bounded() {
        let lists = |lengths: [u64; 2]| postcard::to_allocvec(&lengths).unwrap();
        assert!(read::<(Hint, Hint)>(&lists([60_000, 1000])).is_some());
        assert!(read::<(Hint, Hint)>(&lists([60_000, 60_000])).is_none());
        assert!(read::<Hint>(&lists([1 << 31, 0])).is_none());
        assert_eq!(whole::<Vec<()>>(&[100]), Some(vec![(); 100]));
        assert_eq!(whole::<Vec<()>>(&[255, 255, 255, 255, 15]), None);
    }
}
