//! The exported methods of one impl block, on a receiver type of their own.

use super::export::Export;
use super::guard;
use super::parts::{at, cfgs, crates, exported, hidden, kept};
use crate::instances::class_named;
use crate::ir::{Impl, Method};
use crate::sig::Receiver;
use proc_macro2::TokenStream;
use quote::{ToTokens, format_ident, quote, quote_spanned};
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
    let (item, user) = (&block.item, &block.user);
    let given = block.options.text("js_class").map(syn::LitStr::value);
    let class = class_named(given, user, None).unwrap_or_default();
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
    let bounds = block.bounded.as_ref().map(|bounded| {
        let (items, unmet) = (&bounded.items, unmet(block));
        quote!(#items #unmet)
    });
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

/// What the calls find where a bound of the block is unmet, so that rustc reports the bound alone, and not
/// that each method is missing, too. The user's methods come before those of a trait.
fn unmet(block: &Impl) -> TokenStream {
    let user = &block.user;
    let methods = block.methods.iter().filter(|method| {
        let params = &method.sig.original.generics.params;
        params
            .iter()
            .all(|param| matches!(param, syn::GenericParam::Lifetime(_)))
    });
    let methods = methods.map(|method| {
        let (cfgs, original) = (cfgs(&method.attrs), &method.sig.original);
        let name = &original.ident;
        let args = (0..original.inputs.len()).map(|index| format_ident!("arg{index}"));
        let asynchronous = method.sig.is_async().then(|| quote!(async));
        let returns = method.sig.returns.as_ref().map(|ty| quote!(-> #ty));
        quote! {
            #cfgs
            #asynchronous fn #name(#(#args: impl ::core::marker::Sized),*) #returns {
                ::core::unreachable!()
            }
        }
    });
    quote! {
        trait __RecoverUnmet: ::core::marker::Sized {
            #(#methods)*
        }
        impl __RecoverUnmet for #user {}
    }
}

fn expand_method(block: &Impl, method: &Method, class: &str) -> (TokenStream, TokenStream) {
    let user = &block.user;
    let (name, call) = (&method.sig.name, &method.sig.call);
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
    let called = match &block.bounded {
        Some(bounded) => bounded.user.clone(),
        None => user.to_token_stream(),
    };
    let export = Export {
        attrs: kept(&method.attrs),
        cfgs: cfgs(&method.attrs),
        options: &method.options,
        sig: &method.sig,
        target: quote!(<#called>::#call),
        path: format!("{class}::{}", name.unraw()),
        policy: Some(policy),
        class: Some(user),
    };
    let (expanded, marker) = (export.expand(), export.marker());
    (export.aliases(), quote!(#expanded #marker))
}
