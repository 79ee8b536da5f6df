//! What `cargo recover migrate` changes in a crate of wasm-bindgen: the word of each attribute, one
//! line at the crate's root and one dependency. Everything else stays, byte for byte.
//!
//! Pure: texts in, texts out. Which files there are, and writing them, belong in `run/migrate.rs`.

use std::ops::Range;
use std::path::{Path, PathBuf};

use clap::Args;
use proc_macro2::{Ident, TokenStream, TokenTree};
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Attribute, Macro, Meta};
use toml_edit::{DocumentMut, Item, Table, Value};

use crate::error::{Error, one_line};

/// The options of `migrate`.
#[derive(Debug, Clone, Args)]
pub(crate) struct MigrateOptions {
    /// Directory of the crate [default: the current directory]
    pub(crate) path: Option<PathBuf>,

    /// Change a crate that git could not bring back: with uncommitted changes, or in no repository
    #[arg(long)]
    pub(crate) allow_dirty: bool,

    /// Say what would be changed, and change nothing
    #[arg(long)]
    pub(crate) dry_run: bool,

    /// Depend on the recover-runtime in this directory, not on the released one
    #[arg(long, value_name = "DIR")]
    pub(crate) runtime_path: Option<PathBuf>,

    /// Depend on the recover-runtime in this git repository
    #[arg(long, value_name = "URL", conflicts_with = "runtime_path")]
    pub(crate) runtime_git: Option<String>,
}

/// The word before.
const BEFORE: &str = "wasm_bindgen";
/// And after.
const AFTER: &str = "recoverable";
/// What makes the new word known in every module.
const ROOT: &str = "#[macro_use]\nextern crate recover_runtime;\n\n";

/// A source, changed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Changed {
    /// Its text.
    pub(crate) text: String,
    /// How many attributes have the new word.
    pub(crate) attributes: usize,
    /// Whether a macro of the crate writes the old one, which is left.
    pub(crate) in_macro: bool,
}

/// A source with its attributes replaced. A constant of TypeScript keeps its own.
pub(crate) fn attributes(text: &str) -> Result<Changed, String> {
    let (head, body) = split(text);
    let file = syn::parse_file(body).map_err(|error| one_line(&error.to_string()))?;
    let mut found = Found::default();
    found.visit_file(&file);
    let mut changed = body.to_owned();
    found
        .places
        .sort_by_key(|place| std::cmp::Reverse(place.start));
    for place in &found.places {
        changed.replace_range(place.clone(), AFTER);
    }
    Ok(Changed {
        text: format!("{head}{changed}"),
        attributes: found.places.len(),
        in_macro: found.in_macro,
    })
}

/// The source of a crate's root with the line that makes the word known, before its first item.
pub(crate) fn root(text: &str) -> Result<String, String> {
    let (head, body) = split(text);
    let file = syn::parse_file(body).map_err(|error| one_line(&error.to_string()))?;
    // Its docs and attributes are in the span.
    let first = file
        .items
        .first()
        .map_or(body.len(), |item| item.span().byte_range().start);
    let line = match body.contains("\r\n") {
        true => ROOT.replace('\n', "\r\n"),
        false => ROOT.to_owned(),
    };
    Ok(format!("{head}{}{line}{}", &body[..first], &body[first..]))
}

/// What syn leaves out before it counts bytes, and the rest.
fn split(text: &str) -> (&str, &str) {
    let mut at = 0;
    if text.starts_with('\u{feff}') {
        at = '\u{feff}'.len_utf8();
    }
    let rest = &text[at..];
    if rest.starts_with("#!") && !rest[2..].trim_start().starts_with('[') {
        at += rest.find('\n').unwrap_or(rest.len());
    }
    text.split_at(at)
}

/// Where the word stands as an attribute.
#[derive(Default)]
struct Found {
    places: Vec<Range<usize>>,
    in_macro: bool,
}

