//! A listener that hears an event.

use futures::StreamExt;
use futures::channel::mpsc;
use gloo_events::EventListener;
use recover_runtime::recoverable;
use web_sys::{Event, EventTarget};

#[recoverable]
pub async fn gloo_events() -> String {
    let target = EventTarget::new().unwrap();
    let (mut sender, mut receiver) = mpsc::channel(1);
    let _listener = EventListener::new(&target, "ping", move |event| {
        sender.try_send(event.type_()).unwrap();
    });
    target.dispatch_event(&Event::new("ping").unwrap()).unwrap();
    receiver.next().await.unwrap()
}
