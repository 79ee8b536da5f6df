//! What the gate puts in place of js-sys's own around futures that dependencies spawn: the error
//! of a panic that wasm-bindgen caught, the microtask that polls them, the promises that they
//! settle. Calls of exports are `entry`'s.

use super::calls;
use super::seam::{Known, Site};
use super::tree::{Edits, Node, Tree};

type Done = Result<(), &'static str>;

/// The import of wasm-bindgen's that a node stands in.
fn import<'t>(node: Node<'t>) -> Option<&'t str> {
    let function = std::iter::successors(node.function(), |inner| inner.function());
    function.filter_map(named).next()
}

/// What a function of the imports is called, if it is one.
fn named<'t>(function: Node<'t>) -> Option<&'t str> {
    let property = function.parent().filter(|it| it.kind() == "Property");
    let key = property.and_then(|it| it.get("key"));
    let name = key.and_then(Node::name).or_else(|| function.name())?;
    name.starts_with("__wbg_").then_some(name)
}

fn is_in(node: Node<'_>, prefix: &str) -> bool {
    import(node).is_some_and(|name| name.starts_with(prefix))
}

/// The imports with names like that whose function is so.
fn imports<'t>(tree: &'t Tree<'t>, prefix: &str, is: fn(Node<'t>) -> bool) -> usize {
    let functions = tree.nodes().filter(|node| node.is_function());
    let functions = functions.filter(|it| named(*it).is_some_and(|name| name.starts_with(prefix)));
    functions.filter(|it| is(*it)).count()
}

const PANIC_ERROR: &str = "__wbg___wbindgen_panic_error_";
const QUEUE: &str = "__wbg_queueMicrotask_";
const NEW: &str = "__wbg_new_";

/// Whether a node makes the error of a panic that wasm-bindgen caught.
pub(super) fn is_panic_error(node: Node<'_>, _: &Known<'_>) -> bool {
    is_in(node, PANIC_ERROR)
}

/// How many make it.
pub(super) fn panic_errors<'t>(tree: &'t Tree<'t>, _: &Known<'_>) -> usize {
    imports(tree, PANIC_ERROR, |_| true)
}

/// Has the gate make it.
pub(super) fn panic_error(site: &Site<'_, '_>, edits: &mut Edits) -> Done {
    let payload = site.found.get("payload").ok_or("it has no payload")?;
    edits.replace(
        site.node.range(),
        format!("__recover_gate.panicked({})", payload.text()),
    );
    Ok(())
}

/// Whether a node stands in the import that queues a microtask.
pub(super) fn in_queue(node: Node<'_>, _: &Known<'_>) -> bool {
    is_in(node, QUEUE)
}

/// Of two imports of that name one asks whether there is such a function, and returns it. Where an
/// engine has no tag for JavaScript's exceptions, both return what wraps theirs.
fn returns(function: Node<'_>) -> bool {
    function.inner().any(|node| {
        node.kind() == "ReturnStatement" && node.get("argument").and_then(Node::name).is_some()
    })
}

/// How many queue one.
pub(super) fn queues<'t>(tree: &'t Tree<'t>, _: &Known<'_>) -> usize {
    imports(tree, QUEUE, |function| !returns(function))
}

/// Has the gate run it. js-sys alone asks for the function first.
pub(super) fn queue(site: &Site<'_, '_>, edits: &mut Edits) -> Done {
    let tick = site.found.get("tick").ok_or("it queues nothing")?;
    let program = site.node.ancestors().last().ok_or("it stands alone")?;
    let of_imports = program.inner().filter(|node| {
        node.is_function() && named(*node).is_some_and(|name| name.starts_with(QUEUE))
    });
    let (asks, queues): (Vec<_>, Vec<_>) = of_imports.partition(|it| returns(*it));
    let by_js_sys = !asks.is_empty() && queues.len() == 1;
    edits.replace(
        tick.range(),
        format!("__recover_gate.runTick({}, {by_js_sys})", tick.text()),
    );
    Ok(())
}

/// Whether a node stands in an import that makes a promise by a closure of Rust's.
pub(super) fn in_constructor(node: Node<'_>, _: &Known<'_>) -> bool {
    is_in(node, NEW) && calls::is_closure_argument(node)
}

/// How many do.
pub(super) fn promises<'t>(tree: &'t Tree<'t>, _: &Known<'_>) -> usize {
    imports(tree, NEW, |function| {
        let takes = function.inner().any(|node| node.name() == Some("cb0"));
        let others = function.inner().any(|node| {
            node.kind() == "NewExpression"
                && node.get("callee").and_then(Node::name) != Some("Promise")
        });
        takes && !others
    })
}

/// Has the gate make it.
pub(super) fn promise(site: &Site<'_, '_>, edits: &mut Edits) -> Done {
    let executor = site.found.get("executor").ok_or("it has no executor")?;
    edits.replace(
        site.node.range(),
        format!("__recover_gate.newPromise({})", executor.text()),
    );
    Ok(())
}
