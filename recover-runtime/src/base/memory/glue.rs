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

/// Resizes a block to `size` bytes. If there is no room, returns null and frees the block, because
/// the glue does not use it again.
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
    let moved = match isize::try_from(size) {
        // SAFETY: the caller's contract. The size does not overflow, and it is not zero, since an
        // empty string keeps one byte.
        Ok(_) => unsafe { realloc(block, layout, size.max(1)) },
        Err(_) => std::ptr::null_mut(),
    };
    if moved.is_null() {
        // SAFETY: the caller's contract; a block that could not be moved is still valid.
        unsafe { dealloc(block, layout) };
    }
    moved
}

/// The soft limit that refused last; zero if the memory itself had no room.
#[unsafe(no_mangle)]
extern "C" fn __recover_refused() -> usize {
    COUNTERS.refused()
}
