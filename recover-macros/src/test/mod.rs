//! `#[recover_runtime::test]` and `#[recover_runtime::torture]`: parse → check → expand, as for
//! `#[recoverable]`.
//!
//! Either is an export that no user names, and a record by which it is found. How tests are found and run
//! is `cargo recover test`'s; what is injected into a scenario, `cargo recover torture`'s.

mod check;
mod expand;
mod ir;

use crate::diag::Diag;
pub(crate) use ir::Kind;
use ir::Test;
use proc_macro2::TokenStream;

/// The function, and the export that runs it where tests are compiled for wasm.
pub(crate) fn expand(kind: Kind, attr: TokenStream, item: TokenStream) -> TokenStream {
    let mut diag = Diag::new();
    let parsed = Test::parse(&mut diag, kind, attr, item.clone());
    if let Some(test) = &parsed {
        check::test(&mut diag, test);
    }
    match (diag.finish(), parsed) {
        (Ok(()), Some(test)) => expand::test(&test, expand::next()),
        (Err(errors), Some(test)) => expand::refused(&errors, &test),
        (Err(errors), None) => quote::quote!(#errors #item),
        (Ok(()), None) => unreachable!("what can't be parsed is reported"),
    }
}
