//! Objects as JavaScript hands them about, for Miri.

use super::*;
use crate::base::cell::Access;
use crate::object::entry;
use recover_macros::recoverable;
use wasm_bindgen::convert::IntoWasmAbi;

#[recoverable(crate = crate)]
pub struct Sample {
    values: Vec<u32>,
}

#[recoverable(crate = crate, extends = Sample)]
pub struct Heir {
    more: u32,
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

#[test]
fn the_second_pointer_of_an_object_leads_to_its_parent() {
    let parent = Sample { values: vec![7] }.into();
    let object = Object::<Heir>::new(ObjectCell::new(Heir { parent, more: 1 }));
    let cell = object.cell().unwrap();
    let address = Above::<Heir>::upcast(&cell.above, 0) as usize;
    // SAFETY: the count is that of `upcast`, which is released below.
    let parent = unsafe { Object::<Sample>::lend(at(address)) };
    assert_eq!(sum(&parent), Some(7));

    // A call of either class holds the object for the other.
    cell.enter(Access::Exclusive).unwrap();
    assert_eq!(sum(&parent), None);
    // SAFETY: the exclusive entry above is outstanding.
    let heir = unsafe { &mut *cell.as_ptr() };
    heir.parent.borrow_mut().values.push(heir.more);
    cell.leave(Access::Exclusive);
    let parents = parent.object().cell().unwrap();
    parents.enter(Access::Shared).unwrap();
    assert!(cell.enter(Access::Exclusive).is_err());
    assert!(cell.enter(Access::Shared).is_ok());
    cell.leave(Access::Shared);
    parents.leave(Access::Shared);
    assert_eq!(sum(&parent), Some(8));

    // Another parent comes to where the pointer leads.
    cell.enter(Access::Exclusive).unwrap();
    // SAFETY: the exclusive entry above is outstanding; there is no other reference.
    unsafe {
        (*cell.as_ptr()).parent = Sample { values: vec![9] }.into();
        cell.above.settle(&mut *cell.as_ptr(), None);
    }
    cell.leave(Access::Exclusive);
    assert_eq!(sum(&parent), Some(9));

    // So does that of a state that the object is rolled back to; what it replaces keeps its own.
    let before = Sample { values: vec![4] }.into();
    cell.enter(Access::Exclusive).unwrap();
    // SAFETY: the same.
    let torn = unsafe {
        let value = &mut *cell.as_ptr();
        let mut torn = std::mem::replace(
            value,
            Heir {
                parent: before,
                more: 2,
            },
        );
        cell.above.settle(value, Some(&mut torn));
        torn
    };
    cell.leave(Access::Exclusive);
    assert_eq!(torn.parent.borrow().values, [9]);
    assert_eq!(sum(&parent), Some(4));

    // What Rust takes leaves with its parent.
    let taken = cell.take().unwrap();
    assert_eq!(sum(&parent), None);
    assert_eq!(taken.parent.borrow().values, [4]);
    Above::<Heir>::release(&cell.above);
}
