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

use super::arity::{Exclusive, IntoCallback};
use super::host;
use super::slot::{Control, Slot};
use crate::outcome::Outcome;
#[cfg(panic = "unwind")]
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
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
    host::link();
    let slot = Slot::new(closure);
    let run: unsafe fn(*const (), F::Args) -> Outcome<F::Value> = run::<F, S>;
    let place = (&raw const slot).cast::<()>();
    // SAFETY: the shell runs in a call that the host let in, so `slot` is there (2, 3), a
    // `Slot<F>` (1).
    let shell = F::shell(move |args| unsafe { run(place, args) });
    let mut body = Some(body);
    let mut ended = None;
    let left = host::scope(&shell, F::ARITY, |function| {
        if let Some(body) = body.take() {
            ended = Some(caught(|| body(&function)));
        }
    });
    drop(shell);
    match (ended, left) {
        (Some(ended), Ok(())) => {
            slot.close();
            resumed(ended)
        }
        (_, Err(thrown)) => crossed(thrown),
        (None, Ok(())) => unreachable!("the host calls the body"),
    }
}

/// # Safety
/// `slot` is a `Slot<F>` that stays for the call.
unsafe fn run<F, S>(slot: *const (), args: F::Args) -> Outcome<F::Value>
where
    F: IntoCallback<Exclusive, S>,
{
    // SAFETY: the caller's contract is the one asked for.
    F::run(unsafe { &*slot.cast::<Slot<F>>() }, args)
}

#[cfg(panic = "unwind")]
type Ended<R> = std::thread::Result<R>;
#[cfg(not(panic = "unwind"))]
type Ended<R> = R;

/// A panic must not cross the frames of the host.
#[cfg(panic = "unwind")]
fn caught<R>(body: impl FnOnce() -> R) -> Ended<R> {
    catch_unwind(AssertUnwindSafe(body))
}

#[cfg(not(panic = "unwind"))]
fn caught<R>(body: impl FnOnce() -> R) -> Ended<R> {
    body()
}

#[cfg(panic = "unwind")]
fn resumed<R>(ended: Ended<R>) -> R {
    ended.unwrap_or_else(|payload| resume_unwind(payload))
}

#[cfg(not(panic = "unwind"))]
fn resumed<R>(ended: Ended<R>) -> R {
    ended
}

/// Lets an exception that left the body go on.
#[cold]
fn crossed(thrown: JsValue) -> ! {
    #[cfg(panic = "unwind")]
    resume_unwind(Box::new(crate::payload::JsThrow(thrown)));
    #[cfg(not(panic = "unwind"))]
    crate::outcome::throw(thrown)
}
