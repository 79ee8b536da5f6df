//! A subscriber that writes to the console, and marks the host's timeline.

use recover_runtime::recoverable;

#[recoverable]
pub fn tracing_wasm() -> String {
    tracing_wasm::try_set_as_global_default()
        .is_ok()
        .to_string()
}
