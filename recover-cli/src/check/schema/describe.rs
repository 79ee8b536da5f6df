//! What the bytes of each class that persists are made of, as the crate's source says it: its version, its
//! state (`shapes.rs`) and its migrations. The calls that its journal may have are found by `calls.rs`.

use std::collections::BTreeMap;

use syn::Item;

use super::super::classes::{Class, Types, value};
use super::super::finding::Place;
use super::super::source::Source;
use super::calls::{self, Call};
use super::instances::{self, Instance};
use super::kept::Kept;
use super::shapes::{Shapes, shapes_of};
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
    /// The calls that its journal may have, by the names that the journal has for them.
    pub(super) calls: BTreeMap<String, Call>,
    /// Its migrations, of which the functions were found.
    pub(super) migrations: Vec<Migration>,
}

impl Described {
    /// What its calls take.
    pub(super) fn took(&self) -> Kept {
        let calls = self.calls.iter();
        calls
            .map(|(name, call)| (name.clone(), call.shape.texts()))
            .collect()
    }

    /// The same, as the source writes it.
    pub(super) fn written(&self) -> Kept {
        let calls = self.calls.iter();
        calls
            .filter(|(_, call)| !call.written.is_empty())
            .map(|(name, call)| (name.clone(), call.written.clone()))
            .collect()
    }

    /// What the arguments of some of its calls hold.
    pub(super) fn arguments(&self, of: impl Fn(&str) -> bool) -> Shapes {
        let calls = self.calls.iter().filter(|(name, _)| of(name));
        calls.flat_map(|(_, call)| call.holds.clone()).collect()
    }
}

/// The classes of a crate, by their names in JavaScript: a generic one is a class for each instantiation.
pub(super) fn classes(source: &Source, types: &Types<'_>) -> BTreeMap<String, Described> {
    let mut all = BTreeMap::new();
    for class in &types.classes {
        let rust = class.item.ident.to_string();
        let given = value(&class.options, "js_name").unwrap_or_else(|| rust.clone());
        for instance in instances::of(&class.options) {
            let name = instance.class(&given, &class.item.generics);
            let described = described(source, types, class, &instance, &name);
            all.insert(name, described);
        }
    }
    all
}

fn described(
    source: &Source,
    types: &Types<'_>,
    class: &Class<'_>,
    instance: &Instance,
    name: &str,
) -> Described {
    let at = Place::of(&class.scope.file, &class.item.ident);
    let version = value(&class.options, "version").and_then(|version| version.parse().ok());
    let version = version.unwrap_or(0);
    let item = Item::Struct(instance.put_into_struct(class.item));
    let journals = value(&class.options, "persist").as_deref() == Some("journal");
    Described {
        rust: class.item.ident.to_string(),
        at,
        version,
        state: shapes_of(types, class.scope, &item),
        calls: match journals {
            true => calls::of(source, types, class, instance, name),
            false => BTreeMap::new(),
        },
        migrations: steps::of(source, types, class, instance, version),
    }
}
