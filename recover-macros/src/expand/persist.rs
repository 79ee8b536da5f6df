//! What a class and its calls need to outlive a call that fails, and their instance.

use super::export::{Export, at, is_plain};
use crate::ir::Struct;
use crate::sig::{Carrier, Receiver};
use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::LitStr;
use syn::ext::IdentExt;

/// The persistence of a class, and the policy that a panic follows.
pub(super) fn persistence(structure: &Struct) -> TokenStream {
    let options = &structure.options;
    let number = |name: &str| {
        let parsed = options
            .number(name)
            .and_then(|number| number.base10_parse::<u32>().ok());
        proc_macro2::Literal::u32_unsuffixed(parsed.unwrap_or(0))
    };
    let (every, version) = (number("snapshot_every"), number("version"));
    match options.text("persist").map(LitStr::value).as_deref() {
        Some("journal") => quote!(__recover::persisted!(true, #every, #version)),
        Some("snapshot") => quote!(__recover::persisted!(false, #every, #version)),
        _ if options.has("rollback") => quote!(__recover::Cloned),
        _ => quote!(__recover::Transient),
    }
}

/// What else the block of a class has: `import`, and what can't hold where nothing unwinds.
pub(super) fn members(structure: &Struct, class: &str) -> (TokenStream, Option<TokenStream>) {
    let user = &structure.item.ident;
    let persists = matches!(
        structure
            .options
            .text("persist")
            .map(LitStr::value)
            .as_deref(),
        Some("journal" | "snapshot")
    );
    let path = format!("{class}::import");
    let import = persists.then(|| {
        quote! {
            /// An object from what `recovery.export()` gave of one.
            #[wasm_bindgen(js_name = "import")]
            pub fn __recover_import(bytes: __recover::Owned<__recover::Vec<::core::primitive::u8>>) -> __recover::Outcome<#user> {
                __recover::import_object!(#path, #user, bytes)
            }
        }
    });
    let clones = structure.options.text("rollback").map(|text| {
        quote_spanned! {text.span()=>
            #[cfg(all(target_family = "wasm", panic = "abort"))]
            ::core::compile_error!("a panic ends the instance in this build, and nothing is left to roll back; use `persist`, or build with panic = \"unwind\"");
        }
    });
    (quote!(#import), clones)
}

/// The note of a call by `&mut self`, for the journal of a class that has one.
pub(super) fn journal(export: &Export<'_>) -> Option<TokenStream> {
    let Export {
        sig,
        options,
        target,
        path,
        class,
        ..
    } = export;
    let user = class.filter(|_| sig.receiver == Some(Receiver::Exclusive))?;
    if sig.is_async() || options.has("no_journal") {
        return None;
    }
    let (mut checks, mut decoded, mut encoded) = (quote!(), quote!(), quote!());
    let mut passed = vec![];
    let mut place = quote!(__args.1);
    for (index, arg) in sig.args.iter().enumerate() {
        let (ty, name) = (&arg.ty, arg.name.unraw());
        let own = match arg.carrier != Carrier::Owned && is_plain(ty) {
            true => quote!(<#ty as ::std::borrow::ToOwned>::Owned),
            false => quote!(#ty),
        };
        let codec = match arg.carrier {
            // What is changed beside the object is none of its journal.
            Carrier::MutRef => quote!(false),
            _ => quote!(__recover::persist::Codec::<#own>::JOURNALS),
        };
        let message = format!(
            "the argument `{name}` of `{path}` can't be in a journal; give its type `Serialize` and `Deserialize`, or put `#[recoverable(no_journal)]` on the method, which then costs a snapshot, or write `persist = \"snapshot\"` on the struct"
        );
        checks.extend(quote_spanned! {at(ty)=>
            const _: () = ::core::assert!(__recover::persist::journals::<#user>(#codec), #message);
        });
        let value = format_ident!("arg{index}");
        if arg.carrier == Carrier::MutRef {
            decoded.extend(
                quote!(let mut #value: #own = __recover::persist::Codec::<#own>::decode(__from)?;),
            );
            passed.push(quote!(&mut #value));
        } else {
            decoded.extend(
                quote!(let #value: #own = __recover::persist::Codec::<#own>::decode(__from)?;),
            );
            encoded.extend(
                quote!(__recover::persist::Codec::<#own>::encode(#place.0.peek()?, __entry);),
            );
            passed.push(match arg.carrier {
                Carrier::Owned => quote!(#value),
                _ => quote!(&#value),
            });
        }
        place.extend(quote!(.1));
    }
    let called = quote!(#target(__this, #(#passed),*));
    let ended = match sig.returns_result() {
        true => quote!(#called.is_ok()),
        false => quote!({ #called; true }),
    };
    Some(quote! {
        __recover::journal!(#user, __args, { #checks }, |__this, __from| {
            #decoded
            ::core::option::Option::Some(#ended)
        }, |__entry| { #encoded });
    })
}
