//! The user's functions that a fresh instance runs: [`on_abort`] and [`on_revive`].
//!
//! How an instance ends and the next is made stands in `js/instance.js`.

use crate::base::shared::stage::ABORTED;
use crate::host::errors;
use crate::host::instance::{Stage, js_hooks_of};
use std::cell::RefCell;
use wasm_bindgen::closure::Closure;

/// How the previous instance ended.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Aborted {
    /// The number of the instance that ended, from 0.
    pub epoch: u32,
    /// The wasm export that was called; empty if the host ended the instance.
    pub export: String,
    /// The message of the error that its caller got.
    pub message: String,
}

/// What this instance took over from the previous one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Revived {
    /// The number of this instance.
    pub epoch: u32,
    /// The number of objects that were revived.
    pub objects: u32,
    /// The number of objects that were lost.
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

/// Runs `hook` if this instance follows one that ended, before the objects that persist
/// are revived. Call it in `start`, which runs once in every instance; no code runs in an instance
/// that has ended.
///
/// ```no_run
/// recover_runtime::on_abort(|aborted| {
///     println!("instance {} ended in {}", aborted.epoch, aborted.export);
/// });
/// ```
pub fn on_abort(hook: impl FnOnce(&Aborted) + 'static) {
    HOOKS.with_borrow_mut(|hooks| hooks.aborted.push(Box::new(hook)));
    register();
}

/// Runs `hook` if this instance follows one that ended, when the objects that persist are
/// revived. Call it in `start`; in the first instance the hook does not run.
pub fn on_revive(hook: impl FnOnce(&Revived) + 'static) {
    HOOKS.with_borrow_mut(|hooks| hooks.revived.push(Box::new(hook)));
    register();
}

/// Gives the host the function that runs the hooks, once.
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
        errors::report(&thrown);
    }
    stage.forget();
}
