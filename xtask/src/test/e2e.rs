//! End to end: fixtures built by `cargo recover`, loaded and tested in Node.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::demo;
use crate::engines::Engine;
use crate::error::Error;
use crate::process::{Cmd, say};
use crate::project::{Fixture, Project};
use crate::recover::Recover;
use crate::test::counts::Counts;
use crate::test::flavour::{self, Flavour};
use crate::test::harness;

/// Where the packages of a flavour are put, each under its crate's name.
pub(crate) fn packages(project: &Project, flavour: Flavour) -> PathBuf {
    project.target.join("e2e").join(flavour.to_string())
}

/// The suites whose outcome what the compiler makes of the code can change. They run in
/// every flavour; the others ask what the runtime, the macros and the glue do.
const CODE_GENERATION: [&str; 10] = [
    "calls",
    "generics",
    "imports",
    "leak",
    "memory",
    "panic",
    "soundness",
    "stack",
    "throws",
    "unmarked",
];

/// How many fixtures are under way at a time: while cargo compiles one, the glue of
/// another is written.
const WORKERS: usize = 2;

/// Which suites a flavour runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Suites {
    /// All there are.
    All,
    /// Those that code generation can change.
    CodeGeneration,
}

impl Suites {
    /// What a run of the tests takes of a flavour.
    pub(crate) fn of(flavour: Flavour, full: bool) -> Self {
        if full || flavour::runs_all(flavour) {
            Self::All
        } else {
            Self::CodeGeneration
        }
    }

    fn takes(self, file: &str) -> bool {
        let name = Path::new(file).file_name().and_then(|name| name.to_str());
        let suite = name.and_then(|name| name.strip_suffix(".test.mjs"));
        self == Self::All || suite.is_some_and(|suite| CODE_GENERATION.contains(&suite))
    }
}

impl fmt::Display for Suites {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("all suites"),
            Self::CodeGeneration => {
                let names = CODE_GENERATION.join(", ");
                write!(f, "{names} (--full: all suites)")
            }
        }
    }
}

/// Builds fixtures into [`packages`]; the answer is how many could not be built.
pub(crate) fn build(
    project: &Project,
    flavour: Flavour,
    fixtures: &[&Fixture],
) -> Result<u64, Error> {
    let recover = Recover::compile(project)?;
    let out = packages(project, flavour);
    build_with(fixtures, |fixture| {
        let package = out.join(fixture.package());
        let command = recover.build(&fixture.directory, flavour.build, &package);
        flavour.compile(fixture.featured(command))
    })
}

/// Runs the command of each fixture; the answer is how many failed.
pub(crate) fn build_with(
    fixtures: &[&Fixture],
    command: impl Fn(&Fixture) -> Cmd + Sync,
) -> Result<u64, Error> {
    let next = AtomicUsize::new(0);
    let work = || -> Result<u64, Error> {
        let mut failed = 0;
        while let Some(fixture) = fixtures.get(next.fetch_add(1, Ordering::Relaxed)) {
            let command = command(fixture);
            let code = command.status()?;
            if code != Some(0) {
                say("failed", &command.failed(code).to_string());
                failed += 1;
            }
        }
        Ok(failed)
    };
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..WORKERS).map(|_| scope.spawn(work)).collect();
        let ended = workers.into_iter().map(|worker| {
            let died = |_| Error::Check("a worker that builds fixtures panicked".to_owned());
            worker.join().map_err(died)?
        });
        ended.sum()
    })
}

/// Builds the fixtures that the suites load, and runs the suites on them.
pub(crate) fn run(project: &Project, flavour: Flavour, suites: Suites) -> Result<Counts, Error> {
    let mut tests = suites_of(project)?;
    tests.retain(|file| suites.takes(file));
    let texts: Result<Vec<_>, _> = tests.iter().map(|file| project.read(file)).collect();
    let texts = texts?;
    let fixtures = project.fixtures.iter().filter(|fixture| {
        let quoted = format!("'{}'", fixture.name);
        suites == Suites::All || texts.iter().any(|text| text.contains(&quoted))
    });
    let failed = build(project, flavour, &fixtures.collect::<Vec<_>>())?;
    let node = node(project, flavour, &packages(project, flavour));
    // Those of the packages that could be built still say what they know.
    let mut counts = harness::node_tests(node, &tests)?;
    counts.failed += failed;
    Ok(counts)
}

/// The files of all suites.
pub(crate) fn suites_of(project: &Project) -> Result<Vec<String>, Error> {
    harness::test_files(project, Path::new("tests/e2e"))
}

/// Node, told which packages the suites run on.
pub(crate) fn node(project: &Project, flavour: Flavour, packages: &Path) -> Cmd {
    let node = project
        .cmd(project.node())
        .env("RECOVER_PKG_ERRORS", packages.join("errors-fixture"))
        .env("RECOVER_E2E_DIR", packages)
        .env("RECOVER_OLD_NODE", Engine::Node20.program(project))
        .env("RECOVER_TSC", project.typescript())
        .env("RECOVER_CANARY_TARGET", project.target.join("canaries"));
    flavour.describe(node)
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
    fn every_suite_runs_with_full_and_those_of_code_generation_everywhere() {
        let names = CODE_GENERATION.map(|name| format!("tests/e2e/{name}.test.mjs"));
        for (flavour, _) in flavour::all() {
            let fast = Suites::of(flavour, false);
            assert!(names.iter().all(|file| fast.takes(file)), "{flavour}");
            assert_eq!(Suites::of(flavour, true), Suites::All);
        }
        assert!(!Suites::CodeGeneration.takes("tests/e2e/async.test.mjs"));
        assert!(Suites::All.takes("tests/e2e/async.test.mjs"));
    }

    #[test]
    fn the_suites_of_code_generation_exist() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/e2e");
        for name in CODE_GENERATION {
            assert!(root.join(format!("{name}.test.mjs")).exists(), "{name}");
        }
    }

    #[test]
    fn the_last_line_of_the_demo_decides_the_stage() {
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
