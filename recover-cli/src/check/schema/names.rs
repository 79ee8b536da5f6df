//! What a path of the source means: a type of the crate, in whichever module it is, or the value of a
//! constant. Macros and the crate's dependencies are not known here.

use quote::ToTokens;
use syn::{Expr, ImplItem, Item, Lit, Stmt};

use super::super::classes::{Defined, Types, name};
use super::super::source::Scope;

/// More re-exports, or constants of constants, than anybody writes: they go round.
const DEEP: usize = 12;

/// The path in the crate of what is defined.
pub(super) fn path_of(one: &Defined<'_>) -> String {
    let name = name(one.item).map(ToString::to_string);
    format!("{}{}", one.scope.path, name.unwrap_or_default())
}

/// The types of the crate that a path may mean; several only if it is not known which.
pub(super) fn meant<'t, 's>(
    types: &'t Types<'s>,
    scope: &Scope,
    path: &syn::Path,
) -> Vec<&'t Defined<'s>> {
    let whole = scope.path_of(path);
    let name = whole.rsplit("::").next().unwrap_or_default();
    let all: Vec<_> = types.defined.get(name).into_iter().flatten().collect();
    if all.len() < 2 {
        return all;
    }
    let is = |path: &str| all.iter().any(|one| path_of(one) == path);
    match resolved(types.scopes, &scope.path, &whole, &is, 0) {
        Some(found) => {
            let is_it = |one: &&Defined<'_>| path_of(one) == found;
            all.into_iter().filter(is_it).take(1).collect()
        }
        None => all,
    }
}

/// The path in the crate of what a path means in the module `at`.
fn resolved(
    scopes: &[Scope],
    at: &str,
    path: &str,
    is: &dyn Fn(&str) -> bool,
    depth: usize,
) -> Option<String> {
    if depth > DEEP {
        return None;
    }
    let whole = match path.split_once("::") {
        Some(("crate", rest)) => return found(scopes, rest, is, depth),
        Some(("self", rest)) => return resolved(scopes, at, rest, is, depth + 1),
        Some(("super", rest)) => {
            let above = at.trim_end_matches("::").rsplit_once("::");
            let above = above.map_or(String::new(), |(above, _)| format!("{above}::"));
            return resolved(scopes, &above, rest, is, depth + 1);
        }
        _ => format!("{at}{path}"),
    };
    found(scopes, &whole, is, depth).or_else(|| found(scopes, path, is, depth))
}

/// The same of a path from the root: it is there, or it was brought there.
fn found(scopes: &[Scope], whole: &str, is: &dyn Fn(&str) -> bool, depth: usize) -> Option<String> {
    if is(whole) {
        return Some(whole.to_owned());
    }
    let (module, name) = match whole.rsplit_once("::") {
        Some((module, name)) => (format!("{module}::"), name),
        None => (String::new(), whole),
    };
    scopes
        .iter()
        .filter(|scope| scope.path == module)
        .find_map(|scope| {
            let named = scope.imported.get(name).cloned();
            let all = scope.globs.iter().map(|glob| format!("{glob}::{name}"));
            named
                .into_iter()
                .chain(all)
                .find_map(|path| resolved(scopes, &module, &path, is, depth + 1))
        })
}

/// A number in a type, by its value as far as the crate's constants say it.
pub(super) fn number(types: &Types<'_>, scope: &Scope, of: &Expr) -> String {
    value(types, scope, of, 0)
}

/// Whether a name is that of a constant of the crate.
pub(super) fn is_constant(types: &Types<'_>, scope: &Scope, path: &syn::Path) -> bool {
    !constants(types, scope, path).is_empty()
}

fn value(types: &Types<'_>, scope: &Scope, of: &Expr, depth: usize) -> String {
    let part = |of: &Expr| {
        let text = value(types, scope, of, depth);
        match text.contains(' ') {
            true => format!("({text})"),
            false => text,
        }
    };
    match of {
        Expr::Paren(inner) => value(types, scope, &inner.expr, depth),
        Expr::Group(inner) => value(types, scope, &inner.expr, depth),
        Expr::Block(block) => match &block.block.stmts[..] {
            [Stmt::Expr(inner, None)] => value(types, scope, inner, depth),
            _ => spelled(of),
        },
        Expr::Lit(literal) => match &literal.lit {
            Lit::Int(number) => number.base10_digits().to_owned(),
            _ => spelled(of),
        },
        Expr::Binary(both) => {
            let (left, right) = (part(&both.left), part(&both.right));
            format!("{left} {} {right}", both.op.to_token_stream())
        }
        Expr::Cast(cast) => format!("{} as {}", part(&cast.expr), spelled(&cast.ty)),
        Expr::Path(path) if path.qself.is_none() && depth < DEEP => {
            let mut all: Vec<_> = constants(types, scope, &path.path)
                .into_iter()
                .map(|(scope, of)| value(types, scope, of, depth + 1))
                .collect();
            all.sort();
            all.dedup();
            match all.is_empty() {
                true => spelled(of),
                // Whichever of them it is: a change of any is one.
                false => all.join(" | "),
            }
        }
        _ => spelled(of),
    }
}

/// The constants of the crate that a path may mean; several only if it is not known which.
fn constants<'t>(
    types: &'t Types<'_>,
    scope: &Scope,
    path: &syn::Path,
) -> Vec<(&'t Scope, &'t Expr)> {
    let whole = scope.path_of(path);
    let name = whole.rsplit("::").next().unwrap_or_default();
    let mut all: Vec<(String, &Scope, &Expr)> = vec![];
    for scope in types.scopes {
        for item in &scope.items {
            match item {
                Item::Const(one) if one.ident == name => {
                    all.push((format!("{}{name}", scope.path), scope, &one.expr));
                }
                Item::Impl(block) => {
                    let of = spelled(&block.self_ty);
                    all.extend(block.items.iter().filter_map(|item| match item {
                        ImplItem::Const(one) if one.ident == name => {
                            Some((format!("{}{of}::{name}", scope.path), scope, &one.expr))
                        }
                        _ => None,
                    }));
                }
                _ => {}
            }
        }
    }
    if all.len() > 1 {
        let is = |path: &str| all.iter().any(|(known, ..)| known == path);
        if let Some(found) = resolved(types.scopes, &scope.path, &whole, &is, 0) {
            all.retain(|(known, ..)| *known == found);
        }
    }
    all.into_iter().map(|(_, scope, of)| (scope, of)).collect()
}

pub(super) fn spelled(tokens: &impl ToTokens) -> String {
    tokens.to_token_stream().to_string()
}
