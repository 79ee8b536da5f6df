//! A JavaScript promise as a future. The host holds the promise's reactions, so that none of them
//! throws where nobody catches. A wait that is dropped keeps nothing alive.

use crate::host::tasks;
use crate::task::poll;
use crate::task::waits::{self, WAITS, Wait};
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use wasm_bindgen::JsValue;

/// Waits for a promise, or for any other value that `await` takes in JavaScript.
///
/// ```no_run
/// use recover_runtime::{JsFuture, JsValue};
///
/// async fn first(promise: JsValue) -> Result<JsValue, JsValue> {
///     JsFuture::from(promise).await
/// }
/// ```
#[derive(Debug)]
pub struct JsFuture {
    /// None once the promise was settled.
    wait: Option<u32>,
    /// The error if the wait could not begin.
    refused: Option<JsValue>,
}

impl<P: Into<JsValue>> From<P> for JsFuture {
    fn from(promise: P) -> Self {
        poll::drive();
        let index = waits::begin();
        match tasks::watch(index, &promise.into()) {
            Ok(()) => JsFuture {
                wait: Some(index),
                refused: None,
            },
            Err(thrown) => {
                waits::free(index);
                JsFuture {
                    wait: None,
                    refused: Some(thrown),
                }
            }
        }
    }
}

impl Future for JsFuture {
    type Output = Result<JsValue, JsValue>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let Some(index) = self.wait else {
            let thrown = self.refused.take();
            return Poll::Ready(Err(thrown.unwrap_or(JsValue::UNDEFINED)));
        };
        let waker = context.waker().clone();
        // The previous waker's destructor may run any code, so it is dropped after the borrow.
        let before = WAITS.with_borrow_mut(|waits| match &mut waits[index as usize] {
            Wait::Pending(wakes) => Some(wakes.replace(waker)),
            _ => None,
        });
        if before.is_some() {
            return Poll::Pending;
        }
        self.wait = None;
        match waits::free(index) {
            Wait::Settled(end) => Poll::Ready(end),
            _ => unreachable!("the wait was settled"),
        }
    }
}

impl Drop for JsFuture {
    fn drop(&mut self) {
        if let Some(index) = self.wait
            && let Wait::Pending(_) = waits::free(index)
        {
            tasks::unwatch(index);
        }
    }
}
