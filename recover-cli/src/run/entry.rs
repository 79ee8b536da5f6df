//! The code around a call of an export in the glue. It asks whether there is an instance to enter
//! before any argument is converted, counts the call, and judges what the call throws. If the
//! engine's stack is full, no function can be called: what has to be done then is done where the
//! exception is caught. `gate` puts the gate itself into the glue.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use super::calls::{END, bare, called, caught, checked, checks, exported, is_caught};
use super::gate;
use super::seam::{Argument, Known, Site};
use super::tree::{Edits, Node, Pattern, Tree};
use super::upgrade;

type Done = Result<(), &'static str>;

/// What wasm-bindgen calls of its own, without a guard: none of it runs a user's code.
const OWN: [&str; 9] = [
    "__externref_drop_slice",
    "__externref_table_alloc",
    "__externref_table_dealloc",
    "__wbindgen_add_to_stack_pointer",
    "__wbindgen_exn_store",
    "__wbindgen_free",
    // What allocates, starts and drops closures are seams of their own.
    "__wbindgen_malloc",
    "__wbindgen_realloc",
    "__wbindgen_start",
];

/// The methods that the runtime alone calls, some without an object.
const RUNTIMES: [&str; 2] = ["__recover", "__recover_export"];

const ASKED: &str = "if (__recover_gate.dead) __recover_gate.enter();";
/// What a function ends with that gives a promise: whatever it would throw rejects.
const REJECTS: &str = "} catch (e) {
    return Promise.reject(e);
}
";

static GUARD: LazyLock<Pattern> = LazyLock::new(|| Pattern::new("__wbg_call_guard();"));
static ASSERTS: LazyLock<Pattern> = LazyLock::new(|| Pattern::new("_assertClass($handle, $class)"));
static RESULT: LazyLock<Pattern> = LazyLock::new(|| Pattern::new("let ret;"));
static TAKEN: LazyLock<Pattern> = LazyLock::new(|| Pattern::new("$handle.__destroy_into_raw()"));
/// An optional handle may be a `null`, which is the pointer 1.
static OPTIONAL: LazyLock<Pattern> = LazyLock::new(|| Pattern::new("$pointer > 1"));

/// How many calls there must be: each of an export that may run a user's code, and those of
/// wasm-bindgen's own that it guards. What takes an export without calling it counts, too,
/// and is never found.
pub(super) fn calls<'t>(tree: &'t Tree<'t>, known: &Known<'_>) -> usize {
    let mut many = 0;
    for node in tree.nodes() {
        if let Some(name) = called(node) {
            let second = node.list("arguments").nth(1);
            let is_free = second.is_some_and(|it| it.text() == "0");
            let dropped = gate::is_destructor(name) && !is_free
                || gate::in_finalizer(node)
                || gate::is_unref(node, known);
            let own = OWN.contains(&name) || name.starts_with("__wbg_upcast_") || dropped;
            many += usize::from(!own || is_caught(node));
        } else if let Some(name) = exported(node) {
            let calls = node.parent().is_some_and(|above| {
                above.kind() == "CallExpression" && above.get("callee") == Some(node)
            });
            let allocates = ["__wbindgen_malloc", "__wbindgen_realloc"].contains(&name);
            let computed = node.is("computed");
            many += usize::from(!calls && !allocates && (computed || known.exports.contains(name)));
        }
    }
    many
}

/// A guarded call.
struct Call<'t> {
    /// The statement in the `try`.
    statement: Node<'t>,
    /// The call in it.
    call: Node<'t>,
    /// The function that calls.
    function: Node<'t>,
    /// It frees what the call returned, however that ended.
    frees: bool,
}

/// The guarded call whose `try` it is.
fn call<'t>(tries: Node<'t>) -> Option<Call<'t>> {
    let [mut body, mut handler] = [
        tries.get("block")?.list("body"),
        tries.get("handler")?.get("body")?.list("body"),
    ];
    let (statement, end) = (body.next()?, handler.next()?);
    end.matches(&END)?;
    let whole =
        body.next().is_none() && handler.next().is_none() && tries.get("finalizer").is_none();
    let mut call = statement.get("expression").filter(|_| whole)?;
    if call.kind() == "AssignmentExpression" {
        call = call.get("right")?;
    }
    called(call)?;
    let block = tries.parent()?;
    let around = block.parent()?;
    Some(Call {
        statement,
        call,
        function: tries.function()?,
        frees: around.kind() == "TryStatement" && around.get("finalizer") == Some(block),
    })
}

