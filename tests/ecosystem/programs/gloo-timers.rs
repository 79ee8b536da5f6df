//! A future of a timer, and a callback of one.

use futures::channel::oneshot;
use gloo_timers::{callback::Timeout, future::TimeoutFuture};
use recover_runtime::recoverable;

#[recoverable]
pub async fn gloo_timers() -> String {
    TimeoutFuture::new(5).await;
    let (sender, receiver) = oneshot::channel();
    Timeout::new(1, move || sender.send("called").unwrap()).forget();
    receiver.await.unwrap().to_owned()
}
