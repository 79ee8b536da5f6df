//! What can be a test, one function for each rule. Nothing is expanded here.

use super::ir::{Kind, Test};
use crate::diag::Diag;
use quote::ToTokens;
use syn::{FnArg, ReturnType, Type};

/// Applies every rule.
pub(super) fn test(diag: &mut Diag, test: &Test) {
    check_signature(diag, test);
    check_arguments(diag, test);
    check_panics(diag, test);
    check_attributes(diag, test);
    check_host(diag, test);
}

/// Nobody can choose a type, or keep a contract, for a call that nobody writes.
fn check_signature(diag: &mut Diag, test: &Test) {
    let (sig, noun) = (&test.item.sig, test.kind.noun());
    if let syn::Safety::Unsafe(unsafety) = &sig.safety {
        diag.error(
            unsafety,
            format!("{noun} is called without a contract to keep; remove `unsafe`, and use a block of it in the body"),
        );
    }
    if let Some(constness) = &sig.constness {
        diag.error(
            constness,
            format!("{noun} runs when it is called; remove `const`"),
        );
    }
    if let Some(abi) = &sig.abi {
        diag.error(abi, format!("{noun} is called by Rust; remove the ABI"));
    }
    if !sig.generics.params.is_empty() {
        diag.error(
            &sig.generics,
            format!(
                "nobody names the types of {noun}; write one for each, which calls a generic function"
            ),
        );
    }
    if !test.item.has_body() {
        diag.error(&sig.ident, "there is nothing to run; give it a body");
    }
}

/// Nobody passes them.
fn check_arguments(diag: &mut Diag, test: &Test) {
    let noun = test.kind.noun();
    match test.item.sig.inputs.first() {
        None => {}
        Some(FnArg::Receiver(receiver)) => diag.error(
            receiver,
            format!("{noun} is no method; move it out of the impl block"),
        ),
        Some(_) => diag.error(
            &test.item.sig.inputs,
            format!("{noun} takes no arguments; make the values in its body"),
        ),
    }
}

/// An `Err` is no panic, so a test that must panic has nothing to return. A scenario fails in many
/// places, of which none is the one that it must fail in.
fn check_panics(diag: &mut Diag, test: &Test) {
    if let (Kind::Torture, Some(mark)) = (test.kind, &test.should_panic) {
        return diag.error(
            &mark.attr,
            "a scenario passes where nothing is injected; remove this attribute, and catch the panic in the body or write a `#[recover_runtime::test]`",
        );
    }
    let ReturnType::Type(_, returns) = &test.item.sig.output else {
        return;
    };
    let nothing = match &**returns {
        Type::Tuple(tuple) => tuple.elems.is_empty(),
        Type::Never(_) => true,
        _ => false,
    };
    if test.should_panic.is_some() && !nothing {
        diag.error(
            returns,
            "a test that `should_panic` returns nothing; remove the type, and `unwrap` in the body",
        );
    }
}

/// Each of them makes a test, or an export, of the function once more.
fn check_attributes(diag: &mut Diag, test: &Test) {
    for attr in &test.item.attrs {
        let path = attr.path();
        let Some(last) = path.segments.last() else {
            continue;
        };
        let message = match &*last.ident.to_string() {
            "test" if path.is_ident("test") => match test.kind {
                Kind::Test => "the function is a test already; remove `#[test]`, and write `#[recover_runtime::test(host)]` for one that plain `cargo test` runs, too",
                Kind::Torture => "plain `cargo test` runs a scenario already; remove `#[test]`",
            }
            .to_owned(),
            "test" | "torture" | "wasm_bindgen_test" => {
                let noun = test.kind.noun();
                format!("the function is {noun} already; remove one of the two attributes")
            }
            "recoverable" | "wasm_bindgen" => {
                let noun = test.kind.noun();
                format!("{noun} is not for JavaScript to call; remove this attribute")
            }
            _ => continue,
        };
        diag.error(attr.to_token_stream(), message);
    }
}

/// Plain cargo has no executor.
fn check_host(diag: &mut Diag, test: &Test) {
    if let (Some(host), Some(_)) = (&test.host, &test.item.sig.asyncness) {
        diag.error(
            host,
            "plain `cargo test` can't run an async function; remove `host`, or `async`",
        );
    }
}
