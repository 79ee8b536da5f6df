//! What stays wasm-bindgen's: exports whose panics are not the runtime's, and imports whose
//! exceptions it does not see.

use syn::{ForeignItem, Item, Meta, Visibility};

use super::finding::Finding;
use super::source::{Scope, attributes};

/// The findings of a module.
pub(super) fn check(scope: &Scope, findings: &mut Vec<Finding>) {
    for item in &scope.items {
        let metas = scope.metas(attributes(item));
        if scope.named(&metas, "recoverable").is_some() {
            continue;
        }
        let Some(attribute) = scope.named(&metas, "wasm_bindgen") else {
            continue;
        };
        match item {
            Item::Fn(function) if matches!(function.vis, Visibility::Public(_)) => {
                if !says(attribute, &["main"]) {
                    findings.push(export(scope, &function.sig.ident, "a panic in it"));
                }
            }
            Item::Struct(structure) => {
                findings.push(export(scope, &structure.ident, "a panic in a call of it"));
            }
            Item::Impl(block) => {
                let what = match &*block.self_ty {
                    syn::Type::Path(path) => path.path.segments.last().map(|last| &last.ident),
                    _ => None,
                };
                if let Some(what) = what {
                    findings.push(export(scope, what, "a panic in its methods"));
                }
            }
            Item::ForeignMod(block) => imports(scope, block, findings),
            // Nothing of them is a call.
            _ => {}
        }
    }
}

fn export(scope: &Scope, name: &syn::Ident, panic: &str) -> Finding {
    Finding::new(
        &scope.file,
        name,
        "plain-export",
        format!(
            "`{name}` is exported by `#[wasm_bindgen]`: {panic} may leave objects torn, and a trap leaves the module unusable"
        ),
        "write `#[recoverable]` in its place",
    )
}

fn imports(scope: &Scope, block: &syn::ItemForeignMod, findings: &mut Vec<Finding>) {
    for item in &block.items {
        let ForeignItem::Fn(function) = item else {
            continue;
        };
        let metas = scope.metas(&function.attrs);
        let mut own = metas.iter().filter(|meta| {
            let last = meta.path().segments.last();
            last.is_some_and(|last| last.ident == "wasm_bindgen")
        });
        if own.any(|meta| says(meta, &["catch"])) {
            continue;
        }
        let name = &function.sig.ident;
        findings.push(Finding::new(
            &scope.file,
            name,
            "unmarked-import",
            format!(
                "what JavaScript throws out of `{name}` is stopped by no `catch_js`, and unwinds only in builds that `cargo recover` compiles"
            ),
            "write `#[recoverable]` on its block, or `#[wasm_bindgen(catch)]` on it and return a `Result`",
        ));
    }
}

/// Whether one of an attribute's options has one of the names.
fn says(meta: &Meta, names: &[&str]) -> bool {
    let Meta::List(list) = meta else {
        return false;
    };
    // By tokens: the values of options have grammars of their own.
    let mut before = None;
    for token in list.tokens.clone() {
        if let proc_macro2::TokenTree::Ident(ident) = &token
            && before.as_deref().is_none_or(|before| before == ",")
            && names.iter().any(|name| ident == name)
        {
            return true;
        }
        before = Some(token.to_string());
    }
    false
}
