//! The rules of generic items: types stand for each parameter, and each instantiation has a name
//! of its own.

use crate::attr::Options;
use crate::diag::Diag;
use crate::instances::{Instance, class_named, is_const, of, parameters};
use crate::instantiate::{Instantiate, Value};
use crate::ir::{Impl, Struct};
use crate::sig::part;
use proc_macro2::{Ident, TokenStream};
use quote::ToTokens;
use std::collections::HashSet;
use syn::visit_mut::{VisitMut, visit_type_mut};
use syn::{GenericParam, Generics, LitStr, Type};

/// JavaScript passes values of concrete types, and lends nothing for longer than a call. So types
/// stand for all parameters, and there are no lifetimes.
pub(super) fn generics(diag: &mut Diag, generics: &Generics, options: &Options) {
    let lifetime = |param: &&GenericParam| matches!(param, GenericParam::Lifetime(_));
    let Some(list) = options.instantiate() else {
        if generics.params.is_empty() || options.has("instantiate") {
        } else if generics.params.iter().all(|param| lifetime(&param)) {
            diag.error(generics, LIFETIME);
        } else {
            diag.error(generics, GENERIC);
        }
        return;
    };
    for param in generics.params.iter().filter(lifetime) {
        diag.error(param, LIFETIME);
    }
    if parameters(generics).next().is_none() {
        if generics.params.is_empty() {
            let option = options.get("instantiate").map(|option| &option.name);
            diag.error(
                option,
                "the item has no parameters that types could stand for; remove `instantiate`",
            );
        }
        return;
    }
    check_params(diag, generics, list);
    check_rows(diag, generics, list, options);
}

const GENERIC: &str = "JavaScript has no type parameters; name the types to export, `#[recoverable(instantiate(T = u32, f64))]`, or remove the parameters";
const LIFETIME: &str = "an exported item has no lifetime parameters; elide the lifetime of an argument, own what a struct holds";

/// `instantiate` names each parameter of the item once, and no other.
fn check_params(diag: &mut Diag, generics: &Generics, list: &Instantiate) {
    let mut known = HashSet::new();
    for param in &list.params {
        if !parameters(generics).any(|other| other == param) {
            diag.error(
                param,
                format!(
                    "the item has no parameter `{param}`; it has {}",
                    names(generics)
                ),
            );
        } else if !known.insert(param) {
            diag.error(param, format!("`{param}` is given twice; remove one"));
        }
    }
    let all: Vec<_> = parameters(generics).collect();
    for param in all.iter().filter(|param| !list.params.contains(param)) {
        let form: Vec<_> = all.iter().map(|param| param.to_string()).collect();
        let form = form.join(", ");
        diag.error(
            param,
            format!("no type stands for `{param}`; write `instantiate(({form}) = (…), (…))`"),
        );
    }
}

fn names(generics: &Generics) -> String {
    let names: Vec<_> = parameters(generics)
        .map(|name| format!("`{name}`"))
        .collect();
    names.join(", ")
}

/// A row has a value of the right kind for each parameter. Values are owned: what JavaScript
/// lends to a call has no type of its own.
fn check_rows(diag: &mut Diag, generics: &Generics, list: &Instantiate, options: &Options) {
    if list.rows.is_empty() {
        let option = options.get("instantiate").map(|option| &option.name);
        diag.error(
            option,
            format!("no type stands for {}; name at least one", names(generics)),
        );
    }
    for row in &list.rows {
        if row.args.len() != list.params.len() {
            let expected = list.params.len();
            diag.push(syn::Error::new(
                row.span,
                format!(
                    "expected a row of {expected}, in the order of the parameters; write `(…, …)`"
                ),
            ));
            continue;
        }
        for (param, given) in list.params.iter().zip(&row.args) {
            match &given.value {
                Value::Const(_) if !is_const(generics, param) => {
                    if parameters(generics).any(|known| known == param) {
                        diag.error(&given.value, format!("`{param}` is a type; name one"));
                    }
                }
                Value::Type(ty) if is_const(generics, param) => {
                    if !matches!(**ty, Type::Path(_)) {
                        diag.error(ty, format!("`{param}` is a constant; give a literal, or an expression in braces"));
                    }
                }
                Value::Type(ty) => {
                    if let Some(borrow) = part(ty, |ty| matches!(ty, Type::Reference(_))) {
                        diag.error(
                            borrow,
                            "a value that JavaScript passes is owned; name an owned type",
                        );
                    }
                }
                Value::Const(_) => {}
            }
            check_label(diag, given.name.as_ref());
            if given.label().is_none() {
                diag.error(
                    &given.value,
                    "this has no name in JavaScript; add one, `as Name`",
                );
            }
        }
    }
}

