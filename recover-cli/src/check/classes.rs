//! The types that a crate defines, and which of them are classes that persist: what the rules about
//! states begin with. What is right of a state is not known here.

use std::collections::BTreeMap;

use syn::punctuated::Punctuated;
use syn::{Expr, Ident, Item, Meta, Token};

use super::source::{Scope, Source, string};

/// A type of the crate.
pub(super) struct Defined<'s> {
    pub(super) scope: &'s Scope,
    pub(super) item: &'s Item,
}

/// A class whose objects live on as bytes.
pub(super) struct Class<'s> {
    pub(super) scope: &'s Scope,
    pub(super) item: &'s syn::ItemStruct,
    pub(super) options: Vec<Meta>,
}

/// All of a crate's.
pub(super) struct Types<'s> {
    /// Where they are.
    pub(super) scopes: &'s [Scope],
    /// By name. Several modules may each have one of a name.
    pub(super) defined: BTreeMap<String, Vec<Defined<'s>>>,
    /// In the order of the source.
    pub(super) classes: Vec<Class<'s>>,
}

impl<'s> Types<'s> {
    /// Those of a crate.
    pub(super) fn of(source: &'s Source) -> Self {
        let mut defined: BTreeMap<String, Vec<Defined<'_>>> = BTreeMap::new();
        let mut classes = vec![];
        for scope in &source.scopes {
            for item in &scope.items {
                let Some(name) = name(item) else { continue };
                let all = defined.entry(name.to_string()).or_default();
                all.push(Defined { scope, item });
                let Item::Struct(item) = item else { continue };
                let options = options(scope, &item.attrs);
                if value(&options, "persist").is_some_and(|value| value != "none") {
                    classes.push(Class {
                        scope,
                        item,
                        options,
                    });
                }
            }
        }
        Types {
            scopes: &source.scopes,
            defined,
            classes,
        }
    }
}

/// The name of a type.
pub(super) fn name(item: &Item) -> Option<&Ident> {
    match item {
        Item::Struct(item) => Some(&item.ident),
        Item::Enum(item) => Some(&item.ident),
        Item::Type(item) => Some(&item.ident),
        _ => None,
    }
}

/// The options of `#[recoverable]` on something.
pub(super) fn options(scope: &Scope, attrs: &[syn::Attribute]) -> Vec<Meta> {
    let metas = scope.metas(attrs);
    match scope.named(&metas, "recoverable") {
        Some(Meta::List(list)) => listed(list),
        _ => vec![],
    }
}

/// What stands in the parentheses of an attribute.
pub(super) fn listed(list: &syn::MetaList) -> Vec<Meta> {
    let parser = Punctuated::<Meta, Token![,]>::parse_terminated;
    let options = list.parse_args_with(parser).unwrap_or_default();
    options.into_iter().collect()
}

/// The value of an option, a string, a name or a number.
pub(super) fn value(options: &[Meta], name: &str) -> Option<String> {
    options.iter().find_map(|option| match option {
        Meta::NameValue(pair) if pair.path.is_ident(name) => match &pair.value {
            Expr::Path(path) => path.path.segments.last().map(|last| last.ident.to_string()),
            Expr::Lit(literal) => match &literal.lit {
                syn::Lit::Int(number) => Some(number.base10_digits().to_owned()),
                _ => string(&pair.value),
            },
            _ => None,
        },
        _ => None,
    })
}
