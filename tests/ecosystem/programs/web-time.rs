//! Two clocks of the host's.

use recover_runtime::recoverable;
use web_time::{Instant, SystemTime};

#[recoverable]
pub fn web_time() -> String {
    let since = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap();
    (Instant::now().elapsed() < since).to_string()
}
