//! End to end with other versions of wasm-bindgen than the one that is built in: the oldest
//! that crates may use, and one between.
//!
//! The fixtures are built in a copy of the workspace, whose lock file has the version: the
//! checkout's own stays as it is. What they are built with is `cargo recover` of the checkout.

use std::fs;
use std::path::{Path, PathBuf};

use toml::{Table, Value};

use crate::error::Error;
use crate::process::say;
use crate::project::Project;
use crate::recover::{Build, Recover};
use crate::test::counts::Counts;
use crate::test::e2e;
use crate::test::flavour::{Flavour, Lto, Opt, Profile};
use crate::test::harness;

/// Which version of those that crates may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Version {
    /// The oldest.
    Oldest,
    /// One between it and the newest.
    Between,
}

impl Version {
    /// Both, in their order.
    pub(crate) const ALL: [Self; 2] = [Self::Oldest, Self::Between];

    /// The end of the stage's name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Oldest => "wbg-oldest",
            Self::Between => "wbg-between",
        }
    }

    fn number(self, project: &Project) -> &str {
        match self {
            Self::Oldest => &project.pins.oldest_wasm_bindgen,
            Self::Between => &project.pins.between_wasm_bindgen,
        }
    }
}

/// The flavour that it is done in.
const FLAVOUR: Flavour = Flavour {
    build: Build::Exnref,
    profile: Profile::Release(Opt::Three, Lto::No),
};

/// Builds the fixtures with that version and runs the tests on them.
pub(crate) fn run(project: &Project, version: Version) -> Result<Counts, Error> {
    let number = version.number(project);
    say("note", &format!("wasm-bindgen {number}"));
    let copy = project.target.join("versions").join(number);
    copy_of(project, &copy, number)?;
    let recover = Recover::compile(project)?;
    let packages = copy.join("packages");
    let fixtures: Vec<_> = project.fixtures.iter().collect();
    let failed = e2e::build_with(&fixtures, |fixture| {
        let place = fixture.directory.strip_prefix(&project.root);
        let directory = copy.join(place.unwrap_or(&fixture.directory));
        let command = recover
            .build(&directory, FLAVOUR.build, &packages.join(&fixture.name))
            .env("CARGO_TARGET_DIR", copy.join("target"));
        FLAVOUR.compile(command)
    })?;
    let node = e2e::node(project, FLAVOUR, &packages);
    let mut counts = harness::node_tests(node, &e2e::suites_of(project)?)?;
    counts.failed += failed;
    Ok(counts)
}

/// Copies what the fixtures are made of, with that version in manifest and lock file.
fn copy_of(project: &Project, copy: &Path, number: &str) -> Result<(), Error> {
    for place in ["recover-macros", "recover-runtime", "tests/fixtures"] {
        let to = copy.join(place);
        if to.exists() {
            fs::remove_dir_all(&to).map_err(|error| Error::file(&to, error))?;
        }
        copy_all(&project.root.join(place), &to)?;
    }
    let write = |name: &str, text: String| {
        let path = copy.join(name);
        fs::write(&path, text).map_err(|error| Error::file(&path, error))
    };
    let manifest = manifest(&project.read("Cargo.toml")?, number);
    write("Cargo.toml", manifest.map_err(Error::Check)?)?;
    let lock = lock(&project.read("Cargo.lock")?);
    write("Cargo.lock", lock.map_err(Error::Check)?)
}

fn copy_all(from: &Path, to: &Path) -> Result<(), Error> {
    let wrong = |path: &Path| {
        let path = path.to_owned();
        move |error| Error::file(&path, error)
    };
    fs::create_dir_all(to).map_err(wrong(to))?;
    for entry in fs::read_dir(from).map_err(wrong(from))? {
        let path: PathBuf = entry.map_err(wrong(from))?.path();
        let Some(name) = path.file_name() else {
            continue;
        };
        let target = to.join(name);
        if path.is_dir() {
            copy_all(&path, &target)?;
        } else {
            // As old as it was, so that cargo builds what has changed.
            fs::copy(&path, &target).map_err(wrong(&target))?;
            let time = fs::metadata(&path).and_then(|data| data.modified());
            let file = fs::File::options().write(true).open(&target);
            if let (Ok(time), Ok(file)) = (time, file) {
                file.set_modified(time).map_err(wrong(&target))?;
            }
        }
    }
    Ok(())
}

/// The workspace's manifest with the crates that were copied, and that wasm-bindgen alone.
fn manifest(text: &str, number: &str) -> Result<String, String> {
    let mut manifest: Table = text.parse().map_err(|error| format!("{error}"))?;
    let workspace = manifest.get_mut("workspace").and_then(Value::as_table_mut);
    let workspace = workspace.ok_or("Cargo.toml has no [workspace]")?;
    workspace.remove("default-members");
    let members = workspace.get_mut("members").and_then(Value::as_array_mut);
    members
        .ok_or("Cargo.toml has no members")?
        .retain(|member| {
            let member = member.as_str().unwrap_or_default();
            member.starts_with("tests/fixtures/")
                || ["recover-macros", "recover-runtime"].contains(&member)
        });
    let dependencies = workspace
        .get_mut("dependencies")
        .and_then(Value::as_table_mut);
    let bindgen = dependencies.and_then(|all| all.get_mut("wasm-bindgen")?.as_table_mut());
    let bindgen = bindgen.ok_or("Cargo.toml has no requirement of wasm-bindgen")?;
    bindgen.insert("version".to_owned(), Value::String(format!("={number}")));
    // Profiles name packages that are not there.
    manifest.remove("profile");
    Ok(manifest.to_string())
}

/// The lock file without wasm-bindgen and what is of its version: cargo finds those anew.
fn lock(text: &str) -> Result<String, String> {
    let mut lock: Table = text.parse().map_err(|error| format!("{error}"))?;
    let packages = lock.get_mut("package").and_then(Value::as_array_mut);
    packages
        .ok_or("Cargo.lock has no packages")?
        .retain(|package| {
            let name = package
                .get("name")
                .and_then(Value::as_str)
                .unwrap_or_default();
            !(name.starts_with("wasm-bindgen") || ["js-sys", "web-sys"].contains(&name))
        });
    Ok(lock.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_copy_has_that_version_and_what_the_fixtures_need() {
        let text = r#"
            [workspace]
            members = ["recover-cli", "recover-macros", "tests/fixtures/one", "xtask"]
            default-members = ["xtask"]
            [workspace.dependencies]
            wasm-bindgen = { version = ">=7.7.1, <=7.7.7", features = ["std"] }
            [profile.dev.package.tool]
            debug = 0
        "#;
        let manifest: Table = manifest(text, "7.7.1").unwrap().parse().unwrap();
        let workspace = &manifest["workspace"];
        let members = workspace["members"].as_array().unwrap();
        assert_eq!(members.len(), 2);
        let bindgen = &workspace["dependencies"]["wasm-bindgen"];
        assert_eq!(bindgen["version"].as_str(), Some("=7.7.1"));
        assert!(bindgen.get("features").is_some());
        assert!(manifest.get("profile").is_none());
        let lock = lock("[[package]]\nname = \"wasm-bindgen-macro\"\n[[package]]\nname = \"syn\"\n[[package]]\nname = \"js-sys\"").unwrap();
        assert!(lock.contains("syn") && !lock.contains("wasm") && !lock.contains("js-sys"));
    }
}
