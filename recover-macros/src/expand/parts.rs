//! The parts that every expansion is put together from: attributes, spans, the block that hides
//! generated code. No kind of item is known here.

use crate::paths::Paths;
use proc_macro2::{Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::Attribute;
use syn::parse::Parser;
use syn::punctuated::Punctuated;
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
        says(&attr.meta, &["cfg", "doc", "allow"]).then(|| quote!(#attr))
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
    let cfgs = attrs.iter().filter(|attr| says(&attr.meta, &["cfg"]));
    quote!(#(#cfgs)*)
}

/// Whether an attribute is one of `names`, or a `cfg_attr` of nothing else.
fn says(meta: &syn::Meta, names: &[&str]) -> bool {
    let path = meta.path();
    if !path.is_ident("cfg_attr") {
        return names.iter().any(|name| path.is_ident(name));
    }
    let parser = Punctuated::<syn::Meta, syn::Token![,]>::parse_terminated;
    let list = meta.require_list().ok();
    let metas = list.and_then(|list| parser.parse2(list.tokens.clone()).ok());
    metas.is_some_and(|metas| metas.len() > 1 && metas.iter().skip(1).all(|meta| says(meta, names)))
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

/// The name of the type that a struct extends, once it is known to be exported.
pub(super) fn checked_parent(parent: &syn::Path) -> proc_macro2::Ident {
    proc_macro2::Ident::new("__RecoverParent", at(parent))
}

/// The user's tokens, located where the generated ones are: an item that begins with a token of the
/// user's is the user's to the lints.
pub(super) fn generated(tokens: &impl ToTokens) -> TokenStream {
    let located = |mut token: TokenTree| {
        if let TokenTree::Group(group) = &token {
            let content = generated(&group.stream());
            token = TokenTree::Group(proc_macro2::Group::new(group.delimiter(), content));
        }
        token.set_span(Span::call_site());
        token
    };
    tokens.to_token_stream().into_iter().map(located).collect()
}

/// Located at the user's tokens, for messages; resolved where the other
/// generated names are, also when the user's stand in a `macro_rules!`.
pub(super) fn at(tokens: &impl Spanned) -> Span {
    Span::call_site().located_at(tokens.span())
}
