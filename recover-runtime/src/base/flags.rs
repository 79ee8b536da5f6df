//! State between calls: a word of flags, which is zero in the common case, the cause of the call
//! that is being settled, and the task that is polled.
//!
//! Destructors of what a call held learn by [`FLAGS`] and [`CAUSE`] how the call ended. No argument
//! can tell them: wasm-bindgen's `T::Anchor` is opaque, and only its `Drop` runs. Whoever sets a
//! flag also clears it. What a flag means for a value is not decided here.

use std::cell::{Cell, RefCell};
use wasm_bindgen::JsValue;

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

/// An argument of an export is being converted.
pub(crate) const CONVERTING: u32 = 64;

/// The call that begins has consumed an object that the host has a record of.
pub(crate) const CONSUMED: u32 = 128;

/// Entries of several cells end together: what their records gain is staged.
pub(crate) const STAGING: u32 = 256;

/// Something is staged.
pub(crate) const STAGED: u32 = 512;

thread_local! {
    /// Zero in the common case, so that a call pays one load and one branch.
    pub(crate) static FLAGS: Cell<u32> = const { Cell::new(NO_HOOK) };
    pub(crate) static CAUSE: RefCell<Option<JsValue>> = const { RefCell::new(None) };
    /// The number of the task that is polled.
    pub(crate) static CURRENT: Cell<Option<u32>> = const { Cell::new(None) };
}

/// The address of the flags, for the host.
pub(crate) fn address() -> usize {
    FLAGS.with(|flags| flags.as_ptr() as usize)
}

/// Notes that an allocation failed.
#[cfg(all(target_family = "wasm", panic = "unwind"))]
pub(crate) fn set_spent() {
    FLAGS.set(FLAGS.get() | SPENT);
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
