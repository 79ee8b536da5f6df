//! End to end with other versions of wasm-bindgen than the one that is built in: the oldest
//! that crates may use, and one between.
//!
//! The fixtures are built in a copy of the workspace, whose lock file has the version: the
//! checkout's own stays as it is. What they are built with is `cargo recover` of the checkout.
//! What an older version can't do stands in one table, [`EXCLUDED`].

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

/// What does not hold with some of the versions, because of their own code.
struct Excluded {
    /// The numbers of the first version with which it holds.
    below: [u64; 3],
    what: What,
    /// What wasm-bindgen does there.
    why: &'static str,
}

/// What fails. If it does not, or is not there, the stage fails.
#[derive(Clone, Copy)]
enum What {
    /// A test, by its name.
    Test(&'static str),
    /// A lint that a fixture denies, by the fixture's folder.
    Lint(&'static str, &'static str),
}

/// The release that has conversions which can refuse, and glue that cleans up after them.
const FALLIBLE: [u64; 3] = [0, 2, 130];

/// Of the tests that convert several arguments.
const KEEPS: &str = "when an argument can't be converted, the glue keeps what it converted before: \
                     memory is leaked";

const EXCLUDED: [Excluded; 4] = [
    Excluded {
        below: FALLIBLE,
        what: What::Test("an element or a variant that wasm-bindgen refuses is a TypeError"),
        why: "wasm-bindgen throws an Error of its own from within the conversion",
    },
    Excluded {
        below: FALLIBLE,
        what: What::Test(
            "arguments that do not fit are refused while they are copied in, with the allocator of Rust",
        ),
        why: KEEPS,
    },
    Excluded {
        below: FALLIBLE,
        what: What::Test(
            "arguments that do not fit are refused while they are copied in, with the one that counts",
        ),
        why: KEEPS,
    },
    Excluded {
        below: FALLIBLE,
        what: What::Lint("renamed", "missing_docs"),
        why: "wasm-bindgen drops the attributes of an imported static, its documentation too",
    },
];

/// The rows of the table that are of that version.
fn excluded(number: &str) -> impl Iterator<Item = &'static Excluded> {
    let number = parts(number);
    EXCLUDED
        .iter()
        .filter(move |row| number[..] < row.below[..])
}

fn parts(number: &str) -> Vec<u64> {
    number.split('.').flat_map(str::parse).collect()
}

/// Crates whose packages nobody loads. They deny warnings, and what is expanded there is hard
/// to get right.
const CHECKED: [&str; 2] = ["hygiene-fixture", "renamed-fixture"];

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
            .build(&directory, FLAVOUR.build, &packages.join(fixture.package()))
            .env("CARGO_TARGET_DIR", copy.join("target"));
        FLAVOUR.compile(fixture.featured(command))
    })?;
    let mut tests = vec![];
    for row in excluded(number) {
        let (what, name) = match row.what {
            What::Test(name) => ("test", name),
            What::Lint(_, name) => ("lint", name),
        };
        say("without", &format!("{what} `{name}`: {}", row.why));
        if let What::Test(name) = row.what {
            tests.push(name);
        }
    }
    let node = e2e::node(project, FLAVOUR, &packages);
    let mut counts = harness::node_tests_but(node, &e2e::suites_of(project)?, &tests)?;
    counts.failed += failed;
    counts += checked(project, &copy, number)?;
    Ok(counts)
}

/// Compiles what expands to code that is hard to get right, without warnings.
fn checked(project: &Project, copy: &Path, number: &str) -> Result<Counts, Error> {
    let check = |packages: &[&str]| {
        let mut cargo = project
            .cargo(&project.pins.stable)
            .arg("check")
            .arg("--manifest-path")
            .arg(copy.join("Cargo.toml"))
            .args(["--target", "wasm32-unknown-unknown"])
            .env("CARGO_TARGET_DIR", copy.join("target"));
        for package in packages {
            cargo = cargo.args(["-p", package]);
        }
        cargo.status()
    };
    let mut counts = Counts::default();
    for row in excluded(number) {
        let What::Lint(fixture, lint) = row.what else {
            continue;
        };
        if check(&[&format!("{fixture}-fixture")])? == Some(0) {
            let text = format!("`{lint}` of {fixture} holds, but its row says that it fails");
            say("failed", &text);
            counts.failed += 1;
        }
        let path = copy
            .join("tests/fixtures")
            .join(fixture)
            .join("src")
            .join("lib.rs");
        let text = fs::read_to_string(&path).map_err(|error| Error::file(&path, error))?;
        let text = allowed(&text, lint).map_err(Error::Check)?;
        fs::write(&path, text).map_err(|error| Error::file(&path, error))?;
    }
    counts += Counts::of(check(&CHECKED)? == Some(0));
    Ok(counts)
}

/// A crate's text that allows a lint, which it denies as the last of several.
fn allowed(text: &str, lint: &str) -> Result<String, String> {
    let denied = format!(", {lint})]\n");
    match text.matches(&denied).count() {
        1 => Ok(text.replace(&denied, &format!(")]\n#![allow({lint})]\n"))),
        found => Err(format!("`{denied}` is there {found} times, not once")),
    }
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
    fn a_row_is_of_the_versions_below_its_own() {
        let [major, minor, patch] = FALLIBLE;
        assert_eq!(excluded(&format!("{major}.{minor}.{patch}")).count(), 0);
        assert_eq!(excluded("0.0.0").count(), EXCLUDED.len());
        assert!(parts("7.8.9") < parts("7.8.10"));
    }

    #[test]
    fn the_lints_of_the_table_are_denied_where_it_says() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures");
        for row in &EXCLUDED {
            if let What::Lint(fixture, lint) = row.what {
                let text = fs::read_to_string(root.join(fixture).join("src/lib.rs")).unwrap();
                let text = allowed(&text, lint).unwrap();
                assert!(text.contains(&format!("#![allow({lint})]")));
            }
        }
        assert!(allowed("#![deny(one)]\n", "one").is_err());
    }

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
