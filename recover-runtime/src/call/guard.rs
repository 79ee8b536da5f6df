//! The life of one call: enter, run the body inside the one catch, settle, leave.
//!
//! [`call`] is what every generated export runs. Its catch is inlined into each export
//! (docs/adr/0001): out of line it doubled the cost of a call. Conversions live in
//! `argument.rs`, the throw in `outcome.rs`. `unsafe`: what a call holds is copied for the
//! landing pad.
//!
//! # JavaScript exceptions that Rust does not see
//!
//! An exception of an import that is not marked unwinds (docs/adr/0012): the destructors of every
//! frame run. But our catch sees only Rust's panics, and passes the exception on. No cell may stay
//! locked then, and nothing that the body borrowed may leak, so each body that borrows from the call
//! has a landing pad around it.

use crate::base::flags::{
    CONSUMED, FLAGS, GIVEN_UP, NO_HOOK, NOTED, SPENT, STAGED, STAGING, UNWOUND, enter_call,
    leave_call,
};
use crate::base::memory;
use crate::base::shared::flag::DEAD;
use crate::base::thrown::Thrown;
#[cfg(not(target_os = "wasi"))]
use crate::base::thrown::into_js;
#[cfg(feature = "torture")]
use crate::base::torture;
use crate::base::unwind::catch;
use crate::call::carrier::Carrier;
use crate::call::failure::Failure;
use crate::call::hook;
#[cfg(not(target_os = "wasi"))]
use crate::call::outcome::Outcome;
use crate::call::settle::{self, drop_quietly, panic_error, settle};
use crate::host::around;
use std::any::Any;
use std::mem::{ManuallyDrop, MaybeUninit};
#[cfg(not(target_os = "wasi"))]
use wasm_bindgen::convert::IntoWasmAbi;

/// Runs `body` on `args` and turns whatever happens into an [`Outcome`]. Errors name
/// `export`, its Rust path.
///
/// `args` enters cells. Nothing but the body stands between that and their end, so that the compiler
/// sees both where the body is small.
///
/// The arguments are dropped here, after the body. When the error is thrown, nothing else of the
/// call is left.
#[cfg(not(target_os = "wasi"))]
#[inline]
pub fn call<A: Carrier, R: IntoWasmAbi>(
    export: &'static str,
    args: impl FnOnce() -> A,
    body: impl Fn(&mut A) -> Result<R, Failure>,
) -> Outcome<R> {
    // Before the value is converted: what it is then has no owner who would drop it.
    #[cfg(feature = "torture")]
    let body = tortured(body);
    match guarded(export, args, |args| body(args).map(IntoWasmAbi::into_abi)) {
        Ok(value) => Outcome::ok(value),
        Err(error) => Outcome::err(into_js(error)),
    }
}

/// The same, whatever becomes of how the call ended.
#[inline(always)]
pub(crate) fn guarded<A: Carrier, R>(
    export: &'static str,
    args: impl FnOnce() -> A,
    body: impl Fn(&mut A) -> Result<R, Failure>,
) -> Result<R, Thrown> {
    let mut outer = enter();
    // Nothing of the user's runs yet, and nothing catches.
    #[cfg(feature = "torture")]
    torture::may_trap(torture::BEFORE);
    let entered = enter_call(A::ENTERS);
    let mut args = ManuallyDrop::new(args());
    let ended = match args.is_refused() {
        // SAFETY: the arguments are there, and are not used again.
        true => Err(refused(export, unsafe { copied(&args) })),
        false => {
            let caught = catch(|| {
                if A::TAKES {
                    let taken = args.take_up();
                    outer |= consumed();
                    taken?;
                }
                if cfg!(panic = "unwind") && A::SETTLES {
                    with_landing_pad(export, &mut args, &body)
                } else {
                    body(&mut args)
                }
            });
            match caught {
                Ok(Ok(value)) => {
                    settle::together(stages::<A>(), || args.finish());
                    args.copy_back();
                    Ok(value)
                }
                // SAFETY: as above.
                Ok(Err(failure)) => Err(failed(export, failure, unsafe { copied(&args) })),
                // SAFETY: as above.
                Err(payload) => Err(unwound(export, payload, unsafe { copied(&args) })),
            }
        }
    };
    leave_call(entered);
    leave(outer);
    ended
}

/// Whether a record must be told when the call ends, as a flag. It is no flag of the calls within.
#[inline(always)]
fn consumed() -> u32 {
    if !cfg!(feature = "persist") {
        return 0;
    }
    let flags = FLAGS.get();
    if flags & CONSUMED != 0 {
        FLAGS.set(flags & !CONSUMED);
    }
    flags & CONSUMED
}

/// Whether the records that a call changes are several.
const fn stages<A: Carrier>() -> bool {
    cfg!(feature = "persist") && A::RECORDS > 1
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
    // std refuses to change the hook while a panic unwinds (a destructor made this call). The
    // next call chains it.
    let later = flags & NO_HOOK != 0 && std::thread::panicking();
    if flags & NO_HOOK != 0 && !later {
        memory::make_room();
        hook::chain();
        around::begin();
        memory::attach();
    }
    let noted = flags & NOTED != 0 && !hook::forget();
    let spent = flags & SPENT != 0 && !memory::settle();
    FLAGS.set(
        (u32::from(noted) * NOTED) | (u32::from(later) * NO_HOOK) | (u32::from(spent) * SPENT),
    );
}

