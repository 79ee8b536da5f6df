//! The table of promises that Rust waits for. The host knows each by its index. The future that
//! waits is in `promise.rs`.

use std::cell::RefCell;
use std::task::Waker;
use wasm_bindgen::JsValue;

/// The state of one wait.
pub(crate) enum Wait {
    Free,
    Pending(Option<Waker>),
    Settled(Result<JsValue, JsValue>),
}

thread_local! {
    pub(crate) static WAITS: RefCell<Vec<Wait>> = const { RefCell::new(Vec::new()) };
    static FREE: RefCell<Vec<u32>> = const { RefCell::new(Vec::new()) };
}

/// Begins a wait; its index.
pub(crate) fn begin() -> u32 {
    let index = FREE.with_borrow_mut(Vec::pop);
    WAITS.with_borrow_mut(|waits| match index {
        Some(index) => {
            waits[index as usize] = Wait::Pending(None);
            index
        }
        None => {
            // To end a wait needs no memory: it is there when the wait begins.
            FREE.with_borrow_mut(|free| free.reserve(waits.len() + 1));
            waits.push(Wait::Pending(None));
            waits.len() as u32 - 1
        }
    })
}

/// Ends a wait and frees its index.
pub(crate) fn free(index: u32) -> Wait {
    FREE.with_borrow_mut(|free| free.push(index));
    WAITS.with_borrow_mut(|waits| std::mem::replace(&mut waits[index as usize], Wait::Free))
}

/// Called when the promise of a wait is settled.
pub(crate) fn settled(index: u32, end: Result<JsValue, JsValue>) {
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
