//! A crate's source as it is compiled for wasm: modules followed to their files, items left out that
//! a `cfg` rules out, and what each name was imported as. No rule lives here.

use std::collections::{BTreeMap, BTreeSet};

use cargo_platform::Cfg;
use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::{Attribute, Item, Meta, UseTree};

use crate::error::{Error, one_line};

/// How the source is read.
pub(crate) struct Read<'a> {
    /// The text of a file, if there is one.
    pub(crate) text: &'a dyn Fn(&str) -> Option<String>,
    /// What is set when the crate is compiled.
    pub(crate) cfgs: &'a [Cfg],
}

/// A module, without the modules in it.
pub(crate) struct Scope {
    /// The file it is in.
    pub(crate) file: String,
    /// Its path in the crate, each name with `::` behind it.
    pub(crate) path: String,
    /// What is compiled of it.
    pub(crate) items: Vec<Item>,
    /// What a name was imported as, by its path.
    pub(crate) imported: BTreeMap<String, String>,
    /// The modules of which all names were imported.
    pub(crate) globs: Vec<String>,
    /// What is set when it is compiled.
    pub(crate) cfgs: Vec<Cfg>,
}

/// A crate.
pub(crate) struct Source {
    /// Its modules.
    pub(crate) scopes: Vec<Scope>,
}

impl Source {
    /// Reads a crate, from the file of its root.
    pub(crate) fn of(root: &str, read: &Read<'_>) -> Result<Self, Error> {
        let mut walk = Walk {
            read,
            scopes: vec![],
            seen: BTreeSet::new(),
        };
        let folder = parent(root).to_owned();
        walk.file(root, &folder, "")?;
        Ok(Source {
            scopes: walk.scopes,
        })
    }
}

impl Scope {
    /// The attributes of an item that apply.
    pub(crate) fn metas(&self, attrs: &[Attribute]) -> Vec<Meta> {
        metas(attrs, &self.cfgs)
    }

    /// Whether something with these attributes is compiled.
    pub(crate) fn compiles(&self, attrs: &[Attribute]) -> bool {
        is_compiled(attrs, &self.cfgs)
    }

    /// The whole path of what is named here, as far as its imports say.
    pub(crate) fn path_of(&self, path: &syn::Path) -> String {
        let mut names: Vec<String> = path
            .segments
            .iter()
            .map(|part| part.ident.to_string())
            .collect();
        if let Some(whole) = names.first().and_then(|first| self.imported.get(first)) {
            names[0].clone_from(whole);
        }
        names.join("::")
    }

    /// The attributes of this crate's that are `name`, under whichever name they were imported.
    pub(crate) fn named<'m>(&self, metas: &'m [Meta], name: &str) -> Option<&'m Meta> {
        metas.iter().find(|meta| {
            let whole = self.path_of(meta.path());
            whole.rsplit("::").next() == Some(name)
        })
    }
}

/// The attributes of an item, those in a `cfg_attr` that applies included.
fn metas(attrs: &[Attribute], cfgs: &[Cfg]) -> Vec<Meta> {
    let mut found = vec![];
    for attr in attrs {
        add(&attr.meta, cfgs, &mut found);
    }
    found
}

fn add(meta: &Meta, cfgs: &[Cfg], found: &mut Vec<Meta>) {
    let Meta::List(list) = meta else {
        found.push(meta.clone());
        return;
    };
    if !list.path.is_ident("cfg_attr") {
        found.push(meta.clone());
        return;
    }
    let parser = Punctuated::<Meta, syn::Token![,]>::parse_terminated;
    let Ok(parts) = parser.parse2(list.tokens.clone()) else {
        return;
    };
    let mut parts = parts.iter();
    if parts.next().is_some_and(|condition| holds(condition, cfgs)) {
        parts.for_each(|part| add(part, cfgs, found));
    }
}

/// Whether a condition is met.
fn holds(condition: &Meta, cfgs: &[Cfg]) -> bool {
    let name = |path: &syn::Path| {
        path.get_ident()
            .map(ToString::to_string)
            .unwrap_or_default()
    };
    match condition {
        Meta::Path(path) => {
            let wanted = name(path);
            cfgs.iter()
                .any(|cfg| matches!(cfg, Cfg::Name(set) if set.name == wanted))
        }
        Meta::NameValue(pair) => {
            let (wanted, value) = (name(&pair.path), string(&pair.value).unwrap_or_default());
            cfgs.iter().any(
                |cfg| matches!(cfg, Cfg::KeyPair(set, to) if set.name == wanted && *to == value),
            )
        }
        Meta::List(list) => {
            let parser = Punctuated::<Meta, syn::Token![,]>::parse_terminated;
            let Ok(parts) = list.parse_args_with(parser) else {
                return true;
            };
            match &*name(&list.path) {
                "not" => !parts.iter().any(|part| holds(part, cfgs)),
                "any" => parts.iter().any(|part| holds(part, cfgs)),
                _ => parts.iter().all(|part| holds(part, cfgs)),
            }
        }
    }
}

/// Whether the `cfg`s of an item let it be compiled.
fn is_compiled(attrs: &[Attribute], cfgs: &[Cfg]) -> bool {
    metas(attrs, cfgs).iter().all(|meta| match meta {
        Meta::List(list) if list.path.is_ident("cfg") => list
            .parse_args::<Meta>()
            .map_or(true, |condition| holds(&condition, cfgs)),
        _ => true,
    })
}

/// Where a module is.
struct Places<'a> {
    file: &'a str,
    /// Where its modules are.
    folder: &'a str,
    /// Where its `#[path]`s begin.
    paths: &'a str,
}

struct Walk<'a> {
    read: &'a Read<'a>,
    scopes: Vec<Scope>,
    seen: BTreeSet<String>,
}

