//! Where things are: the root, the target directory, the members, the pins.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::error::Error;
use crate::pins::Pins;
use crate::process::Cmd;

/// This checkout.
#[derive(Debug)]
pub(crate) struct Project {
    /// The root of the repository.
    pub(crate) root: PathBuf,
    /// cargo's target directory.
    pub(crate) target: PathBuf,
    /// The pinned versions.
    pub(crate) pins: Pins,
    /// The crates below tests/fixtures that are built as packages.
    pub(crate) fixtures: Vec<Fixture>,
}

/// A crate that the end-to-end tests load.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Fixture {
    /// The package's name.
    pub(crate) name: String,
    /// Its directory.
    pub(crate) directory: PathBuf,
    /// The feature that it is built with, if there is one.
    pub(crate) feature: Option<String>,
}

impl Fixture {
    /// What its package is called in a folder of packages: `NAME`, or `NAME-FEATURE`.
    pub(crate) fn package(&self) -> String {
        match &self.feature {
            Some(feature) => format!("{}-{feature}", self.name),
            None => self.name.clone(),
        }
    }

    /// Has a build be that of the fixture.
    pub(crate) fn featured(&self, build: Cmd) -> Cmd {
        match &self.feature {
            Some(feature) => build.args(["--features", feature]),
            None => build,
        }
    }
}

impl Project {
    /// Finds the checkout that this program was built from.
    pub(crate) fn find() -> Result<Self, Error> {
        let own = std::env::var_os("CARGO_MANIFEST_DIR")
            .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
        let root = own.parent().unwrap_or(&own).to_owned();
        let pins = Pins::read(&root)?;
        let command =
            Cmd::new(&root, "cargo").args(["metadata", "--no-deps", "--format-version=1"]);
        let output = command.quiet()?;
        if !output.success {
            // Once more, so that cargo's words are seen.
            command.run()?;
        }
        let metadata: Value = serde_json::from_str(&output.stdout)
            .map_err(|error| Error::Check(format!("cargo metadata is not understood: {error}")))?;
        let target = metadata["target_directory"].as_str().unwrap_or("target");
        Ok(Self {
            target: root.join(target),
            fixtures: fixtures(&metadata, &root.join("tests").join("fixtures")),
            root,
            pins,
        })
    }

    /// A program to run in the root.
    pub(crate) fn cmd(&self, program: impl AsRef<std::ffi::OsStr>) -> Cmd {
        Cmd::new(&self.root, program)
    }

    /// cargo of a toolchain.
    pub(crate) fn cargo(&self, toolchain: &str) -> Cmd {
        self.cmd("cargo").arg(format!("+{toolchain}"))
    }

    /// The Node that the tests run on.
    pub(crate) fn node(&self) -> PathBuf {
        let bin = "engines/node24/node_modules/node/bin/node";
        self.root
            .join(bin)
            .with_extension(std::env::consts::EXE_EXTENSION)
    }

    /// Where wasm-pack and the wasm-bindgen command are, after setup.
    pub(crate) fn wasm_pack(&self) -> PathBuf {
        self.root.join("engines/wasm-pack/bin")
    }

    /// The TypeScript compiler, a script for Node.
    pub(crate) fn typescript(&self) -> PathBuf {
        let path = "engines/typescript/node_modules/typescript/bin/tsc";
        self.root.join(path)
    }

    /// The text of a file below the root.
    pub(crate) fn read(&self, path: &str) -> Result<String, Error> {
        let path = self.root.join(path);
        std::fs::read_to_string(&path).map_err(|error| Error::file(path, error))
    }

    /// Writes a table into a page, in place of what stands behind the mark `begin`, up to `<!-- end -->`.
    pub(crate) fn write_table(
        &self,
        page: &str,
        begin: &str,
        lines: &[String],
    ) -> Result<(), Error> {
        let text = self.read(page)?;
        let Some(text) = with_table(&text, begin, lines) else {
            return Err(Error::file(page, "the marks of the table are not there"));
        };
        let path = self.root.join(page);
        std::fs::write(&path, text).map_err(|error| Error::file(path, error))
    }
}

