//! The table of seams: every part of wasm-bindgen's output that is changed, and nothing else.
//!
//! A row says what it looks for in the syntax tree, what it does there, and how many there must
//! be. That number is counted from something else: other parts of the tree, or the module's
//! exports and imports. If a version of wasm-bindgen writes a part differently, it gets one more
//! row of the same name, with its versions. `gate`, `entry` and
//! `crossing` write the new code.

use super::seam::{File, Known, Seam, Site, Unfit, Versions};
use super::tree::{self, Edits, Language, Node, Pattern, Tree};
use super::{capture, crossing, entry, gate, tasks, torture};
use crate::options::Target;

/// Every version that is supported.
const ALL: Versions = Versions {
    since: "0.0.0",
    until: None,
};

fn anywhere(_: Node<'_>, _: &Known<'_>) -> bool {
    true
}

fn in_module(node: Node<'_>, _: &Known<'_>) -> bool {
    node.parent()
        .is_some_and(|parent| parent.kind() == "Program")
}

fn one<'t>(_: &'t Tree<'t>, _: &Known<'_>) -> usize {
    1
}

fn if_it_revives<'t>(_: &'t Tree<'t>, known: &Known<'_>) -> usize {
    usize::from(known.target.revives())
}

fn if_node_revives<'t>(_: &'t Tree<'t>, known: &Known<'_>) -> usize {
    usize::from(known.target == Target::Nodejs)
}

fn starts(known: &Known<'_>) -> usize {
    usize::from(known.exports.contains("__wbindgen_start"))
}

