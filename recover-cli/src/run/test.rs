//! Runs a crate's tests: compiles its test programs, makes a package of each, and has engines run
//! them. How results are shown stands in `test_report`.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::emit::Staging;
use super::engine::{self, Order, Package};
use super::progress::{Progress, during};
use super::say::{is_json, print, print_json, say};
use super::{cargo, fibers, glue, handler, patch, probe, program};
use crate::error::{Error, one_line};
use crate::module::{self, Refused};
use crate::options::{Engine, Strategy, TestOptions};
use crate::pins::pins;
use crate::plan::{self, Bindgen, TestPlan};
use crate::test_list::{self, Listed, Test};
use crate::test_report::{self, Counts, End, Outcome, Suite};

/// A compiled program of tests.
struct Program {
    /// What it is to the user.
    label: String,
    /// The name of its files.
    stem: String,
    /// The file.
    wasm: PathBuf,
}

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
    for program in compile(plan)? {
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
    engine::write_scripts(staging.path())?;
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

/// Compiles the programs: the library first, as cargo runs them.
fn compile(plan: &TestPlan) -> Result<Vec<Program>, Error> {
    let mut programs = vec![];
    cargo::compile(&plan.cargo, |message| {
        programs.extend(program_of(message, plan))
    })?;
    programs.sort_by_key(|program| (!program.label.starts_with("lib "), program.label.clone()));
    Ok(programs)
}

fn program_of(message: &Value, plan: &TestPlan) -> Option<Program> {
    let ours = message["reason"] == "compiler-artifact"
        && message["package_id"] == *plan.package_id
        && message["profile"]["test"] == true;
    let wasm = message["executable"].as_str().filter(|_| ours)?;
    let target = &message["target"];
    let name = target["name"].as_str()?;
    let kind = match target["kind"][0].as_str()? {
        kind @ ("bin" | "test" | "example" | "bench") => kind,
        _ => "lib",
    };
    Some(Program {
        label: format!("{kind} {name}"),
        stem: name.replace(['-', '.'], "_"),
        wasm: wasm.into(),
    })
}

fn invalid(program: &Program, reason: &str) -> Error {
    Error::InvalidModule {
        path: program.wasm.clone(),
        reason: one_line(reason),
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

fn generate(
    bindgen: &Bindgen,
    program: &Program,
    wasm: &[u8],
    guarded: bool,
    directory: &Path,
) -> Result<(), Error> {
    let checked = module::check_and_strip(wasm).map_err(|refused| match refused {
        Refused::Other(error) => error,
        Refused::Invalid(reason) => invalid(program, &reason),
    })?;
    let wasm = test_list::without_main(&checked.wasm)
        .map_err(|error| invalid(program, &error.to_string()))?;
    let wasm = fibers::ready(&wasm)?;
    let wasm = match bindgen.old_handler {
        true => handler::with_old_instructions(&wasm)?,
        false => wasm,
    };
    match bindgen.built_in {
        true => glue::generate(bindgen, wasm, directory)?,
        false => program::generate(bindgen, &wasm, directory)?,
    }
    match guarded {
        true => patch::through_host(directory, bindgen, &bindgen.version, checked.promises),
        false => Ok(()),
    }
}
