//! The executor: the one place that polls, and how a task ends.
//!
//! A tick of the host polls the tasks, and the host catches JavaScript exceptions that cross Rust.
//! The host holds the promise of an export under the task's index. Nothing here holds a borrow
//! while a future runs.

use crate::base::flags::CURRENT;
use crate::base::shared::dispatch::{ABORTED, REJECTED, RESOLVED};
#[cfg(not(panic = "unwind"))]
use crate::base::stack;
use crate::base::thrown::into_js;
use crate::base::unwind;
use crate::call::{guard, settle};
#[cfg(feature = "durable")]
use crate::host::durable;
use crate::host::errors;
use crate::host::tasks;
use crate::task::table::{End, Id, QUEUE, SCHEDULED, TABLE, Work, insert, remove, take_work, with};
use crate::task::waits;
use std::cell::Cell;
use std::collections::VecDeque;
use std::future::Future;
use std::sync::atomic::Ordering::Relaxed;
use std::task::{Context, Poll, Wake, Waker};
use wasm_bindgen::JsValue;

thread_local! {
    static DRIVEN: Cell<bool> = const { Cell::new(false) };
}

/// Gives the host the function to call, once, before the first task is inserted. If memory runs out
/// there, the next call does it.
pub(crate) fn drive() {
    if !DRIVEN.get() {
        tasks::drive(tick, dispatch);
        DRIVEN.set(true);
    }
}

/// Runs `future` as a task of its own. JavaScript gets no promise: a panic in it goes to
/// `recovery.onPanic`, and ends only the task.
///
/// ```
/// # fn no_host() {
/// recover_runtime::spawn(async {
///     // awaits, then does its work
/// });
/// # }
/// ```
pub fn spawn(future: impl Future<Output = ()> + 'static) {
    drive();
    let id = insert(
        Box::pin(async move {
            future.await;
            Ok(JsValue::UNDEFINED)
        }),
        false,
    );
    TABLE
        .with_borrow(|table| table.slots[id as usize].wakeup.clone())
        .wake();
}

/// The function that the host calls.
fn dispatch(operation: u32, id: u32, value: JsValue) {
    match operation {
        RESOLVED => waits::settled(id, Ok(value)),
        REJECTED => waits::settled(id, Err(value)),
        ABORTED => return abort(id, value),
        _ => {}
    }
    tick();
}

/// Polls the tasks that are awake now. Tasks that wake meanwhile are polled in the next tick.
fn tick() {
    SCHEDULED.set(false);
    let mut left = QUEUE.with_borrow(VecDeque::len);
    while left > 0 {
        left -= 1;
        let Some(id) = QUEUE.with_borrow_mut(VecDeque::pop_front) else {
            break;
        };
        TABLE.with_borrow(|table| table.slots[id as usize].wakeup.queued.store(false, Relaxed));
        poll(id);
    }
}

fn poll(id: Id) {
    let Some((work, wakeup)) = take_work(id) else {
        return;
    };
    let waker = Waker::from(wakeup);
    let outer_task = CURRENT.replace(Some(id));
    #[cfg(feature = "durable")]
    durable::polls(Some(id));
    let outer = guard::enter();
    // What an exception leaves is dropped inside of the catch: see `base/unwind.rs`.
    let polled = unwind::catch(move || {
        let (mut work, waker) = (work, waker);
        let pad = LandingPad {
            id,
            outer: outer_task,
        };
        #[cfg(feature = "torture")]
        crate::base::torture::may_panic(crate::base::torture::POLL);
        let polled = match work.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(end) => {
                drop(work);
                Ok(end)
            }
            Poll::Pending => Err(work),
        };
        std::mem::forget(pad);
        polled
    });
    guard::leave(outer);
    CURRENT.set(outer_task);
    #[cfg(feature = "durable")]
    durable::polls(outer_task);
    match polled {
        Ok(Ok(end)) => finish(id, end),
        Ok(Err(work)) => suspend(id, work),
        Err(payload) => {
            let export = with(id, |task| task.export).unwrap_or_default();
            fail(id, into_js(settle::panic_error(payload, export)));
        }
    }
}

