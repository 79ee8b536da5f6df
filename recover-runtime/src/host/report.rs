//! Imports for reports, and the modules that only JavaScript loads: the adapters for telemetry.
//!
//! What a report holds, and when it is made, is not decided here but in `js/report.js`.

use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen(module = "/js/report.js")]
extern "C" {
    #[wasm_bindgen(catch, js_name = begin)]
    fn js_begin() -> Result<(), JsValue>;

    #[wasm_bindgen(catch, js_name = poisoned)]
    fn js_poisoned(error: &JsValue, class: &str) -> Result<(), JsValue>;
}

// Nobody calls these: wasm-bindgen copies the modules, and `cargo recover` puts the adapters where a program
// imports them.
#[wasm_bindgen(module = "/js/fingerprint.js")]
extern "C" {
    #[wasm_bindgen(js_name = fingerprintOf)]
    fn fingerprint_of();
}

#[wasm_bindgen(module = "/js/otel.js")]
extern "C" {
    #[wasm_bindgen(js_name = reportToOpenTelemetry)]
    fn open_telemetry();
}

#[wasm_bindgen(module = "/js/sentry.js")]
extern "C" {
    #[wasm_bindgen(js_name = reportToSentry)]
    fn sentry();
}

/// An instance begins.
pub(crate) fn begin() {
    // If this fails, reports know no uptime.
    let _ = js_begin();
}

/// An object was left poisoned.
pub(crate) fn poisoned(error: &JsValue, class: &str) {
    // If this fails, there is a report less.
    let _ = js_poisoned(error, class);
}
