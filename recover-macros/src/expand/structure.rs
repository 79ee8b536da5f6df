//! An exported struct: its handle, its conversions, its public fields as guarded
//! properties.

use super::{hidden, kept};
use crate::ir::{Field, Struct};
use proc_macro2::TokenStream;
use quote::{ToTokens, format_ident, quote};
use syn::Member;
use syn::ext::IdentExt;

pub(crate) fn expand(structure: &Struct) -> TokenStream {
    let Struct {
        item,
        options,
        fields,
        paths,
    } = structure;
    let private = paths.private();
    let user = &item.ident;
    let handle = format_ident!("__Recover{}", user.unraw());
    let class = options
        .text("js_name")
        .map_or_else(|| user.unraw().to_string(), syn::LitStr::value);
    let forwarded =
        options.forwarded(&["js_namespace", "inspectable", "private", "skip_typescript"]);
    let namespace = options.forwarded(&["js_namespace"]);
    let docs = item.attrs.iter().filter(|attr| attr.path().is_ident("doc"));
    let (exclusive, shared) = match options.text("on_panic").map(syn::LitStr::value).as_deref() {
        Some("keep") => (
            quote!(#private::OnPanic::Keep),
            quote!(#private::OnPanic::Keep),
        ),
        Some(_) => (
            quote!(#private::OnPanic::Poison),
            quote!(#private::OnPanic::Poison),
        ),
        None => (
            quote!(#private::OnPanic::Poison),
            quote!({ use #private::MayTear as _; #private::UnwindSafety::<#user>::SHARED }),
        ),
    };
    let accessors = fields
        .iter()
        .map(|field| expand_field(structure, field, &class));
    let content = quote! {
        use #private::wasm_bindgen;
        #private::receiver!(__RecoverReceiver, #user);
        #(#docs)*
        #[#private::wasm_bindgen::prelude::wasm_bindgen(js_name = #class, #forwarded wasm_bindgen = #private::wasm_bindgen)]
        pub struct #handle(#private::ObjectCell<#user>);
        #private::handle!(#handle, #user);
        #private::conversions!(#user, #handle);
        impl #private::Recoverable for #user {
            type Handle = #handle;
            const CLASS: &'static ::core::primitive::str = #class;
            const EXCLUSIVE: #private::OnPanic = #exclusive;
            const SHARED: #private::OnPanic = #shared;
            #private::adopted!();
        }
        #[#private::wasm_bindgen::prelude::wasm_bindgen(js_class = #class, #namespace wasm_bindgen = #private::wasm_bindgen)]
        impl __RecoverReceiver {
            #[wasm_bindgen(skip_typescript, js_name = "__recover")]
            pub fn __recover(&self, operation: ::core::primitive::u32) -> #private::Outcome<::core::primitive::u32> {
                #private::object::inspect(self.0.object(), operation)
            }
            #(#accessors)*
        }
    };
    let hidden = hidden(&item.attrs, content);
    quote!(#item #hidden)
}

fn expand_field(structure: &Struct, field: &Field, class: &str) -> TokenStream {
    let private = structure.paths.private();
    let user = &structure.item.ident;
    let Field {
        member,
        ty,
        attrs,
        options,
    } = field;
    let rust_name = match member {
        Member::Named(ident) => ident.unraw().to_string(),
        Member::Unnamed(index) => index.index.to_string(),
    };
    let name = options
        .text("js_name")
        .map_or_else(|| rust_name.clone(), syn::LitStr::value);
    let forwarded = options.forwarded(&["skip_typescript", "skip_jsdoc"]);
    let kept = kept(attrs);
    let read = if options.has("getter_with_clone") || structure.options.has("getter_with_clone") {
        quote!(cloned)
    } else {
        quote!(copied)
    };
    let path = format!("{class}::{rust_name}");
    let site = quote! {
        static SITE: #private::Site = #private::Site {
            export: ::core::concat!(::core::module_path!(), "::", #path),
        };
    };
    let (get, set) = (
        format_ident!("__recover_get_{rust_name}"),
        format_ident!("__recover_set_{rust_name}"),
    );
    let getter = quote! {
        #kept
        #[wasm_bindgen(getter = #name, #forwarded)]
        pub fn #get(&self) -> #private::Outcome<#ty> {
            #site
            let this = #private::SharedReceiver::enter(self.0.object(), <#user as #private::Recoverable>::SHARED);
            #private::call(&SITE, (this, ()), |args| ::core::result::Result::Ok(#private::object::#read(&args.0.get()?.#member)))
        }
    };
    if options.has("readonly") {
        return getter;
    }
    let cfgs = super::cfgs(attrs);
    quote! {
        #getter
        #cfgs
        #[wasm_bindgen(setter = #name, #forwarded)]
        pub fn #set(&self, value: #private::Owned<#ty>) -> #private::Outcome<()> {
            #site
            let this = #private::ExclusiveReceiver::enter(self.0.object(), <#user as #private::Recoverable>::EXCLUSIVE);
            #private::call(&SITE, (this, (value, ())), |args| {
                let this = args.0.get()?;
                this.#member = args.1.0.take()?;
                ::core::result::Result::Ok(())
            })
        }
    }
}

/// The struct without what was refused, so that its impl blocks still find it.
pub(crate) fn stub(structure: &Struct) -> TokenStream {
    if structure.item.generics.params.is_empty() {
        expand(structure)
    } else {
        structure.item.to_token_stream()
    }
}
