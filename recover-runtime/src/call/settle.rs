//! Settles what a call held: it is dropped, and its destructors can ask how the call ended.
//!
//! The error for a payload is made here too. A panic in a destructor does not change the error
//! of the first one. What a value does about a failed call is not decided here.

use crate::base::flags::{CAUSE, FLAGS, GIVEN_UP, SPENT, STAGED, STAGING, UNWOUND};
use crate::base::origin::Origin;
use crate::base::payload::OutOfMemory;
use crate::base::thrown::Thrown;
#[cfg(feature = "torture")]
use crate::base::torture;
use crate::base::unwind::{self, catch};
use crate::base::{flags, memory, payload};
use crate::call::hook;
use crate::host::around;
use std::any::Any;

/// What becomes of an object when a call on it panics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnPanic {
    /// Later calls get `PoisonedError`.
    Poison,
    /// The object stays as the panic left it.
    Keep,
    /// The object is as it was before the call. Only classes with `persist` or
    /// `rollback = "clone"` can do that. A closure can't be rolled back, and is kept.
    Rollback,
}

/// Drops what a failed call held. Its destructors see `cause`.
pub(crate) fn settle<A>(args: A, cause: Thrown) {
    let settling = Settling(CAUSE.with(|outer| outer.replace(Some(cause))));
    FLAGS.set(FLAGS.get() | UNWOUND);
    // A destructor that panics here does not change the call's error.
    drop_quietly(args);
    drop(settling);
    commit();
}

/// Clears the flags. Runs too if an exception leaves a destructor.
struct Settling(Option<Thrown>);

impl Drop for Settling {
    fn drop(&mut self) {
        FLAGS.set(FLAGS.get() & !UNWOUND);
        drop(CAUSE.with(|cause| cause.replace(self.0.take())));
    }
}

/// Drops what a cancelled call held.
pub(crate) fn give_up<A>(args: A) {
    FLAGS.set(FLAGS.get() | GIVEN_UP);
    drop_quietly(args);
    FLAGS.set(FLAGS.get() & !GIVEN_UP);
    commit();
}

/// Ends entries of cells, and stages what their records gain: each end may run code of the user,
/// which may end the instance. [`commit`] follows.
#[inline]
pub(crate) fn stage(end: impl FnOnce()) {
    FLAGS.set(FLAGS.get() | STAGING);
    end();
    FLAGS.set(FLAGS.get() & !STAGING);
}

/// Ends the entries of a call. If `several` records may change, they move together.
#[inline]
pub(crate) fn together(several: bool, end: impl FnOnce()) {
    if several {
        stage(end);
        #[cfg(feature = "torture")]
        torture::may_trap(torture::AFTER);
        commit();
    } else {
        #[cfg(feature = "torture")]
        torture::may_trap(torture::AFTER);
        end();
    }
}

/// Whether what a record gains is staged. The `last` entry of a call moves its record alone if
/// nothing else is staged.
#[cfg(feature = "persist")]
#[inline]
pub(crate) fn stages(last: bool) -> bool {
    let flags = FLAGS.get();
    match flags & (STAGING | UNWOUND | GIVEN_UP) {
        0 => false,
        STAGING if last => flags & STAGED != 0,
        _ => true,
    }
}

/// Notes that something was staged.
#[cfg(feature = "persist")]
#[inline]
pub(crate) fn set_staged() {
    FLAGS.set(FLAGS.get() | STAGED);
}

/// Moves all records of the call together, after everything that may fail.
#[inline]
pub(crate) fn commit() {
    if FLAGS.get() & STAGED != 0 {
        commit_staged();
    }
}

#[cold]
#[inline(never)]
fn commit_staged() {
    FLAGS.set(FLAGS.get() & !STAGED);
    #[cfg(feature = "persist")]
    around::records::commit();
}