impl Walk<'_> {
    /// A file, whose modules are in `folder`, and the path of its own.
    fn file(&mut self, file: &str, folder: &str, path: &str) -> Result<(), Error> {
        if !self.seen.insert(file.to_owned()) {
            return Ok(());
        }
        let items = self.parse(file)?;
        let places = Places {
            file,
            folder,
            paths: parent(file),
        };
        self.scope(&places, path, items)
    }

    fn parse(&self, file: &str) -> Result<Vec<Item>, Error> {
        let text = (self.read.text)(file).ok_or_else(|| Error::NotRust {
            place: file.to_owned(),
            reason: "there is no such file".to_owned(),
        })?;
        let parsed = syn::parse_file(&text).map_err(|error| {
            let at = error.span().start();
            Error::NotRust {
                place: format!("{file}:{}:{}", at.line, at.column + 1),
                reason: one_line(&error.to_string()),
            }
        })?;
        Ok(match is_compiled(&parsed.attrs, self.read.cfgs) {
            true => parsed.items,
            false => vec![],
        })
    }

    /// The items of a module.
    fn scope(&mut self, at: &Places<'_>, path: &str, items: Vec<Item>) -> Result<(), Error> {
        let Places { file, folder, .. } = *at;
        let mut scope = Scope {
            file: file.to_owned(),
            path: path.to_owned(),
            items: vec![],
            imported: BTreeMap::new(),
            globs: vec![],
            cfgs: self.read.cfgs.to_vec(),
        };
        let mut modules = vec![];
        let mut left: Vec<Item> = items.into_iter().rev().collect();
        while let Some(item) = left.pop() {
            if !is_compiled(attributes(&item), self.read.cfgs) {
                continue;
            }
            match item {
                Item::Mod(module) => modules.push(module),
                Item::Use(item) => imports(&item.tree, "", &mut scope),
                Item::Macro(call) if call.mac.path.is_ident("include") => {
                    if let Ok(name) = call.mac.parse_body::<syn::LitStr>() {
                        let included = joined(parent(file), &name.value());
                        let items = self.parse(&included)?;
                        // Its places are those of another file.
                        let places = Places {
                            file: &included,
                            folder,
                            paths: parent(&included),
                        };
                        self.scope(&places, path, items)?;
                    }
                }
                item => scope.items.push(item),
            }
        }
        self.scopes.push(scope);
        for module in modules {
            self.module(at, path, module)?;
        }
        Ok(())
    }

    fn module(&mut self, at: &Places<'_>, path: &str, module: syn::ItemMod) -> Result<(), Error> {
        let Places {
            file,
            folder,
            paths,
        } = *at;
        let name = module.ident.to_string();
        let name = name.trim_start_matches("r#");
        let path = format!("{path}{name}::");
        let given = metas(&module.attrs, self.read.cfgs)
            .into_iter()
            .find_map(|meta| match meta {
                Meta::NameValue(pair) if pair.path.is_ident("path") => string(&pair.value),
                _ => None,
            });
        if let Some((_, items)) = module.content {
            let inner = joined(folder, given.as_deref().unwrap_or(name));
            let places = Places {
                file,
                folder: &inner,
                paths: &inner,
            };
            return self.scope(&places, &path, items);
        }
        if let Some(given) = given {
            let given = joined(paths, &given);
            let folder = parent(&given).to_owned();
            return self.file(&given, &folder, &path);
        }
        let folder = joined(folder, name);
        let places = [format!("{folder}.rs"), format!("{folder}/mod.rs")];
        let found = places
            .iter()
            .find(|place| (self.read.text)(place).is_some());
        match found {
            Some(place) => self.file(place, &folder, &path),
            None => {
                let at = module.ident.span().start();
                Err(Error::NotRust {
                    place: format!("{file}:{}:{}", at.line, at.column + 1),
                    reason: format!("there is neither {} nor {}", places[0], places[1]),
                })
            }
        }
    }
}

/// The text of a string literal.
pub(super) fn string(value: &syn::Expr) -> Option<String> {
    match value {
        syn::Expr::Lit(literal) => match &literal.lit {
            syn::Lit::Str(text) => Some(text.value()),
            _ => None,
        },
        _ => None,
    }
}

fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(parent, _)| parent)
}

/// A path from a folder, without its `.` and `..`.
fn joined(folder: &str, path: &str) -> String {
    if path.starts_with('/') {
        return path.to_owned();
    }
    let mut parts: Vec<&str> = folder.split('/').collect();
    if folder.is_empty() {
        parts.clear();
    }
    for part in path.split(['/', '\\']) {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

fn imports(tree: &UseTree, before: &str, scope: &mut Scope) {
    let whole = |name: &syn::Ident| match before {
        "" => name.to_string(),
        before => format!("{before}::{name}"),
    };
    match tree {
        UseTree::Path(path) => imports(&path.tree, &whole(&path.ident), scope),
        UseTree::Name(name) if name.ident == "self" => {
            let last = before.rsplit("::").next().unwrap_or_default();
            scope.imported.insert(last.to_owned(), before.to_owned());
        }
        UseTree::Name(name) => {
            scope
                .imported
                .insert(name.ident.to_string(), whole(&name.ident));
        }
        UseTree::Rename(renamed) => {
            let path = match renamed.ident == "self" {
                true => before.to_owned(),
                false => whole(&renamed.ident),
            };
            scope.imported.insert(renamed.rename.to_string(), path);
        }
        UseTree::Group(group) => {
            for tree in &group.items {
                imports(tree, before, scope);
            }
        }
        UseTree::Glob(_) => scope.globs.push(before.to_owned()),
    }
}

/// The attributes of an item of any kind.
pub(super) fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::ExternCrate(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::ForeignMod(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::TraitAlias(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Union(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}
