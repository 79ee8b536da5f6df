//! What the gate of the runtime's `js/instance.js` replaces in the glue, except around calls.
//!
//! wasm-bindgen's guard recognises an instance that has ended, and can replace it before the next
//! call, but only after the arguments were converted. `Gate` also settles what was under way and
//! revives objects, and every entry of the glue asks it: exports, destructors, `start`. An
//! allocation for arguments throws an `OutOfMemoryError`, where wasm-bindgen's own traps. The table
//! in `seams` says which code in wasm-bindgen's output that is.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use super::calls::{called, checks, exported, is_caught, is_in_handler};
use super::seam::{Known, Site};
use super::tree::{Edits, Node, Pattern, Tree};
use super::{capture, crossing, torture, upgrade};
use crate::options::Target;

type Done = Result<(), &'static str>;

/// The imports are the same for every instance, since the functions ask for the instance
/// when they are called: engines give up on inlining one that is made again and again.
const IMPORTS_ONCE: &str = "var __recover_imports;
function __wbg_get_imports() {
    return __recover_imports ??= __recover_make_imports();
}

";

static UNREF: LazyLock<Pattern> = LazyLock::new(|| Pattern::new("real._wbg_cb_unref = $function"));

/// Whether a node imports the host module.
pub(super) fn is_host(node: Node<'_>, known: &Known<'_>) -> bool {
    node.imports() == Some(&*known.host)
}

/// Imports the gate beside the host.
pub(super) fn import(site: &Site<'_, '_>, edits: &mut Edits) -> Done {
    let known = site.known;
    let mut lines = String::new();
    let mut imports = vec![
        ("linksOf: __recover_links".to_owned(), known.host.clone()),
        ("Gate: __recover_Gate".to_owned(), known.instance.clone()),
    ];
    imports.extend(capture::imports(site.node.source(), known));
    let injected = torture::imports(site.node.source(), known);
    imports.extend(
        injected
            .into_iter()
            .map(|(name, path)| (name.to_owned(), path)),
    );
    for (name, path) in imports {
        lines += &match known.target {
            Target::Nodejs => format!("const {{ {name} }} = require('{path}');\n"),
            _ => format!("import {{ {} }} from '{path}';\n", name.replace(':', " as")),
        };
    }
    let whole = std::iter::once(site.node).chain(site.node.ancestors());
    let statement = whole
        .filter(|node| node.parent().is_some_and(|above| above.kind() == "Program"))
        .last()
        .ok_or("it is imported within something else")?;
    edits.insert(line_end(statement), lines);
    Ok(())
}

/// Where the next line begins after a node.
fn line_end(node: Node<'_>) -> usize {
    let end = node.range().end;
    end + usize::from(node.source()[end..].starts_with('\n'))
}

/// How many references to an allocating function there must be: every call of a function
/// that takes one has it, and it may be called itself.
pub(super) fn allocations<'t>(tree: &'t Tree<'t>, name: &str) -> usize {
    let takes = |function: Node<'t>| {
        let place = function
            .list("params")
            .position(|it| it.name() == Some(name))?;
        Some((function.name()?, place))
    };
    let functions = tree
        .nodes()
        .filter(|node| node.kind() == "FunctionDeclaration");
    let takers: Vec<_> = functions.filter_map(takes).collect();
    let calls = tree.nodes().filter(|node| node.kind() == "CallExpression");
    let allocates = |call: Node<'t>| {
        let callee = call.get("callee")?;
        if let Some(property) = callee.get("property") {
            return (property.name()?.strip_prefix("__wbindgen_")? == name).then_some(());
        }
        let (_, place) = takers
            .iter()
            .find(|(name, _)| Some(*name) == callee.name())?;
        let argument = call.list("arguments").nth(*place)?;
        // One that hands its own on.
        (argument.name() != Some(name)).then_some(())
    };
    calls.filter_map(allocates).count()
}

