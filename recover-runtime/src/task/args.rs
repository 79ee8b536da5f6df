//! The arguments of an export whose future is under way. `unsafe`: a box behind a type-erased
//! pointer.
//!
//! They are entered while JavaScript calls, and held beside the future, not in it. When a poll
//! panics, the future's locals go while the stack unwinds; the error that objects are poisoned
//! with is known only afterwards.
//!
//! # Invariant
//! Such arguments are in a box of their own. The future alone uses the reference to them, and
//! is dropped, or never used again, before [`TaskArgs`] ends.

use crate::call::carrier::Carrier;
use crate::call::settle;
use std::ptr::NonNull;
use wasm_bindgen::JsValue;

/// The arguments of an export whose future is under way.
pub(crate) struct TaskArgs {
    args: NonNull<()>,
    /// Ends them: by what the call failed with, or well.
    end: unsafe fn(NonNull<()>, Option<JsValue>),
}

impl TaskArgs {
    pub(crate) fn new<A: Carrier + 'static>(args: A) -> (Self, NonNull<A>) {
        let args = NonNull::from(Box::leak(Box::new(args)));
        let held = TaskArgs {
            args: args.cast(),
            end: end::<A>,
        };
        (held, args)
    }

    /// The call failed with `cause`.
    pub(crate) fn settle(self, cause: JsValue) {
        // SAFETY: the function is that of the box's type, and `self` ends with it.
        unsafe { (self.end)(self.args, Some(cause)) }
    }

    /// The call was given up.
    pub(crate) fn release(self) {
        // SAFETY: as above.
        unsafe { (self.end)(self.args, None) }
    }
}

/// # Safety
/// `args` is from [`TaskArgs::new`] with the same `A`, and is given up.
unsafe fn end<A: Carrier>(args: NonNull<()>, cause: Option<JsValue>) {
    // SAFETY: the caller's contract; by the invariant nobody uses the box any more.
    let args = unsafe { Box::from_raw(args.cast::<A>().as_ptr()) };
    match cause {
        Some(cause) => settle::settle(args, cause),
        None => settle::give_up(args),
    }
}
