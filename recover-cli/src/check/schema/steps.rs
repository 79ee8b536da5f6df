//! The migrations that a class names, and what their functions take, as far as the crate's source says it.

use quote::ToTokens;
use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::{FnArg, ImplItem, Item, Meta, Path, Signature, Token, Type};

use super::super::classes::{Class, Types, name};
use super::super::finding::Place;
use super::super::source::{Scope, Source};
use super::names::meant;
use super::shapes::{Shapes, shapes_of};

/// A function from an older version to the next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Migration {
    pub(super) from: u32,
    /// As the class names it.
    pub(super) function: String,
    pub(super) at: Place,
    /// The name of the type that it takes, and what that and its own types are made of.
    pub(super) argument: String,
    pub(super) shapes: Shapes,
}

/// Those of a class whose functions are in the crate, under one path.
pub(super) fn of(
    source: &Source,
    types: &Types<'_>,
    class: &Class<'_>,
    version: u32,
) -> Vec<Migration> {
    let paths = named(&class.options);
    let first = u32::try_from(paths.len()).ok();
    let Some(first) = first.and_then(|many| version.checked_sub(many)) else {
        // A compile error.
        return vec![];
    };
    let all = paths.iter().zip(first..).filter_map(|(path, from)| {
        let (scope, taken) = taken(source, class, path)?;
        let [one] = &meant(types, scope, &taken)[..] else {
            return None;
        };
        Some(Migration {
            from,
            function: path.to_token_stream().to_string().replace(' ', ""),
            at: Place::of(&class.scope.file, path),
            shapes: shapes_of(types, one.scope, one.item),
            argument: name(one.item)?.to_string(),
        })
    });
    all.collect()
}

/// The paths of the option.
fn named(options: &[Meta]) -> Vec<Path> {
    let option = options
        .iter()
        .find(|option| option.path().is_ident("migrate"));
    match option {
        Some(Meta::List(list)) => {
            let parser = Punctuated::<Path, Token![,]>::parse_terminated;
            let paths = parser.parse2(list.tokens.clone()).unwrap_or_default();
            paths.into_iter().collect()
        }
        Some(Meta::NameValue(pair)) => match &pair.value {
            syn::Expr::Path(path) => vec![path.path.clone()],
            _ => vec![],
        },
        _ => vec![],
    }
}

/// The type that the function takes, and where it says so, if there is one function of that path.
fn taken<'s>(source: &'s Source, class: &Class<'_>, path: &Path) -> Option<(&'s Scope, Path)> {
    let whole = class.scope.path_of(path);
    let class = class.item.ident.to_string();
    let names = whole.split("::").map(|name| match name {
        "Self" => &class,
        name => name,
    });
    let names = names.filter(|name| !["crate", "self", "super"].contains(name));
    let wanted = format!("::{}", Vec::from_iter(names).join("::"));
    let mut found = vec![];
    for scope in &source.scopes {
        for item in &scope.items {
            match item {
                Item::Fn(function) => found.extend(one(scope, "", &function.sig, &wanted)),
                Item::Impl(block) => {
                    let of = path_in(&block.self_ty);
                    let of = of.and_then(|of| Some(of.segments.last()?.ident.to_string()));
                    let of = of.unwrap_or_default();
                    let functions = block.items.iter().filter_map(|item| match item {
                        ImplItem::Fn(function) => {
                            one(scope, &format!("{of}::"), &function.sig, &wanted)
                        }
                        _ => None,
                    });
                    found.extend(functions);
                }
                _ => {}
            }
        }
    }
    match &found[..] {
        [(scope, Some(path))] => Some((scope, path.clone())),
        _ => None,
    }
}

/// What a function takes, if it is that of the path.
fn one<'s>(
    scope: &'s Scope,
    of: &str,
    function: &Signature,
    wanted: &str,
) -> Option<(&'s Scope, Option<Path>)> {
    let path = format!("::{}{of}{}", scope.path, function.ident);
    let taken = || match function.inputs.first() {
        Some(FnArg::Typed(argument)) => path_in(&argument.ty),
        _ => None,
    };
    path.ends_with(wanted).then(|| (scope, taken()))
}

/// The path of a type.
fn path_in(ty: &Type) -> Option<Path> {
    match ty {
        Type::Path(path) if path.qself.is_none() => Some(path.path.clone()),
        _ => None,
    }
}
