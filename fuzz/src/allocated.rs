//! Counts what Rust allocates, and ends the process where that is more than was foreseen.
//! The file with `unsafe` of this crate.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

static LIVE: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

struct Counting;

#[global_allocator]
static COUNTING: Counting = Counting;

fn add(bytes: usize) {
    let live = LIVE.fetch_add(bytes, Relaxed) + bytes;
    PEAK.fetch_max(live, Relaxed);
}

// SAFETY: every call is passed on as it is.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        add(layout.size());
        // SAFETY: the caller's promise is ours.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        LIVE.fetch_sub(layout.size(), Relaxed);
        // SAFETY: the caller's promise is ours.
        unsafe { System.dealloc(block, layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // Both blocks may be there for a while.
        add(size);
        LIVE.fetch_sub(layout.size(), Relaxed);
        // SAFETY: the caller's promise is ours.
        unsafe { System.realloc(block, layout, size) }
    }
}

/// Bytes that reading `input` bytes may allocate at the same time.
///
/// An element of a list is of one byte at least, so there are no more elements than bytes.
/// What costs most for a byte is a map of one: in the states of this crate a leaf of a
/// B-tree with room for eleven entries of 49 bytes, for two bytes, or a list with room for
/// four trees, for five. A list that grows has its old block for a while.
pub const fn warranted(input: usize) -> usize {
    1024 + input * 512
}

/// What `read` gives.
///
/// # Panics
/// If it allocates more than `input` bytes warrant.
pub fn within<R>(input: usize, read: impl FnOnce() -> R) -> R {
    let before = LIVE.load(Relaxed);
    PEAK.store(before, Relaxed);
    let result = read();
    let most = PEAK.load(Relaxed) - before;
    let warranted = warranted(input);
    assert!(
        most <= warranted,
        "{most} bytes were allocated for {input}, which warrant {warranted}"
    );
    result
}
