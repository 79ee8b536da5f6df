//! The limit of one call: `#[recoverable(memory_limit = "8MiB")]`.
//!
//! The limit must end with the call, however that ends: a destructor ends it.

use crate::base::memory::counters::{COUNTERS, Outer};
use crate::call::failure::Failure;
use crate::host::around;
use std::future::{Future, poll_fn};
use std::pin::pin;

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
    body()
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
        let polled = body.as_mut().poll(context);
        drop(scope);
        left = left.saturating_add(before).saturating_sub(COUNTERS.live());
        polled
    })
    .await
}

/// Refuses the call if no allocator enforces the limit.
fn check_allocator() -> Result<(), Failure> {
    match COUNTERS.installed() {
        true => Ok(()),
        false => Err(Failure::Thrown(around::plain(MISSING))),
    }
}

const MISSING: &str = "`memory_limit` needs the allocator that counts; make `recover_runtime::memory::Allocator` the `#[global_allocator]`";
