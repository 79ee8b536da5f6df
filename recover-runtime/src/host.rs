//! What Rust imports from the host modules `js/host.js`, `errors.js` and `objects.js`, and what they
//! give to users: the error classes, `recovery` and their TypeScript.
//!
//! Every import that can throw has `catch`: an exception that crosses Rust
//! frames through wasm-bindgen's `extern "C"` imports is undefined behaviour.
//! Logic does not live here. Imports and re-exports share one module, so that
//! whatever links the first also links the second.

use crate::import::Caught;
use crate::{guard, hook, memory};
use std::cell::Cell;
use wasm_bindgen::JsValue;
use wasm_bindgen::handler::set_on_abort;
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = include_str!("../js/types.d.ts");

#[wasm_bindgen(module = "/js/host.js")]
extern "C" {
    #[wasm_bindgen(catch)]
    fn attach(
        memory: &JsValue,
        frames: u32,
        flags: usize,
        counters: usize,
    ) -> Result<bool, JsValue>;

    #[wasm_bindgen(catch, js_name = linksOf)]
    fn js_links_of() -> Result<Made, JsValue>;

    #[wasm_bindgen(catch, js_name = died)]
    fn js_died() -> Result<(), JsValue>;
}

#[wasm_bindgen(module = "/js/errors.js")]
extern "C" {
    // Texts that never change cross as address and length; the host reads each once.
    #[wasm_bindgen(catch, js_name = panicked)]
    fn js_panicked(
        message: &str,
        export: usize,
        export_len: usize,
        file: usize,
        file_len: usize,
        line: u32,
        column: u32,
        payload: &JsValue,
    ) -> Result<Made, JsValue>;

    #[wasm_bindgen(catch, js_name = exhausted)]
    fn js_exhausted(
        kind: u32,
        first: f64,
        second: f64,
        export: usize,
        export_len: usize,
        file: usize,
        file_len: usize,
        line: u32,
        column: u32,
    ) -> Result<Made, JsValue>;

    #[wasm_bindgen(catch, js_name = refused)]
    fn js_refused(
        refusal: u32,
        class: &str,
        export: &str,
        cause: &JsValue,
    ) -> Result<Made, JsValue>;

    #[wasm_bindgen(catch, js_name = crossed)]
    fn js_crossed(export: &str) -> Result<Made, JsValue>;

    #[wasm_bindgen(catch, js_name = report)]
    fn js_report(error: &JsValue) -> Result<(), JsValue>;

    #[wasm_bindgen(catch, js_name = materializeStack)]
    fn js_let_go(error: &JsValue) -> Result<(), JsValue>;
}

#[wasm_bindgen(module = "/js/objects.js")]
extern "C" {
    #[wasm_bindgen(catch, js_name = adopt)]
    fn js_adopt(probe: &JsValue, links: &JsValue, persists: bool) -> Result<(), JsValue>;

    #[wasm_bindgen(catch, js_name = invalid)]
    fn js_invalid(message: &str) -> Result<Made, JsValue>;

    #[wasm_bindgen(catch, js_name = dropFailed)]
    fn js_drop_failed(error: &JsValue) -> Result<(), JsValue>;
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
}

#[rustfmt::skip]
#[wasm_bindgen(module = "/js/host.js")]
extern "C" {
    #[wasm_bindgen(js_name = recoveryControls, reexport = "recovery", skip_typescript)]
    fn recovery();
}

/// A value that the host gives. Not a bare `JsValue`, of which wasm-bindgen forgets a table
/// slot if the host throws.
pub(crate) type Made = Caught<JsValue, true>;

/// The host makes errors; if it throws instead, that is the error.
pub(crate) fn either(made: Result<Made, JsValue>) -> JsValue {
    made.map_or_else(|thrown| thrown, Made::into_inner)
}

/// How many frames of a caught panic's stack are the module's own beyond the ten
/// that V8 captures: little is inlined without optimisation.
const OWN_FRAMES: u32 = if cfg!(debug_assertions) { 16 } else { 13 };

/// Tells the host which memory is this instance's, and where things are in it.
pub(crate) fn attach_memory() {
    let tell = |memory: &JsValue| attach(memory, OWN_FRAMES, guard::flags(), memory::address());
    // A host that fails here lacks texts and a figure, nothing that a call needs. One that
    // has a gate knows the memory, which would take a slot of wasm-bindgen's table.
    if let Ok(false) = tell(&JsValue::UNDEFINED) {
        let _ = tell(&wasm_bindgen::memory());
    }
}

/// The `PanicError` for a caught panic; runs the `recovery.onPanic` listeners.
pub(crate) fn panicked(
    message: &str,
    export: &'static str,
    at: hook::At,
    payload: &JsValue,
) -> JsValue {
    let (export, export_len) = hook::place(export);
    let (file, file_len) = at.file;
    either(js_panicked(
        message, export, export_len, file, file_len, at.line, at.column, payload,
    ))
}

/// The same for a panic with a payload of ours, as `payload::exhausted` tells it.
pub(crate) fn exhausted(
    (kind, first, second): (u32, f64, f64),
    export: &'static str,
    at: hook::At,
) -> JsValue {
    let (export, export_len) = hook::place(export);
    let (file, file_len) = at.file;
    either(js_exhausted(
        kind, first, second, export, export_len, file, file_len, at.line, at.column,
    ))
}

/// The error for an entry that a cell refused.
pub(crate) fn refused(
    refusal: crate::cell::Refusal,
    class: &str,
    export: &str,
    cause: &JsValue,
) -> JsValue {
    either(js_refused(refusal as u32, class, export, cause))
}

/// The error for an argument that wasm-bindgen could not convert.
pub(crate) fn invalid(message: &str) -> JsValue {
    either(js_invalid(message))
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
    // There is nobody left to tell.
    let _ = js_drop_failed(error);
}

/// Has an error that a cell keeps hold on to no object; see `materializeStack` in `js/errors.js`.
pub(crate) fn let_go(error: &JsValue) {
    // At worst the object is collected later.
    let _ = js_let_go(error);
}

/// Why an object is poisoned that a JavaScript exception was thrown across.
pub(crate) fn crossed(export: &str) -> JsValue {
    either(js_crossed(export))
}

/// Hands the host an error that has no caller.
pub(crate) fn report(error: &JsValue) {
    let _ = js_report(error);
}

/// What `js/tasks.js` needs of `js/host.js`.
pub(crate) fn links() -> JsValue {
    js_links_of().map_or(JsValue::UNDEFINED, Made::into_inner)
}

thread_local! {
    static WATCHED: Cell<bool> = const { Cell::new(false) };
    static BEFORE: Cell<Option<fn()>> = const { Cell::new(None) };
}

/// Has the host know of the end of this instance, of which nothing is called then.
pub(crate) fn watch_end() {
    if !WATCHED.replace(true) {
        attach_memory();
        BEFORE.set(set_on_abort(died));
    }
}

fn died() {
    // There is nobody left to tell.
    let _ = js_died();
    if let Some(before) = BEFORE.get() {
        before();
    }
}
