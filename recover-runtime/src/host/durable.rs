//! The imports that bring durable objects into a package, by the feature `durable`: their modules, the classes of their
//! errors, and their types. What a durable object is stands in `js/durable.js`.

use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = without_imports(include_str!("../../js/durable.d.ts"));

#[wasm_bindgen(typescript_custom_section)]
const STORES: &str = include_str!("../../js/stores.d.ts");

#[wasm_bindgen(module = "/js/durable.js")]
extern "C" {
    #[wasm_bindgen(catch, js_name = ready)]
    fn js_ready(begin: usize, end: usize) -> Result<(), JsValue>;

    #[wasm_bindgen(js_name = StoreErrorClass, reexport = "StoreError", skip_typescript)]
    fn store_error();
    #[wasm_bindgen(js_name = LeaseErrorClass, reexport = "LeaseError", skip_typescript)]
    fn lease_error();
}

// These throw nothing.
#[wasm_bindgen(module = "/js/keys.js")]
extern "C" {
    #[wasm_bindgen(js_name = began)]
    fn js_began(task: u32);

    #[wasm_bindgen(js_name = polls)]
    fn js_polls(task: Option<u32>);
}

// Nobody calls these: wasm-bindgen copies the modules.
#[wasm_bindgen(module = "/js/chunks.js")]
extern "C" {
    #[wasm_bindgen(js_name = readPiece)]
    fn chunks();
}

#[wasm_bindgen(module = "/js/commits.js")]
extern "C" {
    #[wasm_bindgen(js_name = isLost)]
    fn commits();
}

#[wasm_bindgen(module = "/js/handles.js")]
extern "C" {
    #[wasm_bindgen(js_name = handleOf)]
    fn handles();
}

/// What stands behind the first line: in a package all types are in one file.
#[allow(dead_code)] // the macro reads it
pub(crate) const fn without_imports(text: &str) -> &str {
    let mut at = 0;
    while text.as_bytes()[at] != b'\n' {
        at += 1;
    }
    text.split_at(at + 1).1
}

/// Tells the host where the static data is, in which methods are described (`persist/replay.rs`).
pub(crate) fn describe() {
    let (begin, end) = crate::base::stack::statics();
    // If this fails, `open` says why.
    let _ = js_ready(begin, end);
}

/// The call under way goes on as a task.
pub(crate) fn began(task: u32) {
    js_began(task);
}

/// A task is polled from here on; or none is.
pub(crate) fn polls(task: Option<u32>) {
    js_polls(task);
}
