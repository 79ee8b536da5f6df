//! The life of one call: enter, run the body inside the one catch, settle.
//!
//! [`call`] is what every generated export runs. Its catch is inlined into each
//! (docs/adr/0001): out of line it doubled the cost of a call. Conversions live in
//! `carrier` and `abi`, the throw in `outcome`.

use crate::crossing;
use crate::failure::Failure;
use crate::outcome::Outcome;
use crate::payload::{self, JsThrow, OutOfMemory};
use crate::shared::flag::DEAD;
use crate::{hook, host, memory, stack};
use std::any::Any;
use std::cell::{Cell, RefCell};
use std::mem::ManuallyDrop;
#[cfg(panic = "unwind")]
use std::panic::{AssertUnwindSafe, catch_unwind};
use wasm_bindgen::JsValue;
use wasm_bindgen::convert::IntoWasmAbi;

/// The hook is missing, or not known to be in force.
const NO_HOOK: u32 = 1;
/// A panic was noted, and perhaps caught by the user.
const NOTED: u32 = 4;
/// Anchors that are dropped now belong to a call that panicked.
const UNWOUND: u32 = 2;
/// Memory ran out, and the reserve was spent on it.
const SPENT: u32 = 8;
/// Anchors that are dropped now belong to a call that was given up.
const GIVEN_UP: u32 = 16;

thread_local! {
    /// Zero in the common case, so that a call pays one load and one branch.
    static FLAGS: Cell<u32> = const { Cell::new(NO_HOOK) };
    static CAUSE: RefCell<Option<JsValue>> = const { RefCell::new(None) };
}

/// What a call holds for one argument, or for a list of them: `(first, rest)`.
pub trait Carrier {
    /// Whether a panic of the call has to be told to what is dropped.
    const SETTLES: bool;

    /// Whether it may hold a cell, which must not stay held when a call is left in a
    /// way that Rust does not see.
    const ENTERS: bool;

    /// Called once, before the body: why there is nothing to use. So a call that is
    /// refused has used none of its arguments.
    fn check(&mut self) -> Result<(), Failure>;

    /// Lets go of what the body used. Called once, after the body gave a value; the
    /// carrier is not dropped then.
    fn finish(&mut self);

    /// Called once after all are finished: what may throw in JavaScript, through frames
    /// of Rust that then clean up nothing.
    #[inline(always)]
    fn copy_back(&mut self) {}
}

impl Carrier for () {
    const SETTLES: bool = false;
    const ENTERS: bool = false;

    #[inline(always)]
    fn check(&mut self) -> Result<(), Failure> {
        Ok(())
    }

    #[inline(always)]
    fn finish(&mut self) {}
}

impl<A: Carrier, B: Carrier> Carrier for (A, B) {
    const SETTLES: bool = A::SETTLES || B::SETTLES;
    const ENTERS: bool = A::ENTERS || B::ENTERS;

    #[inline(always)]
    fn check(&mut self) -> Result<(), Failure> {
        self.0.check()?;
        self.1.check()
    }

    #[inline(always)]
    fn finish(&mut self) {
        self.1.finish();
        self.0.finish();
    }

    #[inline(always)]
    fn copy_back(&mut self) {
        self.1.copy_back();
        self.0.copy_back();
    }
}

/// Runs `body` on `args` and turns whatever happens into an [`Outcome`]. Errors name
/// `export`, its Rust path.
///
/// The arguments are let go here, after the body: at the throw, nothing of the
/// call is left but the error.
#[inline]
pub fn call<A: Carrier, R: IntoWasmAbi>(
    export: &'static str,
    args: A,
    body: impl Fn(&mut A) -> Result<R, Failure>,
) -> Outcome<R> {
    let outer = enter();
    let mut args = ManuallyDrop::new(args);
    let caught = catch(|| {
        args.check()?;
        if cfg!(panic = "unwind") && A::ENTERS {
            crossing::run(export, &mut args, &body)
        } else {
            body(&mut args).map(IntoWasmAbi::into_abi)
        }
    });
    let outcome = match caught {
        Ok(Ok(value)) => {
            args.finish();
            args.copy_back();
            Outcome::ok(value)
        }
        Ok(Err(failure)) => Outcome::err(failed(export, failure, ManuallyDrop::into_inner(args))),
        Err(payload) => Outcome::err(unwound(export, payload, ManuallyDrop::into_inner(args))),
    };
    leave(outer);
    outcome
}

/// The catch. What the body borrows is poisoned or kept by its policy, so no torn
/// state is seen by accident.
#[cfg(panic = "unwind")]
#[inline(always)]
pub(crate) fn catch<R>(body: impl FnOnce() -> R) -> Result<R, Box<dyn Any + Send>> {
    catch_unwind(AssertUnwindSafe(body))
}