/// The guard of a function's own call, by which what it converts is done, and that call.
/// An import calls nothing: what it frees first counts as its own.
fn own<'t>(function: Node<'t>) -> Option<(Node<'t>, Call<'t>)> {
    let mut first = None;
    for node in function
        .inner()
        .filter(|node| node.matches(&GUARD).is_some())
    {
        let Some(call) = node.next().and_then(call) else {
            continue;
        };
        if call.function == function {
            match call.frees {
                true => first = first.or(Some((node, call))),
                false => return Some((node, call)),
            }
        }
    }
    first
}

/// What the guard of a call becomes, and what its function begins with.
pub(super) fn begin(site: &Site<'_, '_>, edits: &mut Edits) -> Done {
    let unknown = "an export is called in a way that is not known";
    let call = site.node.next().and_then(call).ok_or(unknown)?;
    let (own, _) = own(call.function).ok_or(unknown)?;
    if call.frees && own != site.node {
        // Nothing is thrown here. To free is for the instance that was called.
        edits.replace(site.node.range(), "__recover_gate.depth++;");
        if call.statement.get("expression") != Some(call.call) {
            return Err(unknown);
        }
        let only = "if (__recover_at === wasm && !__recover_gate.dead) ";
        edits.insert(call.statement.range().start, only);
        return Ok(());
    }
    if own != site.node {
        return Err("a function calls two exports");
    }
    let body = call.function.get("body").ok_or(unknown)?;
    let head = body.range().start + 1;
    let indent = format!("{}    ", body.indent());
    // A closure's has its own refusal where its instance is gone.
    let name = call.function.name().unwrap_or_default();
    let is_closure = call.function.kind() == "FunctionDeclaration"
        && name.starts_with("wasm_bindgen_")
        && called(call.call) == Some(name);
    if !is_closure {
        if promises(call.function, site.known) {
            if let Some(waits) = upgrade::waits(call.function, site.known) {
                edits.insert(head, format!("\n{indent}{waits}"));
            }
            edits.insert(head, format!("\n{indent}try {{"));
            let tail = REJECTS.replace('\n', &format!("\n{indent}"));
            edits.insert(
                body.range().end - 1,
                format!("    {}", tail.trim_end()) + "\n" + body.indent(),
            );
        }
        edits.insert(head, format!("\n{indent}{ASKED}"));
        let method = call.function.parent().and_then(Node::name);
        let by_runtime = method.is_some_and(|name| RUNTIMES.contains(&name));
        if let Some(class) = receiver_class(call.function).filter(|_| !by_runtime) {
            let check = format!(
                "if (!(this instanceof {class})) throw __recover_gate.wrongClass({class}, '{class}');"
            );
            edits.insert(head, format!("\n{indent}{check}"));
        }
    }
    // To convert may run JavaScript that ends the instance, and what was converted is of no
    // use in the next one, not even to be freed.
    let mut before = body.list("body").take_while(|it| *it != own);
    let conversions = conversions(&call, site.known, edits).ok_or(unknown)?;
    let converts = own.parent() != Some(body)
        || before.any(|it| it.matches(&RESULT).is_none())
        || !conversions.at_head.is_empty()
        || !conversions.at_call.is_empty();
    if converts {
        edits.insert(head, format!("\n{indent}const __recover_at = wasm;"));
    }
    // Parameters before anything else is converted or consumed. A constructor of a class that
    // another one extends gets a mark in place of its arguments.
    let marked = body.text().contains("__wbgSuperSkip");
    for conversion in conversions.at_head {
        match marked {
            true => edits.insert(own.range().start, format!("{conversion}\n{indent}")),
            false => edits.insert(head, format!("\n{indent}{conversion}")),
        }
    }
    for conversion in conversions.at_call {
        edits.insert(own.range().start, format!("{conversion}\n{indent}"));
    }
    let at = match converts {
        true => "__recover_at",
        false => "wasm",
    };
    edits.replace(site.node.range(), format!("__wbg_call_guard({at});"));
    Ok(())
}

