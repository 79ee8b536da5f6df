//! Closures that borrow the stack. One of the files with `unsafe`.
//!
//! # Invariants
//! 1. The closure lives in the frame of [`scoped`], in a slot that nothing moves.
//! 2. Only the shell reads the pointer to the closure, when the host admits a call of the
//!    function. The host admits calls only while the body of the scope is on the stack: `scope`
//!    in `js/host.js` calls the body, and closes the function in a `finally`. So whatever leaves
//!    the body closes it: a return, a panic, a JavaScript exception through an import without
//!    `catch` (which skips Rust's destructors), a trap (which skips all of Rust; in an abort build
//!    every panic is one).
//! 3. While the body is on the stack, so is the frame of [`scoped`]. A call that the host admitted
//!    ends before the body does, or is left together with it.

use crate::base::unwind;
use crate::call::outcome::Outcome;
use crate::callback::arity::{Exclusive, IntoCallback};
use crate::callback::slot::{ClosureSlot, Control};
use crate::host::callbacks;
use std::panic::resume_unwind;
use wasm_bindgen::JsValue;

/// Runs `body` with a JavaScript function that calls `closure`, which may borrow from the stack.
/// Once `body` has ended in any way, the function is stale: calls get a `StaleHandleError`.
/// Otherwise it behaves as the function of a [`Callback`](crate::Callback).
///
/// A JavaScript exception that leaves `body` through an import without `catch` unwinds from here on
/// like one from a marked import: every destructor runs, and JavaScript gets the same value.
///
/// ```no_run
/// # use recover_runtime::{JsValue, scoped};
/// # fn for_each(_array: &JsValue, _function: &JsValue) {}
/// fn sum(array: &JsValue) -> u32 {
///     let mut sum = 0;
///     scoped(|n: u32| sum += n, |function| for_each(array, function));
///     sum
/// }
/// ```
///
/// # Panics
/// If `body` does.
pub fn scoped<F, S, R>(closure: F, body: impl FnOnce(&JsValue) -> R) -> R
where
    F: IntoCallback<Exclusive, S>,
{
    callbacks::link();
    let slot = ClosureSlot::new(closure);
    let run: unsafe fn(*const (), F::Args) -> Outcome<F::Value> = run::<F, S>;
    let address = (&raw const slot).cast::<()>();
    // SAFETY: the shell runs only in a call that the host admitted, so `slot` still exists (2, 3),
    // and it is a `ClosureSlot<F>` (1).
    let shell = F::shell(move |args| unsafe { run(address, args) });
    let mut body = Some(body);
    let mut ended = None;
    let left = callbacks::scope(&shell, F::ARITY, |function| {
        if let Some(body) = body.take() {
            // A panic must not unwind through the frames of the host.
            ended = Some(unwind::catch(|| body(&function)));
        }
    });
    drop(shell);
    match (ended, left) {
        (Some(ended), Ok(())) => {
            slot.close();
            ended.unwrap_or_else(|payload| resume_unwind(payload))
        }
        (_, Err(thrown)) => rethrow(thrown),
        (None, Ok(())) => unreachable!("the host calls the body"),
    }
}

/// # Safety
/// `slot` points to a `ClosureSlot<F>` that outlives the call.
unsafe fn run<F, S>(slot: *const (), args: F::Args) -> Outcome<F::Value>
where
    F: IntoCallback<Exclusive, S>,
{
    // SAFETY: the caller's contract is the one asked for.
    F::run(unsafe { &*slot.cast::<ClosureSlot<F>>() }, args)
}

/// Unwinds with the JavaScript exception that left the body.
#[cold]
fn rethrow(thrown: JsValue) -> ! {
    #[cfg(panic = "unwind")]
    resume_unwind(Box::new(crate::base::payload::JsThrow(thrown)));
    #[cfg(not(panic = "unwind"))]
    crate::call::outcome::throw(thrown)
}
