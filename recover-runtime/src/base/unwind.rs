//! Unwinding as the compiler sees it: the catch, and the functions that keep the compiler from
//! proving that somebody does not unwind. What becomes of a payload is `call/settle.rs`'s.
//!
//! A JavaScript exception from an import without `catch` unwinds through Rust, although the
//! import is declared not to. The compiler then drops the landing pads of callers that it can
//! see through. A function that is not inlined and says [`may_unwind`] is the boundary that
//! such an unwind stops at (docs/adr/0005).

use crate::base::stack;
use std::any::Any;
#[cfg(panic = "unwind")]
use std::panic::{AssertUnwindSafe, catch_unwind};

/// The catch. What the body borrows is poisoned or kept by its policy, so no torn
/// state is seen by accident.
#[cfg(panic = "unwind")]
#[inline(always)]
pub(crate) fn catch<R>(body: impl FnOnce() -> R) -> Result<R, Box<dyn Any + Send>> {
    catch_unwind(AssertUnwindSafe(body))
}

/// If a panic ends the instance, there is nothing to catch.
#[cfg(not(panic = "unwind"))]
#[inline(always)]
pub(crate) fn catch<R>(body: impl FnOnce() -> R) -> Result<R, Box<dyn Any + Send>> {
    Ok(body())
}

/// Drops a value of the user's where an exception that leaves its destructor must find the
/// landing pads of the caller: see `call/guard.rs`.
#[inline(never)]
pub(crate) fn drop_behind_boundary<T>(value: T) {
    may_unwind();
    drop(value);
}

/// Keeps the compiler from knowing that the caller does not unwind.
#[inline(always)]
pub fn may_unwind() {
    if stack::begins_at_the_end() {
        never()
    }
}

// UnwindBoundary, so that who may unwind needs no frame for it.
#[cold]
#[inline(never)]
fn never() -> ! {
    unreachable!("the stack begins before the last byte")
}
