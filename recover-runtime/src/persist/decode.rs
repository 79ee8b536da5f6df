//! Values from bytes: what `encode.rs` writes is read by serde, and what reading untrusted bytes
//! may allocate is bounded. `codec.rs` checks the checksums before.
//!
//! serde reserves at most a MiB on the word of a length, but for each sequence, and sequences
//! nest. So:
//! - the lengths of all sequences together are at most the bytes there are, and some more for
//!   elements of no size; what a length says is reserved only within the bytes;
//! - a block of numbers is as many bytes as there are;
//! - where the stack runs short the value is refused.

use crate::base::stack;
use crate::persist::blocks;
use crate::persist::encode::Failed;
use crate::persist::hint::{self, Hint};
use serde::de::value::U32Deserializer;
use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, MapAccess, SeqAccess,
    VariantAccess, Visitor,
};
use std::marker::PhantomData;

/// How many elements of no size all sequences of a value may have together.
const SIZELESS: usize = 65_536;

/// Decodes the value at the start of `bytes`; returns it with the rest.
pub(crate) fn read<T: DeserializeOwned>(bytes: &[u8]) -> Option<(T, &[u8])> {
    let left = bytes.len().saturating_add(SIZELESS);
    let mut decoder = Decoder { bytes, left };
    let value = decoder.value(PhantomData).ok()?;
    Some((value, decoder.bytes))
}

/// Reads what serde asks for.
struct Decoder<'de> {
    bytes: &'de [u8],
    /// How many elements sequences may still have.
    left: usize,
}

impl<'de> Decoder<'de> {
    #[inline]
    fn take(&mut self, length: usize) -> Result<&'de [u8], Failed> {
        let (taken, rest) = self.bytes.split_at_checked(length).ok_or(Failed)?;
        self.bytes = rest;
        Ok(taken)
    }

    #[inline]
    fn array<const N: usize>(&mut self) -> Result<[u8; N], Failed> {
        let (taken, rest) = self.bytes.split_first_chunk().ok_or(Failed)?;
        self.bytes = rest;
        Ok(*taken)
    }

    fn number(&mut self) -> Result<u32, Failed> {
        let mut number = 0;
        for shift in [0, 7, 14, 21, 28] {
            let [byte] = self.array()?;
            let bits = u32::from(byte & 127);
            if bits > u32::MAX >> shift {
                return Err(Failed);
            }
            number |= bits << shift;
            if byte < 128 {
                return Ok(number);
            }
        }
        Err(Failed)
    }

    #[inline]
    fn block(&mut self) -> Result<&'de [u8], Failed> {
        let length = self.number()?;
        self.take(length as usize)
    }

    /// A value behind a seed of serde's, which is a `PhantomData` of its type, or of the user's.
    #[inline]
    fn value<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Failed> {
        let size = blocks::wanted::<S, S::Value>();
        if size == 0 {
            return seed.deserialize(self);
        }
        let count = self.number()? as usize;
        let bytes = self.take(count.checked_mul(size).ok_or(Failed)?)?;
        blocks::read(bytes).ok_or(Failed)
    }

    /// Refuses the value if too little stack is left to read what is inside.
    #[inline]
    fn enter(&self) -> Result<(), Failed> {
        match stack::is_short() {
            true => {
                hint::note(Hint::Stack);
                Err(Failed)
            }
            false => Ok(()),
        }
    }

    /// The elements of a sequence, or the entries of a map, whose number is read and taken from
    /// the budget.
    fn elements(&mut self) -> Result<Elements<'_, 'de>, Failed> {
        self.enter()?;
        let count = self.number()? as usize;
        self.left = self.left.checked_sub(count).ok_or(Failed)?;
        let reserve = (self.left >= SIZELESS).then_some(count);
        let decoder = self;
        Ok(Elements {
            decoder,
            count,
            reserve,
        })
    }
}

macro_rules! numbers {
    ($($name:ident: $visit:ident $number:ty)*) => {$(
        #[inline]
        fn $name<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failed> {
            visitor.$visit(<$number>::from_le_bytes(self.array()?))
        }
    )*};
}

