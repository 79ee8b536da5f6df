//! The boundary between our executor and a user's future, which a JavaScript exception must not
//! make the compiler look through. `unsafe`: the future is pinned in place.

use crate::base::unwind;
use std::future::Future;
use std::mem::ManuallyDrop;
use std::pin::Pin;
use std::task::{Context, Poll};

/// Polls the user's future in a function of its own, so that a JavaScript exception that crosses
/// it does not run the cleanup of another frame. `call/guard.rs` says why.
pub fn behind_boundary<F: Future>(future: F) -> UnwindBoundary<F> {
    UnwindBoundary {
        future: ManuallyDrop::new(future),
        polled: false,
    }
}

/// A future that is not dropped once a JavaScript exception crossed it: its state is that of its
/// last await, which is no longer true of its locals.
pub struct UnwindBoundary<F> {
    future: ManuallyDrop<F>,
    /// Whether a poll is under way, or was left by an exception.
    polled: bool,
}

impl<F: Future> Future for UnwindBoundary<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        // SAFETY: the future is not moved, here or in `drop`, and is dropped in its place.
        let this = unsafe { self.get_unchecked_mut() };
        this.polled = true;
        // SAFETY: pinned as `self` is.
        let polled =
            poll_behind_boundary(unsafe { Pin::new_unchecked(&mut *this.future) }, context);
        this.polled = false;
        polled
    }
}

impl<F> Drop for UnwindBoundary<F> {
    fn drop(&mut self) {
        if !self.polled || std::thread::panicking() {
            // SAFETY: this is the only drop.
            unsafe { ManuallyDrop::drop(&mut self.future) }
        }
    }
}

#[inline(never)]
fn poll_behind_boundary<F: Future>(
    future: Pin<&mut F>,
    context: &mut Context<'_>,
) -> Poll<F::Output> {
    unwind::may_unwind();
    future.poll(context)
}
