//! Builds what tests need, runs them, and says which passed: with all mechanisms, and
//! without one.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::table::{Mechanism, Suite, Table};
use super::tree::{self, Tree};
use crate::component;
use crate::engines::Engine;
use crate::error::Error;
use crate::process::{Cmd, say};
use crate::project::Project;
use crate::python;
use crate::recover::{Build, Recover};
use crate::test::e2e;
use crate::test::flavour::{self, Flavour};
use crate::test::harness;
use crate::torture;
use crate::worker;

/// A test that waits for ever without its mechanism is one that failed.
const TIMEOUT: &str = "--test-timeout=120000";

/// What loops for ever is ended; its tests did not fail.
const LONGEST: Duration = Duration::from_secs(900);

/// Which tests of which suites passed.
#[derive(Debug, Default)]
pub(crate) struct Ran(BTreeMap<String, BTreeMap<String, bool>>);

impl Ran {
    /// Whether it ran and passed.
    pub(crate) fn passed(&self, suite: &str, test: &str) -> bool {
        self.0.get(suite).and_then(|tests| tests.get(test)) == Some(&true)
    }

    /// Whether it ran and failed.
    pub(crate) fn failed(&self, suite: &str, test: &str) -> bool {
        self.0.get(suite).and_then(|tests| tests.get(test)) == Some(&false)
    }

    /// Those that failed, for a message.
    pub(crate) fn failures(&self, suite: &str) -> String {
        let tests = self.0.get(suite).into_iter().flatten();
        let failed: Vec<_> = tests
            .filter(|(_, passed)| !**passed)
            .map(|(name, _)| format!("`{name}`"))
            .collect();
        match failed.is_empty() {
            true => "none".to_owned(),
            false => failed.join(", "),
        }
    }

    #[cfg(test)]
    pub(crate) fn of(suite: &str, tests: &[(&str, bool)]) -> Self {
        let tests = tests
            .iter()
            .map(|&(name, passed)| (name.to_owned(), passed));
        Ran(BTreeMap::from([(suite.to_owned(), tests.collect())]))
    }
}

/// Runs suites in the copy of the checkout.
pub(crate) struct Runner<'a> {
    /// The checkout, whose engines are used.
    checkout: &'a Project,
    tree: &'a Tree,
    table: &'a Table,
}

impl<'a> Runner<'a> {
    pub(crate) fn new(checkout: &'a Project, tree: &'a Tree, table: &'a Table) -> Self {
        Runner {
            checkout,
            tree,
            table,
        }
    }

    /// What the suites say while nothing is taken out.
    pub(crate) fn unchanged(
        &self,
        flavour: &str,
        wanted: &BTreeMap<String, Vec<String>>,
    ) -> Result<Ran, Error> {
        println!();
        say("unplug", &format!("nothing, {flavour}: every test passes"));
        let known = flavour_of(flavour)?;
        let packages = e2e::packages(&self.tree.project, known);
        self.build(known, wanted.keys(), &packages)?;
        self.run(known, wanted, &packages)
    }

    /// What the suites of a mechanism say without it.
    pub(crate) fn without(&self, one: &Mechanism) -> Result<Ran, Error> {
        let changed = one
            .applied(|file| self.tree.read(file))
            .map_err(Error::Check)?;
        let known = flavour_of(&one.flavour)?;
        let usual = e2e::packages(&self.tree.project, known);
        let packages = self.tree.project.target.join("without");
        let _ = fs::remove_dir_all(&packages);
        let before = self.tree.put(&changed)?;
        let ran = self
            .make(known, one, &changed, &usual, &packages)
            .and_then(|()| self.run(known, &one.fails, &packages));
        self.tree.put(&before)?;
        ran
    }

    /// The packages without a mechanism.
    fn make(
        &self,
        flavour: Flavour,
        one: &Mechanism,
        changed: &BTreeMap<String, String>,
        usual: &Path,
        packages: &Path,
    ) -> Result<(), Error> {
        let modules = || changed.keys().map(|file| module(file));
        // In packages without debug info the modules are one, which `cargo recover` makes.
        let joined = || {
            let packages = self.packages(one.fails.keys());
            let mut copies = packages
                .iter()
                .map(|one| snippets(&usual.join(one), "recover.js"));
            copies.any(|copies| copies.is_ok_and(|copies| !copies.is_empty()))
        };
        if modules().any(|module| module.is_none()) || joined() {
            return self.build(flavour, one.fails.keys(), packages);
        }
        // What is JavaScript's alone needs no compiler: a package has copies of it.
        for package in self.packages(one.fails.keys()) {
            let to = packages.join(package);
            tree::copy(&usual.join(package), &to)?;
            for (text, module) in changed.values().zip(modules().flatten()) {
                for copied in snippets(&to, module)? {
                    fs::write(&copied, text).map_err(|error| Error::file(&copied, error))?;
                }
            }
        }
        Ok(())
    }

