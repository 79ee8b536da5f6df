//! What brings `js/upgrade.js` into a package, by the feature `durable`: the class of its errors, and the types. What an
//! upgrade is stands there.

use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = super::durable::without_imports(include_str!("../../js/upgrade.d.ts"));

#[rustfmt::skip]
#[wasm_bindgen(module = "/js/upgrade.js")]
extern "C" {
    #[wasm_bindgen(js_name = UpgradeErrorClass, reexport = "UpgradeError", skip_typescript)]
    fn upgrade_error();
}

// Nobody calls these: `upgrade.js` imports their modules, and wasm-bindgen copies them.
#[wasm_bindgen(module = "/js/records.js")]
extern "C" {
    #[wasm_bindgen(js_name = unwritten)]
    fn js_unwritten() -> u32;
}

#[wasm_bindgen(module = "/js/tasks.js")]
extern "C" {
    #[wasm_bindgen(js_name = underWay)]
    fn js_under_way() -> u32;
}

#[wasm_bindgen(module = "/js/objects.js")]
extern "C" {
    #[wasm_bindgen(js_name = forgetNumbers)]
    fn js_forget_numbers() -> u32;
}
