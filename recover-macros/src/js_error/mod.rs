//! `#[derive(JsErrorClass)]`, which is `#[derive(ErrorClass)]`: parse (attr, ir) → check → expand (ts, js; component).
//!
//! Only the pipeline is here. A derive sees its input after `cfg` has been
//! applied, so that the JavaScript, which is a string, agrees with what was compiled.

mod attr;
mod check;
mod component;
mod expand;
mod ir;
mod js;
mod names;
mod ts;
mod types;

use crate::diag::Diag;
use proc_macro2::TokenStream;
use quote::quote;

/// What an error is made for.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum For {
    /// JavaScript: whoever has no components does not pay for their half.
    JavaScript,
    /// JavaScript and components, by the name of JavaScript's: natively for both.
    Both,
    /// The same by the other name: natively for components alone, since a field need not have a value in JavaScript.
    Components,
}

impl For {
    /// What the derive of JavaScript's name is made for, in this build of the runtime, or that of the other name.
    pub(crate) fn derived(by_name_of_javascript: bool) -> Self {
        match (cfg!(feature = "component"), by_name_of_javascript) {
            (false, _) => For::JavaScript,
            (true, true) => For::Both,
            (true, false) => For::Components,
        }
    }
}

/// Expands the derive; mistakes become `compile_error!`s beside a stub.
pub(crate) fn derive(input: TokenStream, made_for: For) -> TokenStream {
    let input: syn::DeriveInput = match syn::parse2(input) {
        Ok(input) => input,
        Err(error) => return error.into_compile_error(),
    };
    let mut diag = Diag::new();
    let error_type = ir::ErrorType::parse(&input, &mut diag);
    check::check(&error_type, &mut diag);
    let components = made_for != For::JavaScript;
    let errors = diag.finish().err();
    let (javascript, component): (_, fn(&_) -> _) = match errors {
        None => (expand::expand(&error_type), component::expand),
        Some(_) => (expand::fallback(&error_type), component::fallback),
    };
    let component = components.then(|| component(&error_type));
    let condition = match made_for {
        For::Components => quote!(#[cfg(target_os = "unknown")]),
        _ => quote!(#[cfg(not(target_os = "wasi"))]),
    };
    quote!(#errors #condition #javascript #component)
}

#[cfg(test)]
mod tests;
