//! How code in the glue uses the module: which export it calls or names, whether its exceptions
//! are judged, which handles a function checks. `entry` and `gate` act on that.

use std::sync::LazyLock;

use super::tree::{Found, Node, Pattern};

pub(super) static END: LazyLock<Pattern> = LazyLock::new(|| Pattern::new("__wbg_handle_catch(e);"));
static IS_STALE: LazyLock<Pattern> = LazyLock::new(|| {
    Pattern::new("$handle.__wbg_inst !== undefined && $handle.__wbg_inst !== __wbg_instance_id")
});

/// The export that a node calls.
pub(super) fn called<'t>(node: Node<'t>) -> Option<&'t str> {
    if node.kind() != "CallExpression" {
        return None;
    }
    exported(node.get("callee")?)
}

/// The export that a node names.
pub(super) fn exported<'t>(node: Node<'t>) -> Option<&'t str> {
    let of_module = node.kind() == "MemberExpression" && node.get("object")?.name() == Some("wasm");
    of_module
        .then(|| node.get("property"))?
        .and_then(Node::name)
}

/// The guarded call that a node stands in the `try` of: the `try`.
pub(super) fn caught<'t>(node: Node<'t>) -> Option<Node<'t>> {
    let inner = node.ancestors().take_while(|above| !above.is_function());
    let mut tries = inner.filter(|above| above.kind() == "TryStatement");
    tries.find(|it| {
        it.get("block").is_some_and(|block| node.is_within(block))
            && it
                .get("handler")
                .and_then(|handler| handler.get("body"))
                .is_some_and(|body| body.list("body").any(|it| it.matches(&END).is_some()))
    })
}

/// Whether what a node throws is looked at.
pub(super) fn is_caught(node: Node<'_>) -> bool {
    caught(node).is_some()
}

/// The handle that a check is about.
pub(super) fn checked<'t>(node: Node<'t>) -> Option<Node<'t>> {
    let test = node.get("test").filter(|_| node.kind() == "IfStatement")?;
    test.matches(&IS_STALE)
        .and_then(|found: Found<'t>| found.get("handle"))
}

pub(super) fn bare(handle: &str) -> &str {
    handle.trim_start_matches('(').trim_end_matches(')')
}

/// Whether a function checks a handle.
pub(super) fn checks(function: Node<'_>, handle: &str) -> bool {
    function.inner().any(|node| {
        checked(node).is_some_and(|it| bare(it.text()) == handle)
            && node.function() == Some(function)
    })
}

/// Whether a node makes something of a closure that Rust lends.
pub(super) fn is_closure_argument(node: Node<'_>) -> bool {
    let mut arguments = node.list("arguments");
    arguments.next().and_then(Node::name) == Some("cb0")
}

/// Whether a node is in what a function does when a conversion threw.
pub(super) fn is_in_handler(node: Node<'_>) -> bool {
    let mut above = node.ancestors().take_while(|above| !above.is_function());
    above.any(|above| above.kind() == "CatchClause")
}
