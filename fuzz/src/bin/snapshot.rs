//! Fuzzes what reads snapshots, which may come from anywhere: whatever the bytes, they are
//! a state or refused, at a cost that they are worth; a state that was read is written and
//! read again as itself; and a snapshot of which anything was changed is refused.
#![no_main]

use libfuzzer_sys::fuzz_target;
use recover_fuzz::allocated::within;
use recover_fuzz::states::{Dated, Lists, Maps, Tree};
use recover_runtime::persist::Class;
use recover_runtime::persist::State;
use recover_runtime::persist::fuzzing::{Refused, opened, seal};
use std::fmt::Debug;

fuzz_target!(|input: &[u8]| {
    let [class, rest @ ..] = input else { return };
    match class % 4 {
        0 => class_of::<Lists>(rest),
        1 => class_of::<Maps>(rest),
        2 => class_of::<Tree>(rest),
        _ => older(rest),
    }
});

/// A payload of some version of a class with migrations, which is read, or refused for what is its own.
fn older(input: &[u8]) {
    let [found, payload @ ..] = input else { return };
    let (found, now) = (u32::from(found % 5), 3);
    let bytes = wrapped::<Dated>(found, payload);
    match (found, within(bytes.len(), || opened::<Dated>(now, &bytes))) {
        (1..=3, Ok(state)) => again(now, &state),
        (1..=3, Err(Refused::State)) | (1 | 2, Err(Refused::Migration { from: 2, .. })) => {}
        (0 | 4, Err(refused)) => assert_eq!(refused, version::<Dated>(found, now)),
        (_, ended) => panic!("version {found} ended by {ended:?}"),
    }
}

fn version<T: Class>(found: u32, now: u32) -> Refused {
    let class = T::NAME;
    Refused::Version { class, found, now }
}

fn class_of<T: State + PartialEq + Debug>(input: &[u8]) {
    let [how, a, b, c, payload @ ..] = input else {
        return;
    };
    let version = u32::from(*a);
    match how % 4 {
        0 => as_they_are::<T>(version, &input[1..]),
        1 => sealed::<T>(version, payload),
        2 => changed::<T>(version, payload, usize::from(*b), *c),
        _ => cut::<T>(version, payload, usize::from(*b)),
    }
}

/// Bytes that nobody sealed.
fn as_they_are<T: State + PartialEq + Debug>(version: u32, bytes: &[u8]) {
    if let Ok(state) = within(bytes.len(), || opened::<T>(version, bytes)) {
        again(version, &state);
    }
}

/// A payload with the right checksum.
fn sealed<T: State + PartialEq + Debug>(version: u32, payload: &[u8]) {
    let bytes = wrapped::<T>(version, payload);
    match within(bytes.len(), || opened::<T>(version, &bytes)) {
        Ok(state) => again(version, &state),
        Err(refused) => assert_eq!(refused, Refused::State, "nothing else is wrong with it"),
    }
    let refused = opened::<T>(version + 1, &bytes).err();
    assert_eq!(refused, Some(self::version::<T>(version, version + 1)));
}

/// A byte is another.
fn changed<T: State + PartialEq + Debug>(version: u32, payload: &[u8], place: usize, by: u8) {
    let mut bytes = wrapped::<T>(version, payload);
    let place = place % bytes.len();
    bytes[place] ^= by.max(1);
    let opened = within(bytes.len(), || opened::<T>(version, &bytes));
    assert!(opened.is_err(), "byte {place} was changed");
}

/// The end is missing.
fn cut<T: State + PartialEq + Debug>(version: u32, payload: &[u8], from: usize) {
    let bytes = wrapped::<T>(version, payload);
    let bytes = &bytes[..from % bytes.len()];
    let opened = within(bytes.len(), || opened::<T>(version, bytes));
    assert!(opened.is_err(), "bytes are missing");
}

fn wrapped<T: Class>(version: u32, payload: &[u8]) -> Vec<u8> {
    seal(T::NAME, version, 0, |bytes| {
        bytes.extend_from_slice(payload)
    })
    .expect("nothing was taken")
}

/// What was read is what is written.
fn again<T: State + PartialEq + Debug>(version: u32, state: &T) {
    let bytes = seal(T::NAME, version, 0, |bytes| state.encode(bytes)).expect("it has bytes");
    let second = within(bytes.len(), || opened::<T>(version, &bytes));
    assert_eq!(second.as_ref(), Ok(state));
}
