//! The option grammar of `#[recoverable(…)]`: which options there are, where
//! each may stand, what value it takes.
//!
//! It is wasm-bindgen's grammar for exports plus our own options. What an option
//! means is not known here: `check` has the rules, `expand` the meaning.

use crate::diag::Diag;
use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::{Attribute, Ident, LitStr, Token, bracketed};

/// Where an attribute stands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Function,
    Method,
    Struct,
    Field,
    Impl,
    Param,
}

impl Place {
    fn name(self) -> &'static str {
        match self {
            Function => "a function",
            Method => "a method",
            Struct => "a struct",
            Field => "a field",
            Impl => "an impl block",
            Param => "a parameter",
        }
    }
}

/// What may follow an option's name.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Takes {
    Nothing,
    /// `= "text"` or `= name`.
    Text,
    /// Nothing, or as `Text`.
    MaybeText,
    /// Text, or a list of names in brackets.
    Names,
    Path,
}

use Place::{Field, Function, Impl, Method, Param, Struct};
use Takes::{MaybeText, Names, Nothing, Path, Text};

/// Every option that is taken, with its places. `crate` and `on_panic` are ours.
const OPTIONS: &[(&str, Takes, &[Place])] = &[
    ("constructor", Nothing, &[Method]),
    ("getter", MaybeText, &[Method]),
    ("setter", MaybeText, &[Method]),
    ("js_name", Text, &[Function, Method, Struct, Field, Param]),
    ("js_namespace", Names, &[Function, Struct, Impl]),
    ("js_class", Text, &[Impl]),
    ("skip", Nothing, &[Method, Field]),
    ("readonly", Nothing, &[Field]),
    ("getter_with_clone", Nothing, &[Struct, Field]),
    ("inspectable", Nothing, &[Struct]),
    ("private", Nothing, &[Struct]),
    (
        "skip_typescript",
        Nothing,
        &[Function, Method, Struct, Field],
    ),
    ("skip_jsdoc", Nothing, &[Function, Method, Field]),
    ("unchecked_return_type", Text, &[Function, Method]),
    ("return_description", Text, &[Function, Method]),
    ("unchecked_param_type", Text, &[Param]),
    ("unchecked_optional_param_type", Text, &[Param]),
    ("param_description", Text, &[Param]),
    ("variadic", Nothing, &[Function, Method]),
    ("this", Nothing, &[Function]),
    ("start", Nothing, &[Function]),
    ("on_panic", Text, &[Struct, Method]),
    ("crate", Path, &[Function, Struct, Impl]),
];

/// Options that exist elsewhere and are refused here, each with why.
const REFUSED: &[(&str, &str)] = &[
    (
        "extends",
        "inheritance between exported structs isn't supported; hold the parent in a field and export the methods that JavaScript needs",
    ),
    (
        "extends_js_class",
        "inheritance between exported structs isn't supported; hold the parent in a field",
    ),
    (
        "extends_js_namespace",
        "inheritance between exported structs isn't supported; hold the parent in a field",
    ),
    (
        "main",
        "`main` is for binaries; use `start` on a library's function",
    ),
    (
        "wasm_bindgen",
        "the runtime brings its own wasm-bindgen; name a renamed runtime with `crate = path`",
    ),
    (
        "wasm_bindgen_futures",
        "the runtime drives its own futures; remove the option",
    ),
    (
        "js_sys",
        "the runtime brings its own js-sys; remove the option",
    ),
    (
        "jspi",
        "JSPI suspends the stack that the guard unwinds; remove the option",
    ),
    (
        "suspending",
        "JSPI suspends the stack that the guard unwinds; remove the option",
    ),
    (
        "no_promising",
        "JSPI suspends the stack that the guard unwinds; remove the option",
    ),
    (
        "experimental_tokio",
        "the runtime drives its own futures; remove the option",
    ),
    (
        "catch",
        "`catch` is for imports; an export catches without it, remove the option",
    ),
    (
        "rollback",
        "this version of recover-runtime has no rollback; use `on_panic = \"poison\"` or `\"keep\"`",
    ),
    (
        "persist",
        "this version of recover-runtime does not persist objects; remove the option",
    ),
    (
        "snapshot_every",
        "this version of recover-runtime does not persist objects; remove the option",
    ),
    (
        "no_journal",
        "this version of recover-runtime does not persist objects; remove the option",
    ),
    (
        "concurrency",
        "this version of recover-runtime exports no async functions; remove the option",
    ),
    (
        "cancellable",
        "this version of recover-runtime exports no async functions; remove the option",
    ),
    (
        "memory_limit",
        "this version of recover-runtime has no memory limits; remove the option",
    ),
    (
        "stack_guard",
        "this version of recover-runtime has no stack guard; remove the option",
    ),
];