    fn suites<'n>(&self, names: impl Iterator<Item = &'n String>) -> Vec<&Suite> {
        names
            .filter_map(|name| self.table.suites.get(name))
            .collect()
    }

    fn packages<'n>(&self, names: impl Iterator<Item = &'n String>) -> BTreeSet<&str> {
        let suites = self.suites(names).into_iter();
        suites
            .flat_map(|suite| suite.packages.iter().map(String::as_str))
            .collect()
    }

    fn build<'n>(
        &self,
        flavour: Flavour,
        names: impl Iterator<Item = &'n String>,
        out: &Path,
    ) -> Result<(), Error> {
        let packages = self.packages(names);
        if packages.is_empty() {
            return Ok(());
        }
        let project = &self.tree.project;
        self.tool()?;
        let recover = Recover::compiled(project);
        for name in packages {
            if name == torture::PACKAGE {
                let command = torture::build(project, &recover, flavour.build, out);
                flavour.compile(command).run()?;
                continue;
            }
            let fixture = project.fixtures.iter().find(|one| one.package() == name);
            let fixture = fixture
                .ok_or_else(|| Error::Check(format!("tests/fixtures has no package {name}")))?;
            let command = recover.build(&fixture.directory, flavour.build, &out.join(name));
            flavour.compile(fixture.featured(command)).run()?;
        }
        Ok(())
    }

    fn run(
        &self,
        flavour: Flavour,
        wanted: &BTreeMap<String, Vec<String>>,
        packages: &Path,
    ) -> Result<Ran, Error> {
        let mut ran = BTreeMap::new();
        for (name, tests) in wanted {
            let Some(suite) = self.table.suites.get(name) else {
                continue;
            };
            let results = match (&suite.node, &suite.python, &suite.cargo) {
                (Some(file), _, _) => self.node(flavour, suite, file, tests, packages)?,
                (None, Some(folder), _) => self.python(suite, folder, tests)?,
                (None, None, arguments) => {
                    self.cargo(suite, arguments.as_deref().unwrap_or_default())?
                }
            };
            ran.insert(name.clone(), results);
        }
        Ok(Ran(ran))
    }

    fn node(
        &self,
        flavour: Flavour,
        suite: &Suite,
        file: &str,
        tests: &[String],
        packages: &Path,
    ) -> Result<BTreeMap<String, bool>, Error> {
        let node = self.tree.project.cmd(self.checkout.node());
        let mut node = flavour
            .describe(node)
            .env("RECOVER_E2E_DIR", packages)
            .env("RECOVER_TSC", self.checkout.typescript())
            .env("RECOVER_OLD_NODE", Engine::Node20.program(self.checkout));
        for (name, value) in &suite.env {
            node = node.env(name, value);
        }
        if suite.worker {
            node = self.worker(node)?;
        }
        if suite.component {
            node = self.component(node)?;
        }
        if suite.torture {
            node = node.args(torture::ENGINE);
        }
        node = node.args(["--test", TIMEOUT, "--test-reporter=tap"]);
        // What surfaces outside of the tests may come from any.
        let select = suite.select && tests.iter().all(|test| test != file);
        let chosen: BTreeSet<_> = tests.iter().filter(|_| select).collect();
        for test in chosen {
            node = node.arg(format!("--test-name-pattern=^{}$", literally(test)));
        }
        let output = seen(&node.arg(file))?;
        let mut tests = of_tap(&output);
        // Of a file that fails by itself, by what surfaces outside of its tests, TAP says so.
        tests.entry(file.to_owned()).or_insert(true);
        Ok(tests)
    }

    /// Runs the named tests of a folder, by the Python that loads components.
    fn python(
        &self,
        suite: &Suite,
        folder: &str,
        tests: &[String],
    ) -> Result<BTreeMap<String, bool>, Error> {
        let program = python::program(self.checkout, "component");
        let mut python = self.tree.project.cmd(program);
        if suite.component {
            python = self.component(python)?;
        }
        for (name, value) in &suite.env {
            python = python.env(name, value);
        }
        let mut python = python
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .args(["-c", harness::UNITTEST, "discover", "--start-directory"])
            .arg(folder);
        for test in tests {
            python = python.args(["-k", test]);
        }
        Ok(of_unittest(&seen(&python)?))
    }

    /// Builds the component of the fixtures, for a command that loads it.
    fn component(&self, command: Cmd) -> Result<Cmd, Error> {
        let project = &self.tree.project;
        self.tool()?;
        let components = project.target.join("component");
        let build = project.cmd(Recover::compiled(project).program());
        let target = project.target.join("wasm").join("component");
        let build = build
            .env("CARGO_TARGET_DIR", target)
            .args([
                "recover",
                "build",
                component::FIXTURE,
                "--target",
                "component",
                "--out-dir",
            ])
            .arg(&components);
        build.run()?;
        let engines = self.checkout.root.join("engines");
        let component = components.join("fixture_component.wasm");
        Ok(command
            .env("RECOVER_COMPONENT", component)
            .env("RECOVER_JCO", engines.join("component-js/node_modules")))
    }

    /// Builds the Worker in Rust, for its tests.
    fn worker(&self, node: Cmd) -> Result<Cmd, Error> {
        let project = &self.tree.project;
        let engines = self.checkout.root.join("engines");
        self.tool()?;
        let recover = Recover::compiled(project);
        let package = worker::built(project, &engines, &recover, "unwind", Build::Exnref)?;
        Ok(node
            .env("RECOVER_WORKER", package)
            .env("RECOVER_STRATEGY", "unwind")
            .env("RECOVER_MINIFLARE", engines.join("miniflare/node_modules")))
    }

    fn tool(&self) -> Result<(), Error> {
        let tool = self.tree.cargo(&self.tree.project.pins.stable);
        tool.args(["build", "--bin", "cargo-recover"]).run()
    }

    fn cargo(&self, suite: &Suite, arguments: &[String]) -> Result<BTreeMap<String, bool>, Error> {
        let mut test = self.tree.cargo(&self.tree.project.pins.stable);
        if suite.component {
            test = self.component(test)?;
        }
        let test = test.args(["test", "--no-fail-fast"]).args(arguments);
        Ok(of_cargo(&seen(&test)?))
    }
}

