//! A random id.

use recover_runtime::recoverable;
use uuid::Uuid;

#[recoverable]
pub fn uuid() -> String {
    Uuid::new_v4().get_version_num().to_string()
}
