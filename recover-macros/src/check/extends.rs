//! The rules of a struct that extends another one.

use crate::diag::Diag;
use crate::ir::{PARENT, Struct};
use syn::Fields;

/// The struct can have the field of its parent, and the parent is named as JavaScript has it.
pub(super) fn structure(diag: &mut Diag, structure: &Struct) {
    let (item, options) = (&structure.item, &structure.options);
    let Some(path) = options.path("extends") else {
        for name in ["extends_js_class", "extends_js_namespace"] {
            if let Some(option) = options.get(name) {
                let message = format!(
                    "`{name}` says how JavaScript names the parent; add `extends = Parent`"
                );
                diag.error(&option.name, message);
            }
        }
        return;
    };
    if path.is_ident(&item.ident) || path.is_ident("Self") {
        diag.error(
            path,
            "a class can't extend itself; name the struct of its parent",
        );
        return;
    }
    if !item.generics.params.is_empty() {
        diag.error(
            &item.generics,
            "a generic struct can't extend another one; hold the parent in a field and export the methods that JavaScript needs",
        );
        return;
    }
    if structure.parent.is_some() {
        return;
    }
    let field = item.fields.iter().filter_map(|field| field.ident.as_ref());
    match &item.fields {
        Fields::Unnamed(fields) => diag.error(
            fields,
            "`extends` adds a field, `parent`, and those of a tuple struct have no names; give the fields names",
        ),
        _ => diag.error(
            field.into_iter().find(|ident| *ident == PARENT),
            "`extends` adds a field of this name, which holds the parent; remove it, or give it another name",
        ),
    }
}
