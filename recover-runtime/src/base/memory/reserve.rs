//! Memory kept back for the moment when there is none. `unsafe`: it holds a raw block.
//!
//! Raising an exception, the user's destructors, the tables of wasm-bindgen and the error
//! that JavaScript gets all need some. So a block is taken early, from the global
//! allocator, and given back to it when an allocation fails. Whether one failed is not
//! decided here.

use crate::base::memory::counters::without;
use std::alloc::{Layout, alloc, dealloc};
use std::cell::Cell;

/// Bytes. The exception, its payload and the error take less than 200; the rest is for
/// destructors, and for wasm-bindgen's table, which doubles: 4 bytes a slot.
pub(crate) const SIZE: usize = 64 << 10;

/// Less is not worth keeping.
const LEAST: usize = 4 << 10;

struct Block {
    start: *mut u8,
    layout: Layout,
}

thread_local! {
    static HELD: Cell<Option<Block>> = const { Cell::new(None) };
}

/// Takes what can be had, up to all of it; says whether all of it is held.
pub(crate) fn take() -> bool {
    let held = HELD.take();
    let have = held.as_ref().map_or(0, |block| block.layout.size());
    HELD.set(held);
    let mut size = SIZE;
    while size > have && size >= LEAST {
        // Aligned as any block is: more could not be had where the same block was.
        let Ok(layout) = Layout::from_size_align(size, 8) else {
            break;
        };
        // SAFETY: the layout is not empty.
        let start = without(|| unsafe { alloc(layout) });
        if !start.is_null() {
            release();
            HELD.set(Some(Block { start, layout }));
            break;
        }
        size /= 2;
    }
    size == SIZE || have == SIZE
}

/// Gives it to the allocator; says whether there was any.
pub(crate) fn release() -> bool {
    let Some(Block { start, layout }) = HELD.take() else {
        return false;
    };
    // SAFETY: `take` had it from the same allocator with this layout, and it is nobody's.
    without(|| unsafe { dealloc(start, layout) });
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_taken_once_and_given_once() {
        assert!(take());
        assert!(take());
        assert!(release());
        assert!(!release());
        assert!(take());
        assert!(release());
    }
}
