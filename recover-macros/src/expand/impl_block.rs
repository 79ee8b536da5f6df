//! The exported methods of one impl block, on a receiver type of their own.

use super::export::Export;
use super::guard;
use super::parts::{at, cfgs, crates, hidden, kept};
use crate::ir::{Impl, Method};
use crate::sig::Receiver;
use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::ext::IdentExt;

pub(crate) fn expand(block: &Impl) -> TokenStream {
    let item = &block.item;
    let user = &item.self_ty;
    let class = match block.options.text("js_class") {
        Some(class) => class.value(),
        None => block
            .type_name()
            .map(|name| name.unraw().to_string())
            .unwrap_or_default(),
    };
    let forwarded = block.options.forwarded(&["js_namespace"]);
    let methods = block.methods.iter();
    let (aliases, methods): (Vec<_>, Vec<_>) = methods
        .map(|method| expand_method(block, method, &class))
        .unzip();
    // Named by its handle, which a struct without `#[recoverable]` lacks: that gives one error, not
    // one at each use.
    let at = at(user);
    let exported = quote_spanned! {at=>
        <<#user as __recover::Recoverable>::Handle as __recover::Handle>::User
    };
    let receiver = quote_spanned!(at=> __recover::receiver!(__RecoverReceiver, #exported););
    let check = quote_spanned!(at=> const _: () = __recover::check_class::<#exported>(#class););
    let asynchronous = block.methods.iter().any(|method| method.sig.is_async());
    let crates = crates(asynchronous);
    // Older versions take no such options for an impl block, and go by the names.
    let crate_names = (!crate::version::is_fallible()).then(|| {
        quote! {
            #[allow(unused_imports)]
            use __recover::{futures as wasm_bindgen_futures, wasm_bindgen};
        }
    });
    let content = quote! {
        #crate_names
        #receiver
        #check
        #(#aliases)*
        #[__recover::wasm_bindgen::prelude::wasm_bindgen(js_class = #class, #forwarded #crates)]
        impl __RecoverReceiver {
            #(#methods)*
        }
    };
    let hidden = hidden(&item.attrs, &block.paths, content);
    if block.guarded.is_empty() {
        quote!(#item #hidden)
    } else {
        let item = guard::methods(block);
        quote!(#item #hidden)
    }
}

fn expand_method(block: &Impl, method: &Method, class: &str) -> (TokenStream, TokenStream) {
    let user = &block.item.self_ty;
    let name = &method.sig.original.ident;
    let policy = match method
        .options
        .text("on_panic")
        .map(syn::LitStr::value)
        .as_deref()
    {
        Some("keep") => quote!(__recover::OnPanic::Keep),
        Some("rollback") => quote_spanned!(at(user)=> __recover::rolls_back!(#user)),
        Some(_) => quote!(__recover::OnPanic::Poison),
        None if method.sig.receiver == Some(Receiver::Exclusive) => {
            quote_spanned!(at(user)=> <#user as __recover::Recoverable>::EXCLUSIVE)
        }
        None => quote_spanned!(at(user)=> <#user as __recover::Recoverable>::SHARED),
    };
    let export = Export {
        attrs: kept(&method.attrs),
        cfgs: cfgs(&method.attrs),
        options: &method.options,
        sig: &method.sig,
        target: quote!(<#user>::#name),
        path: format!("{class}::{}", name.unraw()),
        policy: Some(policy),
        class: Some(user),
    };
    let (expanded, marker) = (export.expand(), export.marker());
    (export.aliases(), quote!(#expanded #marker))
}
