//! The end of an instance, as Rust sees it: what the host is told of a panic that nothing
//! catches, and the user's functions that a fresh instance runs.
//!
//! How an instance ends and the next is made stands in `js/instance.js`.

use crate::hook::At;
use crate::host;
use crate::shared::stage::ABORTED;
use std::cell::RefCell;
use wasm_bindgen::JsValue;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::prelude::wasm_bindgen;

type Stage = dyn Fn(u32, u32, String, String, u32, u32);

#[wasm_bindgen(module = "/js/instance.js")]
extern "C" {
    #[wasm_bindgen(catch, js_name = fatal)]
    fn js_fatal(
        message: &str,
        file: usize,
        file_len: usize,
        line: u32,
        column: u32,
        task: i32,
        kind: i32,
        first: f64,
        second: f64,
    ) -> Result<(), JsValue>;

    #[cfg(not(panic = "unwind"))]
    #[wasm_bindgen(catch, js_name = stateUnknown)]
    fn js_torn() -> Result<(), JsValue>;

    #[wasm_bindgen(catch, js_name = hooksOf)]
    fn js_hooks_of(rust: &Closure<Stage>) -> Result<(), JsValue>;
}

/// Tells the host of a panic that ends the instance. `task` is the one that is polled,
/// `exhausted` what ran out, as in `payload`.
pub(crate) fn fatal(message: &str, exhausted: Option<(u32, f64, f64)>, at: At, task: Option<u32>) {
    let (file, length) = at.file;
    let task = task.and_then(|task| i32::try_from(task).ok()).unwrap_or(-1);
    let (kind, first, second) = exhausted.map_or((-1, 0., 0.), |(kind, first, second)| {
        (kind as i32, first, second)
    });
    // At worst the error says no more than that the instance died.
    let _ = js_fatal(
        message, file, length, at.line, at.column, task, kind, first, second,
    );
}

/// A JavaScript exception is about to leave Rust that cleans up nothing.
#[cfg(not(panic = "unwind"))]
pub(crate) fn torn() {
    // At worst what it left stays as it is.
    let _ = js_torn();
}

/// How the instance before ended.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Aborted {
    /// The number of the instance that ended, from 0.
    pub epoch: u32,
    /// The wasm export that was called; empty where the host ended it.
    pub export: String,
    /// The message of the error that its caller got.
    pub message: String,
}

/// What came into this instance from the one before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Revived {
    /// The number of this instance.
    pub epoch: u32,
    /// Objects that live on.
    pub objects: u32,
    /// Objects that could not be brought in.
    pub lost: u32,
}

type Hook<T> = Box<dyn FnOnce(&T)>;

#[derive(Default)]
struct Hooks {
    registered: bool,
    aborted: Vec<Hook<Aborted>>,
    revived: Vec<Hook<Revived>>,
}

thread_local! {
    static HOOKS: RefCell<Hooks> = RefCell::default();
}

/// Runs `hook` if this instance follows one that died, before the objects that persist
/// come in. Call it in `start`, which runs once in every instance: nothing runs in one
/// that died.
///
/// ```no_run
/// recover_runtime::on_abort(|aborted| {
///     println!("instance {} died in {}", aborted.epoch, aborted.export);
/// });
/// ```
pub fn on_abort(hook: impl FnOnce(&Aborted) + 'static) {
    HOOKS.with_borrow_mut(|hooks| hooks.aborted.push(Box::new(hook)));
    register();
}

/// Runs `hook` if this instance follows one that died, when the objects that persist are
/// in. Call it in `start`: of an instance that runs it, `start` was not the first.
pub fn on_revive(hook: impl FnOnce(&Revived) + 'static) {
    HOOKS.with_borrow_mut(|hooks| hooks.revived.push(Box::new(hook)));
    register();
}

/// Gives the host what it calls, once.
fn register() {
    if HOOKS.with_borrow_mut(|hooks| std::mem::replace(&mut hooks.registered, true)) {
        return;
    }
    let stage: Box<Stage> = Box::new(|stage, epoch, export, message, objects, lost| {
        if stage == ABORTED {
            let aborted = Aborted {
                epoch,
                export,
                message,
            };
            let hooks = HOOKS.with_borrow_mut(|hooks| std::mem::take(&mut hooks.aborted));
            hooks.into_iter().for_each(|hook| hook(&aborted));
        } else {
            let revived = Revived {
                epoch,
                objects,
                lost,
            };
            let hooks = HOOKS.with_borrow_mut(|hooks| std::mem::take(&mut hooks.revived));
            hooks.into_iter().for_each(|hook| hook(&revived));
        }
    });
    let stage = Closure::wrap_assert_unwind_safe(stage);
    if let Err(thrown) = js_hooks_of(&stage) {
        host::report(&thrown);
    }
    stage.forget();
}
