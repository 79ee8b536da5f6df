//! The migrations that a class names, and what their functions take, as far as the crate's source says it.

use quote::ToTokens;
use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::{FnArg, GenericArgument, Generics, ImplItem, Item, Meta, Path, PathArguments};
use syn::{Signature, Token, Type};

use super::super::classes::{Class, Types, name};
use super::super::finding::Place;
use super::super::source::{Scope, Source};
use super::instances::{Instance, parameters};
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
    instance: &Instance,
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
        let [one] = &meant(types, scope, &taken.path)[..] else {
            return None;
        };
        let item = taken.instantiated(one.item, instance.arguments(&class.item.generics))?;
        Some(Migration {
            from,
            function: path.to_token_stream().to_string().replace(' ', ""),
            at: Place::of(&class.scope.file, path),
            shapes: shapes_of(types, one.scope, &item),
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
fn taken<'s>(source: &'s Source, class: &Class<'_>, path: &Path) -> Option<(&'s Scope, Taken)> {
    let whole = class.scope.path_of(path);
    let class = class.item.ident.to_string();
    let parts = whole.split("::").map(|name| match name {
        "Self" => &class,
        name => name,
    });
    let parts = parts.filter(|name| !["crate", "self", "super"].contains(name));
    let wanted = format!("::{}", Vec::from_iter(parts).join("::"));
    let mut found = vec![];
    for scope in &source.scopes {
        for item in &scope.items {
            match item {
                Item::Fn(function) => {
                    found.extend(one(scope, "", &[], &function.sig, &wanted));
                }
                Item::Impl(block) => {
                    let of = path_in(&block.self_ty);
                    let of = of.and_then(|of| Some(of.segments.last()?.ident.to_string()));
                    let of = of.unwrap_or_default();
                    let around = names(&block.generics);
                    let functions = block.items.iter().filter_map(|item| match item {
                        ImplItem::Fn(function) => {
                            one(scope, &format!("{of}::"), &around, &function.sig, &wanted)
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
        [(scope, Some(taken))] => Some((scope, taken.clone())),
        _ => None,
    }
}

/// What a function takes, if it is that of the path. `around` are the parameters of its block.
fn one<'s>(
    scope: &'s Scope,
    of: &str,
    around: &[String],
    function: &Signature,
    wanted: &str,
) -> Option<(&'s Scope, Option<Taken>)> {
    let path = format!("::{}{of}{}", scope.path, function.ident);
    let taken = || match function.inputs.first() {
        Some(FnArg::Typed(argument)) => Some(Taken {
            path: path_in(&argument.ty)?,
            parameters: [around, &names(&function.generics)].concat(),
        }),
        _ => None,
    };
    path.ends_with(wanted).then(|| (scope, taken()))
}

/// What a function takes.
#[derive(Clone)]
struct Taken {
    path: Path,
    /// The names in it that stand for something else.
    parameters: Vec<String>,
}

impl Taken {
    /// The type with what stands for its parameters in a class that has `of_class`; `None` if that is not known.
    fn instantiated(&self, item: &Item, of_class: Vec<GenericArgument>) -> Option<Item> {
        let generics = match item {
            Item::Struct(item) => &item.generics,
            Item::Enum(item) => &item.generics,
            Item::Type(item) => &item.generics,
            _ => return None,
        };
        if names(generics).is_empty() {
            return Some(item.clone());
        }
        let Item::Struct(item) = item else {
            return None;
        };
        let given: Vec<_> = match &self.path.segments.last()?.arguments {
            PathArguments::AngleBracketed(list) => list
                .args
                .iter()
                .filter(|one| !matches!(one, GenericArgument::Lifetime(_)))
                .cloned()
                .collect(),
            _ => return None,
        };
        let is_parameter = |one: &GenericArgument| {
            let text = one.to_token_stream().to_string();
            self.parameters.contains(&text)
        };
        let has_parameter = |one: &GenericArgument| {
            let text = one.to_token_stream().to_string();
            let mut words = text.split(|letter: char| !letter.is_alphanumeric() && letter != '_');
            words.any(|word| self.parameters.iter().any(|name| name == word))
        };
        let instance = if !given.iter().any(has_parameter) {
            Instance::by_place(generics, given)
        } else if given.iter().all(is_parameter) {
            // Those of the class, in its order: what else they would be, nobody writes.
            Instance::by_place(generics, of_class)
        } else {
            None
        };
        Some(Item::Struct(instance?.put_into_struct(item)))
    }
}

/// The names of parameters.
fn names(generics: &Generics) -> Vec<String> {
    parameters(generics).map(ToString::to_string).collect()
}

/// The path of a type.
fn path_in(ty: &Type) -> Option<Path> {
    match ty {
        Type::Path(path) if path.qself.is_none() => Some(path.path.clone()),
        _ => None,
    }
}
