//! What types of a crate are made of, in one form, whatever the source looks like: a line for each field, what
//! is never written left out, and of serde's attributes those that change what is written. Which of them are
//! classes is not known here.

use std::collections::{BTreeMap, BTreeSet};

use quote::ToTokens;
use syn::{Attribute, GenericArgument, Item, Meta, PathArguments, Type};

use super::super::classes::{Defined, Types, listed, name, options};
use super::super::finding::Place;
use super::super::source::{Scope, attributes, string};
use super::names::{is_constant, meant, number, path_of, spelled};

/// A field, a variant or an argument.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) text: String,
    pub(super) at: Place,
}

/// A type of the crate, or a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Shape {
    pub(super) at: Place,
    pub(super) lines: Vec<Line>,
}

impl Shape {
    /// The texts of its lines.
    pub(super) fn texts(&self) -> Vec<String> {
        self.lines.iter().map(|line| line.text.clone()).collect()
    }
}

/// Shapes by the names of what has them.
pub(super) type Shapes = BTreeMap<String, Shape>;

/// Options of serde's that change which bytes are written, or how they are read.
const WRITTEN: [&str; 15] = [
    "content",
    "deserialize_with",
    "flatten",
    "from",
    "into",
    "other",
    "remote",
    "serialize_with",
    "skip_deserializing",
    "skip_serializing",
    "skip_serializing_if",
    "tag",
    "try_from",
    "untagged",
    "with",
];

/// What a type of the crate is made of, and what that holds; the type itself is under its name.
/// `item` is it, with what stands for its parameters.
pub(super) fn shapes_of(types: &Types<'_>, scope: &Scope, item: &Item) -> Shapes {
    let name = name(item).map(ToString::to_string).unwrap_or_default();
    let root = format!("{}{name}", scope.path);
    let walk = |apart: &BTreeSet<String>| {
        let mut held = Held::of(types, apart);
        held.root = Some(root.clone());
        held.seen.insert(root.clone());
        let shape = held.shape(scope, item);
        held.shapes.insert(name.clone(), shape);
        held.all()
    };
    let (_, seen) = walk(&BTreeSet::new());
    walk(&apart(&seen)).0
}

/// Of the types that were met, the names that several of them have. A name that one alone of those has
/// says which it is, in whatever module: so types may move.
pub(super) fn apart(seen: &BTreeSet<String>) -> BTreeSet<String> {
    let mut once = BTreeSet::new();
    let names = seen.iter().filter_map(|path| path.rsplit("::").next());
    names
        .filter(|name| !once.insert(*name))
        .map(ToOwned::to_owned)
        .collect()
}

/// The types of the crate that something holds.
pub(super) struct Held<'s> {
    types: &'s Types<'s>,
    /// The names that have to be told apart by their modules.
    apart: &'s BTreeSet<String>,
    /// The path of the type that all others are held by, which keeps its name.
    root: Option<String>,
    left: Vec<(String, &'s Defined<'s>)>,
    /// By their paths.
    seen: BTreeSet<String>,
    shapes: Shapes,
}

impl<'s> Held<'s> {
    pub(super) fn of(types: &'s Types<'s>, apart: &'s BTreeSet<String>) -> Self {
        Held {
            types,
            apart,
            root: None,
            left: vec![],
            seen: BTreeSet::new(),
            shapes: Shapes::new(),
        }
    }

    /// The shapes of all that was named, and of what that holds; and the paths of these.
    pub(super) fn all(mut self) -> (Shapes, BTreeSet<String>) {
        while let Some((name, one)) = self.left.pop() {
            if !self.seen.insert(path_of(one)) {
                continue;
            }
            let shape = self.shape(one.scope, one.item);
            let key = self.key(&name, one);
            self.shapes.insert(key, shape);
        }
        (self.shapes, self.seen)
    }

    /// What a type is called in the file.
    fn key(&self, name: &str, one: &Defined<'_>) -> String {
        let path = path_of(one);
        match self.apart.contains(name) && self.root.as_ref() != Some(&path) {
            true => path,
            false => name.to_owned(),
        }
    }