/// Options of imports, which stand in `extern` blocks.
const IMPORTS: &[&str] = &[
    "method",
    "static_method_of",
    "module",
    "raw_module",
    "inline_js",
    "indexing_getter",
    "indexing_setter",
    "indexing_deleter",
    "structural",
    "final",
    "reexport",
    "is_type_of",
    "no_deref",
    "no_upcast",
    "no_into_js_generic",
    "vendor_prefix",
    "typescript_custom_section",
    "slice_to_array",
    "slice",
    "vec",
    "static_string",
    "thread_local",
    "thread_local_v2",
    "experimental_generic_mono",
    "assert_no_shim",
];

/// One option as it was written.
pub(crate) struct Opt {
    pub(crate) name: Ident,
    pub(crate) value: Option<Value>,
}

/// An option's value.
pub(crate) enum Value {
    Text(LitStr),
    Names(Vec<LitStr>),
    Path(syn::Path),
}

/// The options of one attribute, each at most once, each in its place.
#[derive(Default)]
pub(crate) struct Options {
    list: Vec<Opt>,
}

impl Options {
    /// Parses the tokens in the parentheses of an attribute.
    pub(crate) fn parse(diag: &mut Diag, tokens: TokenStream, place: Place) -> Self {
        let mut options = Options::default();
        match Punctuated::<Opt, Token![,]>::parse_terminated.parse2(tokens) {
            Ok(parsed) => parsed
                .into_iter()
                .for_each(|opt| options.add(diag, opt, place)),
            Err(error) => diag.push(error),
        }
        options
    }

    /// Takes the `#[recoverable]` attributes off `attrs`.
    pub(crate) fn take(diag: &mut Diag, attrs: &mut Vec<Attribute>, place: Place) -> Self {
        let mut options = Options::default();
        attrs.retain(|attr| {
            let last = attr.path().segments.last();
            if last.is_some_and(|last| last.ident == "wasm_bindgen") {
                diag.error(attr.path(), "inside a recoverable item the attribute is `recoverable`; write `#[recoverable(…)]`");
                return false;
            }
            if last.is_none_or(|last| last.ident != "recoverable") {
                return true;
            }
            match &attr.meta {
                syn::Meta::List(list) => {
                    for opt in Options::parse(diag, list.tokens.clone(), place).list {
                        options.add(diag, opt, place);
                    }
                }
                syn::Meta::Path(_) => {}
                syn::Meta::NameValue(value) => diag.error(value, "options stand in parentheses; write `#[recoverable(option = \"value\")]`"),
            }
            false
        });
        options
    }