/// Runs tests; what fails is no failure of ours.
fn seen(command: &Cmd) -> Result<String, Error> {
    let ends = ["... FAILED", "... FAIL", "... ERROR"];
    let shown =
        |line: &str| line.starts_with("not ok") || ends.iter().any(|end| line.ends_with(end));
    Ok(command.follow_until(Some(LONGEST), shown)?.stdout)
}

fn flavour_of(name: &str) -> Result<Flavour, Error> {
    let all = flavour::all().into_iter().map(|(one, _)| one);
    let mut found = all.filter(|one| one.to_string() == name);
    found
        .next()
        .ok_or_else(|| Error::Check(format!("tests/mechanisms names no flavour: {name}")))
}

/// The module of the runtime that a file is, if packages have copies of it.
pub(crate) fn module(file: &str) -> Option<&str> {
    let name = file.strip_prefix("recover-runtime/js/")?;
    name.ends_with(".js").then_some(name)
}

/// The copies of a module that a package has.
fn snippets(package: &Path, module: &str) -> Result<Vec<PathBuf>, Error> {
    let place = package.join("snippets");
    let entries = fs::read_dir(&place).map_err(|error| Error::file(&place, error))?;
    let copies = entries
        .flatten()
        .map(|entry| entry.path().join("js").join(module));
    Ok(copies.filter(|path| path.is_file()).collect())
}

/// A pattern of node:test for a name and nothing else.
fn literally(name: &str) -> String {
    let mut pattern = String::new();
    for letter in name.chars() {
        if r"\^$.|?*+()[]{}/".contains(letter) {
            pattern.push('\\');
        }
        pattern.push(letter);
    }
    pattern
}

