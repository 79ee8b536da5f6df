//! What has to be known at the next call: a word of flags, zero in the common case, the cause
//! of the call that is being settled, and the task that is polled.
//!
//! How a call ended reaches the destructors of what it held by [`FLAGS`] and [`CAUSE`], not by
//! an argument: wasm-bindgen's `T::Anchor` is opaque, so `Drop` is the only way into it. Who
//! sets a flag also clears it; nothing here decides what a flag means for a value.

use std::cell::{Cell, RefCell};
use wasm_bindgen::JsValue;

/// The hook is missing, or not known to be in force.
pub(crate) const NO_HOOK: u32 = 1;

/// A panic was noted, and perhaps caught by the user.
pub(crate) const NOTED: u32 = 4;

/// Anchors that are dropped now belong to a call that panicked.
pub(crate) const UNWOUND: u32 = 2;

/// Memory ran out, and the reserve was spent on it.
pub(crate) const SPENT: u32 = 8;

/// Anchors that are dropped now belong to a call that was given up.
pub(crate) const GIVEN_UP: u32 = 16;

thread_local! {
    /// Zero in the common case, so that a call pays one load and one branch.
    pub(crate) static FLAGS: Cell<u32> = const { Cell::new(NO_HOOK) };
    pub(crate) static CAUSE: RefCell<Option<JsValue>> = const { RefCell::new(None) };
    /// The number of the task that is polled.
    pub(crate) static CURRENT: Cell<Option<u32>> = const { Cell::new(None) };
}

/// Where the host finds the flags.
pub(crate) fn address() -> usize {
    FLAGS.with(|flags| flags.as_ptr() as usize)
}

/// An allocation failed.
#[cfg(all(target_family = "wasm", panic = "unwind"))]
pub(crate) fn set_spent() {
    FLAGS.set(FLAGS.get() | SPENT);
}

/// The hook ran.
pub(crate) fn set_noted() {
    FLAGS.set(FLAGS.get() | NOTED);
}

/// Every panic that the hook noted is accounted for.
pub(crate) fn clear_noted() {
    FLAGS.set(FLAGS.get() & !NOTED);
}

/// The task that is polled.
pub(crate) fn current() -> Option<u32> {
    CURRENT.get()
}
