//! A sleep, and one that is given up.

use std::time::Duration;

use recover_runtime::recoverable;
use wasmtimer::tokio::{sleep, timeout};

#[recoverable]
pub async fn wasmtimer() -> String {
    sleep(Duration::from_millis(5)).await;
    let late = timeout(Duration::from_millis(5), sleep(Duration::from_secs(60))).await;
    late.is_err().to_string()
}
