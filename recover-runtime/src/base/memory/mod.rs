//! Running out of memory, survived: an allocation failure unwinds like a panic.
//!
//! In unwind builds you need to do nothing: JavaScript gets an `OutOfMemoryError`, destructors
//! run, and the next call works. [`Allocator`] is opt-in: it counts, and it refuses more than a
//! limit that you set, before the engine does.
//!
//! ```
//! use recover_runtime::memory::{self, Allocator};
//!
//! #[global_allocator]
//! static GLOBAL: Allocator = Allocator::with_limit(256 << 20);
//!
//! fn main() {
//!     let before = memory::live_bytes().unwrap();
//!     let string = String::with_capacity(1 << 20);
//!     assert!(memory::live_bytes().unwrap() >= before + (1 << 20));
//!     drop(string);
//!     assert!(memory::peak_bytes().unwrap() >= before + (1 << 20));
//!     assert!(Vec::<u8>::new().try_reserve(1 << 30).is_err());
//! }
//! ```
//!
//! `counters.rs` counts, `reserve.rs` keeps a reserve, `failure.rs` unwinds, and the glue
//! allocates by `glue.rs`.

pub use allocator::Allocator;

use crate::base::memory::counters::COUNTERS;

mod allocator;

pub(crate) mod counters;

#[cfg(all(target_family = "wasm", panic = "unwind"))]
mod failure;

#[cfg(all(feature = "torture-allocator", target_family = "wasm"))]
mod global;

#[cfg(all(target_family = "wasm", not(target_os = "wasi")))]
mod glue;

mod reserve;

/// Bytes that live allocations hold; `None` where [`Allocator`] is not the global
/// allocator. The runtime's reserve is not counted.
pub fn live_bytes() -> Option<usize> {
    COUNTERS.installed().then(|| COUNTERS.live())
}

/// The most bytes that were live at once; `None` where [`Allocator`] is not the global
/// allocator.
pub fn peak_bytes() -> Option<usize> {
    COUNTERS.installed().then(|| COUNTERS.peak())
}

/// Sets how many bytes may be live at once in this module, in place of what
/// [`Allocator::with_limit`] said; `None` leaves the limit to the engine. Nothing that is
/// live is taken back. Without [`Allocator`] as the global allocator it has no effect.
pub fn set_limit(bytes: Option<usize>) {
    COUNTERS.set_limit(bytes.unwrap_or(usize::MAX));
}

/// Called before the panic hook is chained: makes room for the hook and the reserve.
pub(crate) fn make_room() {
    if !reserve::release() {
        // Growing the memory is the slowest part, so it is done once, not for each allocation.
        reserve::take();
        reserve::release();
    }
}

/// Called once the panic hook is chained: from now on allocation failures unwind.
pub(crate) fn attach() {
    #[cfg(all(target_family = "wasm", panic = "unwind"))]
    {
        failure::unwind();
        reserve::take();
    }
}

/// Called by the panic hook, before std raises the exception.
pub(crate) fn panics() {
    #[cfg(all(target_family = "wasm", panic = "unwind"))]
    failure::hooked();
}

/// The address of the counters, for the host.
pub(crate) fn address() -> usize {
    COUNTERS.address()
}

/// Called when an allocation failure has ended: takes the reserve again. Returns whether the
/// reserve is full again.
pub(crate) fn settle() -> bool {
    COUNTERS.revoke();
    reserve::take()
}
