//! The error classes that the host makes, and their re-exports, `recovery` and TypeScript
//! for users.
//!
//! Imports and re-exports share one file, so that whatever links the first also links the
//! second.

use crate::base::{origin, payload};
use crate::host::caught::{HostValue, value_or_thrown};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = include_str!("../../js/types.d.ts");

#[wasm_bindgen(module = "/js/errors.js")]
extern "C" {
    // Strings that never change cross as address and length; the host reads each once.
    #[wasm_bindgen(catch, js_name = panicked)]
    fn js_panicked(
        message: &str,
        export: usize,
        export_len: usize,
        file: usize,
        file_len: usize,
        line: u32,
        column: u32,
        stack: u32,
        payload: &JsValue,
        kind: i32,
        first: f64,
        second: f64,
    ) -> Result<HostValue, JsValue>;

    #[wasm_bindgen(catch, js_name = takeStack)]
    fn js_take_stack() -> Result<u32, JsValue>;

    #[wasm_bindgen(catch, js_name = dropStack)]
    fn js_drop_stack(stack: u32) -> Result<(), JsValue>;

    #[wasm_bindgen(catch, js_name = refused)]
    fn js_refused(
        refusal: u32,
        class: &str,
        export: &str,
        cause: &JsValue,
    ) -> Result<HostValue, JsValue>;

    #[wasm_bindgen(catch, js_name = crossed)]
    fn js_crossed(export: &str) -> Result<HostValue, JsValue>;

    #[wasm_bindgen(catch, js_name = report)]
    fn js_report(error: &JsValue) -> Result<(), JsValue>;

    #[wasm_bindgen(catch, js_name = materializeStack)]
    fn js_materialize_stack(error: &JsValue) -> Result<(), JsValue>;
}

#[rustfmt::skip]
#[wasm_bindgen(module = "/js/errors.js")]
extern "C" {
    #[wasm_bindgen(js_name = RecoverErrorClass, reexport = "RecoverError", skip_typescript)]
    fn recover_error();
    #[wasm_bindgen(js_name = PanicErrorClass, reexport = "PanicError", skip_typescript)]
    fn panic_error();
    #[wasm_bindgen(js_name = OutOfMemoryErrorClass, reexport = "OutOfMemoryError", skip_typescript)]
    fn out_of_memory_error();
    #[wasm_bindgen(js_name = StackOverflowErrorClass, reexport = "StackOverflowError", skip_typescript)]
    fn stack_overflow_error();
    #[wasm_bindgen(js_name = PoisonedErrorClass, reexport = "PoisonedError", skip_typescript)]
    fn poisoned_error();
    #[wasm_bindgen(js_name = BusyErrorClass, reexport = "BusyError", skip_typescript)]
    fn busy_error();
    #[wasm_bindgen(js_name = InstanceAbortedErrorClass, reexport = "InstanceAbortedError", skip_typescript)]
    fn instance_aborted_error();
    #[wasm_bindgen(js_name = StaleHandleErrorClass, reexport = "StaleHandleError", skip_typescript)]
    fn stale_handle_error();
    #[wasm_bindgen(js_name = RestartLimitErrorClass, reexport = "RestartLimitError", skip_typescript)]
    fn restart_limit_error();
    #[wasm_bindgen(js_name = ImportErrorClass, reexport = "ImportError", skip_typescript)]
    fn import_error();
    #[wasm_bindgen(js_name = WrongClassErrorClass, reexport = "WrongClassError", skip_typescript)]
    fn wrong_class_error();
}

#[rustfmt::skip]
#[wasm_bindgen(module = "/js/host.js")]
extern "C" {
    #[wasm_bindgen(js_name = recoveryControls, reexport = "recovery", skip_typescript)]
    fn recovery();
}

/// The `PanicError` for a caught panic; runs the `recovery.onPanic` listeners. `exhausted` is
/// what ran out, as `payload::exhausted` tells it.
pub(crate) fn panicked(
    message: &str,
    export: &'static str,
    at: origin::Origin,
    value: Option<&JsValue>,
    exhausted: Option<(u32, f64, f64)>,
) -> JsValue {
    let (export, export_len) = origin::str_parts(export);
    let (file, file_len) = at.file;
    let (kind, first, second) = payload::figures(exhausted);
    let nothing = JsValue::UNDEFINED;
    let value = value.unwrap_or(&nothing);
    value_or_thrown(js_panicked(
        message, export, export_len, file, file_len, at.line, at.column, at.stack, value, kind,
        first, second,
    ))
}

/// Has the host take the stack that there is now, for the error of a panic that begins. The answer
/// is its number, zero where it took none.
pub(crate) fn take_stack() -> u32 {
    js_take_stack().unwrap_or(0)
}

/// Forgets a stack whose panic nobody reports; zero stands for all.
pub(crate) fn drop_stack(stack: u32) {
    // If this fails, the next panics take the places.
    let _ = js_drop_stack(stack);
}

/// The error for an entry that a cell refused.
pub(crate) fn refused(
    refusal: crate::base::cell::Refusal,
    class: &str,
    export: &str,
    cause: &JsValue,
) -> JsValue {
    value_or_thrown(js_refused(refusal as u32, class, export, cause))
}

/// Readies an error for the cell of an object of that class, which keeps it as the reason why it is
/// poisoned. Then the error holds on to no object; see `materializeStack` in `js/errors.js`.
pub(crate) fn keep_cause(error: &JsValue, class: &str) {
    // If this fails, the object is collected later.
    let _ = js_materialize_stack(error);
    #[cfg(feature = "reports")]
    crate::host::report::poisoned(error, class);
    let _ = class;
}

/// The error that poisons an object after a JavaScript exception crossed a call of it.
pub(crate) fn foreign_unwind(export: &str) -> JsValue {
    value_or_thrown(js_crossed(export))
}

/// Hands the host an error that has no caller.
pub(crate) fn report(error: &JsValue) {
    let _ = js_report(error);
}
