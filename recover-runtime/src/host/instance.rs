//! Imports that report a panic that ends the instance, and that register the user's hooks for a
//! fresh instance. How an instance ends and the next is made stands in `js/instance.js`.

use crate::base::origin::Origin;
use crate::base::payload;
use wasm_bindgen::JsValue;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::prelude::wasm_bindgen;

pub(crate) type Stage = dyn Fn(u32, u32, String, String, u32, u32);

#[wasm_bindgen(module = "/js/instance.js")]
extern "C" {
    #[wasm_bindgen(catch, js_name = fatal)]
    fn js_fatal(
        message: &str,
        file: usize,
        file_len: usize,
        line: u32,
        column: u32,
        task: i32,
        stack: u32,
        kind: i32,
        first: f64,
        second: f64,
    ) -> Result<(), JsValue>;

    #[cfg(not(panic = "unwind"))]
    #[wasm_bindgen(catch, js_name = stateUnknown)]
    fn js_state_unknown() -> Result<(), JsValue>;

    #[cfg(recover_gate)]
    #[wasm_bindgen(js_name = fail)]
    fn js_fail(error: JsValue);

    #[wasm_bindgen(catch, js_name = hooksOf)]
    pub(crate) fn js_hooks_of(rust: &Closure<Stage>) -> Result<(), JsValue>;
}

// Nobody calls it: wasm-bindgen copies the module, which the one above imports.
#[wasm_bindgen(module = "/js/spare.js")]
extern "C" {
    #[wasm_bindgen(js_name = Spare)]
    fn js_spare();
}

/// Tells the host of a panic that ends the instance. `task` is the one that is polled,
/// `exhausted` what ran out, as in `payload`.
pub(crate) fn fatal(
    message: &str,
    exhausted: Option<(u32, f64, f64)>,
    at: Origin,
    task: Option<u32>,
) {
    let (file, length) = at.file;
    let task = task.and_then(|task| i32::try_from(task).ok()).unwrap_or(-1);
    let (kind, first, second) = payload::figures(exhausted);
    // If this fails, the error only says that the instance ended.
    let _ = js_fatal(
        message, file, length, at.line, at.column, task, at.stack, kind, first, second,
    );
}

/// Has the gate throw `error` when the call has left. Nothing of it is left to do here.
#[cfg(recover_gate)]
#[cold]
#[inline(never)]
pub(crate) fn fail(error: JsValue) {
    js_fail(error);
}

/// Reports that a JavaScript exception leaves Rust in a build that can't unwind.
#[cfg(not(panic = "unwind"))]
pub(crate) fn state_unknown() {
    // If this fails, the instance is not ended.
    let _ = js_state_unknown();
}
