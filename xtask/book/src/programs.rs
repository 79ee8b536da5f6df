//! Writes the programs of the pages: a crate for each package, a module for each JavaScript
//! block, and the list of these. Who builds and runs them is the stage `book`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use serde_json::json;

use crate::blocks::{Language, Page};
use crate::{Result, files};

/// What the pages may use, as their own Cargo.toml would have it; the versions are those of the
/// checkout's lock file.
const DEPENDENCIES: &str = r#"js-sys = "0.3"
serde = { version = "1", features = ["derive"] }
thiserror = "2"
wasm-bindgen = "0.2"
"#;

/// Writes all of it.
pub(crate) fn write(root: &Path, out: &Path, pages: &[Page]) -> Result<()> {
    let mut packages: BTreeMap<&str, Vec<&Page>> = BTreeMap::new();
    for page in pages {
        packages.entry(&page.package).or_default().push(page);
    }
    for (name, pages) in &packages {
        package(root, &out.join("packages").join(name), name, pages)?;
    }
    let js = out.join("js");
    let mut list = vec![];
    for page in pages {
        for block in &page.blocks {
            let runs = block.language == Language::JavaScript
                && block.mark.is_none()
                && block.file.is_none();
            if !runs {
                continue;
            }
            let file = format!("{}/{}.mjs", page.name, block.line);
            files::write(&js.join(&file), &block.code)?;
            let (stores, names): (Vec<_>, Vec<_>) = imported(&block.code)
                .into_iter()
                .partition(|name| name.starts_with("stores/"));
            let shims = js.join(&page.name).join("pkg");
            for name in &names {
                files::write(&shims.join(format!("{name}.js")), &shim_of(&page.package))?;
            }
            for name in &stores {
                let from = format!("../../../../pkg/{}/{name}.js", page.package);
                let shim = format!("export * from '{from}';\n");
                files::write(&shims.join(format!("{name}.js")), &shim)?;
            }
            list.push(json!({
                "page": page.name,
                "line": block.line,
                "file": file,
                "package": page.package,
                "names": names,
                "prints": block.prints(),
            }));
        }
    }
    let names: Vec<_> = packages.keys().collect();
    let list = json!({ "packages": names, "blocks": list });
    files::write(&out.join("blocks.json"), &format!("{list:#}\n"))
}

/// A crate of its own workspace: a module for each page, and in it one for each block, which sees
/// what is public in those before it.
fn package(root: &Path, to: &Path, name: &str, pages: &[&Page]) -> Result<()> {
    let runtime = root.join("recover-runtime");
    // A page may be about a feature that the others do without.
    let features = match name {
        "replay" => "\"persist\", \"capture\"",
        "durable" => "\"durable\"",
        _ => "\"persist\", \"reports\"",
    };
    let manifest = format!(
        "[package]\nname = \"{name}\"\nversion = \"0.0.0\"\nedition = \"2024\"\npublish = false\n\n\
         [lib]\ncrate-type = [\"cdylib\"]\npath = \"src/lib.rs\"\n\n\
         [dependencies]\nrecover-runtime = {{ path = {:?}, features = [{features}] }}\n\
         {DEPENDENCIES}\n[workspace]\n",
        runtime.display().to_string()
    );
    files::write(&to.join("Cargo.toml"), &manifest)?;
    let lock = to.join("Cargo.lock");
    if !lock.exists() {
        files::write(&lock, &files::read(&root.join("Cargo.lock"))?)?;
    }
    let mut top = String::from("#![allow(dead_code, unused_imports)]\n");
    for page in pages {
        // Not the bare name: `async` is a word of Rust's.
        let name = format!("page_{}", page.name);
        let blocks = page.blocks.iter();
        let mut before = vec![];
        let mut module = String::new();
        for block in blocks {
            match &block.file {
                Some(file) => files::write(&to.join(file), &block.code)?,
                None if block.language == Language::Rust && block.mark.is_none() => {
                    let own = format!("line_{}", block.line);
                    let _ = writeln!(module, "pub mod {own};");
                    let seen: String = before
                        .iter()
                        .map(|other| format!("use super::{other}::*; "))
                        .collect();
                    let file = to.join("src").join(&name).join(format!("{own}.rs"));
                    files::write(&file, &format!("{seen}\n{}", block.code))?;
                    before.push(own);
                }
                None => {}
            }
        }
        if !module.is_empty() {
            files::write(&to.join("src").join(&name).join("mod.rs"), &module)?;
            let _ = writeln!(top, "pub mod {name};");
        }
    }
    files::write(&to.join("src").join("lib.rs"), &top)
}

/// The packages that a block imports, by the names that its page uses, and what it imports of their folders.
fn imported(code: &str) -> Vec<&str> {
    let rest = code.split("./pkg/").skip(1);
    rest.filter_map(|rest| rest.split_once(".js").map(|(name, _)| name))
        .collect()
}

/// A module that stands for a page's package: it is for the web, whose `init` fetches; from a disk
/// the bytes are read.
fn shim_of(package: &str) -> String {
    let (folder, file) = (format!("../../../pkg/{package}"), package.replace('-', "_"));
    format!(
        "import {{ readFileSync }} from 'node:fs';\n\
         import * as book from '{folder}/{file}.js';\n\
         const bytes = readFileSync(new URL('{folder}/{file}_bg.wasm', import.meta.url));\n\
         const exports = book.initSync({{ module: bytes }});\n\
         export * from '{folder}/{file}.js';\n\
         export default async () => exports;\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_packages_that_a_block_imports_are_found() {
        let code = "import init, { A } from './pkg/app.js';\nawait import('./pkg/other.js');";
        assert_eq!(imported(code), ["app", "other"]);
        assert_eq!(
            imported("import { B } from './pkg/stores/memory.js';"),
            ["stores/memory"]
        );
        assert_eq!(imported("import 'node:fs';"), [""; 0]);
    }
}
