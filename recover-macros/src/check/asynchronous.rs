//! The rules of asynchronous exports: what a promise can stand for, and which options
//! need one.

use crate::attr::Options;
use crate::diag::Diag;
use crate::ir::Method;
use crate::sig::{Receiver, Signature};

/// The rules that concern a method.
pub(super) fn method(diag: &mut Diag, method: &Method) {
    accessor(diag, method);
    suspending(diag, &method.options, &method.sig);
    concurrency(diag, method);
    cancellable(diag, &method.options, &method.sig);
}

/// `new` and properties return their value at once.
fn accessor(diag: &mut Diag, method: &Method) {
    let Some(asyncness) = &method.sig.original.asyncness else {
        return;
    };
    if method.options.has("constructor") {
        diag.error(
            asyncness,
            "`new` returns the object at once; export an async static method, without the option",
        );
    }
    if method.options.has("getter") || method.options.has("setter") {
        diag.error(
            asyncness,
            "a property returns its value at once; export a method, without the option",
        );
    }
}

/// A stack of its own is for a call that has a promise, and is left only at its end.
pub(super) fn suspending(diag: &mut Diag, options: &Options, sig: &Signature) {
    let Some(option) = options.get("jspi") else {
        return;
    };
    if sig.original.asyncness.is_some() {
        diag.error(
            &option.name,
            "an `async fn` awaits without a stack of its own; remove `jspi`, or remove `async` and call what suspends",
        );
    }
    for at_once in ["constructor", "getter", "setter"] {
        if options.has(at_once) {
            diag.error(
                &option.name,
                format!("a {at_once} has no promise; export a method without that option"),
            );
        }
    }
    if options.has("memory_limit") {
        diag.error(
            &option.name,
            "a limit of memory counts one call at a time, and others run while this one is suspended; remove one of the two",
        );
    }
}

/// Calls can only wait for an object that they borrow, and only with a promise.
fn concurrency(diag: &mut Diag, method: &Method) {
    let Some(text) = method.options.text("concurrency") else {
        return;
    };
    if !matches!(text.value().as_str(), "reject" | "queue") {
        diag.error(
            text,
            "unknown concurrency; `concurrency` takes \"reject\" or \"queue\"",
        );
    }
    let borrows = matches!(
        method.sig.receiver,
        Some(Receiver::Shared | Receiver::Exclusive)
    );
    if !method.sig.is_async() || !borrows {
        diag.error(
            text,
            "only an `async fn` of `&self` or `&mut self` waits for its object; remove `concurrency`",
        );
    }
}

/// A synchronous call can't be cancelled, and one signal is enough.
pub(super) fn cancellable(diag: &mut Diag, options: &Options, sig: &Signature) {
    let Some(option) = options.get("cancellable") else {
        return;
    };
    if sig.suspends {
        diag.error(
            &option.name,
            "a suspended stack can't be dropped before its end; remove `cancellable`",
        );
    } else if !sig.is_async() {
        diag.error(
            &option.name,
            "only an `async fn` can be cancelled; remove `cancellable`",
        );
    } else if sig.signal().is_some() {
        diag.error(
            &option.name,
            "the call is cancelled by the `AbortSignal` that it takes; remove `cancellable`",
        );
    } else if options.has("variadic") {
        diag.error(
            &option.name,
            "rest arguments come last, where the signal would; take an `AbortSignal` as an argument instead",
        );
    }
}