/// A name is a part of an identifier.
fn check_label(diag: &mut Diag, name: Option<&LitStr>) {
    let part = |letter: char| letter.is_alphanumeric() || matches!(letter, '_' | '$');
    if let Some(name) = name
        && (name.value().is_empty() || !name.value().chars().all(part))
    {
        diag.error(
            name,
            "a name has letters, digits, `_` and `$`; choose another",
        );
    }
}

/// The type behind `T::Item` is known by the bounds of `T` only: a concrete type has no bounds.
pub(super) fn projections<'a>(
    diag: &mut Diag,
    types: impl Iterator<Item = &'a Type>,
    generics: &[&Generics],
) {
    for ty in types {
        let mut projections = Projections {
            generics,
            found: Vec::new(),
        };
        projections.visit_type_mut(&mut ty.clone());
        for (ty, param) in projections.found {
            diag.error(
                ty,
                format!("the bounds of `{param}`, which say whose type this is, don't hold for what stands for it; write `<{param} as Trait>::…`"),
            );
        }
    }
}

struct Projections<'a> {
    generics: &'a [&'a Generics],
    found: Vec<(TokenStream, Ident)>,
}

impl VisitMut for Projections<'_> {
    fn visit_type_mut(&mut self, ty: &mut Type) {
        visit_type_mut(self, ty);
        if let Type::Path(path) = &*ty
            && path.qself.is_none()
            && path.path.segments.len() > 1
            && let Some(first) = path.path.segments.first()
            && let mut known = self
                .generics
                .iter()
                .flat_map(|generics| parameters(generics))
            && known.any(|param| *param == first.ident)
        {
            self.found.push((ty.to_token_stream(), first.ident.clone()));
        }
    }
}

/// No two instantiations have the same name, and a name has no place that nothing fills.
fn check_names(
    diag: &mut Diag,
    instances: &[Instance<'_>],
    pattern: Option<&LitStr>,
    name: impl Fn(&Instance<'_>) -> Option<String>,
) {
    let mut taken = HashSet::new();
    for instance in instances {
        // What has no name was reported where it stands.
        let Some(name) = name(instance) else { continue };
        if name.contains(['{', '}']) {
            diag.error(
                pattern,
                format!("`{name}` has a place that no parameter fills; a parameter stands in braces, as in `{{T}}`"),
            );
            return;
        }
        if !taken.insert(name.clone()) {
            let again = instance.span();
            diag.push(syn::Error::new(
                again,
                format!("`{name}` is here twice; remove one, or give it another name, `as Name`"),
            ));
        }
    }
}

/// The names of a function's instantiations. The loader calls one function, and a class has one
/// constructor and one property of a name.
pub(super) fn function(diag: &mut Diag, options: &Options, sig: &syn::Signature) {
    if options.instantiate().is_none() {
        return;
    }
    for other in ["start", "constructor", "getter", "setter"] {
        if let Some(other) = options.get(other) {
            diag.error(
                &other.name,
                "there is one of it, and a generic function is exported for each type; remove the option",
            );
        }
    }
    let instances = of(options, &sig.generics);
    check_names(diag, &instances, options.text("js_name"), |instance| {
        Some(instance.function(options, &sig.ident)?.0)
    });
}

/// The names of a struct's instantiations.
pub(super) fn structure(diag: &mut Diag, structure: &Struct) {
    let instances = of(&structure.options, &structure.item.generics);
    let pattern = structure.options.text("js_name");
    check_names(diag, &instances, pattern, |instance| {
        instance.class(structure)
    });
    let fields = structure.fields.iter().map(|field| &field.ty);
    projections(diag, fields, &[&structure.item.generics]);
}

/// The class of a block has a name, whichever type it is of.
pub(super) fn block(diag: &mut Diag, block: &Impl) {
    let pattern = block.options.text("js_class");
    let instances = of(&block.options, &block.item.generics);
    check_names(diag, &instances, pattern, |instance| {
        instance.class_of(block)
    });
    if block.item.generics.params.is_empty()
        && pattern.is_none()
        && block.type_name().is_some()
        && class_named(None, &block.item.self_ty, None).is_none()
    {
        diag.error(
            &block.item.self_ty,
            "the class has a name that this type does not give; write it, `js_class = \"Name\"`",
        );
    }
}
