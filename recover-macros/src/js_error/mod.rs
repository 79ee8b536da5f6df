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

/// Expands the derive; mistakes become `compile_error!`s beside a stub.
pub(crate) fn derive(input: TokenStream) -> TokenStream {
    let input: syn::DeriveInput = match syn::parse2(input) {
        Ok(input) => input,
        Err(error) => return error.into_compile_error(),
    };
    let mut diag = Diag::new();
    let error_type = ir::ErrorType::parse(&input, &mut diag);
    check::check(&error_type, &mut diag);
    match diag.finish() {
        Ok(()) => {
            let mut expanded = expand::expand(&error_type);
            // JavaScript's users do not pay for components.
            if cfg!(feature = "component") {
                expanded.extend(component::expand(&error_type));
            }
            expanded
        }
        Err(errors) => expand::fallback(&error_type, errors),
    }
}

#[cfg(test)]
mod tests;
