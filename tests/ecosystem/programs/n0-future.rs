//! A task, and a timeout.

use n0_future::{task, time};
use recover_runtime::recoverable;

#[recoverable]
pub async fn n0_future() -> String {
    let task = task::spawn(async {
        time::sleep(time::Duration::from_millis(5)).await;
        7
    });
    let pending = std::future::pending::<()>();
    let late = time::timeout(time::Duration::from_millis(5), pending).await;
    format!("{} {}", task.await.unwrap(), late.is_err())
}
