//! The parts that every expansion is put together from: attributes, spans, the block that hides
//! generated code. No kind of item is known here.

use crate::paths::Paths;
use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::Attribute;
use syn::spanned::Spanned;

/// The attributes of the user's item that its export keeps: those that say when it
/// exists and what it means. An `expect` is met once, so the copy only allows.
pub(super) fn kept(attrs: &[Attribute]) -> TokenStream {
    let kept = attrs.iter().filter_map(|attr| {
        let path = attr.path();
        if path.is_ident("expect") {
            let mut attr = attr.clone();
            if let syn::Meta::List(list) = &mut attr.meta {
                list.path = syn::parse_quote!(allow);
            }
            return Some(quote!(#attr));
        }
        let keep = ["cfg", "doc", "allow"]
            .iter()
            .any(|name| path.is_ident(name));
        keep.then(|| quote!(#attr))
    });
    quote!(#(#kept)*)
}

/// The exports of an item, or of each of its instantiations.
pub(super) fn exported<T>(
    item: &T,
    instances: Option<Vec<T>>,
    exports: fn(&T) -> TokenStream,
) -> TokenStream {
    match instances {
        None => exports(item),
        Some(instances) => instances.iter().map(exports).collect(),
    }
}

/// The `cfg`s of an item: its exports exist when it does.
pub(super) fn cfgs(attrs: &[Attribute]) -> TokenStream {
    let cfgs = attrs.iter().filter(|attr| attr.path().is_ident("cfg"));
    quote!(#(#cfgs)*)
}

/// Generated code sits in an anonymous const: it names nothing that the user sees,
/// and the lints of the user's crate are about the user's code. The runtime has a
/// short name there, because wasm-bindgen repeats its path dozens of times.
pub(super) fn hidden(attrs: &[Attribute], paths: &Paths, content: TokenStream) -> TokenStream {
    let cfgs = cfgs(attrs);
    let private = paths.private();
    quote! {
        #cfgs
        #[allow(warnings, clippy::all, clippy::pedantic)]
        const _: () = {
            use #private as __recover;
            use __recover::traits::*;
            #content
        };
    }
}

/// The options that tell wasm-bindgen where its crates are: the runtime drives futures.
pub(super) fn crates(asynchronous: bool) -> TokenStream {
    let futures = asynchronous
        .then(|| quote!(, wasm_bindgen_futures = __recover::futures, js_sys = __recover::js));
    quote!(wasm_bindgen = __recover::wasm_bindgen #futures)
}

/// Located at the user's tokens, for messages; resolved where the other
/// generated names are, also when the user's stand in a `macro_rules!`.
pub(super) fn at(tokens: &impl Spanned) -> Span {
    Span::call_site().located_at(tokens.span())
}
