//! The import that brings `js/capture.js` into a package, by the feature `capture`. What a capture
//! is stands there.

use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen(module = "/js/capture.js")]
extern "C" {
    #[wasm_bindgen(catch, js_name = described)]
    fn js_described(begin: usize, end: usize) -> Result<(), JsValue>;
}

/// Tells the host where the static data is, in which methods are described (`persist/replay.rs`).
pub(crate) fn describe() {
    let (begin, end) = crate::base::stack::statics();
    // If this fails, no journal is captured.
    let _ = js_described(begin, end);
}
