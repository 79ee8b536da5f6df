//! The catch. `call/settle.rs` makes the error for a payload.
//!
//! It stops panics. A JavaScript exception of an import without `catch` passes it: such an import
//! may unwind (docs/adr/0008), so every destructor on the way runs, and what must know of the
//! exception is a destructor.

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
