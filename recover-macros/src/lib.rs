//! The macros of `recover-runtime`, which re-exports and documents them; use
//! that crate, not this one.
//!
//! Each macro goes parse → check → expand. Errors accumulate in `diag`, and an
//! expansion can't fail: `check` has refused what can't be expanded.

mod attr;
mod check;
mod diag;
mod expand;
mod fallback;
mod instances;
mod instantiate;
mod ir;
mod js_error;
mod options;
mod paths;
mod sig;
mod size;
#[cfg(test)]
mod snapshots;
mod test;
mod types;
mod version;

use diag::Diag;
use ir::Item;
use proc_macro2::TokenStream;

/// Makes an exported function, struct or impl block exception-safe.
///
/// # In components
///
/// For `wasm32-wasip2`, by the feature `component` of the runtime, it stands beside wit-bindgen's `generate!`:
///
/// | on | |
/// |---|---|
/// | `#[recoverable(component, …)]` on a struct | its values are a resource; `on_panic`, `rollback`, `persist`, `snapshot_every`, `version` mean what they mean elsewhere |
/// | `#[recoverable(resource = path::to::GuestName)]` on its impl block | each `pub` method is one of the resource: the trait's method takes what WIT passes, calls yours in the guard, and returns a `Result` of its value and a `failure` |
/// | … `persist` beside `resource` | adds `save` and `restore` |
/// | … `clear_poison` beside `resource` | adds `clear_poison`, which accepts what a call that failed left |
/// | `#[recoverable]` on `impl Guest for Component` | the functions stay with the errors that you gave them; those of the trait return a `failure` |
///
/// On a method: `constructor`, `on_panic`, `no_journal`, `memory_limit`, `stack_guard`, `max_depth`, and `skip`, which
/// leaves a method out. On a function of a `Guest` trait: `memory_limit`, and `skip`, which leaves the function to the
/// trait as you wrote it, unguarded.
///
/// A method takes `&self` or `&mut self`; its arguments are values, `&str`, `&[T]`, another resource as `&Other` (WIT's
/// `borrow<other>`) or `Other` (`other`), or a record as `&Record`. A constructor that returns `Self` is one that can't
/// fail in WIT: if it panics, each later call of the object is refused as `poisoned`, with the panic as the cause. One
/// that returns a `Result` is WIT's `constructor(…) -> result<name, failure>`.
#[proc_macro_attribute]
pub fn recoverable(
    attr: proc_macro::TokenStream,
    item: proc_macro::TokenStream,
) -> proc_macro::TokenStream {
    expand_recoverable(attr.into(), item.into()).into()
}

/// Makes a JavaScript error class of each variant of a Rust error.
#[proc_macro_derive(JsErrorClass, attributes(js_error, error_class))]
pub fn derive_js_error_class(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    js_error::derive(input.into(), js_error::For::derived(true)).into()
}

/// The same, by the name that fits components as well: there it makes a class of `recover:error` of each variant.
#[proc_macro_derive(ErrorClass, attributes(error_class, js_error))]
pub fn derive_error_class(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    js_error::derive(input.into(), js_error::For::derived(false)).into()
}

/// Makes a test of a function, which `cargo recover test` runs in JavaScript engines.
#[proc_macro_attribute]
pub fn test(
    attr: proc_macro::TokenStream,
    item: proc_macro::TokenStream,
) -> proc_macro::TokenStream {
    test::expand(test::Kind::Test, attr.into(), item.into()).into()
}

/// Makes a scenario of a function: `cargo recover torture` runs it in a JavaScript engine, again and again,
/// with a failure injected at every point that it passes. Plain `cargo test` runs it once.
#[proc_macro_attribute]
pub fn torture(
    attr: proc_macro::TokenStream,
    item: proc_macro::TokenStream,
) -> proc_macro::TokenStream {
    test::expand(test::Kind::Torture, attr.into(), item.into()).into()
}

fn expand_recoverable(attr: TokenStream, item: TokenStream) -> TokenStream {
    let mut diag = Diag::new();
    let parsed = Item::parse(&mut diag, attr, item.clone());
    if let Some(parsed) = &parsed {
        check::item(&mut diag, parsed);
    }
    match (diag.finish(), parsed) {
        (Ok(()), Some(parsed)) => expand::item(&parsed),
        (Err(errors), parsed) => fallback::item(errors, parsed.as_ref(), item),
        (Ok(()), None) => unreachable!("what can't be parsed is reported"),
    }
}
