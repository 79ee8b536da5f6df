//! The table of tasks, and the queue of those that are awake. This file only stores; `poll.rs`
//! polls.

use crate::host::tasks;
use crate::task::args::TaskArgs;
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;
use std::task::Wake;
use wasm_bindgen::JsValue;

/// The end of a task: the value or the error for its promise.
pub(crate) type End = Result<JsValue, JsValue>;

pub(crate) type Work = Pin<Box<dyn Future<Output = End>>>;

/// A task's index in the table.
pub(crate) type Id = u32;

pub(crate) struct Task {
    /// The future; `None` while it is polled.
    pub(crate) work: Option<Work>,
    /// Rust path of the export, for errors.
    pub(crate) export: &'static str,
    /// What the future borrows. Dropped after the future.
    pub(crate) held: Option<TaskArgs>,
    /// Whether the host has a promise of it.
    pub(crate) promised: bool,
    /// The signal's reason, when it was aborted during a poll.
    pub(crate) aborted: Option<JsValue>,
    /// Whether the call consumed objects that the host has records of.
    pub(crate) consumed: bool,
}

pub(crate) struct TaskSlot {
    /// Shared by all tasks that use this index in turn: a late wake-up only causes a needless poll.
    pub(crate) wakeup: Arc<Wakeup>,
    task: Option<Task>,
}

pub(crate) struct Table {
    pub(crate) slots: Vec<TaskSlot>,
    free: Vec<Id>,
}

thread_local! {
    pub(crate) static TABLE: RefCell<Table> = const { RefCell::new(Table { slots: Vec::new(), free: Vec::new() }) };
    pub(crate) static QUEUE: RefCell<VecDeque<Id>> = const { RefCell::new(VecDeque::new()) };
    pub(crate) static SCHEDULED: Cell<bool> = const { Cell::new(false) };
}

/// A waker that keeps nothing alive, so that it may outlive its task and be sent to any thread.
pub(crate) struct Wakeup {
    id: Id,
    pub(crate) queued: AtomicBool,
}

impl Wake for Wakeup {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if self.enqueue() && !SCHEDULED.replace(true) {
            tasks::schedule();
        }
    }
}

impl Wakeup {
    pub(crate) fn enqueue(&self) -> bool {
        let first = !self.queued.swap(true, Relaxed);
        if first {
            QUEUE.with_borrow_mut(|queue| queue.push_back(self.id));
        }
        first
    }
}

/// Inserts a task. The caller has called `poll::drive`.
pub(crate) fn insert(work: Work, promised: bool) -> Id {
    TABLE.with_borrow_mut(|table| {
        let id = table.free.pop().unwrap_or_else(|| {
            let id = table.slots.len() as Id;
            // To wake a task and to end it needs no memory: it is there when the task begins.
            let tasks = table.slots.len() + 1;
            table.free.reserve(tasks);
            QUEUE.with_borrow_mut(|queue| queue.reserve(tasks - queue.len()));
            let queued = AtomicBool::new(false);
            table.slots.push(TaskSlot {
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
            consumed: false,
        });
        id
    })
}

pub(crate) fn with<R>(id: Id, ask: impl FnOnce(&mut Task) -> R) -> Option<R> {
    TABLE.with_borrow_mut(|table| table.slots.get_mut(id as usize)?.task.as_mut().map(ask))
}

/// Takes the future of a task, to poll it, with its waker.
pub(crate) fn take_work(id: Id) -> Option<(Work, Arc<Wakeup>)> {
    TABLE.with_borrow_mut(|table| {
        let slot = table.slots.get_mut(id as usize)?;
        let work = slot.task.as_mut()?.work.take()?;
        Some((work, slot.wakeup.clone()))
    })
}

/// Takes a task out of the table; [`TaskEnd`] frees its index.
pub(crate) fn remove(id: Id) -> Option<(Task, TaskEnd)> {
    TABLE.with_borrow_mut(|table| {
        let task = table.slots.get_mut(id as usize)?.task.take()?;
        let promised = task.promised.then_some(id);
        Some((task, TaskEnd { id, promised }))
    })
}

/// Frees the index of a task that ended, once its promise is settled. Until then destructors of
/// what it held may begin other tasks, or be left by a JavaScript exception.
pub(crate) struct TaskEnd {
    id: Id,
    promised: Option<Id>,
}

impl TaskEnd {
    /// Frees the index: the task has ended completely.
    pub(crate) fn complete(self) {
        free(self.id);
        std::mem::forget(self);
    }
}

impl Drop for TaskEnd {
    fn drop(&mut self) {
        // A JavaScript exception: the host catches it, and settles the promise by it.
        tasks::crossing(self.promised);
        free(self.id);
    }
}

pub(crate) fn free(id: Id) {
    TABLE.with_borrow_mut(|table| table.free.push(id));
}
