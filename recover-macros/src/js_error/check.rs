//! The rules, one function each. Every message names its fix and is reported at
//! the tokens that broke the rule.
//!
//! Nothing is derived here: a rule only looks at what `ir` holds.

use super::ir::{Case, ErrorType, Field, Role};
use super::names;
use crate::diag::Diag;
use std::collections::HashMap;
use syn::{GenericParam, LitStr};

pub(super) fn check(error_type: &ErrorType<'_>, diag: &mut Diag) {
    check_kind(error_type, diag);
    check_generics(error_type, diag);
    check_classes(error_type, diag);
    check_unique_classes(error_type, diag);
    for case in &error_type.cases {
        check_extends(error_type.options_of(case).extends.as_ref(), diag);
        check_code(case, diag);
        if error_type.is_transparent(case) {
            check_transparent(error_type, case, diag);
        } else {
            check_fields(case, diag);
        }
    }
    if error_type.base.is_some() {
        check_extends(error_type.options.extends.as_ref(), diag);
    }
}

/// A union has no one value that could be turned into a class.
fn check_kind(error_type: &ErrorType<'_>, diag: &mut Diag) {
    if let syn::Data::Union(data) = &error_type.original.data {
        diag.error(
            data.union_token,
            "a union has no JavaScript error class; use an enum",
        );
    }
}

/// A class is made once, and what is thrown outlives every borrow.
fn check_generics(error_type: &ErrorType<'_>, diag: &mut Diag) {
    for param in &error_type.original.generics.params {
        match param {
            GenericParam::Lifetime(lifetime) => diag.error(
                lifetime,
                "a thrown error outlives what it borrows; own the data (`String` for `&str`) and remove the lifetime",
            ),
            _ => diag.error(
                param,
                "a generic item can't be exported, JavaScript has no type parameters; remove the parameters, or export a wrapper of one concrete type",
            ),
        }
    }
}

/// A class needs a name that JavaScript can declare and that no one else has.
fn check_classes(error_type: &ErrorType<'_>, diag: &mut Diag) {
    let classes = error_type.classes().map(|case| &case.class);
    for class in error_type.base.iter().chain(classes) {
        let name = class.value();
        let fault = if !names::is_identifier(&name) {
            format!("`{name}` is not a JavaScript identifier")
        } else if names::is_reserved(&name) {
            format!("`{name}` is a reserved word of JavaScript or TypeScript")
        } else if names::is_global(&name) {
            format!("the class `{name}` would hide the one of JavaScript")
        } else if names::is_recovers(&name) {
            format!("`{name}` is exported or used by recover itself")
        } else {
            continue;
        };
        diag.error(
            class,
            format!("{fault}; choose another with `#[js_error(name = \"…\")]`"),
        );
    }
}

/// All classes are top level exports of one module.
fn check_unique_classes(error_type: &ErrorType<'_>, diag: &mut Diag) {
    let base = error_type.base.as_ref().map(LitStr::value);
    let mut seen: HashMap<String, &Case<'_>> = HashMap::new();
    for case in error_type.classes() {
        let name = case.class.value();
        if base.as_ref() == Some(&name) {
            diag.error(
                &case.class,
                format!(
                    "variant `{}` and its enum both claim the class `{name}`; rename one with `#[js_error(name = \"…\")]`",
                    case.ident
                ),
            );
        } else if let Some(first) = seen.get(&name) {
            diag.error(
                &case.class,
                format!(
                    "variants `{}` and `{}` both claim the class `{name}`; rename one with `#[js_error(name = \"…\")]`",
                    first.ident, case.ident
                ),
            );
        } else {
            seen.insert(name, case);
        }
    }
}

/// Only builtins whose constructor takes `(message, options)` can be extended.
fn check_extends(extends: Option<&LitStr>, diag: &mut Diag) {
    let Some(extends) = extends else { return };
    if !names::EXTENDABLE.contains(&extends.value().as_str()) {
        diag.error(
            extends,
            format!(
                "`{}` is not a builtin error that a class can extend; use one of `{}`",
                extends.value(),
                names::EXTENDABLE.join("`, `")
            ),
        );
    }
}

