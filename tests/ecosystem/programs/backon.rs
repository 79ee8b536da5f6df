//! The third attempt succeeds.

use std::cell::Cell;
use std::time::Duration;

use backon::{ConstantBuilder, Retryable};
use recover_runtime::recoverable;

#[recoverable]
pub async fn backon() -> String {
    let attempts = Cell::new(0);
    let attempt = || async {
        attempts.set(attempts.get() + 1);
        if attempts.get() < 3 {
            Err("not yet")
        } else {
            Ok(attempts.get())
        }
    };
    let delay = ConstantBuilder::default().with_delay(Duration::from_millis(2));
    attempt.retry(delay).await.unwrap().to_string()
}
