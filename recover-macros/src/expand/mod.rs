//! Expansion: from what was parsed and checked to tokens. It cannot fail, and the
//! logic is the runtime's: an expansion names types and calls functions.

mod export;
mod function;
mod guard;
mod impl_block;
mod import;
mod persist;
mod structure;

pub(crate) use import::stub as imports_stub;
pub(crate) use structure::stub as structure_stub;

use crate::ir::Item;
use crate::paths::Paths;
use proc_macro2::TokenStream;
use quote::quote;
use syn::Attribute;

/// The user's item, and its exports beside it.
pub(crate) fn item(item: &Item) -> TokenStream {
    match item {
        Item::Function(function) => function::expand(function),
        Item::Guarded(function) => guard::expand(function),
        Item::Struct(structure) => structure::expand(structure),
        Item::Impl(block) => impl_block::expand(block),
        Item::Imports(imports) => import::expand(imports),
    }
}

/// The attributes of the user's item that its export keeps: those that say when it
/// exists and what it means. An `expect` is met once, so the copy only allows.
fn kept(attrs: &[Attribute]) -> TokenStream {
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

/// The `cfg`s of an item: its exports exist when it does.
fn cfgs(attrs: &[Attribute]) -> TokenStream {
    let cfgs = attrs.iter().filter(|attr| attr.path().is_ident("cfg"));
    quote!(#(#cfgs)*)
}

/// Generated code sits in an anonymous const: it names nothing that the user sees,
/// and the lints of the user's crate are about the user's code. The runtime has a
/// short name there, because wasm-bindgen repeats its path dozens of times.
fn hidden(attrs: &[Attribute], paths: &Paths, content: TokenStream) -> TokenStream {
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
