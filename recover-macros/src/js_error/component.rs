//! The derive for components: what a caller of another language gets of an error. It borrows the error and can't fail.

use super::ir::{Case, ErrorType, Role};
use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::spanned::Spanned;

pub(super) fn expand(error_type: &ErrorType<'_>) -> TokenStream {
    let ident = &error_type.original.ident;
    let arms = error_type
        .cases
        .iter()
        .map(|case| match error_type.is_transparent(case) {
            true => transparent(case),
            false => class(ident, case),
        });
    // There are errors without a variant.
    let this = match error_type.cases.is_empty() {
        true => quote!(*self),
        false => quote!(self),
    };
    let raised = quote! {
        // Without their names: a type of the user's may have the same.
        use __c::errors::traits::*;
        #[automatically_derived]
        impl __c::ErrorClass for #ident {
            fn raised(&self) -> __c::Raised {
                match #this { #(#arms)* }
            }
        }
    };
    hidden(error_type, raised)
}

/// An impl that lets the rest of the program compile, where something was refused.
pub(super) fn fallback(error_type: &ErrorType<'_>) -> TokenStream {
    let ident = &error_type.original.ident;
    let (generics, arguments, clause) = error_type.original.generics.split_for_impl();
    let raised = quote! {
        #[automatically_derived]
        impl #generics __c::ErrorClass for #ident #arguments #clause {
            fn raised(&self) -> __c::Raised {
                ::core::unreachable!()
            }
        }
    };
    hidden(error_type, raised)
}

/// Generated code that stands where the runtime has components: not where JavaScript is around the module.
fn hidden(error_type: &ErrorType<'_>, content: TokenStream) -> TokenStream {
    let private = error_type.paths.private();
    quote! {
        #[doc(hidden)]
        #[cfg(not(target_os = "unknown"))]
        #[allow(warnings, clippy::all, clippy::pedantic)]
        const _: () = {
            use #private::component as __c;
            #content
        };
    }
}

/// The error is nothing but its field.
fn transparent(case: &Case<'_>) -> TokenStream {
    let pattern = &case.pattern;
    let arms = case.fields.iter().map(|field| {
        let member = &field.member;
        let raised =
            quote_spanned!(at(&field.original.ty)=> (&&&&&&__c::errors::Probe(field)).raised());
        quote!(#pattern { #member: field } => #raised,)
    });
    quote!(#(#arms)*)
}

fn class(ident: &syn::Ident, case: &Case<'_>) -> TokenStream {
    let (pattern, class, code) = (&case.pattern, case.class.value(), case.code.value());
    let (mut bindings, mut fields) = (TokenStream::new(), TokenStream::new());
    let mut cause = None;
    for (place, field) in case.fields.iter().enumerate() {
        let (member, at) = (&field.member, at(&field.original.ty));
        let local = format_ident!("field_{place}");
        match field.role {
            Role::Hidden => continue,
            Role::Data => {
                let name = field.property.value();
                let value = quote_spanned!(at=> (&&&__c::errors::Probe(#local)).value());
                fields.extend(quote!(.field(#name, #value)));
            }
            // The field that is marked comes before the source.
            Role::Cause => cause = Some(causes(&local, at)),
            Role::Source => cause = cause.or_else(|| Some(causes(&local, at))),
        }
        quote!(#member: #local,).to_tokens(&mut bindings);
    }
    let source = quote!((&&__c::errors::Source(self)).causes());
    let causes = match cause {
        // Each error is told once: a chain of them is not walked for each.
        Some(cause) => quote!(#cause.or_else(|| #source)),
        None => source,
    };
    // At the user's type, where a missing `Display` is then reported.
    let text = quote_spanned!(at(ident)=> (&&__c::errors::Message(self)).text());
    quote! {
        #pattern { #bindings .. } => __c::Raised::new(#class, #code, #text)
            #fields
            .because(#causes),
    }
}

/// A field, and what is behind it.
fn causes(local: &Ident, at: Span) -> TokenStream {
    quote_spanned!(at=> (&&&&&__c::errors::Probe(#local)).causes())
}

/// As in `expand`.
fn at(tokens: &impl Spanned) -> Span {
    Span::call_site().located_at(tokens.span())
}
