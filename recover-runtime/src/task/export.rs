//! The future of an asynchronous export, from the call to its promise. `unsafe`: it uses the
//! arguments in `args.rs`, by the invariant there.

use crate::base::flags::{CONSUMED, CURRENT, FLAGS};
use crate::base::thrown::into_js;
use crate::base::unwind;
use crate::call::carrier::Carrier;
use crate::call::checkpoint;
use crate::call::failure::Failure;
use crate::call::outcome::{PlainReturn, StartValue};
use crate::call::{guard, settle};
use crate::host::errors;
use crate::host::tasks;
use crate::task::args::TaskArgs;
use crate::task::poll;
use crate::task::table::{End, Id, SCHEDULED, Wakeup, Work, insert, remove, take_work, with};
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::ptr::NonNull;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::task::{Context, Poll, Waker};
use wasm_bindgen::__rt::{IntoJsResult, Start};
use wasm_bindgen::JsValue;
use wasm_bindgen::convert::IntoWasmAbi;
use wasm_bindgen::describe::WasmDescribe;

/// The end of an export's future: a converted value of type `R` for the promise, or the error.
#[must_use]
pub struct Settled<R: PlainReturn>(End, PhantomData<R>);

impl<R: PlainReturn> Settled<R> {
    fn new(end: End) -> Self {
        Settled(end, PhantomData)
    }
}

impl<R: PlainReturn> WasmDescribe for Settled<R> {
    fn describe() {
        R::describe();
    }
}

impl<R: PlainReturn> IntoJsResult for Settled<R> {
    fn into_js_result(self) -> End {
        self.0
    }
}

/// An asynchronous `start` has no caller: its error is thrown.
impl<T: StartValue> Start for Settled<T> {
    fn start(self) {
        if let Err(error) = self.0 {
            errors::report(&error);
        }
    }
}

/// The value of an export, for its promise.
pub struct Value<R>(pub R);

impl Value<()> {
    /// Converts the value to JavaScript.
    pub fn promised(self) -> JsValue {
        JsValue::UNDEFINED
    }
}

/// The conversion of `()`, which wasm-bindgen's casts lack.
pub trait Promised {
    /// Converts the value to JavaScript.
    fn promised(self) -> JsValue;
}

impl<R: IntoWasmAbi> Promised for Value<R> {
    fn promised(self) -> JsValue {
        crate::base::cast::cast(self.0)
    }
}

/// Runs `body` on `args`. The arguments are entered at once; the body runs in ticks of the host.
/// The call ends when `signal` is aborted.
pub async fn run<A, R, F>(
    export: &'static str,
    signal: Option<JsValue>,
    args: A,
    body: impl FnOnce(&'static mut A) -> F,
) -> Settled<R>
where
    A: Carrier + 'static,
    R: PlainReturn + 'static,
    F: Future<Output = Result<JsValue, Failure>>,
{
    let mut own = None;
    let mut args = match begin(export, signal, args, &mut own) {
        Ok(args) => args,
        Err(error) => return Settled::new(Err(error)),
    };
    YieldOnce(false).await;
    // SAFETY: the arguments are in their box until `finish` takes it (invariant), or in `own`,
    // which is pinned with this future, not used before `finish`, and dropped after the body's
    // future. This is the only reference to them.
    let end = body(unsafe { args.as_mut() }).await;
    #[cfg(feature = "torture")]
    crate::base::torture::may_panic(crate::base::torture::LEAVE);
    Settled::new(finish(export, args, own, end))
}

/// Enters the arguments while JavaScript calls. If their destructors must know how the call ends,
/// the task holds them, else the future itself, in `own`.
fn begin<A: Carrier + 'static>(
    export: &'static str,
    signal: Option<JsValue>,
    mut args: A,
    own: &mut Option<A>,
) -> Result<NonNull<A>, JsValue> {
    let checkpoint = checkpoint::taken();
    let refused = match (args.check().and_then(|()| args.take_up()), CURRENT.get()) {
        (Err(failure), _) => Err(failure),
        (Ok(()), None) => Err(Failure::Invalid("an export is driven by its promise alone")),
        (Ok(()), Some(id)) => match signal.map(|signal| tasks::cancel_on(id, &signal)) {
            Some(Err(reason)) => Err(Failure::thrown(reason)),
            _ => Ok(id),
        },
    };
    match refused {
        Ok(id) if A::SETTLES => {
            let (held, args) = TaskArgs::new(args, checkpoint);
            with(id, |task| {
                task.export = export;
                task.held = Some(held);
            });
            Ok(args)
        }
        Ok(id) => {
            with(id, |task| task.export = export);
            Ok(NonNull::from(own.insert(args)))
        }
        Err(failure) => {
            args.leave();
            settle::drop_quietly(args);
            Err(into_js(failure.into_error(export)))
        }
    }
}

