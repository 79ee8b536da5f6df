//! Collects a user's mistakes, so that three mistakes give three messages in
//! one build.
//!
//! No rule lives here (those are in `check` and in each parser) and no code
//! generation. A message is lower case, has no full stop, quotes options and
//! types in backticks, and names the fix after a semicolon.

use proc_macro2::TokenStream;
use quote::ToTokens;
use std::fmt::Display;

/// Accumulates errors; [`Diag::finish`] must be called, or dropping it panics.
pub(crate) struct Diag {
    errors: Option<Vec<syn::Error>>,
}

impl Diag {
    pub(crate) fn new() -> Self {
        Diag {
            errors: Some(Vec::new()),
        }
    }

    /// Records `message` at the user's `tokens`.
    pub(crate) fn error(&mut self, tokens: impl ToTokens, message: impl Display) {
        self.push(syn::Error::new_spanned(tokens, message));
    }

    pub(crate) fn push(&mut self, error: syn::Error) {
        self.errors.as_mut().expect("not finished").push(error);
    }

    /// `Err` with every error as a `compile_error!` if there was any.
    pub(crate) fn finish(mut self) -> Result<(), TokenStream> {
        let errors = self.errors.take().expect("finished once");
        match errors.into_iter().reduce(|mut all, next| {
            all.combine(next);
            all
        }) {
            None => Ok(()),
            Some(all) => Err(all.into_compile_error()),
        }
    }
}

impl Drop for Diag {
    fn drop(&mut self) {
        if self.errors.is_some() && !std::thread::panicking() {
            panic!("a Diag was dropped without finish()");
        }
    }
}