    fn add(&mut self, diag: &mut Diag, opt: Opt, place: Place) {
        if self.get(&opt.key()).is_some() {
            diag.error(
                &opt.name,
                format!("`{}` is given twice; remove one", opt.key()),
            );
        } else if opt.check(diag, place) {
            self.list.push(opt);
        }
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Opt> {
        self.list.iter().find(|opt| opt.key() == name)
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// The text of `name = "text"`.
    pub(crate) fn text(&self, name: &str) -> Option<&LitStr> {
        match self.get(name)?.value.as_ref()? {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The path of `crate = path`.
    pub(crate) fn krate(&self) -> Option<&syn::Path> {
        match self.get("crate")?.value.as_ref()? {
            Value::Path(path) => Some(path),
            _ => None,
        }
    }

    /// The options that wasm-bindgen is to see, each followed by a comma.
    pub(crate) fn forwarded(&self, names: &[&str]) -> TokenStream {
        let chosen = self
            .list
            .iter()
            .filter(|opt| names.contains(&opt.key().as_str()));
        quote!(#(#chosen,)*)
    }
}

impl Opt {
    pub(crate) fn key(&self) -> String {
        self.name.unraw().to_string()
    }

    fn check(&self, diag: &mut Diag, place: Place) -> bool {
        let key = self.key();
        if let Some((_, takes, places)) = OPTIONS.iter().find(|(name, ..)| *name == key) {
            let fits = match (takes, &self.value) {
                (Nothing, value) => value.is_none(),
                (Text, value) => matches!(value, Some(Value::Text(_))),
                (MaybeText, value) => matches!(value, None | Some(Value::Text(_))),
                (Names, value) => matches!(value, Some(Value::Text(_) | Value::Names(_))),
                (Path, value) => matches!(value, Some(Value::Path(_))),
            };
            if !places.contains(&place) {
                let right: Vec<_> = places.iter().map(|place| place.name()).collect();
                diag.error(
                    &self.name,
                    format!(
                        "`{key}` doesn't belong on {}; it goes on {}",
                        place.name(),
                        right.join(" or ")
                    ),
                );
            } else if !fits {
                let form = match takes {
                    Nothing => format!("`{key}` takes no value; write `{key}` alone"),
                    Text | MaybeText => format!("`{key}` takes a text; write `{key} = \"…\"`"),
                    Names => format!("`{key}` takes names; write `{key} = [a, b]`"),
                    Path => format!("`{key}` takes a path; write `{key} = path::to::runtime`"),
                };
                diag.error(&self.name, form);
            }
            return places.contains(&place) && fits;
        }
        if let Some((_, why)) = REFUSED.iter().find(|(name, _)| *name == key) {
            diag.error(&self.name, format!("`{key}` isn't taken; {why}"));
        } else if IMPORTS.contains(&key.as_str()) {
            diag.error(
                &self.name,
                format!("`{key}` is an option of imports; imports stay under `#[wasm_bindgen]`"),
            );
        } else {
            let known: Vec<_> = OPTIONS
                .iter()
                .filter(|(_, _, places)| places.contains(&place))
                .map(|(name, ..)| format!("`{name}`"))
                .collect();
            diag.error(
                &self.name,
                format!(
                    "unknown option `{key}`; {} takes {}",
                    place.name(),
                    known.join(", ")
                ),
            );
        }
        false
    }
}

impl Parse for Opt {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let name = Ident::parse_any(input)?;
        if input.parse::<Option<Token![=]>>()?.is_none() {
            return Ok(Opt { name, value: None });
        }
        let value = if name == "crate" {
            if input.peek(LitStr) {
                Value::Path(input.parse::<LitStr>()?.parse()?)
            } else {
                Value::Path(syn::Path::parse_mod_style(input)?)
            }
        } else if input.peek(syn::token::Bracket) {
            let content;
            bracketed!(content in input);
            let names = Punctuated::<Name, Token![,]>::parse_terminated(&content)?;
            Value::Names(names.into_iter().map(|name| name.0).collect())
        } else {
            Value::Text(input.parse::<Name>()?.0)
        };
        Ok(Opt {
            name,
            value: Some(value),
        })
    }
}

/// A name, quoted or not; wasm-bindgen takes both.
struct Name(LitStr);

impl Parse for Name {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        if input.peek(Ident::peek_any) {
            let ident = Ident::parse_any(input)?;
            return Ok(Name(LitStr::new(&ident.unraw().to_string(), ident.span())));
        }
        input.parse().map(Name)
    }
}

impl ToTokens for Opt {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let name = &self.name;
        tokens.extend(match &self.value {
            None => quote!(#name),
            Some(Value::Text(text)) => quote!(#name = #text),
            Some(Value::Names(names)) => quote!(#name = [#(#names),*]),
            Some(Value::Path(path)) => quote!(#name = #path),
        });
    }
}