/// The flags of the call outside that a call within it does not change.
const KEPT: u32 = UNWOUND | GIVEN_UP | STAGING | STAGED;

/// Restores the flags of the call outside: a destructor that it runs while it settles may have
/// made this call.
#[inline]
pub(crate) fn leave(outer: u32) {
    if outer & (KEPT | CONSUMED) != 0 {
        resume(outer);
    }
}

// As `prepare`: the compiler knows that it does not unwind.
#[cold]
#[inline(never)]
extern "C" fn resume(outer: u32) {
    FLAGS.set(FLAGS.get() | outer & KEPT);
    // Until here what the call consumed would have come back if the instance had ended.
    #[cfg(feature = "persist")]
    if outer & CONSUMED != 0 {
        around::records::spend();
    }
}

/// The arguments for what ends a call that failed. What takes them out of line gets a copy: if they
/// went there themselves, the calls that do not fail would keep them in memory for it.
///
/// # Safety
/// The arguments are there, and either they or the copy are not used again.
#[inline(always)]
unsafe fn copied<A>(args: &ManuallyDrop<A>) -> Held<A> {
    let args = std::ptr::from_ref(args).cast::<MaybeUninit<A>>();
    // SAFETY: `MaybeUninit<A>` has the layout of `A`, and claims nothing about its contents.
    Held(unsafe { args.read() })
}

/// What a call holds, on its way out of line.
///
/// # Invariant
/// It is there, unless the original is used: then this is left alone.
struct Held<A>(MaybeUninit<A>);

impl<A> Held<A> {
    fn of(args: A) -> Self {
        Held(MaybeUninit::new(args))
    }

    fn args(self) -> A {
        // SAFETY: the invariant.
        unsafe { self.0.assume_init() }
    }
}

/// The error of a call that was refused.
#[cold]
#[inline(never)]
fn refused<A: Carrier>(export: &'static str, args: Held<A>) -> Thrown {
    let mut args = args.args();
    let failure = args.check().err();
    failed(
        export,
        failure.unwrap_or(Failure::UNCHECKED),
        Held::of(args),
    )
}

/// The error of a call that ended without a value and without a panic.
#[cold]
#[inline(never)]
fn failed<A: Carrier>(export: &'static str, failure: Failure, args: Held<A>) -> Thrown {
    let mut args = args.args();
    args.leave();
    // Arguments that were not used may have destructors of the user, which may panic.
    settle::together(stages::<A>(), || drop_quietly(args));
    failure.into_error(export)
}

/// The error of a call that panicked; its arguments are settled by it.
#[cold]
#[inline(never)]
fn unwound<A: Carrier>(
    export: &'static str,
    payload: Box<dyn Any + Send>,
    args: Held<A>,
) -> Thrown {
    let args = args.args();
    let error = panic_error(payload, export);
    if A::SETTLES {
        settle(args, error.clone());
    } else {
        drop_quietly(args);
    }
    error
}

/// Runs `body` on `args`. If a JavaScript exception crosses it, a landing pad settles `args`.
#[inline(always)]
fn with_landing_pad<A: Carrier, R>(
    export: &'static str,
    args: &mut ManuallyDrop<A>,
    body: impl Fn(&mut A) -> Result<R, Failure>,
) -> Result<R, Failure> {
    let pad = LandingPad { export, args };
    let result = body(pad.args);
    std::mem::forget(pad);
    result
}

/// Dropped only when an unwind leaves the body: a panic, or a JavaScript exception.
struct LandingPad<'a, A: Carrier> {
    export: &'static str,
    args: &'a mut ManuallyDrop<A>,
}

impl<A: Carrier> Drop for LandingPad<'_, A> {
    // Small enough to be inlined where it is dropped. Then nothing takes the address of the
    // arguments, and they stay in registers.
    #[inline(always)]
    fn drop(&mut self) {
        // SAFETY: a JavaScript exception runs no more code of the guard's frame, so the original is
        // not used again. After a panic it is, and `foreign_unwind` leaves the copy alone.
        foreign_unwind(self.export, unsafe { copied(self.args) });
    }
}

/// Settles what the call held, if a JavaScript exception crossed it. A panic is the catch's.
#[cold]
#[inline(never)]
fn foreign_unwind<A: Carrier>(export: &'static str, args: Held<A>) {
    if !std::thread::panicking() {
        settle(args.args(), around::foreign_unwind(export));
    }
}

/// The body between two points: what panics there does so where the user's code could.
#[cfg(all(feature = "torture", not(target_os = "wasi")))]
fn tortured<A, R>(
    body: impl Fn(&mut A) -> Result<R, Failure>,
) -> impl Fn(&mut A) -> Result<R, Failure> {
    move |args| {
        torture::may_panic(torture::ENTER);
        let result = body(args);
        torture::may_panic(torture::LEAVE);
        result
    }
}
