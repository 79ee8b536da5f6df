//! The grammar of `#[js_error(…)]`: which options exist, where each may stand,
//! and that none is given twice.
//!
//! `check` decides whether the values are valid in JavaScript.

use crate::diag::Diag;
use proc_macro2::Span;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Attribute, Ident, LitStr, Path, Token};

/// What the attribute is called: as JavaScript's errors are, or as those of components are, too.
const NAMES: [&str; 2] = ["js_error", "error_class"];

/// What an attribute is on.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Place {
    Struct,
    Enum,
    Variant,
    Field,
}

impl Place {
    const ALL: [Place; 4] = [Place::Struct, Place::Enum, Place::Variant, Place::Field];

    fn options(self) -> &'static [&'static str] {
        match self {
            Place::Struct => &["name", "code", "extends", "transparent", "crate"],
            Place::Enum => &["name", "extends", "crate"],
            Place::Variant => &["name", "code", "extends", "transparent"],
            Place::Field => &["js_name", "typescript_type", "skip", "cause"],
        }
    }

    fn describe(self) -> &'static str {
        match self {
            Place::Struct => "a struct",
            Place::Enum => "an enum",
            Place::Variant => "a variant",
            Place::Field => "a field",
        }
    }
}

/// The options of one type, variant or field, each with the user's tokens.
#[derive(Default)]
pub(super) struct Options {
    pub(super) name: Option<LitStr>,
    pub(super) code: Option<LitStr>,
    pub(super) extends: Option<LitStr>,
    pub(super) transparent: Option<Ident>,
    pub(super) krate: Option<Path>,
    pub(super) js_name: Option<LitStr>,
    pub(super) typescript_type: Option<LitStr>,
    pub(super) skip: Option<Ident>,
    pub(super) cause: Option<Ident>,
}

impl Options {
    /// Reads every `#[js_error(…)]` among `attrs`.
    pub(super) fn parse(attrs: &[Attribute], place: Place, diag: &mut Diag) -> Self {
        let mut options = Options::default();
        let ours = |attr: &&Attribute| NAMES.iter().any(|name| attr.path().is_ident(name));
        for attr in attrs.iter().filter(ours) {
            match attr.parse_args_with(Punctuated::<Entry, Token![,]>::parse_terminated) {
                Ok(entries) => entries
                    .into_iter()
                    .for_each(|entry| options.accept(entry, place, diag)),
                Err(error) => diag.push(error),
            }
        }
        options
    }

    fn accept(&mut self, Entry { option, value }: Entry, place: Place, diag: &mut Diag) {
        let name = option.unraw().to_string();
        if !place.options().contains(&name.as_str()) {
            return diag.error(&option, unknown(&name, place));
        }
        match name.as_str() {
            "name" => set(&mut self.name, &option, value.text(), diag),
            "code" => set(&mut self.code, &option, value.text(), diag),
            "extends" => set(&mut self.extends, &option, value.text(), diag),
            "js_name" => set(&mut self.js_name, &option, value.text(), diag),
            "typescript_type" => set(&mut self.typescript_type, &option, value.text(), diag),
            "crate" => set(&mut self.krate, &option, value.path(), diag),
            "transparent" => set(&mut self.transparent, &option, value.flag(&option), diag),
            "skip" => set(&mut self.skip, &option, value.flag(&option), diag),
            "cause" => set(&mut self.cause, &option, value.flag(&option), diag),
            _ => unreachable!("`{name}` is listed by its place but not parsed"),
        }
    }
}

/// Stores `value`; `Err` holds what the option takes, and how it is written
/// after its name.
fn set<T>(slot: &mut Option<T>, option: &Ident, value: Result<T, (&str, &str)>, diag: &mut Diag) {
    let name = option.unraw();
    match value {
        Err((takes, form)) => {
            diag.error(
                option,
                format!("`{name}` takes {takes}; write `{name}{form}`"),
            );
        }
        Ok(_) if slot.is_some() => {
            diag.error(option, format!("`{name}` is given twice; keep one"));
        }
        Ok(value) => *slot = Some(value),
    }
}

fn unknown(name: &str, place: Place) -> String {
    let known: Vec<_> = place
        .options()
        .iter()
        .map(|known| format!("`{known}`"))
        .collect();
    let homes: Vec<_> = Place::ALL
        .iter()
        .filter(|home| home.options().contains(&name))
        .map(|home| home.describe())
        .collect();
    let fault = if homes.is_empty() {
        format!("`{name}` is not an option of `js_error`")
    } else {
        format!(
            "`{name}` belongs on {}, not on {}",
            homes.join(" or "),
            place.describe()
        )
    };
    format!("{fault}; here you can use {}", known.join(", "))
}

/// One `option` or `option = value`.
struct Entry {
    option: Ident,
    value: Value,
}

enum Value {
    None,
    Text(LitStr),
    Path(Path),
}

impl Parse for Entry {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let option = input.call(Ident::parse_any)?;
        if input.is_empty() || input.peek(Token![,]) {
            return Ok(Entry {
                option,
                value: Value::None,
            });
        }
        if !input.peek(Token![=]) {
            let message =
                "expected `option` or `option = value`; write `#[js_error(code = \"E_…\")]`";
            return Err(syn::Error::new(input.span(), message));
        }
        input.parse::<Token![=]>()?;
        let value = if input.peek(LitStr) {
            Value::Text(input.parse()?)
        } else if let Ok(path) = input.call(Path::parse_mod_style) {
            Value::Path(path)
        } else {
            let message = format!("expected a string literal; write `{option} = \"…\"`");
            return Err(syn::Error::new(input.span(), message));
        };
        Ok(Entry { option, value })
    }
}

impl Value {
    fn text(self) -> Result<LitStr, (&'static str, &'static str)> {
        match self {
            Value::Text(text) => Ok(text),
            _ => Err(("a string literal", " = \"…\"")),
        }
    }

    fn path(self) -> Result<Path, (&'static str, &'static str)> {
        match self {
            Value::Path(path) => Ok(path),
            _ => Err(("a path", " = path::to::recover_runtime")),
        }
    }

    fn flag(self, option: &Ident) -> Result<Ident, (&'static str, &'static str)> {
        match self {
            Value::None => Ok(option.clone()),
            _ => Err(("no value", "")),
        }
    }
}

/// The lines of the doc comments among `attrs`, as they stand in the source.
pub(super) fn docs(attrs: &[Attribute]) -> Vec<String> {
    attrs
        .iter()
        .filter(|attr| attr.path().is_ident("doc"))
        .filter_map(|attr| match &attr.meta {
            syn::Meta::NameValue(syn::MetaNameValue {
                value:
                    syn::Expr::Lit(syn::ExprLit {
                        lit: syn::Lit::Str(text),
                        ..
                    }),
                ..
            }) => Some(text.value()),
            _ => None,
        })
        .flat_map(|text| text.split('\n').map(str::to_owned).collect::<Vec<_>>())
        .collect()
}

/// Whether `attrs` hold one of these helper attributes, which are thiserror's.
pub(super) fn has(attrs: &[Attribute], helpers: &[&str]) -> bool {
    helpers
        .iter()
        .any(|helper| attrs.iter().any(|attr| attr.path().is_ident(helper)))
}

/// A string literal that the user didn't write, with the span of its reason.
pub(super) fn literal(text: &str, span: Span) -> LitStr {
    LitStr::new(text, span)
}
