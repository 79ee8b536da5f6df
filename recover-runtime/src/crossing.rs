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
use std::mem::{ManuallyDrop, MaybeUninit};
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
    // So small that it is inlined where it is dropped: then it needs no address of what the
    // call holds, which stays in registers.
    #[inline(always)]
    fn drop(&mut self) {
        let args = std::ptr::from_mut(self.args).cast::<MaybeUninit<A>>();
        // SAFETY: it is there, and of the same layout; as long as nothing is made of the copy
        // it says nothing of what is in it.
        crossed(self.export, unsafe { args.read() });
    }
}

#[cold]
#[inline(never)]
fn crossed<A: Carrier>(export: &'static str, args: MaybeUninit<A>) {
    if !std::thread::panicking() {
        // SAFETY: it is the copy of what the call holds. No panic is on its way, so an
        // exception of JavaScript is, which passes the guard's frame without running any of
        // it: nobody uses the original again.
        let args = unsafe { args.assume_init() };
        guard::settle(args, host::crossed(export));
    }
}
