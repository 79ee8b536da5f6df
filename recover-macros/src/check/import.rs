//! The rules of imports. What wasm-bindgen refuses itself is left to it.

use crate::diag::Diag;
use crate::ir::import::{ImportFn, Imports, Kind};
use syn::FnArg;
use syn::ext::IdentExt;

pub(super) fn check(diag: &mut Diag, imports: &Imports) {
    for function in &imports.functions {
        check_receiver(diag, function);
        check_suspending(diag, imports, function);
        check_shape(diag, function);
        check_catch(diag, function);
        check_setter(diag, function);
        check_generic(diag, imports, function);
    }
}

/// The object of an imported method is its first argument, by its own name.
fn check_receiver(diag: &mut Diag, function: &ImportFn) {
    let sig = &function.sig;
    if let Some(FnArg::Receiver(this)) = sig.inputs.first() {
        diag.error(
            this,
            "an import is a function without `self`; write `this: &Type` and the option `method`",
        );
    } else if matches!(function.kind, Kind::Method(None)) {
        match sig.inputs.first() {
            Some(first) => diag.error(first, "a method borrows its object; write `this: &Type`"),
            None => diag.error(
                &sig.ident,
                "a method takes its object first; write `this: &Type`",
            ),
        }
    }
    if let Some(variadic) = &sig.variadic {
        diag.error(variadic, "C variadics can't be imported; take a slice as the last argument and mark the function `variadic`");
    }
}

/// A constructor gives an object of a class, at once.
fn check_shape(diag: &mut Diag, function: &ImportFn) {
    let Some(option) = function.options.get("constructor") else {
        return;
    };
    if matches!(function.kind, Kind::Constructor(None)) {
        diag.error(
            &option.name,
            "a constructor returns an object; return the imported type",
        );
    }
    if let Some(asyncness) = &function.sig.asyncness {
        diag.error(
            asyncness,
            "a constructor returns its object at once; remove `async`",
        );
    }
}

/// The stack waits for what one function returns.
fn check_suspending(diag: &mut Diag, imports: &Imports, function: &ImportFn) {
    let Some(option) = function.options.get("suspending") else {
        return;
    };
    if function.sig.asyncness.is_some() {
        diag.error(
            &option.name,
            "an `async fn` gives a future to await, and suspends no stack; remove `async`, or the option",
        );
    }
    if function.options.has("constructor") {
        diag.error(
            &option.name,
            "a constructor returns its object at once; remove the option",
        );
    }
    if function.passes_through(imports) {
        diag.error(
            &option.name,
            "what is generic here is wasm-bindgen's to expand, which would suspend a stack that is not kept apart; import it for a concrete type",
        );
    }
}

/// `catch` and `Result` go together.
fn check_catch(diag: &mut Diag, function: &ImportFn) {
    match function.options.get("catch") {
        Some(catch) if !function.has_ok_type() => diag.error(
            &catch.name,
            "with `catch` the caller gets what JavaScript throws; return a `Result`, or remove the option to let it unwind",
        ),
        None if function.returns_result() => diag.error(
            &function.sig.output,
            "what JavaScript throws unwinds; return the value alone, or add the option `catch`",
        ),
        _ => {}
    }
}

/// As in exports, a setter is named after its property.
fn check_setter(diag: &mut Diag, function: &ImportFn) {
    let name = function.sig.ident.unraw().to_string();
    if let Some(setter) = function.options.get("setter")
        && setter.value.is_none()
        && !function.options.has("js_name")
        && !name.starts_with("set_")
    {
        diag.error(&function.sig.ident, "a setter is named after its property; call it `set_…`, or write `setter = \"property\"`");
    }
}

/// A wrapper repeats the signature; what wasm-bindgen adds to a generic one it can't.
fn check_generic(diag: &mut Diag, imports: &Imports, function: &ImportFn) {
    if function.passes_through(imports) {
        return;
    }
    if let Some(class) = function.kind.class()
        && function.is_generic(class)
    {
        diag.error(class, "the methods of a generic type can't be made to unwind; mark this one `catch` and return a `Result`");
    }
    if function.is_per_type(imports) {
        diag.error(&function.sig.ident, "a function that is generic by `experimental_generic_mono` can't be made to unwind; mark it `catch` and return a `Result`");
    }
    if function.gives_promise()
        && let Some(value) = &function.value
        && function.is_generic(value)
    {
        diag.error(
            value,
            "a promise is awaited as one concrete type; return that, or `JsValue`",
        );
    }
}
