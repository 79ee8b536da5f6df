//! Objects as JavaScript hands them about, for Miri.

use super::*;
use crate::object::entry;
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

/// What `Given::taken` makes when the host has taken the pointer out of the handle.
///
/// # Safety
/// `address` is from `into_abi`, and its count is given up by this.
unsafe fn taken(address: usize) -> Object<Sample> {
    // SAFETY: the caller's contract.
    unsafe {
        match Object::<Sample>::offered(at(address)) {
            Given::Offered(object) => {
                let pointer = object.0.as_ref().map(Rc::as_ptr);
                Object(pointer.map(|pointer| Rc::from_raw(pointer)))
            }
            _ => unreachable!("it is offered"),
        }
    }
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
        let taken = taken(address);
        assert_eq!(sum(&Object::offered(at(address))), Some(7));
        let values = taken.cell().and_then(|cell| cell.take().ok());
        assert_eq!(values.map(|sample| sample.values), Some(vec![7]));
        assert!(
            Object::<Sample>::offered(at(address))
                .object()
                .cell()
                .is_some_and(|cell| cell.refusal().is_some())
        );
    }
}

#[test]
fn a_lingering_object_is_stale_and_its_block_is_not_reused() {
    let address = exported(7);
    // SAFETY: `address` is from `into_abi`, its count is given up once, and fewer than
    // `LINGER` objects follow before it is used for the last time.
    unsafe {
        Object::<Sample>::lend(at(address)).object().linger();
        drop(taken(address));
        let others: Vec<_> = (0..4).map(exported).collect();
        assert_eq!(sum(&Object::lend(at(address))), None);
        assert!(Object::<Sample>::retain(at(address)).cell().is_none());
        for address in others {
            Object::<Sample>::lend(at(address)).object().linger();
            drop(taken(address));
        }
    }
    for n in 0..2 * LINGER {
        let address = exported(n as u32);
        // SAFETY: as above.
        unsafe {
            Object::<Sample>::lend(at(address)).object().linger();
            drop(taken(address));
        }
    }
}
