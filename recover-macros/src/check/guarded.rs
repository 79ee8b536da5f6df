//! What can have a stack guard. One function for each rule, as in `check`.

use crate::diag::Diag;
use crate::ir::{FnItem, Function, Guarded, Impl, StackGuard};
use crate::options::UNEXPORTED;
use quote::ToTokens;
use syn::{Attribute, ImplItem};

/// The number of slots in the runtime.
const MOST: u32 = 16_384;

/// Applies every rule that concerns a function that is guarded and not exported.
pub(super) fn function(diag: &mut Diag, function: &Guarded) {
    let Guarded {
        item,
        options,
        guard,
        ..
    } = function;
    check_item(diag, item, guard);
    if let Some(option) = options.first_but(UNEXPORTED)
        && !options.has("skip")
    {
        diag.error(
            option,
            "only a `pub` function is exported; make it `pub`, or remove the options",
        );
    }
}

/// Those that concern an exported one.
pub(super) fn exported(diag: &mut Diag, function: &Function) {
    if let Some(guard) = &function.guard {
        check_item(diag, &function.item, guard);
    } else if let Some(skip) = function.options.get("skip") {
        diag.error(
            &skip.name,
            "the attribute does nothing here; remove it, or add `stack_guard`",
        );
    }
}

/// Those that concern the methods of an exported block.
pub(super) fn methods(diag: &mut Diag, block: &Impl) {
    for (index, guard) in &block.guarded {
        if let ImplItem::Fn(method) = &block.item.items[*index] {
            check_kind(diag, &method.sig);
            check_frame(diag, &method.attrs);
            check_depth(diag, guard);
        }
    }
}

fn check_item(diag: &mut Diag, item: &FnItem, guard: &StackGuard) {
    check_kind(diag, &item.sig);
    check_frame(diag, &item.attrs);
    check_depth(diag, guard);
    if !item.has_body() {
        diag.error(
            &guard.name,
            "there is no body to guard; put the attribute on the implementations",
        );
    }
}

/// A guard counts at run time, until the function returns or unwinds.
fn check_kind(diag: &mut Diag, sig: &syn::Signature) {
    if let Some(constness) = &sig.constness {
        diag.error(
            constness,
            "a `const fn` can't count its calls; remove `const`, or `stack_guard`",
        );
    }
    if let Some(asyncness) = &sig.asyncness {
        diag.error(
            asyncness,
            "an async function returns before its body runs, and its frames are gone at each await; put `stack_guard` on the sync functions that it calls",
        );
    }
    if let Some(abi) = &sig.abi {
        diag.error(
            abi,
            "a panic can't leave a function of another ABI; put `stack_guard` on the Rust function that it calls",
        );
    }
}

/// The guard distinguishes frames, so each function needs one of its own.
fn check_frame(diag: &mut Diag, attrs: &[Attribute]) {
    for attr in attrs.iter().filter(|attr| attr.path().is_ident("inline")) {
        diag.error(
            attr.to_token_stream(),
            "a guarded function has a frame of its own, so it is never inlined; remove the attribute",
        );
    }
}

fn check_depth(diag: &mut Diag, guard: &StackGuard) {
    let Some(depth) = &guard.max_depth else {
        return;
    };
    if !depth
        .base10_parse::<u32>()
        .is_ok_and(|calls| (1..=MOST).contains(&calls))
    {
        diag.error(
            depth,
            format!("`max_depth` is from 1 to {MOST}, beyond which no engine has enough stack; give a number in between"),
        );
    }
}
