//! `cargo xtask component`: the fixture as a component, and every part that loads or calls one: the hosts in Rust, Python
//! and JavaScript, the guests in other languages, what four callers see of one failure, and a gauntlet.
//!
//! A part is a folder. What its tests are, its files say: a workspace of cargo's with tests, `test_*.py`, `*.test.mjs`. A
//! part that is not there, or has no test, fails. What must hold is not decided here.

mod bench;
mod given;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;

use crate::error::Error;
use crate::matrix;
use crate::process::say;
use crate::project::Project;
use crate::python;
use crate::recover::Build;
use crate::setup::{self, Piece};
use crate::test::counts::Counts;
use crate::test::harness;

pub(crate) use given::FIXTURE;
use given::{Given, RUST};

/// What it needs.
pub(crate) const NEEDS: [Piece; 6] = [
    Piece::Nightly,
    Piece::Stable,
    Piece::Node,
    Piece::TypeScript,
    Piece::Components,
    Piece::ComponentHosts,
];

/// The command, whose tests that need the target of WASI run here alone.
const COMMAND: &str = "recover-cli";

/// What callers see, and the program that prints it side by side.
const CALLERS: &str = "tests/component";
const SHOWN: &str = "tests/component/callers/callers.py";

/// Two crates of the gauntlet as a component.
const GAUNTLET: &str = "tests/component/gauntlet";

/// The rows of the matrix for the hosts in Python and JavaScript.
const ROWS: &str = "tests/matrix/components";

/// The parts, and what they are.
const PARTS: [(&str, &str); 10] = [
    (COMMAND, "components by real cargo"),
    (FIXTURE, "the fixture's own tests, on the host"),
    (RUST, "the host in Rust, and the rows of the matrix in it"),
    ("hosts/python", "the host in Python"),
    ("hosts/javascript", "the host in JavaScript"),
    (ROWS, "the rows of the matrix, in Python and JavaScript"),
    ("guests/python", "a guest in Python"),
    ("guests/javascript", "a guest in JavaScript"),
    (
        CALLERS,
        "one failure, seen by four callers; chains of languages",
    ),
    (
        GAUNTLET,
        "a published crate, fed hostile input by two hosts",
    ),
];

/// Those that every run of the tests takes the time for: no compiler of WebAssembly is compiled for them.
pub(crate) const QUICK: [&str; 4] = [
    "hosts/python",
    "hosts/javascript",
    "guests/python",
    "guests/javascript",
];

/// Folders that have no tests of ours.
const SKIPPED: [&str; 6] = [
    "node_modules",
    "target",
    "build",
    "dist",
    "__pycache__",
    ".venv",
];

/// The options of `component`.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Only these parts, by their folders
    #[arg(long, value_name = "FOLDER", value_delimiter = ',')]
    only: Vec<String>,

    /// Measure in place of testing: print what guards and supervisors cost, as ratios beside their bars
    #[arg(long, conflicts_with_all = ["only", "docs"])]
    bench: bool,

    /// Run the rows of the matrix in all hosts, and write them into docs/book/engines.md if each holds
    #[arg(long, conflicts_with = "only")]
    docs: bool,
}

/// Builds and runs; the last line is the sum.
pub(crate) fn run(project: &Project, options: &Options) -> Result<ExitCode, Error> {
    let known = |folder: &String| PARTS.iter().any(|(part, _)| part == folder);
    if let Some(unknown) = options.only.iter().find(|folder| !known(folder)) {
        let parts = PARTS.map(|(part, _)| part).join(", ");
        return Err(Error::Usage(format!(
            "there is no part `{unknown}`; --only takes {parts}"
        )));
    }
    setup::ensure(project, &NEEDS)?;
    if options.bench {
        bench::measure(&Given::compile(project)?)?;
        return Ok(ExitCode::SUCCESS);
    }
    let counts = match options.docs {
        true => parts(project, &[ROWS, RUST].map(str::to_owned))?,
        false => parts(project, &options.only)?,
    };
    if options.docs && counts.failed == 0 {
        matrix::write_components(project)?;
    }
    println!("{} passed, {} failed", counts.passed, counts.failed);
    Ok(match counts.failed {
        0 => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    })
}

/// The parts of these folders, or all, as a stage of the tests.
pub(crate) fn stage(project: &Project, only: &[&str]) -> Result<Counts, Error> {
    let only: Vec<_> = only.iter().map(|&folder| folder.to_owned()).collect();
    parts(project, &only)
}

fn parts(project: &Project, only: &[String]) -> Result<Counts, Error> {
    let given = Given::compile(project)?;
    let mut counts = Counts::default();
    for (folder, about) in PARTS {
        if !only.is_empty() && !only.iter().any(|wanted| wanted == folder) {
            continue;
        }
        say("part", &format!("{folder}: {about}"));
        let of_part = part(&given, folder).unwrap_or_else(|error| {
            // The others still say what they know.
            say("failed", &error.to_string());
            Counts::of(false)
        });
        say(
            "part",
            &format!(
                "{folder}: {} passed, {} failed",
                of_part.passed, of_part.failed
            ),
        );
        counts += of_part;
    }
    Ok(counts)
}

/// Builds what a part loads that it does not build itgiven.
fn prepare(given: &Given<'_>, folder: &str) -> Result<(), Error> {
    let component = |folder| given.component(folder).run();
    match folder {
        COMMAND | FIXTURE => Ok(()),
        GAUNTLET => {
            component(GAUNTLET)?;
            // What it is compared with.
            let package = given.project.root.join("examples/gauntlet/ours");
            let package = given
                .recover
                .build(&package, Build::Exnref, &given.gauntlet());
            package.run()
        }
        _ => component(FIXTURE),
    }
}

