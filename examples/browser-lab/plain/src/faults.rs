//! Faults that belong to no object, behind plain `#[wasm_bindgen]`.

use lab_core::faults;
use wasm_bindgen::prelude::*;

/// One request, for more than there can be.
#[wasm_bindgen]
pub fn allocate(bytes: usize) -> usize {
    faults::allocate(bytes)
}

/// Small requests, until there is no more.
#[wasm_bindgen]
pub fn fill() -> usize {
    faults::fill()
}

/// How long a text is.
#[wasm_bindgen]
pub fn length(text: &str) -> usize {
    faults::length(text)
}

/// There is nothing to guard it with.
#[wasm_bindgen]
pub fn nest_guarded(depth: u32) -> u32 {
    faults::nest(depth)
}

/// Recursion that nobody guards.
#[wasm_bindgen]
pub fn nest(depth: u32) -> u32 {
    faults::nest(depth)
}

/// Ends the instance.
#[wasm_bindgen]
pub fn abort() {
    faults::abort();
}

/// Ends the instance by two panics.
#[wasm_bindgen]
pub fn panic_twice() {
    faults::panic_twice();
}

/// For a timer, which has nobody to catch.
#[wasm_bindgen]
pub fn alarm() -> JsValue {
    Closure::once_into_js(faults::ring)
}

/// Forty-two.
#[wasm_bindgen]
pub fn answer() -> u32 {
    faults::answer()
}
