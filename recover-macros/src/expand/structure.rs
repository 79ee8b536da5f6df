//! An exported struct: its handle, its conversions, its public fields as guarded
//! properties.

use super::parts::{at, cfgs, checked_parent, exported, generated, hidden, kept};
use super::persist;
use crate::ir::{Field, Struct};
use crate::sig::is_known;
use proc_macro2::TokenStream;
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::{Ident, Member};

pub(crate) fn expand(structure: &Struct) -> TokenStream {
    let item = &structure.item;
    let exported = exported(structure, structure.instances(), exports);
    quote!(#item #exported)
}

fn exports(structure: &Struct) -> TokenStream {
    let Struct {
        item,
        options,
        user,
        bounded,
        fields,
        parent,
        paths,
    } = structure;
    let name = item.ident.unraw();
    // As visible as the struct: each names the other in an impl.
    let vis = generated(&item.vis);
    let handle = format_ident!("__RecoverHandleOf{name}");
    let class = options
        .text("js_name")
        .map_or_else(|| name.to_string(), syn::LitStr::value);
    let forwarded =
        options.forwarded(&["js_namespace", "inspectable", "private", "skip_typescript"]);
    // Not where they were refused.
    let extends = parent
        .as_ref()
        .map(|_| options.forwarded(&["extends", "extends_js_class", "extends_js_namespace"]));
    let namespace = options.forwarded(&["js_namespace"]);
    let docs = item.attrs.iter().filter(|attr| attr.path().is_ident("doc"));
    let persistence = persist::persistence(structure);
    let (probed, exclusive, shared) = persist::policies(structure);
    let unmet = bounded.as_ref().map(|_| unmet(fields));
    let instantiated = fields.iter().cloned().map(|mut field| {
        if bounded.is_some() {
            let shown = shown(&field);
            field.ty = syn::parse_quote!(#shown);
        }
        field
    });
    let (fields, accessors): (Vec<_>, Vec<_>) = instantiated
        .map(|field| expand_field(structure, &field, &class))
        .unzip();
    let (bytes, demands) = persist::members(structure, &class);
    let version = format_ident!("{}", crate::version::conversions());
    // Older versions say `drop`, whatever that is where they are expanded.
    let names = (!crate::version::is_fallible()).then(|| {
        quote! {
            #[allow(unused_imports)]
            use ::core::mem::drop;
        }
    });
    // Checked once, as in `impl_block`.
    let above = parent.as_ref().map(|parent| {
        let name = checked_parent(parent);
        let exported = quote_spanned!(at(parent)=> __recover::checked!(Recoverable, #parent));
        let checked = quote! {
            impl __recover::Extends for #user {
                type Parent = #exported;
            }
            type #name = <#user as __recover::Extends>::Parent;
        };
        (name, checked)
    });
    let (parent, checked) = above.unzip();
    let declared = match &parent {
        None => quote! {
            // wasm-bindgen's code for structs uses this name, whatever `wasm_bindgen = …` says.
            use __recover::wasm_bindgen;
            #(#docs)*
            #[__recover::wasm_bindgen::prelude::wasm_bindgen(js_name = #class, #forwarded wasm_bindgen = __recover::wasm_bindgen)]
            #vis struct #handle(__recover::ObjectCell<#user>);
            __recover::handle!(#handle, #user);
        },
        // Its attribute would add a `Parent` of wasm-bindgen's own; its derive takes what is there by
        // that name.
        Some(parent) => quote! {
            use __recover::levels as wasm_bindgen;
            #(#docs)*
            #[derive(__recover::wasm_bindgen::__rt::BindgenedStruct)]
            #[wasm_bindgen(js_name = #class, #forwarded #extends wasm_bindgen = __recover::wasm_bindgen)]
            #vis struct #handle {
                parent: wasm_bindgen::Parent<<#parent as __recover::Recoverable>::Handle>,
                cell: __recover::ObjectCell<#user>,
            }
            __recover::handle!(#handle, #user, #parent);
        },
    };
    let above = match &parent {
        None => quote!(__recover::Root),
        Some(parent) => quote!(__recover::Base<#parent>),
    };
    // Evaluated only where code of wasm-bindgen's uses what it would borrow an object by.
    let refused = quote_spanned!(at(&item.ident)=> __recover::refused!(#class));
    let content = quote! {
        #names
        #bounded
        #unmet
        #checked
        #(#fields)*
        __recover::receiver!(__RecoverReceiver, #user);
        #declared
        __recover::conversions!(#user, #handle, #version);
        impl __recover::Class for #user {
            const NAME: &'static ::core::primitive::str = #class;
        }
        impl __recover::Recoverable for #user {
            type Handle = #handle;
            const EXCLUSIVE: __recover::OnPanic = #exclusive;
            const SHARED: __recover::OnPanic = #shared;
            const INTERIOR: ::core::primitive::bool = ::core::matches!(#probed, __recover::OnPanic::Poison);
            type Persistence = #persistence;
            type Above = #above;
            const BORROWED_BY_WASM_BINDGEN: () = #refused;
            __recover::adopted!();
        }
        #[__recover::wasm_bindgen::prelude::wasm_bindgen(js_class = #class, #namespace wasm_bindgen = __recover::wasm_bindgen)]
        impl __RecoverReceiver {
            #[wasm_bindgen(skip_typescript, js_name = "__recover")]
            pub fn __recover(
                &self,
                operation: ::core::primitive::u32,
                argument: ::core::primitive::u32,
            ) -> __recover::Outcome<::core::primitive::u32> {
                __recover::object::inspect(self.0.object(), operation, argument)
            }
            #(#accessors)*
            #bytes
        }
        #demands
    };
    hidden(&item.attrs, paths, content)
}

/// What has the fields that JavaScript sees, in place of an instantiation whose bounds are unmet: of types that are
/// good for everything, as the type itself is.
fn unmet(fields: &[Field]) -> TokenStream {
    let types = fields.iter().map(|field| {
        let (cfgs, name, ty) = (cfgs(&field.attrs), shown(field), &field.ty);
        quote_spanned! {at(ty)=>
            #cfgs
            type #name = __recover::Either<__RECOVER_MET, #ty, ::core::primitive::u32>;
        }
    });
    let named = |field: &Field| {
        let (cfgs, member, ty) = (cfgs(&field.attrs), &field.member, shown(field));
        match member {
            Member::Named(member) => quote!(#cfgs #member: #ty),
            Member::Unnamed(_) => quote!(#cfgs #ty),
        }
    };
    let declared = match fields.last().map(|field| &field.member) {
        Some(Member::Unnamed(last)) => {
            let all = (0..=last.index).map(|index| {
                let is = |field: &&Field| matches!(&field.member, Member::Unnamed(member) if member.index == index);
                fields.iter().find(is).map_or(quote!(()), named)
            });
            quote!((#(#all),*);)
        }
        _ => {
            let fields = fields.iter().map(named);
            quote!({ #(#fields),* })
        }
    };
    quote! {
        #(#types)*
        pub struct __RecoverUnmet #declared
        __recover::unmet!(__RecoverUnmet);
    }
}

/// The name of the type of an instantiation's field.
fn shown(field: &Field) -> Ident {
    let name = match &field.member {
        Member::Named(ident) => ident.unraw().to_string(),
        Member::Unnamed(index) => index.index.to_string(),
    };
    Ident::new(&format!("__RecoverShown_{name}"), at(&field.ty))
}

/// The type of a field, once it is known to have its conversions, and the accessors.
fn expand_field(structure: &Struct, field: &Field, class: &str) -> (TokenStream, TokenStream) {
    let user = &structure.user;
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
    let get = format_ident!("__recover_get_{rust_name}");
    let (cfgs, is_set) = (cfgs(attrs), !options.has("readonly"));
    let (value, checked) = match is_known(ty) {
        true => (ty.to_token_stream(), TokenStream::new()),
        false => {
            let value = format_ident!("__RecoverField_{rust_name}", span = at(ty));
            let checked = quote_spanned! {at(ty)=>
                #cfgs
                type #value = __recover::checked!(IsField<#is_set>, #ty);
            };
            (value.to_token_stream(), checked)
        }
    };
    // Located at the field's type, where rustc reports that it isn't `Copy`.
    let got =
        quote_spanned!(at(ty)=> __recover::get!(#path, self, #user, #read::<#value>, #member));
    let getter = quote! {
        #kept
        #[wasm_bindgen(getter = #name, #forwarded)]
        pub fn #get(&self) -> __recover::Outcome<#value> {
            #got
        }
    };
    if !is_set {
        return (checked, getter);
    }
    let set = format_ident!("__recover_set_{rust_name}");
    let accessors = quote! {
        #getter
        #cfgs
        #[wasm_bindgen(setter = #name, #forwarded)]
        pub fn #set(&self, value: __recover::Owned<#value>) -> __recover::Outcome<()> {
            __recover::set!(#path, self, #user, #member, value)
        }
    };
    (checked, accessors)
}

/// The struct where something was refused, so that its impl blocks still find it.
pub(crate) fn stub(structure: &Struct) -> TokenStream {
    let lent = structure.item.generics.lifetimes().next().is_some();
    if lent {
        structure.item.to_token_stream()
    } else {
        expand(structure)
    }
}
