//! What the glue of a package with `js/capture.js` or `js/durable.js` has more: it hands its classes over, so that
//! failing calls can be captured, or objects be in a store; to the former also its functions. A package has
//! such a module by a feature of recover-runtime; the glue of another one is not changed here. `gate` says where this
//! is put, and `declared` what the types of a package with the latter have more.

use std::sync::LazyLock;

use super::seam::{Known, Site};
use super::tree::{Edits, Node, Pattern, Tree};
use crate::options::Target;

static GUARD: LazyLock<Pattern> = LazyLock::new(|| Pattern::new("__wbg_call_guard();"));

/// Whether the glue imports a module of the host.
pub(super) fn has(source: &str, path: &str) -> bool {
    source.contains(&format!("'{path}'")) || source.contains(&format!("`{path}`"))
}

/// The path of another module of the host.
pub(super) fn path(known: &Known<'_>, file: &str) -> String {
    known.host.replace("host.js", file)
}

/// A module that classes are handed over to.
struct Taker {
    file: &'static str,
    /// What it exports for that, and what the glue calls it.
    function: &'static str,
    local: &'static str,
    /// What it needs of `records.js`.
    records: &'static [&'static str],
    takes_functions: bool,
}

/// What is captured is put around the methods first: `open` is none of them.
const TAKERS: [Taker; 2] = [
    Taker {
        file: "capture.js",
        function: "captures",
        local: "__recover_captures",
        records: &["hold", "restore"],
        takes_functions: true,
    },
    Taker {
        file: "durable.js",
        function: "durables",
        local: "__recover_durables",
        records: &["restore", "follow", "gained", "stateOf"],
        takes_functions: false,
    },
];

/// The name that the glue has for a function of `records.js`.
fn local(function: &str) -> String {
    format!("__recover_{function}")
}

fn takers(source: &str, known: &Known<'_>) -> Vec<&'static Taker> {
    let there = |taker: &&Taker| has(source, &path(known, taker.file));
    TAKERS.iter().filter(there).collect()
}

/// What the glue imports for it, and of which modules.
pub(super) fn imports(source: &str, known: &Known<'_>) -> Vec<(String, String)> {
    let records = path(known, "records.js");
    let takers = takers(source, known);
    let mut imports = vec![];
    for taker in &takers {
        let import = format!("{}: {}", taker.function, taker.local);
        imports.push((import, path(known, taker.file)));
    }
    if has(source, &records) {
        let mut needed: Vec<_> = takers.iter().flat_map(|taker| taker.records).collect();
        needed.sort();
        needed.dedup();
        let needed = needed.iter().map(|name| format!("{name}: {}", local(name)));
        imports.extend(needed.map(|import| (import, records.clone())));
    }
    imports
}

/// Hands over what the program exports.
pub(super) fn handed_over(program: Node<'_>, known: &Known<'_>) -> String {
    let source = program.source();
    let takers = takers(source, known);
    if takers.is_empty() {
        return String::new();
    }
    let has_records = has(source, &path(known, "records.js"));
    let (mut classes, mut functions) = (vec![], vec![]);
    for statement in program.list("body") {
        let declared = statement.get("declaration").unwrap_or(statement);
        let Some(name) = declared.name() else {
            continue;
        };
        let exports = format!("exports.{name} = {name};");
        let is_exported = match known.target {
            Target::Nodejs => program.source().contains(&exports),
            _ => statement.kind() == "ExportNamedDeclaration",
        };
        let calls = || declared.inner().any(|node| node.matches(&GUARD).is_some());
        if !is_exported || !calls() {
            continue;
        }
        match declared.kind() {
            "ClassDeclaration" => classes.push(name),
            "FunctionDeclaration" => {
                let also = match known.target {
                    Target::Nodejs => format!("exports.{name} = "),
                    _ => String::new(),
                };
                functions.push(format!("    {also}{name} = around('{name}', {name});\n"));
            }
            _ => {}
        }
    }
    let classes = classes.join(", ");
    let taken = takers.iter().map(|taker| {
        let records: Vec<_> = taker
            .records
            .iter()
            .map(|name| format!("{name}: {}", local(name)))
            .collect();
        let records = match has_records {
            true => format!("{{ {} }}", records.join(", ")),
            false => "undefined".to_owned(),
        };
        let functions = match taker.takes_functions {
            true => format!(", (around) => {{\n{}}}", functions.concat()),
            false => String::new(),
        };
        format!(
            "{}(__recover_links(), {{ {classes} }}{functions}, {records});\n",
            taker.local
        )
    });
    taken.collect()
}

/// The declarations of such a package say so.
fn is_durable(source: &str) -> bool {
    source.contains("export interface DurableStore {")
}

/// Whether a node is `import` of a class that persists, whose own `open` it has not.
pub(super) fn is_import(node: Node<'_>, _: &Known<'_>) -> bool {
    is_durable(node.source())
        && node
            .text()
            .starts_with("static import(bytes: Uint8Array): ")
        && node.parent().is_some_and(|body| {
            body.kind() == "ClassBody"
                && !body
                    .list("body")
                    .any(|member| member.text().starts_with("static open("))
        })
}

/// How many there must be: one for each class whose state the module exports.
pub(super) fn declared<'t>(tree: &'t Tree<'t>, known: &Known<'_>) -> usize {
    let classes = tree
        .nodes()
        .filter(|node| node.kind() == "ClassDeclaration");
    let opens = |class: &Node<'t>| {
        let body = class.get("body").into_iter();
        let mut members = body.flat_map(|body| body.list("body"));
        members.any(|member| member.text().starts_with("static open("))
    };
    let own: Vec<_> = classes
        .filter(opens)
        .filter_map(Node::name)
        .map(str::to_lowercase)
        .collect();
    let exported = known
        .exports
        .iter()
        .filter_map(|name| name.strip_suffix("___recover_export"))
        .filter(|class| !own.iter().any(|own| own == class));
    match tree
        .nodes()
        .next()
        .is_some_and(|node| is_durable(node.source()))
    {
        true => exported.count(),
        false => 0,
    }
}

