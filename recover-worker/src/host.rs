//! Imports from `js/worker.js`, and the calls that it is told of. No logic.

use std::cell::Cell;
use std::future::Future;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen(module = "/js/worker.js")]
extern "C" {
    #[wasm_bindgen(js_name = attach)]
    fn js_attach();

    #[wasm_bindgen(js_name = attachObject)]
    fn js_attach_object(links: &JsValue, class: &str);

    #[wasm_bindgen(js_name = answered)]
    fn js_answered(promise: &JsValue) -> JsValue;

    /// The number of a value that JavaScript keeps.
    #[wasm_bindgen(js_name = hold)]
    pub(crate) fn hold(value: &JsValue) -> u32;

    /// The value of a number; `undefined` if there is none.
    #[wasm_bindgen(js_name = held)]
    pub(crate) fn held(number: u32) -> JsValue;
}

thread_local! {
    static ATTACHED: Cell<bool> = const { Cell::new(false) };
}

/// Has the host look after the shim of worker-build, which would make another instance of its own.
pub fn attach() {
    if !ATTACHED.replace(true) {
        js_attach();
    }
}

/// Has the host answer the requests of a class when it is patched, which is after its first constructor.
pub fn attach_object(class: &str) {
    attach();
    js_attach_object(&recover_runtime::__private::links(), class);
}

/// The promise of a request: what fails it becomes a response.
pub fn future_to_response(
    future: impl Future<Output = Result<JsValue, JsValue>> + 'static,
) -> JsValue {
    attach();
    js_answered(&recover_runtime::__private::futures::future_to_promise(
        future,
    ))
}
