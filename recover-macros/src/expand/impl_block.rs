//! The exported methods of one impl block, on a receiver type of their own.

use super::export::Export;
use super::guard;
use super::parts::{at, cfgs, crates, exported, hidden, kept};
use crate::instances::class_named;
use crate::ir::{Impl, Method};
use crate::sig::Receiver;
use proc_macro2::TokenStream;
use quote::{ToTokens, quote, quote_spanned};
use syn::ext::IdentExt;

pub(crate) fn expand(block: &Impl) -> TokenStream {
    let item = &block.item;
    let exported = exported(block, block.instances(), exports);
    if block.guarded.is_empty() {
        quote!(#item #exported)
    } else {
        let item = guard::methods(block);
        quote!(#item #exported)
    }
}

fn exports(block: &Impl) -> TokenStream {
    let (item, user, checked) = (&block.item, &block.user, checked(&block.user));
    let given = block.options.text("js_class").map(syn::LitStr::value);
    let class = class_named(given, user, None).unwrap_or_default();
    let forwarded = block.options.forwarded(&["js_namespace"]);
    let methods = block.methods.iter();
    let (aliases, methods): (Vec<_>, Vec<_>) = methods
        .map(|method| expand_method(block, method, &class))
        .unzip();
    let called = called(block);
    // A struct without `#[recoverable]` gives one error here, not one at each use.
    let at = at(user);
    let receiver = quote_spanned! {at=>
        type #checked = __recover::checked!(Recoverable, #called);
        __recover::receiver!(__RecoverReceiver, #checked);
    };
    let check = quote_spanned!(at=> const _: () = __recover::check_class::<#checked>(#class););
    let asynchronous = block.methods.iter().any(|method| method.sig.is_async());
    let crates = crates(asynchronous);
    // Older versions take no such options for an impl block, and go by the names.
    let crate_names = (!crate::version::is_fallible()).then(|| {
        quote! {
            #[allow(unused_imports)]
            use __recover::{futures as wasm_bindgen_futures, wasm_bindgen};
        }
    });
    let bounds = block.bounded.as_ref().map(|bounded| &bounded.items);
    let content = quote! {
        #crate_names
        #bounds
        #receiver
        #check
        #(#aliases)*
        #[__recover::wasm_bindgen::prelude::wasm_bindgen(js_class = #class, #forwarded #crates)]
        impl __RecoverReceiver {
            #(#methods)*
        }
    };
    hidden(&item.attrs, &block.paths, content)
}

/// The user's type, as generated code names it.
fn called(block: &Impl) -> TokenStream {
    match &block.bounded {
        Some(bounded) => bounded.user.clone(),
        None => block.user.to_token_stream(),
    }
}

/// The name of the user's type, once it is known to be exported.
fn checked(user: &syn::Type) -> syn::Type {
    let name = syn::Ident::new("__RecoverUser", at(user));
    syn::parse_quote!(#name)
}

fn expand_method(block: &Impl, method: &Method, class: &str) -> (TokenStream, TokenStream) {
    let (user, checked) = (&block.user, checked(&block.user));
    let sig = method.sig.with(user, &checked);
    let (name, call) = (&sig.name, &sig.call);
    let policy = match method
        .options
        .text("on_panic")
        .map(syn::LitStr::value)
        .as_deref()
    {
        Some("keep") => quote!(__recover::OnPanic::Keep),
        Some("rollback") => quote_spanned!(at(user)=> __recover::rolls_back!(#checked)),
        Some(_) => quote!(__recover::OnPanic::Poison),
        None if method.sig.receiver == Some(Receiver::Exclusive) => {
            quote!(<#checked as __recover::Recoverable>::EXCLUSIVE)
        }
        None => quote!(<#checked as __recover::Recoverable>::SHARED),
    };
    let called = called(block);
    let export = Export {
        attrs: kept(&method.attrs),
        cfgs: cfgs(&method.attrs),
        options: &method.options,
        sig: &sig,
        target: quote!(<#called>::#call),
        path: format!("{class}::{}", name.unraw()),
        policy: Some(policy),
        class: Some(&checked),
    };
    let (expanded, marker) = (export.expand(), export.marker());
    (export.aliases(), quote!(#expanded #marker))
}
