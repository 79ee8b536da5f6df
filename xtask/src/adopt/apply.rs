//! The change that a maintainer makes to adopt `#[recoverable]`, on the text of a crate: the word of
//! the attribute, and one line at the crate's root. What a crate needs beyond it is listed with it.

use std::collections::HashMap;
use std::ops::Range;

use proc_macro2::{Ident, TokenStream, TokenTree};
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Attribute, Meta};

/// The word before.
const BEFORE: &str = "wasm_bindgen";
/// And after.
const AFTER: &str = "recoverable";
/// What makes the new word known in every module.
pub(crate) const ROOT: &str = "#[macro_use] extern crate recover_runtime;\n";

/// A source with its attributes replaced; none where it has none. A constant of TypeScript keeps its own.
pub(crate) fn attributes(text: &str) -> Result<Option<String>, syn::Error> {
    let file = syn::parse_file(text)?;
    let mut found = Found::default();
    found.visit_file(&file);
    if found.places.is_empty() {
        return Ok(None);
    }
    let mut changed = text.to_owned();
    found
        .places
        .sort_by_key(|place| std::cmp::Reverse(place.start));
    for place in found.places {
        changed.replace_range(place, AFTER);
    }
    Ok(Some(changed))
}

/// The source of a crate's root with the line that makes the word known, before its first item.
pub(crate) fn root(text: &str) -> Result<String, syn::Error> {
    let file = syn::parse_file(text)?;
    // Its docs and attributes are in the span.
    let first = file
        .items
        .first()
        .map_or(text.len(), |item| item.span().byte_range().start);
    Ok(format!("{}{ROOT}{}", &text[..first], &text[first..]))
}

/// How many lines of `after` are not in `before`, as a diff counts them where lines are changed in place.
pub(crate) fn lines_changed(before: &str, after: &str) -> usize {
    let mut left: HashMap<&str, usize> = HashMap::new();
    for line in before.lines() {
        *left.entry(line).or_default() += 1;
    }
    let mut changed = 0;
    for line in after.lines() {
        match left.get_mut(line) {
            Some(count) if *count > 0 => *count -= 1,
            _ => changed += 1,
        }
    }
    changed
}

/// Where the word stands as an attribute.
#[derive(Default)]
struct Found {
    places: Vec<Range<usize>>,
}

impl<'ast> Visit<'ast> for Found {
    fn visit_attribute(&mut self, attribute: &'ast Attribute) {
        let path = attribute.path();
        if path
            .segments
            .last()
            .is_some_and(|last| last.ident == BEFORE)
        {
            let options = attribute.meta.require_list();
            let options = options.map_or(String::new(), |list| list.tokens.to_string());
            if !options.starts_with("typescript_custom_section") {
                self.places.push(path.span().byte_range());
            }
        } else if path.is_ident("cfg_attr")
            && let Meta::List(list) = &attribute.meta
        {
            self.conditional(list.tokens.clone());
        }
        visit::visit_attribute(self, attribute);
    }
}

impl Found {
    /// The attributes after the condition of a `cfg_attr`.
    fn conditional(&mut self, tokens: TokenStream) {
        let mut begins = false;
        let mut path: Option<(Range<usize>, Ident)> = None;
        for token in tokens {
            match token {
                TokenTree::Punct(punct) if punct.as_char() == ',' => {
                    self.take(path.take());
                    begins = true;
                }
                TokenTree::Punct(punct) if punct.as_char() == ':' && path.is_some() => {}
                TokenTree::Ident(ident) if begins || path.is_some() => {
                    let own = ident.span().byte_range();
                    let start = path.map_or(own.start, |(range, _)| range.start);
                    path = Some((start..own.end, ident));
                    begins = false;
                }
                _ => {
                    self.take(path.take());
                    begins = false;
                }
            }
        }
        self.take(path);
    }

    fn take(&mut self, path: Option<(Range<usize>, Ident)>) {
        if let Some((range, last)) = path
            && last == BEFORE
        {
            self.places.push(range);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_word_is_replaced_wherever_it_is_an_attribute_and_nowhere_else() {
        let text = "//! Of wasm_bindgen.\nuse wasm_bindgen::prelude::*;\n\n/// é\n#[wasm_bindgen]\npub struct A {\n    \
                    #[wasm_bindgen(skip)]\n    pub wasm_bindgen: u32,\n}\n\n#[wasm_bindgen::prelude::wasm_bindgen(js_name = b)]\n\
                    #[cfg_attr(feature = \"x\", wasm_bindgen(getter), doc = \"wasm_bindgen\")]\nfn b() {}\n\
                    #[wasm_bindgen(typescript_custom_section)]\nconst C: &str = \"\";\n";
        let changed = attributes(text).unwrap().unwrap();
        let expected = "//! Of wasm_bindgen.\nuse wasm_bindgen::prelude::*;\n\n/// é\n#[recoverable]\npub struct A {\n    \
                    #[recoverable(skip)]\n    pub wasm_bindgen: u32,\n}\n\n#[recoverable(js_name = b)]\n\
                    #[cfg_attr(feature = \"x\", recoverable(getter), doc = \"wasm_bindgen\")]\nfn b() {}\n\
                    #[wasm_bindgen(typescript_custom_section)]\nconst C: &str = \"\";\n";
        assert_eq!(changed, expected);
        assert_eq!(lines_changed(text, &changed), 4);
        assert_eq!(attributes("fn a() {}").unwrap(), None);
        assert!(attributes("fn (").is_err());
    }

    #[test]
    fn the_root_gets_its_line_after_what_belongs_to_the_crate() {
        let text = "//! Docs.\n#![allow(unused)]\n\n/// Of a.\n#[cfg(all())]\nmod a {}\n";
        let expected =
            format!("//! Docs.\n#![allow(unused)]\n\n{ROOT}/// Of a.\n#[cfg(all())]\nmod a {{}}\n");
        assert_eq!(root(text).unwrap(), expected);
        assert_eq!(root("//! Docs.\n").unwrap(), format!("//! Docs.\n{ROOT}"));
    }
}