/// Declares `open` beside it.
pub(super) fn declare(site: &Site<'_, '_>, edits: &mut Edits) -> Result<(), &'static str> {
    let text = site.node.text();
    let class = text
        .split_once("): ")
        .map(|(_, class)| class.trim_end_matches(';'))
        .ok_or("it gives nothing")?;
    let lines = [
        String::new(),
        "/**".to_owned(),
        format!(" * The {class} that a store has by this name, or the one that `create` makes. Each call is answered when what it"),
        " * did is in the store. Rejects with a `LeaseError` where it is open already, in this program or another.".to_owned(),
        " */".to_owned(),
        format!("static open(store: DurableStore, name: string, options?: DurableOptions<{class}>): Promise<Durable<{class}>>;"),
    ];
    let lines = lines.join(&format!("\n{}", site.node.indent()));
    edits.insert(site.node.range().end, lines);
    Ok(())
}

#[cfg(test)]
mod tests {

    use super::super::tree::{self, Language};
    use super::*;

    fn handed(target: Target, text: &str) -> String {
        let value = tree::parse(text, Language::JavaScript).unwrap();
        let tree = Tree::new(text, &value);
        let program = tree.nodes().find(|node| node.kind() == "Program");
        handed_over(program.unwrap(), &Known::bare(target))
    }

    #[test]
    fn a_package_that_captures_or_stores_hands_its_classes_over_and_no_other_does() {
        let calls = "{ __wbg_call_guard(); }";
        let web = format!(
            "import {{ described }} from './h/capture.js';\nexport class A {{ m() {calls} }}\n\
             export function f() {calls}\nexport function initSync() {{}}\nfunction own() {calls}\n"
        );
        let begun = "__recover_captures(__recover_links(), { A }, (around) => {\n";
        assert_eq!(
            handed(Target::Web, &web),
            format!("{begun}    f = around('f', f);\n}}, undefined);\n")
        );
        let node = format!(
            "const {{ described }} = require(String.raw`./h/capture.js`);\n\
             const {{ keep }} = require(String.raw`./h/records.js`);\n\
             class A {{ m() {calls} }}\nexports.A = A;\nfunction f() {calls}\nexports.f = f;\nfunction own() {calls}\n"
        );
        assert_eq!(
            handed(Target::Nodejs, &node),
            format!(
                "{begun}    exports.f = f = around('f', f);\n}}, {{ hold: __recover_hold, restore: __recover_restore }});\n"
            )
        );
        assert_eq!(
            handed(Target::Web, &web.replace("capture.js", "tasks.js")),
            ""
        );
        let durable = "import { keep } from './h/records.js';\n".to_owned() + &web;
        assert_eq!(
            handed(Target::Web, &durable.replace("capture.js", "durable.js")),
            "__recover_durables(__recover_links(), { A }, { restore: __recover_restore, follow: __recover_follow, \
             gained: __recover_gained, stateOf: __recover_stateOf });\n"
        );
    }
}
