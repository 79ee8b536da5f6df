//! The import that brings `js/methods.js` into a package, for the modules that import it. No logic.

use wasm_bindgen::prelude::wasm_bindgen;

// Nobody calls it: wasm-bindgen copies the module.
#[wasm_bindgen(module = "/js/methods.js")]
extern "C" {
    #[wasm_bindgen(js_name = allMethods)]
    fn all_methods();
}
