//! What the glue of a package with `js/capture.js` has more: it hands its classes and functions over, so
//! that failing calls can be captured. A package has that module by the feature `capture` of
//! recover-runtime; the glue of another one is not changed here. `gate` says where this is put.

use std::sync::LazyLock;

use super::seam::Known;
use super::tree::{Node, Pattern};
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

/// What the glue imports for it, and of which modules.
pub(super) fn imports(source: &str, known: &Known<'_>) -> Vec<(&'static str, String)> {
    let [capture, records] = ["capture.js", "records.js"].map(|file| path(known, file));
    if !has(source, &capture) {
        return vec![];
    }
    let mut imports = vec![("captures: __recover_captures", capture)];
    if has(source, &records) {
        imports.push(("hold: __recover_hold", records.clone()));
        imports.push(("restore: __recover_restore", records));
    }
    imports
}

/// Hands over what the program exports.
pub(super) fn handed_over(program: Node<'_>, known: &Known<'_>) -> String {
    let imports = imports(program.source(), known);
    if imports.is_empty() {
        return String::new();
    }
    let records = match imports.len() {
        1 => "undefined",
        _ => "{ hold: __recover_hold, restore: __recover_restore }",
    };
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
    format!(
        "__recover_captures(__recover_links(), {{ {} }}, (around) => {{\n{}}}, {records});\n",
        classes.join(", "),
        functions.concat(),
    )
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::super::tree::{self, Language, Tree};
    use super::*;

    fn handed(target: Target, text: &str) -> String {
        let known = Known {
            version: "0.0.0",
            target,
            host: "./h/host.js".to_owned(),
            instance: "./h/instance.js".to_owned(),
            maximum: 0,
            exnref: true,
            torn_by_exceptions: false,
            own_frames: String::new(),
            exports: BTreeSet::new(),
            arguments: BTreeMap::new(),
            imports: BTreeSet::new(),
            modules: BTreeMap::new(),
            promises: BTreeSet::new(),
        };
        let value = tree::parse(text, Language::JavaScript).unwrap();
        let tree = Tree::new(text, &value);
        let program = tree.nodes().find(|node| node.kind() == "Program");
        handed_over(program.unwrap(), &known)
    }

    #[test]
    fn a_package_that_captures_hands_its_classes_and_functions_over_and_no_other_does() {
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
    }
}
