//! A hook before ours.

use recover_runtime::recoverable;

#[recoverable]
pub fn console_error_panic_hook() -> String {
    console_error_panic_hook::set_once();
    "set".to_owned()
}
