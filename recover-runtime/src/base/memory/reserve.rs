//! A reserve of memory for the time after an allocation failed. `unsafe`: it holds a raw block.
//!
//! Raising an exception, the user's destructors, wasm-bindgen's tables and the error for
//! JavaScript all need memory. So a block is taken from the global allocator early, and released
//! when an allocation fails. Whether one failed is not decided here.

use crate::base::memory::counters::run_uncounted;
use std::alloc::{Layout, alloc, dealloc};
use std::cell::Cell;

/// Bytes of the reserve. The exception, its payload and the error take less than 200; the rest is
/// for destructors, and for wasm-bindgen's table, which doubles: 4 bytes a slot.
pub(crate) const SIZE: usize = 64 << 10;

/// A smaller block is not kept.
const MIN_SIZE: usize = 4 << 10;

struct Block {
    start: *mut u8,
    layout: Layout,
}

thread_local! {
    static HELD: Cell<Option<Block>> = const { Cell::new(None) };
}

/// Takes the reserve, or as much of it as can be had. Returns whether it is full.
pub(crate) fn take() -> bool {
    let held = HELD.take();
    let have = held.as_ref().map_or(0, |block| block.layout.size());
    HELD.set(held);
    let mut size = SIZE;
    while size > have && size >= MIN_SIZE {
        // The usual alignment: with another the same block could not be had again.
        let Ok(layout) = Layout::from_size_align(size, 8) else {
            break;
        };
        // SAFETY: the layout is not empty.
        let start = run_uncounted(|| unsafe { alloc(layout) });
        if !start.is_null() {
            release();
            HELD.set(Some(Block { start, layout }));
            break;
        }
        size /= 2;
    }
    size == SIZE || have == SIZE
}

/// Releases the reserve to the allocator. Returns whether there was any.
pub(crate) fn release() -> bool {
    let Some(Block { start, layout }) = HELD.take() else {
        return false;
    };
    // SAFETY: `take` allocated the block with this layout, and nobody else uses it.
    run_uncounted(|| unsafe { dealloc(start, layout) });
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reserve_is_taken_once_and_released_once() {
        assert!(take());
        assert!(take());
        assert!(release());
        assert!(!release());
        assert!(take());
        assert!(release());
    }
}