/// Runs `body` as if no call had failed, so that the calls that it makes settle for themselves.
#[cfg(feature = "persist")]
pub(crate) fn outside_settlement<R>(body: impl FnOnce() -> R) -> R {
    let ending = FLAGS.get() & (UNWOUND | GIVEN_UP);
    FLAGS.set(FLAGS.get() & !ending);
    let _outside = Outside(ending);
    body()
}

/// Brings the flags of the call that is settled back, too if an unwind leaves the body.
#[cfg(feature = "persist")]
struct Outside(u32);

#[cfg(feature = "persist")]
impl Drop for Outside {
    fn drop(&mut self) {
        FLAGS.set(FLAGS.get() | self.0);
    }
}

/// How a call ended.
pub(crate) enum Ending {
    /// It returned a value or an `Err`, or it never began.
    Returned,
    /// It failed by this error; by none if it was cancelled.
    Failed(Option<Thrown>),
}

/// The error of the call that is being settled; `None` if it did not fail.
#[inline]
pub(crate) fn unwinding() -> Option<Thrown> {
    match ending() {
        Ending::Failed(cause) => cause,
        Ending::Returned => None,
    }
}

/// How the call that is being settled ended.
#[inline]
pub(crate) fn ending() -> Ending {
    match FLAGS.get() & (UNWOUND | GIVEN_UP) {
        0 => Ending::Returned,
        GIVEN_UP => Ending::Failed(None),
        _ => Ending::Failed(CAUSE.with(|cause| cause.borrow().clone())),
    }
}

/// Makes the error for a payload, and drops the payload in every case.
#[cold]
#[inline(never)] // else every `unwound` would contain it, one for each type of arguments
pub(crate) fn panic_error(payload: Box<dyn Any + Send>, export: &'static str) -> Thrown {
    let payload = match payload::thrown(payload) {
        Ok(thrown) => return thrown,
        Err(payload) => payload,
    };
    let at = match payload.downcast_ref::<OutOfMemory>() {
        // No hook runs when memory runs out.
        Some(failed) => Origin {
            stack: failed.stack,
            ..Origin::default()
        },
        None => hook::take_origin(&*payload).unwrap_or_else(|| {
            flags::set_no_hook();
            Origin::default()
        }),
    };
    #[cfg(not(target_os = "wasi"))]
    let thrown = payload.downcast_ref::<Thrown>();
    // Nobody panics with one in a component.
    #[cfg(target_os = "wasi")]
    let thrown: Option<&Thrown> = None;
    let text = match (hook::message(&*payload), thrown) {
        (Some(text), _) => text,
        (None, Some(_)) => "panic with a JavaScript value",
        (None, None) => "panic with a payload that is not a string",
    };
    let exhausted = payload::exhausted(&*payload);
    let error = around::panicked(text, export, at, thrown, exhausted);
    drop_quietly(payload);
    if FLAGS.get() & SPENT != 0 && memory::settle() {
        FLAGS.set(FLAGS.get() & !SPENT);
    }
    error
}

/// Drops `value`, and ignores a panic in its destructor.
pub(crate) fn drop_quietly<T>(value: T) {
    quietly(|| drop(value));
}

/// Runs `drops`, and ignores a panic in it. Callers have landing pads for a JavaScript exception,
/// which passes the catch.
#[inline(never)]
pub(crate) fn quietly(drops: impl FnOnce()) {
    unwind::may_unwind();
    if let Err(second) = catch(drops) {
        if let Some(at) = hook::take_origin(&*second) {
            around::drop_stack(at.stack);
        }
        // A string can be dropped, and what is ours. Another payload's destructor might panic again, without end.
        if hook::message(&*second).is_none() && !payload::is_ours(&*second) {
            std::mem::forget(second);
        }
    }
}

/// Drops `value` where no caller could get a panic: the host reports it.
pub(crate) fn drop_reporting<T>(value: T, class: &'static str) {
    #[cfg(feature = "torture")]
    let value = torture::Dropped(value);
    if let Err(payload) = catch(|| drop(value)) {
        around::drop_failed(&panic_error(payload, class));
    }
}
