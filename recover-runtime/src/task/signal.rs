//! The DOM's `AbortSignal`, as an argument of exports.

use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen]
extern "C" {
    /// An `AbortSignal`. An asynchronous export that takes one ends when it is aborted: its
    /// future is dropped, and the promise rejects with the signal's reason.
    #[wasm_bindgen(typescript_type = "AbortSignal")]
    #[derive(Clone, Debug)]
    pub type AbortSignal;

    /// Whether it was aborted.
    #[wasm_bindgen(method, getter)]
    pub fn aborted(this: &AbortSignal) -> bool;

    /// Why it was aborted; `undefined` before.
    #[wasm_bindgen(method, getter)]
    pub fn reason(this: &AbortSignal) -> JsValue;
}
