//! The catch. `call/settle.rs` makes the error for a payload.
//!
//! It stops panics. A JavaScript exception of an import without `catch` passes it. Such an import
//! may unwind (docs/adr/0012), so the destructors on the way run, but for those of the frame that
//! the catch stands in: LLVM takes the catch for one of everything, and removes what would run
//! after it. So what must be dropped, or must know of the exception, is inside of the catch; or the
//! catch is in a function that is not inlined and says [`may_unwind`].

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

/// Keeps the compiler from proving that the caller does not unwind.
#[inline(always)]
pub(crate) fn may_unwind() {
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
