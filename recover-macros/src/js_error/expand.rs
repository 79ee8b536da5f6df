//! The expansion, which can't fail: `check` has refused what can't be expanded.
//!
//! One `const` block holds the imports, the type declarations, the record for
//! `cargo recover` and `From<T> for JsValue`. What need not be generated is a
//! function of the runtime (errors.rs), compiled once.

use super::ir::{Case, ErrorType, Role};
use super::{js, ts};
use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use std::hash::{DefaultHasher, Hash, Hasher};
use syn::spanned::Spanned;

pub(super) fn expand(error_type: &ErrorType<'_>) -> TokenStream {
    let private = error_type.paths.private();
    let imports = imports(error_type, &private);
    let record = record(error_type, &private);
    let conversion = conversion(error_type, &private);
    let types = ts::declarations(error_type);
    let marker = marker(error_type, &private);
    let declarations = (!types.is_empty()).then(|| {
        quote! {
            #[wasm_bindgen::prelude::wasm_bindgen(
                wasm_bindgen = #private::wasm_bindgen,
                typescript_custom_section
            )]
            const TYPES: &'static str = #types;
        }
    });
    quote! {
        #[doc(hidden)]
        #[allow(dead_code, deprecated, unused_imports, unused_qualifications, clippy::all)]
        const _: () = {
            // What the output of `wasm_bindgen` expects of a prelude.
            use ::core::{mem::drop, panic, result::Result::Ok};
            use #private::wasm_bindgen;
            use #private::errors::levels::*;
            use #private::errors::{
                ByDescribe as _, ByDisplay as _, BySource as _, BySourceless as _,
                PropertyByField as _, PropertyByInto as _, SourceByInto as _, SourceByNothing as _,
            };
            #imports
            #declarations
            #record
            #conversion
            #marker
        };
    }
}

/// Impls that let the rest of the program compile, where something was refused.
pub(super) fn fallback(error_type: &ErrorType<'_>) -> TokenStream {
    let private = error_type.paths.private();
    let ident = &error_type.original.ident;
    let (generics, arguments, clause) = error_type.original.generics.split_for_impl();
    let marker = marker(error_type, &private);
    quote! {
        #[doc(hidden)]
        const _: () = {
            #[automatically_derived]
            impl #generics ::core::convert::From<#ident #arguments>
                for #private::wasm_bindgen::JsValue #clause
            {
                fn from(_: #ident #arguments) -> Self {
                    ::core::unreachable!()
                }
            }
            #marker
        };
    }
}

fn marker(error_type: &ErrorType<'_>, private: &TokenStream) -> TokenStream {
    let ident = &error_type.original.ident;
    let (generics, arguments, clause) = error_type.original.generics.split_for_impl();
    quote! {
        #[automatically_derived]
        impl #generics #private::errors::JsErrorClass for #ident #arguments #clause {}
    }
}

/// `make`, and one function per class: only a function can be re-exported
/// without a second declaration in the `.d.ts`. They are never called.
fn imports(error_type: &ErrorType<'_>, private: &TokenStream) -> Option<TokenStream> {
    let cases = error_type.classes().map(|case| case.class.value());
    let classes: Vec<_> = error_type
        .base
        .iter()
        .map(syn::LitStr::value)
        .chain(cases)
        .collect();
    if classes.is_empty() {
        return None;
    }
    let snippet = js::snippet(error_type);
    // The hash by which older versions of wasm-bindgen tell imports apart has the signature,
    // and not the snippet.
    let unique = (!crate::version::is_fallible()).then(|| {
        let mut hash = DefaultHasher::new();
        snippet.hash(&mut hash);
        format_ident!("make_{:x}", hash.finish())
    });
    let make = unique.clone().unwrap_or_else(|| format_ident!("make"));
    let alias = unique.map(|unique| quote!(use #unique as make;));
    let js_name = alias.as_ref().map(|_| quote!(, js_name = "make"));
    let locals = (0..classes.len()).map(|index| format_ident!("class_{index}"));
    Some(quote! {
        #[wasm_bindgen::prelude::wasm_bindgen(
            wasm_bindgen = #private::wasm_bindgen,
            inline_js = #snippet
        )]
        extern "C" {
            #[wasm_bindgen(catch #js_name)]
            fn #make(
                index: u32,
                message: &str,
                values: ::std::vec::Vec<wasm_bindgen::JsValue>,
            ) -> ::core::result::Result<wasm_bindgen::JsValue, wasm_bindgen::JsValue>;
            #(
                #[wasm_bindgen(js_name = #classes, reexport = #classes, skip_typescript)]
                fn #locals();
            )*
        }
        #alias
    })
}

