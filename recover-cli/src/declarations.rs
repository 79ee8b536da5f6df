//! The word in wasm-bindgen's source that says whether an import can throw.
//!
//! wasm-bindgen declares what it imports `extern "C"`, a function that never unwinds. JavaScript
//! throws all the same, and the compiler has used what it was told: cleanup runs twice, or never
//! (docs/adr/0012). Here each declaration is found in the syntax tree, by its span, and reads
//! `extern "C-unwind"` afterwards. How many there must be is in a table: source that is not as
//! known is refused. Pure: text in, text or the reason out. Compiling the result is `run/rustc.rs`.

use std::ops::Range;

use proc_macro2::{Delimiter, Span, TokenStream, TokenTree};
use syn::visit::Visit;

/// What is written in place of the literal.
const UNWINDS: &str = "\"C-unwind\"";

/// Source files of one crate in which imports are declared, and how many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Known {
    /// The crate.
    pub(crate) package: &'static str,
    /// The patch releases of 0.2 that are like this, both ends included.
    patches: (u64, u64),
    /// File and number. Every other file has none that counts.
    files: &'static [(&'static str, usize)],
}

/// What is known. A row is added when a release was looked at, and its tests were run.
const KNOWN: [Known; 4] = [
    // What `#[wasm_bindgen]` writes: an imported function, a static, `instanceof`, and the two
    // conversions of an exported class.
    Known {
        package: "wasm-bindgen-macro-support",
        patches: (127, 127),
        files: &[("src/codegen.rs", 5)],
    },
    // And the function whose body the glue replaces by a generic import.
    Known {
        package: "wasm-bindgen-macro-support",
        patches: (128, 130),
        files: &[("src/codegen.rs", 6)],
    },
    // The function whose body the glue replaces by a conversion, and what that calls: were it
    // nounwind, LLVM would infer that the function is. Nothing else that `externs!` declares throws:
    // the tool puts instructions and functions of the module in its place. To have all of it unwind
    // adds a landing pad to every drop of a `JsValue` (docs/adr/0012).
    Known {
        package: "wasm-bindgen",
        patches: (127, 127),
        files: &[("src/rt/mod.rs", 2)],
    },
    Known {
        package: "wasm-bindgen",
        patches: (128, 130),
        files: &[("src/rt/mod.rs", 1), ("src/describe.rs", 1)],
    },
];

/// The names of the packages that are compiled from a changed copy.
pub(crate) fn is_changed(package: &str) -> bool {
    KNOWN.iter().any(|known| known.package == package)
}

/// The versions of `package` that are known, for a message.
pub(crate) fn versions(package: &str) -> String {
    let of = KNOWN.iter().filter(|known| known.package == package);
    let (first, last) = of.fold((u64::MAX, 0), |(first, last), known| {
        (first.min(known.patches.0), last.max(known.patches.1))
    });
    format!("0.2.{first} to 0.2.{last}")
}

/// What is known of this version of a package.
pub(crate) fn known(package: &str, version: &str) -> Option<Known> {
    let patch: u64 = version.strip_prefix("0.2.")?.parse().ok()?;
    let fits = |known: &&Known| {
        known.package == package && (known.patches.0..=known.patches.1).contains(&patch)
    };
    KNOWN.iter().find(fits).copied()
}

impl Known {
    /// The files that are changed.
    pub(crate) fn files(&self) -> impl Iterator<Item = &'static str> {
        self.files.iter().map(|(file, _)| *file)
    }

    /// The text of `file` in which every import may unwind, or why it is not as known.
    pub(crate) fn changed(&self, file: &str, text: &str) -> Result<String, String> {
        let expected = self.files.iter().find(|(known, _)| *known == file);
        let expected = expected.map_or(0, |(_, number)| *number);
        let tree =
            syn::parse_file(text).map_err(|error| format!("{file} can't be read: {error}"))?;
        let mut found = Imports(vec![]);
        found.visit_file(&tree);
        if found.0.len() != expected {
            return Err(format!(
                "{file} declares {} imports `extern \"C\"`, expected {expected}",
                found.0.len()
            ));
        }
        let mut changed = text.to_owned();
        found
            .0
            .sort_by_key(|(place, _)| std::cmp::Reverse(place.start));
        for (place, now) in found.0 {
            changed.replace_range(place, &now);
        }
        Ok(changed)
    }
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

#[cfg(test)]
#[path = "tests/declarations.rs"]
mod tests;