    fn shape(&mut self, scope: &Scope, item: &Item) -> Shape {
        let mut lines = vec![];
        let at = |part: &dyn ToTokens| Place::of(&scope.file, &part.to_token_stream());
        let mut line = |text: String, at: Place| lines.push(Line { text, at });
        let attrs = attributes(item);
        let (serde, held) = self.serde(scope, attrs);
        let place = match item {
            Item::Struct(item) => at(&item.ident),
            Item::Enum(item) => at(&item.ident),
            Item::Type(item) => at(&item.ident),
            item => at(item),
        };
        if !serde.is_empty() {
            line(serde, place.clone());
        }
        if held {
            // Another type is written in its place.
            return Shape { at: place, lines };
        }
        match item {
            Item::Struct(item) => {
                let metas = options(scope, &item.attrs);
                for option in &metas {
                    if let (true, Meta::NameValue(pair)) =
                        (option.path().is_ident("extends"), option)
                        && let syn::Expr::Path(path) = &pair.value
                    {
                        let parent = Type::Path(syn::TypePath {
                            attrs: vec![],
                            qself: None,
                            path: path.path.clone(),
                        });
                        let text = self.text(scope, &parent);
                        line(format!("extends {text}"), at(&path.path));
                    }
                }
                for (text, place) in self.fields(scope, &item.fields) {
                    line(text, place);
                }
            }
            Item::Enum(item) => {
                for variant in &item.variants {
                    if !scope.compiles(&variant.attrs) {
                        continue;
                    }
                    let (serde, held) = self.serde(scope, &variant.attrs);
                    let fields = match held {
                        true => vec![],
                        false => self.fields(scope, &variant.fields),
                    };
                    let fields: Vec<_> = fields.into_iter().map(|(text, _)| text).collect();
                    let fields = match fields.is_empty() {
                        true => String::new(),
                        false => format!(" {{ {} }}", fields.join(", ")),
                    };
                    let skipped = match is_skipped(scope, &variant.attrs) {
                        true => "#[serde(skip)] ",
                        false => "",
                    };
                    let serde = match serde.is_empty() {
                        true => String::new(),
                        false => format!("{serde} "),
                    };
                    line(
                        format!("{skipped}{serde}{}{fields}", variant.ident),
                        at(&variant.ident),
                    );
                }
            }
            Item::Type(item) => line(format!("= {}", self.text(scope, &item.ty)), at(&item.ty)),
            _ => {}
        }
        Shape { at: place, lines }
    }

    /// The fields that are written.
    fn fields(&mut self, scope: &Scope, fields: &syn::Fields) -> Vec<(String, Place)> {
        let mut found = vec![];
        for (index, field) in fields.iter().enumerate() {
            if !scope.compiles(&field.attrs) || is_skipped(scope, &field.attrs) {
                continue;
            }
            let name = match &field.ident {
                Some(name) => name.to_string(),
                None => index.to_string(),
            };
            let (serde, held) = self.serde(scope, &field.attrs);
            let left = self.left.len();
            let mut text = format!("{name}: {}", self.text(scope, &field.ty));
            if held {
                // Written by a function of the user's: what the type holds says nothing.
                self.left.truncate(left);
            }
            if !serde.is_empty() {
                text = format!("{serde} {text}");
            }
            let at = match &field.ident {
                Some(name) => Place::of(&scope.file, name),
                None => Place::of(&scope.file, &field.ty),
            };
            found.push((text, at));
        }
        found
    }

    /// What serde is told that counts, and whether something else is written in place of what stands there.
    fn serde(&mut self, scope: &Scope, attrs: &[Attribute]) -> (String, bool) {
        let mut told = BTreeSet::new();
        let mut otherwise = false;
        for meta in scope.metas(attrs) {
            let Meta::List(list) = &meta else { continue };
            if !list.path.is_ident("serde") {
                continue;
            }
            for option in listed(list) {
                let name = option.path().to_token_stream().to_string();
                if !WRITTEN.contains(&&*name) {
                    continue;
                }
                let given = match &option {
                    Meta::NameValue(pair) => string(&pair.value),
                    _ => None,
                };
                if ["from", "try_from", "into"].contains(&&*name)
                    && let Some(ty) = given.as_deref().and_then(|ty| syn::parse_str(ty).ok())
                {
                    self.text(scope, &ty);
                }
                otherwise |= [
                    "from",
                    "try_from",
                    "into",
                    "remote",
                    "with",
                    "serialize_with",
                    "deserialize_with",
                ]
                .contains(&&*name);
                told.insert(match given {
                    Some(given) => format!("{name} = {given:?}"),
                    None => name,
                });
            }
        }
        let text = match told.is_empty() {
            true => String::new(),
            false => format!("#[serde({})]", Vec::from_iter(told).join(", ")),
        };
        (text, otherwise)
    }

