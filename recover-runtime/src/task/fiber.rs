//! A call that has a stack of its own, which the engine suspends while the call waits (JavaScript
//! Promise Integration). To the executor it is a task, whose future waits until the stack is left:
//! so its promise, and what it holds, end as those of any asynchronous call.
//!
//! # What is whose
//!
//! An instance has one state *of the call under way*, and each call that begins and ends within
//! another leaves it as it was. Fibers leave in another order than they entered, so each takes its
//! part along when it waits (`Away`), and leaves what a tick of the host finds. A fiber is entered,
//! and goes on, from a microtask: there is no call outside it. It can't wait where frames of
//! JavaScript are between, nor while a call is being settled or a panic unwinds: so the part is small.
//!
//! * The stack pointer is the host's to switch (`js/fibers.js`), since no Rust can: before the first
//!   function of the fiber runs, and before the first that goes on. Whether the compiler gives a function between a
//!   frame makes no difference then.
//! * `FLAGS` of a call under way are zero where a fiber may wait.
//! * `CURRENT`, the number of the fiber and the guarded frames are kept aside.

use crate::base::flags::{CURRENT, FLAGS};
use crate::base::payload::JsThrow;
use crate::base::shared::flag::{DEAD, UNUSED};
use crate::base::thrown::into_js;
use crate::base::{flags, stack, unwind};
use crate::call::failure::Failure;
use crate::call::{guard, settle};
use crate::host::fibers;
use crate::task::promise::JsFuture;
use std::cell::{Cell, RefCell};
use std::mem::MaybeUninit;
use std::process::abort;
use std::rc::Rc;
use wasm_bindgen::JsValue;

/// Bytes of the stack of a fiber; docs/adr/0018 has the reasons.
const SIZE: usize = 256 * 1024;

/// What the stack pointer is aligned to.
#[derive(Clone, Copy)]
#[repr(align(16))]
struct Block(#[allow(dead_code)] [u8; 16]);

/// The part of the memory that a fiber has for its shadow stack.
struct Stack(Box<[MaybeUninit<Block>]>);

impl Stack {
    fn new() -> Self {
        Stack(Box::new_uninit_slice(SIZE / size_of::<Block>()))
    }

    fn low(&self) -> usize {
        self.0.as_ptr().addr()
    }

    fn high(&self) -> usize {
        self.0.as_ptr_range().end.addr()
    }
}

/// What a fiber runs.
trait Call {
    /// Runs it on the stack that the host made.
    fn run(&self, id: u32);
}

struct Body<F, T> {
    body: Cell<Option<F>>,
    end: Cell<Option<Result<T, JsValue>>>,
    export: &'static str,
    task: Option<u32>,
    low: usize,
}

/// A place for a fiber: its number is the index.
type Place = Option<Rc<dyn Call>>;

thread_local! {
    static FIBERS: RefCell<Vec<Place>> = const { RefCell::new(Vec::new()) };
    /// The fiber that runs, if one does, and the lower end of its stack.
    static RUNNING: Cell<Option<(u32, usize)>> = const { Cell::new(None) };
}

fn insert(call: Rc<dyn Call>) -> u32 {
    FIBERS.with_borrow_mut(|fibers| {
        let free = fibers.iter().position(Option::is_none);
        let id = free.unwrap_or_else(|| {
            fibers.push(None);
            fibers.len() - 1
        });
        fibers[id] = Some(call);
        id as u32
    })
}

/// Keeps the stack and the place of a fiber until it has left.
struct Fiber {
    id: u32,
    stack: Stack,
    left: bool,
}

impl Drop for Fiber {
    fn drop(&mut self) {
        // Its frames use the stack, and what the call borrowed. Nothing drops the future of such a
        // call before its end: it can't be cancelled.
        if !self.left {
            abort();
        }
        FIBERS.with_borrow_mut(|fibers| fibers[self.id as usize] = None);
    }
}

/// Runs `body` on a stack of its own, where it may `wait`.
pub async fn on_own_stack<F>(export: &'static str, body: F) -> Result<JsValue, Failure>
where
    F: FnOnce() -> Result<JsValue, Failure> + 'static,
{
    let stack = Stack::new();
    let call = Rc::new(Body {
        body: Cell::new(Some(body)),
        end: Cell::new(None),
        export,
        task: CURRENT.get(),
        low: stack.low(),
    });
    let mut fiber = Fiber {
        id: insert(call.clone()),
        stack,
        left: true,
    };
    let begun = fibers::begin(fiber.id, fiber.stack.low(), fiber.stack.high());
    let promise = begun.map_err(Failure::thrown)?;
    fiber.left = false;
    let left = JsFuture::from(promise).await;
    fiber.left = true;
    drop(fiber);
    match (call.end.take(), left) {
        (Some(Ok(end)), _) => end,
        // An exception that Rust does not catch has left the stack; the host caught it.
        (Some(Err(error)), _) | (None, Err(error)) => raise(error),
        (None, Ok(_)) => Err(Failure::Invalid(
            "the host entered a call and did not run it",
        )),
    }
}

/// The call failed by this error, as by a panic: what it held is settled by it.
fn raise<T>(error: JsValue) -> Result<T, Failure> {
    #[cfg(panic = "unwind")]
    std::panic::resume_unwind(Box::new(JsThrow(error)));
    #[cfg(not(panic = "unwind"))]
    Err(Failure::thrown(JsThrow(error).0))
}

impl<F> Call for Body<F, Result<JsValue, Failure>>
where
    F: FnOnce() -> Result<JsValue, Failure>,
{
    fn run(&self, id: u32) {
        CURRENT.set(self.task);
        RUNNING.set(Some((id, self.low)));
        stack::enter(self.low, &[]);
        let outer = guard::enter();
        // What an exception leaves is dropped inside of the catch: see `base/unwind.rs`.
        let end = unwind::catch(|| {
            let pad = LandingPad(id);
            #[cfg(feature = "torture")]
            crate::base::torture::may_panic(crate::base::torture::POLL);
            let end = self.body.take().map(|body| body());
            std::mem::forget(pad);
            end
        });
        guard::leave(outer);
        let end = end.map_err(|payload| into_js(settle::panic_error(payload, self.export)));
        self.end.set(end.transpose());
        leave(id);
    }
}

/// Leaves the stack if a JavaScript exception does. A panic is the catch's.
struct LandingPad(u32);

impl Drop for LandingPad {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            leave(self.0);
        }
    }
}