/// The seams. The first that is not as it should be is the one that an error names.
#[rustfmt::skip]
pub(super) const TABLE: &[Seam] = &[
    // The host and what is allocated by it.
    Seam { name: "host-import", file: File::Glue, versions: ALL, code: "$any", place: gate::is_host, many: one, does: gate::import },
    Seam { name: "malloc", file: File::Glue, versions: ALL, code: "wasm.__wbindgen_malloc", place: anywhere, many: |tree, _| gate::allocations(tree, "malloc"), does: gate::malloc },
    Seam { name: "realloc", file: File::Glue, versions: ALL, code: "wasm.__wbindgen_realloc", place: anywhere, many: |tree, _| gate::allocations(tree, "realloc"), does: gate::realloc },
    Seam { name: "table", file: File::Glue, versions: ALL, code: "const $index = wasm.__externref_table_alloc();", place: anywhere, many: |tree, _| gate::tables(tree), does: gate::table },
    // The guard, which the gate replaces.
    Seam { name: "guard-address", file: File::Glue, versions: ALL, code: "let __wbg_terminated_addr;", place: in_module, many: one, does: gate::put },
    Seam { name: "guard-flag", file: File::Glue, versions: ALL, code: "let __wbg_called_abort = false;", place: in_module, many: |tree, _| gate::guard_names(tree), does: gate::remove },
    Seam { name: "guard-hook", file: File::Glue, versions: ALL, code: "function __wbg_call_abort_hook() { $$body; }", place: in_module, many: one, does: gate::remove },
    Seam { name: "guard-catch", file: File::Glue, versions: ALL, code: "function __wbg_handle_catch(e) { $$body; }", place: in_module, many: one, does: gate::remove },
    Seam { name: "guard", file: File::Glue, versions: ALL, code: "function __wbg_call_guard() { $$body; }", place: in_module, many: one, does: gate::remove_line },
    // What makes the next instance. A seam that contains others comes before them.
    Seam { name: "imports", file: File::Glue, versions: ALL, code: "function __wbg_get_imports() { $$body; }", place: in_module, many: |_, known| usize::from(known.target != Target::Bundler), does: gate::imports },
    Seam { name: "reset", file: File::Glue, versions: ALL, code: "function __wbg_reset_state() { $$body; }", place: anywhere, many: if_it_revives, does: gate::reset },
    Seam { name: "reset-export", file: File::Glue, versions: ALL, code: "exports.__wbg_reset_state = __wbg_reset_state;", place: in_module, many: if_node_revives, does: gate::remove_line },
    Seam { name: "reset-flag", file: File::Glue, versions: ALL, code: "__wbg_called_abort = false;", place: gate::in_reset, many: if_it_revives, does: gate::remove },
    Seam { name: "reset-schedule", file: File::Glue, versions: ALL, code: "__wbg_reinit_scheduled = false;", place: gate::in_reset, many: if_it_revives, does: gate::remove },
    Seam { name: "reset-instance", file: File::Glue, versions: ALL, code: "wasmInstance = new WebAssembly.Instance(wasmModule, __wbg_get_imports());", place: gate::in_reset, many: if_it_revives, does: gate::instance },
    // Calls. That of a destructor is one, too.
    Seam { name: "free-later", file: File::Glue, versions: ALL, code: "wasm.$free($ptr, 0)", place: gate::frees_guarded, many: |tree, _| gate::methods(tree, "__recover"), does: gate::wait },
    Seam { name: "call", file: File::Glue, versions: ALL, code: "__wbg_call_guard();", place: anywhere, many: entry::calls, does: entry::begin },
    Seam { name: "call-end", file: File::Glue, versions: ALL, code: "__wbg_handle_catch(e);", place: anywhere, many: entry::calls, does: entry::end },
    Seam { name: "call-argument", file: File::Glue, versions: ALL, code: "$any", place: entry::is_argument_free, many: entry::argument_frees, does: entry::argument_free },
    // Objects of another class.
    Seam { name: "class", file: File::Glue, versions: ALL, code: "_assertClass($handle, $class)", place: anywhere, many: entry::asserted, does: entry::asserts },
    Seam { name: "class-check", file: File::Glue, versions: ALL, code: "function _assertClass(instance, klass) { $$body; }", place: in_module, many: entry::assertions, does: entry::assertion },
    // Handles and closures of an instance that is gone.
    Seam { name: "stale", file: File::Glue, versions: ALL, code: "throw new Error('Invalid stale object from previous Wasm instance');", place: anywhere, many: entry::handles, does: entry::stale },
    Seam { name: "stale-closure", file: File::Glue, versions: ALL, code: "new Error('Cannot invoke closure from previous WASM instance')", place: anywhere, many: |tree, known| if_it_revives(tree, known) * gate::closures(tree, known), does: gate::stale_closure },
    Seam { name: "handle-instance", file: File::Glue, versions: ALL, code: "Object.defineProperty($handle, '__wbg_inst', { value: __wbg_instance_id, writable: true });", place: anywhere, many: gate::new_handles, does: gate::handle_instance },
    Seam { name: "free", file: File::Glue, versions: ALL, code: "const $ptr = this.__destroy_into_raw();", place: gate::in_free, many: |tree, _| gate::methods(tree, "__destroy_into_raw"), does: gate::free },
    Seam { name: "unwrap", file: File::Glue, versions: ALL, code: "return $value.__destroy_into_raw();", place: gate::in_unwrap, many: |tree, _| gate::methods(tree, "__unwrap"), does: gate::unwrap },
    // Destructors that are called where no export is.
    Seam { name: "finalizer", file: File::Glue, versions: ALL, code: "wasm.$free($$args)", place: gate::is_finalizer, many: gate::finalizers, does: gate::destroy },
    Seam { name: "closure-destructor", file: File::Glue, versions: ALL, code: "wasm.$free(state.a, state.b)", place: gate::is_unref, many: gate::closures, does: gate::destroy },
    Seam { name: "release", file: File::Glue, versions: ALL, code: "wasm.$free($ptr, 1)", place: gate::is_release, many: gate::releases, does: gate::destroy },
    // What js-sys runs beside the exports.
    Seam { name: "panic-error", file: File::Glue, versions: ALL, code: "new PanicError($payload)", place: tasks::is_panic_error, many: tasks::panic_errors, does: tasks::panic_error },
    Seam { name: "task-queue", file: File::Glue, versions: ALL, code: "queueMicrotask($tick)", place: tasks::in_queue, many: tasks::queues, does: tasks::queue },
    Seam { name: "promise", file: File::Glue, versions: ALL, code: "new Promise($executor)", place: tasks::in_constructor, many: tasks::promises, does: tasks::promise },
    // Ends and beginnings.
    Seam { name: "critical", file: File::Glue, versions: ALL, code: "throw new Error('Critical error', { cause });", place: anywhere, many: gate::criticals, does: gate::critical },
    Seam { name: "start", file: File::Glue, versions: ALL, code: "wasm.__wbindgen_start();", place: anywhere, many: |tree, known| if_it_revives(tree, known) + usize::from(known.target != Target::Bundler) * starts(known), does: gate::start },
    // What makes the first instance.
    Seam { name: "compile", file: File::Glue, versions: ALL, code: "new WebAssembly.Module($bytes)", place: gate::is_own_module, many: gate::compiles, does: gate::compile },
    Seam { name: "load", file: File::Glue, versions: ALL, code: "__wbg_load($given, imports)", place: anywhere, many: gate::loads, does: gate::load },
    // How it is fetched.
    Seam { name: "fetch", file: File::Glue, versions: ALL, code: "fetch(module_or_path)", place: anywhere, many: |_, known| usize::from(known.target == Target::Web), does: gate::fetch },
    // What JavaScript throws through an import.
    Seam { name: "import", file: File::Glue, versions: ALL, code: "$any", place: crossing::is_import, many: crossing::imports, does: crossing::import },
    Seam { name: "import-module", file: File::Glue, versions: ALL, code: "$any", place: crossing::is_module, many: crossing::modules, does: crossing::module },
    Seam { name: "import-tag", file: File::Glue, versions: ALL, code: "WebAssembly.JSTag", place: crossing::is_tag, many: crossing::tags, does: crossing::tag },
    // What a driver that has failures happen sees.
    Seam { name: "torture-instance", file: File::Glue, versions: ALL, code: "$instance.exports", place: torture::is_instance, many: torture::instances, does: torture::instance },
    // What a bundler loads.
    Seam { name: "bundled-import", file: File::Start, versions: ALL, code: "$any", place: gate::is_setter, many: one, does: gate::import_gate },
    Seam { name: "bundled-start", file: File::Start, versions: ALL, code: "wasm.__wbindgen_start();", place: anywhere, many: |_, known| starts(known), does: gate::start },
    // The TypeScript declarations.
    Seam { name: "declared-reset", file: File::Declarations, versions: ALL, code: "$any", place: gate::declares_reset, many: if_it_revives, does: gate::remove_line },
    Seam { name: "declared-open", file: File::Declarations, versions: ALL, code: "$any", place: capture::is_import, many: capture::declared, does: capture::declare },
];

