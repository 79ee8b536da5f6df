//! The boundary that an unwind stops at between our executor and a user's future. `unsafe`: the
//! future is pinned in place.

use crate::base::unwind;
use std::future::Future;
use std::mem::ManuallyDrop;
use std::pin::Pin;
use std::task::{Context, Poll};

/// Polls the user's future in a function of its own: an exception that crosses it unseen
/// must not run the cleanup of another frame. `call/guard.rs` says why.
pub fn behind_boundary<F: Future>(future: F) -> UnwindBoundary<F> {
    UnwindBoundary {
        future: ManuallyDrop::new(future),
        polled: false,
    }
}

/// A future that is not dropped once an exception crossed it: what it still says of its
/// locals was so at its last await.
pub struct UnwindBoundary<F> {
    future: ManuallyDrop<F>,
    /// A poll is under way, or never returned.
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
