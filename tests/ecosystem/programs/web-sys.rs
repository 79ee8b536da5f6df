//! A signal that is aborted.

use recover_runtime::recoverable;
use web_sys::AbortController;

#[recoverable]
pub fn web_sys() -> String {
    let controller = AbortController::new().unwrap();
    controller.abort();
    controller.signal().aborted().to_string()
}