/// The rows for a file of a version.
fn rows(file: File, version: &str) -> impl Iterator<Item = &'static Seam> {
    let rows = TABLE.iter().filter(move |row| row.file == file);
    let version = version.to_owned();
    rows.filter(move |row| row.versions.has(&version))
}

/// What the tree has for a row.
fn sites<'t, 'k>(
    tree: &'t Tree<'t>,
    row: &'static Seam,
    known: &'k Known<'k>,
) -> Vec<Site<'t, 'k>> {
    let pattern = Pattern::new(row.code);
    let nodes = tree.nodes().filter_map(|node| {
        let found = node.matches(&pattern)?;
        (row.place)(node, known).then_some(Site {
            node,
            found,
            known,
            row,
        })
    });
    nodes.collect()
}

/// The code of a file, changed at its seams; or the first seam that does not fit.
pub(super) fn change(text: &str, file: File, known: &Known<'_>) -> Result<String, Unfit> {
    let mut rows = rows(file, known.version).peekable();
    let first = rows.peek().map_or("", |row| row.name);
    let language = match file {
        File::Declarations => Language::Declarations,
        _ => Language::JavaScript,
    };
    let value = tree::parse(text, language).map_err(|reason| Unfit {
        seam: first,
        reason: match reason.contains("Duplicated export 'default'") {
            // Its `init` has that name.
            true => {
                "an export is named `default`, as the function that loads the module: give yours \
                     another `js_name`, or build for another target"
                    .to_owned()
            }
            false => format!("the file can't be parsed: {reason}"),
        },
    })?;
    let tree = Tree::new(text, &value);
    let mut found: Vec<(&Seam, Vec<Site<'_, '_>>)> = vec![];
    for row in rows {
        let sites = sites(&tree, row, known);
        match found.iter_mut().find(|(first, _)| first.name == row.name) {
            Some((_, before)) => before.extend(sites),
            None => found.push((row, sites)),
        }
    }
    for (row, sites) in &found {
        let (there, expected) = (sites.len(), (row.many)(&tree, known));
        if there != expected {
            return Err(Unfit {
                seam: row.name,
                reason: format!("found {there}, expected {expected}"),
            });
        }
    }
    let mut edits = Edits::new();
    for site in found.iter().flat_map(|(_, sites)| sites) {
        (site.row.does)(site, &mut edits).map_err(|reason| Unfit {
            seam: site.row.name,
            reason: reason.to_owned(),
        })?;
    }
    edits.apply(text).map_err(|text| Unfit {
        seam: first,
        reason: format!("`{text}` stands in two seams"),
    })
}

#[cfg(test)]
#[path = "../tests/seams.rs"]
mod tests;
