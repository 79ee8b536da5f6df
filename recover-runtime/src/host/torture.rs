//! The import that brings `js/torture.js` into a package, by the feature `torture`: by it points ask
//! the driver. The imports of `js/records.js` that can fail are here, too, as those of a package that has
//! failures injected. What a point does stands in `base/torture.rs`. `unsafe`: an export has a name of its own.

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

/// What writes to a record: the host's own failure is injected here.
#[cfg(feature = "persist")]
pub(crate) mod records {
    use crate::base::shared::appended::NOT_APPENDED;
    use crate::base::torture::{APPEND, SNAPSHOT, fails_or_traps};
    use wasm_bindgen::JsValue;
    use wasm_bindgen::prelude::wasm_bindgen;

    // It throws: an error that Rust makes would be by an import that looks like one of the user's.
    #[wasm_bindgen(module = "/js/torture.js")]
    extern "C" {
        #[wasm_bindgen(catch, js_name = failed)]
        fn js_failed() -> Result<(), JsValue>;
    }

    #[wasm_bindgen(module = "/js/records.js")]
    extern "C" {
        #[wasm_bindgen(catch, js_name = record)]
        fn js_made(address: usize, length: usize) -> Result<u32, JsValue>;

        #[wasm_bindgen(js_name = append)]
        fn js_appended(
            id: u32,
            address: usize,
            length: usize,
            every: u32,
            stages: bool,
            took: u32,
        ) -> u32;

        #[wasm_bindgen(catch, js_name = snapshot)]
        fn js_taken(id: u32, address: usize, length: usize, stages: bool) -> Result<(), JsValue>;
    }

    /// As where the host has no memory for it.
    fn written() -> Result<(), JsValue> {
        match fails_or_traps(SNAPSHOT) {
            true => js_failed(),
            false => Ok(()),
        }
    }

    pub(crate) fn js_record(address: usize, length: usize) -> Result<u32, JsValue> {
        written()?;
        js_made(address, length)
    }

    pub(crate) fn js_snapshot(
        id: u32,
        address: usize,
        length: usize,
        stages: bool,
    ) -> Result<(), JsValue> {
        written()?;
        js_taken(id, address, length, stages)
    }

    /// As where the host does not append it: a snapshot takes its place.
    pub(crate) fn js_append(
        id: u32,
        address: usize,
        length: usize,
        every: u32,
        stages: bool,
        took: u32,
    ) -> u32 {
        match fails_or_traps(APPEND) {
            true => NOT_APPENDED,
            false => js_appended(id, address, length, every, stages, took),
        }
    }
}