/// The class that the receiver of a method is to be of.
fn receiver_class<'t>(function: Node<'t>) -> Option<&'t str> {
    let method = function.parent()?;
    let is_method = method.kind() == "MethodDefinition" && !method.is("static");
    let of_objects = is_method && method.string("kind") != Some("constructor");
    of_objects.then(|| method.parent()?.parent()?.name())?
}

/// The class that a function asserts of an argument.
fn asserted_class<'t>(function: Node<'t>, handle: &str) -> Option<&'t str> {
    let mut found = function.inner().filter_map(|node| node.matches(&ASSERTS));
    let found = found.find(|found| found.get("handle").is_some_and(|it| it.text() == handle))?;
    found.get("class")?.name()
}

/// How many handles are passed as arguments: the class of each is asserted once.
pub(super) fn asserted<'t>(tree: &'t Tree<'t>, _: &Known<'_>) -> usize {
    let handles = entering(tree);
    handles
        .iter()
        .filter(|(_, handle)| *handle != "this")
        .count()
}

/// How many functions there are that assert a class: one, if any is asserted.
pub(super) fn assertions<'t>(tree: &'t Tree<'t>, known: &Known<'_>) -> usize {
    asserted(tree, known).min(1)
}

/// Names the class in a literal, which no minifier renames.
pub(super) fn asserts(site: &Site<'_, '_>, edits: &mut Edits) -> Done {
    let class = site.found.get("class").ok_or("it names no class")?;
    let name = class.name().ok_or("it names no class")?;
    edits.insert(class.range().end, format!(", '{name}'"));
    Ok(())
}

/// Has the gate make the error of an object of another class.
pub(super) fn assertion(site: &Site<'_, '_>, edits: &mut Edits) -> Done {
    let code = "function _assertClass(instance, klass, name) {
    if (!(instance instanceof klass)) throw __recover_gate.wrongClass(klass, name);
}";
    edits.replace(site.node.range(), code);
    Ok(())
}

/// What converts an argument, before it and after it.
fn around(takes: Option<&Argument>) -> [&'static str; 2] {
    match takes.unwrap_or(&Argument::Number) {
        Argument::Number => ["+", ""],
        Argument::BigInt => ["BigInt.asIntN(64, ", ")"],
        Argument::Value => ["", ""],
    }
}

/// Whether a node puts a value into the module's table.
fn adds_to_table(node: Node<'_>) -> bool {
    let callee = node.get("callee").and_then(Node::name);
    callee.is_some_and(|name| name.starts_with("addToExternrefTable"))
}

/// Statements that convert what a call hands to the module.
#[derive(Default)]
struct Conversions {
    /// Those of parameters.
    at_head: Vec<String>,
    /// Those of what is made of them.
    at_call: Vec<String>,
}

