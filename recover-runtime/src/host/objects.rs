//! Imports for handles: the host patches their class, and reports errors without a caller.

use crate::host::attach::links;
use crate::host::caught::{HostValue, value_or_thrown};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen(module = "/js/objects.js")]
extern "C" {
    #[wasm_bindgen(catch, js_name = adopt)]
    fn js_adopt(probe: &JsValue, links: &JsValue, persists: bool) -> Result<(), JsValue>;

    #[wasm_bindgen(catch, js_name = invalid)]
    fn js_invalid(message: &str) -> Result<HostValue, JsValue>;

    #[wasm_bindgen(catch, js_name = dropFailed)]
    fn js_drop_failed(error: &JsValue) -> Result<(), JsValue>;
}

/// The error for an argument that wasm-bindgen could not convert.
pub(crate) fn invalid(message: &str) -> JsValue {
    value_or_thrown(js_invalid(message))
}

/// Patches the class of `probe`; see `adopt` in `js/objects.js`.
pub(crate) fn adopt(probe: &JsValue, persists: bool) {
    if let Err(thrown) = js_adopt(probe, &links(), persists) {
        // Without the patches a handle is not safe; the guard makes this a `PanicError`.
        std::panic::panic_any(thrown)
    }
}

/// Hands the host a panic that has no caller.
pub(crate) fn drop_failed(error: &JsValue) {
    // If this fails, nobody is left to report to.
    let _ = js_drop_failed(error);
}