/// The functions that put a value of JavaScript into wasm-bindgen's table.
pub(super) fn tables<'t>(tree: &'t Tree<'t>) -> usize {
    let functions = tree.nodes().filter(|node| node.is_function());
    functions
        .filter(|function| function.name() == Some("addToExternrefTable0"))
        .count()
}

/// Has the gate judge what happens where the table grows. It is done beside calls, as arguments are, and the
/// module traps if there is no memory.
pub(super) fn table(site: &Site<'_, '_>, edits: &mut Edits) -> Done {
    let index = site.found.get("index").ok_or("it has no index")?.text();
    let indent = site.node.indent();
    let lines = [
        &format!("let {index};"),
        "try {",
        &format!("    {index} = wasm.__externref_table_alloc();"),
        "} catch(e) {",
        "    const dead = __recover_gate.dead;",
        "    __recover_gate.dead = true;",
        "    __wbg_handle_catch(e, '', dead);",
        "}",
    ];
    edits.replace(site.node.range(), lines.join(&format!("\n{indent}")));
    Ok(())
}

/// Allocates by the host.
pub(super) fn malloc(site: &Site<'_, '_>, edits: &mut Edits) -> Done {
    edits.replace(site.node.range(), "__recover_malloc");
    Ok(())
}

/// The same for what grows.
pub(super) fn realloc(site: &Site<'_, '_>, edits: &mut Edits) -> Done {
    edits.replace(site.node.range(), "__recover_realloc");
    Ok(())
}

/// Puts the gate where the guard's first line was.
pub(super) fn put(site: &Site<'_, '_>, edits: &mut Edits) -> Done {
    let known = site.known;
    let revival = match known.target.revives() {
        true => format!(
            "\n    reset: __wbg_reset_state,\n    forget: () => __wbg_reset_state(true),\n    id: () => __wbg_instance_id,\n    {}\n    imports: __wbg_get_imports,",
            upgrade::module(site.node.source(), known),
        ),
        false => String::new(),
    };
    let value = "e.getArg(__wbindgen_wrapped_jstag, 0)";
    let crossed = match known.torn_by_exceptions {
        true => format!("__recover_gate.caught(__recover_gate.critical({value}), name, dead)"),
        false => format!("__recover_gate.thrown({value}, name, dead)"),
    };
    let export = match known.target {
        Target::Bundler => "export ",
        _ => "",
    };
    let mut facts = String::new();
    if known.target == Target::Web && known.exports.contains("__wbindgen_start") {
        facts += "\n    loads: true,";
    }
    if known.exnref {
        facts += "\n    exnref: true,";
    }
    // What copies nothing in has no use for it.
    let program = site.node.ancestors().last();
    let copies = program.is_some_and(|program| {
        let mut exports = program.inner().filter_map(exported);
        exports.any(|name| name == "__wbindgen_malloc")
    });
    let copying = match copies {
        true => {
            "const { malloc: __recover_malloc, realloc: __recover_realloc } = __recover_gate.copying();\n"
        }
        false => "",
    };
    let crossing = program.map_or_else(String::new, |it| crossing::functions(it, known));
    let captures = program.map_or_else(String::new, |it| capture::handed_over(it, known));
    let gate = format!(
        "\
{crossing}function __recover_unwrap(e, name, dead) {{
    return e instanceof WebAssembly.Exception && e.is(__wbindgen_wrapped_jstag)
        ? {crossed}
        : __recover_gate.caught(e, name, dead);
}}
{export}const __recover_gate = new __recover_Gate(__recover_links(), {{
    wasm: () => wasm,
    unwrap: __recover_unwrap,
    maximum: {maximum},
    {own}{facts}{revival}
}});
{copying}{captures}
function __wbg_handle_catch(e, name, dead) {{
    throw __recover_unwrap(e, name, dead);
}}

function __wbg_call_guard(at) {{
    if (__recover_gate.dead || at !== wasm) __recover_gate.refuse();
    __recover_gate.depth++;
}}
",
        maximum = known.maximum,
        own = known.own_frames,
    );
    edits.replace(through_space(site.node), gate);
    Ok(())
}

