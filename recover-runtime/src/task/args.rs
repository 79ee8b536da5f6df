//! The arguments of an export whose future is under way. `unsafe`: a box behind a type-erased
//! pointer.
//!
//! They are entered while JavaScript calls, and held beside the future, not in it: when a poll
//! panics, the unwind drops the future's locals before the error exists that objects are poisoned
//! with.
//!
//! # Invariant
//! The arguments are in a box of their own. Only the future uses the reference to them. It is
//! dropped, or never used again, before [`TaskArgs`] ends.

use crate::call::carrier::Carrier;
use crate::call::settle;
use std::ptr::NonNull;
use wasm_bindgen::JsValue;

/// The arguments of an export whose future is under way.
pub(crate) struct TaskArgs {
    args: NonNull<()>,
    /// Drops the arguments: settled by the error of the call, or released.
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

    /// Drops the arguments of a call that failed with `cause`.
    pub(crate) fn settle(self, cause: JsValue) {
        // SAFETY: the function has the box's type, and `self` is consumed.
        unsafe { (self.end)(self.args, Some(cause)) }
    }

    /// Drops the arguments of a call that was cancelled.
    pub(crate) fn release(self) {
        // SAFETY: as above.
        unsafe { (self.end)(self.args, None) }
    }
}

/// # Safety
/// `args` is from [`TaskArgs::new`] with the same `A`, and is not used again.
unsafe fn end<A: Carrier>(args: NonNull<()>, cause: Option<JsValue>) {
    // SAFETY: the caller's contract; by the invariant nobody uses the box any more.
    let args = unsafe { Box::from_raw(args.cast::<A>().as_ptr()) };
    match cause {
        Some(cause) => settle::settle(args, cause),
        None => settle::give_up(args),
    }
}
