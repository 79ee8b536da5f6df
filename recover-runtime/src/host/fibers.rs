//! The host's side of fibers: the calls that have a stack of their own, and what they wait for.

use crate::host::attach;
use crate::host::caught::HostValue;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen(module = "/js/fibers.js")]
extern "C" {
    #[wasm_bindgen(catch, js_name = recoverFiber)]
    fn js_fiber(id: u32, low: usize, high: usize, links: &JsValue) -> Result<HostValue, JsValue>;

    #[wasm_bindgen(catch, js_name = waitFor)]
    fn js_wait_for(id: u32, promise: &JsValue) -> Result<(), JsValue>;

    // `cargo recover` finds it by its name, and has the engine suspend the stack in it.
    #[wasm_bindgen(js_name = recoverPark)]
    fn js_park(id: u32);

    #[wasm_bindgen(catch, js_name = resumed)]
    fn js_resumed(id: u32) -> Result<(), JsValue>;

    #[wasm_bindgen(catch, js_name = outcome)]
    fn js_outcome(id: u32) -> Result<HostValue, JsValue>;

    #[wasm_bindgen(catch, js_name = left)]
    fn js_left(id: u32) -> Result<(), JsValue>;
}

/// Has the host enter `__recover_fiber` on a stack of its own, soon. The promise is settled when the
/// call has left it.
///
/// # Errors
/// The engine can't suspend a stack.
pub(crate) fn begin(id: u32, low: usize, high: usize) -> Result<JsValue, JsValue> {
    js_fiber(id, low, high, &attach::links()).map(HostValue::into_inner)
}

/// Tells what the fiber is about to wait for.
///
/// # Errors
/// The stack can't be suspended here; or what a getter of the user's promise threw.
pub(crate) fn wait_for(id: u32, promise: &JsValue) -> Result<(), JsValue> {
    js_wait_for(id, promise)
}

/// Suspends the stack until that promise is settled. Whatever runs meanwhile is on other stacks.
pub(crate) fn park(id: u32) {
    js_park(id);
}

/// The stack goes on: from here its own part of the memory is used again.
pub(crate) fn resumed(id: u32) {
    // The calls here and below whose result is ignored never fail.
    let _ = js_resumed(id);
}

/// What the promise was settled by.
pub(crate) fn outcome(id: u32) -> Result<JsValue, JsValue> {
    js_outcome(id).map(HostValue::into_inner)
}

/// The call is about to leave its stack.
pub(crate) fn left(id: u32) {
    let _ = js_left(id);
}
