//! Unwinding as the compiler sees it: the catch, and the functions that keep the compiler from
//! proving a function nounwind. `call/settle.rs` makes the error for a payload.
//!
//! A JavaScript exception from an import without `catch` unwinds through Rust, although the
//! import is declared not to. The compiler then drops the landing pads of callers that it can
//! see through. A function that is not inlined and says [`may_unwind`] is the boundary that
//! such an unwind stops at (docs/adr/0005).

use crate::base::stack;
use std::any::Any;
#[cfg(panic = "unwind")]
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Catches a panic. Policies poison or keep what the body borrowed, so no half-changed state is
/// seen by accident, and `UnwindSafe` is not asked for.
#[cfg(panic = "unwind")]
#[inline(always)]
pub(crate) fn catch<R>(body: impl FnOnce() -> R) -> Result<R, Box<dyn Any + Send>> {
    catch_unwind(AssertUnwindSafe(body))
}

/// Runs `body`: in this build a panic ends the instance, so there is nothing to catch.
#[cfg(not(panic = "unwind"))]
#[inline(always)]
pub(crate) fn catch<R>(body: impl FnOnce() -> R) -> Result<R, Box<dyn Any + Send>> {
    Ok(body())
}

/// Drops a value of the user so that an exception that leaves its destructor runs the caller's
/// landing pads: see `call/guard.rs`.
#[inline(never)]
pub(crate) fn drop_behind_boundary<T>(value: T) {
    may_unwind();
    drop(value);
}

/// Keeps the compiler from proving that the caller does not unwind.
#[inline(always)]
pub fn may_unwind() {
    if stack::begins_at_the_end() {
        never()
    }
}

// A function of its own, so that `may_unwind` needs no frame for the panic.
#[cold]
#[inline(never)]
fn never() -> ! {
    unreachable!("the stack begins before the last byte")
}
