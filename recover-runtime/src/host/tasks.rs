//! The host's side of tasks: promises, ticks, signals.

use crate::host::attach;
use crate::host::caught::{HostValue, value_or_thrown};
use wasm_bindgen::JsValue;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen(module = "/js/tasks.js")]
extern "C" {
    #[wasm_bindgen(catch, js_name = drive)]
    fn js_drive(tick: JsValue, dispatch: JsValue, links: JsValue) -> Result<(), JsValue>;

    #[wasm_bindgen(catch, js_name = schedule)]
    fn js_schedule() -> Result<(), JsValue>;

    #[wasm_bindgen(catch, js_name = deferred)]
    fn js_deferred(id: u32, schedule: bool) -> Result<HostValue, JsValue>;

    #[wasm_bindgen(catch, js_name = settled)]
    fn js_settled(good: bool, value: JsValue) -> Result<HostValue, JsValue>;

    #[wasm_bindgen(catch, js_name = settle)]
    fn js_settle(id: u32, good: bool, value: JsValue) -> Result<(), JsValue>;

    #[wasm_bindgen(catch, js_name = cancelOn)]
    fn js_cancel_on(id: u32, signal: &JsValue) -> Result<(), JsValue>;

    #[wasm_bindgen(catch, js_name = crossing)]
    fn js_crossing(id: Option<u32>) -> Result<(), JsValue>;

    #[wasm_bindgen(catch, js_name = watch)]
    fn js_watch(id: u32, promise: &JsValue) -> Result<(), JsValue>;

    #[wasm_bindgen(catch, js_name = unwatch)]
    fn js_unwatch(id: u32) -> Result<(), JsValue>;
}

/// Gives the host what it calls for the tasks.
pub(crate) fn drive(tick: fn(), dispatch: fn(u32, u32, JsValue)) {
    // Apart from `dispatch`, whose value would cost each tick a slot of the table.
    let tick: Box<dyn Fn()> = Box::new(tick);
    let tick = Closure::wrap_assert_unwind_safe(tick).into_js_value();
    let dispatch: Box<dyn Fn(u32, u32, JsValue)> = Box::new(dispatch);
    let dispatch = Closure::wrap_assert_unwind_safe(dispatch);
    // The calls here and below whose result is ignored never fail.
    let _ = js_drive(tick, dispatch.into_js_value(), attach::links());
    attach::watch_end();
}

/// Asks for a tick.
pub(crate) fn schedule() {
    let _ = js_schedule();
}

/// The promise of a task; asks for a tick as well.
pub(crate) fn deferred(id: u32, schedule: bool) -> JsValue {
    value_or_thrown(js_deferred(id, schedule))
}

/// A promise that is settled already.
pub(crate) fn settled_promise(end: Result<JsValue, JsValue>) -> JsValue {
    let (good, value) = parts(end);
    value_or_thrown(js_settled(good, value))
}

/// Settles the promise of a task.
pub(crate) fn settle_promise(id: u32, end: Result<JsValue, JsValue>) {
    let (good, value) = parts(end);
    let _ = js_settle(id, good, value);
}

fn parts(end: Result<JsValue, JsValue>) -> (bool, JsValue) {
    match end {
        Ok(value) => (true, value),
        Err(error) => (false, error),
    }
}

/// Has the host abort a task by a signal.
///
/// # Errors
/// The signal's reason, if it was aborted before; a `TypeError` if it is none.
pub(crate) fn cancel_on(id: u32, signal: &JsValue) -> Result<(), JsValue> {
    js_cancel_on(id, signal)
}

/// An exception is about to leave a tick across a task; a detached one has no number.
pub(crate) fn crossing(id: Option<u32>) {
    let _ = js_crossing(id);
}

/// Asks the host to report when a promise is settled.
///
/// # Errors
/// What a `then` of the user's threw.
pub(crate) fn watch(id: u32, promise: &JsValue) -> Result<(), JsValue> {
    js_watch(id, promise)
}

/// Nothing waits for it any more.
pub(crate) fn unwatch(id: u32) {
    let _ = js_unwatch(id);
}
