//! What the glue of a package with `js/torture.js` has more: it says there which imports of the user's
//! are called and what they return, and has each instance pass through it, so that a driver can have
//! failures happen. A package has that module by the feature `torture` of recover-runtime; the glue of
//! another one is not changed here. What a driver does is not known here.
//!
//! An import fails where JavaScript's own function is called: its arguments were converted then, and
//! what catches is around it.

use std::collections::BTreeSet;

use super::seam::{Known, Site};
use super::tree::{Edits, Node, Tree};
use crate::options::Target;

type Done = Result<(), &'static str>;

/// How the names of imports begin, and those of wasm-bindgen's own.
const PREFIX: &str = "__wbg_";
const OWN: [&str; 2] = ["__wbg___wbindgen_", "__wbg__wbg_"];
/// How many digits the hash at their end has. What wasm-bindgen adds by itself has none.
const DIGITS: usize = 16;

/// The directory of the host's modules.
fn directory<'k>(known: &'k Known<'_>) -> &'k str {
    known.host.trim_end_matches("host.js")
}

/// The path of the module.
pub(super) fn path(known: &Known<'_>) -> String {
    format!("{}torture.js", directory(known))
}

/// Whether the glue imports it.
pub(super) fn has(source: &str, known: &Known<'_>) -> bool {
    let path = path(known);
    known.target != Target::Bundler
        && (source.contains(&format!("'{path}'")) || source.contains(&format!("`{path}`")))
}

/// What the glue imports for it.
pub(super) fn imports(source: &str, known: &Known<'_>) -> Vec<(&'static str, String)> {
    let names = [
        "called: __recover_called",
        "instance: __recover_instance",
        "returned: __recover_returned",
    ];
    match has(source, known) {
        true => names.map(|name| (name, path(known))).to_vec(),
        false => vec![],
    }
}

/// The function that an import goes through as it is: its name is said, if it is one of the user's.
pub(super) const DIRECT: &str = "\
function __recover_direct(f, name) {
    return typeof f !== 'function' ? f : (...args) => {
        try {
            if (name === undefined) return f(...args);
            __recover_called(name);
            return __recover_returned(name, f(...args));
        } catch (e) { throw __recover_crossing(e); }
    };
}
function __recover_module(module, named) {
    return Object.fromEntries(Object.keys(module).map((name) => [name, __recover_direct(module[name], named ? name : undefined)]));
}
";

/// What is said of an import: its name in Rust, with the hash where another has the same; nothing
/// of what is not the user's.
fn name<'t>(import: &'t str, known: &Known<'_>) -> Option<&'t str> {
    let short = |name: &'t str| -> Option<&'t str> {
        let (rest, hash) = name.rsplit_once('_')?;
        let digits = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        (hash.len() == DIGITS && hash.bytes().all(digits)).then_some(rest)
    };
    if OWN.iter().any(|own| import.starts_with(own)) {
        return None;
    }
    let own = short(import)?;
    let is_shared = known.imports.iter().any(|other| {
        other != import
            && other
                .strip_prefix(own)
                .is_some_and(|it| it.len() == 1 + DIGITS)
    });
    match is_shared {
        true => import.strip_prefix(PREFIX),
        false => own.strip_prefix(PREFIX),
    }
}

/// What the glue imports of the host's modules.
fn hosts<'t>(program: Node<'t>, known: &Known<'_>) -> BTreeSet<&'t str> {
    let of_host = |node: &Node<'t>| {
        let path = node.imports();
        path.is_some_and(|path| path.starts_with(directory(known)))
    };
    let mut names = BTreeSet::new();
    for statement in program.list("body") {
        let mut inner = std::iter::once(statement).chain(statement.inner());
        if matches!(
            statement.kind(),
            "ImportDeclaration" | "VariableDeclaration"
        ) && inner.any(|node| of_host(&node))
        {
            names.extend(statement.inner().filter_map(|node| match node.kind() {
                "ImportSpecifier" => node.get("local")?.name(),
                // Of `const { a: b } = require('…')`.
                "Property" => node.get("value")?.name(),
                _ => None,
            }));
        }
    }
    names
}

