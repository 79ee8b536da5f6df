//! The time of the host's clock.

use chrono::{Datelike, Utc};
use recover_runtime::recoverable;

#[recoverable]
pub fn chrono() -> String {
    (Utc::now().year() > 2025).to_string()
}