/// Converts what a call hands to the module, which the engine would do within the call: what comes
/// out of a call is then never the refusal of an argument. The answer is the statements that do it;
/// what is no parameter is converted where it is.
fn conversions(call: &Call<'_>, known: &Known<'_>, edits: &mut Edits) -> Option<Conversions> {
    let name = called(call.call)?;
    let takes = known.arguments.get(name);
    let is_parameter = |name| {
        call.function
            .list("params")
            .any(|it| it.name() == Some(name))
    };
    // Of a number of 128 bits two arguments are made.
    let is_used_once = |name| {
        let is_it = |it: Node<'_>| it.kind() == "Identifier" && it.name() == Some(name);
        let arguments = call.call.list("arguments");
        let uses = arguments.filter(|it| is_it(*it) || it.inner().any(is_it));
        uses.count() == 1
    };
    // The first two of a closure are its addresses.
    let function = call.function.name().unwrap_or_default();
    let given = match function.starts_with("wasm_bindgen_") && function == name {
        true => 2,
        false => 0,
    };
    let mut conversions = Conversions::default();
    for (at, argument) in call.call.list("arguments").enumerate().skip(given) {
        let takes = takes.and_then(|takes| takes.get(at));
        let converted = |text: &str| {
            let [before, after] = around(takes);
            format!("{before}{text}{after}")
        };
        let text = argument.text();
        match (argument.kind(), argument.name()) {
            ("Literal", _) => {}
            // Its trap is the module's: it stays within the call.
            _ if argument.inner().any(adds_to_table) => {}
            ("Identifier", Some(_)) if takes == Some(&Argument::Value) => {}
            ("Identifier", Some(name)) if is_parameter(name) && is_used_once(name) => {
                let statement = format!("{name} = {};", converted(name));
                conversions.at_head.push(statement);
            }
            ("Identifier", Some(name)) if !is_parameter(name) => {
                let declared = call
                    .function
                    .inner()
                    .find(|it| it.kind() == "VariableDeclarator" && it.name() == Some(name));
                let value = declared.and_then(|it| it.get("init"));
                // What the glue has computed is a number; a length or a pointer may be anything.
                let passes = |value: &Node<'_>| {
                    let callee = value.get("callee").and_then(Node::name);
                    callee.is_some_and(|name| name.starts_with("pass"))
                };
                let value = value.filter(|it| match it.kind() {
                    "CallExpression" => !passes(it),
                    kind => kind == "Identifier",
                });
                if let Some(value) = value {
                    let [before, after] = around(takes);
                    edits.insert(value.range().start, before);
                    edits.insert(value.range().end, after);
                }
            }
            _ => {
                let name = format!("__recover_{at}");
                let value = match argument.kind() {
                    "Identifier" | "MemberExpression" => converted(text),
                    _ => converted(&format!("({text})")),
                };
                conversions.at_call.push(format!("const {name} = {value};"));
                edits.replace(argument.range(), name);
            }
        }
    }
    Some(conversions)
}

/// What a call ends with that may have failed: its value is none then.
const FAILED: &str = "if (__recover_gate.failed) throw __recover_gate.taken();";

/// Counts a call that ended, and tells the gate which call failed.
pub(super) fn end(site: &Site<'_, '_>, edits: &mut Edits) -> Done {
    let unknown = "an export is called in a way that is not known";
    let tries = site.node.ancestors().find(|it| it.kind() == "TryStatement");
    let tries = tries.ok_or(unknown)?;
    let call = call(tries).ok_or(unknown)?;
    let name = called(call.call).ok_or(unknown)?;
    let indent = site.node.indent();
    if !call.frees && !gate::is_destructor(name) {
        edits.insert(tries.range().end, format!("\n{}{FAILED}", tries.indent()));
    }
    edits.insert(
        call.statement.range().end,
        format!("\n{indent}__recover_gate.depth--;"),
    );
    let lines = [
        "const dead = __recover_gate.dead;",
        "__recover_gate.dead = true;",
        "__recover_gate.depth--;",
        &format!("__wbg_handle_catch(e, '{name}', dead);"),
    ];
    edits.replace(site.node.range(), lines.join(&format!("\n{indent}")));
    Ok(())
}

/// The calls before a function's own that free what it converted.
fn is_freed_argument(node: Node<'_>) -> bool {
    let frees = called(node).is_some_and(|name| name.ends_with("_free"));
    let own = || node.function().and_then(own);
    let before = || {
        own().is_some_and(|(guard, call)| !call.frees && node.range().end <= guard.range().start)
    };
    frees && !is_caught(node) && before()
}

fn condition<'t>(node: Node<'t>) -> Option<Node<'t>> {
    let mut inner = node.ancestors().take_while(|above| !above.is_function());
    inner.find(|above| above.kind() == "IfStatement")
}

