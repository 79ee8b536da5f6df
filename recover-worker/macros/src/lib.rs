//! The attribute of `recover-worker`, which re-exports and documents it; use that crate, not this one.
//!
//! It knows what stands below it. An event handler and a Durable Object get exports of their own, in place of
//! those by `#[event]` and `#[durable_object]`; anything else is the runtime's attribute's.

mod above;
mod event;
mod object;

use proc_macro2::TokenStream;
use quote::quote;
use syn::Attribute;

/// Makes an event handler or a Durable Object exception-safe; and whatever the runtime's attribute does.
#[proc_macro_attribute]
pub fn recoverable(
    options: proc_macro::TokenStream,
    item: proc_macro::TokenStream,
) -> proc_macro::TokenStream {
    let (options, item) = (TokenStream::from(options), TokenStream::from(item));
    expand(options, item).into()
}

fn expand(options: TokenStream, item: TokenStream) -> TokenStream {
    if let Ok(mut function) = syn::parse2::<syn::ItemFn>(item.clone()) {
        if let Some(event) = taken(&mut function.attrs, "event") {
            return event::expand(options, &event, &function).unwrap_or_else(|error| {
                let error = error.into_compile_error();
                quote!(#error #function)
            });
        }
        if let Some(error) = above::event(&function) {
            let error = error.into_compile_error();
            return quote!(#error #function);
        }
    } else if let Ok(mut structure) = syn::parse2::<syn::ItemStruct>(item.clone()) {
        if let Some(object) = taken(&mut structure.attrs, "durable_object") {
            let expanded = object::expand(options, &object, &mut structure);
            return expanded.unwrap_or_else(|error| {
                let error = error.into_compile_error();
                quote!(#error #structure)
            });
        }
        if let Some(error) = above::object(&structure) {
            let error = error.into_compile_error();
            return quote!(#error #structure);
        }
    }
    passed(options, item)
}

/// The runtime's attribute, which finds the runtime through ours.
fn passed(options: TokenStream, item: TokenStream) -> TokenStream {
    let named = options.to_string().split(',').any(|option| {
        option
            .trim_start()
            .strip_prefix("crate")
            .is_some_and(|rest| rest.trim_start().starts_with('='))
    });
    let krate = (!named).then(|| quote!(crate = ::recover_worker::runtime,));
    quote! {
        #[::recover_worker::runtime::recoverable(#krate #options)]
        #item
    }
}

/// Takes the attribute of that name off an item, by whatever path it is named.
fn taken(attrs: &mut Vec<Attribute>, name: &str) -> Option<Attribute> {
    let at = attrs.iter().position(|attr| {
        let last = attr.path().segments.last();
        last.is_some_and(|last| last.ident == name)
    })?;
    Some(attrs.remove(at))
}

/// The words of an attribute of `worker`.
fn words(attr: &Attribute) -> syn::Result<Vec<syn::Ident>> {
    match &attr.meta {
        syn::Meta::Path(_) => Ok(vec![]),
        _ => {
            let parser =
                syn::punctuated::Punctuated::<syn::Ident, syn::Token![,]>::parse_terminated;
            Ok(attr.parse_args_with(parser)?.into_iter().collect())
        }
    }
}
