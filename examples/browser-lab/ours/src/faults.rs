//! Faults that belong to no object, behind `#[recoverable]`.

use lab_core::faults;
use recover_runtime::{Callback, callback, recoverable};

/// One request, for more than there can be.
#[recoverable]
pub fn allocate(bytes: usize) -> usize {
    faults::allocate(bytes)
}

/// Small requests, until there is no more.
#[recoverable]
pub fn fill() -> usize {
    faults::fill()
}

/// How long a text is.
#[recoverable]
pub fn length(text: &str) -> usize {
    faults::length(text)
}

/// Recursion, guarded: the twin of `faults::nest` with the one attribute.
#[recoverable(stack_guard)]
pub fn nest_guarded(depth: u32) -> u32 {
    if depth == 0 {
        return 0;
    }
    std::hint::black_box(nest_guarded(depth - 1)) + 1
}

/// Recursion that nobody guards.
#[recoverable]
pub fn nest(depth: u32) -> u32 {
    faults::nest(depth)
}

/// Ends the instance.
#[recoverable]
pub fn abort() {
    faults::abort();
}

/// Ends the instance by two panics.
#[recoverable]
pub fn panic_twice() {
    faults::panic_twice();
}

/// For a timer, which has nobody to catch.
#[recoverable]
pub fn alarm() -> Callback {
    callback(faults::ring).detached()
}

/// Forty-two.
#[recoverable]
pub fn answer() -> u32 {
    faults::answer()
}
