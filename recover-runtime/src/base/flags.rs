//! State between calls: a word of flags, which is zero in the common case, the cause of the call
//! that is being settled, and the task that is polled.
//!
//! Destructors of what a call held learn by [`FLAGS`] and [`CAUSE`] how the call ended. No argument
//! can tell them: wasm-bindgen's `T::Anchor` is opaque, and only its `Drop` runs. Whoever sets a
//! flag also clears it. What a flag means for a value is not decided here.

use crate::base::thrown::Thrown;
use std::cell::{Cell, RefCell};
use std::mem::ManuallyDrop;

/// Our panic hook may be missing: the next call chains it.
pub(crate) const NO_HOOK: u32 = 1;

/// A panic was noted. The user may have caught it.
pub(crate) const NOTED: u32 = 4;

/// What is dropped now belongs to a call that panicked.
pub(crate) const UNWOUND: u32 = 2;

/// An allocation failed, and the reserve was released.
pub(crate) const SPENT: u32 = 8;

/// What is dropped now belongs to a call that was cancelled.
pub(crate) const GIVEN_UP: u32 = 16;

/// A call takes an argument: what it consumes is claimed by it.
#[cfg(feature = "persist")]
pub(crate) const CONVERTING: u32 = 64;

/// An argument is looked at: whether it can be taken, later.
pub(crate) const LOOKING: u32 = 1024;

/// An argument is left, after a look: the call was refused.
pub(crate) const LEAVING: u32 = 2048;

/// The call that begins has consumed an object that the host has a record of.
pub(crate) const CONSUMED: u32 = 128;

/// Entries of several cells end together: what their records gain is staged.
pub(crate) const STAGING: u32 = 256;

/// Something is staged.
pub(crate) const STAGED: u32 = 512;

thread_local! {
    /// Zero in the common case, so that a call pays one load and one branch.
    pub(crate) static FLAGS: Cell<u32> = const { Cell::new(NO_HOOK) };
    /// Nothing is in it when a thread ends, so that no destructor need be registered.
    pub(crate) static CAUSE: ManuallyDrop<RefCell<Option<Thrown>>> =
        const { ManuallyDrop::new(RefCell::new(None)) };
    /// The number of the task that is polled.
    pub(crate) static CURRENT: Cell<Option<u32>> = const { Cell::new(None) };
}

/// The address of the flags, for the host.
pub(crate) fn address() -> usize {
    FLAGS.with(|flags| flags.as_ptr() as usize)
}

/// The calls under way, where nothing unwinds: how many in the low half, how many of them have
/// entered a cell in the high one. So the host can tell what an exception that cut their frames
/// has left behind.
#[cfg(not(panic = "unwind"))]
mod entered {
    use std::cell::Cell;

    thread_local! {
        static ENTERED: Cell<u32> = const { Cell::new(0) };
    }

    /// Counts a call. The answer is what there was before.
    #[inline(always)]
    pub(crate) fn enter_call(holds_cells: bool) -> u32 {
        let before = ENTERED.get();
        ENTERED.set(before + if holds_cells { 0x1_0001 } else { 1 });
        before
    }

    /// The call is over.
    #[inline(always)]
    pub(crate) fn leave_call(before: u32) {
        ENTERED.set(before);
    }

    /// The address, for the host.
    pub(crate) fn entered_address() -> usize {
        ENTERED.with(|entered| entered.as_ptr() as usize)
    }
}

/// Frames that unwind need no count.
#[cfg(panic = "unwind")]
mod entered {
    /// In place of the count before.
    pub(crate) struct NotCounted;

    #[inline(always)]
    pub(crate) fn enter_call(_: bool) -> NotCounted {
        NotCounted
    }

    #[inline(always)]
    pub(crate) fn leave_call(_: NotCounted) {}

    pub(crate) fn entered_address() -> usize {
        0
    }
}

pub(crate) use entered::{enter_call, entered_address, leave_call};

/// Notes that an allocation failed.
#[cfg(all(target_family = "wasm", panic = "unwind"))]
pub(crate) fn set_spent() {
    FLAGS.set(FLAGS.get() | SPENT);
}

/// Has the next call look for our panic hook.
pub(crate) fn set_no_hook() {
    FLAGS.set(FLAGS.get() | NO_HOOK);
}

/// Notes that the hook ran.
pub(crate) fn set_noted() {
    FLAGS.set(FLAGS.get() | NOTED);
}

/// Clears the flag: no note is left.
pub(crate) fn clear_noted() {
    FLAGS.set(FLAGS.get() & !NOTED);
}

/// The task that is polled.
pub(crate) fn current() -> Option<u32> {
    CURRENT.get()
}