/// One line per class, `Class\tmodule::Type\n`, by which `cargo recover` names
/// both types that claim a class.
fn record(error_type: &ErrorType<'_>, private: &TokenStream) -> Option<TokenStream> {
    let ident = &error_type.original.ident;
    let base = error_type
        .base
        .iter()
        .map(|base| (base.value(), format!("::{ident}\n")));
    let cases = error_type.classes().map(|case| {
        let path = case.pattern.to_string().replace(' ', "");
        (case.class.value(), format!("::{path}\n"))
    });
    let lines: Vec<_> = base
        .chain(cases)
        .map(|(class, path)| {
            let class = format!("{class}\t");
            quote!(#class, ::core::module_path!(), #path)
        })
        .collect();
    (!lines.is_empty()).then(|| {
        quote! {
            #[cfg(target_family = "wasm")]
            const _: () = {
                const LINES: &'static str = ::core::concat!(#(#lines),*);
                #[unsafe(link_section = "recover_error_classes")]
                static RECORD: [u8; LINES.len()] = #private::errors::bytes(LINES);
            };
        }
    })
}

fn conversion(error_type: &ErrorType<'_>, private: &TokenStream) -> TokenStream {
    let ident = &error_type.original.ident;
    let mut index = 0u32;
    let arms: Vec<_> = error_type
        .cases
        .iter()
        .map(|case| {
            if error_type.is_transparent(case) {
                return transparent_arm(case, private);
            }
            let arm = class_arm(case, index, private);
            index += 1;
            arm
        })
        .collect();
    let rendered = (index != 0).then(|| rendered(error_type, private));
    quote! {
        #[automatically_derived]
        impl ::core::convert::From<#ident> for wasm_bindgen::JsValue {
            fn from(error: #ident) -> Self {
                #rendered
                match error { #(#arms)* }
            }
        }
    }
}

/// Message and cause, taken before the value is taken apart.
fn rendered(error_type: &ErrorType<'_>, private: &TokenStream) -> TokenStream {
    // At the user's type, where a missing `Display` is then reported.
    let text = quote_spanned! {at(&error_type.original.ident)=>
        (&&#private::errors::Message(&error)).text()
    };
    let render = quote! {
        #private::errors::Rendered::new(#text, (&&#private::errors::Source(&error)).cause())
    };
    let transparent: Vec<_> = error_type
        .cases
        .iter()
        .filter(|case| error_type.is_transparent(case))
        .map(|case| &case.pattern)
        .collect();
    if transparent.is_empty() {
        return quote!(let rendered = #render;);
    }
    quote! {
        let rendered = if ::core::matches!(&error, #(#transparent { .. })|*) {
            #private::errors::Rendered::default()
        } else {
            #render
        };
    }
}

fn transparent_arm(case: &Case<'_>, private: &TokenStream) -> TokenStream {
    let pattern = &case.pattern;
    let arms = case.fields.iter().map(|field| {
        let member = &field.member;
        let value = probe(&field.original.ty, private);
        quote!(#pattern { #member: value } => #value,)
    });
    quote!(#(#arms)*)
}

/// The conversion that an exported `Err` has, of the local `value`, spanned at
/// the field's type.
fn probe(ty: &syn::Type, private: &TokenStream) -> TokenStream {
    quote_spanned! {at(ty)=>
        (&&&&&&&#private::errors::Probe::new(value)).thrown()
    }
}

/// Located at the user's tokens, for messages; resolved where the other
/// generated names are, also when the user's stand in a `macro_rules!`.
fn at(tokens: &impl Spanned) -> Span {
    Span::call_site().located_at(tokens.span())
}

fn class_arm(case: &Case<'_>, index: u32, private: &TokenStream) -> TokenStream {
    let pattern = &case.pattern;
    let mut bindings = TokenStream::new();
    let mut values = Vec::new();
    let mut cause = quote!(rendered);
    for (place, field) in case.fields.iter().enumerate() {
        let member = &field.member;
        let local = format_ident!("field_{place}");
        match field.role {
            Role::Hidden => continue,
            Role::Data => values.push(quote_spanned! {at(&field.original.ty)=>
                (&&#private::errors::Probe::new(#local)).property()
            }),
            Role::Source => {
                cause = quote!(rendered.sourced(
                    (&&#private::errors::Probe::new(#local)).source()
                ));
            }
            Role::Cause => {
                let value = probe(&field.original.ty, private);
                cause = quote!(rendered.because({ let value = #local; #value }));
            }
        }
        quote!(#member: #local,).to_tokens(&mut bindings);
    }
    quote! {
        #pattern { #bindings .. } => #cause.build(
            make,
            #index,
            ::std::vec::Vec::from([#(#values),*]),
        ),
    }
}