/// Has `init()` read a file in engines whose `fetch` takes none, which is Node's. It asks for the
/// modules of Node by a call, so that no bundler looks for them.
pub(super) fn fetch(site: &Site<'_, '_>, edits: &mut Edits) -> Done {
    const LOAD: &str = "\
async function __recover_fetch(path) {
    const { process } = globalThis;
    const url = typeof path === 'string' ? path : path.href ?? path.url;
    if (!url.startsWith('file:') || !process?.getBuiltinModule) return fetch(path);
    const { URL } = process.getBuiltinModule('node:url');
    return process.getBuiltinModule('node:fs/promises').readFile(new URL(url));
}

";
    let function = site.node.function().ok_or("it stands in no function")?;
    edits.insert(function.range().start, LOAD);
    edits.replace(site.node.range(), "__recover_fetch(module_or_path)");
    Ok(())
}

fn through_space(node: Node<'_>) -> std::ops::Range<usize> {
    let range = node.range();
    let rest = &node.source()[range.end..];
    range.start..range.end + rest.len() - rest.trim_start().len()
}

/// Takes a statement out, up to the next.
pub(super) fn remove(site: &Site<'_, '_>, edits: &mut Edits) -> Done {
    edits.replace(through_space(site.node), "");
    Ok(())
}

/// Takes a statement out with the end of its line.
pub(super) fn remove_line(site: &Site<'_, '_>, edits: &mut Edits) -> Done {
    edits.replace(site.node.range().start..line_end(site.node), "");
    Ok(())
}

/// The guard's parts, whose names nothing else may use.
pub(super) fn guard_names<'t>(tree: &'t Tree<'t>) -> usize {
    let names = [
        "__wbg_called_abort",
        "__wbg_terminated_addr",
        "__wbg_call_abort_hook",
    ];
    let uses = tree.nodes().filter(|node| {
        node.kind() == "Identifier" && names.contains(&node.name().unwrap_or_default())
    });
    let others = uses.filter(|node| {
        !node.ancestors().any(|above| {
            let name = above.name().unwrap_or_default();
            above.kind() == "VariableDeclarator" && names.contains(&name)
                || above.kind() == "FunctionDeclaration"
                    && (names.contains(&name)
                        || matches!(
                            name,
                            "__wbg_call_guard" | "__wbg_handle_catch" | "__wbg_reset_state"
                        ))
        })
    });
    1 + others.count()
}

/// Gives a closure of an instance that is gone its error.
pub(super) fn stale_closure(site: &Site<'_, '_>, edits: &mut Edits) -> Done {
    edits.replace(site.node.range(), "__recover_gate.staleClosure()");
    Ok(())
}

fn method<'t>(node: Node<'t>) -> Option<Node<'t>> {
    node.function()?
        .parent()
        .filter(|above| above.kind() == "MethodDefinition")
}

fn is_in_method(node: Node<'_>, name: &str) -> bool {
    method(node).is_some_and(|method| method.name() == Some(name))
}

/// How many methods of a name there are.
pub(super) fn methods<'t>(tree: &'t Tree<'t>, name: &str) -> usize {
    let methods = tree
        .nodes()
        .filter(|node| node.kind() == "MethodDefinition");
    methods.filter(|method| method.name() == Some(name)).count()
}

/// Whether a node stands in a method `free`.
pub(super) fn in_free(node: Node<'_>, _: &Known<'_>) -> bool {
    is_in_method(node, "free")
}

/// Has `free()` refuse a handle of an instance that is gone, where it doesn't by itself.
pub(super) fn free(site: &Site<'_, '_>, edits: &mut Edits) -> Done {
    let function = site.node.function().ok_or("it stands in no function")?;
    if !site.known.target.revives() || checks(function, "this") {
        return Ok(());
    }
    let first = function
        .get("body")
        .and_then(|body| body.list("body").next())
        .ok_or("it stands in no statements")?;
    let is_stale = "this.__wbg_inst !== undefined && this.__wbg_inst !== __wbg_instance_id";
    let class = function.parent().and_then(Node::parent);
    let class = class.and_then(Node::parent).and_then(Node::name);
    let class = class.ok_or("it stands in no class")?;
    let check = format!(
        "if ({is_stale}) throw __recover_gate.staleHandle(this, '{class}');\n{}",
        first.indent()
    );
    edits.insert(first.range().start, check);
    Ok(())
}

