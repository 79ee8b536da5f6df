//! Slices of numbers as blocks of bytes: serde gives and takes their elements one by one, and a
//! type is recognised behind serde's generic parameters. `unsafe`: a value that was recognised is
//! read as what it is, and numbers as bytes.
//!
//! A block is what its elements are one by one, since every number is encoded as its bytes in
//! memory. So nothing of the format is decided here, and whatever is not recognised is encoded
//! the same.

use std::any::TypeId;
use std::marker::PhantomData;
use std::mem::{ManuallyDrop, transmute, transmute_copy};
use std::slice;

/// Whether numbers lie in memory as they are encoded.
const LITTLE: bool = cfg!(target_endian = "little");

/// Whether two types are the same, but for lifetimes. Compilers fold it into a constant.
#[inline(always)]
fn same<A: ?Sized, B: ?Sized + 'static>() -> bool {
    trait Named {
        fn id(&self) -> TypeId
        where
            Self: 'static;
    }
    impl<T: ?Sized> Named for PhantomData<T> {
        #[inline(always)]
        fn id(&self) -> TypeId
        where
            Self: 'static,
        {
            TypeId::of::<T>()
        }
    }
    let named: &dyn Named = &PhantomData::<A>;
    // SAFETY: only the lifetime of the trait object changes. `id` reads nothing of `A`, and
    // lifetimes are no part of a `TypeId`.
    let named: &(dyn Named + 'static) = unsafe { transmute(named) };
    named.id() == TypeId::of::<B>()
}

/// The elements of an iterator over a slice of numbers: how many, and their bytes.
#[inline(always)]
pub(crate) fn of<I>(iter: &I) -> Option<(usize, &[u8])> {
    macro_rules! numbers {
        ($($number:ty)*) => {$(
            if same::<I, slice::Iter<'static, $number>>() {
                // SAFETY: it is such an iterator, and what it borrows outlives it.
                let numbers = unsafe { &*std::ptr::from_ref(iter).cast::<slice::Iter<'_, $number>>() };
                let numbers = numbers.as_slice();
                let (first, size) = (numbers.as_ptr().cast(), size_of_val(numbers));
                // SAFETY: numbers have no padding, and these are borrowed as long.
                return Some((numbers.len(), unsafe { slice::from_raw_parts(first, size) }));
            }
        )*};
    }
    if LITTLE {
        numbers!(u8 i8 u16 i16 u32 i32 u64 i64 f32 f64);
    }
    None
}

/// The size of a number where serde's seed `S` reads a `Vec` of them into `V`, else zero.
#[inline(always)]
pub(crate) fn wanted<S, V>() -> usize {
    macro_rules! numbers {
        ($($number:ty)*) => {$(
            if same::<S, PhantomData<Vec<$number>>>() && same::<V, Vec<$number>>() {
                return size_of::<$number>();
            }
        )*};
    }
    if LITTLE {
        numbers!(u8 i8 u16 i16 u32 i32 u64 i64 f32 f64);
    }
    0
}

/// The `Vec` of numbers that [`wanted`] said is wanted, from their bytes, which are whole.
#[inline(always)]
pub(crate) fn read<V>(bytes: &[u8]) -> Option<V> {
    macro_rules! numbers {
        ($($number:ty)*) => {$(
            if same::<V, Vec<$number>>() {
                let count = bytes.len() / size_of::<$number>();
                let mut numbers = Vec::<$number>::with_capacity(count);
                let size = count * size_of::<$number>();
                // SAFETY: the vector has room for so many bytes, there are as many, and every
                // pattern of bits is a number.
                unsafe {
                    bytes.as_ptr().copy_to_nonoverlapping(numbers.as_mut_ptr().cast(), size);
                    numbers.set_len(count);
                }
                // SAFETY: `V` is this type, and the value is moved out once.
                return Some(unsafe { transmute_copy(&ManuallyDrop::new(numbers)) });
            }
        )*};
    }
    numbers!(u8 i8 u16 i16 u32 i32 u64 i64 f32 f64);
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slices_of_numbers_are_recognised_whatever_their_lifetime() {
        let numbers = [1.5_f64, -0.0, f64::NAN];
        let all = numbers.iter();
        let (count, bytes) = of(&all).unwrap();
        let expected: Vec<u8> = numbers.iter().flat_map(|n| n.to_le_bytes()).collect();
        assert_eq!((count, bytes), (3, &expected[..]));
        let mut rest = numbers.iter();
        rest.next();
        assert_eq!(
            of(&rest).unwrap(),
            (2, &expected[8..]),
            "what is left of it"
        );
        assert_eq!(of::<slice::Iter<'_, u8>>(&[].iter()), Some((0, &[][..])));
    }

    #[test]
    fn what_is_no_slice_of_numbers_is_not_recognised() {
        assert_eq!(of(&[true].iter()), None);
        assert_eq!(of(&['a'].iter()), None);
        assert_eq!(of(&["a"].iter()), None);
        assert_eq!(of(&[[1_u8; 4]].iter()), None);
        assert_eq!(of(&vec![1_u8].into_iter()), None);
        assert_eq!(of(&[1_u8].iter().map(|n| n + 1)), None);
        assert_eq!(wanted::<PhantomData<Vec<bool>>, Vec<bool>>(), 0);
        assert_eq!(wanted::<u8, Vec<u8>>(), 0, "a seed of somebody else's");
    }

    #[test]
    fn numbers_are_read_as_they_were() {
        assert_eq!(wanted::<PhantomData<Vec<u16>>, Vec<u16>>(), 2);
        let numbers = [1_u16, 513, u16::MAX];
        let all = numbers.iter();
        let (_, bytes) = of(&all).unwrap();
        // At an odd address, too.
        let shifted = [&[0], bytes].concat();
        assert_eq!(read::<Vec<u16>>(&shifted[1..]), Some(numbers.to_vec()));
        assert_eq!(read::<Vec<u8>>(&[]), Some(vec![]));
        assert_eq!(read::<String>(&[]), None);
    }
}
