//! The bytes of a value: how states and arguments are encoded, by serde. `decode.rs` reads them,
//! and what is around them (lengths, versions, checksums) is in `codec.rs`.
//!
//! The format has no names and no types, so both sides must know them. Numbers are fixed in
//! size and little-endian, so that a slice of them is a block (`blocks.rs`). A length, or the
//! index of a variant, is a variable-length integer of 32 bits. An `Option` is a byte and
//! perhaps a value; structs and tuples are their elements.

use crate::persist::blocks;
use crate::persist::hint::{self, Hint};
use serde::ser::{
    Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, SerializeTupleVariant, Serializer,
};
use std::fmt;

/// Why a value can't be encoded, or bytes can't be decoded: nobody asks for more.
#[derive(Debug)]
pub(crate) struct Failed;

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not encodable")
    }
}

impl std::error::Error for Failed {}

impl serde::ser::Error for Failed {
    fn custom<M: fmt::Display>(_message: M) -> Self {
        Failed
    }
}

impl serde::de::Error for Failed {
    fn custom<M: fmt::Display>(_message: M) -> Self {
        Failed
    }
}

/// Appends the bytes of a value. If it can't be encoded, some of them may have been appended.
#[inline]
pub(crate) fn append<V: Serialize + ?Sized>(value: &V, bytes: &mut Vec<u8>) -> Result<(), Failed> {
    value.serialize(Encoder(bytes))
}

/// Appends what serde tells.
struct Encoder<'a>(&'a mut Vec<u8>);

impl Encoder<'_> {
    #[inline]
    fn inner(&mut self) -> Encoder<'_> {
        Encoder(self.0)
    }

    #[inline]
    fn put<const N: usize>(&mut self, bytes: [u8; N]) {
        room(self.0, N);
        self.0.extend_from_slice(&bytes);
    }

    fn number(&mut self, mut number: u32) {
        while number >= 128 {
            self.put([number as u8 | 128]);
            number >>= 7;
        }
        self.put([number as u8]);
    }

    #[inline]
    fn length(&mut self, length: usize) -> Result<(), Failed> {
        self.number(u32::try_from(length).map_err(|_| Failed)?);
        Ok(())
    }

    #[inline]
    fn block(&mut self, count: usize, bytes: &[u8]) -> Result<(), Failed> {
        self.length(count)?;
        room(self.0, bytes.len());
        // A copy of variable length is `memory.copy`, a call in engines: too dear for few bytes.
        if bytes.len() > 16 {
            self.0.extend_from_slice(bytes);
        } else {
            bytes.iter().for_each(|byte| self.0.push(*byte));
        }
        Ok(())
    }
}

/// Makes room for `more` bytes: an eighth of the bytes too many, not twice as many.
#[inline]
fn room(bytes: &mut Vec<u8>, more: usize) {
    #[cold]
    #[inline(never)]
    fn grow(bytes: &mut Vec<u8>, more: usize) {
        bytes.reserve_exact(more + bytes.len() / 8 + 128);
    }
    if bytes.capacity() - bytes.len() < more {
        grow(bytes, more);
    }
}

macro_rules! numbers {
    ($($name:ident: $number:ty)*) => {$(
        #[inline]
        fn $name(mut self, value: $number) -> Result<(), Failed> {
            self.put(value.to_le_bytes());
            Ok(())
        }
    )*};
}

impl<'a> Serializer for Encoder<'a> {
    type Ok = ();
    type Error = Failed;
    type SerializeSeq = Encoder<'a>;
    type SerializeTuple = Encoder<'a>;
    type SerializeTupleStruct = Encoder<'a>;
    type SerializeTupleVariant = Encoder<'a>;
    type SerializeMap = Encoder<'a>;
    type SerializeStruct = Encoder<'a>;
    type SerializeStructVariant = Encoder<'a>;

    numbers! {
        serialize_u8: u8 serialize_u16: u16 serialize_u32: u32 serialize_u64: u64 serialize_u128: u128
        serialize_i8: i8 serialize_i16: i16 serialize_i32: i32 serialize_i64: i64 serialize_i128: i128
        serialize_f32: f32 serialize_f64: f64
    }

    #[inline]
    fn serialize_bool(mut self, value: bool) -> Result<(), Failed> {
        self.put([u8::from(value)]);
        Ok(())
    }

    #[inline]
    fn serialize_char(self, value: char) -> Result<(), Failed> {
        self.serialize_u32(value.into())
    }

    #[inline]
    fn serialize_str(mut self, value: &str) -> Result<(), Failed> {
        self.block(value.len(), value.as_bytes())
    }

    #[inline]
    fn serialize_bytes(mut self, value: &[u8]) -> Result<(), Failed> {
        self.block(value.len(), value)
    }

    #[inline]
    fn serialize_none(self) -> Result<(), Failed> {
        self.serialize_u8(0)
    }

    #[inline]
    fn serialize_some<T: Serialize + ?Sized>(mut self, value: &T) -> Result<(), Failed> {
        self.put([1]);
        value.serialize(self)
    }

    #[inline]
    fn serialize_unit(self) -> Result<(), Failed> {
        Ok(())
    }

    #[inline]
    fn serialize_unit_struct(self, _name: &'static str) -> Result<(), Failed> {
        Ok(())
    }

    #[inline]
    fn serialize_unit_variant(
        mut self,
        _name: &'static str,
        index: u32,
        _variant: &'static str,
    ) -> Result<(), Failed> {
        self.number(index);
        Ok(())
    }

