//! An exported function.

use super::export::Export;
use super::guard;
use super::parts::{exported, hidden, kept};
use crate::ir::Function;
use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::ext::IdentExt;

pub(crate) fn expand(function: &Function) -> TokenStream {
    let Function {
        item, guard, paths, ..
    } = function;
    let item = match guard {
        Some(guard) => guard::function(item, guard, paths),
        None => item.to_token_stream(),
    };
    let exported = exported(function, function.instances(), exports);
    quote!(#item #exported)
}

/// What stands beside the function.
pub(crate) fn exports(function: &Function) -> TokenStream {
    let Function {
        item,
        options,
        sig,
        paths,
        ..
    } = function;
    let export = Export {
        attrs: kept(&item.attrs),
        cfgs: TokenStream::new(),
        options,
        sig,
        target: sig.call.clone(),
        path: sig.name.unraw().to_string(),
        policy: None,
        class: None,
    };
    let (aliases, expanded) = (export.aliases(), export.expand());
    hidden(&item.attrs, paths, quote!(#aliases #expanded))
}
