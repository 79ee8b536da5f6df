//! The migrations that a class names, and what their functions take, as far as the crate's source says it.

use quote::ToTokens;
use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::{FnArg, ImplItem, Item, Meta, Path, Signature, Token, Type};

use super::super::classes::{Class, Types};
use super::super::finding::Place;
use super::super::source::{Scope, Source};
use super::describe::{Migration, shapes_of};

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
        let taken = taken(source, class, path)?;
        Some(Migration {
            from,
            function: path.to_token_stream().to_string().replace(' ', ""),
            at: Place::of(&class.scope.file, path),
            shapes: shapes_of(types, &taken),
            argument: taken,
        })
    });
    all.filter(|migration| !migration.shapes.is_empty())
        .collect()
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

/// The name of the type that the function takes, if there is one function of that path.
fn taken(source: &Source, class: &Class<'_>, path: &Path) -> Option<String> {
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
                    let of = last(&block.self_ty).unwrap_or_default();
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
        [Some(name)] => Some(name.clone()),
        _ => None,
    }
}

/// What a function takes, if it is that of the path.
fn one(scope: &Scope, of: &str, function: &Signature, wanted: &str) -> Option<Option<String>> {
    let path = format!("::{}{of}{}", scope.path, function.ident);
    path.ends_with(wanted)
        .then(|| match function.inputs.first() {
            Some(FnArg::Typed(argument)) => last(&argument.ty),
            _ => None,
        })
}

/// The name of a type.
fn last(ty: &Type) -> Option<String> {
    match ty {
        Type::Path(path) => path.path.segments.last().map(|last| last.ident.to_string()),
        _ => None,
    }
}
