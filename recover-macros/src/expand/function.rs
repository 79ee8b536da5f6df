//! An exported function.

use super::export::Export;
use super::guard;
use super::parts::{hidden, kept};
use crate::ir::Function;
use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::ext::IdentExt;

pub(crate) fn expand(function: &Function) -> TokenStream {
    let Function {
        item,
        options,
        sig,
        guard,
        paths,
    } = function;
    let export = Export {
        attrs: kept(&item.attrs),
        cfgs: TokenStream::new(),
        options,
        sig,
        target: sig.original.ident.to_token_stream(),
        path: sig.original.ident.unraw().to_string(),
        policy: None,
        class: None,
    };
    let (aliases, expanded) = (export.aliases(), export.expand());
    let hidden = hidden(&item.attrs, paths, quote!(#aliases #expanded));
    let item = match guard {
        Some(guard) => guard::function(item, guard, paths),
        None => item.to_token_stream(),
    };
    quote!(#item #hidden)
}
