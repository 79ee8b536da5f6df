//! The `UnwindSafe` bounds of wasm-bindgen and js-sys, which hold in unwind builds alone.
//!
//! They refuse closures, futures and exports of crates that compile everywhere else, and what they
//! protect is protected otherwise here (docs/adr/0020). Each is found in the syntax tree and taken
//! out; where the value then meets a `catch_unwind` of std's, which has the bound itself, it is
//! asserted. Which files are looked at, and how many there must be, is in `copies.rs`. Pure: a
//! syntax tree in, places in its text out.

use std::ops::Range;

use proc_macro2::{TokenStream, TokenTree};
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Token, TypeParamBound};

/// The traits of such bounds.
const TRAITS: [&str; 2] = ["UnwindSafe", "RefUnwindSafe"];

/// What std's bound is met with.
const ASSERTED: &str = "core::panic::AssertUnwindSafe";

/// The bounds in a file, and the catches behind them: where, and what is to stand there.
pub(crate) fn places(file: &syn::File) -> Vec<(Range<usize>, String)> {
    let mut found = Bounds(vec![]);
    found.visit_file(file);
    found.0
}

struct Bounds(Vec<(Range<usize>, String)>);

impl<'ast> Visit<'ast> for Bounds {
    /// Who is `UnwindSafe` stays as it is: crates ask.
    fn visit_item_impl(&mut self, item: &'ast syn::ItemImpl) {
        let of = item.trait_.as_ref().map(|(path, _)| path);
        if !of.is_some_and(is_trait) {
            visit::visit_item_impl(self, item);
        }
    }

    fn visit_type_param(&mut self, parameter: &'ast syn::TypeParam) {
        self.bounds(&parameter.bounds);
        visit::visit_type_param(self, parameter);
    }

    fn visit_predicate_type(&mut self, predicate: &'ast syn::PredicateType) {
        self.bounds(&predicate.bounds);
        visit::visit_predicate_type(self, predicate);
    }

    /// A bound that is handed to a macro.
    fn visit_macro(&mut self, invocation: &'ast syn::Macro) {
        self.handed(invocation.tokens.clone());
    }

    /// `catch_unwind(f)`
    fn visit_expr_call(&mut self, call: &'ast syn::ExprCall) {
        if let syn::Expr::Path(function) = &*call.func
            && function
                .path
                .segments
                .last()
                .is_some_and(|last| last.ident == "catch_unwind")
            && let Some(value) = call.args.first()
        {
            self.asserted(value);
        }
        visit::visit_expr_call(self, call);
    }

    /// `future.catch_unwind()`
    fn visit_expr_method_call(&mut self, call: &'ast syn::ExprMethodCall) {
        if call.method == "catch_unwind" {
            self.asserted(&call.receiver);
        }
        visit::visit_expr_method_call(self, call);
    }
}

impl Bounds {
    /// Takes a bound out with the `+` after it, or else with the one before it.
    fn bounds(&mut self, bounds: &Punctuated<TypeParamBound, Token![+]>) {
        let ranges: Vec<_> = bounds
            .iter()
            .map(|bound| bound.span().byte_range())
            .collect();
        for (at, bound) in bounds.iter().enumerate() {
            let TypeParamBound::Trait(bound) = bound else {
                continue;
            };
            if !is_trait(&bound.path) {
                continue;
            }
            let own = ranges[at].clone();
            let place = match (ranges.get(at + 1), at.checked_sub(1)) {
                (Some(next), _) => own.start..next.start,
                (None, Some(before)) => ranges[before].end..own.end,
                (None, None) => own,
            };
            self.0.push((place, String::new()));
        }
    }

    /// Finds `T: a::path::UnwindSafe` at any depth.
    fn handed(&mut self, tokens: TokenStream) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        for (at, token) in tokens.iter().enumerate() {
            let name = match token {
                TokenTree::Group(group) => {
                    self.handed(group.stream());
                    continue;
                }
                TokenTree::Ident(name) if is_named(name) => name,
                _ => continue,
            };
            let mut first = at;
            while let [.., TokenTree::Ident(_), one, two] = &tokens[..first]
                && is_colon(one)
                && is_colon(two)
            {
                first -= 3;
            }
            if tokens[..first].last().is_some_and(is_colon) {
                let start = tokens[first].span().byte_range().start;
                self.0
                    .push((start..name.span().byte_range().end, String::new()));
            }
        }
    }

    fn asserted(&mut self, value: &syn::Expr) {
        // Only what has a name: anything else is asserted there already.
        if let syn::Expr::Path(path) = value
            && let Some(name) = path.path.get_ident()
        {
            let now = format!("{ASSERTED}({name})");
            self.0.push((name.span().byte_range(), now));
        }
    }
}

fn is_trait(path: &syn::Path) -> bool {
    path.segments
        .last()
        .is_some_and(|last| is_named(&last.ident))
}

fn is_named(name: &proc_macro2::Ident) -> bool {
    TRAITS.iter().any(|known| name == known)
}

fn is_colon(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == ':')
}

#[cfg(test)]
#[path = "tests/bounds.rs"]
mod tests;
