//! What the bytes of each class that persists are made of, as the crate's source says it: its version, its
//! state (`shapes.rs`), the arguments of the calls that its journal may have, and its migrations.

use std::collections::BTreeMap;

use syn::{Attribute, FnArg, ImplItem, Item, Meta, ReceiverKind, Type, Visibility};

use super::super::classes::{Class, Types, listed, options, value};
use super::super::finding::Place;
use super::super::source::{Scope, Source, attributes};
use super::shapes::{Held, Line, Shape, Shapes, shapes_of};
use super::steps::{self, Migration};

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
