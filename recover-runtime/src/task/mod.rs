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
pub use run::{Promised, Settled, SettledResult, Value, future_to_promise, run};
pub use signal::AbortSignal;

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

/// A task's place in the table, and which of those that had it.
#[derive(Clone, Copy, PartialEq)]
struct Id {
    index: u32,
    generation: u32,
}

struct Task {
    /// Away while it is polled.
    work: Option<Work>,
    waker: Waker,
    wakeup: Arc<Wakeup>,
    /// What the future borrows; dropped after it.
    held: Option<Held>,
    /// Whether the host has a promise of it.
    promised: bool,
    /// The signal's reason, when it was aborted during a poll.
    aborted: Option<JsValue>,
}

#[derive(Default)]
struct Slot {
    generation: u32,
    task: Option<Task>,
}

#[derive(Default)]
struct Table {
    slots: Vec<Slot>,
    free: Vec<u32>,
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
            future.await;
            Ok(JsValue::UNDEFINED)
        }),
        false,
    );
    if let Some(wakeup) = with(id, |task| task.wakeup.clone()) {
        wakeup.wake();
    }
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
        let index = table.free.pop().unwrap_or_else(|| {
            table.slots.push(Slot::default());
            table.slots.len() as u32 - 1
        });
        let slot = &mut table.slots[index as usize];
        let id = Id {
            index,
            generation: slot.generation,
        };
        let wakeup = Arc::new(Wakeup {
            id,
            queued: AtomicBool::new(false),
        });
        slot.task = Some(Task {
            work: Some(work),
            waker: wakeup.clone().into(),
            wakeup,
            held: None,
            promised,
            aborted: None,
        });
        id
    })
}

fn with<R>(id: Id, ask: impl FnOnce(&mut Task) -> R) -> Option<R> {
    TABLE.with_borrow_mut(|table| {
        let slot = table.slots.get_mut(id.index as usize)?;
        let task = slot.task.as_mut()?;
        (slot.generation == id.generation).then(|| ask(task))
    })
}

fn remove(id: Id) -> Option<Task> {
    TABLE.with_borrow_mut(|table| {
        let slot = table.slots.get_mut(id.index as usize)?;
        if slot.generation != id.generation {
            return None;
        }
        let task = slot.task.take()?;
        slot.generation = slot.generation.wrapping_add(1);
        table.free.push(id.index);
        Some(task)
    })
}

/// What the host calls; the numbers stand in `js/host.js` too.
fn dispatch(operation: u32, id: u32, value: JsValue) {
    match operation {
        RESOLVED => promise::settled(id, Ok(value)),
        REJECTED => promise::settled(id, Err(value)),
        ABORTED => return abort(id, value),
        _ => {}
    }
    tick();
}

const RESOLVED: u32 = 1;
const REJECTED: u32 = 2;
const ABORTED: u32 = 3;

/// Polls the tasks that are awake now; those that wake meanwhile get a tick of their own.
fn tick() {
    SCHEDULED.set(false);
    let mut left = QUEUE.with_borrow(VecDeque::len);
    while left > 0 {
        left -= 1;
        let Some(id) = QUEUE.with_borrow_mut(VecDeque::pop_front) else {
            break;
        };
        poll(id);
    }
}

fn poll(id: Id) {
    let taken = with(id, |task| {
        task.wakeup.queued.store(false, Relaxed);
        Some((task.work.take()?, task.waker.clone()))
    });
    let Some(Some((work, waker))) = taken else {
        return;
    };
    // If an exception of JavaScript crosses, its state is not known: it is never dropped.
    let mut work = ManuallyDrop::new(work);
    let outer_task = CURRENT.replace(Some(id));
    let outer = guard::enter();
    let polled = guard::catch(|| {
        let crossing = Crossing(id);
        let polled = work.as_mut().poll(&mut Context::from_waker(&waker));
        std::mem::forget(crossing);
        polled
    });
    guard::leave(outer);
    CURRENT.set(outer_task);
    let work = ManuallyDrop::into_inner(work);
    match polled {
        Ok(Poll::Pending) => suspend(id, work),
        Ok(Poll::Ready(end)) => finish(id, work, Some(end)),
        Err(payload) => {
            let export = with(id, |task| task.export()).unwrap_or_default();
            let error = guard::panic_error(payload, export);
            // Its locals went when it unwound.
            guard::drop_quietly(work);
            fail(id, error);
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
        finish(id, work, Some(Err(reason)));
    }
}

/// Drops the future, then what it borrowed, and settles the promise.
fn finish(id: Id, work: Work, end: Option<End>) {
    let export = with(id, |task| task.export()).unwrap_or_default();
    if let Err(payload) = guard::catch(|| drop(work)) {
        let error = guard::panic_error(payload, export);
        return fail(id, error);
    }
    let Some(task) = remove(id) else { return };
    if let Some(held) = task.held {
        held.release();
    }
    if let (true, Some(end)) = (task.promised, end) {
        bridge::settle(id.index, end);
    }
}

/// Ends a task whose future is gone by an error: what it borrowed is settled by it.
fn fail(id: Id, error: JsValue) {
    let Some(task) = remove(id) else { return };
    if let Some(held) = task.held {
        held.settle(error.clone());
    }
    if task.promised {
        bridge::settle(id.index, Err(error));
    } else {
        host::detached(&error);
    }
}

/// The signal of a task was aborted.
fn abort(index: u32, reason: JsValue) {
    let found = TABLE.with_borrow_mut(|table| {
        let slot = table.slots.get_mut(index as usize)?;
        let id = Id {
            index,
            generation: slot.generation,
        };
        Some((id, slot.task.as_mut()?.work.take()))
    });
    match found {
        Some((id, Some(work))) => {
            let outer = guard::enter();
            finish(id, work, Some(Err(reason)));
            guard::leave(outer);
        }
        // It runs: when the poll has ended.
        Some((id, None)) => drop(with(id, |task| task.aborted = Some(reason))),
        None => {}
    }
}

impl Task {
    fn export(&self) -> &'static str {
        self.held.as_ref().map_or("", Held::export)
    }
}

/// Dropped by what leaves a poll without an end: a panic, which the catch then sees, or
/// an exception that crosses.
struct Crossing(Id);

impl Drop for Crossing {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            crossed(self.0);
        }
    }
}

#[cold]
#[inline(never)]
fn crossed(id: Id) {
    let Some(task) = remove(id) else { return };
    if let Some(held) = task.held {
        let cause = host::crossed(held.export());
        held.settle(cause);
    }
    // The host sees the exception itself, and settles the promise by it.
    bridge::crossing(if task.promised { Some(id.index) } else { None });
}
