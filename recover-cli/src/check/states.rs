//! Persistent states that can be written and not read back: what serde reads by name or by looking
//! ahead, where the bytes have neither names nor types.

use std::collections::{BTreeMap, BTreeSet};

use syn::punctuated::Punctuated;
use syn::visit::{self, Visit};
use syn::{Attribute, Fields, Ident, Item, Meta, Token, Type};

use super::finding::Finding;
use super::source::{Scope, Source, attributes, string};

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

/// A type of the crate.
struct Defined<'s> {
    scope: &'s Scope,
    item: &'s Item,
}

/// The findings of a crate, in the classes that persist and in what they hold.
pub(super) fn check(source: &Source, findings: &mut Vec<Finding>) {
    let mut defined: BTreeMap<String, Vec<Defined<'_>>> = BTreeMap::new();
    let mut left = vec![];
    for scope in &source.scopes {
        for item in &scope.items {
            let name = match item {
                Item::Struct(item) => &item.ident,
                Item::Enum(item) => &item.ident,
                Item::Type(item) => &item.ident,
                _ => continue,
            };
            let all = defined.entry(name.to_string()).or_default();
            all.push(Defined { scope, item });
            if persists(scope, item) {
                left.push((name.to_string(), name.to_string()));
            }
        }
    }
    let mut seen = BTreeSet::new();
    while let Some((class, name)) = left.pop() {
        if !seen.insert(name.clone()) {
            continue;
        }
        for one in defined.get(&name).into_iter().flatten() {
            let held = judge(one, &class, findings);
            left.extend(held.into_iter().map(|name| (class.clone(), name)));
        }
    }
}

/// Whether it is a class whose objects live on as bytes.
fn persists(scope: &Scope, item: &Item) -> bool {
    let metas = scope.metas(attributes(item));
    let Some(Meta::List(list)) = scope.named(&metas, "recoverable") else {
        return false;
    };
    let parser = Punctuated::<Meta, Token![,]>::parse_terminated;
    let options = list.parse_args_with(parser).unwrap_or_default();
    options.iter().any(|option| match option {
        Meta::NameValue(pair) if pair.path.is_ident("persist") => {
            string(&pair.value).is_some_and(|value| value != "none")
        }
        _ => false,
    })
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
            let parser = Punctuated::<Meta, Token![,]>::parse_terminated;
            for option in list.parse_args_with(parser).unwrap_or_default() {
                let Some(name) = option.path().get_ident() else {
                    continue;
                };
                let name = name.to_string();
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
