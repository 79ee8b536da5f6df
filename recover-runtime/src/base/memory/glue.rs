//! What JavaScript's glue allocates with, to copy arguments in. `unsafe`: raw blocks.
//!
//! wasm-bindgen's own `__wbindgen_malloc` traps if there is no room. `cargo recover` makes the
//! glue call these functions instead. They return null, and the host throws. The glue calls them
//! by name, so they are renamed only together with `js/host.js` (see `copying` there).

use crate::base::memory::counters::COUNTERS;
use std::alloc::{Layout, alloc, dealloc, realloc};

/// A block of `size` bytes; null if there is no room.
#[unsafe(no_mangle)]
extern "C" fn __recover_malloc(size: usize, align: usize) -> *mut u8 {
    match Layout::from_size_align(size, align) {
        // An empty block is any aligned address.
        Ok(layout) if layout.size() == 0 => std::ptr::without_provenance_mut(align),
        // SAFETY: the layout is not empty.
        Ok(layout) => unsafe { alloc(layout) },
        Err(_) => std::ptr::null_mut(),
    }
}

/// Resizes a block to `size` bytes. If there is no room, returns null, and the block is as it was: the host
/// asks again when others have made room. To zero bytes it frees the block, for when it does not.
///
/// # Safety
///
/// `block` came from [`__recover_malloc`] or from here, with `old` bytes.
#[unsafe(no_mangle)]
unsafe extern "C" fn __recover_realloc(
    block: *mut u8,
    old: usize,
    size: usize,
    align: usize,
) -> *mut u8 {
    if old == 0 {
        return __recover_malloc(size, align);
    }
    let Ok(layout) = Layout::from_size_align(old, align) else {
        return std::ptr::null_mut();
    };
    match isize::try_from(size) {
        Ok(0) => {
            // SAFETY: the caller's contract; it does not use the block again.
            unsafe { dealloc(block, layout) };
            std::ptr::null_mut()
        }
        // SAFETY: the caller's contract. The size does not overflow, and it is not zero.
        Ok(_) => unsafe { realloc(block, layout, size) },
        Err(_) => std::ptr::null_mut(),
    }
}

/// The soft limit that refused last; zero if the memory itself had no room.
#[unsafe(no_mangle)]
extern "C" fn __recover_refused() -> usize {
    COUNTERS.refused()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_that_could_not_be_resized_is_as_it_was() {
        let block = __recover_malloc(4, 1);
        // SAFETY: the block has four bytes, is used by nobody else, and is freed at the end.
        unsafe {
            block.write_bytes(7, 4);
            assert!(__recover_realloc(block, 4, usize::MAX, 1).is_null());
            assert_eq!(std::slice::from_raw_parts(block, 4), [7; 4]);
            let block = __recover_realloc(block, 4, 8, 1);
            assert_eq!(std::slice::from_raw_parts(block, 4), [7; 4]);
            assert!(__recover_realloc(block, 8, 0, 1).is_null());
        }
    }
}