/// Whether a call of a destructor is that of `free()` in a guarded class.
pub(super) fn frees_guarded(node: Node<'_>, known: &Known<'_>) -> bool {
    let mut above = node.ancestors();
    let class = above.find(|above| above.kind() == "ClassBody");
    in_free(node, known) && class.is_some_and(is_guarded)
}

fn is_guarded(class: Node<'_>) -> bool {
    class
        .list("body")
        .any(|each| each.name() == Some("__recover"))
}

/// Has the destructor wait until Rust lets go of the object. Whether a call holds it was asked before; a call that is about
/// to end may count it a moment longer, and then wasm-bindgen would throw where the handle has given it up already.
pub(super) fn wait(site: &Site<'_, '_>, edits: &mut Edits) -> Done {
    let now = site
        .node
        .list("arguments")
        .last()
        .ok_or("it says not when")?;
    edits.replace(now.range(), "1");
    Ok(())
}

/// How many places there are that make a handle: each registers it with its instance.
pub(super) fn new_handles<'t>(tree: &'t Tree<'t>, _: &Known<'_>) -> usize {
    let calls = tree.nodes().filter(|node| node.kind() == "CallExpression");
    let registers = |call: &Node<'_>| {
        let callee = call.get("callee").and_then(|callee| callee.get("property"));
        let token = call.list("arguments").nth(1);
        callee.and_then(Node::name) == Some("register")
            && token.is_some_and(|it| it.text().contains("instance: __wbg_instance_id"))
    };
    calls.filter(registers).count()
}

/// Makes a handle know its instance, unless its class does: one that persists has that in the
/// record, which no freezing reaches. Assigned: to define it takes engines ten times as long as all
/// the rest of a constructor.
pub(super) fn handle_instance(site: &Site<'_, '_>, edits: &mut Edits) -> Done {
    let handle = site.found.get("handle").ok_or("it has no handle")?.text();
    let own = format!("if (!('__wbg_inst' in {handle})) {handle}.__wbg_inst = __wbg_instance_id;");
    edits.replace(site.node.range(), own);
    Ok(())
}

/// Whether a node stands in `__unwrap`.
pub(super) fn in_unwrap(node: Node<'_>, _: &Known<'_>) -> bool {
    is_in_method(node, "__unwrap")
}

/// Has a list give Rust nothing for a handle of an instance that is gone.
pub(super) fn unwrap(site: &Site<'_, '_>, edits: &mut Edits) -> Done {
    if site.known.target.revives() {
        let value = site.found.get("value").ok_or("it has no value")?.text();
        let unwrap = format!(
            "return {value}.__wbg_inst === __wbg_instance_id ? {value}.__destroy_into_raw() : 0;"
        );
        edits.replace(site.node.range(), unwrap);
    }
    Ok(())
}

/// The callback of wasm-bindgen's own that a node is what a `FinalizationRegistry` is made of.
fn callback<'t>(node: Node<'t>) -> Option<Node<'t>> {
    let arguments: Vec<_> = node.list("arguments").collect();
    let registers = node.kind() == "NewExpression"
        && node.get("callee")?.name() == Some("FinalizationRegistry");
    let callback = *arguments.first()?;
    (registers && callback.is_function()).then_some(callback)
}

/// Whether a node stands in a callback of a `FinalizationRegistry`.
pub(super) fn in_finalizer(node: Node<'_>) -> bool {
    node.ancestors().any(|above| callback(above).is_some())
}

