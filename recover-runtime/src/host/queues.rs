//! The import that brings in the queue of calls that wait for a busy object. What waits, and for
//! what, stands in `js/queues.js`.

use crate::host::attach::links;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen(module = "/js/queues.js")]
extern "C" {
    #[wasm_bindgen(catch, js_name = queues)]
    fn js_queues(links: &JsValue) -> Result<(), JsValue>;
}

/// Links the queue. The markers of methods with `concurrency = "queue"` call this, so that a
/// package without such a method does not import it.
pub fn queues() {
    // This never fails.
    let _ = js_queues(&links());
}
