//! What a type says as it is written. What it means is the compiler's to know.

use syn::Type;

/// The type inside the groups that `macro_rules` and parentheses put around it.
pub(crate) fn unwrapped(ty: &Type) -> &Type {
    match ty {
        Type::Group(group) => unwrapped(&group.elem),
        Type::Paren(paren) => unwrapped(&paren.elem),
        other => other,
    }
}
