//! Types of std that many try first, and that no conversion exists for. rustc would say no more than
//! that. Types of the user's are left to the bounds of the runtime, and so is what an alias hides.

use crate::diag::Diag;
use crate::types::unwrapped;
use syn::{GenericArgument, PathArguments, Type};

/// JavaScript has no tuples, and no object that a map of Rust's stands for.
pub(super) fn without_conversion<'a>(diag: &mut Diag, types: impl Iterator<Item = &'a Type>) {
    for ty in types {
        each_value(ty, &mut |ty| match ty {
            Type::Tuple(tuple) if !tuple.elems.is_empty() => diag.error(
                tuple,
                "JavaScript has no tuples; give the values names in a struct with `#[recoverable]`",
            ),
            Type::Path(path) => {
                let last = path.path.segments.last();
                let map = last.filter(|last| is_map(last));
                if let Some(map) = map {
                    let name = &map.ident;
                    diag.error(
                        path,
                        format!("a `{name}` has no conversion to a JavaScript value; write `js_sys::Map`, or `JsValue` and convert it by `serde_wasm_bindgen`"),
                    );
                }
            }
            _ => {}
        });
    }
}

/// wasm-bindgen borrows arguments, and not what is in them. That of a reference is no part of `types`.
pub(super) fn borrowed_inside<'a>(diag: &mut Diag, types: impl Iterator<Item = &'a Type>) {
    for ty in types {
        each_value(ty, &mut |ty| {
            if let Type::Reference(reference) = ty {
                diag.error(
                    reference,
                    "a borrow inside of another type has no conversion from JavaScript; take the value itself",
                );
            }
        });
    }
}

/// Whether a type is a map of std's: a name of the user's own has other arguments.
fn is_map(last: &syn::PathSegment) -> bool {
    let count = match &last.arguments {
        PathArguments::AngleBracketed(list) => list.args.len(),
        _ => 0,
    };
    (last.ident == "HashMap" || last.ident == "BTreeMap") && count >= 2
}

/// Calls `see` with each type that is converted with `ty`, from the outside. What the arguments of
/// other types mean is theirs to say.
fn each_value(ty: &Type, see: &mut impl FnMut(&Type)) {
    let ty = unwrapped(ty);
    see(ty);
    match ty {
        Type::Reference(reference) => each_value(&reference.elem, see),
        Type::Slice(slice) => each_value(&slice.elem, see),
        Type::Path(path) => {
            let Some(last) = path.path.segments.last() else {
                return;
            };
            let wraps = ["Option", "Vec", "Box", "Result"];
            if let PathArguments::AngleBracketed(list) = &last.arguments
                && wraps.iter().any(|name| last.ident == name)
                && let Some(GenericArgument::Type(ty)) = list.args.first()
            {
                each_value(ty, see);
            }
        }
        _ => {}
    }
}
