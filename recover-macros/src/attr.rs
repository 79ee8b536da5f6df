//! The grammar of `#[recoverable(…)]`: how options are written, where each may be, and that
//! none is given twice.
//!
//! `options` has the table of options; `check` (the rules) and `expand` know what they mean.

use crate::diag::Diag;
use crate::instantiate::Instantiate;
use crate::options::{IMPORT_OPTIONS, Place, REFUSED, Takes};
use proc_macro2::{Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::ext::IdentExt;
use syn::parse::discouraged::Speculative;
use syn::parse::{Parse, ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::{Attribute, Ident, LitInt, LitStr, Token, bracketed, parenthesized};

/// One option as it was written.
#[derive(Clone)]
pub(crate) struct Opt {
    pub(crate) name: Ident,
    pub(crate) value: Option<Value>,
}

/// An option's value.
#[derive(Clone)]
pub(crate) enum Value {
    Text(LitStr),
    Names(Vec<LitStr>),
    Path(syn::Path),
    Paths(Vec<syn::Path>),
    Type(syn::Type),
    Number(LitInt),
    Instantiate(Box<Instantiate>),
    /// What an option can't mean.
    Malformed(syn::Error),
    /// A value of a kind that no option takes.
    Other,
}

/// The options of one attribute, each at most once and each where it may be.
#[derive(Clone, Default)]
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
            if !is_ours(attr) {
                return true;
            }
            match &attr.meta {
                syn::Meta::List(list) => {
                    for opt in Options::parse(diag, list.tokens.clone(), place).list {
                        options.add(diag, opt, place);
                    }
                }
                syn::Meta::Path(_) => {}
                syn::Meta::NameValue(value) => diag.error(
                    value,
                    "options go in parentheses; write `#[recoverable(option = \"value\")]`",
                ),
            }
            false
        });
        options
    }

    /// The options of `attrs`, unchecked: each may be anywhere.
    pub(crate) fn peek(attrs: &[Attribute]) -> Self {
        let lists = attrs.iter().filter(|attr| is_ours(attr));
        let lists = lists.filter_map(|attr| attr.meta.require_list().ok());
        let parser = Punctuated::<Opt, Token![,]>::parse_terminated;
        let list = lists.filter_map(|list| parser.parse2(list.tokens.clone()).ok());
        Options {
            list: list.flatten().collect(),
        }
    }

    /// Those of an item that wasm-bindgen expands, which also judges them.
    pub(crate) fn unchecked(tokens: TokenStream) -> Self {
        let parser = Punctuated::<Opt, Token![,]>::parse_terminated;
        Options {
            list: parser.parse2(tokens).into_iter().flatten().collect(),
        }
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

    /// The first option that is not one of `known`: where an error about an attribute that
    /// shouldn't be there is reported.
    pub(crate) fn first_but(&self, known: &[&str]) -> Option<&Ident> {
        let mut others = self
            .list
            .iter()
            .filter(|opt| !known.contains(&opt.key().as_str()));
        others.next().map(|opt| &opt.name)
    }

    /// Those that are not of `known`.
    pub(crate) fn others<'a>(&'a self, known: &'a [&str]) -> impl Iterator<Item = &'a Opt> {
        self.list
            .iter()
            .filter(move |opt| !known.contains(&opt.key().as_str()))
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// The string of `name = "string"`.
    pub(crate) fn text(&self, name: &str) -> Option<&LitStr> {
        match self.get(name)?.value.as_ref()? {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The last of the names of `name = [a, b]`.
    pub(crate) fn last_name(&self, name: &str) -> Option<String> {
        match self.get(name)?.value.as_ref()? {
            Value::Text(text) => Some(text.value()),
            Value::Names(names) => names.last().map(LitStr::value),
            _ => None,
        }
    }

    /// The number of `name = 500`.
    pub(crate) fn number(&self, name: &str) -> Option<&LitInt> {
        match self.get(name)?.value.as_ref()? {
            Value::Number(number) => Some(number),
            _ => None,
        }
    }

    /// The path of `crate = path`.
    pub(crate) fn krate(&self) -> Option<&syn::Path> {
        self.path("crate")
    }

    /// The path of `name = path`.
    pub(crate) fn path(&self, name: &str) -> Option<&syn::Path> {
        match self.get(name)?.value.as_ref()? {
            Value::Path(path) => Some(path),
            _ => None,
        }
    }

    /// The paths of `name(path, path)`.
    pub(crate) fn paths(&self, name: &str) -> &[syn::Path] {
        match self.get(name).and_then(|opt| opt.value.as_ref()) {
            Some(Value::Paths(paths)) => paths,
            _ => &[],
        }
    }

    /// The type of `name = Type`.
    pub(crate) fn ty(&self, name: &str) -> Option<&syn::Type> {
        match self.get(name)?.value.as_ref()? {
            Value::Type(ty) => Some(ty),
            _ => None,
        }
    }

    /// The types that stand for the parameters of a generic item.
    pub(crate) fn instantiate(&self) -> Option<&Instantiate> {
        match self.get("instantiate")?.value.as_ref()? {
            Value::Instantiate(list) => Some(list),
            _ => None,
        }
    }

    /// The same options with another string for `name`, located where that of `name` is.
    pub(crate) fn with_text(&self, name: &str, value: &str, span: Span) -> Self {
        let span = self.text(name).map_or(span, LitStr::span);
        let mut list = self.list.clone();
        list.retain(|opt| opt.key() != name && opt.key() != "instantiate");
        list.push(Opt {
            name: Ident::new(name, span),
            value: Some(Value::Text(LitStr::new(value, span))),
        });
        Options { list }
    }

    /// All options but `names`, each followed by a comma.
    pub(crate) fn without(&self, names: &[&str]) -> TokenStream {
        let others = self.list.iter();
        let others = others.filter(|opt| !names.contains(&opt.key().as_str()));
        quote!(#(#others,)*)
    }

    /// The options that wasm-bindgen gets, each followed by a comma.
    pub(crate) fn forwarded(&self, names: &[&str]) -> TokenStream {
        let chosen = self
            .list
            .iter()
            .filter(|opt| names.contains(&opt.key().as_str()));
        quote!(#(#chosen,)*)
    }
}

/// Inside of a recoverable item, wasm-bindgen's attribute means the same as ours.
fn is_ours(attr: &Attribute) -> bool {
    is_our_path(attr.path())
}

fn is_our_path(path: &syn::Path) -> bool {
    let last = path.segments.last();
    last.is_some_and(|last| last.ident == "recoverable" || last.ident == "wasm_bindgen")
}

/// Turns our attributes into wasm-bindgen's, which then parses their options.
pub(crate) fn rename(attrs: &mut [Attribute]) {
    for attr in attrs {
        if is_ours(attr) {
            let path = match &mut attr.meta {
                syn::Meta::Path(path) => path,
                syn::Meta::List(list) => &mut list.path,
                syn::Meta::NameValue(value) => &mut value.path,
            };
            *path = syn::parse_quote!(wasm_bindgen);
        }
    }
}

/// One of the ways that the `cfg_attr`s of a member leave it.
#[derive(Clone, Default)]
pub(crate) struct Variant {
    /// The `cfg`s under which it is this one.
    pub(crate) cfgs: Vec<Attribute>,
    /// Our attributes then.
    ours: Vec<Attribute>,
}

impl Variant {
    /// Takes the attributes that are ours out of the `cfg_attr`s of a member: each of those is one
    /// more way.
    pub(crate) fn take(attrs: &mut Vec<Attribute>) -> Vec<Self> {
        let mut variants = vec![Variant::default()];
        for attr in std::mem::take(attrs) {
            let Some((predicate, ours, others)) = conditional(&attr) else {
                attrs.push(attr);
                continue;
            };
            if !others.is_empty() {
                attrs.push(syn::parse_quote!(#[cfg_attr(#predicate, #(#others),*)]));
            }
            variants = variants
                .into_iter()
                .flat_map(|mut without| {
                    let mut with = without.clone();
                    with.cfgs.push(syn::parse_quote!(#[cfg(#predicate)]));
                    with.ours
                        .extend(ours.iter().map(|meta| syn::parse_quote!(#[#meta])));
                    without
                        .cfgs
                        .push(syn::parse_quote!(#[cfg(not(#predicate))]));
                    [with, without]
                })
                .collect();
        }
        variants
    }

    /// The options of the member in this variant, beside those that it always has.
    pub(crate) fn options(
        &mut self,
        diag: &mut Diag,
        always: &[Attribute],
        place: Place,
    ) -> Options {
        let mut attrs: Vec<_> = always
            .iter()
            .filter(|attr| is_ours(attr))
            .cloned()
            .collect();
        attrs.append(&mut self.ours);
        Options::take(diag, &mut attrs, place)
    }
}

/// Removes our attributes.
pub(crate) fn strip(attrs: &mut Vec<Attribute>) {
    attrs.retain(|attr| !is_ours(attr));
}

/// The predicate of a `cfg_attr`, what of it is ours and what is not, if there is something of ours.
fn conditional(attr: &Attribute) -> Option<(syn::Meta, Vec<syn::Meta>, Vec<syn::Meta>)> {
    if !attr.path().is_ident("cfg_attr") {
        return None;
    }
    let list = attr.meta.require_list().ok()?;
    let parser = Punctuated::<syn::Meta, Token![,]>::parse_terminated;
    let mut metas = parser.parse2(list.tokens.clone()).ok()?.into_iter();
    let predicate = metas.next()?;
    let (ours, others): (Vec<_>, Vec<_>) = metas.partition(|meta| is_our_path(meta.path()));
    (!ours.is_empty()).then_some((predicate, ours, others))
}

impl Opt {
    pub(crate) fn key(&self) -> String {
        self.name.unraw().to_string()
    }

    fn check(&self, diag: &mut Diag, place: Place) -> bool {
        let key = self.key();
        let known = place.options();
        let rows = || known.iter().filter(|(name, ..)| *name == key);
        let row = rows().find(|(_, _, places)| places.contains(&place));
        if let Some((_, takes, places)) = row.or_else(|| rows().next()) {
            let fits = match (takes, &self.value) {
                (Takes::Nothing, value) => value.is_none(),
                (Takes::Text, value) => matches!(value, Some(Value::Text(_))),
                (Takes::MaybeText, value) => matches!(value, None | Some(Value::Text(_))),
                (Takes::Names, value) => matches!(value, Some(Value::Text(_) | Value::Names(_))),
                (Takes::Path, value) => matches!(value, Some(Value::Path(_))),
                (Takes::Paths, value) => matches!(value, Some(Value::Paths(_))),
                (Takes::Type, value) => matches!(value, Some(Value::Type(_))),
                (Takes::Number, value) => matches!(value, Some(Value::Number(_))),
                (Takes::Instantiate, value) => matches!(value, Some(Value::Instantiate(_))),
            };
            if !places.contains(&place) {
                let right: Vec<_> = places.iter().map(|place| place.name()).collect();
                let right = match right.split_last() {
                    Some((last, [])) => (*last).to_owned(),
                    Some((last, others)) => format!("{} or {last}", others.join(", ")),
                    None => unreachable!("every option has a place"),
                };
                diag.error(
                    &self.name,
                    format!(
                        "`{key}` doesn't belong on {}; it goes on {right}",
                        place.name()
                    ),
                );
            } else if let Some(Value::Malformed(error)) = &self.value {
                diag.push(error.clone());
            } else if !fits {
                let form = match takes {
                    Takes::Nothing => format!("`{key}` takes no value; write `{key}` alone"),
                    Takes::Text => format!("`{key}` takes a string; write `{key} = \"…\"`"),
                    Takes::MaybeText => format!(
                        "`{key}` takes a string or nothing; write `{key} = \"…\"`, or `{key}` alone"
                    ),
                    Takes::Names => format!("`{key}` takes names; write `{key} = [a, b]`"),
                    Takes::Path => {
                        let what = match &*key {
                            "crate" => "runtime",
                            "resource" => "GuestResource",
                            _ => "Parent",
                        };
                        format!("`{key}` takes a path; write `{key} = path::to::{what}`")
                    }
                    Takes::Paths => NO_PATHS.to_owned(),
                    Takes::Type => format!("`{key}` takes a type; write `{key} = Type`"),
                    Takes::Number => format!("`{key}` takes a number; write `{key} = 500`"),
                    Takes::Instantiate => format!(
                        "`{key}` takes the types that stand for the parameters; write `{key}(T = u32, f64)`"
                    ),
                };
                diag.error(&self.name, form);
            }
            // A generic item that says so, however wrongly, isn't told to.
            return places.contains(&place) && (fits || key == "instantiate");
        }
        if let Some((_, why)) = REFUSED.iter().find(|(name, _)| *name == key) {
            diag.error(&self.name, format!("`{key}` is not supported: {why}"));
        } else if IMPORT_OPTIONS.iter().any(|(name, ..)| *name == key) {
            diag.error(
                &self.name,
                format!("`{key}` is an option of imports; it goes on an `extern` block, or on an item in one"),
            );
        } else {
            let known: Vec<_> = known
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
        if input.is_empty() || input.peek(Token![,]) {
            return Ok(Opt { name, value: None });
        }
        if name == "instantiate" && input.peek(syn::token::Paren) {
            let content;
            parenthesized!(content in input);
            let parsed = syn::parse2::<Instantiate>(content.parse()?);
            return Ok(Opt {
                name,
                value: Some(match parsed {
                    Ok(list) => Value::Instantiate(Box::new(list)),
                    Err(error) => Value::Malformed(error),
                }),
            });
        }
        if name == "migrate" && input.peek(syn::token::Paren) {
            let content;
            parenthesized!(content in input);
            let parser = Punctuated::<syn::Path, Token![,]>::parse_terminated_with;
            let parser = |input: ParseStream<'_>| parser(input, syn::Path::parse_mod_style);
            let value = match parser.parse2(content.parse()?) {
                Ok(paths) if paths.is_empty() => {
                    Value::Malformed(syn::Error::new(name.span(), NO_PATHS))
                }
                Ok(paths) => Value::Paths(paths.into_iter().collect()),
                Err(error) => Value::Malformed(syn::Error::new(error.span(), NO_PATHS)),
            };
            let value = Some(value);
            return Ok(Opt { name, value });
        }
        let ahead = input.fork();
        let value = match Value::parse(&ahead, &name) {
            Ok(value) if ahead.is_empty() || ahead.peek(Token![,]) => {
                input.advance_to(&ahead);
                value
            }
            // Left to `check`, which knows what the option takes.
            _ => {
                while !input.is_empty() && !input.peek(Token![,]) {
                    input.parse::<TokenTree>()?;
                }
                Value::Other
            }
        };
        Ok(Opt {
            name,
            value: Some(value),
        })
    }
}

impl Value {
    /// Parses `= value`.
    fn parse(input: ParseStream<'_>, option: &Ident) -> syn::Result<Self> {
        input.parse::<Token![=]>()?;
        if option == "crate" {
            return Ok(Value::Path(match input.parse::<Option<LitStr>>()? {
                Some(text) => text.parse()?,
                None => syn::Path::parse_mod_style(input)?,
            }));
        }
        if option == "extends" || option == "resource" {
            return Ok(Value::Path(input.parse()?));
        }
        if option == "migrate" {
            return Ok(Value::Paths(vec![syn::Path::parse_mod_style(input)?]));
        }
        if option == "static_method_of" {
            return Ok(Value::Type(match input.parse::<Option<LitStr>>()? {
                Some(text) => text.parse()?,
                None => input.parse()?,
            }));
        }
        if input.peek(syn::token::Bracket) {
            let content;
            bracketed!(content in input);
            let names = Punctuated::<Name, Token![,]>::parse_terminated(&content)?;
            return Ok(Value::Names(names.into_iter().map(|name| name.0).collect()));
        }
        if input.peek(LitInt) {
            return Ok(Value::Number(input.parse()?));
        }
        Ok(Value::Text(input.parse::<Name>()?.0))
    }
}

const NO_PATHS: &str = "`migrate` takes paths of functions, that from the oldest version first; write `migrate(from_v1, from_v2)`";

/// A name, quoted or not: wasm-bindgen accepts both.
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
            None | Some(Value::Other | Value::Malformed(_)) => quote!(#name),
            Some(Value::Instantiate(list)) => quote!(#name(#list)),
            Some(Value::Text(text)) => quote!(#name = #text),
            Some(Value::Names(names)) => quote!(#name = [#(#names),*]),
            Some(Value::Path(path)) => quote!(#name = #path),
            Some(Value::Paths(paths)) => quote!(#name(#(#paths),*)),
            Some(Value::Type(ty)) => quote!(#name = #ty),
            Some(Value::Number(number)) => quote!(#name = #number),
        });
    }
}
