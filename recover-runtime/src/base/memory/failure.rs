//! What an allocation failure does in an unwind build: it unwinds.
//!
//! std calls an alloc error hook, and aborts if that returns. Our hook releases the reserve and
//! unwinds as a panic does, but calls no panic hook: one that allocates would abort. `GlobalAlloc` itself never unwinds, and `try_reserve` never comes here.

use crate::base::flags;
use crate::base::memory::counters::COUNTERS;
use crate::base::memory::reserve;
use crate::base::origin;
use crate::base::payload::OutOfMemory;
use std::alloc::Layout;
use std::cell::Cell;

thread_local! {
    /// Whether an exception is being raised, which allocates too.
    static RAISING: Cell<bool> = const { Cell::new(false) };
    /// Whether the panic that was raised last went through the panic hook.
    static HOOKED: Cell<bool> = const { Cell::new(false) };
}

/// Called by the panic hook.
pub(crate) fn hooked() {
    HOOKED.set(true);
}

/// Makes allocation failures unwind from now on.
pub(crate) fn unwind() {
    std::alloc::set_alloc_error_hook(raise);
}

fn raise(layout: Layout) {
    // std has counted the panic whose hook ran, and now allocates its exception. If another one were raised in
    // its place, one catch would end both, and std would take this thread for one that panics for ever.
    // A destructor that runs meanwhile can't be told from that.
    let is_instead = std::thread::panicking() && HOOKED.get();
    HOOKED.set(is_instead);
    if RAISING.replace(true) || is_instead {
        // The exception itself can't be allocated: std aborts.
        return;
    }
    let _raised = Raised;
    // What raises it can't raise another.
    #[cfg(feature = "torture")]
    crate::base::torture::pause(true);
    let limit = COUNTERS.refused();
    reserve::release();
    COUNTERS.grant(reserve::SIZE);
    flags::set_spent();
    // The user may catch it: then the next call forgets the stack.
    flags::set_noted();
    std::panic::resume_unwind(Box::new(OutOfMemory {
        requested: layout.size(),
        limit,
        stack: origin::stack(),
    }))
}

/// Clears `RAISING` once the exception unwinds: a destructor may raise and catch another.
struct Raised;

impl Drop for Raised {
    fn drop(&mut self) {
        RAISING.set(false);
        #[cfg(feature = "torture")]
        crate::base::torture::pause(false);
    }
}
