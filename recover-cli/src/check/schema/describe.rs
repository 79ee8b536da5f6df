//! What the bytes of each class that persists are made of, as the crate's source says it: the fields of its
//! state and of the types of the crate that it holds, and the arguments of the calls that its journal may
//! have. In one form, whatever the source looks like: a line for each field, what is never written left
//! out, and of serde's attributes those that change what is written.

use std::collections::{BTreeMap, BTreeSet};

use quote::ToTokens;
use syn::{
    Attribute, FnArg, GenericArgument, ImplItem, Item, Meta, PathArguments, ReceiverKind, Type,
    Visibility,
};

use super::super::classes::{Class, Defined, Types, listed, options, value};
use super::super::finding::Place;
use super::super::source::{Scope, Source, attributes, string};
use super::steps;

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

/// Shapes by the names of what has them.
pub(super) type Shapes = BTreeMap<String, Shape>;

/// A class.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Described {
    /// By its name in Rust; its bytes have that in JavaScript.
    pub(super) rust: String,
    pub(super) at: Place,
    pub(super) version: u32,
    /// Its state, and what that holds.
    pub(super) state: Shapes,
    /// The calls that its journal may have, by their paths.
    pub(super) calls: Shapes,
    /// What their arguments hold.
    pub(super) arguments: Shapes,
    /// Its migrations, of which the functions were found.
    pub(super) migrations: Vec<Migration>,
}

/// A function from an older version to the next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Migration {
    pub(super) from: u32,
    /// As the class names it.
    pub(super) function: String,
    pub(super) at: Place,
    /// The name of the type that it takes, and what that holds.
    pub(super) argument: String,
    pub(super) shapes: Shapes,
}

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

/// The classes of a crate, by their names in JavaScript.
pub(super) fn classes(source: &Source, types: &Types<'_>) -> BTreeMap<String, Described> {
    let all = types.classes.iter();
    all.map(|class| {
        let rust = class.item.ident.to_string();
        let name = value(&class.options, "js_name").unwrap_or_else(|| rust.clone());
        (name, described(source, types, class, rust))
    })
    .collect()
}

fn described(source: &Source, types: &Types<'_>, class: &Class<'_>, rust: String) -> Described {
    let at = Place::of(&class.scope.file, &class.item.ident);
    let version = value(&class.options, "version").and_then(|version| version.parse().ok());
    let version = version.unwrap_or(0);
    let state = shapes_of(types, &rust);
    let mut calls = Shapes::new();
    let mut arguments = Held::of(types);
    if value(&class.options, "persist").as_deref() == Some("journal") {
        for scope in &source.scopes {
            for item in &scope.items {
                journaled(scope, item, &rust, &mut arguments, &mut calls);
            }
        }
    }
    Described {
        rust,
        at,
        version,
        state,
        calls,
        arguments: arguments.all(),
        migrations: steps::of(source, types, class, version),
    }
}

/// Adds the calls of a block of the class.
fn journaled(scope: &Scope, item: &Item, class: &str, held: &mut Held<'_>, calls: &mut Shapes) {
    let Item::Impl(block) = item else { return };
    let metas = scope.metas(attributes(item));
    let is_of = match &*block.self_ty {
        Type::Path(path) => path
            .path
            .segments
            .last()
            .is_some_and(|it| it.ident == class),
        _ => false,
    };
    if !is_of || scope.named(&metas, "recoverable").is_none() {
        return;
    }
    for item in &block.items {
        let ImplItem::Fn(method) = item else { continue };
        let exported = matches!(method.vis, Visibility::Public(_)) || block.trait_.is_some();
        let Some(FnArg::Receiver(receiver)) = method.sig.inputs.first() else {
            continue;
        };
        let exclusive = matches!(&receiver.kind, ReceiverKind::Reference(_, _, Some(_)));
        let said = [options(scope, &method.attrs), ours(scope, &method.attrs)].concat();
        let is = |name| said.iter().any(|option| option.path().is_ident(name));
        if !exported
            || !exclusive
            || method.sig.asyncness.is_some()
            || is("no_journal")
            || is("skip")
            || !scope.compiles(&method.attrs)
        {
            continue;
        }
        let name = format!("{}{class}::{}", scope.path, method.sig.ident);
        let lines = method.sig.inputs.iter().filter_map(|input| match input {
            FnArg::Typed(argument) => Some(Line {
                text: held.text(scope, &argument.ty),
                at: Place::of(&scope.file, &argument.ty),
            }),
            FnArg::Receiver(_) => None,
        });
        let lines = lines.collect();
        let at = Place::of(&scope.file, &method.sig.ident);
        calls.insert(name, Shape { at, lines });
    }
}

