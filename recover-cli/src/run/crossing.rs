//! What JavaScript throws through an import, in the glue.
//!
//! An engine lets no module catch a trap, not even that of another module: it would cut every
//! frame of ours on its way, though a marked import is to become an unwind. And a class does not
//! tell whose it is, since there are other realms. So every import catches in JavaScript, where
//! everything can be caught, and throws it on by a tag of ours, which takes the place of the tag
//! that engines have for exceptions of JavaScript. A bundler gives modules their imports by
//! itself: there nothing is changed. The gate decides what an exception means, not this file.

use std::sync::LazyLock;

use super::seam::{Known, Site};
use super::torture;
use super::tree::{Edits, Node, Pattern, Tree};
use crate::options::Target;

type Done = Result<(), &'static str>;

/// wasm-bindgen's own tag, where an engine may have none for JavaScript's exceptions.
const OLD_TAG: &str = "__wbindgen_jstag_polyfill";
/// The key of the tag.
const TAG: &str = "__wbindgen_jstag";
/// What suspends a stack: the runtime's `recoverPark`.
const PARKS: &str = "__wbg_recoverPark_";
const PARK: &str = "recoverPark";
/// What copies a slice back that Rust has changed.
const COPY_BACK: &str = "__wbindgen_copy_to_typed_array";

static COPIES: LazyLock<Pattern> = LazyLock::new(|| {
    Pattern::new("new Uint8Array($view.buffer, $view.byteOffset, $view.byteLength).set($bytes);")
});
static OLD: LazyLock<Pattern> =
    LazyLock::new(|| Pattern::new("return wrapError($function, arguments);"));

/// The functions that the imports go through.
pub(super) fn functions(program: Node<'_>, known: &Known<'_>) -> String {
    if known.target == Target::Bundler {
        return String::new();
    }
    let is_old = program
        .inner()
        .any(|node| node.kind() == "VariableDeclarator" && node.name() == Some(OLD_TAG));
    let (tag, declared) = match is_old {
        true => (OLD_TAG, String::new()),
        false => (
            "__recover_tag",
            "const __recover_tag = new WebAssembly.Tag({ parameters: ['externref'] });\n"
                .to_owned(),
        ),
    };
    let direct = match known.modules.is_empty() && !program.inner().any(|it| is_direct(it, known)) {
        true => "",
        false if torture::has(program.source(), known) => torture::DIRECT,
        false => {
            "\
function __recover_direct(f) {
    return typeof f !== 'function' ? f : (...args) => {
        try { return f(...args); } catch (e) { throw __recover_crossing(e); }
    };
}
function __recover_module(module) {
    return Object.fromEntries(Object.keys(module).map((name) => [name, __recover_direct(module[name])]));
}
"
        }
    };
    // An engine that can't suspend never calls it.
    let suspending = match known.imports.iter().any(|name| parks(name)) {
        true => {
            "\
function __recover_suspending(f) {
    return WebAssembly.Suspending === undefined ? f : new WebAssembly.Suspending(f);
}
"
        }
        false => "",
    };
    format!(
        "\
{declared}function __recover_crossing(e) {{
    return new WebAssembly.Exception({tag}, [e]);
}}
{direct}{suspending}"
    )
}

/// Whether an import suspends the stack that calls it.
fn parks(import: &str) -> bool {
    import.starts_with(PARKS)
}

/// Whether a node gives the module a function of the glue.
pub(super) fn is_import(node: Node<'_>, known: &Known<'_>) -> bool {
    known.target != Target::Bundler
        && node.kind() == "Property"
        && node.name().is_some_and(|name| known.imports.contains(name))
}

/// How many of them there must be.
pub(super) fn imports<'t>(_: &'t Tree<'t>, known: &Known<'_>) -> usize {
    match known.target {
        Target::Bundler => 0,
        _ => known.imports.len(),
    }
}

/// Whether it gives a function as it is.
fn is_direct(node: Node<'_>, known: &Known<'_>) -> bool {
    let is_function = || node.get("value").is_some_and(Node::is_function);
    is_import(node, known) && !is_function()
}