/// Releases the arguments after the body has ended, before the promise is settled.
fn finish<A: Carrier>(
    export: &'static str,
    args: NonNull<A>,
    own: Option<A>,
    value: Result<JsValue, Failure>,
) -> End {
    let mut args = match own {
        Some(args) => args,
        None => {
            if let Some(id) = CURRENT.get() {
                with(id, |task| task.held = None);
            }
            // SAFETY: by the invariant the body's future is gone, and the task no longer
            // has the box.
            *unsafe { Box::from_raw(args.as_ptr()) }
        }
    };
    match value {
        Ok(value) => {
            // The records move when the promise is settled.
            settle::stage(|| args.finish());
            args.copy_back();
            Ok(value)
        }
        Err(failure) => {
            settle::stage(|| settle::drop_quietly(args));
            Err(into_js(failure.into_error(export)))
        }
    }
}

/// Pending once, so that the call returns to JavaScript first.
struct YieldOnce(bool);

impl Future for YieldOnce {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if std::mem::replace(&mut self.0, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    }
}

/// The promise of an export; wasm-bindgen's code for asynchronous exports calls it.
pub fn future_to_promise(future: impl Future<Output = End> + 'static) -> JsValue {
    // A panic must not leave here: wasm-bindgen would end the instance.
    match unwind::catch(|| promised(Box::pin(future))) {
        Ok(promise) => promise,
        Err(payload) => tasks::settled_promise(Err(into_js(settle::panic_error(payload, "")))),
    }
}

fn promised(work: Work) -> JsValue {
    poll::drive();
    let id = insert(work, true);
    let outer = guard::enter();
    #[cfg(feature = "torture")]
    crate::base::torture::may_trap(crate::base::torture::BEFORE);
    let promise = poll_first(id);
    // With an older wasm-bindgen it is the first poll that converts the arguments, and consumes.
    let consumed = (outer | FLAGS.get()) & CONSUMED;
    FLAGS.set(FLAGS.get() & !CONSUMED);
    // A call that is under way keeps what it consumed until it ends.
    let under_way = consumed != 0 && poll::claim(id);
    guard::leave(outer & !CONSUMED | if under_way { 0 } else { consumed });
    promise
}

fn poll_first(id: Id) -> JsValue {
    let Some((work, wakeup)) = take_work(id) else {
        return JsValue::UNDEFINED;
    };
    // The first poll stops before the user's code: see `YieldOnce`. It wakes its task, which would
    // queue it too early: `enqueue` below does that. What an exception leaves is dropped inside of
    // the catch: see `base/unwind.rs`.
    let polled = unwind::catch(move || {
        let mut work = work;
        let waker = Waker::from(wakeup.clone());
        let first_poll = FirstPoll {
            id,
            outer: CURRENT.replace(Some(id)),
            queued: wakeup.queued.swap(true, Relaxed),
            done: false,
            wakeup,
        };
        let polled = work.as_mut().poll(&mut Context::from_waker(&waker));
        (polled, work, first_poll.complete())
    });
    let end = match polled {
        Ok((Poll::Pending, work, wakeup)) => {
            with(id, |task| task.work = Some(work));
            wakeup.enqueue();
            #[cfg(feature = "durable")]
            crate::host::durable::began(id);
            return tasks::deferred(id, !SCHEDULED.replace(true));
        }
        Ok((Poll::Ready(end), work, _)) => {
            settle::drop_quietly(work);
            end
        }
        Err(payload) => Err(into_js(settle::panic_error(payload, ""))),
    };
    if let Some((_, ending)) = remove(id) {
        ending.complete();
    }
    tasks::settled_promise(end)
}

/// The first poll of an export.
struct FirstPoll {
    id: Id,
    outer: Option<Id>,
    /// Whether a late wake-up of the previous task with this index is queued.
    queued: bool,
    /// Whether it came back.
    done: bool,
    wakeup: Arc<Wakeup>,
}

impl FirstPoll {
    fn complete(mut self) -> Arc<Wakeup> {
        self.done = true;
        self.wakeup.clone()
    }

    fn restore(&self) {
        CURRENT.set(self.outer);
        self.wakeup.queued.store(self.queued, Relaxed);
    }
}

/// Removes the task if a JavaScript exception leaves the first poll, out of the destructor of a
/// refused argument. The caller gets the exception, since there is no promise yet.
impl Drop for FirstPoll {
    fn drop(&mut self) {
        self.restore();
        let left = !self.done && !std::thread::panicking();
        if left && let Some((_, ending)) = remove(self.id) {
            ending.complete();
        }
    }
}