macro_rules! refused {
    ($($name:ident)*) => {$(
        fn $name<V: Visitor<'de>>(self, _visitor: V) -> Result<V::Value, Failed> {
            hint::note(Hint::Next);
            Err(Failed)
        }
    )*};
}

impl<'de> Deserializer<'de> for &mut Decoder<'de> {
    type Error = Failed;

    numbers! {
        deserialize_u8: visit_u8 u8 deserialize_u16: visit_u16 u16 deserialize_u32: visit_u32 u32
        deserialize_u64: visit_u64 u64 deserialize_u128: visit_u128 u128
        deserialize_i8: visit_i8 i8 deserialize_i16: visit_i16 i16 deserialize_i32: visit_i32 i32
        deserialize_i64: visit_i64 i64 deserialize_i128: visit_i128 i128
        deserialize_f32: visit_f32 f32 deserialize_f64: visit_f64 f64
    }

    // The format has no types and no names.
    refused! { deserialize_any deserialize_identifier deserialize_ignored_any }

    #[inline]
    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failed> {
        match self.array()? {
            [0] => visitor.visit_bool(false),
            [1] => visitor.visit_bool(true),
            _ => Err(Failed),
        }
    }

    #[inline]
    fn deserialize_char<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failed> {
        let code = u32::from_le_bytes(self.array()?);
        visitor.visit_char(char::from_u32(code).ok_or(Failed)?)
    }

    #[inline]
    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failed> {
        let bytes = self.block()?;
        visitor.visit_borrowed_str(str::from_utf8(bytes).map_err(|_| Failed)?)
    }

    #[inline]
    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failed> {
        self.deserialize_str(visitor)
    }

    #[inline]
    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failed> {
        visitor.visit_borrowed_bytes(self.block()?)
    }

    #[inline]
    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failed> {
        self.deserialize_bytes(visitor)
    }

    #[inline]
    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failed> {
        self.enter()?;
        match self.array()? {
            [0] => visitor.visit_none(),
            [1] => visitor.visit_some(self),
            _ => Err(Failed),
        }
    }

    #[inline]
    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failed> {
        visitor.visit_unit()
    }

    #[inline]
    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Failed> {
        visitor.visit_unit()
    }

    #[inline]
    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Failed> {
        self.enter()?;
        visitor.visit_newtype_struct(self)
    }

    #[inline]
    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failed> {
        visitor.visit_seq(self.elements()?)
    }

    #[inline]
    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failed> {
        visitor.visit_map(self.elements()?)
    }

    #[inline]
    fn deserialize_tuple<V: Visitor<'de>>(
        self,
        count: usize,
        visitor: V,
    ) -> Result<V::Value, Failed> {
        self.enter()?;
        let reserve = Some(count);
        let decoder = self;
        visitor.visit_seq(Elements {
            decoder,
            count,
            reserve,
        })
    }

    #[inline]
    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        count: usize,
        visitor: V,
    ) -> Result<V::Value, Failed> {
        self.deserialize_tuple(count, visitor)
    }

    #[inline]
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Failed> {
        self.deserialize_tuple(fields.len(), visitor)
    }

    #[inline]
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Failed> {
        self.enter()?;
        visitor.visit_enum(self)
    }

    fn is_human_readable(&self) -> bool {
        false
    }
}

/// So many elements, or entries of a map.
struct Elements<'a, 'de> {
    decoder: &'a mut Decoder<'de>,
    count: usize,
    /// How many a collection may reserve for.
    reserve: Option<usize>,
}

impl<'de> SeqAccess<'de> for Elements<'_, 'de> {
    type Error = Failed;

    #[inline]
    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Failed> {
        match self.count.checked_sub(1) {
            None => Ok(None),
            Some(count) => {
                self.count = count;
                self.decoder.value(seed).map(Some)
            }
        }
    }

    fn size_hint(&self) -> Option<usize> {
        self.reserve
    }
}

impl<'de> MapAccess<'de> for Elements<'_, 'de> {
    type Error = Failed;

    #[inline]
    fn next_key_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Failed> {
        self.next_element_seed(seed)
    }

    #[inline]
    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Failed> {
        self.decoder.value(seed)
    }

    fn size_hint(&self) -> Option<usize> {
        self.reserve
    }
}