/// Whether a node is the condition that an argument is freed on.
pub(super) fn is_argument_free(node: Node<'_>, _: &Known<'_>) -> bool {
    let tested = || {
        let test = node.get("test")?;
        let pointer = match test.matches(&OPTIONAL) {
            Some(found) => found.get("pointer")?,
            None => test,
        };
        pointer.name()?.strip_prefix("ptr")?.parse().map_or_else(
            |_| (pointer.name() == Some("ptr")).then_some(()),
            |_: u32| Some(()),
        )
    };
    node.kind() == "IfStatement"
        && tested().is_some()
        && node.inner().any(|call| {
            called(call).is_some() && condition(call) == Some(node) && is_freed_argument(call)
        })
}

/// How many there must be: an argument is freed once, whatever else is done on that condition.
pub(super) fn argument_frees<'t>(tree: &'t Tree<'t>, _: &Known<'_>) -> usize {
    let calls = tree.nodes().filter(|node| is_freed_argument(*node));
    let freed = calls.map(|call| {
        let function = call.function().map_or(0, |function| function.range().start);
        (function, call.text())
    });
    freed.collect::<BTreeSet<_>>().len()
}

/// Frees an argument only in the instance that it was converted for. An object is only offered: it is
/// JavaScript's until Rust takes it.
pub(super) fn argument_free(site: &Site<'_, '_>, edits: &mut Edits) -> Done {
    let mut freed = site.node.inner().filter_map(called);
    if freed.any(gate::is_destructor) {
        return gate::remove_line(site, edits);
    }
    let test = site.node.get("test").ok_or("it has no condition")?;
    edits.insert(test.range().end, " && __recover_at === wasm");
    Ok(())
}

/// How many handles there are that a call enters with: each is checked once.
pub(super) fn handles<'t>(tree: &'t Tree<'t>, known: &Known<'_>) -> usize {
    match known.target.revives() {
        true => entering(tree).len(),
        false => 0,
    }
}

/// The handles that calls enter with, by where their function begins.
fn entering<'t>(tree: &'t Tree<'t>) -> BTreeSet<(usize, &'t str)> {
    let mut handles = BTreeSet::new();
    for node in tree.nodes() {
        let Some((handle, function)) = handle(node).zip(node.function()) else {
            continue;
        };
        let frees = function.parent().and_then(Node::name) == Some("free");
        if (frees && !checks(function, handle)) || own(function).is_none() {
            continue;
        }
        handles.insert((function.range().start, handle));
    }
    handles
}

/// The handle whose pointer a node hands to a call.
fn handle<'t>(node: Node<'t>) -> Option<&'t str> {
    if let Some(found) = node.matches(&TAKEN) {
        return Some(bare(found.get("handle")?.text()));
    }
    let property = node
        .get("property")
        .filter(|_| node.kind() == "MemberExpression")?;
    let above = node.parent()?;
    let passed = (caught(node).is_some() && above.kind() != "MemberExpression")
        || (above.kind() == "VariableDeclarator" && above.get("init") == Some(node))
        || (above.kind() == "AssignmentExpression" && above.get("right") == Some(node));
    let is_pointer = property.name()?.starts_with("__wbg_ptr");
    (is_pointer && passed).then(|| bare(node.get("object").map_or("", Node::text)))
}

/// Gives the handle of an instance that is gone its error.
pub(super) fn stale(site: &Site<'_, '_>, edits: &mut Edits) -> Done {
    let unknown = "a stale handle is refused in a way that is not known";
    let block = site.node.parent().ok_or(unknown)?;
    let check = match block.kind() {
        "BlockStatement" => block.parent().ok_or(unknown)?,
        _ => block,
    };
    let handle = checked(check).ok_or(unknown)?.text();
    let function = site.node.function().ok_or(unknown)?;
    let class = match bare(handle) {
        "this" => receiver_class(function),
        other => asserted_class(function, other),
    };
    let name = class.ok_or("the class of a handle is not known")?;
    edits.replace(
        site.node.range(),
        format!("throw __recover_gate.staleHandle({handle}, '{name}');"),
    );
    Ok(())
}

/// Whether a function gives a promise: it rejects where it would throw.
fn promises(function: Node<'_>, known: &Known<'_>) -> bool {
    super::promises::name(function).is_some_and(|name| known.promises.contains(&name))
}
