//! The opt-in global allocator. `unsafe`: it forwards to another one.
//!
//! It never unwinds. It returns null for what it refuses, as `GlobalAlloc` demands, and the
//! caller decides. Numbers live in `counters`.

use crate::base::memory::counters::{COUNTERS, uncounted};
use crate::base::memory::reserve;
use std::alloc::{GlobalAlloc, Layout, System};

/// A global allocator that counts live bytes and refuses more than a soft limit. It takes its
/// memory from another allocator, by default the system's.
///
/// `recovery.health()` then has `liveBytes` and `peakBytes`, and
/// `#[recoverable(memory_limit = "8MiB")]` works. A module has one, and one set of numbers.
///
/// ```
/// use recover_runtime::memory::Allocator;
///
/// #[global_allocator]
/// static GLOBAL: Allocator = Allocator::new();
/// # fn main() {}
/// ```
#[derive(Debug)]
pub struct Allocator<A = System> {
    beneath: A,
    limit: usize,
}

impl Allocator {
    /// Counts, and leaves the limit to the engine, or to
    /// [`set_limit`](super::set_limit).
    pub const fn new() -> Self {
        Allocator::with_limit(usize::MAX)
    }

    /// Refuses an allocation that would make more than `bytes` live at once.
    pub const fn with_limit(bytes: usize) -> Self {
        Allocator::on(System, bytes)
    }
}

impl Default for Allocator {
    fn default() -> Self {
        Allocator::new()
    }
}

impl<A> Allocator<A> {
    /// Takes its memory from `beneath`. `usize::MAX` bytes mean no limit.
    pub const fn on(beneath: A, bytes: usize) -> Self {
        Allocator {
            beneath,
            limit: bytes,
        }
    }
}

/// The block that `ask` returns. If that is null while a panic unwinds, the reserve is released
/// and `ask` is called again: std aborts if it can't allocate a panic's message.
#[inline]
fn ask_with_reserve(ask: impl Fn() -> *mut u8) -> *mut u8 {
    let block = ask();
    if block.is_null() && std::thread::panicking() && reserve::release() {
        return ask();
    }
    block
}

// SAFETY: every block is one of the allocator beneath, asked for with the caller's
// layout, and goes back to it with the same. Counting touches no memory and does not unwind.
// None of this is inlined. LLVM takes each block for an object of its own. Where it sees the
// allocator beneath read the header before a block, that is undefined behaviour for it, and thin
// LTO did miscompile it.
unsafe impl<A: GlobalAlloc> GlobalAlloc for Allocator<A> {
    #[inline(never)]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's contract is the one asked for.
        let ask = || unsafe { self.beneath.alloc(layout) };
        self.counted(layout.size(), ask)
    }

    #[inline(never)]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as above.
        let ask = || unsafe { self.beneath.alloc_zeroed(layout) };
        self.counted(layout.size(), ask)
    }

    #[inline(never)]
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        if !uncounted() {
            COUNTERS.release(layout.size());
        }
        // SAFETY: as above; the block came from there.
        unsafe { self.beneath.dealloc(block, layout) }
    }

    #[inline(never)]
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: as above; the block came from there, and stays valid where this is null.
        let ask = || unsafe { self.beneath.realloc(block, layout, size) };
        match size.checked_sub(layout.size()) {
            Some(more) if more > 0 => self.counted(more, ask),
            _ => {
                let moved = ask_with_reserve(ask);
                if !moved.is_null() {
                    COUNTERS.release(layout.size() - size);
                }
                moved
            }
        }
    }
}

impl<A> Allocator<A> {
    #[inline]
    fn counted(&self, size: usize, ask: impl Fn() -> *mut u8) -> *mut u8 {
        #[cfg(feature = "torture")]
        let ask = crate::base::torture::failing_once(ask);
        if uncounted() {
            return ask();
        }
        if !COUNTERS.admit(size, self.limit) {
            return std::ptr::null_mut();
        }
        let block = ask_with_reserve(ask);
        match block.is_null() {
            true => COUNTERS.failed(),
            false => COUNTERS.count(size),
        }
        block
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One test, because all tests share the module's counters.
    #[test]
    fn live_bytes_follow_each_allocation_and_release() {
        let allocator = Allocator::with_limit(1000);
        let layout = |size| Layout::from_size_align(size, 8).unwrap();
        // SAFETY: each block is freed once, with the layout that it has then.
        unsafe {
            let block = allocator.alloc(layout(400));
            assert!(!block.is_null());
            assert_eq!(super::super::live_bytes(), Some(400));
            block.write_bytes(7, 400);
            assert!(allocator.realloc(block, layout(400), 1001).is_null());
            assert_eq!(*block.add(399), 7, "what could not grow is as it was");
            let block = allocator.realloc(block, layout(400), 1000);
            assert_eq!(super::super::live_bytes(), Some(1000));
            assert!(allocator.alloc(layout(1)).is_null());
            assert!(allocator.alloc_zeroed(layout(1)).is_null());
            let block = allocator.realloc(block, layout(1000), 10);
            assert_eq!(*block.add(9), 7);
            assert_eq!(super::super::live_bytes(), Some(10));
            let zeroed = allocator.alloc_zeroed(layout(100));
            assert_eq!(*zeroed.add(99), 0);
            allocator.dealloc(zeroed, layout(100));
            allocator.dealloc(block, layout(10));
        }
        assert_eq!(super::super::live_bytes(), Some(0));
        assert_eq!(super::super::peak_bytes(), Some(1000));
    }
}