/// The call in an import that is the user's.
fn call<'t>(function: Node<'t>) -> Option<Node<'t>> {
    // A marked import stands in what catches.
    let inner = function.inner().find(|node| {
        node.is_function()
            && node.parent().is_some_and(|above| {
                let callee = above.get("callee").and_then(Node::name);
                matches!(callee, Some("handleError" | "logError"))
            })
    });
    let function = inner.unwrap_or(function);
    let own = |node: &Node<'t>| node.function() == Some(function);
    let ret = function
        .inner()
        .filter(own)
        .filter(|node| node.kind() == "VariableDeclarator" && node.name() == Some("ret"))
        .last();
    let call = match ret {
        Some(ret) => ret.get("init")?,
        None => function
            .inner()
            .filter(own)
            .filter(|node| node.kind() == "ExpressionStatement" && !is_last(*node))
            .last()?
            .get("expression")?,
    };
    let acts = |node: Node<'t>| {
        matches!(
            node.kind(),
            "CallExpression" | "NewExpression" | "MemberExpression" | "AssignmentExpression"
        )
    };
    (acts(call) || call.inner().any(acts)).then_some(call)
}

/// Whether a statement frees what was converted.
fn is_last(statement: Node<'_>) -> bool {
    statement
        .parent()
        .and_then(|block| {
            block
                .parent()
                .map(|tries| tries.get("finalizer") == Some(block))
        })
        .unwrap_or_default()
}

/// What is evaluated last before the user's function is called, if that is to be handed on.
fn last_argument<'t>(call: Node<'t>) -> Option<Node<'t>> {
    match call.kind() {
        // What makes a promise is the gate's.
        "NewExpression" if call.get("callee")?.name() == Some("Promise") => None,
        "CallExpression" | "NewExpression" => {
            let last = call.list("arguments").last()?;
            match last.kind() {
                "SpreadElement" => last.get("argument"),
                _ => Some(last),
            }
        }
        "AssignmentExpression" => call.get("right"),
        _ => None,
    }
}

/// Has an import of the user's say that it is called and what it returns.
pub(super) fn import(site: &Site<'_, '_>, edits: &mut Edits) -> Done {
    let (node, known) = (site.node, site.known);
    if !has(node.source(), known) {
        return Ok(());
    }
    let unknown = "an import is written in a way that is not known";
    let value = node.get("value").ok_or(unknown)?;
    let program = node.ancestors().last().ok_or(unknown)?;
    let Some(name) = node.name().and_then(|import| name(import, known)) else {
        return Ok(());
    };
    let hosts = hosts(program, known);
    let is_host = |node: Node<'_>| {
        node.kind() == "Identifier" && node.name().is_some_and(|name| hosts.contains(name))
    };
    if is_host(value) || value.inner().any(is_host) {
        return Ok(());
    }
    if !value.is_function() {
        edits.insert(value.range().end, format!(", '{name}'"));
        return Ok(());
    }
    let Some(call) = call(value) else {
        return Ok(());
    };
    let range = call.range();
    edits.insert(range.start, format!("__recover_returned('{name}', "));
    match last_argument(call) {
        Some(last) => {
            edits.insert(last.range().start, format!("__recover_called('{name}', "));
            edits.insert(last.range().end, ")");
        }
        None => {
            edits.insert(range.start, format!("(__recover_called('{name}'), "));
            edits.insert(range.end, ")");
        }
    }
    edits.insert(range.end, ")");
    Ok(())
}

/// What a module whose functions are imported as they are is given besides.
pub(super) fn named(source: &str, module: &str, known: &Known<'_>) -> &'static str {
    match has(source, known) && !module.starts_with(directory(known)) {
        true => ", true",
        false => "",
    }
}

/// Whether a node gives the glue the exports of an instance.
pub(super) fn is_instance(node: Node<'_>, known: &Known<'_>) -> bool {
    let given = node.parent().and_then(|above| match above.kind() {
        "AssignmentExpression" => above.get("left"),
        "VariableDeclarator" => above.get("id"),
        _ => None,
    });
    given.and_then(Node::name) == Some("wasm") && has(node.source(), known)
}

/// How many of them there must be: for the first instance, and for the next ones.
pub(super) fn instances<'t>(tree: &'t Tree<'t>, known: &Known<'_>) -> usize {
    match tree.imported().any(|from| from == path(known)) && known.target != Target::Bundler {
        true => 1 + usize::from(known.target.revives()),
        false => 0,
    }
}

/// Has the instance pass through the module.
pub(super) fn instance(site: &Site<'_, '_>, edits: &mut Edits) -> Done {
    edits.insert(site.node.range().start, "__recover_instance(");
    edits.insert(site.node.range().end, ", __recover_links())");
    Ok(())
}

#[cfg(test)]
#[path = "../tests/torture.rs"]
mod tests;
