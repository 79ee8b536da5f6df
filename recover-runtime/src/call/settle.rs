//! What becomes of what a call held: it is told how the call ended, and dropped.
//!
//! The error for a payload is made here too. A panic in a destructor meanwhile adds nothing to
//! the one on its way. What a value does about a failed call is its owner's affair.

use crate::base::flags::{CAUSE, FLAGS, GIVEN_UP, NO_HOOK, SPENT, UNWOUND};
use crate::base::payload::{JsThrow, OutOfMemory};
use crate::base::unwind::catch;
use crate::base::{memory, payload};
use crate::call::hook;
use crate::host::{errors, objects};
use std::any::Any;
use wasm_bindgen::JsValue;

/// What becomes of an object when a call on it panics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnPanic {
    /// Later calls get `PoisonedError`.
    Poison,
    /// The object stays as the panic left it.
    Keep,
    /// The object is as it was before the call. Of a class with `persist` or
    /// `rollback = "clone"` alone. A closure has nothing to go back to, and is kept.
    Rollback,
}

/// Drops what a call held that did not end, and tells it why.
pub(crate) fn settle<A>(args: A, cause: JsValue) {
    let _settling = Settling(CAUSE.replace(Some(cause)));
    FLAGS.set(FLAGS.get() | UNWOUND);
    // A destructor that panics here does not change the error that is on its way.
    drop_quietly(args);
}

/// Also dropped by an exception that leaves a destructor.
struct Settling(Option<JsValue>);

impl Drop for Settling {
    fn drop(&mut self) {
        FLAGS.set(FLAGS.get() & !UNWOUND);
        CAUSE.set(self.0.take());
    }
}

/// Drops what a call held that was given up.
pub(crate) fn give_up<A>(args: A) {
    FLAGS.set(FLAGS.get() | GIVEN_UP);
    drop_quietly(args);
    FLAGS.set(FLAGS.get() & !GIVEN_UP);
}

/// Runs `body` as if no call failed; what it borrows is its own.
#[cfg(feature = "persist")]
pub(crate) fn outside_settlement<R>(body: impl FnOnce() -> R) -> R {
    let ending = FLAGS.get() & (UNWOUND | GIVEN_UP);
    FLAGS.set(FLAGS.get() & !ending);
    let result = body();
    FLAGS.set(FLAGS.get() | ending);
    result
}

/// How the call ends whose anchors are dropped now.
pub(crate) enum Ending {
    /// With a value or an `Err`, or it never began.
    Returned,
    /// By this; by nothing if it was given up.
    Failed(Option<JsValue>),
}

/// What failed the call whose values are dropped now, or nothing in a call that succeeded.
#[inline]
pub(crate) fn unwinding() -> Option<JsValue> {
    match ending() {
        Ending::Failed(cause) => cause,
        Ending::Returned => None,
    }
}

/// How the call ends whose anchors are dropped now.
#[inline]
pub(crate) fn ending() -> Ending {
    match FLAGS.get() & (UNWOUND | GIVEN_UP) {
        0 => Ending::Returned,
        GIVEN_UP => Ending::Failed(None),
        _ => Ending::Failed(CAUSE.with_borrow(Option::clone)),
    }
}

/// The error for a payload; the payload is dropped, come what may.
#[cold]
#[inline(never)] // else it stands in every `unwound`, one for each list of arguments
pub(crate) fn panic_error(payload: Box<dyn Any + Send>, export: &'static str) -> JsValue {
    let payload = match payload.downcast::<JsThrow>() {
        Ok(thrown) => return thrown.0,
        Err(payload) => payload,
    };
    // No hook runs where memory ran out.
    let quiet = payload.is::<OutOfMemory>();
    let at = if quiet { None } else { hook::taken(&*payload) };
    if at.is_none() && !quiet {
        FLAGS.set(FLAGS.get() | NO_HOOK);
    }
    let at = at.unwrap_or_default();
    let thrown = payload.downcast_ref::<JsValue>();
    let text = match (hook::message(&*payload), thrown) {
        (Some(text), _) => text,
        (None, Some(_)) => "panic with a JavaScript value",
        (None, None) => "panic with a payload that is not a string",
    };
    let error = match payload::exhausted(&*payload) {
        Some(figures) => errors::exhausted(figures, export, at),
        None => errors::panicked(text, export, at, thrown.unwrap_or(&JsValue::UNDEFINED)),
    };
    drop_quietly(payload);
    if FLAGS.get() & SPENT != 0 && memory::settle() {
        FLAGS.set(FLAGS.get() & !SPENT);
    }
    error
}

/// Drops `value`; a panic in its destructor ends here.
pub(crate) fn drop_quietly<T>(value: T) {
    quietly(|| drop(value));
}

/// The same for whatever drops.
pub(crate) fn quietly(drops: impl FnOnce()) {
    if let Err(second) = catch(drops) {
        hook::taken(&*second);
        // A string's destructor is known; another might panic in turn, and so on forever.
        if hook::message(&*second).is_none() {
            std::mem::forget(second);
        }
    }
}

/// Drops `value` where Rust has no caller: a panic is handed to the host.
pub(crate) fn drop_reporting<T>(value: T, class: &'static str) {
    if let Err(payload) = catch(|| drop(value)) {
        objects::drop_failed(&panic_error(payload, class));
    }
}
