//! The import that brings `js/torture.js` into a package, by the feature `torture`: by it points ask
//! the driver. What a point does stands in `base/torture.rs`. `unsafe`: an export has a name of its own.

use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen(module = "/js/torture.js")]
extern "C" {
    // Without `catch`, which allocates; that module throws nothing here.
    #[wasm_bindgen(js_name = point)]
    fn js_point(kind: u32) -> u32;
}

/// From now on points ask the driver.
pub(crate) fn begin() {
    crate::base::torture::ask_by(js_point);
}

/// The same, for `js/torture.js`, which calls it before anything else of an instance runs: objects come
/// in before the first call does.
#[cfg(target_family = "wasm")]
#[unsafe(no_mangle)]
extern "C" fn __recover_torture() {
    begin();
}