/// Whether a call of the module stands in a finalizer and drops what is known.
pub(super) fn is_finalizer(node: Node<'_>, _: &Known<'_>) -> bool {
    in_finalizer(node) && dropped(node).is_some()
}

/// How many of them there must be: one for each value that a finalizer drops.
pub(super) fn finalizers<'t>(tree: &'t Tree<'t>, _: &Known<'_>) -> usize {
    let many = |callback: Node<'t>| {
        let calls = callback.inner();
        let names: BTreeSet<_> = calls.filter_map(called).collect();
        names.len().max(1)
    };
    tree.nodes().filter_map(callback).map(many).sum()
}

/// How many closures there are that Rust makes.
pub(super) fn closures<'t>(tree: &'t Tree<'t>, _: &Known<'_>) -> usize {
    tree.nodes()
        .filter(|node| node.matches(&UNREF).is_some())
        .count()
}

/// Whether a node is in the code that releases a closure.
pub(super) fn is_unref(node: Node<'_>, _: &Known<'_>) -> bool {
    let assigned = node.function().and_then(Node::parent);
    assigned.is_some_and(|assigned| assigned.matches(&UNREF).is_some())
}

/// Whether an export drops a value of a class.
pub(super) fn is_destructor(name: &str) -> bool {
    name.starts_with("__wbg_") && name.ends_with("_free")
}

/// Whether a call of a destructor stands outside of finalizers and guards.
pub(super) fn is_release(node: Node<'_>, _: &Known<'_>) -> bool {
    releases_something(node) && dropped(node).is_some()
}

fn releases_something(node: Node<'_>) -> bool {
    called(node).is_some_and(is_destructor)
        && !in_finalizer(node)
        && !is_caught(node)
        && !is_in_handler(node)
}

/// How many of them there must be: a value is dropped once, and what an object gives up of
/// its ancestors is.
pub(super) fn releases<'t>(tree: &'t Tree<'t>, _: &Known<'_>) -> usize {
    let gives_up = |node: Node<'t>| is_in_method(node, "__destroy_into_raw");
    let calls = tree
        .nodes()
        .filter(|node| releases_something(*node) && !gives_up(*node));
    let values = calls.map(|call| {
        let function = call.function().map_or(0, |function| function.range().start);
        (function, call.text())
    });
    let ancestors = tree.nodes().filter(|node| {
        let name = node.name().unwrap_or_default();
        node.kind() == "VariableDeclarator" && name.starts_with("__anc_") && gives_up(*node)
    });
    values.collect::<BTreeSet<_>>().len() + ancestors.count()
}

/// What drops the value in the gate's words.
fn dropped(call: Node<'_>) -> Option<String> {
    let name = called(call)?;
    let arguments: Vec<_> = call.list("arguments").map(Node::text).collect();
    match *arguments {
        [pointer, "1"] if is_destructor(name) => {
            Some(format!("__recover_gate.release('{name}', {pointer})"))
        }
        ["state.a", "state.b"] => Some(format!("__recover_gate.destroy('{name}', state)")),
        _ => None,
    }
}

/// Drops a value by the gate.
pub(super) fn destroy(site: &Site<'_, '_>, edits: &mut Edits) -> Done {
    let dropped = dropped(site.node).ok_or("it drops something that is not known")?;
    edits.replace(site.node.range(), dropped);
    Ok(())
}

/// How often the module imports what throws an exception that nothing can unwind.
pub(super) fn criticals<'t>(_: &'t Tree<'t>, known: &Known<'_>) -> usize {
    let imports = known.imports.iter();
    imports
        .filter(|name| name.contains("rethrow_critical"))
        .count()
}

/// Has the gate throw it.
pub(super) fn critical(site: &Site<'_, '_>, edits: &mut Edits) -> Done {
    edits.replace(site.node.range(), "throw __recover_gate.critical(cause);");
    Ok(())
}

/// Starts the instance by the gate.
pub(super) fn start(site: &Site<'_, '_>, edits: &mut Edits) -> Done {
    edits.replace(site.node.range(), "__recover_gate.start();");
    Ok(())
}

