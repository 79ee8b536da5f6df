//! The limit of one call: `#[recoverable(memory_limit = "8MiB")]`.
//!
//! The limit must not outlive the call, however that ends. A JavaScript exception is no panic,
//! and the compiler drops what would clean up after a callee that it believes to be nounwind.
//! So the body is called behind a boundary, as in `guard.rs`.

use crate::base::memory::counters::{COUNTERS, Outer};
use crate::base::unwind;
use crate::call::failure::Failure;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;
use wasm_bindgen::JsError;

/// Restores what held before.
struct Scope(Outer);

impl Drop for Scope {
    fn drop(&mut self) {
        COUNTERS.leave(self.0);
    }
}

/// Runs the body of a call that may not raise the live bytes by more than `bytes`.
pub fn limited<R>(bytes: usize, body: impl FnOnce() -> Result<R, Failure>) -> Result<R, Failure> {
    ready()?;
    let _scope = Scope(COUNTERS.enter(bytes, bytes));
    opaque(body)
}

/// The same for a future: its polls together may not raise them by more.
pub async fn limited_future<R>(
    bytes: usize,
    body: impl Future<Output = Result<R, Failure>>,
) -> Result<R, Failure> {
    ready()?;
    let mut body = pin!(body);
    let mut left = bytes;
    poll_fn(|context| {
        let before = COUNTERS.live();
        let scope = Scope(COUNTERS.enter(left, bytes));
        let polled: Poll<_> = opaque(|| body.as_mut().poll(context));
        drop(scope);
        left = left.saturating_add(before).saturating_sub(COUNTERS.live());
        polled
    })
    .await
}

/// Not inlined, and may unwind for all that the compiler knows.
#[inline(never)]
fn opaque<R>(body: impl FnOnce() -> R) -> R {
    unwind::may_unwind();
    body()
}

/// A limit needs an allocator that enforces it.
fn ready() -> Result<(), Failure> {
    match COUNTERS.installed() {
        true => Ok(()),
        false => Err(Failure::Thrown(JsError::new(MISSING).into())),
    }
}

const MISSING: &str = "`memory_limit` needs the allocator that counts; make `recover_runtime::memory::Allocator` the `#[global_allocator]`";
