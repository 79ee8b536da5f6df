//! An import that throws, declared `extern "C"` as wasm-bindgen declares its
//! own, or `extern "C-unwind"` as it would be right (`--cfg declared_unwind`).
//!
//! The compiler may take the first for a call that never unwinds, lay it inside
//! the frame that drops a value, and drop that value again on the way out.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

#[cfg(not(declared_unwind))]
#[link(wasm_import_module = "env")]
unsafe extern "C" {
    safe fn throw_to_js();
}

#[cfg(declared_unwind)]
#[link(wasm_import_module = "env")]
unsafe extern "C-unwind" {
    safe fn throw_to_js();
}

thread_local! {
    static DROPS: Cell<u32> = const { Cell::new(0) };
}

/// How many drops ran since the module was made.
#[unsafe(no_mangle)]
extern "C" fn drops() -> u32 {
    DROPS.get()
}

struct Counted;

impl Drop for Counted {
    fn drop(&mut self) {
        DROPS.set(DROPS.get() + 1);
    }
}

/// As wasm-bindgen's `throw_val`.
#[cold]
#[inline(never)]
fn throw() -> ! {
    throw_to_js();
    // SAFETY: the import throws; this is what wasm-bindgen tells the compiler.
    unsafe { std::hint::unreachable_unchecked() }
}

/// The user's body.
fn body(fails: u32) -> u32 {
    if fails == 7 {
        resume_unwind(Box::new(fails));
    }
    fails + 1
}

/// The guard of an export: a value or an error.
fn guarded<T>(call: impl FnOnce() -> T) -> Result<T, ()> {
    catch_unwind(AssertUnwindSafe(call)).map_err(drop)
}

/// As wasm-bindgen's `maybe_catch_unwind` around an export.
fn outermost<T>(call: impl FnOnce() -> T) -> T {
    match catch_unwind(AssertUnwindSafe(call)) {
        Ok(value) => value,
        Err(_) => throw(),
    }
}

/// One export: an argument that is dropped once, then the value or the throw.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn call(fails: u32) -> u32 {
    let result = outermost(|| {
        let argument = Counted;
        let result = guarded(|| body(fails));
        drop(argument);
        result
    });
    match result {
        Ok(value) => value,
        Err(()) => throw(),
    }
}

/// A catch around the import itself. Returns whether it caught something.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn catching() -> u32 {
    let caught = catch_unwind(AssertUnwindSafe(|| {
        let argument = Counted;
        throw_to_js();
        drop(argument);
    }));
    u32::from(caught.is_err())
}
