//! Takes the runtime's modules that the package does not import out of it.
//!
//! wasm-bindgen copies every module that a dependency names, whether its functions are
//! used or not. A module that one of those imports stays with it. Those of other crates are left alone: what they are for is not known here.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use super::tree::{self, Language, Tree};
use crate::error::Error;

/// Removes what no file of glue in `staging` imports.
pub(super) fn remove(staging: &Path) -> Result<(), Error> {
    let snippets = staging.join("snippets");
    if !snippets.is_dir() {
        return Ok(());
    }
    let mut imported = BTreeSet::new();
    for file in files(staging)? {
        if matches!(Path::new(&file).extension(), Some(kind) if kind == "js") {
            let path = staging.join(file);
            let text = fs::read_to_string(&path).map_err(Error::io("read", &path))?;
            let value = tree::parse(&text, Language::JavaScript).map_err(Error::Glue)?;
            let tree = Tree::new(&text, &value);
            imported.extend(tree.imported().map(str::to_owned));
        }
    }
    for name in files(&snippets)? {
        if !name.starts_with("recover-runtime-") {
            continue;
        }
        let modules = files(&snippets.join(&name).join("js"))?;
        let mut more = true;
        while std::mem::take(&mut more) {
            for module in &modules {
                let directory = format!("./snippets/{name}/js/");
                if !imported.contains(&format!("{directory}{module}")) {
                    continue;
                }
                let path = snippets.join(&name).join("js").join(module);
                let text = fs::read_to_string(&path).map_err(Error::io("read", &path))?;
                let value = tree::parse(&text, Language::JavaScript).map_err(Error::Glue)?;
                for sibling in Tree::new(&text, &value).imported() {
                    let sibling = sibling.trim_start_matches("./");
                    more |= imported.insert(format!("{directory}{sibling}"));
                }
            }
        }
        for module in modules {
            if !imported.contains(&format!("./snippets/{name}/js/{module}")) {
                let path = snippets.join(&name).join("js").join(module);
                let removed = match path.is_dir() {
                    // Its modules were moved.
                    true => fs::remove_dir_all(&path),
                    false => fs::remove_file(&path),
                };
                removed.map_err(Error::io("remove", &path))?;
            }
        }
    }
    Ok(())
}

fn files(dir: &Path) -> Result<Vec<String>, Error> {
    let entries = fs::read_dir(dir).map_err(Error::io("list", dir))?;
    let name = |entry: std::io::Result<fs::DirEntry>| {
        let entry = entry.map_err(Error::io("list", dir))?;
        Ok(entry.file_name().to_string_lossy().into_owned())
    };
    entries.map(name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn imported_modules_and_modules_of_other_crates_stay() {
        let dir = std::env::temp_dir().join(format!("recover-unused-{}", std::process::id()));
        let write = |name: &str, text: &str| {
            let path = dir.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        write(
            "app.js",
            "import { attach } from './snippets/recover-runtime-1a/js/host.js';",
        );
        write(
            "snippets/recover-runtime-1a/js/host.js",
            "import { e } from './errors.js';",
        );
        write(
            "snippets/recover-runtime-1a/js/errors.js",
            "import { d } from './deep.js';",
        );
        write("snippets/recover-runtime-1a/js/deep.js", "");
        write("snippets/recover-runtime-1a/js/tasks.js", "");
        write("snippets/other-1b/inline0.js", "");
        remove(&dir).unwrap();
        assert!(dir.join("snippets/recover-runtime-1a/js/host.js").exists());
        assert!(dir.join("snippets/recover-runtime-1a/js/deep.js").exists());
        assert!(!dir.join("snippets/recover-runtime-1a/js/tasks.js").exists());
        assert!(dir.join("snippets/other-1b/inline0.js").exists());
        fs::remove_dir_all(dir).unwrap();
    }
}