/// Where a panic ends the instance there is nothing to catch.
#[cfg(not(panic = "unwind"))]
#[inline(always)]
pub(crate) fn catch<R>(body: impl FnOnce() -> R) -> Result<R, Box<dyn Any + Send>> {
    Ok(body())
}

#[inline]
pub(crate) fn enter() -> u32 {
    let flags = FLAGS.get();
    if flags != 0 {
        prepare(flags);
    }
    flags
}

// `extern "C"`, so that the compiler knows that it does not unwind: a call that
// cannot panic then needs no landing pad at all.
#[cold]
#[inline(never)]
extern "C" fn prepare(flags: u32) {
    if flags & DEAD != 0 {
        std::process::abort();
    }
    // Called by a destructor while a panic unwinds, std allows no change of hooks: later.
    let later = flags & NO_HOOK != 0 && std::thread::panicking();
    if flags & NO_HOOK != 0 && !later {
        memory::make_room();
        hook::chain();
        host::attach_memory();
        memory::attach();
    }
    let noted = flags & NOTED != 0 && !hook::forget();
    let spent = flags & SPENT != 0 && !memory::settle();
    FLAGS.set(
        (u32::from(noted) * NOTED) | (u32::from(later) * NO_HOOK) | (u32::from(spent) * SPENT),
    );
}

/// Where the host finds the flags.
pub(crate) fn flags() -> usize {
    FLAGS.with(|flags| flags.as_ptr() as usize)
}

/// An allocation failed.
#[cfg(all(target_family = "wasm", panic = "unwind"))]
pub(crate) fn spent() {
    FLAGS.set(FLAGS.get() | SPENT);
}

/// The hook ran.
pub(crate) fn noted() {
    FLAGS.set(FLAGS.get() | NOTED);
}

/// Every panic that the hook noted is accounted for.
pub(crate) fn no_notes() {
    FLAGS.set(FLAGS.get() & !NOTED);
}

/// Drops a value of the user's where an exception that leaves its destructor must find the
/// landing pads of the caller: see `crossing`.
#[inline(never)]
pub(crate) fn drop_apart<T>(value: T) {
    may_unwind();
    drop(value);
}

/// Keeps the compiler from knowing that the caller does not unwind.
#[inline(always)]
pub fn may_unwind() {
    if stack::begins_at_the_end() {
        never()
    }
}

// Apart, so that who may unwind needs no frame for it.
#[cold]
#[inline(never)]
fn never() -> ! {
    unreachable!("the stack begins before the last byte")
}

/// A call made while another's anchors are dropped must not leave its mark.
#[inline]
pub(crate) fn leave(outer: u32) {
    if outer & (UNWOUND | GIVEN_UP) != 0 {
        FLAGS.set(FLAGS.get() | outer & (UNWOUND | GIVEN_UP));
    }
}

/// The error of a call that gave no value.
#[cold]
#[inline(never)]
fn failed<A>(export: &str, failure: Failure, args: A) -> JsValue {
    // Arguments that were not used may have destructors of the user's.
    drop_quietly(args);
    failure.into_error(export)
}

/// The error of a call that panicked; its arguments are settled by it.
#[cold]
#[inline(never)]
fn unwound<A: Carrier>(export: &'static str, payload: Box<dyn Any + Send>, args: A) -> JsValue {
    let error = panic_error(payload, export);
    if A::SETTLES {
        settle(args, error.clone());
    } else {
        drop_quietly(args);
    }
    error
}

/// Drops what a call held that did not end, and tells it why.
pub(crate) fn settle<A>(args: A, cause: JsValue) {
    let _settling = Settling(CAUSE.replace(Some(cause)));
    FLAGS.set(FLAGS.get() | UNWOUND);
    // A destructor that panics here adds nothing to what is on its way.
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
pub(crate) fn aside<R>(body: impl FnOnce() -> R) -> R {
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

/// What tore the values that are dropped now, or nothing in a call that goes well.
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
        (None, None) => "panic with a payload that is no text",
    };
    let error = match payload::exhausted(&*payload) {
        Some(figures) => host::exhausted(figures, export, at),
        None => host::panicked(text, export, at, thrown.unwrap_or(&JsValue::UNDEFINED)),
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
        // A text's destructor is known; another's might panic in turn, and so on for ever.
        if hook::message(&*second).is_none() {
            std::mem::forget(second);
        }
    }
}

/// Drops `value` where Rust has no caller: a panic is handed to the host.
pub(crate) fn drop_reporting<T>(value: T, class: &'static str) {
    if let Err(payload) = catch(|| drop(value)) {
        host::drop_failed(&panic_error(payload, class));
    }
}
