//! A channel between tasks of a local set.

use recover_runtime::recoverable;
use tokio::sync::mpsc;
use tokio::task::{LocalSet, spawn_local};

#[recoverable]
pub async fn tokio() -> String {
    let (sender, mut receiver) = mpsc::channel(1);
    let tasks = LocalSet::new();
    let sum = tasks.run_until(async move {
        spawn_local(async move {
            for n in 1..=3 {
                sender.send(n).await.unwrap();
            }
        });
        let mut sum = 0;
        while let Some(n) = receiver.recv().await {
            sum += n;
        }
        sum
    });
    sum.await.to_string()
}