fn suspend(id: Id, work: Work) {
    let mut work = Some(work);
    let aborted = with(id, |task| {
        let aborted = task.aborted.take();
        if aborted.is_none() {
            task.work = work.take();
        }
        aborted
    });
    if let (Some(Some(reason)), Some(work)) = (aborted, work) {
        return give_up(id, work, reason);
    }
    let checkpoint = with(id, |task| task.held.as_ref()?.checkpoint());
    if let Some(Some(checkpoint)) = checkpoint {
        checkpoint();
    }
}

/// Cancels a task: drops its future before it is ready.
fn give_up(id: Id, work: Work, reason: JsValue) {
    let export = with(id, |task| task.export).unwrap_or_default();
    let dropped = unwind::catch(|| {
        let pad = LandingPad {
            id,
            outer: CURRENT.get(),
        };
        drop(work);
        std::mem::forget(pad);
    });
    if let Err(payload) = dropped {
        let error = into_js(settle::panic_error(payload, export));
        return fail(id, error);
    }
    finish(id, Err(reason));
}

/// Ends a task after its future was dropped: releases what it borrowed, and settles the promise.
fn finish(id: Id, end: End) {
    let Some((task, ending)) = remove(id) else {
        return;
    };
    if let Some(held) = task.held {
        held.release();
    }
    #[cfg(feature = "torture")]
    crate::base::torture::may_trap(crate::base::torture::AFTER);
    settle::commit();
    spend(id, task.consumed);
    if task.promised {
        tasks::settle_promise(id, end);
    } else if let Err(error) = end {
        errors::report(&error);
    }
    ending.complete();
}

/// Ends a task after its future failed: settles what it borrowed, and the promise, by `error`.
fn fail(id: Id, error: JsValue) {
    let Some((task, ending)) = remove(id) else {
        return;
    };
    if let Some(held) = task.held {
        held.settle(error.clone());
    }
    spend(id, task.consumed);
    if task.promised {
        tasks::settle_promise(id, Err(error));
    } else {
        errors::report(&error);
    }
    ending.complete();
}

/// Has the host keep what the call of a task consumed until it ends. Answers whether the task is
/// under way.
#[cold]
pub(crate) fn claim(id: Id) -> bool {
    let is_there = with(id, |task| task.consumed = true).is_some();
    #[cfg(feature = "persist")]
    if is_there {
        crate::host::records::js_claim_for_task(id);
    }
    is_there
}

/// What the call of a task consumed is gone.
fn spend(id: Id, consumed: bool) {
    #[cfg(feature = "persist")]
    if consumed {
        crate::host::records::js_spend_for_task(id);
    }
    let _ = (id, consumed);
}

/// Cancels a task because its signal was aborted.
fn abort(id: Id, reason: JsValue) {
    let work = with(id, |task| match task.work.take() {
        // It is being polled: `suspend` cancels it after the poll.
        None => {
            task.aborted = Some(reason.clone());
            None
        }
        work => work,
    });
    if let Some(Some(work)) = work {
        let outer = guard::enter();
        give_up(id, work, reason);
        guard::leave(outer);
    }
}

/// Ends the task if a JavaScript exception leaves its poll. A panic is the catch's.
struct LandingPad {
    id: Id,
    /// The task that is polled outside this one.
    outer: Option<Id>,
}

impl Drop for LandingPad {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            CURRENT.set(self.outer);
            #[cfg(feature = "durable")]
            durable::polls(self.outer);
            abandon(self.id);
        }
    }
}

/// Ends the task that is polled, because the next throw leaves it. In abort builds no landing pad
/// runs.
#[cfg(not(panic = "unwind"))]
pub(crate) fn leave() {
    match CURRENT.get() {
        // Its future is not polled now. The host ends the instance, and so the task.
        id if stack::is_of_fiber() => tasks::crossing(id),
        Some(id) => abandon(id),
        None => {}
    }
}

#[cold]
#[inline(never)]
fn abandon(id: Id) {
    let Some((task, ending)) = remove(id) else {
        return;
    };
    if let Some(held) = task.held {
        let cause = errors::foreign_unwind(task.export);
        held.settle(cause);
    }
    spend(id, task.consumed);
    drop(ending);
}
