//! What JavaScript's glue allocates with, to copy arguments in. `unsafe`: raw blocks.
//!
//! wasm-bindgen's own `__wbindgen_malloc` traps where there is no room. `cargo recover`
//! has the glue call these instead, which say so; the host then throws. They are exports
//! by these very names, so nothing here may be renamed alone: see `copying` in
//! `js/host.js`.

use crate::base::memory::counters::COUNTERS;
use std::alloc::{Layout, alloc, dealloc, realloc};

/// A block of `size` bytes; null if there is no room.
#[unsafe(no_mangle)]
extern "C" fn __recover_malloc(size: usize, align: usize) -> *mut u8 {
    match Layout::from_size_align(size, align) {
        // No block: any aligned address stands for one.
        Ok(layout) if layout.size() == 0 => std::ptr::without_provenance_mut(align),
        // SAFETY: the layout is not empty.
        Ok(layout) => unsafe { alloc(layout) },
        Err(_) => std::ptr::null_mut(),
    }
}

/// The block with its contents, `size` bytes long; null where there is no room, and then
/// the block is freed: the glue has no other use for it.
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
        // SAFETY: the caller's contract; a size that overflows is none that can be had, and
        // an empty string keeps a byte.
        Ok(_) => unsafe { realloc(block, layout, size.max(1)) },
        Err(_) => std::ptr::null_mut(),
    };
    if moved.is_null() {
        // SAFETY: the caller's contract; a block that could not be moved is still valid.
        unsafe { dealloc(block, layout) };
    }
    moved
}

/// The soft limit that refused last; zero where the memory itself had no room.
#[unsafe(no_mangle)]
extern "C" fn __recover_refused() -> usize {
    COUNTERS.refused()
}