/// `code` is what programs compare; an empty one, or one with a line break, is a mistake.
fn check_code(case: &Case<'_>, diag: &mut Diag) {
    let code = case.code.value();
    if code.is_empty() || code.contains(char::is_control) {
        diag.error(
            &case.code,
            "an error code is one non-empty line; write `#[js_error(code = \"E_…\")]` or remove the option",
        );
    }
}

/// A transparent case is nothing but its field: the field's conversion decides
/// on class, code and properties.
fn check_transparent(error_type: &ErrorType<'_>, case: &Case<'_>, diag: &mut Diag) {
    let options = error_type.options_of(case);
    if case.fields.len() != 1 {
        diag.error(
            &options.transparent,
            format!(
                "`transparent` takes its class from one field, but this has {}; leave one field or remove `transparent`",
                case.fields.len()
            ),
        );
    }
    let taken = [
        ("name", &options.name),
        ("code", &options.code),
        ("extends", &options.extends),
    ];
    for (name, option) in taken {
        if let Some(option) = option {
            diag.error(
                option,
                format!("a `transparent` error has no `{name}` of its own; remove `{name}` or `transparent`"),
            );
        }
    }
    for field in &case.fields {
        let Field { options, .. } = field;
        let marks = [&options.skip, &options.cause]
            .into_iter()
            .flatten()
            .map(|o| (o.span(), o.to_string()));
        let texts = [
            ("js_name", &options.js_name),
            ("typescript_type", &options.typescript_type),
        ]
        .into_iter()
        .filter_map(|(name, option)| option.as_ref().map(|o| (o.span(), name.to_owned())));
        for (span, name) in marks.chain(texts) {
            let message =
                format!("the field of a `transparent` error is the error; remove `{name}`");
            diag.push(syn::Error::new(span, message));
        }
    }
}

fn check_fields(case: &Case<'_>, diag: &mut Diag) {
    check_roles(case, diag);
    check_one_cause(case, diag);
    check_properties(case, diag);
    check_unique_properties(case, diag);
}

/// A field is data, or the cause, or left out.
fn check_roles(case: &Case<'_>, diag: &mut Diag) {
    for Field { options, .. } in &case.fields {
        if let (Some(skip), Some(_)) = (&options.skip, &options.cause) {
            diag.error(skip, "a field can't be both `skip` and `cause`; keep one");
        }
        let role = options.skip.as_ref().or(options.cause.as_ref());
        let data = options
            .js_name
            .as_ref()
            .or(options.typescript_type.as_ref());
        if let (Some(role), Some(data)) = (role, data) {
            let name = if options.js_name.is_some() {
                "js_name"
            } else {
                "typescript_type"
            };
            diag.error(
                data,
                format!(
                    "a `{role}` field has no property to name or type; remove `{name}` or `{role}`"
                ),
            );
        }
    }
}

/// An error has one cause.
fn check_one_cause(case: &Case<'_>, diag: &mut Diag) {
    for field in case.with_role(Role::Cause).skip(1) {
        diag.error(
            &field.options.cause,
            format!("`{}` has two fields marked `cause`; keep one", case.ident),
        );
    }
}

/// A property must be a name, and must leave the error's own members alone.
fn check_properties(case: &Case<'_>, diag: &mut Diag) {
    for field in case.with_role(Role::Data) {
        let property = field.property.value();
        if field.options.js_name.is_some() && !names::is_identifier(&property) {
            diag.error(
                &field.property,
                format!("`{property}` is not a JavaScript identifier; choose another `js_name`"),
            );
        } else if names::is_member(&property) {
            diag.error(
                &field.property,
                format!(
                    "`{property}` is a member of every error class; name the property with `#[js_error(js_name = \"…\")]` or leave it out with `#[js_error(skip)]`"
                ),
            );
        }
    }
}

/// Two fields can't share a property.
fn check_unique_properties(case: &Case<'_>, diag: &mut Diag) {
    let mut seen = HashMap::new();
    for field in case.with_role(Role::Data) {
        if seen.insert(field.property.value(), ()).is_some() {
            diag.error(
                &field.property,
                format!("two fields of `{}` claim the property `{}`; rename one with `#[js_error(js_name = \"…\")]`", case.ident, field.property.value()),
            );
        }
    }
}
