//! End to end: fixtures built by `cargo recover`, loaded and tested in Node.

use std::path::{Path, PathBuf};

use crate::demo;
use crate::error::Error;
use crate::process::say;
use crate::project::Project;
use crate::recover::Recover;
use crate::test::counts::Counts;
use crate::test::flavour::Flavour;
use crate::test::{runners, types};

/// Where the packages of a flavour are put, each under its crate's name.
pub(crate) fn packages(project: &Project, flavour: Flavour) -> PathBuf {
    project.target.join("e2e").join(flavour.to_string())
}

/// Builds every fixture; the answer is how many could not be built.
pub(crate) fn build(project: &Project, flavour: Flavour) -> Result<u64, Error> {
    let recover = Recover::compile(project)?;
    let out = packages(project, flavour);
    let mut failed = 0;
    for fixture in &project.fixtures {
        let package = out.join(&fixture.name);
        let command = recover.build(&fixture.directory, flavour.build, &package);
        let command = flavour.compile(command);
        let code = command.status()?;
        if code != Some(0) {
            say("failed", &command.failed(code).to_string());
            failed += 1;
        }
    }
    Ok(failed)
}

/// Builds every fixture and runs the tests on them.
pub(crate) fn run(project: &Project, flavour: Flavour) -> Result<Counts, Error> {
    let failed = build(project, flavour)?;
    // Those of the packages that could be built still say what they know.
    let mut counts = tests(project, flavour, packages(project, flavour))?;
    counts.failed += failed;
    Ok(counts)
}

/// Runs the tests on packages of that flavour.
pub(crate) fn tests(
    project: &Project,
    flavour: Flavour,
    packages: PathBuf,
) -> Result<Counts, Error> {
    let node = project
        .cmd(project.node())
        .env("RECOVER_PKG_ERRORS", packages.join("errors-fixture"))
        .env("RECOVER_E2E_DIR", packages)
        .env("RECOVER_TSC", types::compiler(project))
        .env("RECOVER_CANARY_TARGET", project.target.join("canaries"));
    let tests = runners::test_files(project, Path::new("tests/e2e"))?;
    runners::node_tests(flavour.describe(node), &tests)
}

/// The demo, as a test: everything hostile survived, everything valid right.
pub(crate) fn demo(project: &Project) -> Result<Counts, Error> {
    demo::counter(project)?;
    let command = demo::build(project)?;
    let output = command.follow(|_| true)?;
    let last = output.stdout.lines().last().unwrap_or_default();
    let holds = holds(last);
    if !(output.success && holds) {
        say("failed", "the gauntlet was not survived: see its table");
    }
    Ok(Counts::of(output.success && holds))
}

/// Is it `demo: H hostile inputs, H survived; V valid inputs, V correct`, of some inputs?
fn holds(line: &str) -> bool {
    let words = line.split([' ', ';', ',']).filter(|word| !word.is_empty());
    match *words.collect::<Vec<_>>() {
        [
            "demo:",
            hostile,
            "hostile",
            "inputs",
            survived,
            "survived",
            valid,
            "valid",
            "inputs",
            correct,
            "correct",
        ] => hostile == survived && valid == correct && hostile != "0" && valid != "0",
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_line_of_the_demo_is_judged() {
        let line = |h, s, v, c| {
            holds(&format!(
                "demo: {h} hostile inputs, {s} survived; {v} valid inputs, {c} correct"
            ))
        };
        assert!(line(31, 31, 44, 44));
        assert!(!line(31, 30, 44, 44));
        assert!(!line(31, 31, 44, 43));
        assert!(!line(0, 0, 44, 44));
        assert!(!holds("demo: all well"));
    }
}
