//! Closures that borrow the stack. One of the files with `unsafe`.
//!
//! # Invariants
//! 1. The closure lives in the frame of [`scoped`], in a slot that nothing moves.
//! 2. The function reaches it by a pointer that is read by nobody but the shell, which
//!    runs when the host lets a call of the function in. The host does so while the body
//!    of the scope is on the stack: `scope` in `js/host.js` calls the body, and closes the
//!    function in a `finally`, so whatever leaves the body closes it: a return, a panic, a
//!    JavaScript exception through an import without `catch` (which skips destructors of
//!    Rust), a trap (which skips all of Rust, and in a build that aborts is every panic).
//! 3. While the body is on the stack the frame below it is, too; and a call that the host
//!    let in ends before the body does, or is left with it.

use crate::base::unwind;
use crate::call::outcome::Outcome;
use crate::callback::arity::{Exclusive, IntoCallback};
use crate::callback::slot::{ClosureSlot, Control};
use crate::host::callbacks;
use std::panic::resume_unwind;
use wasm_bindgen::JsValue;

/// Runs `body` with a JavaScript function that calls `closure`, which may borrow what is
/// on the stack. Once `body` is left, however that is, the function is stale: calls get a
/// `StaleHandleError`. Otherwise it is as a [`Callback`](crate::Callback)'s.
///
/// A JavaScript exception that leaves `body` through an import without `catch` goes on from
/// here as one through an import of ours: every destructor runs, and JavaScript gets the
/// same value.
///
/// ```no_run
/// # use recover_runtime::{JsValue, scoped};
/// # fn for_each(_list: &JsValue, _function: &JsValue) {}
/// fn sum(list: &JsValue) -> u32 {
///     let mut sum = 0;
///     scoped(|n: u32| sum += n, |function| for_each(list, function));
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
    let place = (&raw const slot).cast::<()>();
    // SAFETY: the shell runs in a call that the host let in, so `slot` is there (2, 3), a
    // `ClosureSlot<F>` (1).
    let shell = F::shell(move |args| unsafe { run(place, args) });
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
        (_, Err(thrown)) => crossed(thrown),
        (None, Ok(())) => unreachable!("the host calls the body"),
    }
}

/// # Safety
/// `slot` is a `ClosureSlot<F>` that stays for the call.
unsafe fn run<F, S>(slot: *const (), args: F::Args) -> Outcome<F::Value>
where
    F: IntoCallback<Exclusive, S>,
{
    // SAFETY: the caller's contract is the one asked for.
    F::run(unsafe { &*slot.cast::<ClosureSlot<F>>() }, args)
}

/// Lets an exception that left the body go on.
#[cold]
fn crossed(thrown: JsValue) -> ! {
    #[cfg(panic = "unwind")]
    resume_unwind(Box::new(crate::base::payload::JsThrow(thrown)));
    #[cfg(not(panic = "unwind"))]
    crate::call::outcome::throw(thrown)
}
