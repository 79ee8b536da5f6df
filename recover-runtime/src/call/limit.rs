//! The limit of one call: `#[recoverable(memory_limit = "8MiB")]`.
//!
//! The limit must end with the call, however that ends. A JavaScript exception is not a panic, and
//! the compiler removes the cleanup after a callee that it believes to be nounwind. So the body
//! is called behind a boundary, as in `guard.rs`.

use crate::base::memory::counters::{COUNTERS, Outer};
use crate::base::unwind;
use crate::call::failure::Failure;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;
use wasm_bindgen::JsError;

/// Restores the limit of the call outside.
struct Scope(Outer);

impl Drop for Scope {
    fn drop(&mut self) {
        COUNTERS.leave(self.0);
    }
}

/// Runs the body of a call that may not raise the live bytes by more than `bytes`.
pub fn limited<R>(bytes: usize, body: impl FnOnce() -> Result<R, Failure>) -> Result<R, Failure> {
    check_allocator()?;
    let _scope = Scope(COUNTERS.enter(bytes, bytes));
    call_behind_boundary(body)
}

/// The same for a future: all its polls together may not raise the live bytes by more.
pub async fn limited_future<R>(
    bytes: usize,
    body: impl Future<Output = Result<R, Failure>>,
) -> Result<R, Failure> {
    check_allocator()?;
    let mut body = pin!(body);
    let mut left = bytes;
    poll_fn(|context| {
        let before = COUNTERS.live();
        let scope = Scope(COUNTERS.enter(left, bytes));
        let polled: Poll<_> = call_behind_boundary(|| body.as_mut().poll(context));
        drop(scope);
        left = left.saturating_add(before).saturating_sub(COUNTERS.live());
        polled
    })
    .await
}

/// Calls `body` where the compiler can't prove it nounwind.
#[inline(never)]
fn call_behind_boundary<R>(body: impl FnOnce() -> R) -> R {
    unwind::may_unwind();
    body()
}

/// Refuses the call if no allocator enforces the limit.
fn check_allocator() -> Result<(), Failure> {
    match COUNTERS.installed() {
        true => Ok(()),
        false => Err(Failure::Thrown(JsError::new(MISSING).into())),
    }
}

const MISSING: &str = "`memory_limit` needs the allocator that counts; make `recover_runtime::memory::Allocator` the `#[global_allocator]`";
