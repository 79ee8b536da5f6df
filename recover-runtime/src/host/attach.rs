//! What the host must know of an instance: its memory, addresses in it, and its end.

use crate::base::memory as counted;
use crate::base::{flags, origin};
use crate::host::caught::HostValue;
use crate::host::errors;
use std::cell::Cell;
use wasm_bindgen::JsValue;
use wasm_bindgen::handler::set_on_abort;
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen(module = "/js/host.js")]
extern "C" {
    #[wasm_bindgen(catch, js_name = attach)]
    fn js_attach(
        memory: &JsValue,
        frames: u32,
        flags: usize,
        counters: usize,
        entered: usize,
        last: usize,
    ) -> Result<bool, JsValue>;

    #[wasm_bindgen(catch, js_name = linksOf)]
    fn js_links_of() -> Result<HostValue, JsValue>;

    #[wasm_bindgen(catch, js_name = died)]
    fn js_report_end() -> Result<(), JsValue>;
}

/// How many frames of a panic's stack are ours and std's: little is inlined without optimisation.
const OWN_FRAMES: u32 = if cfg!(debug_assertions) { 40 } else { 13 };

/// Tells the host which memory is this instance's, and the addresses that it reads.
pub(crate) fn memory() {
    origin::take_stacks_by(errors::take_stack);
    let tell = |memory: &JsValue| {
        let (flags, entered) = (flags::address(), flags::entered_address());
        let (counters, last) = (counted::address(), origin::last_address());
        js_attach(memory, OWN_FRAMES, flags, counters, entered, last)
    };
    // If this fails, the host lacks only strings and a figure. A host with a gate knows the memory
    // already; passing it would take a slot of wasm-bindgen's table.
    if let Ok(false) = tell(&JsValue::UNDEFINED) {
        let _ = tell(&wasm_bindgen::memory());
    }
    #[cfg(feature = "reports")]
    crate::host::report::begin();
    #[cfg(feature = "capture")]
    crate::host::capture::describe();
    #[cfg(feature = "durable")]
    crate::host::durable::describe();
    #[cfg(feature = "coredump")]
    crate::host::coredump::provide(&links());
    #[cfg(feature = "torture")]
    crate::host::torture::begin();
}

/// What modules of the host need of `js/host.js`.
pub fn links() -> JsValue {
    js_links_of().map_or(JsValue::UNDEFINED, HostValue::into_inner)
}

thread_local! {
    static WATCHED: Cell<bool> = const { Cell::new(false) };
    static BEFORE: Cell<Option<fn()>> = const { Cell::new(None) };
}

/// Reports the end of this instance to the host, which calls nothing of it any more.
pub(crate) fn watch_end() {
    // Memory may run out in the middle: then the next call does it.
    if !WATCHED.get() {
        memory();
        BEFORE.set(set_on_abort(report_end));
        WATCHED.set(true);
    }
}

fn report_end() {
    // If this fails, nobody is left to report to.
    let _ = js_report_end();
    if let Some(before) = BEFORE.get() {
        before();
    }
}
