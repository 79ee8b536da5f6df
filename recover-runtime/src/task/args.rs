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

use crate::base::thrown::of_js;
use crate::call::carrier::Carrier;
use crate::call::checkpoint::Checkpoint;
use crate::call::settle;
use std::ptr::NonNull;
use wasm_bindgen::JsValue;

/// The arguments of an export whose future is under way.
pub(crate) struct TaskArgs {
    args: NonNull<()>,
    /// Drops the arguments: settled by the error of the call, or released.
    end: unsafe fn(NonNull<()>, Option<JsValue>),
    /// Runs whenever the future waits. It counts the object: dropped before the arguments, it is never
    /// the last to do so.
    checkpoint: Option<Checkpoint>,
}

impl TaskArgs {
    pub(crate) fn new<A: Carrier + 'static>(
        args: A,
        checkpoint: Option<Checkpoint>,
    ) -> (Self, NonNull<A>) {
        let args = NonNull::from(Box::leak(Box::new(args)));
        let held = TaskArgs {
            args: args.cast(),
            end: end::<A>,
            checkpoint,
        };
        (held, args)
    }

    /// What runs when the future waits.
    pub(crate) fn checkpoint(&self) -> Option<Checkpoint> {
        self.checkpoint.clone()
    }

    /// Drops the arguments of a call that failed with `cause`.
    pub(crate) fn settle(mut self, cause: JsValue) {
        self.checkpoint = None;
        // SAFETY: the function has the box's type, and `self` is consumed.
        unsafe { (self.end)(self.args, Some(cause)) }
    }

    /// Drops the arguments of a call that was cancelled.
    pub(crate) fn release(mut self) {
        self.checkpoint = None;
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
        Some(cause) => settle::settle(args, of_js(cause)),
        None => settle::give_up(args),
    }
}
