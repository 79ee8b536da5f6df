//! The only place that spells the runtime's private path.
//!
//! Nothing else may live here: an expansion asks [`Paths`] for the root and
//! writes everything it needs beneath it.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};

/// Where generated code finds the runtime.
#[derive(Clone)]
pub(crate) struct Paths {
    root: TokenStream,
}

impl Paths {
    /// `crate = path`, or the runtime under its own name.
    pub(crate) fn new(krate: Option<&syn::Path>) -> Self {
        let root = match krate {
            Some(path) => path.to_token_stream(),
            None => quote!(::recover_runtime),
        };
        Paths { root }
    }

    /// What holds the parent of the struct `user`, which extends another one.
    pub(crate) fn parent(&self, user: &syn::Ident) -> syn::Type {
        let (root, private) = (&self.root, self.private());
        syn::parse_quote!(#root::Parent<<#user as #private::Extends>::Parent>)
    }

    /// The module that only generated code may use.
    pub(crate) fn private(&self) -> TokenStream {
        let root = &self.root;
        quote!(#root::__private)
    }
}
