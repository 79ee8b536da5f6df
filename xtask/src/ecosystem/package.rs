//! The crate that a package of the ecosystem is built from: its dependencies are popular crates, its modules
//! a program for each. Written below the target directory. Building it is `mod.rs`.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use toml::{Table, Value};

use crate::error::Error;
use crate::project::Project;

/// The crates of the list that every program may use.
const SHARED: [&str; 3] = ["futures", "js-sys", "web-sys"];

/// tests/ecosystem/crates.toml.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct List {
    /// What programs use beside the crates.
    beside: BTreeMap<String, Value>,
    /// The crates.
    #[serde(rename = "crate")]
    pub(crate) crates: Vec<Crate>,
}

/// A crate of the list.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Crate {
    /// Its name in the registry.
    pub(crate) name: String,
    /// Its version.
    pub(crate) version: String,
    /// Features beyond the default ones.
    #[serde(default)]
    features: Vec<String>,
    /// Whether it has its default features.
    #[serde(default = "yes")]
    default_features: bool,
    /// One of those in the test command without `--full`.
    #[serde(default)]
    pub(crate) small: bool,
    /// What its program answers.
    pub(crate) answer: String,
}

fn yes() -> bool {
    true
}

impl List {
    /// Reads it.
    pub(crate) fn read(project: &Project) -> Result<Self, Error> {
        let path = "tests/ecosystem/crates.toml";
        toml::from_str(&project.read(path)?).map_err(|error| Error::file(path, error))
    }
}

impl Crate {
    /// Its name in Rust, which its program's function has, too.
    pub(crate) fn ident(&self) -> String {
        self.name.replace('-', "_")
    }

    fn dependency(&self) -> Value {
        let mut table = Table::new();
        table.insert("version".to_owned(), format!("={}", self.version).into());
        table.insert("features".to_owned(), self.features.clone().into());
        table.insert("default-features".to_owned(), self.default_features.into());
        table.into()
    }
}

/// Writes the crate of `crates` into `directory`.
pub(crate) fn write(
    project: &Project,
    list: &List,
    crates: &[&Crate],
    directory: &Path,
) -> Result<(), Error> {
    let programs = project.root.join("tests/ecosystem/programs");
    let source = directory.join("src");
    fs::create_dir_all(&source).map_err(|error| Error::file(&source, error))?;
    let mut root = String::new();
    for one in crates {
        let program = programs.join(format!("{}.rs", one.name));
        let text = fs::read(&program).map_err(|error| Error::file(&program, error))?;
        // Not by the crate's own name, which paths begin with.
        let module = format!("program_{}", one.ident());
        update(&source.join(format!("{module}.rs")), &text)?;
        root.push_str(&format!("pub mod {module};\n"));
    }
    update(&source.join("lib.rs"), root.as_bytes())?;
    update(
        &directory.join("Cargo.toml"),
        manifest(project, list, crates).to_string().as_bytes(),
    )?;
    let lock = lock(project);
    if lock.exists() {
        let text = fs::read(&lock).map_err(|error| Error::file(&lock, error))?;
        let own = directory.join("Cargo.lock");
        fs::write(&own, text).map_err(|error| Error::file(own, error))?;
    }
    Ok(())
}

fn manifest(project: &Project, list: &List, crates: &[&Crate]) -> Table {
    let shared = list
        .crates
        .iter()
        .filter(|one| SHARED.contains(&&*one.name));
    let crates = crates.iter().copied().chain(shared);
    let mut dependencies: Table = crates
        .map(|one| (one.name.clone(), one.dependency()))
        .collect();
    dependencies.extend(list.beside.clone());
    let runtime = project.root.join("recover-runtime").display().to_string();
    let path = Table::from_iter([("path".to_owned(), runtime.into())]);
    dependencies.insert("recover-runtime".to_owned(), path.into());
    let table = toml::toml! {
        [package]
        name = "ecosystem"
        version = "0.0.0"
        edition = "2024"

        [lib]
        crate-type = ["cdylib"]

        [profile.dev]
        debug = false

        [workspace]
    };
    let mut table = table;
    table.insert("dependencies".to_owned(), dependencies.into());
    table
}

/// The versions, as they were tested.
fn lock(project: &Project) -> PathBuf {
    project.root.join("tests/ecosystem/Cargo.lock")
}

/// Keeps the versions that cargo chose, where none are kept: removing the file is how they are renewed.
pub(crate) fn keep_lock(project: &Project, directory: &Path) -> Result<(), Error> {
    let (chosen, kept) = (directory.join("Cargo.lock"), lock(project));
    if !kept.exists() {
        fs::copy(&chosen, &kept).map_err(|error| Error::file(kept, error))?;
    }
    Ok(())
}

/// Writes what differs: what is as it was is not compiled again.
fn update(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    if fs::read(path).is_ok_and(|there| there == bytes) {
        return Ok(());
    }
    fs::write(path, bytes).map_err(|error| Error::file(path, error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_crate_has_a_program_and_every_program_a_crate() {
        let project = Project::find().unwrap();
        let list = List::read(&project).unwrap();
        let mut names: Vec<_> = list
            .crates
            .iter()
            .map(|one| format!("{}.rs", one.name))
            .collect();
        names.sort();
        let programs = fs::read_dir(project.root.join("tests/ecosystem/programs")).unwrap();
        let mut found: Vec<_> = programs
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        found.sort();
        assert_eq!(found, names);
        for one in &list.crates {
            let path = project
                .root
                .join(format!("tests/ecosystem/programs/{}.rs", one.name));
            let text = fs::read_to_string(path).unwrap();
            assert!(
                text.contains(&format!("fn {}(", one.ident())),
                "{}",
                one.name
            );
        }
    }

    #[test]
    fn a_package_has_its_crates_and_what_programs_share() {
        let project = Project::find().unwrap();
        let list = List::read(&project).unwrap();
        let yew = list.crates.iter().find(|one| one.name == "yew").unwrap();
        let manifest = manifest(&project, &list, &[yew]);
        let dependencies = manifest["dependencies"].as_table().unwrap();
        for name in [
            "yew",
            "futures",
            "web-sys",
            "wasm-bindgen",
            "serde",
            "recover-runtime",
        ] {
            assert!(dependencies.contains_key(name), "{name}");
        }
        assert!(!dependencies.contains_key("leptos"));
        assert_eq!(dependencies["yew"]["features"][0].as_str(), Some("csr"));
    }
}
