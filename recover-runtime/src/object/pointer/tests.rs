//! Objects as JavaScript hands them about, for Miri.

use super::*;
use crate::object::{convert, entry};
use recover_macros::recoverable;

#[recoverable(crate = crate)]
pub struct Sample {
    values: Vec<u32>,
}

/// Where an object is that JavaScript has a count of.
fn exported(n: u32) -> usize {
    let cell = ObjectCell::new(Sample { values: vec![n] });
    <Sample as Recoverable>::Handle::new(cell)
        .into_abi()
        .into_usize()
}

fn at(address: usize) -> ObjectAbi<Sample> {
    ObjectAbi::<Sample>::from_usize(address)
}

/// What a call would read; nothing if the object refuses it.
fn sum(given: &Given<Sample>) -> Option<u32> {
    entry::look(given.object().cell()?, |sample| sample.values.iter().sum())
}

#[test]
fn a_strong_count_is_lent_retained_and_released() {
    let address = exported(7);
    // SAFETY: `address` is from `into_abi`, and its count is given up once, below.
    unsafe {
        assert_eq!(sum(&Object::lend(at(address))), Some(7));
        let kept = Object::<Sample>::retain(at(address));
        assert_eq!(sum(&Object::lend(at(address))), Some(7));
        drop(kept);
        let values = convert::take(Object::<Sample>::own(at(address))).map(|sample| sample.values);
        assert_eq!(values, Ok(vec![7]));
    }
}

#[test]
fn a_lingering_object_is_stale_and_its_block_is_not_reused() {
    let address = exported(7);
    // SAFETY: `address` is from `into_abi`, its count is given up once, and fewer than
    // `LINGER` objects follow before it is used for the last time.
    unsafe {
        Object::<Sample>::lend(at(address)).object().linger();
        drop(Object::<Sample>::own(at(address)));
        let others: Vec<_> = (0..4).map(exported).collect();
        assert_eq!(sum(&Object::lend(at(address))), None);
        assert!(Object::<Sample>::retain(at(address)).cell().is_none());
        for address in others {
            Object::<Sample>::lend(at(address)).object().linger();
            drop(Object::<Sample>::own(at(address)));
        }
    }
    for n in 0..2 * LINGER {
        let address = exported(n as u32);
        // SAFETY: as above.
        unsafe {
            Object::<Sample>::lend(at(address)).object().linger();
            drop(Object::<Sample>::own(at(address)));
        }
    }
}

#[test]
fn a_stand_in_is_taken_or_released_like_any_object() {
    for refusal in [Refusal::Stale, Refusal::Busy] {
        let stand_in = || at(Object::<Sample>::stand_in(refusal, None) as usize);
        // SAFETY: each is from `into_abi`, and its count is given up once.
        unsafe {
            assert!(convert::take(Object::<Sample>::own(stand_in())).is_err());
            drop(Rc::from_raw(stand_in().into_ptr()));
        }
    }
}
