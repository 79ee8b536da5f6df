//! Our own executor: the tasks, their wake-ups, and the one place that polls.
//!
//! A task is polled by a tick of the host, which catches what crosses Rust unseen; the
//! promise of an export is the host's, by the task's number. Nothing here holds a borrow
//! while a future runs. What an export's future borrows is in `run`, promises that Rust
//! waits for are in `promise`.

mod bridge;
mod promise;
mod run;
mod signal;

pub use promise::JsFuture;
pub use run::{Promised, Settled, SettledResult, Value, apart, future_to_promise, run};
pub use signal::AbortSignal;

use crate::shared::dispatch::{ABORTED, REJECTED, RESOLVED};
use crate::{guard, host};
use run::Held;
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::Future;
use std::mem::ManuallyDrop;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::task::{Context, Poll, Wake, Waker};
use wasm_bindgen::JsValue;

/// What a task ends with: the value or the error, for the promise.
type End = Result<JsValue, JsValue>;
type Work = Pin<Box<dyn Future<Output = End>>>;

/// A task's place in the table.
type Id = u32;

struct Task {
    /// Away while it is polled.
    work: Option<Work>,
    /// Rust path of the export, for errors.
    export: &'static str,
    /// What the future borrows; dropped after it.
    held: Option<Held>,
    /// Whether the host has a promise of it.
    promised: bool,
    /// The signal's reason, when it was aborted during a poll.
    aborted: Option<JsValue>,
}

struct Slot {
    /// For every task that has the place in turn: one that is late wakes another in vain.
    wakeup: Arc<Wakeup>,
    task: Option<Task>,
}

struct Table {
    slots: Vec<Slot>,
    free: Vec<Id>,
}

thread_local! {
    static TABLE: RefCell<Table> = const { RefCell::new(Table { slots: Vec::new(), free: Vec::new() }) };
    static QUEUE: RefCell<VecDeque<Id>> = const { RefCell::new(VecDeque::new()) };
    static SCHEDULED: Cell<bool> = const { Cell::new(false) };
    static DRIVEN: Cell<bool> = const { Cell::new(false) };
    static CURRENT: Cell<Option<Id>> = const { Cell::new(None) };
}

/// A waker that holds nothing: it may outlive its task, and be sent anywhere.
struct Wakeup {
    id: Id,
    queued: AtomicBool,
}

impl Wake for Wakeup {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if self.enqueue() && !SCHEDULED.replace(true) {
            bridge::schedule();
        }
    }
}

impl Wakeup {
    fn enqueue(&self) -> bool {
        let first = !self.queued.swap(true, Relaxed);
        if first {
            QUEUE.with_borrow_mut(|queue| queue.push_back(self.id));
        }
        first
    }
}

/// Runs `future` on its own. JavaScript has no promise of it: a panic in it is handed to
/// `recovery.onPanic`, and costs the task alone.
///
/// ```
/// # fn no_host() {
/// recover_runtime::spawn(async {
///     // awaits, then does its work
/// });
/// # }
/// ```
pub fn spawn(future: impl Future<Output = ()> + 'static) {
    let id = insert(
        Box::pin(async move {
            apart(future).await;
            Ok(JsValue::UNDEFINED)
        }),
        false,
    );
    TABLE
        .with_borrow(|table| table.slots[id as usize].wakeup.clone())
        .wake();
}

/// Gives the host what it calls, once.
fn drive() {
    if !DRIVEN.replace(true) {
        bridge::drive(dispatch);
    }
}

fn insert(work: Work, promised: bool) -> Id {
    drive();
    TABLE.with_borrow_mut(|table| {
        let id = table.free.pop().unwrap_or_else(|| {
            let id = table.slots.len() as Id;
            let queued = AtomicBool::new(false);
            table.slots.push(Slot {
                wakeup: Arc::new(Wakeup { id, queued }),
                task: None,
            });
            id
        });
        table.slots[id as usize].task = Some(Task {
            work: Some(work),
            export: "",
            held: None,
            promised,
            aborted: None,
        });
        id
    })
}

fn with<R>(id: Id, ask: impl FnOnce(&mut Task) -> R) -> Option<R> {
    TABLE.with_borrow_mut(|table| table.slots.get_mut(id as usize)?.task.as_mut().map(ask))
}

/// The future of a task, to be polled, and what wakes it.
fn take(id: Id) -> Option<(Work, Arc<Wakeup>)> {
    TABLE.with_borrow_mut(|table| {
        let slot = table.slots.get_mut(id as usize)?;
        let work = slot.task.as_mut()?.work.take()?;
        Some((work, slot.wakeup.clone()))
    })
}

/// Takes a task out of its place, which [`Ending`] gives free.
fn remove(id: Id) -> Option<(Task, Ending)> {
    TABLE.with_borrow_mut(|table| {
        let task = table.slots.get_mut(id as usize)?.task.take()?;
        let promised = task.promised.then_some(id);
        Some((task, Ending { id, promised }))
    })
}

