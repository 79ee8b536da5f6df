//! Persistent states that can be written and not read back: what serde reads by name or by looking
//! ahead, where the bytes have neither names nor types.

use std::collections::BTreeSet;

use syn::visit::{self, Visit};
use syn::{Attribute, Fields, Ident, Item, Meta, Type};

use super::classes::{Defined, Types, listed};
use super::finding::Finding;
use super::source::{Scope, attributes};

/// Types whose `Deserialize` asks the bytes what they are.
const LOOKS_AHEAD: [&str; 12] = [
    "serde_json::Value",
    "serde_json::Map",
    "serde_json::Number",
    "serde_json::value::Value",
    "serde_json::value::RawValue",
    "serde_yaml::Value",
    "serde_yml::Value",
    "serde_value::Value",
    "toml::Value",
    "toml::Table",
    "ciborium::Value",
    "serde::de::IgnoredAny",
];

/// Options of serde's that postcard can write and not read, with what to do instead.
const UNREADABLE: [(&str, &str); 6] = [
    (
        "skip_serializing_if",
        "remove it: a field is always expected",
    ),
    (
        "skip_serializing",
        "write `skip`, which leaves the field out of both",
    ),
    (
        "skip_deserializing",
        "write `skip`, which leaves the field out of both",
    ),
    ("flatten", "make it a field like any other"),
    ("untagged", "remove it: a variant is known by its number"),
    ("tag", "remove it: a variant is known by its number"),
];

/// The findings of a crate, in the classes that persist and in what they hold.
pub(super) fn check(types: &Types<'_>, findings: &mut Vec<Finding>) {
    let classes = types.classes.iter();
    let mut left: Vec<_> = classes
        .map(|class| class.item.ident.to_string())
        .map(|name| (name.clone(), name))
        .collect();
    let mut seen = BTreeSet::new();
    while let Some((class, name)) = left.pop() {
        if !seen.insert(name.clone()) {
            continue;
        }
        for one in types.defined.get(&name).into_iter().flatten() {
            let held = judge(one, &class, findings);
            left.extend(held.into_iter().map(|name| (class.clone(), name)));
        }
    }
}

/// Judges a type, and names the types that it holds.
fn judge(of: &Defined<'_>, class: &str, findings: &mut Vec<Finding>) -> Vec<String> {
    let Defined { scope, item } = of;
    let own = scope.metas(attributes(item));
    let mut held = Held {
        scope,
        class,
        names: vec![],
        findings,
    };
    if held.options(&own) == Reads::Otherwise {
        return held.names;
    }
    match item {
        Item::Struct(item) => held.fields(&item.fields),
        Item::Enum(item) => {
            for variant in &item.variants {
                if held.options(&scope.metas(&variant.attrs)) == Reads::AsWritten {
                    held.fields(&variant.fields);
                }
            }
        }
        Item::Type(item) => held.visit_type(&item.ty),
        _ => {}
    }
    held.names
}

/// How serde reads something.
#[derive(PartialEq, Eq)]
enum Reads {
    /// As it is written, or not at all.
    AsWritten,
    /// By code of the user's, or not: nobody here can say.
    Otherwise,
}

struct Held<'a, 's> {
    scope: &'s Scope,
    class: &'a str,
    names: Vec<String>,
    findings: &'a mut Vec<Finding>,
}

impl Held<'_, '_> {
    fn fields(&mut self, fields: &Fields) {
        for field in fields {
            let metas = self.metas(&field.attrs);
            if self.options(&metas) == Reads::AsWritten {
                self.visit_type(&field.ty);
            }
        }
    }

    fn metas(&self, attrs: &[Attribute]) -> Vec<Meta> {
        self.scope.metas(attrs)
    }

    /// Judges what serde is told.
    fn options(&mut self, metas: &[Meta]) -> Reads {
        let mut reads = Reads::AsWritten;
        for meta in metas {
            let Meta::List(list) = meta else { continue };
            if !list.path.is_ident("serde") {
                continue;
            }
            let given = listed(list);
            // Left out of both.
            let is = |name| given.iter().any(|option| option.path().is_ident(name));
            let skips = is("skip_serializing") && is("skip_deserializing");
            for option in given {
                let Some(name) = option.path().get_ident() else {
                    continue;
                };
                let name = name.to_string();
                if skips && name.starts_with("skip_") {
                    reads = Reads::Otherwise;
                    continue;
                }
                match &*name {
                    "skip" | "with" | "deserialize_with" | "from" | "try_from" | "remote" => {
                        reads = Reads::Otherwise;
                    }
                    _ => {}
                }
                if let Some((_, fix)) = UNREADABLE.iter().find(|(known, _)| *known == name) {
                    self.unreadable(option.path(), &format!("`#[serde({name})]`"), fix);
                }
            }
        }
        reads
    }

    fn unreadable(&mut self, at: &impl syn::spanned::Spanned, what: &str, fix: &str) {
        self.findings.push(Finding::new(
            &self.scope.file,
            at,
            "unreadable-state",
            format!(
                "{what} in the state of `{}`, which persists, can be written and not read back: its objects are lost at the first rollback or revival",
                self.class
            ),
            fix,
        ));
    }
}

impl<'ast> Visit<'ast> for Held<'_, '_> {
    fn visit_type_path(&mut self, ty: &'ast syn::TypePath) {
        let whole = self.scope.path_of(&ty.path);
        if LOOKS_AHEAD.contains(&&*whole) {
            self.unreadable(
                &ty.path,
                &format!("`{whole}`"),
                "keep it as a string, or as a type of your own",
            );
        } else if let Some(last) = ty.path.segments.last() {
            let name: &Ident = &last.ident;
            let imported = whole.rsplit("::").next().unwrap_or_default().to_owned();
            self.names.push(name.to_string());
            self.names.push(imported);
        }
        visit::visit_type_path(self, ty);
    }

    fn visit_type(&mut self, ty: &'ast Type) {
        visit::visit_type(self, ty);
    }
}
