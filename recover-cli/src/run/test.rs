//! Runs a crate's tests: compiles its test programs, makes a package of each, and has engines run
//! them. How results are shown stands in `test_report`.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::emit::Staging;
use super::engine::{self, Order, Package};
use super::package::Plain;
use super::programs::{self, Program, generate, invalid};
use super::progress::{Progress, during};
use super::say::{is_json, print, print_json, say};
use super::{cargo, driver, probe};
use crate::error::Error;
use crate::options::{Engine, Strategy, TestOptions};
use crate::pins::pins;
use crate::plan::{self, TestPlan};
use crate::test_list::{self, Listed, Test};
use crate::test_report::{self, Counts, End, Outcome, Suite};

/// Runs the tests; the answer is the exit code.
pub(crate) fn test(options: &TestOptions) -> Result<u8, Error> {
    if let Some(path) = &options.junit
        && path.is_dir()
    {
        return Err(Error::JunitIsDirectory(path.clone()));
    }
    let mut suites = vec![];
    for &strategy in &options.strategy {
        let build = options.build(strategy);
        let facts = during("reading the crate", || probe::facts(&build, pins()))?;
        let plan = plan::tests(&build, pins(), &facts)?;
        for note in &plan.notes {
            say("note", note);
        }
        let exnref = build.eh == crate::options::Eh::Exnref;
        if !options.list && exnref && options.engine.contains(&Engine::Node) {
            probe::require_exnref()?;
        }
        of_strategy(options, strategy, &plan, &mut suites)?;
    }
    if options.list {
        return Ok(0);
    }
    if let Some(path) = &options.junit {
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(Error::io("create", parent))?;
        }
        fs::write(path, test_report::junit(&suites)).map_err(Error::io("write", path))?;
    }
    if suites.is_empty() {
        say(
            "note",
            "the crate has no tests of ours; put `#[recover_runtime::test]` on a function",
        );
    }
    match is_json() {
        true => print_json(&test_report::result(&suites)),
        false => print(test_report::summary(&suites).trim_end()),
    }
    Ok(u8::from(Counts::of(&suites).failed > 0))
}

fn of_strategy(
    options: &TestOptions,
    strategy: Strategy,
    plan: &TestPlan,
    suites: &mut Vec<Suite>,
) -> Result<(), Error> {
    let lock = cargo::lock(&plan.staging)?;
    let mut programs = vec![];
    let mut listed = vec![];
    for program in programs::compile(plan, &mut Plain)? {
        let wasm = fs::read(&program.wasm).map_err(Error::io("read", &program.wasm))?;
        let tests =
            test_list::list(&wasm).map_err(|error| invalid(&program, &error.to_string()))?;
        if !tests.tests.is_empty() {
            programs.push((program, wasm));
            listed.push(tests);
        }
    }
    drop(lock);
    if options.list {
        for ((program, _), listed) in programs.iter().zip(&listed) {
            list(options, strategy, program, listed);
        }
        return Ok(());
    }
    let staging = Staging::create(&plan.staging)?;
    driver::write_scripts(staging.path())?;
    for (index, ((program, wasm), listed)) in programs.iter().zip(&listed).enumerate() {
        let runs = chosen(options, listed);
        let making = Progress::new(&format!("wasm-bindgen for {}", program.label));
        let directory = staging.path().join(format!("program-{index}"));
        let packages = packages(plan, program, wasm, &runs, &directory)?;
        drop(making);
        for &engine in &options.engine {
            let packages = in_engine(engine, listed, program, &packages);
            let suite = Suite {
                engine: engine.name(),
                strategy: strategy.name(),
                program: program.label.clone(),
                outcomes: vec![],
                filtered: listed.tests.len() - listed_by_filter(options, listed).count(),
                seconds: 0.0,
            };
            suites.push(suite_of(
                options,
                plan,
                staging.path(),
                engine,
                listed,
                &packages,
                suite,
            )?);
        }
    }
    Ok(())
}

/// The packages without wasm-bindgen's tests where these ask for a browser and it is none.
fn in_engine(
    engine: Engine,
    listed: &Listed,
    program: &Program,
    packages: &[Package],
) -> Vec<Package> {
    let left_out = listed.in_browser && engine != Engine::Chromium;
    if left_out && listed.tests.iter().any(|test| test.theirs) {
        say(
            "note",
            &format!(
                "{} asks for a browser (wasm_bindgen_test_configure!): its wasm_bindgen_test functions run with `--engine chromium`",
                program.label
            ),
        );
    }
    let of = |package: &Package| Package {
        directory: package.directory.clone(),
        stem: package.stem.clone(),
        tests: package
            .tests
            .iter()
            .filter(|(_, test)| !(left_out && test.theirs))
            .cloned()
            .collect(),
    };
    let packages = packages.iter().map(of);
    packages
        .filter(|package| !package.tests.is_empty())
        .collect()
}

