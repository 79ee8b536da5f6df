//! The host makes the functions that JavaScript sees of closures.

use crate::base::cell::Refusal;
use crate::base::origin;
use crate::host::attach;
use std::cell::Cell;
use std::panic::AssertUnwindSafe;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen(module = "/js/callbacks.js")]
extern "C" {
    #[wasm_bindgen(catch, js_name = callback)]
    fn js_callback(shell: &JsValue, arity: u32) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(catch, js_name = detached)]
    fn js_detached(function: &JsValue) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(catch, js_name = release)]
    fn js_release(shell: &JsValue) -> Result<(), JsValue>;

    #[wasm_bindgen(catch, js_name = scope)]
    fn js_scope(shell: &JsValue, arity: u32, body: &mut dyn FnMut(JsValue)) -> Result<(), JsValue>;

    #[wasm_bindgen(catch, js_name = link)]
    fn js_link(links: &JsValue) -> Result<(), JsValue>;
}

#[wasm_bindgen(module = "/js/errors.js")]
extern "C" {
    #[wasm_bindgen(catch, js_name = refusedCallback)]
    fn js_refused_callback(
        refusal: u32,
        name: usize,
        name_len: usize,
        cause: &JsValue,
    ) -> Result<JsValue, JsValue>;
}

thread_local! {
    static LINKED: Cell<bool> = const { Cell::new(false) };
}

/// Gives the host's module for callbacks what it needs, once.
pub(crate) fn link() {
    if !LINKED.replace(true) {
        attach::watch_end();
        // Nothing there throws.
        let _ = js_link(&attach::links());
    }
}

/// The function for a wasm-bindgen closure.
pub(crate) fn function(shell: &JsValue, arity: u32) -> JsValue {
    // Nothing there throws, unless the engine is out of memory.
    js_callback(shell, arity).unwrap_or(JsValue::UNDEFINED)
}

/// The function for callers that can't catch.
pub(crate) fn detached(function: &JsValue) -> JsValue {
    js_detached(function).unwrap_or(JsValue::UNDEFINED)
}

/// Lets a wasm-bindgen closure go; what is made of it refuses to be called from now on.
pub(crate) fn release(shell: &JsValue) {
    // As above.
    let _ = js_release(shell);
}

/// Runs `body` with a function for `shell`, which refuses to be called once `body` is left.
pub(crate) fn scope(shell: &JsValue, arity: u32, body: impl FnMut(JsValue)) -> Result<(), JsValue> {
    let mut body = AssertUnwindSafe(body);
    js_scope(shell, arity, &mut move |function| {
        let body = &mut body;
        (body.0)(function);
    })
}

/// The error for a call that a closure refused.
pub(crate) fn refused(refusal: Refusal, name: &'static str, cause: &JsValue) -> JsValue {
    let (name, name_len) = origin::str_parts(name);
    js_refused_callback(refusal as u32, name, name_len, cause).unwrap_or_else(|thrown| thrown)
}
