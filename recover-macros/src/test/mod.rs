//! `#[recover_runtime::test]`: parse → check → expand, as for `#[recoverable]`.
//!
//! A test is an export that no user names. How tests are found and run is `cargo recover test`'s.

mod check;
mod expand;
mod ir;

use crate::diag::Diag;
use ir::Test;
use proc_macro2::TokenStream;

/// The function, and the export that runs it where tests are compiled for wasm.
pub(crate) fn expand(attr: TokenStream, item: TokenStream) -> TokenStream {
    let mut diag = Diag::new();
    let parsed = Test::parse(&mut diag, attr, item.clone());
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