fn leave(id: u32) {
    CURRENT.set(None);
    RUNNING.set(None);
    stack::leave();
    fibers::left(id);
}

/// What the host enters, on the stack of a fiber. `cargo recover` takes it out of a module that has
/// no use for it.
#[unsafe(no_mangle)]
extern "C-unwind" fn __recover_fiber(id: u32) {
    let call = FIBERS.with_borrow(|fibers| fibers.get(id as usize).cloned().flatten());
    if let Some(call) = call {
        call.run(id);
    }
}

/// What a fiber takes along while it waits.
struct Away {
    task: Option<u32>,
    running: Option<(u32, usize)>,
    frames: Vec<usize>,
}

impl Away {
    fn begin() -> Self {
        // First what may fail.
        let frames = stack::frames();
        stack::leave();
        Away {
            task: CURRENT.take(),
            running: RUNNING.take(),
            frames,
        }
    }

    fn end(self) {
        CURRENT.set(self.task);
        RUNNING.set(self.running);
        let low = self.running.map_or(0, |(_, low)| low);
        stack::enter(low, &self.frames);
    }
}

/// Waits, in a call of an export with `jspi`, until a promise is settled: the engine suspends the stack
/// of the call. Others run meanwhile.
///
/// ```no_run
/// use recover_runtime::{JsValue, jspi_block_on_promise, recoverable};
///
/// #[recoverable(jspi)]
/// pub fn first(promise: JsValue) -> Result<JsValue, JsValue> {
///     jspi_block_on_promise(promise)
/// }
/// ```
///
/// # Errors
/// What the promise rejects with; or a `RecoverError` with the code `E_UNSUPPORTED`, where the stack can't
/// be suspended.
pub fn jspi_block_on_promise(promise: impl Into<JsValue>) -> Result<JsValue, JsValue> {
    wait(&promise.into())
}

/// The flags of no call in particular.
const COMMON: u32 = flags::NO_HOOK | flags::NOTED | flags::SPENT | UNUSED;

/// Waits until `promise` is settled: the engine suspends the stack.
///
/// # Errors
/// What it rejects with; or why the stack can't be suspended here.
pub(crate) fn wait(promise: &JsValue) -> Result<JsValue, JsValue> {
    let is_settling = FLAGS.get() & !COMMON != 0 || std::thread::panicking();
    let id = match RUNNING.get() {
        Some((id, _)) if !is_settling => id,
        // The host knows no such number, and makes the error.
        _ => u32::MAX,
    };
    fibers::wait_for(id, promise)?;
    let away = Away::begin();
    fibers::park(id);
    // The instance may have ended meanwhile. There is nothing to go on with, should wasm-bindgen's
    // wrapper of the import have let this pass. Nor is there on the stack of somebody else, should an
    // engine let others run before it goes on.
    if FLAGS.get() & DEAD != 0 || !fibers::is_running(id) {
        abort();
    }
    away.end();
    #[cfg(feature = "torture")]
    crate::base::torture::may_panic(crate::base::torture::POLL);
    fibers::outcome(id)
}
