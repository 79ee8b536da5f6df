//! A promise of JavaScript's as a future. The reactions are the host's, so that none of
//! them can throw where nobody catches; a wait that is given up holds nothing.

use super::bridge;
use std::cell::RefCell;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use wasm_bindgen::JsValue;

enum Wait {
    Free,
    Pending(Option<Waker>),
    Settled(Result<JsValue, JsValue>),
}

thread_local! {
    static WAITS: RefCell<Vec<Wait>> = const { RefCell::new(Vec::new()) };
    static FREE: RefCell<Vec<u32>> = const { RefCell::new(Vec::new()) };
}

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
    /// None once it is over.
    wait: Option<u32>,
    /// Why there is no wait at all.
    refused: Option<JsValue>,
}

impl<P: Into<JsValue>> From<P> for JsFuture {
    fn from(promise: P) -> Self {
        super::drive();
        let index = FREE.with_borrow_mut(Vec::pop);
        let index = WAITS.with_borrow_mut(|waits| match index {
            Some(index) => {
                waits[index as usize] = Wait::Pending(None);
                index
            }
            None => {
                waits.push(Wait::Pending(None));
                waits.len() as u32 - 1
            }
        });
        match bridge::watch(index, &promise.into()) {
            Ok(()) => JsFuture {
                wait: Some(index),
                refused: None,
            },
            Err(thrown) => {
                free(index);
                JsFuture {
                    wait: None,
                    refused: Some(thrown),
                }
            }
        }
    }
}

fn free(index: u32) -> Wait {
    FREE.with_borrow_mut(|free| free.push(index));
    WAITS.with_borrow_mut(|waits| std::mem::replace(&mut waits[index as usize], Wait::Free))
}

/// The host's promise of a wait is settled.
pub(super) fn settled(index: u32, end: Result<JsValue, JsValue>) {
    let waker = WAITS.with_borrow_mut(|waits| match waits.get_mut(index as usize) {
        Some(wait @ Wait::Pending(_)) => match std::mem::replace(wait, Wait::Settled(end)) {
            Wait::Pending(waker) => waker,
            _ => None,
        },
        _ => None,
    });
    if let Some(waker) = waker {
        waker.wake();
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
        // The waker before is somebody's code: it is dropped when nothing is borrowed.
        let before = WAITS.with_borrow_mut(|waits| match &mut waits[index as usize] {
            Wait::Pending(wakes) => Some(wakes.replace(waker)),
            _ => None,
        });
        if before.is_some() {
            return Poll::Pending;
        }
        self.wait = None;
        match free(index) {
            Wait::Settled(end) => Poll::Ready(end),
            _ => unreachable!("the wait was settled"),
        }
    }
}

impl Drop for JsFuture {
    fn drop(&mut self) {
        if let Some(index) = self.wait
            && let Wait::Pending(_) = free(index)
        {
            bridge::unwatch(index);
        }
    }
}
