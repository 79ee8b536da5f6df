//! What serde asked of the format in vain, for the message of the check in debug builds
//! (`record::prove`). Nothing follows from it but words: no value is refused here.

use std::cell::Cell;

/// What the format could not do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hint {
    /// Nothing was asked in vain.
    Nothing,
    /// Serde began a map or a sequence, and did not say how long it is.
    Length,
    /// Serde asked what comes next: the bytes have no names and no types.
    Next,
    /// The stack was short, whatever the value is.
    Stack,
}

thread_local! {
    static LAST: Cell<Hint> = const { Cell::new(Hint::Nothing) };
}

/// Notes what was asked; nothing in release builds.
#[inline(always)]
pub(crate) fn note(hint: Hint) {
    if cfg!(debug_assertions) {
        LAST.set(hint);
    }
}

/// What was noted last, once.
pub(crate) fn take() -> Hint {
    LAST.replace(Hint::Nothing)
}