/// All tests of a part.
fn part(given: &Given<'_>, folder: &str) -> Result<Counts, Error> {
    if folder == COMMAND {
        let test = given.project.cargo(&given.project.pins.stable);
        let test = test.args(["test", "-p", COMMAND, "--test", "components"]);
        return harness::cargo_tests(&test.args(["--", "--ignored"]));
    }
    let found = Found::below(&given.project.root, folder)?;
    if found.is_empty() {
        return Err(Error::Check(format!("{folder} has no test")));
    }
    prepare(given, folder)?;
    let mut counts = Counts::default();
    for manifest in &found.workspaces {
        let target = given.of_part(folder);
        let test = given.project.cargo(&given.project.pins.stable);
        let test = test.args(["test", "--no-fail-fast", "--manifest-path"]);
        let test = given
            .told(test.arg(manifest))
            .env("CARGO_TARGET_DIR", target);
        counts += harness::cargo_tests(&test)?;
    }
    for directory in &found.python {
        let python = given
            .project
            .cmd(python::program(given.project, "component"));
        counts += harness::python_tests(given.told(python), directory)?;
    }
    if !found.javascript.is_empty() {
        let node = given.told(given.project.cmd(given.project.node()));
        counts += harness::node_tests(node, &found.javascript)?;
    }
    if folder == CALLERS {
        counts += side_by_side(given)?;
    }
    Ok(counts)
}

/// Shows one panic as each caller sees it.
fn side_by_side(given: &Given<'_>) -> Result<Counts, Error> {
    let python = given
        .project
        .cmd(python::program(given.project, "component"));
    let python = given.told(python).arg(SHOWN).arg("panic");
    Ok(Counts::of(python.status()? == Some(0)))
}

/// The tests below a folder.
#[derive(Debug, Default, PartialEq, Eq)]
struct Found {
    /// The manifests of workspaces, each with a lock file.
    workspaces: Vec<PathBuf>,
    /// Folders with `test_*.py`, from the root.
    python: Vec<PathBuf>,
    /// The `*.test.mjs`, from the root.
    javascript: Vec<String>,
}

impl Found {
    /// Those of a part, without those of the parts in it.
    fn below(root: &Path, part: &str) -> Result<Self, Error> {
        let mut found = Self::default();
        let others: Vec<_> = PARTS.iter().map(|(other, _)| root.join(other)).collect();
        let own = root.join(part);
        found.walk(root, &own, &|folder| {
            folder != own && others.iter().any(|other| other == folder)
        })?;
        found.workspaces.sort();
        found.python.sort();
        found.javascript.sort();
        Ok(found)
    }

    fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    fn walk(
        &mut self,
        root: &Path,
        folder: &Path,
        is_another: &dyn Fn(&Path) -> bool,
    ) -> Result<(), Error> {
        let below = |path: &Path| path.strip_prefix(root).unwrap_or(path).to_owned();
        let entries = fs::read_dir(folder).map_err(|error| Error::file(folder, error))?;
        for entry in entries {
            let path = entry.map_err(|error| Error::file(folder, error))?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if path.is_dir() {
                if !SKIPPED.contains(&&*name) && !is_another(&path) {
                    self.walk(root, &path, is_another)?;
                }
            } else if name == "Cargo.lock" && has_test(folder)? {
                self.workspaces
                    .push(below(&path.with_file_name("Cargo.toml")));
            } else if name.starts_with("test_") && name.ends_with(".py") {
                let folder = below(folder);
                if !self.python.contains(&folder) {
                    self.python.push(folder);
                }
            } else if name.ends_with(".test.mjs") {
                self.javascript.push(below(&path).display().to_string());
            }
        }
        Ok(())
    }
}

/// Whether a folder has a test of cargo's. Some have programs alone that other tests run.
fn has_test(folder: &Path) -> Result<bool, Error> {
    let entries = fs::read_dir(folder).map_err(|error| Error::file(folder, error))?;
    for entry in entries {
        let path = entry.map_err(|error| Error::file(folder, error))?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let has = if path.is_dir() {
            !SKIPPED.contains(&&*name) && has_test(&path)?
        } else {
            name.ends_with(".rs")
                && fs::read_to_string(&path).is_ok_and(|text| text.contains("#[test]"))
        };
        if has {
            return Ok(true);
        }
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tests_of_a_part_are_found_and_those_of_another_are_not() {
        let root = std::env::temp_dir().join(format!("xtask-component-{}", std::process::id()));
        for file in [
            "tests/component/chain/Cargo.lock",
            "tests/component/chain/tests/chain.rs",
            "tests/component/program/Cargo.lock",
            "tests/component/program/src/main.rs",
            "tests/component/deep/test_a.py",
            "tests/component/deep/test_b.py",
            "tests/component/deep/b.test.mjs",
            "tests/component/node_modules/c.test.mjs",
            "tests/component/gauntlet/d.test.mjs",
            "hosts/rust/README.md",
        ] {
            let path = root.join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            let text = if file.contains("chain") {
                "#[test]"
            } else {
                ""
            };
            fs::write(path, text).unwrap();
        }
        let found = Found::below(&root, "tests/component").unwrap();
        assert_eq!(
            found.workspaces,
            [Path::new("tests/component/chain/Cargo.toml")]
        );
        assert_eq!(found.python, [Path::new("tests/component/deep")]);
        assert_eq!(found.javascript, ["tests/component/deep/b.test.mjs"]);
        let gauntlet = Found::below(&root, "tests/component/gauntlet").unwrap();
        assert_eq!(gauntlet.javascript, ["tests/component/gauntlet/d.test.mjs"]);
        assert!(Found::below(&root, "hosts/rust").unwrap().is_empty());
        assert!(Found::below(&root, "hosts/python").is_err());
        fs::remove_dir_all(root).unwrap();
    }
}