/// The options of a method under the other name of the attribute, which a block takes, too.
fn ours(scope: &Scope, attrs: &[Attribute]) -> Vec<Meta> {
    let metas = scope.metas(attrs);
    let lists = metas.iter().filter_map(|meta| match meta {
        Meta::List(list) if list.path.is_ident("wasm_bindgen") => Some(listed(list)),
        _ => None,
    });
    lists.flatten().collect()
}

/// What a type of the crate is made of, by its name.
pub(super) fn shapes_of(types: &Types<'_>, name: &str) -> Shapes {
    let mut held = Held::of(types);
    held.left.push(name.to_owned());
    held.all()
}

/// The types of the crate that something holds.
struct Held<'s> {
    types: &'s Types<'s>,
    left: Vec<String>,
}

impl<'s> Held<'s> {
    fn of(types: &'s Types<'s>) -> Self {
        let left = vec![];
        Held { types, left }
    }

    /// The shapes of all that was named, and of what that holds.
    fn all(mut self) -> Shapes {
        let mut shapes = Shapes::new();
        let mut seen = BTreeSet::new();
        while let Some(name) = self.left.pop() {
            if !seen.insert(name.clone()) {
                continue;
            }
            let types = self.types;
            let defined = types.defined.get(&name).into_iter().flatten();
            for (index, one) in defined.enumerate() {
                let shape = self.shape(one);
                // Whichever of them is meant.
                let key = match index {
                    0 => name.clone(),
                    more => format!("{name} {}", more + 1),
                };
                shapes.insert(key, shape);
            }
        }
        shapes
    }

    fn shape(&mut self, of: &Defined<'_>) -> Shape {
        let Defined { scope, item } = *of;
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
    fn text(&mut self, scope: &Scope, ty: &Type) -> String {
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
                let (of, length) = (self.text(scope, &array.elem), spelled(&array.len));
                format!("[{of}; {length}]")
            }
            Type::Tuple(tuple) => {
                let parts: Vec<_> = tuple.elems.iter().map(|ty| self.text(scope, ty)).collect();
                match &parts[..] {
                    [one] => format!("({one},)"),
                    parts => format!("({})", parts.join(", ")),
                }
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
        let defined = self.types.defined.contains_key(name);
        let is_std = ["std", "core", "alloc"].contains(&root);
        if defined && !is_std {
            self.left.push(name.to_owned());
        }
        let mut text = match is_std || defined || ["crate", "self", "super"].contains(&root) {
            true => name.to_owned(),
            false => whole.clone(),
        };
        if let PathArguments::AngleBracketed(given) = &last.arguments {
            let given = given.args.iter().filter_map(|one| match one {
                GenericArgument::Lifetime(_) => None,
                GenericArgument::Type(ty) => Some(self.text(scope, ty)),
                other => Some(spelled(other)),
            });
            let given: Vec<_> = given.collect();
            if !given.is_empty() {
                text = format!("{text}<{}>", given.join(", "));
            }
        }
        text
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

fn spelled(tokens: &impl ToTokens) -> String {
    tokens.to_token_stream().to_string()
}
