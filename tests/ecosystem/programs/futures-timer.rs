//! A delay.

use std::time::Duration;

use futures_timer::Delay;
use recover_runtime::recoverable;

#[recoverable]
pub async fn futures_timer() -> String {
    Delay::new(Duration::from_millis(5)).await;
    "later".to_owned()
}