/// Catches what an import throws.
pub(super) fn import(site: &Site<'_, '_>, edits: &mut Edits) -> Done {
    let unknown = "an import is written in a way that is not known";
    let value = site.node.get("value").ok_or(unknown)?;
    if !value.is_function() {
        edits.insert(value.range().start, "__recover_direct(");
        torture::import(site, edits)?;
        edits.insert(value.range().end, ")");
        return Ok(());
    }
    if site.node.name().is_some_and(parks) {
        return park(value, edits);
    }
    let mut function = value;
    // wasm-bindgen's own way to do it, which lets exceptions of other modules pass.
    if let Some(found) = first(value).and_then(|statement| statement.matches(&OLD)) {
        function = found.get("function").ok_or(unknown)?;
        edits.replace(value.range().start..function.range().start, "");
        edits.replace(function.range().end..value.range().end, "");
    }
    let Some(only) = first(function) else {
        return Ok(());
    };
    // What only throws does so by the right tag.
    if only.kind() == "ThrowStatement" {
        return Ok(());
    }
    if site
        .node
        .name()
        .is_some_and(|name| name.contains(COPY_BACK))
    {
        let found = only.matches(&COPIES).ok_or(unknown)?;
        let [view, bytes] = ["view", "bytes"].map(|name| found.get(name).map_or("", Node::text));
        edits.replace(
            only.range(),
            format!("__recover_gate.copyBack({view}, {bytes});"),
        );
    }
    let last = function
        .get("body")
        .and_then(|body| body.list("body").last());
    edits.insert(only.range().start, "try { ");
    torture::import(site, edits)?;
    edits.insert(
        last.ok_or(unknown)?.range().end,
        " } catch (e) { throw __recover_crossing(e); }",
    );
    Ok(())
}

/// Hands the engine the promise that it waits for. Nothing is thrown there.
fn park(value: Node<'_>, edits: &mut Edits) -> Done {
    let mut calls = value.inner().filter(|node| {
        let call = node.get("expression");
        let callee = call.and_then(|call| call.get("callee"));
        let named = callee.is_some_and(|it| it.text().ends_with(PARK));
        node.kind() == "ExpressionStatement" && named
    });
    let call = calls.next().ok_or("what suspends calls nothing")?;
    edits.insert(call.range().start, "return ");
    edits.insert(value.range().start, "__recover_suspending(");
    edits.insert(value.range().end, ")");
    Ok(())
}

/// The first statement of a function.
fn first<'t>(function: Node<'t>) -> Option<Node<'t>> {
    function.get("body")?.list("body").next()
}

/// Whether a node gives the module all that another one exports.
pub(super) fn is_module(node: Node<'_>, known: &Known<'_>) -> bool {
    known.target != Target::Bundler
        && node.kind() == "Property"
        && node
            .name()
            .is_some_and(|name| known.modules.contains_key(name))
}

/// How many of them there must be: wasm-bindgen writes one for each import, also of one module.
pub(super) fn modules<'t>(_: &'t Tree<'t>, known: &Known<'_>) -> usize {
    match known.target {
        Target::Bundler => 0,
        _ => known.modules.values().sum(),
    }
}

/// Catches what its functions throw.
pub(super) fn module(site: &Site<'_, '_>, edits: &mut Edits) -> Done {
    let value = site.node.get("value").ok_or("it has no value")?;
    let module = site.node.name().unwrap_or_default();
    let named = torture::named(value.source(), module, site.known);
    edits.replace(
        value.range(),
        format!("__recover_module({}{named})", value.text()),
    );
    Ok(())
}

/// Whether a node is the tag that engines have.
pub(super) fn is_tag(node: Node<'_>, known: &Known<'_>) -> bool {
    known.target != Target::Bundler && node.parent().and_then(Node::name) == Some(TAG)
}

/// How many there must be: none, where wasm-bindgen has one of its own.
pub(super) fn tags<'t>(tree: &'t Tree<'t>, known: &Known<'_>) -> usize {
    let is_tag = |node: &Node<'_>| {
        node.kind() == "Property"
            && node.name() == Some(TAG)
            && node.get("value").and_then(Node::name) != Some(OLD_TAG)
    };
    match known.target {
        Target::Bundler => 0,
        _ => tree.nodes().filter(is_tag).count(),
    }
}

/// Puts ours in its place.
pub(super) fn tag(site: &Site<'_, '_>, edits: &mut Edits) -> Done {
    edits.replace(site.node.range(), "__recover_tag");
    Ok(())
}
