//! The word in wasm-bindgen's source that says whether an import can throw.
//!
//! wasm-bindgen declares what it imports `extern "C"`, a function that never unwinds. JavaScript
//! throws all the same, and the compiler has used what it was told: cleanup runs twice, or never
//! (docs/adr/0012). Here each declaration is found in the syntax tree, by its span, and reads
//! `extern "C-unwind"` afterwards. Which files are looked at, and how many there must be, is in
//! `copies.rs`. Pure: a syntax tree in, places in its text out.

use std::ops::Range;

use proc_macro2::{Delimiter, Span, TokenStream, TokenTree};
use syn::visit::Visit;

/// What is written in place of the literal.
const UNWINDS: &str = "\"C-unwind\"";

/// The declarations in a file: where, and what is to stand there.
pub(crate) fn places(file: &syn::File) -> Vec<(Range<usize>, String)> {
    let mut found = Imports(vec![]);
    found.visit_file(file);
    found.0
}

/// What declares an import that can't unwind: where, and what is to stand there.
struct Imports(Vec<(Range<usize>, String)>);

impl<'ast> Visit<'ast> for Imports {
    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        if !is_for_tests(&item.attrs) {
            syn::visit::visit_item_mod(self, item);
        }
    }

    /// A function whose calls the glue turns into calls of an import. A block that an attribute
    /// rewrites is none: the macro refuses any other ABI, and writes its own.
    fn visit_signature(&mut self, signature: &'ast syn::Signature) {
        if signature.ident == STAND_IN
            && let Some(name) = signature.abi.as_ref().and_then(|abi| abi.name.as_ref())
            && name.value() == "C"
        {
            self.unwinds(name.span());
        }
        syn::visit::visit_signature(self, signature);
    }

    /// What is quoted is what an expansion declares.
    fn visit_macro(&mut self, invocation: &'ast syn::Macro) {
        let name = invocation
            .path
            .segments
            .last()
            .map(|last| last.ident.to_string());
        if matches!(name.as_deref(), Some("quote" | "quote_spanned")) {
            self.declared(invocation.tokens.clone());
        }
    }

    /// What marks the end of such a function is declared by `externs!` beside what can't throw, so
    /// its call gets a declaration of its own.
    fn visit_expr_path(&mut self, path: &'ast syn::ExprPath) {
        let names = path.path.segments.iter().map(|part| part.ident.to_string());
        if let [parent, name] = &names.collect::<Vec<_>>()[..]
            && parent == "super"
            && MARKS.contains(&&**name)
        {
            let now = format!(
                "({{ #[link(wasm_import_module = \"__wbindgen_placeholder__\")] extern {UNWINDS} \
                 {{ fn {name}(func: *const (), prims: *const ()) -> *const (); }} {name} }})"
            );
            let (first, last) = (&path.path.segments[0], &path.path.segments[1]);
            let place = first.ident.span().byte_range().start..last.ident.span().byte_range().end;
            self.0.push((place, now));
        }
    }
}

/// The name of a function whose body the glue replaces.
const STAND_IN: &str = "breaks_if_inlined";

/// The import that marks its end.
const MARKS: [&str; 2] = [
    "__wbindgen_describe_cast",
    "__wbindgen_describe_generic_import",
];

impl Imports {
    fn unwinds(&mut self, literal: Span) {
        self.0.push((literal.byte_range(), UNWINDS.to_owned()));
    }

    /// Finds `extern "C" { … }`, and a function of that name, at any depth.
    fn declared(&mut self, tokens: TokenStream) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        for (at, token) in tokens.iter().enumerate() {
            if let TokenTree::Group(group) = token {
                self.declared(group.stream());
            }
            let [TokenTree::Ident(word), TokenTree::Literal(abi), next, ..] = &tokens[at..] else {
                continue;
            };
            let declares = match next {
                TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
                TokenTree::Ident(_) => matches!(
                    tokens.get(at + 3), Some(TokenTree::Ident(name)) if name == STAND_IN
                ),
                _ => false,
            };
            if word == "extern" && abi.to_string() == "\"C\"" && declares {
                self.unwinds(abi.span());
            }
        }
    }
}

fn is_for_tests(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg")
            && attribute
                .parse_args::<syn::Ident>()
                .is_ok_and(|condition| condition == "test")
    })
}