impl<'de> EnumAccess<'de> for &mut Decoder<'de> {
    type Error = Failed;
    type Variant = Self;

    #[inline]
    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Self), Failed> {
        let index = U32Deserializer::new(self.number()?);
        Ok((seed.deserialize(index)?, self))
    }
}

impl<'de> VariantAccess<'de> for &mut Decoder<'de> {
    type Error = Failed;

    #[inline]
    fn unit_variant(self) -> Result<(), Failed> {
        Ok(())
    }

    #[inline]
    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, Failed> {
        self.value(seed)
    }

    #[inline]
    fn tuple_variant<V: Visitor<'de>>(self, count: usize, visitor: V) -> Result<V::Value, Failed> {
        self.deserialize_tuple(count, visitor)
    }

    #[inline]
    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Failed> {
        self.deserialize_tuple(fields.len(), visitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::persist::encode::append;
    use serde::{Deserialize, Serialize};
    use std::collections::{BTreeMap, HashMap, VecDeque};
    use std::fmt;

    fn written<T: Serialize>(value: &T) -> Vec<u8> {
        let mut bytes = Vec::new();
        append(value, &mut bytes).unwrap();
        bytes
    }

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
        let bytes = written(&all());
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
    fn a_length_of_more_than_32_bits_is_refused() {
        assert_eq!(
            whole::<Vec<()>>(&[128, 0]),
            Some(vec![]),
            "longer than it must be"
        );
        for length in [
            &[255, 255, 255, 255, 31][..],
            &[128; 5],
            &[128, 128, 128, 128, 128, 0],
        ] {
            assert_eq!(whole::<Vec<()>>(length), None, "{length:?}");
        }
    }

    #[test]
    fn a_block_of_numbers_is_read_wherever_it_stands() {
        #[derive(Serialize, Deserialize, Debug, Clone, PartialEq)]
        struct Blocks {
            bytes: Vec<u8>,
            floats: Vec<f64>,
            nested: Vec<Vec<i16>>,
            optional: Option<Vec<u32>>,
            boxed: Box<[u64]>,
            last: u8,
        }
        let blocks = Blocks {
            bytes: (0..=255).collect(),
            floats: vec![0.5, f64::MIN, f64::INFINITY],
            nested: vec![vec![], vec![-1, i16::MAX]],
            optional: Some(vec![7; 40]),
            boxed: vec![u64::MAX; 3].into(),
            last: 9,
        };
        let bytes = written(&blocks);
        assert_eq!(whole(&bytes), Some(blocks));
        for length in 0..bytes.len() {
            assert_eq!(whole::<Blocks>(&bytes[..length]), None, "{length} bytes");
        }
        let numbers: VecDeque<i64> = (-50..50).collect();
        let bytes = written(&numbers);
        assert_eq!(
            whole(&bytes),
            Some(numbers.iter().copied().collect::<Vec<_>>())
        );
        assert_eq!(whole(&bytes), Some(numbers), "one by one");
    }

    #[test]
    fn a_false_length_of_a_block_is_refused() {
        assert_eq!(whole::<Vec<u8>>(&[3, 1, 2]), None);
        assert_eq!(whole::<Vec<f64>>(&[255, 255, 255, 255, 15, 0]), None);
        assert_eq!(whole::<Vec<u16>>(&[2, 1, 0, 2]), None);
        assert_eq!(whole::<Vec<u16>>(&[2, 1, 0, 2, 0]), Some(vec![1, 2]));
    }

    #[test]
    fn the_number_of_elements_of_no_size_is_bounded() {
        let lists = |lengths: [usize; 2]| written(&lengths.map(|length| vec![(); length]));
        assert!(read::<(Hint, Hint)>(&lists([60_000, 1000])).is_some());
        assert!(read::<(Hint, Hint)>(&lists([60_000, 60_000])).is_none());
        assert!(read::<Hint>(&[128, 128, 128, 128, 8]).is_none());
        assert_eq!(whole::<Vec<()>>(&[100]), Some(vec![(); 100]));
        assert_eq!(whole::<Vec<()>>(&[255, 255, 255, 255, 15]), None);
    }
}
