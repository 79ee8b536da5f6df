//! The way into the guest: which supervisors this thread is inside of, and by what a call is cut.
//!
//! A host function that calls the component again is known by it. Nothing here knows what is called.

use std::cell::RefCell;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;

use crate::clock::{Alarm, Armed};

thread_local! {
    /// The supervisors whose guests have frames on this thread's stack.
    static INSIDE: RefCell<Vec<u64>> = const { RefCell::new(Vec::new()) };
}

/// While it lives, this thread is inside of a supervisor.
pub(crate) struct Inside(u64);

impl Inside {
    pub(crate) fn of(supervisor: u64) -> Self {
        INSIDE.with_borrow_mut(|inside| inside.push(supervisor));
        Inside(supervisor)
    }

    /// Whether this thread is.
    pub(crate) fn is(supervisor: u64) -> bool {
        INSIDE.with_borrow(|inside| inside.contains(&supervisor))
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        INSIDE.with_borrow_mut(|inside| {
            if let Some(at) = inside.iter().rposition(|&one| one == self.0) {
                inside.remove(at);
            }
        });
    }
}

/// Runs what enters the guest. `None` if the deadline came while the host was waiting for something; what was
/// under way is dropped.
pub(crate) async fn guarded<F: Future>(
    supervisor: u64,
    alarm: &Alarm,
    entering: F,
) -> Option<F::Output> {
    let _armed = Armed::by(alarm);
    let mut entering = pin!(entering);
    poll_fn(|context| {
        let inside = Inside::of(supervisor);
        let polled = entering.as_mut().poll(context);
        drop(inside);
        match polled {
            Poll::Ready(ended) => Poll::Ready(Some(ended)),
            Poll::Pending if alarm.rings(context.waker()) => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}

/// Runs a future on this thread, which is parked while it waits.
pub(crate) fn block_on<F: Future>(future: F) -> F::Output {
    struct Unpark(std::thread::Thread);
    impl std::task::Wake for Unpark {
        fn wake(self: std::sync::Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = std::sync::Arc::new(Unpark(std::thread::current())).into();
    let mut context = std::task::Context::from_waker(&waker);
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(ended) => return ended,
            Poll::Pending => std::thread::park(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;

    #[test]
    fn nothing_ticks_for_a_call_that_is_over() {
        let engine = wasmtime::Engine::default();
        let alarm = Alarm::new(engine.weak());
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        alarm.set(Some(Instant::now() + Duration::from_secs(3600)));
        let mut call = Box::pin(guarded(1, &alarm, std::future::pending::<()>()));
        assert!(call.as_mut().poll(&mut context).is_pending());
        assert!(alarm.is_set());
        drop(call);
        assert!(!alarm.is_set());
        alarm.set(Some(Instant::now() + Duration::from_secs(3600)));
        let panicking = guarded(1, &alarm, poll_fn::<(), _>(|_| panic!("the host panics")));
        let panicking = std::panic::AssertUnwindSafe(panicking);
        assert!(std::panic::catch_unwind(|| block_on({ panicking }.0)).is_err());
        assert!(!alarm.is_set() && !Inside::is(1));
    }
}
