//! The host's records of objects that persist. What the bytes mean stands in `persist/`.

use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen(module = "/js/records.js")]
extern "C" {
    #[wasm_bindgen(catch, js_name = keep)]
    pub(crate) fn js_keep(links: &JsValue) -> Result<(), JsValue>;

    #[cfg(not(feature = "torture"))]
    #[wasm_bindgen(catch, js_name = record)]
    pub(crate) fn js_record(address: usize, length: usize) -> Result<u32, JsValue>;

    // Each call calls this. It throws nothing, and a `catch` would cost more than all the rest.
    #[cfg(not(feature = "torture"))]
    #[wasm_bindgen(js_name = append)]
    pub(crate) fn js_append(
        id: u32,
        address: usize,
        length: usize,
        every: u32,
        stages: bool,
        took: u32,
    ) -> u32;

    // This throws nothing.
    #[wasm_bindgen(js_name = clock)]
    pub(crate) fn js_clock() -> f64;

    // This throws nothing.
    #[wasm_bindgen(js_name = replayed)]
    pub(crate) fn js_replayed(id: u32);

    #[cfg(not(feature = "torture"))]
    #[wasm_bindgen(catch, js_name = snapshot)]
    pub(crate) fn js_snapshot(
        id: u32,
        address: usize,
        length: usize,
        stages: bool,
    ) -> Result<(), JsValue>;

    #[wasm_bindgen(catch, js_name = missed)]
    pub(crate) fn js_missed(
        id: u32,
        complete: bool,
        reason: &JsValue,
        stages: bool,
    ) -> Result<(), JsValue>;

    // These five throw nothing.
    #[wasm_bindgen(js_name = commit)]
    pub(crate) fn js_commit();

    #[wasm_bindgen(js_name = claim)]
    pub(crate) fn js_claim(id: u32);

    #[wasm_bindgen(js_name = claimForTask)]
    pub(crate) fn js_claim_for_task(task: u32);

    #[wasm_bindgen(js_name = spend)]
    pub(crate) fn js_spend();

    #[wasm_bindgen(js_name = spendForTask)]
    pub(crate) fn js_spend_for_task(task: u32);

    #[wasm_bindgen(catch, js_name = bytes)]
    pub(crate) fn js_bytes(id: u32, part: u32) -> Result<Vec<u8>, JsValue>;

    // These three throw nothing. A number of two words is a float there.
    #[wasm_bindgen(js_name = load)]
    pub(crate) fn js_load(id: u32, address: usize, room: usize) -> f64;

    #[wasm_bindgen(js_name = size)]
    pub(crate) fn js_size(id: u32, part: u32) -> usize;

    #[wasm_bindgen(js_name = journal)]
    pub(crate) fn js_journal(id: u32, part: u32, from: usize, address: usize, room: usize)
    -> usize;

    #[wasm_bindgen(catch, js_name = diverged)]
    pub(crate) fn js_diverged(id: u32) -> Result<(), JsValue>;

    #[wasm_bindgen(catch, js_name = taken)]
    pub(crate) fn js_taken(bytes: &JsValue, class: &str) -> Result<Vec<u8>, JsValue>;

    #[wasm_bindgen(catch, js_name = importError)]
    pub(crate) fn js_import_error(message: &str, class: &str) -> Result<JsValue, JsValue>;
}

#[cfg(feature = "torture")]
pub(crate) use crate::host::torture::records::{js_append, js_record, js_snapshot};
