//! The calls that the journal of a class may have: what their arguments are made of, and how the source
//! writes these, which a stored journal knows a method by.

use std::collections::{BTreeMap, BTreeSet};

use syn::{Attribute, FnArg, ImplItem, ImplItemFn, Item, ItemImpl, Meta, Pat, PathArguments};
use syn::{ReceiverKind, Type, Visibility};

use super::super::classes::{Class, Types, listed, options};
use super::super::finding::Place;
use super::super::source::{Scope, Source, attributes};
use super::instances::{self, Instance};
use super::names::{meant, path_of, spelled};
use super::shapes::{Held, Line, Shape, Shapes, apart};

/// A call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Call {
    /// Its arguments.
    pub(super) shape: Shape,
    /// The same, with their names, as the source writes them.
    pub(super) written: Vec<String>,
    /// What they hold.
    pub(super) holds: Shapes,
}

/// A method of which calls are journaled, with what stands for the parameters around it.
struct Journaled<'s> {
    name: String,
    scope: &'s Scope,
    method: &'s ImplItemFn,
    instances: [Instance; 2],
}

/// Those of one instantiation of a class, by their names in its journal: `Class::method`, in whatever
/// module.
pub(super) fn of(
    source: &Source,
    types: &Types<'_>,
    class: &Class<'_>,
    instance: &Instance,
    name: &str,
) -> BTreeMap<String, Call> {
    let mut methods = vec![];
    for scope in &source.scopes {
        for item in &scope.items {
            let Item::Impl(block) = item else { continue };
            let metas = scope.metas(attributes(item));
            if scope.named(&metas, "recoverable").is_none() {
                continue;
            }
            for given in instances::of(&options(scope, &block.attrs)) {
                if is_of(types, scope, block, &given, class, instance) {
                    add(scope, block, &given, name, &mut methods);
                }
            }
        }
    }
    // Which names have to be told apart is known when all were met.
    let mut seen = BTreeSet::new();
    for method in &methods {
        seen.extend(method.call(types, &BTreeSet::new()).1);
    }
    let apart = apart(&seen);
    let calls = methods.iter();
    calls
        .map(|method| (method.name.clone(), method.call(types, &apart).0))
        .collect()
}

/// Whether a block, with what stands for its parameters, is one of the class with what stands for its own.
fn is_of(
    types: &Types<'_>,
    scope: &Scope,
    block: &ItemImpl,
    given: &Instance,
    class: &Class<'_>,
    instance: &Instance,
) -> bool {
    let Type::Path(path) = given.put_into(&block.self_ty) else {
        return false;
    };
    let whole = format!("{}{}", class.scope.path, class.item.ident);
    let is_class = meant(types, scope, &path.path)
        .into_iter()
        .any(|one| path_of(one) == whole);
    let Some(last) = path.path.segments.last() else {
        return false;
    };
    let of_block = match &last.arguments {
        PathArguments::AngleBracketed(list) => list.args.iter().cloned().collect(),
        _ => vec![],
    };
    let of_class = instance.arguments(&class.item.generics);
    let none = BTreeSet::new();
    let mut held = Held::of(types, &none);
    let mut texts = |scope, all: &[_]| -> Vec<_> {
        let all = all.iter();
        all.filter_map(|one| held.argument(scope, one)).collect()
    };
    is_class && (of_class.is_empty() || texts(scope, &of_block) == texts(class.scope, &of_class))
}

/// Adds the methods of a block of the class.
fn add<'s>(
    scope: &'s Scope,
    block: &'s ItemImpl,
    given: &Instance,
    class: &str,
    methods: &mut Vec<Journaled<'s>>,
) {
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
        for own in instances::of(&said) {
            let name = own.method(&method.sig.ident, &method.sig.generics);
            methods.push(Journaled {
                name: format!("{class}::{name}"),
                scope,
                method,
                instances: [given.clone(), own],
            });
        }
    }
}

impl Journaled<'_> {
    /// The call, and the paths of the types that it holds.
    fn call(&self, types: &Types<'_>, apart: &BTreeSet<String>) -> (Call, BTreeSet<String>) {
        let scope = self.scope;
        let mut held = Held::of(types, apart);
        let (mut lines, mut written) = (vec![], vec![]);
        for input in &self.method.sig.inputs {
            let FnArg::Typed(argument) = input else {
                continue;
            };
            let given = self.instances.iter();
            let ty = given.fold((*argument.ty).clone(), |ty, given| given.put_into(&ty));
            lines.push(Line {
                text: held.text(scope, &ty),
                at: Place::of(&scope.file, &argument.ty),
            });
            let name = match &*argument.pat {
                Pat::Ident(name) => name.ident.to_string(),
                _ => "_".to_owned(),
            };
            written.push(format!("{name}: {}", compact(&ty)));
        }
        let at = Place::of(&scope.file, &self.method.sig.ident);
        let shape = Shape { at, lines };
        let (holds, seen) = held.all();
        let call = Call {
            shape,
            written,
            holds,
        };
        (call, seen)
    }
}

/// The tokens of a type, without the spaces between them that nobody writes. A comma at the end is one: the
/// journal has it, too.
fn compact(ty: &Type) -> String {
    let mut text = spelled(ty);
    for (from, to) in [
        (" :: ", "::"),
        (":: ", "::"),
        (" < ", "<"),
        ("< ", "<"),
        (" >", ">"),
        (" ,", ","),
        (" ;", ";"),
        ("& ", "&"),
    ] {
        text = text.replace(from, to);
    }
    text
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
