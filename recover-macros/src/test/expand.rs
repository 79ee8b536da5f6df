//! The tokens of a test: the function, an export of it, and a record by which it is found. All of
//! it is compiled with tests only.

use super::ir::{Kind, Mark, Test};
use crate::attr::Options;
use crate::expand::exports;
use crate::ir::{FnItem, Function};
use crate::paths::Paths;
use crate::sig::Signature;
use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use std::sync::atomic::{AtomicU32, Ordering};
use syn::ext::IdentExt;

/// The number of a test in its crate: two modules may have tests of one name, and no macro
/// knows in which it stands.
pub(super) fn next() -> u32 {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

pub(super) fn test(test: &Test, number: u32) -> TokenStream {
    let (item, paths) = (function(test), Paths::new(test.krate.as_ref()));
    let (export, section) = match test.kind {
        Kind::Test => (format!("__recover_test_{number}"), "recover_tests"),
        Kind::Torture => (format!("__recover_torture_{number}"), "recover_torture"),
    };
    let (exported, record) = (
        exported(test, &export, paths.clone()),
        record(test, &export),
    );
    let bytes = paths.private();
    quote! {
        #item
        #exported
        #[cfg(all(test, target_family = "wasm"))]
        const _: () = {
            const LINE: &'static str = #record;
            #[unsafe(link_section = #section)]
            static RECORD: [u8; LINE.len()] = #bytes::errors::bytes(LINE);
        };
    }
}

/// The function beside errors.
pub(super) fn refused(errors: &TokenStream, test: &Test) -> TokenStream {
    let item = &test.item;
    quote!(#errors #[cfg(test)] #[allow(dead_code)] #item)
}

fn function(test: &Test) -> TokenStream {
    let item = &test.item;
    // Plain cargo has no executor.
    let on_host = match test.kind {
        Kind::Test => test.host.is_some(),
        Kind::Torture => item.sig.asyncness.is_none(),
    };
    if !on_host {
        return quote! {
            #[cfg(test)]
            #[cfg_attr(not(target_family = "wasm"), allow(dead_code))]
            #item
        };
    }
    let marks = [&test.should_panic, &test.ignore].into_iter().flatten();
    let marks = marks.map(|mark| {
        let meta = &mark.attr.meta;
        quote!(#[cfg_attr(not(target_family = "wasm"), #meta)])
    });
    quote! {
        #[cfg(test)]
        #[cfg_attr(not(target_family = "wasm"), ::core::prelude::v1::test)]
        #(#marks)*
        #item
    }
}

/// What any exported function has: so a panic, an `Err` and a trap reach the runner as
/// JavaScript gets them.
fn exported(test: &Test, export: &str, paths: Paths) -> TokenStream {
    let mut item: FnItem = test.item.without_body();
    item.attrs
        .push(syn::parse_quote!(#[cfg(all(test, target_family = "wasm"))]));
    let options = Options::default().with_text("js_name", export, item.sig.ident.span());
    // Nothing is reported: a test has no arguments.
    let mut diag = crate::diag::Diag::new();
    let sig = Signature::parse(&mut diag, &mut item.sig, None).under(&options);
    let _ = diag.finish();
    exports(&Function {
        item,
        options,
        sig,
        guard: None,
        paths,
    })
}

/// A line: the export, the test's path, file and line, whether it must panic and with which words,
/// whether it is ignored and why.
fn record(test: &Test, export: &str) -> TokenStream {
    let name = &test.item.sig.ident;
    let path = format!("::{}\t", name.unraw());
    let line = quote_spanned!(name.span()=> ::core::line!());
    let said = |mark: &Option<Mark>| match mark {
        None => "-".to_owned(),
        Some(mark) => {
            let text = mark.text.as_ref().map(syn::LitStr::value);
            format!("+{}", one_field(&text.unwrap_or_default()))
        }
    };
    let rest = format!("\t{}\t{}\n", said(&test.should_panic), said(&test.ignore));
    let export = format!("{export}\t");
    quote! {
        ::core::concat!(
            #export, ::core::module_path!(), #path, ::core::file!(), "\t", #line, #rest
        )
    }
}

/// The text without what ends a field or a line of the record.
fn one_field(text: &str) -> String {
    let escaped = text.replace('\\', "\\\\").replace('\t', "\\t");
    escaped.replace('\n', "\\n").replace('\r', "\\r")
}
