//! Puts the generated files into the output directory, with a package.json.
//!
//! The glue is written to a scratch directory first, so that a failure leaves
//! the package of the build before, and so that what was written can be listed.

use std::fs;
use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::options::Target;
use crate::package_json;
use crate::plan::Plan;
use crate::run::tree;

const PACKAGE_JSON: &str = "package.json";
const SNIPPETS: &str = "snippets";

/// A scratch directory that goes when it is dropped.
pub(super) struct Staging(PathBuf);

impl Staging {
    /// Makes an empty one below `parent`.
    pub(super) fn create(parent: &Path) -> Result<Self, Error> {
        let path = parent.join(format!("staging-{}", std::process::id()));
        if path.exists() {
            fs::remove_dir_all(&path).map_err(Error::io("remove", &path))?;
        }
        fs::create_dir_all(&path).map_err(Error::io("create", &path))?;
        Ok(Self(path))
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        // Scratch below the target directory: a rest does no harm.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// What was put in place.
pub(super) struct Written {
    /// The files, relative to the output directory, with their sizes.
    pub(super) files: Vec<(String, u64)>,
    /// What the user should know.
    pub(super) notes: Vec<String>,
    /// The debug file, which is not of the package, with its size.
    pub(super) debug: Option<(String, u64)>,
}

/// Removes the runtime's modules of an earlier build: what is shipped of them, and in which
/// files, may have changed. The rest of the directory may be the user's.
fn remove_host_modules(snippets: &Path) -> Result<(), Error> {
    let Ok(entries) = fs::read_dir(snippets) else {
        return Ok(());
    };
    for entry in entries {
        let path = entry.map_err(Error::io("list", snippets))?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.starts_with("recover-runtime-") && path.join("js").is_dir() {
            fs::remove_dir_all(&path).map_err(Error::io("remove", &path))?;
        }
    }
    Ok(())
}

/// Tells Node which crates' snippets are CommonJS, as wasm-bindgen's users write them for this target.
fn mark_commonjs(snippets: &Path) -> Result<(), Error> {
    for entry in fs::read_dir(snippets).map_err(Error::io("list", snippets))? {
        let folder = entry.map_err(Error::io("list", snippets))?.path();
        if !folder.is_dir() {
            continue;
        }
        let mut names = vec![];
        list(&folder, &folder, &mut names)?;
        let mut scripts = vec![];
        for name in names.iter().filter(|name| name.ends_with(".js")) {
            let path = folder.join(name);
            let text = fs::read_to_string(&path).map_err(Error::io("read", &path))?;
            scripts.push(is_script(&text));
        }
        if scripts.contains(&true) {
            let path = folder.join(PACKAGE_JSON);
            let all = !scripts.contains(&false);
            fs::write(&path, package_json::commonjs_snippets(all))
                .map_err(Error::io("write", &path))?;
        }
    }
    Ok(())
}

/// Whether a file imports and exports nothing as a module does. What is no module may fail to parse
/// as one.
fn is_script(text: &str) -> bool {
    let Ok(program) = tree::parse(text, tree::Language::JavaScript) else {
        return true;
    };
    let of_modules = [
        "ImportDeclaration",
        "ExportNamedDeclaration",
        "ExportDefaultDeclaration",
        "ExportAllDeclaration",
    ];
    let mut body = program["body"].as_array().into_iter().flatten();
    !body.any(|statement| of_modules.iter().any(|kind| statement["type"] == *kind))
}

/// Copies the staged files.
pub(super) fn place(staging: &Path, out_dir: &Path) -> Result<(), Error> {
    let mut names = vec![];
    list(staging, staging, &mut names)?;
    for name in names {
        let (from, to) = (staging.join(&name), out_dir.join(&name));
        if let Some(parent) = to.parent() {
            fs::create_dir_all(parent).map_err(Error::io("create", parent))?;
        }
        fs::copy(&from, &to).map_err(Error::io("write", &to))?;
    }
    Ok(())
}

/// Copies the staged files and writes the package.json.
pub(super) fn publish(plan: &Plan, staging: &Path, build: &str) -> Result<Written, Error> {
    // wasm-bindgen leaves one where crates ask for npm packages.
    let collected = staging.join(PACKAGE_JSON);
    let mut dependencies = Default::default();
    if collected.is_file() {
        let text = fs::read_to_string(&collected).map_err(Error::io("read", &collected))?;
        dependencies = package_json::dependencies(&text);
        fs::remove_file(&collected).map_err(Error::io("remove", &collected))?;
    }
    let nodejs = plan.target == Target::Nodejs;
    if nodejs && staging.join(SNIPPETS).is_dir() {
        let path = staging.join(SNIPPETS).join(PACKAGE_JSON);
        fs::write(&path, package_json::snippets()).map_err(Error::io("write", &path))?;
        mark_commonjs(&staging.join(SNIPPETS))?;
    }

    let mut names = vec![];
    list(staging, staging, &mut names)?;
    names.sort();
    let mut written = Written {
        files: vec![],
        notes: vec![],
        debug: None,
    };
    let wanted: Vec<String> = dependencies.keys().cloned().collect();
    let (info, stem) = (&plan.info, &plan.bindgen.stem);
    let target = plan.target;
    let text = package_json::render(info, stem, target, &names, dependencies, build);

    fs::create_dir_all(&plan.out_dir).map_err(Error::io("create", &plan.out_dir))?;
    remove_host_modules(&plan.out_dir.join(SNIPPETS))?;
    for name in names {
        let (from, to) = (staging.join(&name), plan.out_dir.join(&name));
        if let Some(parent) = to.parent() {
            fs::create_dir_all(parent).map_err(Error::io("create", parent))?;
        }
        let size = fs::copy(&from, &to).map_err(Error::io("write", &to))?;
        written.files.push((name, size));
    }

    let path = plan.out_dir.join(PACKAGE_JSON);
    match fs::read_to_string(&path) {
        Ok(theirs) if !package_json::is_ours(&theirs) => {
            written.notes.push(kept(&theirs, target, &wanted));
        }
        _ => {
            fs::write(&path, &text).map_err(Error::io("write", &path))?;
            written
                .files
                .push((PACKAGE_JSON.to_owned(), text.len() as u64));
        }
    }
    Ok(written)
}

fn kept(theirs: &str, target: Target, wanted: &[String]) -> String {
    let mut note = "kept package.json, which is not ours".to_owned();
    if let Some(conflict) = package_json::conflict(theirs, target) {
        note.push_str(": ");
        note.push_str(conflict);
    }
    if !wanted.is_empty() {
        note.push_str("; the package depends on ");
        note.push_str(&wanted.join(", "));
    }
    note
}

/// The files below `directory`, relative to `root`, with slashes.
fn list(root: &Path, directory: &Path, names: &mut Vec<String>) -> Result<(), Error> {
    for entry in fs::read_dir(directory).map_err(Error::io("list", directory))? {
        let path = entry.map_err(Error::io("list", directory))?.path();
        if path.is_dir() {
            list(root, &path, names)?;
        } else if let Ok(relative) = path.strip_prefix(root) {
            let parts = relative.iter().map(|part| part.to_string_lossy());
            names.push(parts.collect::<Vec<_>>().join("/"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn snippets_in_commonjs_are_told_from_modules() {
        assert!(is_script("module.exports.add = (a) => a + 1;"));
        assert!(is_script(
            "const fs = require('fs'); exports.read = () => fs;"
        ));
        assert!(is_script("with (Math) { exports.pi = PI; }"));
        assert!(!is_script("export const add = (a) => a + 1;"));
        assert!(!is_script("import fs from 'fs'; export { fs };"));
        assert!(!is_script("export * from './other.js';"));
    }

    #[test]
    fn a_folder_of_snippets_in_commonjs_says_so() {
        let staging = Staging::create(&std::env::temp_dir().join("recover-commonjs")).unwrap();
        let write = |name: &str, text: &str| {
            let path = staging.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        write("scripts/inline0.js", "module.exports.a = 1;");
        write("mixed/inline0.js", "module.exports.a = 1;");
        write("mixed/inline1.js", "export const a = 1;");
        write("modules/inline0.js", "export const a = 1;");
        mark_commonjs(staging.path()).unwrap();
        let read = |name: &str| fs::read_to_string(staging.path().join(name).join(PACKAGE_JSON));
        assert!(read("scripts").unwrap().contains("\"commonjs\""));
        assert!(!read("mixed").unwrap().contains("type"));
        assert!(read("modules").is_err());
    }
}
