//! What a package with `js/upgrade.js` has more: its glue lets another module take the place of its own, calls that
//! give a promise wait while that is done, and its module says which face it has (`face`). A package has that
//! host module by the feature `durable` of recover-runtime; another one is not changed here.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use super::capture;
use super::minify::files;
use super::promises;
use super::seam::Known;
use super::tree::Node;
use crate::error::Error;
use crate::face;
use crate::options::Target;
use crate::plan::Bindgen;

/// What makes the glue's module another one. By it is known later that the package upgrades.
const MODULE: &str = "module: (it = wasmModule) => wasmModule = it,";

/// Whether the glue is that of such a package.
pub(super) fn is_in(source: &str, known: &Known<'_>) -> bool {
    known.target.revives() && capture::has(source, &capture::path(known, "upgrade.js"))
}

/// What the gate is given of the module.
pub(super) fn module(source: &str, known: &Known<'_>) -> String {
    let reads = match known.target {
        Target::Web => "\n    fetch: __recover_fetch,",
        _ => "",
    };
    match is_in(source, known) {
        true => format!("{MODULE}{reads}"),
        false => "module: () => wasmModule,".to_owned(),
    }
}

/// What a function that gives a promise begins with: while there is an upgrade it is called again behind it.
pub(super) fn waits(function: Node<'_>, known: &Known<'_>) -> Option<String> {
    let program = function.ancestors().last()?;
    if !is_in(program.source(), known) {
        return None;
    }
    let again = again(function)?;
    Some(format!(
        "if (__recover_gate.waits) return __recover_gate.waits.then(() => {again});"
    ))
}

/// The call once more.
fn again(function: Node<'_>) -> Option<String> {
    let name = promises::name(function)?;
    let Some(method) = function
        .parent()
        .filter(|above| above.kind() == "MethodDefinition")
    else {
        return Some(format!("{name}(...arguments)"));
    };
    let key = match method.is("computed") {
        true => method.get("key")?.text().to_owned(),
        false => format!("'{}'", method.get("key")?.name()?),
    };
    let class = method.parent()?.parent()?.name()?;
    Some(match (method.is("static"), method.string("kind")) {
        (true, Some("get")) => format!("{class}[{key}]"),
        (true, _) => format!("{class}[{key}](...arguments)"),
        (false, Some("get")) => format!("this[{key}]"),
        (false, _) => format!("{class}.prototype[{key}].apply(this, arguments)"),
    })
}

/// The files that the glue imports, by their paths, as they were written: what is shipped of them is less, by what
/// the package needs. A module of JavaScript may have any name, and read what is beside it.
pub(super) fn modules(staging: &Path) -> Result<BTreeMap<String, String>, Error> {
    let (mut texts, mut paths) = (BTreeMap::new(), vec![staging.join("snippets")]);
    while let Some(path) = paths.pop() {
        if path.is_file() {
            read(staging, &path, &mut texts)?;
        } else if path.is_dir() {
            for entry in fs::read_dir(&path).map_err(Error::io("list", &path))? {
                paths.push(entry.map_err(Error::io("list", &path))?.path());
            }
        }
    }
    Ok(texts)
}

/// Reads a file. One that is no text is one of other bytes than another, nearly always.
fn read(staging: &Path, path: &Path, texts: &mut BTreeMap<String, String>) -> Result<(), Error> {
    let bytes = fs::read(path).map_err(Error::io("read", path))?;
    let path = path.strip_prefix(staging).unwrap_or(path);
    let text = String::from_utf8_lossy(&bytes).into_owned();
    texts.insert(path.to_string_lossy().replace('\\', "/"), text);
    Ok(())
}

/// Has the module of such a package say its face. The glue is as it is shipped.
pub(super) fn stamp(
    staging: &Path,
    bindgen: &Bindgen,
    modules: &BTreeMap<String, String>,
) -> Result<(), Error> {
    let mut glue = BTreeMap::new();
    for path in files(staging, "js")? {
        read(staging, &path, &mut glue)?;
    }
    if !glue.values().any(|text| text.contains(MODULE)) {
        return Ok(());
    }
    let path = staging.join(format!("{}_bg.wasm", bindgen.stem));
    let wasm = fs::read(&path).map_err(Error::io("read", &path))?;
    let wasm = face::stamped(&wasm, &glue, modules)?;
    fs::write(&path, wasm).map_err(Error::io("write", &path))
}

#[cfg(test)]
mod tests {

    use super::super::tree::{self, Language, Tree};
    use super::*;

    /// What each function of a text begins with.
    fn waiting(target: Target, text: &str) -> Vec<String> {
        let value = tree::parse(text, Language::JavaScript).unwrap();
        let tree = Tree::new(text, &value);
        let functions = tree.nodes().filter(|node| node.is_function());
        let lines = functions.filter_map(|function| waits(function, &Known::bare(target)));
        lines.collect()
    }

    const GLUE: &str = "import { UpgradeErrorClass } from './h/upgrade.js';
class A {
    m(a) {}
    static s() {}
    get g() {}
    [Symbol.iterator]() {}
}
function f() {}
";

    #[test]
    fn a_call_that_waits_is_made_again_as_it_was() {
        let again = [
            "A.prototype['m'].apply(this, arguments)",
            "A['s'](...arguments)",
            "this['g']",
            "A.prototype[Symbol.iterator].apply(this, arguments)",
            "f(...arguments)",
        ];
        let lines = again.map(|again| {
            format!("if (__recover_gate.waits) return __recover_gate.waits.then(() => {again});")
        });
        assert_eq!(waiting(Target::Web, GLUE), lines);
    }

    #[test]
    fn all_that_is_beside_the_glue_is_part_of_the_face() {
        let staging = std::env::temp_dir().join(format!("recover-face-{}", std::process::id()));
        let folder = staging.join("snippets/app-0123456789abcdef/js");
        fs::create_dir_all(&folder).unwrap();
        let names = ["a.js", "b.mjs", "c.cjs", "d.json", "e"];
        for name in names {
            fs::write(folder.join(name), name).unwrap();
        }
        fs::write(staging.join("x.js"), "").unwrap();
        let found = modules(&staging).unwrap();
        fs::remove_dir_all(&staging).unwrap();
        let under = |name| format!("snippets/app-0123456789abcdef/js/{name}");
        let expected = names.map(|name| (under(name), name.to_owned()));
        assert_eq!(found, BTreeMap::from(expected));
    }

    #[test]
    fn a_package_without_upgrades_is_as_it_was() {
        let other = GLUE.replace("upgrade.js", "tasks.js");
        assert_eq!(waiting(Target::Web, &other), Vec::<String>::new());
        assert_eq!(
            module(&other, &Known::bare(Target::Web)),
            "module: () => wasmModule,"
        );
        let upgrades = module(GLUE, &Known::bare(Target::Web));
        assert_eq!(upgrades, format!("{MODULE}\n    fetch: __recover_fetch,"));
        assert_eq!(module(GLUE, &Known::bare(Target::Nodejs)), MODULE);
    }
}
