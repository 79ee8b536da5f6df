//! The host makes the functions that JavaScript sees of closures.

use crate::base::cell::Refusal;
use crate::base::origin;
use crate::host::attach;
use std::cell::Cell;
use wasm_bindgen::JsValue;
use wasm_bindgen::closure::ScopedClosure;
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
    fn js_scope(shell: &JsValue, arity: u32, body: &JsValue) -> Result<(), JsValue>;

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
    // Memory may run out in the middle: then the next call does it.
    if !LINKED.get() {
        attach::watch_end();
        // Nothing there throws.
        let _ = js_link(&attach::links());
        LINKED.set(true);
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

/// Releases a wasm-bindgen closure. Its function refuses every later call.
pub(crate) fn release(shell: &JsValue) {
    // As above.
    let _ = js_release(shell);
}

/// Runs `body` with a function for `shell`, which refuses to be called once `body` is left.
pub(crate) fn scope(
    shell: &JsValue,
    arity: u32,
    mut body: impl FnMut(JsValue),
) -> Result<(), JsValue> {
    // Not a `&mut dyn FnMut` of the import: what wasm-bindgen makes for one stays in every
    // module, whether it has scopes or not.
    let body = ScopedClosure::<dyn FnMut(JsValue)>::borrow_mut_assert_unwind_safe(&mut body);
    js_scope(shell, arity, body.as_ref())
}

/// The error for a call that a closure refused.
pub(crate) fn refused(refusal: Refusal, name: &'static str, cause: &JsValue) -> JsValue {
    let (name, name_len) = origin::str_parts(name);
    js_refused_callback(refusal as u32, name, name_len, cause).unwrap_or_else(|thrown| thrown)
}