    /// A type in one form; those of the crate are described, too.
    pub(super) fn text(&mut self, scope: &Scope, ty: &Type) -> String {
        match ty {
            Type::Path(path) if path.qself.is_none() => self.path(scope, &path.path),
            Type::Paren(inner) => self.text(scope, &inner.elem),
            Type::Group(inner) => self.text(scope, &inner.elem),
            Type::Reference(reference) => {
                let mutable = match reference.mutability {
                    Some(_) => "mut ",
                    None => "",
                };
                format!("&{mutable}{}", self.text(scope, &reference.elem))
            }
            Type::Slice(slice) => format!("[{}]", self.text(scope, &slice.elem)),
            Type::Array(array) => {
                let (of, length) = (
                    self.text(scope, &array.elem),
                    number(self.types, scope, &array.len),
                );
                format!("[{of}; {length}]")
            }
            Type::Tuple(tuple) => {
                let parts: Vec<_> = tuple.elems.iter().map(|ty| self.text(scope, ty)).collect();
                match &parts[..] {
                    [one] => format!("({one},)"),
                    parts => format!("({})", parts.join(", ")),
                }
            }
            Type::Path(path) => {
                // What its trait says of a type, by that and by what the type holds.
                if let Some(of) = &path.qself {
                    self.text(scope, &of.ty);
                }
                spelled(path)
            }
            other => spelled(other),
        }
    }

    fn path(&mut self, scope: &Scope, path: &syn::Path) -> String {
        let Some(last) = path.segments.last() else {
            return String::new();
        };
        let whole = scope.path_of(path);
        let (root, name) = match (whole.split_once("::"), whole.rsplit_once("::")) {
            (Some((root, _)), Some((_, name))) => (root, name),
            _ => ("", &*whole),
        };
        let is_std = ["std", "core", "alloc"].contains(&root);
        let meant = match is_std {
            true => vec![],
            false => meant(self.types, scope, path),
        };
        self.left
            .extend(meant.iter().map(|one| (name.to_owned(), *one)));
        let mut text = match (&meant[..], is_std) {
            ([one], _) => self.key(name, one),
            ([], true) => name.to_owned(),
            _ => {
                let is_here = ["crate", "self", "super"].contains(&root);
                match is_here && meant.is_empty() {
                    true => name.to_owned(),
                    false => whole.clone(),
                }
            }
        };
        if let PathArguments::AngleBracketed(given) = &last.arguments {
            let given = given.args.iter();
            let given: Vec<_> = given.filter_map(|one| self.argument(scope, one)).collect();
            if !given.is_empty() {
                text = format!("{text}<{}>", given.join(", "));
            }
        }
        text
    }

    /// An argument of a type in one form; lifetimes are in no bytes.
    pub(super) fn argument(&mut self, scope: &Scope, of: &GenericArgument) -> Option<String> {
        Some(match of {
            GenericArgument::Lifetime(_) => return None,
            GenericArgument::Type(Type::Path(path)) if self.is_number(scope, path) => {
                let path = syn::ExprPath {
                    attrs: vec![],
                    qself: None,
                    path: path.path.clone(),
                };
                number(self.types, scope, &syn::Expr::Path(path))
            }
            GenericArgument::Type(ty) => self.text(scope, ty),
            GenericArgument::Const(of) => number(self.types, scope, of),
            other => spelled(other),
        })
    }

    /// Whether an argument that looks like a type is a constant.
    fn is_number(&self, scope: &Scope, path: &syn::TypePath) -> bool {
        let name = path.path.segments.last().map(|last| last.ident.to_string());
        let is_type = name.is_some_and(|name| self.types.defined.contains_key(&name));
        path.qself.is_none() && !is_type && is_constant(self.types, scope, &path.path)
    }
}

/// Whether serde leaves it out of both.
fn is_skipped(scope: &Scope, attrs: &[Attribute]) -> bool {
    let mut both = [false, false];
    for meta in scope.metas(attrs) {
        let Meta::List(list) = &meta else { continue };
        if !list.path.is_ident("serde") {
            continue;
        }
        for option in listed(list) {
            let is = |name| option.path().is_ident(name);
            both[0] |= is("skip") || is("skip_serializing");
            both[1] |= is("skip") || is("skip_deserializing");
        }
    }
    both == [true, true]
}
