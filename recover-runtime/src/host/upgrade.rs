//! What brings `js/upgrade.js` into a package, by the feature `durable`: the class of its errors, the types, and imports
//! that a later build may need. What an upgrade is stands there.

use crate::host::{errors, instance, objects, records};
use std::hint::black_box;
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

/// Has the module import what the runtime calls when something fails, also where the compiler finds that nothing can: a
/// later build may have a method that panics, and goes on beside the glue of this one only if that has all of its imports.
pub(crate) fn keep_imports() {
    black_box([
        errors::panicked as *const (),
        errors::take_stack as *const (),
        errors::drop_stack as *const (),
        errors::refused as *const (),
        errors::keep_cause as *const (),
        errors::foreign_unwind as *const (),
        errors::report as *const (),
        objects::invalid as *const (),
        objects::can_be_taken as *const (),
        objects::taken as *const (),
        objects::drop_failed as *const (),
        instance::fatal as *const (),
        records::js_record as *const (),
        records::js_append as *const (),
        records::js_clock as *const (),
        records::js_replayed as *const (),
        records::js_snapshot as *const (),
        records::js_missed as *const (),
        records::js_commit as *const (),
        records::js_claim as *const (),
        records::js_spend as *const (),
        records::js_bytes as *const (),
        records::js_load as *const (),
        records::js_size as *const (),
        records::js_journal as *const (),
        records::js_diverged as *const (),
        records::js_taken as *const (),
        records::js_import_error as *const (),
    ]);
    #[cfg(recover_gate)]
    black_box(instance::fail as *const ());
    #[cfg(not(panic = "unwind"))]
    black_box(instance::state_unknown as *const ());
}
