//! The points where a driver may have a failure happen, by the feature `torture`. Without it
//! nothing of this is compiled, and no caller has a branch for it.
//!
//! A point asks, and does what it is told. It does only what can happen there by itself, so there
//! are three kinds of it: an operation that can fail, a place where a trap can end the instance,
//! and one where code of the user's runs, which can also panic. Who is asked is handed in: nothing
//! of `base` imports. Which failure is due is the driver's to know.

use crate::base::shared::failure::{FAIL, GO_ON, PANIC, TRAP};
use std::cell::Cell;

pub(crate) use crate::base::shared::point::*;

thread_local! {
    static ASK: Cell<fn(u32) -> u32> = const { Cell::new(|_| GO_ON) };
    static PAUSED: Cell<bool> = const { Cell::new(false) };
}

/// From now on points ask so.
pub(crate) fn ask_by(ask: fn(u32) -> u32) {
    ASK.set(ask);
}

/// Until this is called with `false`, no allocation fails: memory was set aside for what runs now. Other
/// points are asked as ever.
#[cfg(any(all(target_family = "wasm", panic = "unwind"), test))]
pub(crate) fn pause(paused: bool) {
    PAUSED.set(paused);
}

fn ask(kind: u32) -> u32 {
    match PAUSED.get() && kind == ALLOC {
        true => GO_ON,
        false => ASK.get()(kind),
    }
}

/// Whether an operation is to fail that neither panics nor traps.
pub(crate) fn fails(kind: u32) -> bool {
    ask(kind) == FAIL
}

/// Whether an operation of the host's is to fail; or it ends the instance.
#[cfg(feature = "persist")]
pub(crate) fn fails_or_traps(kind: u32) -> bool {
    match ask(kind) {
        TRAP => trap(),
        answer => answer == FAIL,
    }
}

/// Where no code of the user's runs: there nothing panics, but a trap can end the instance.
pub(crate) fn may_trap(kind: u32) {
    if ask(kind) == TRAP {
        trap();
    }
}

/// Where code of the user's runs, or could: whether its operation is to fail.
pub(crate) fn reached(kind: u32) -> bool {
    match ask(kind) {
        // If a panic unwinds already, this one does what a second panic of the user's does there.
        PANIC => panic!("torture: a panic was injected"),
        TRAP => trap(),
        answer => answer == FAIL,
    }
}

/// Where code of the user's runs that has no way to fail but those.
pub(crate) fn may_panic(kind: u32) {
    let _ = reached(kind);
}

fn trap() -> ! {
    #[cfg(target_family = "wasm")]
    core::arch::wasm32::unreachable();
    #[cfg(not(target_family = "wasm"))]
    std::process::abort();
}

/// What an allocation asks: the first time it gets nothing, if that is to fail. Memory that is
/// released then is there when it asks again.
pub(crate) fn failing_once(ask: impl Fn() -> *mut u8) -> impl Fn() -> *mut u8 {
    let fails = Cell::new(fails(ALLOC));
    move || match fails.take() {
        true => std::ptr::null_mut(),
        false => ask(),
    }
}

/// A value whose drop is a point, as if its own destructor did what happens there.
pub(crate) struct Dropped<T>(#[allow(dead_code)] pub(crate) T);

impl<T> Drop for Dropped<T> {
    fn drop(&mut self) {
        may_panic(DROP);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Has each point of this thread answered so.
    fn answered<R>(ask: fn(u32) -> u32, body: impl FnOnce() -> R) -> R {
        ask_by(ask);
        let result = body();
        ask_by(|_| GO_ON);
        result
    }

    #[test]
    fn a_point_does_what_it_is_told_and_only_what_can_happen_there() {
        assert!(!reached(ENCODE), "nobody is asked yet");
        answered(
            |kind| if kind == ENCODE { FAIL } else { GO_ON },
            || {
                assert!(reached(ENCODE));
                assert!(!reached(DECODE));
                assert!(fails(ENCODE));
            },
        );
        answered(
            |_| PANIC,
            || {
                assert!(!fails(ALLOC), "an allocation does not panic");
                may_trap(BEFORE);
                let payload = std::panic::catch_unwind(|| may_panic(ENTER)).unwrap_err();
                let message = payload.downcast_ref::<&str>();
                assert_eq!(message, Some(&"torture: a panic was injected"));
            },
        );
    }

    #[test]
    fn an_allocation_that_fails_gets_memory_when_it_asks_again() {
        let mut byte = 0;
        let block = &raw mut byte;
        let ask = answered(|_| FAIL, || failing_once(|| block));
        assert!(ask().is_null());
        assert_eq!(ask(), block);
    }

    #[test]
    fn no_allocation_fails_while_it_is_paused_and_all_else_does() {
        answered(
            |_| FAIL,
            || {
                pause(true);
                assert!(!fails(ALLOC));
                assert!(fails(STACK));
                assert!(reached(DROP));
                pause(false);
                assert!(fails(ALLOC));
            },
        );
    }
}