impl<'ast> Visit<'ast> for Found {
    fn visit_attribute(&mut self, attribute: &'ast Attribute) {
        let path = attribute.path();
        let last = path.segments.last();
        if last.is_some_and(|last| last.ident == BEFORE) {
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

    fn visit_macro(&mut self, one: &'ast Macro) {
        self.in_macro |= writes(one.tokens.clone());
        visit::visit_macro(self, one);
    }
}

/// Whether tokens have the word as an attribute.
fn writes(tokens: TokenStream) -> bool {
    let mut after_hash = false;
    for token in tokens {
        if let TokenTree::Group(group) = &token {
            let words = || group.stream().into_iter();
            let is_word =
                |token: &TokenTree| matches!(token, TokenTree::Ident(word) if word == BEFORE);
            if (after_hash && words().any(|token| is_word(&token))) || writes(group.stream()) {
                return true;
            }
        }
        after_hash = matches!(&token, TokenTree::Punct(punct) if punct.as_char() == '#');
    }
    false
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

/// A manifest with the dependency added where wasm-bindgen stands.
#[derive(Debug)]
pub(crate) struct Manifest {
    /// Its text.
    pub(crate) text: String,
    /// The crate's root, below the manifest's directory.
    pub(crate) root: PathBuf,
}

/// Adds the dependency; `requirement` is its value.
pub(crate) fn manifest(text: &str, requirement: &str) -> Result<Manifest, Error> {
    let mut document: DocumentMut = text
        .parse()
        .map_err(|error: toml_edit::TomlError| Error::Metadata(one_line(error.message())))?;
    let name = document
        .get("package")
        .and_then(|package| package.get("name"));
    let Some(name) = name.and_then(Item::as_str).map(str::to_owned) else {
        return Err(Error::NoPackageHere);
    };
    let lib = document.get("lib");
    let is_wasm = |kinds: &Item| {
        let mut kinds = kinds.as_array().into_iter().flatten();
        kinds.any(|kind| kind.as_str() == Some("cdylib"))
    };
    let kinds = lib.and_then(|lib| lib.get("crate-type").or_else(|| lib.get("crate_type")));
    if !kinds.is_some_and(is_wasm) {
        return Err(Error::NoCdylib(name));
    }
    let root = lib.and_then(|lib| lib.get("path")).and_then(Item::as_str);
    let root = PathBuf::from(root.unwrap_or("src/lib.rs"));
    if names(&document).any(|name| name == "recover-runtime") {
        return Err(Error::Migrated(name));
    }
    let Some(dependencies) = holder(&mut document) else {
        return Err(Error::NothingToMigrate(name));
    };
    let value: Value = requirement
        .parse()
        .map_err(|_| Error::Metadata(format!("`{requirement}` is no value")))?;
    add(dependencies, value);
    Ok(Manifest {
        text: document.to_string(),
        root,
    })
}

/// The tables of dependencies, those for a target included.
fn tables(document: &DocumentMut) -> impl Iterator<Item = &Item> {
    let targets = document.get("target").and_then(Item::as_table_like);
    let of_targets = targets.into_iter().flat_map(|targets| {
        targets
            .iter()
            .filter_map(|(_, one)| one.get("dependencies"))
    });
    document.get("dependencies").into_iter().chain(of_targets)
}

fn names(document: &DocumentMut) -> impl Iterator<Item = &str> {
    tables(document)
        .filter_map(Item::as_table_like)
        .flat_map(|table| table.iter().map(|(name, _)| name))
}

/// The table that has wasm-bindgen.
fn holder(document: &mut DocumentMut) -> Option<&mut Table> {
    const NAME: &str = "wasm-bindgen";
    let plain = document.get("dependencies").and_then(Item::as_table);
    if plain.is_some_and(|table| table.contains_key(NAME)) {
        return document.get_mut("dependencies")?.as_table_mut();
    }
    let targets = document.get_mut("target")?.as_table_mut()?;
    targets.iter_mut().find_map(|(_, target)| {
        let table = target.get_mut("dependencies")?.as_table_mut()?;
        table.contains_key(NAME).then_some(table)
    })
}

/// Adds the line: before the first name that is greater where the names are sorted, else at the end.
fn add(table: &mut Table, value: Value) {
    const NAME: &str = "recover-runtime";
    let before: Vec<String> = table.iter().map(|(name, _)| name.to_owned()).collect();
    table.insert(NAME, Item::Value(value));
    if before.is_sorted() {
        table.sort_values();
    }
}

/// Whether a file is one of the crate's sources.
pub(crate) fn is_source(path: &Path) -> bool {
    path.extension().is_some_and(|kind| kind == "rs")
}

#[cfg(test)]
#[path = "tests/migrate.rs"]
mod tests;
