//! Imports for handles: the host patches their class, and reports errors without a caller.

use crate::host::attach::links;
use crate::host::caught::{HostValue, value_or_thrown};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen(module = "/js/objects.js")]
extern "C" {
    #[wasm_bindgen(catch, js_name = adopt)]
    fn js_adopt(
        probe: &JsValue,
        links: &JsValue,
        persists: bool,
        class: &str,
        id: usize,
    ) -> Result<(), JsValue>;

    #[wasm_bindgen(catch, js_name = pointerOf)]
    fn js_pointer_of(
        value: &JsValue,
        id: usize,
        class: &str,
        links: &JsValue,
    ) -> Result<u32, JsValue>;

    #[wasm_bindgen(catch, js_name = takeOver)]
    fn js_taken(pointer: usize) -> Result<bool, JsValue>;

    #[wasm_bindgen(js_name = canBeTaken)]
    fn js_can_be_taken(value: &JsValue, id: usize) -> bool;

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
pub(crate) fn adopt(probe: &JsValue, persists: bool, class: &str, id: usize) {
    if let Err(thrown) = js_adopt(probe, &links(), persists, class, id) {
        // Without the patches a handle is not safe; the guard makes this a `PanicError`.
        std::panic::panic_any(thrown)
    }
}

/// The pointer of an object of a class, or the error of a value that is none, or is stale.
pub(crate) fn pointer_of(value: &JsValue, id: usize, class: &str) -> Result<u32, JsValue> {
    js_pointer_of(value, id, class, &links())
}

/// Whether a value is a handle of a class whose object can be taken. If not, [`invalid`] knows why.
pub(crate) fn can_be_taken(value: &JsValue, id: usize) -> bool {
    js_can_be_taken(value, id)
}

/// Has the host take the pointer out of the handle that was offered with it; whether there is one.
pub(crate) fn taken(pointer: usize) -> Result<bool, JsValue> {
    js_taken(pointer)
}

/// Hands the host a panic that has no caller.
pub(crate) fn drop_failed(error: &JsValue) {
    // If this fails, nobody is left to report to.
    let _ = js_drop_failed(error);
}