/// Makes the imports once for all instances.
pub(super) fn imports(site: &Site<'_, '_>, edits: &mut Edits) -> Done {
    let name = site.node.get("id").ok_or("it has no name")?;
    if site.known.target.revives() {
        edits.insert(site.node.range().start, IMPORTS_ONCE);
        edits.replace(name.range(), "__recover_make_imports");
    }
    Ok(())
}

/// Keeps what makes the next instance for the gate.
pub(super) fn reset(site: &Site<'_, '_>, edits: &mut Edits) -> Done {
    let exported = site
        .node
        .parent()
        .filter(|above| above.kind() == "ExportNamedDeclaration");
    if let Some(exported) = exported {
        edits.replace(exported.range().start..site.node.range().start, "");
    }
    Ok(())
}

/// Whether a node is in the code that makes the next instance.
pub(super) fn in_reset(node: Node<'_>, _: &Known<'_>) -> bool {
    node.function().and_then(Node::name) == Some("__wbg_reset_state")
}

/// Has the gate make the next instance.
pub(super) fn instance(site: &Site<'_, '_>, edits: &mut Edits) -> Done {
    // Without the caches, which are views of the memory, nothing in the glue holds the instance.
    let made = "if (arguments[0] === true) {
        __wbg_instance_id--;
        if (typeof __wbg_init_promise !== 'undefined') __wbg_init_promise = undefined;
        wasmInstance = wasm = undefined;
        return;
    }
    wasmInstance = __recover_gate.instantiate(wasmModule, __wbg_get_imports());";
    edits.replace(site.node.range(), made);
    Ok(())
}

/// Whether a node is the import of what tells the glue its instance.
pub(super) fn is_setter(node: Node<'_>, _: &Known<'_>) -> bool {
    node.kind() == "ImportSpecifier"
        && node.get("imported").and_then(Node::name) == Some("__wbg_set_wasm")
}

/// How often the glue compiles the module.
pub(super) fn compiles<'t>(_: &'t Tree<'t>, known: &Known<'_>) -> usize {
    usize::from(matches!(known.target, Target::Web | Target::Nodejs))
}

/// Compiles the module by the gate, which knows why an engine may refuse it.
pub(super) fn compile(site: &Site<'_, '_>, edits: &mut Edits) -> Done {
    let bytes = site.found.get("bytes").ok_or("it is made of nothing")?;
    let compiled = format!("__recover_gate.compile({})", bytes.text());
    edits.replace(site.node.range(), compiled);
    Ok(())
}

/// Whether a module is compiled that the glue was given or has read: js-sys has a constructor for
/// others.
pub(super) fn is_own_module(node: Node<'_>, _: &Known<'_>) -> bool {
    let bytes = node.list("arguments").next().and_then(Node::name);
    matches!(bytes, Some("module" | "wasmBytes"))
}

/// How often the glue makes an instance of what it has fetched.
pub(super) fn loads<'t>(_: &'t Tree<'t>, known: &Known<'_>) -> usize {
    usize::from(known.target == Target::Web)
}

/// Loads by the gate, which knows why there may be no module.
pub(super) fn load(site: &Site<'_, '_>, edits: &mut Edits) -> Done {
    let given = site.found.get("given").ok_or("it is given nothing")?;
    let load = format!("__recover_gate.load(__wbg_load, {}, imports)", given.text());
    edits.replace(site.node.range(), load);
    Ok(())
}

/// Imports the gate beside it.
pub(super) fn import_gate(site: &Site<'_, '_>, edits: &mut Edits) -> Done {
    edits.insert(site.node.range().end, ", __recover_gate");
    Ok(())
}

/// Whether a node exports the declaration of what makes the next instance.
pub(super) fn declares_reset(node: Node<'_>, _: &Known<'_>) -> bool {
    node.kind() == "ExportNamedDeclaration"
        && node.get("declaration").and_then(Node::name) == Some("__wbg_reset_state")
}
