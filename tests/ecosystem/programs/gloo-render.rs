//! A frame of an animation.

use futures::channel::oneshot;
use recover_runtime::recoverable;

#[recoverable]
pub async fn gloo_render() -> String {
    let (sender, receiver) = oneshot::channel();
    let _frame =
        gloo_render::request_animation_frame(move |time| sender.send(time >= 0.0).unwrap());
    receiver.await.unwrap().to_string()
}
