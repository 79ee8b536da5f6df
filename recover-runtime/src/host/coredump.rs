//! The import that brings `js/coredump.js` into a package, by the feature `coredump`. What a coredump
//! holds is not decided here.

use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen(module = "/js/coredump.js")]
extern "C" {
    #[wasm_bindgen(catch, js_name = provide)]
    fn js_provide(links: &JsValue) -> Result<(), JsValue>;
}

/// Gives `recovery.coredump()` its function.
pub(crate) fn provide(links: &JsValue) {
    // If this fails, the control says what it needs.
    let _ = js_provide(links);
}