    #[inline]
    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        value: &T,
    ) -> Result<(), Failed> {
        value.serialize(self)
    }

    #[inline]
    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        mut self,
        _name: &'static str,
        index: u32,
        _variant: &'static str,
        value: &T,
    ) -> Result<(), Failed> {
        self.number(index);
        value.serialize(self)
    }

    #[inline]
    fn serialize_seq(mut self, length: Option<usize>) -> Result<Self, Failed> {
        let Some(length) = length else {
            hint::note(Hint::Length);
            return Err(Failed);
        };
        self.length(length)?;
        Ok(self)
    }

    #[inline]
    fn serialize_tuple(self, _length: usize) -> Result<Self, Failed> {
        Ok(self)
    }

    #[inline]
    fn serialize_tuple_struct(self, _name: &'static str, _length: usize) -> Result<Self, Failed> {
        Ok(self)
    }

    #[inline]
    fn serialize_tuple_variant(
        mut self,
        _name: &'static str,
        index: u32,
        _variant: &'static str,
        _length: usize,
    ) -> Result<Self, Failed> {
        self.number(index);
        Ok(self)
    }

    #[inline]
    fn serialize_map(self, length: Option<usize>) -> Result<Self, Failed> {
        self.serialize_seq(length)
    }

    #[inline]
    fn serialize_struct(self, _name: &'static str, _length: usize) -> Result<Self, Failed> {
        Ok(self)
    }

    #[inline]
    fn serialize_struct_variant(
        mut self,
        _name: &'static str,
        index: u32,
        _variant: &'static str,
        _length: usize,
    ) -> Result<Self, Failed> {
        self.number(index);
        Ok(self)
    }

    /// serde calls this for slices and `Vec`s.
    #[inline]
    fn collect_seq<I>(mut self, elements: I) -> Result<(), Failed>
    where
        I: IntoIterator,
        I::Item: Serialize,
    {
        let mut elements = elements.into_iter();
        if let Some((count, bytes)) = blocks::of(&elements) {
            return self.block(count, bytes);
        }
        let (length, most) = elements.size_hint();
        if most != Some(length) {
            return Err(Failed);
        }
        self.length(length)?;
        elements.try_for_each(|element| element.serialize(self.inner()))
    }

    fn is_human_readable(&self) -> bool {
        false
    }
}

macro_rules! elements {
    ($($compound:ident: $element:ident($($key:ident: $ty:ty)?))*) => {$(
        impl $compound for Encoder<'_> {
            type Ok = ();
            type Error = Failed;

            #[inline]
            fn $element<T: Serialize + ?Sized>(&mut self, $($key: $ty,)? value: &T) -> Result<(), Failed> {
                value.serialize(self.inner())
            }

            #[inline]
            fn end(self) -> Result<(), Failed> {
                Ok(())
            }
        }
    )*};
}

elements! {
    SerializeSeq: serialize_element()
    SerializeTuple: serialize_element()
    SerializeTupleStruct: serialize_field()
    SerializeTupleVariant: serialize_field()
    SerializeStruct: serialize_field(_key: &'static str)
    SerializeStructVariant: serialize_field(_key: &'static str)
}

impl SerializeMap for Encoder<'_> {
    type Ok = ();
    type Error = Failed;

    #[inline]
    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Failed> {
        key.serialize(self.inner())
    }

    #[inline]
    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Failed> {
        value.serialize(self.inner())
    }

    #[inline]
    fn end(self) -> Result<(), Failed> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes<V: Serialize + ?Sized>(value: &V) -> Vec<u8> {
        let mut bytes = Vec::new();
        append(value, &mut bytes).unwrap();
        bytes
    }

    #[test]
    fn a_slice_of_numbers_is_a_block_and_the_same_as_its_elements_one_by_one() {
        assert_eq!(bytes(&[1_u16, 515][..]), [2, 1, 0, 3, 2]);
        macro_rules! check {
            ($($number:ty)*) => {$(
                let numbers: Vec<$number> = (0..200).map(|n: u8| n as $number).collect();
                // serde gives the elements of a `VecDeque` one by one.
                let one_by_one = numbers.iter().copied().collect::<std::collections::VecDeque<_>>();
                assert_eq!(bytes(&numbers), bytes(&one_by_one), stringify!($number));
                assert_eq!(bytes(&numbers[..]), bytes(&numbers));
            )*};
        }
        check!(u8 i8 u16 i16 u32 i32 u64 i64 f32 f64 u128 i128);
    }

    #[test]
    fn a_buffer_grows_by_what_is_appended_and_not_to_twice_as_much() {
        let mut buffer = vec![0; 12];
        append(&*"x".repeat(1 << 20), &mut buffer).unwrap();
        append(&1_u64, &mut buffer).unwrap();
        assert!(
            buffer.capacity() < (1 << 20) + 1000,
            "{}",
            buffer.capacity()
        );
        append(&*"x".repeat(100), &mut buffer).unwrap();
        assert!(
            buffer.capacity() < (1 << 20) * 5 / 4,
            "{}",
            buffer.capacity()
        );
    }

    #[test]
    fn what_has_no_length_can_not_be_encoded() {
        struct Unsized;
        impl Serialize for Unsized {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_seq((0..9_u8).filter(|n| n % 2 == 0))
            }
        }
        assert!(append(&Unsized, &mut Vec::new()).is_err());
    }
}
