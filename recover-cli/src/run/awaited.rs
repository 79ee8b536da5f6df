//! Makes the module that a bundler loads: it waits for its instance, and then exports what the
//! glue for the web does.
//!
//! wasm-bindgen's own package for bundlers has them make the instance. None of them knows how to
//! import a tag, and there is no second instance. What is in the glue is not known here.

use std::fs;
use std::path::Path;

use super::tree::{self, Language, Node, Tree};
use crate::error::Error;
use crate::plan::Bindgen;

/// What loads the instance, and its types. In the declarations they stand last.
const LOADING: [&str; 5] = [
    "InitInput",
    "InitOutput",
    "SyncInitInput",
    "initSync",
    "__wbg_init",
];

/// Puts the glue in `staging` behind a module that waits.
pub(super) fn wrap(staging: &Path, bindgen: &Bindgen) -> Result<(), Error> {
    let stem = &bindgen.stem;
    let unfit = |reason| Error::Seam {
        seam: "awaited",
        version: bindgen.version.clone(),
        reason,
    };
    let (front, glue) = (format!("{stem}.js"), format!("{stem}_bg.js"));
    let (front, behind) = (staging.join(front), staging.join(glue));
    let text = fs::read_to_string(&front).map_err(Error::io("read", &front))?;
    let (waits, text) = module(&text, stem).map_err(unfit)?;
    fs::write(&behind, text).map_err(Error::io("write", &behind))?;
    fs::write(&front, waits).map_err(Error::io("write", &front))?;
    let path = staging.join(format!("{stem}.d.ts"));
    if !path.is_file() {
        return Ok(());
    }
    let text = fs::read_to_string(&path).map_err(Error::io("read", &path))?;
    let text = declarations(&text).map_err(unfit)?;
    fs::write(&path, text).map_err(Error::io("write", &path))
}

/// The module that waits, and the glue.
fn module(glue: &str, stem: &str) -> Result<(String, String), String> {
    let directive = format!("/* @ts-self-types=\"./{stem}.d.ts\" */\n");
    let (directive, glue) = match glue.strip_prefix(&directive) {
        Some(rest) => (&*directive, rest),
        None => ("", glue),
    };
    let value = tree::parse(glue, Language::JavaScript)?;
    let tree = Tree::new(glue, &value);
    let mut names = vec![];
    for node in tree.nodes() {
        if node.kind() != "ExportNamedDeclaration" {
            continue;
        }
        names.extend(node.get("declaration").map_or(vec![], declared));
        names.extend(node.list("specifiers").filter_map(exported));
    }
    let loads = names.len();
    names.retain(|name| !["default", "initSync"].contains(name));
    if names.len() + 2 != loads {
        return Err("the glue does not export both `default` and `initSync`".to_owned());
    }
    let names = names.join(", ");
    let text = format!(
        "{directive}import load from './{stem}_bg.js';\n\nawait load();\n\n\
         export {{ {names} }} from './{stem}_bg.js';\n"
    );
    Ok((text, glue.to_owned()))
}

/// The names that a declaration declares.
fn declared(declaration: Node<'_>) -> Vec<&str> {
    let id = declaration.get("id").and_then(Node::name);
    let variables = declaration.list("declarations").filter_map(Node::name);
    id.into_iter().chain(variables).collect()
}

fn exported<'t>(specifier: Node<'t>) -> Option<&'t str> {
    let name = specifier.get("exported")?;
    name.string("value").or_else(|| name.string("name"))
}

/// The declarations without those of what loads the instance.
fn declarations(text: &str) -> Result<String, String> {
    let value = tree::parse(text, Language::Declarations)?;
    let tree = Tree::new(text, &value);
    let program = tree.nodes().find(|node| node.kind() == "Program");
    let program = program.ok_or("they have no statements")?;
    let of_loading = |statement: &Node<'_>| {
        let names = statement.get("declaration").map_or(vec![], declared);
        names.iter().any(|name| LOADING.contains(name))
    };
    let mut rest = program
        .list("body")
        .skip_while(|statement| !of_loading(statement));
    let first = rest.next().ok_or("nothing of `init` is declared")?;
    if !rest.all(|statement| of_loading(&statement)) {
        return Err("something is declared behind `init`".to_owned());
    }
    Ok(format!("{}\n", text[..first.range().start].trim_end()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const WEB: &str = include_str!("../tests/seams/web.js.txt");
    const DECLARED: &str = include_str!("../tests/seams/web.d.ts.txt");

    #[test]
    fn the_module_in_front_of_the_glue_waits_and_exports_the_same_names() {
        let text = "/* @ts-self-types=\"./a.d.ts\" */\nclass Ours {}\n\
             export { Ours as PanicError };\nexport class Store {}\nexport function plain() {}\n\
             function init() {}\nexport { initSync, init as default };\n";
        let (waits, glue) = module(text, "a").unwrap();
        let expected = "/* @ts-self-types=\"./a.d.ts\" */\nimport load from './a_bg.js';\n\n\
             await load();\n\nexport { PanicError, Store, plain } from './a_bg.js';\n";
        assert_eq!(waits, expected);
        assert!(!glue.contains("self-types"));
        let (waits, _) = module(WEB, "sample").unwrap();
        assert!(
            waits.contains("Store") && !waits.contains("initSync"),
            "{waits}"
        );
    }

    #[test]
    fn what_loads_the_instance_is_not_declared() {
        let text = declarations(DECLARED).unwrap();
        assert!(text.len() < DECLARED.len() && text.contains("export class Store"));
        assert!(LOADING.iter().all(|name| !text.contains(name)), "{text}");
        let behind = format!("{DECLARED}export function late(): void;\n");
        assert!(declarations(&behind).unwrap_err().contains("behind"));
    }

    #[test]
    fn glue_that_can_not_be_loaded_is_refused() {
        assert!(module("export class Store {}", "a").is_err());
        assert!(declarations("export class Store {}").is_err());
    }
}
