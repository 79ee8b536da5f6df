//! A JavaScript exception that crosses Rust unseen.
//!
//! An import without `catch` is declared nounwind, so an exception that it throws runs
//! no destructor of the frames that the compiler knew to be nounwind, and our catch
//! sees Rust's panics alone. What a call holds must not stay held, so a landing pad stands
//! behind the body of one that may hold a cell. The compiler must not know the body to be
//! nounwind: generated code calls the user's function through one that is not inlined and
//! that says [`guard::may_unwind`]. What the user's own frames held is lost.
//!
//! A function of its own also keeps the import's call out of the cleanup of our frames,
//! where the compiler may lay a call that it knows to be nounwind (docs/adr/0005).

use crate::failure::Failure;
use crate::guard::{self, Carrier};
use crate::host;
use std::mem::ManuallyDrop;
use wasm_bindgen::convert::IntoWasmAbi;

/// Runs `body` on `args`, which are settled if a JavaScript exception crosses.
#[inline(always)]
pub(crate) fn run<A: Carrier, R: IntoWasmAbi>(
    export: &'static str,
    args: &mut ManuallyDrop<A>,
    body: impl Fn(&mut A) -> Result<R, Failure>,
) -> Result<R::Abi, Failure> {
    let crossing = Crossing { export, args };
    let result = body(crossing.args).map(IntoWasmAbi::into_abi);
    std::mem::forget(crossing);
    result
}

/// Dropped by whatever leaves the body without returning.
struct Crossing<'a, A: Carrier> {
    export: &'static str,
    args: &'a mut ManuallyDrop<A>,
}

impl<A: Carrier> Drop for Crossing<'_, A> {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            // SAFETY: no panic is on its way, so an exception of JavaScript is; it passes
            // the guard's frame without running any of it, so nobody uses `args` again.
            let args = unsafe { ManuallyDrop::take(self.args) };
            crossed(self.export, args);
        }
    }
}

#[cold]
#[inline(never)]
fn crossed<A: Carrier>(export: &'static str, args: A) {
    guard::settle(args, host::crossed(export));
}
