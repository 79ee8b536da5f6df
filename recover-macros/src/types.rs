//! Types as they were written, whoever asks: the grammar of options and signatures. No option and
//! no signature is known here.

use quote::ToTokens;
use syn::Type;

/// The type inside the groups that `macro_rules` and parentheses put around it.
pub(crate) fn unwrapped(ty: &Type) -> &Type {
    match ty {
        Type::Group(group) => unwrapped(&group.elem),
        Type::Paren(paren) => unwrapped(&paren.elem),
        other => other,
    }
}

/// Whether two types are written alike.
pub(crate) fn is_same(one: &Type, other: &Type) -> bool {
    one.to_token_stream().to_string() == other.to_token_stream().to_string()
}