/// The tests in node:test's TAP; those that were skipped did not run.
fn of_tap(output: &str) -> BTreeMap<String, bool> {
    let mut tests = BTreeMap::new();
    for line in output.lines().map(str::trim_start) {
        let (passed, rest) = match line.strip_prefix("not ok ") {
            Some(rest) => (false, rest),
            None => match line.strip_prefix("ok ") {
                Some(rest) => (true, rest),
                None => continue,
            },
        };
        let Some((_, name)) = rest.split_once(" - ") else {
            continue;
        };
        let (name, directive) = name.split_once(" # ").unwrap_or((name, ""));
        if !directive.starts_with("SKIP") {
            let name = name.replace("\\#", "#").replace("\\\\", "\\");
            *tests.entry(name).or_insert(true) &= passed;
        }
    }
    tests
}

/// The tests in the output of Python's unittest: `test (module.Class.test) ... ok`.
fn of_unittest(output: &str) -> BTreeMap<String, bool> {
    let mut tests = BTreeMap::new();
    for line in output.lines() {
        // What failed is named again, also where only a part of it did.
        let ended = line
            .split_once(": ")
            .filter(|(end, _)| ["FAIL", "ERROR"].contains(end));
        let (passed, test) = match (ended, line.strip_suffix(" ... ok")) {
            (Some((_, test)), _) => (false, test),
            (None, Some(test)) => (true, test),
            (None, None) => continue,
        };
        let Some((name, rest)) = test.split_once(" (") else {
            continue;
        };
        let place = rest.split(')').next().unwrap_or_default();
        // Before Python 3.11 the place has no name.
        let whole = match place.rsplit('.').next() == Some(name) {
            true => place.to_owned(),
            false => format!("{place}.{name}"),
        };
        *tests.entry(whole).or_insert(true) &= passed;
    }
    tests
}

/// The tests in cargo test's output.
fn of_cargo(output: &str) -> BTreeMap<String, bool> {
    let lines = output.lines().filter_map(|line| line.strip_prefix("test "));
    let tests = lines.filter_map(|line| line.split_once(" ... "));
    let ended = tests.filter(|(_, end)| ["ok", "FAILED"].contains(end));
    ended
        .map(|(name, end)| (name.to_owned(), end == "ok"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passed_tests_are_read_from_tap() {
        let output = "TAP version 13\n# Subtest: a\nok 1 - a\n    not ok 1 - in \\# it\nok 2 - later # SKIP no gc\nok 3 - c # time\n";
        let tests = of_tap(output);
        assert_eq!(tests.get("a"), Some(&true));
        assert_eq!(tests.get("in # it"), Some(&false));
        assert_eq!(tests.get("later"), None);
        assert_eq!(tests.get("c"), Some(&true));
    }

    #[test]
    fn passed_tests_are_read_from_unittest() {
        let output = "test_a (m.C.test_a) ... ok\ntest_b (m.C.test_b) ... FAIL\ntest_c (m.C) ... ok\n\
            test_d (m.C.test_d) ... \n  test_d (m.C.test_d) (x=1) ... FAIL\n\
            FAIL: test_b (m.C.test_b)\nERROR: test_d (m.C.test_d) (x=1)\n";
        let expected = [
            ("m.C.test_a", true),
            ("m.C.test_b", false),
            ("m.C.test_c", true),
            ("m.C.test_d", false),
        ];
        let expected = expected.map(|(name, passed)| (name.to_owned(), passed));
        assert_eq!(of_unittest(output), BTreeMap::from(expected));
    }

    #[test]
    fn passed_tests_are_read_from_cargo() {
        let tests =
            of_cargo("test a::b ... ok\ntest c ... FAILED\ntest d ... ignored\ntest result: ok\n");
        assert_eq!(
            tests.into_iter().collect::<Vec<_>>(),
            [("a::b".to_owned(), true), ("c".to_owned(), false)]
        );
    }

    #[test]
    fn a_name_matches_itself_as_a_pattern() {
        assert_eq!(literally("free() & {a}"), r"free\(\) & \{a\}");
    }

    #[test]
    fn modules_have_copies_and_other_files_have_none() {
        assert_eq!(module("recover-runtime/js/tasks.js"), Some("tasks.js"));
        assert_eq!(module("recover-runtime/js/types.d.ts"), None);
        assert_eq!(module("recover-runtime/src/call/guard.rs"), None);
        assert!(flavour_of("exnref-3-thin").is_ok());
        assert!(flavour_of("exnref").is_err());
    }
}