fn suite_of(
    options: &TestOptions,
    plan: &TestPlan,
    scratch: &Path,
    engine: Engine,
    listed: &Listed,
    packages: &[Package],
    mut suite: Suite,
) -> Result<Suite, Error> {
    let running = |number: usize| {
        let mut tests = packages.iter().flat_map(|package| &package.tests);
        tests.any(|(other, _)| *other == number)
    };
    let start = Instant::now();
    let progress = Progress::new(&format!("starting {}", engine.name()));
    let mut outcomes: Vec<Option<Outcome>> = vec![None; listed.tests.len()];
    for (number, test) in listed_by_filter(options, listed) {
        if !running(number) {
            let reason = test.ignored.clone();
            let browser = || "needs `--engine chromium`".to_owned();
            let end = End::Ignored(reason.unwrap_or_else(browser));
            outcomes[number] = Some(outcome(test, end, 0.0, String::new()));
        }
    }
    // The heading says how many there are, so it needs the tests, not their ends.
    let mut heading = suite.clone();
    heading.outcomes = listed_by_filter(options, listed)
        .map(|(_, test)| outcome(test, End::Passed, 0.0, String::new()))
        .collect();
    if !is_json() {
        progress.print(&test_report::heading(&heading));
    }
    let shown = |outcome: &Outcome| match is_json() {
        true => progress.print(&test_report::event(&suite, outcome).to_string()),
        false => progress.print(&test_report::line(outcome)),
    };
    outcomes.iter().flatten().for_each(shown);
    let order = Order {
        engine,
        crate_directory: &plan.crate_directory,
        capture: !options.no_capture,
        timeout: Duration::from_secs(options.timeout),
        packages,
        scratch,
    };
    engine::run(
        &order,
        |name| progress.set(&format!("{name} in {}", engine.name())),
        |ended| {
            let test = &listed.tests[ended.number];
            let end = match ended.failure {
                None => End::Passed,
                Some(failure) => End::Failed(failure),
            };
            let outcome = outcome(test, end, ended.seconds, ended.output);
            shown(&outcome);
            outcomes[ended.number] = Some(outcome);
        },
    )?;
    drop(progress);
    suite.outcomes = outcomes.into_iter().flatten().collect();
    suite.seconds = start.elapsed().as_secs_f64();
    Ok(suite)
}

fn outcome(test: &Test, end: End, seconds: f64, output: String) -> Outcome {
    Outcome {
        name: test.name.clone(),
        place: test.place.clone(),
        end,
        seconds,
        output,
    }
}

/// The tests that `--filter` leaves, each with its number.
fn listed_by_filter<'a>(
    options: &'a TestOptions,
    listed: &'a Listed,
) -> impl Iterator<Item = (usize, &'a Test)> {
    let wanted = |test: &Test| {
        options.filter.is_empty() || options.filter.iter().any(|part| test.name.contains(part))
    };
    let tests = listed.tests.iter().enumerate();
    tests.filter(move |(_, test)| wanted(test))
}

/// Those of them that are run.
fn chosen(options: &TestOptions, listed: &Listed) -> Vec<(usize, Test)> {
    let tests = listed_by_filter(options, listed);
    let tests = tests.filter(|(_, test)| options.include_ignored || test.ignored.is_none());
    tests.map(|(number, test)| (number, test.clone())).collect()
}

fn list(options: &TestOptions, strategy: Strategy, program: &Program, listed: &Listed) {
    for (_, test) in listed_by_filter(options, listed) {
        let end = End::Ignored(test.ignored.clone().unwrap_or_default());
        match is_json() {
            false => print(&format!("{}: test", test.name)),
            true => {
                let suite = Suite {
                    engine: "",
                    strategy: strategy.name(),
                    program: program.label.clone(),
                    outcomes: vec![],
                    filtered: 0,
                    seconds: 0.0,
                };
                let mut event = test_report::event(&suite, &outcome(test, end, 0.0, String::new()));
                event["type"] = "listed".into();
                event["outcome"] = Value::Null;
                event["engine"] = Value::Null;
                print_json(&event);
            }
        }
    }
}

/// Our tests go through the gate. wasm-bindgen's run as its own runner runs them, beside it: they
/// expect to go on in an instance that a panic has ended.
fn packages(
    plan: &TestPlan,
    program: &Program,
    wasm: &[u8],
    tests: &[(usize, Test)],
    directory: &Path,
) -> Result<Vec<Package>, Error> {
    let mut packages = vec![];
    for theirs in [false, true] {
        let tests: Vec<_> = tests
            .iter()
            .filter(|(_, test)| test.theirs == theirs)
            .cloned()
            .collect();
        if tests.is_empty() {
            continue;
        }
        let mut bindgen = plan.bindgen.clone();
        bindgen.stem.clone_from(&program.stem);
        if theirs {
            (bindgen.abort_handler, bindgen.old_handler) = (false, false);
        }
        let directory = directory.join(if theirs { "plain" } else { "guarded" });
        fs::create_dir_all(&directory).map_err(Error::io("create", &directory))?;
        generate(&bindgen, program, wasm, !theirs, &directory)?;
        packages.push(Package {
            directory,
            stem: program.stem.clone(),
            tests,
        });
    }
    Ok(packages)
}