/// The end of a task. What it held may have destructors that begin others, so its place is
/// taken until its promise is settled; they may also be left by an exception.
struct Ending {
    id: Id,
    promised: Option<Id>,
}

impl Ending {
    /// All is done.
    fn over(self) {
        free(self.id);
        std::mem::forget(self);
    }
}

impl Drop for Ending {
    fn drop(&mut self) {
        // The host sees the exception itself, and settles the promise by it.
        bridge::crossing(self.promised);
        free(self.id);
    }
}

fn free(id: Id) {
    TABLE.with_borrow_mut(|table| table.free.push(id));
}

/// What the host calls.
fn dispatch(operation: u32, id: u32) {
    match operation {
        RESOLVED => promise::settled(id, Ok(bridge::argument())),
        REJECTED => promise::settled(id, Err(bridge::argument())),
        ABORTED => return abort(id, bridge::argument()),
        _ => {}
    }
    tick();
}

/// Polls the tasks that are awake now; those that wake meanwhile get a tick of their own.
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
    let Some((work, wakeup)) = take(id) else {
        return;
    };
    let waker = Waker::from(wakeup);
    // If an exception of JavaScript crosses, its state is not known: it is never dropped.
    let mut work = ManuallyDrop::new(Some(work));
    let outer_task = CURRENT.replace(Some(id));
    let outer = guard::enter();
    let polled = guard::catch(|| {
        let crossing = Crossing {
            id,
            outer: outer_task,
        };
        let mut context = Context::from_waker(&waker);
        let polled = work.as_mut().map(|work| work.as_mut().poll(&mut context));
        if let Some(Poll::Ready(_)) = polled {
            drop(work.take());
        }
        std::mem::forget(crossing);
        polled
    });
    guard::leave(outer);
    CURRENT.set(outer_task);
    let work = ManuallyDrop::into_inner(work);
    match polled {
        Ok(Some(Poll::Ready(end))) => settle(id, end),
        Ok(_) => suspend(id, work),
        Err(payload) => {
            let export = with(id, |task| task.export).unwrap_or_default();
            let error = guard::panic_error(payload, export);
            // Its locals went when it unwound.
            guard::drop_quietly(work);
            fail(id, error);
        }
    }
}

fn suspend(id: Id, mut work: Option<Work>) {
    let aborted = with(id, |task| {
        let aborted = task.aborted.take();
        if aborted.is_none() {
            task.work = work.take();
        }
        aborted
    });
    if let (Some(Some(reason)), Some(work)) = (aborted, work) {
        give_up(id, work, reason);
    }
}

/// Ends a task before it is ready.
fn give_up(id: Id, work: Work, reason: JsValue) {
    let export = with(id, |task| task.export).unwrap_or_default();
    let dropped = guard::catch(|| {
        let crossing = Crossing {
            id,
            outer: CURRENT.get(),
        };
        drop(work);
        std::mem::forget(crossing);
    });
    if let Err(payload) = dropped {
        let error = guard::panic_error(payload, export);
        return fail(id, error);
    }
    settle(id, Err(reason));
}

/// Ends a task whose future is gone: lets go of what it borrowed, settles the promise.
fn settle(id: Id, end: End) {
    let Some((task, ending)) = remove(id) else {
        return;
    };
    if let Some(held) = task.held {
        held.release();
    }
    if task.promised {
        bridge::settle(id, end);
    } else if let Err(error) = end {
        host::report(&error);
    }
    ending.over();
}

/// Ends a task whose future is gone by an error: what it borrowed is settled by it.
fn fail(id: Id, error: JsValue) {
    let Some((task, ending)) = remove(id) else {
        return;
    };
    if let Some(held) = task.held {
        held.settle(error.clone());
    }
    if task.promised {
        bridge::settle(id, Err(error));
    } else {
        host::report(&error);
    }
    ending.over();
}

/// The signal of a task was aborted.
fn abort(id: Id, reason: JsValue) {
    let work = with(id, |task| match task.work.take() {
        // It runs: when the poll has ended.
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

/// Dropped by what leaves a poll without an end: a panic, which the catch then sees, or
/// an exception that crosses.
struct Crossing {
    id: Id,
    /// Which task is polled around it.
    outer: Option<Id>,
}

impl Drop for Crossing {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            CURRENT.set(self.outer);
            crossed(self.id);
        }
    }
}

/// The task that is polled.
pub(crate) fn current() -> Option<u32> {
    CURRENT.get()
}

/// Where nothing unwinds: what is thrown next leaves the task that is polled.
#[cfg(not(panic = "unwind"))]
pub(crate) fn leave() {
    if let Some(id) = CURRENT.get() {
        crossed(id);
    }
}

#[cold]
#[inline(never)]
fn crossed(id: Id) {
    let Some((task, ending)) = remove(id) else {
        return;
    };
    if let Some(held) = task.held {
        let cause = host::crossed(task.export);
        held.settle(cause);
    }
    drop(ending);
}
