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

/// Expands the derive; mistakes become `compile_error!`s beside a stub. `components` says whether the runtime has them:
/// JavaScript's users do not pay for their half.
pub(crate) fn derive(input: TokenStream, components: bool) -> TokenStream {
    let input: syn::DeriveInput = match syn::parse2(input) {
        Ok(input) => input,
        Err(error) => return error.into_compile_error(),
    };
    let mut diag = Diag::new();
    let error_type = ir::ErrorType::parse(&input, &mut diag);
    check::check(&error_type, &mut diag);
    let (javascript, component) = match diag.finish() {
        Ok(()) => (
            expand::expand(&error_type),
            components.then(|| component::expand(&error_type)),
        ),
        Err(errors) => (
            expand::fallback(&error_type, errors),
            components.then(|| component::fallback(&error_type)),
        ),
    };
    quote::quote!(#javascript #component)
}

#[cfg(test)]
mod tests;
