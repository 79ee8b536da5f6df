//! The import that brings `js/frames.js` into a package, for the modules that import it. No logic.

use wasm_bindgen::prelude::wasm_bindgen;

// Nobody calls it: wasm-bindgen copies the module.
#[wasm_bindgen(module = "/js/frames.js")]
extern "C" {
    #[wasm_bindgen(js_name = framesOf)]
    fn frames_of();
}