/// Where a table of a page ends.
const END: &str = "<!-- end -->\n";

/// The text with another table; none if its marks are not there.
fn with_table(text: &str, begin: &str, lines: &[String]) -> Option<String> {
    let (before, rest) = text.split_once(begin)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{begin}{}\n{END}{after}", lines.join("\n")))
}

/// Does the package have a library that a package can be made of? The others are
/// checked by ui-tests alone.
fn makes_wasm(package: &Value) -> bool {
    let targets = package["targets"].as_array().into_iter().flatten();
    let mut types = targets.flat_map(|target| target["crate_types"].as_array());
    types.any(|types| types.contains(&"cdylib".into()))
}

/// The members below `directory` that make wasm and do not say `skip = true`. One that says `also = ["a"]` is there
/// once more, with the feature `a`.
fn fixtures(metadata: &Value, directory: &Path) -> Vec<Fixture> {
    let packages = metadata["packages"].as_array().into_iter().flatten();
    let mut found: Vec<_> = packages
        .filter(|package| package["metadata"]["recover-test"]["skip"] != true)
        .filter(|package| makes_wasm(package))
        .flat_map(|package| {
            let also = package["metadata"]["recover-test"]["also"].as_array();
            let features = also.into_iter().flatten().map(Value::as_str);
            std::iter::once(None)
                .chain(features)
                .filter_map(|feature| {
                    let manifest = Path::new(package["manifest_path"].as_str()?);
                    Some(Fixture {
                        name: package["name"].as_str()?.to_owned(),
                        directory: manifest.parent()?.to_owned(),
                        feature: feature.map(str::to_owned),
                    })
                })
                .collect::<Vec<_>>()
        })
        .filter(|fixture| fixture.directory.starts_with(directory))
        .collect();
    found.sort_by_key(Fixture::package);
    found
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_table_takes_the_place_of_what_is_between_its_marks() {
        let lines = ["a".to_owned(), "b".to_owned()];
        let text = format!("head\n<!-- t -->\nold\n{END}tail\n");
        let written = format!("head\n<!-- t -->\na\nb\n{END}tail\n");
        assert_eq!(with_table(&text, "<!-- t -->\n", &lines), Some(written));
        assert_eq!(with_table(&text, "<!-- other -->\n", &lines), None);
        assert_eq!(with_table("<!-- t -->\n", "<!-- t -->\n", &lines), None);
    }

    #[test]
    fn fixtures_are_members_of_one_directory_that_do_not_skip() {
        let also = |name: &str| match name {
            "one" => vec!["more"],
            _ => vec![],
        };
        let package = |name: &str, place: &str, kind: &str, skip: bool| {
            json!({
                "name": name,
                "manifest_path": format!("/r/{place}/Cargo.toml"),
                "targets": [{ "crate_types": ["rlib", kind] }, { "crate_types": ["bin"] }],
                "metadata": { "recover-test": { "skip": skip, "also": also(name) } },
            })
        };
        let metadata = json!({ "packages": [
            package("two", "tests/fixtures/two", "cdylib", false),
            package("one", "tests/fixtures/one", "cdylib", false),
            package("not", "tests/fixtures/not", "cdylib", true),
            package("host", "tests/fixtures/host", "lib", false),
            package("lib", "lib", "cdylib", false),
        ] });
        let found = fixtures(&metadata, Path::new("/r/tests/fixtures"));
        let names: Vec<_> = found.iter().map(Fixture::package).collect();
        assert_eq!(names, ["one", "one-more", "two"]);
        assert_eq!(found[1].feature.as_deref(), Some("more"));
        assert_eq!(found[0].directory, Path::new("/r/tests/fixtures/one"));
    }
}
