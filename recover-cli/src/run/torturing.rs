//! Tortures a crate: builds it with the points at which failures are injected, and has an engine run its
//! scenarios. What is injected and judged stands in `js/torture/`, what is told of it in `torture`.
//!
//! Long because what an engine says, what it found and what is shown of that follow one another line by line.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::mpsc::RecvTimeoutError;
use std::time::{Duration, Instant};

use serde::Deserialize;
use serde_json::{Value, json};

use super::driver::{self, Driver, START};
use super::emit::Staging;
use super::instrumented::{Hearing, instrumented};
use super::package;
use super::probe;
use super::programs::{self, generate, invalid};
use super::progress::{Progress, during};
use super::say::{is_json, print, print_json, say, shown};
use super::scenarios::{self, Given};
use crate::error::Error;
use crate::facts::Facts;
use crate::metadata::Package;
use crate::options::{BuildOptions, Eh, Engine, Strategy, Target};
use crate::pins::pins;
use crate::plan;
use crate::symbols::{self, Form as Shown, Sections, Symbols};
use crate::test_list;
use crate::test_report::{self, Suite};
use crate::torture::{
    self, Case, Chosen, Coverage, FOLDER, Form, Regression, Replayed, Schedule, Searched, Summary,
    TEMPLATE, TortureOptions, Violation,
};

/// How long an engine may say nothing: a run takes milliseconds, and one that never ends is a violation.
const SILENCE: Duration = Duration::from_secs(120);

/// What an engine runs.
struct Job {
    /// The package's directory.
    directory: PathBuf,
    /// The name of its files.
    stem: String,
    /// What has the lines of Rust.
    debug: Option<PathBuf>,
    /// The scenarios.
    given: Vec<Given>,
}

/// Tortures; the answer is the exit code: 1 for a violation, and for nothing else.
pub(crate) fn torture(options: &TortureOptions) -> Result<u8, Error> {
    tortured(options).map_err(|error| Error::NotTortured(Box::new(error)))
}

fn tortured(options: &TortureOptions) -> Result<u8, Error> {
    let strategy = match options.strategy {
        Chosen::Unwind => Strategy::Unwind,
        Chosen::Abort => Strategy::Abort,
        Chosen::Auto => match probe::can_unwind(&pins().nightly)? {
            true => Strategy::Unwind,
            false => Strategy::Abort,
        },
    };
    let build = options.build(strategy);
    let facts = during("reading the crate", || probe::facts(&build, pins()))?;
    let package = facts.metadata.select(build.package.as_deref())?;
    let crate_directory = package.manifest_path.parent().unwrap_or(Path::new("."));
    if let Some(name) = &options.new {
        return begin(crate_directory, name);
    }
    let waivers = scenarios::waivers(options.waivers.as_deref(), crate_directory)?;
    let mut given = scenarios::find(&options.files, crate_directory)?;
    // A function has no file's name: what only files are wanted of needs no program of tests.
    let files = |name: &String| given.iter().any(|given| given.name == *name);
    let of_files = !options.only.is_empty() && options.only.iter().all(files);
    let rust = options.files.is_empty() && !of_files && scenarios::in_rust(package)?;
    if given.is_empty() && !rust {
        return Err(Error::NoScenario(shown(&crate_directory.join(FOLDER))));
    }
    if build.eh == Eh::Exnref && options.engine == Engine::Node {
        probe::require_exnref()?;
    }
    let wanted = |given: &Given| options.only.is_empty() || options.only.contains(&given.name);
    let of_rust = given
        .iter()
        .any(|given| given.rust.is_some() && wanted(given));
    // Of this run alone: another one of the crate may be under way.
    let own = Staging::create(&facts.metadata.target_directory.join("recover-torture"))?;
    let functions = match rust || of_rust {
        true => {
            let (functions, job) = functions(&build, &facts, package, own.path())?;
            given.extend(functions);
            job
        }
        false => None,
    };
    if given.is_empty() {
        return Err(Error::NoScenario(shown(&crate_directory.join(FOLDER))));
    }
    let given = scenarios::chosen(given, &options.only)?;
    if options.schedule.is_some() && given.len() != 1 {
        let names: Vec<_> = given.iter().map(|given| given.name.as_str()).collect();
        return Err(Error::SeveralScenarios(names.join(", ")));
    }
    let (of_rust, of_package): (Vec<_>, Vec<_>) =
        given.into_iter().partition(|given| given.rust.is_some());
    let mut jobs = vec![];
    if !of_package.is_empty() {
        jobs.push(Job {
            given: of_package,
            ..made(&build, &facts, package)?
        });
    }
    if let Some(job) = functions.filter(|_| !of_rust.is_empty()) {
        jobs.push(Job {
            given: of_rust,
            ..job
        });
    }
    let run = Run {
        options,
        strategy,
        crate_directory,
        waivers: waivers.as_deref(),
        whole: options.only.is_empty() && options.files.is_empty() && jobs.len() == 1,
        share: jobs.len() as u32,
    };
    let mut results = Results::default();
    let start = Instant::now();
    let scratch = Staging::create(&facts.metadata.target_directory.join("recover"))?;
    driver::write_scripts(scratch.path())?;
    for job in &jobs {
        run.job(job, scratch.path(), &mut results)?;
    }
    let suite = Suite {
        engine: options.engine.name(),
        strategy: strategy.name(),
        program: format!("torture {}", package.name),
        outcomes: results.cases.iter().map(torture::outcome).collect(),
        filtered: 0,
        seconds: start.elapsed().as_secs_f64(),
    };
    written(options, &results, suite)?;
    if let Some(mistake) = results.mistake {
        // A violation is worse, and its exit code is 1.
        if !results.total.is_clean(&results.cases) {
            say("mistake", &mistake);
            return Ok(1);
        }
        return Err(Error::Scenario(mistake));
    }
    if let Some(reason) = torture::idle(&results.cases, results.total) {
        return Err(Error::NothingInjected(reason));
    }
    Ok(u8::from(!results.total.is_clean(&results.cases)))
}

/// Writes a first scenario.
fn begin(crate_directory: &Path, name: &str) -> Result<u8, Error> {
    let folder = crate_directory.join(FOLDER);
    let path = folder.join(name).with_extension("mjs");
    if path.exists() {
        return Err(Error::ScenarioExists(shown(&path)));
    }
    fs::create_dir_all(&folder).map_err(Error::io("create", &folder))?;
    fs::write(&path, TEMPLATE).map_err(Error::io("write", &path))?;
    say("wrote", &shown(&path));
    if is_json() {
        print_json(&json!({ "type": "torture", "wrote": path }));
    }
    Ok(0)
}

/// The package that scenarios in JavaScript load.
fn made(build: &BuildOptions, facts: &Facts, package: &Package) -> Result<Job, Error> {
    let mut build = build.clone();
    let used = facts.metadata.dependency(package, "wasm-bindgen");
    if used != Some(&pins().wasm_bindgen) {
        // An older one does not say where it puts the code.
        build.debug_info = None;
        build.no_debug_info = true;
    }
    let out = facts.metadata.target_directory.join("recover-torture");
    let eh = match build.eh {
        Eh::Exnref => "exnref",
        Eh::Legacy => "legacy",
    };
    let name = format!("{}-{}-{eh}", package.name, build.strategy.name());
    build.out_dir = Some(out.join(name).join("pkg"));
    instrumented(&facts.metadata, package, &build, |build, compile| {
        let plan = plan::plan(build, Target::Web, pins(), facts)?;
        for note in &plan.notes {
            say("note", note);
        }
        package::make(&plan, facts, compile)?;
        Ok(Job {
            directory: plan.out_dir,
            stem: plan.bindgen.stem,
            debug: plan.debug_file,
            given: vec![],
        })
    })
}

/// The crate's functions under the attribute, and the program of tests that has them, which goes into the folder `own`.
fn functions(
    build: &BuildOptions,
    facts: &Facts,
    package: &Package,
    own: &Path,
) -> Result<(Vec<Given>, Option<Job>), Error> {
    let mut build = build.clone();
    build.cargo_args.push("--lib".to_owned());
    let found = instrumented(
        &facts.metadata,
        package,
        &build,
        |build, compile: &mut Hearing| {
            let plan = plan::tests(build, pins(), facts)?;
            let lock = super::cargo::lock(&plan.staging)?;
            let found = programs::compile(&plan, compile)?.into_iter().next();
            let Some(program) = found else {
                return Ok(None);
            };
            let wasm = fs::read(&program.wasm).map_err(Error::io("read", &program.wasm))?;
            drop(lock);
            Ok(Some((plan, program, wasm)))
        },
    )?;
    let Some((plan, program, wasm)) = found else {
        return Ok((vec![], None));
    };
    let listed = test_list::scenarios(&wasm);
    let listed = listed.map_err(|error| invalid(&program, &error.to_string()))?;
    let given: Vec<_> = listed.into_iter().filter_map(Given::of_rust).collect();
    if given.is_empty() {
        return Ok((given, None));
    }
    let directory = own.join("tests");
    fs::create_dir_all(&directory).map_err(Error::io("create", &directory))?;
    let mut bindgen = plan.bindgen.clone();
    bindgen.stem.clone_from(&program.stem);
    generate(&bindgen, &program, &wasm, true, &directory)?;
    let path = directory.join("package.json");
    fs::write(&path, "{\"type\":\"module\"}").map_err(Error::io("write", &path))?;
    let job = Job {
        directory,
        stem: program.stem,
        debug: None,
        given: vec![],
    };
    Ok((given, Some(job)))
}

/// What all engines of a command share.
struct Run<'a> {
    options: &'a TortureOptions,
    strategy: Strategy,
    crate_directory: &'a Path,
    waivers: Option<&'a str>,
    /// Are these all scenarios, in one engine? A waiver that matches nothing is a mistake then.
    whole: bool,
    /// How many engines share the budget.
    share: u32,
}

/// What was found.
#[derive(Default)]
struct Results {
    cases: Vec<Case>,
    total: Summary,
    /// How often each rule was broken.
    seen: BTreeMap<String, usize>,
    /// A mistake of the user's that was seen when all was done.
    mistake: Option<String>,
}

impl Results {
    fn case(&mut self, name: &str) -> &mut Case {
        let found = self.cases.iter().position(|case| case.name == name);
        let index = found.unwrap_or_else(|| {
            self.cases.push(Case {
                name: name.to_owned(),
                ..Case::default()
            });
            self.cases.len() - 1
        });
        &mut self.cases[index]
    }
}

/// What the scripts say.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Line {
    scenario: String,
    counted: Option<u64>,
    done: Option<u64>,
    of: Option<u64>,
    shrinking: Option<u64>,
    searched: Option<Searched>,
    unreached: Option<String>,
    violation: Option<Violation>,
    coverage: Option<Coverage>,
    skipped: Option<String>,
    replayed: Option<Replayed>,
    summary: Option<Summary>,
    mistake: Option<String>,
    missing: Option<String>,
    command: String,
}

impl Run<'_> {
    fn order(&self, job: &Job) -> Value {
        let options = self.options;
        let replays = options.schedule.is_some();
        let scenarios = job
            .given
            .iter()
            .map(|given| json!({ "name": given.name, "path": given.path, "export": given.export }));
        let mut told = json!({
            "seed": options.seed,
            "exhaustive": options.exhaustive,
            "pairs": !options.exhaustive,
            "random": !options.exhaustive,
            "strategy": self.strategy.name(),
            "replays": replays,
            "partial": !self.whole,
        });
        if !options.exhaustive {
            told["budget"] = json!((options.budget / self.share).as_millis());
        }
        if let Some(text) = self.waivers {
            told["waivers"] = text.into();
        }
        if let Some(schedule) = &options.schedule {
            told["schedule"] = json!(schedule);
        }
        json!({
            "crate": self.crate_directory,
            "session": "torturing.mjs",
            "capture": !options.no_capture,
            "packages": [{
                "directory": job.directory,
                "stem": job.stem,
                "scenarios": scenarios.collect::<Vec<_>>(),
            }],
            "options": told,
        })
    }

    /// Has an engine run the scenarios of a package.
    fn job(&self, job: &Job, scratch: &Path, results: &mut Results) -> Result<(), Error> {
        let engine = self.options.engine;
        let progress = match self.options.no_progress {
            true => Progress::none(),
            false => Progress::new(&format!("starting {}", engine.name())),
        };
        let order = self.order(job);
        // What is collected is seen only where it can be asked for; a crate may have `jspi` functions.
        let flags = ["--expose-gc", "--experimental-wasm-jspi"];
        let mut driver = Driver::start(engine, scratch, self.crate_directory, &flags, &order)?;
        // workerd's clock stands still while it computes: it tells no progress. A fifth of the budget comes on top for
        // making schedules smaller.
        let silence = SILENCE.max(START) + self.options.budget + self.options.budget / 5;
        let mut current = String::new();
        let mut begun = Instant::now();
        let why = loop {
            let line = match driver.next::<Line>(silence) {
                Ok(line) => line,
                Err(RecvTimeoutError::Timeout) => {
                    break format!("a run did not end within {} s", silence.as_secs());
                }
                Err(RecvTimeoutError::Disconnected) => break driver.ending(),
            };
            if let Some(what) = line.missing {
                return Err(Error::NoEngine {
                    what,
                    command: line.command,
                });
            }
            if line.summary.is_none()
                && let Some(mistake) = line.mistake
            {
                return Err(Error::Scenario(mistake));
            }
            if let Some(summary) = line.summary {
                results.total.add(summary);
                // What was found until then is told all the same.
                results.mistake = results.mistake.take().or(line.mistake);
                return Ok(());
            }
            if line.scenario.is_empty() {
                continue;
            }
            if current != line.scenario {
                current.clone_from(&line.scenario);
                begun = Instant::now();
            }
            let case = results.case(&line.scenario);
            case.seconds = begun.elapsed().as_secs_f64();
            if let Some(run) = line
                .replayed
                .filter(|_| self.options.schedule.is_some() && !is_json())
            {
                let text = format!("\n{}:\n{}", line.scenario, torture::replayed(&run));
                match self.options.to_stdout() {
                    true => progress.print(&text),
                    false => progress.note(&text),
                }
            }
            if let Some(reason) = line.skipped {
                case.skipped = Some(reason);
            }
            if let Some(reason) = line.unreached {
                if self.options.schedule.is_some() {
                    return Err(Error::Unreached(reason));
                }
                progress.note(&format!(
                    "[recover] warning: {}: its schedule reaches nothing any more: {reason}",
                    line.scenario
                ));
                case.skipped = Some(format!("its schedule reaches nothing: {reason}"));
            }
            if let Some(searched) = line.searched {
                if is_json() {
                    print_json(&json!({
                        "type": "searched",
                        "scenario": line.scenario,
                        "tried": searched.tried,
                        "of": searched.of,
                        "missed": searched.missed,
                        "pairs": searched.pairs,
                        "randoms": searched.randoms,
                    }));
                }
                case.searched = Some(searched);
            }
            if let Some(points) = line.counted {
                progress.set(&format!("{}: {points} points", line.scenario));
            }
            if let (Some(done), Some(of)) = (line.done, line.of) {
                match line.shrinking {
                    Some(_) => {
                        progress.set(&format!("{}: finding less that breaks it", line.scenario))
                    }
                    None => progress.count(done, of, &line.scenario),
                }
            }
            if let Some(coverage) = line.coverage {
                if is_json() {
                    print_json(&json!({
                        "type": "coverage",
                        "scenario": line.scenario,
                        "tortured": coverage.tortured,
                        "passed": coverage.passed,
                        "never": coverage.never,
                        "waived": coverage.waived,
                    }));
                }
                case.coverage = Some(coverage);
            }
            if let Some(violation) = line.violation {
                let violation = self.completed(job, &line.scenario, violation)?;
                self.tell(&progress, &line.scenario, &violation, &mut results.seen);
                results.case(&line.scenario).violations.push(violation);
            }
        };
        drop(driver);
        if current.is_empty() {
            return Err(Error::Engine {
                engine: engine.name(),
                reason: why,
            });
        }
        let violation = Violation {
            rule: "engine".to_owned(),
            message: why,
            seed: self.options.seed,
            ..Violation::default()
        };
        self.tell(&progress, &current, &violation, &mut results.seen);
        results.case(&current).violations.push(violation);
        results.total.violations += 1;
        Ok(())
    }

    /// The violation with what the engine can't know: the lines of Rust, the command, the test.
    fn completed(
        &self,
        job: &Job,
        scenario: &str,
        mut violation: Violation,
    ) -> Result<Violation, Error> {
        violation.lines = lines(job, &violation.report);
        let Some(schedule) = violation.least().cloned() else {
            return Ok(violation);
        };
        let given = job.given.iter().find(|given| given.name == scenario);
        let file = given.filter(|_| !self.options.files.is_empty());
        let file = file.and_then(|given| given.path.as_deref()).map(shown);
        violation.command = self.options.replay(
            file.as_deref(),
            scenario,
            self.strategy,
            violation.seed,
            &schedule,
        );
        let fixed = given.is_none_or(|given| given.fixed);
        if !fixed && self.options.schedule.is_none() {
            violation.kept = self.keep(given, scenario, &violation, &schedule)?;
        }
        Ok(violation)
    }

    /// Writes the regression test.
    fn keep(
        &self,
        given: Option<&Given>,
        scenario: &str,
        violation: &Violation,
        schedule: &Schedule,
    ) -> Result<Option<String>, Error> {
        let folder = self.crate_directory.join(FOLDER).join("regressions");
        let module = given.and_then(|given| given.path.as_deref());
        let module = module.map(|path| scenarios::specifier(&folder, path));
        let made = Regression::of(
            scenario,
            module.as_deref(),
            self.strategy.name(),
            violation,
            schedule,
        );
        fs::create_dir_all(&folder).map_err(Error::io("create", &folder))?;
        for number in 1..u32::MAX {
            let path = folder.join(made.file(number));
            if !path.exists() {
                fs::write(&path, &made.text).map_err(Error::io("write", &path))?;
            } else if !made.is(&fs::read_to_string(&path).map_err(Error::user("read", &path))?) {
                // Of this name is another one.
                continue;
            }
            return Ok(Some(shown(&path)));
        }
        Ok(None)
    }

    fn tell(
        &self,
        progress: &Progress,
        scenario: &str,
        violation: &Violation,
        seen: &mut BTreeMap<String, usize>,
    ) {
        if is_json() {
            return progress.print(
                &json!({
                    "type": "violation",
                    "scenario": scenario,
                    "rule": violation.rule,
                    "message": violation.message,
                    "seed": violation.seed,
                    "schedule": violation.schedule,
                    "smallest": violation.smallest,
                    "words": violation.words,
                    "report": violation.report,
                    "lines": violation.lines,
                    "command": violation.command,
                    "test": violation.kept,
                })
                .to_string(),
            );
        }
        let text = match torture::advice(seen, &violation.rule) {
            None => torture::violation(scenario, violation),
            Some(advice) => advice,
        };
        if text.is_empty() {
            return;
        }
        match self.options.to_stdout() {
            true => progress.print(text.trim_end()),
            false => progress.note(text.trim_end()),
        }
    }
}

/// The stack of an error, with lines of Rust where there is debug information.
fn lines(job: &Job, report: &Value) -> String {
    let text = match report {
        Value::Null => return String::new(),
        Value::String(stack) => stack.clone(),
        report => match report["stack"].as_str() {
            Some(stack) => stack.to_owned(),
            None => report.to_string(),
        },
    };
    let Some(path) = &job.debug else {
        return text;
    };
    // What can't be resolved is shown as the engine wrote it.
    torture::own_frames(&resolved(path, &text).unwrap_or(text))
}

fn resolved(path: &Path, text: &str) -> Option<String> {
    let wasm = fs::read(path).ok()?;
    let here = std::env::current_dir().unwrap_or_default();
    let sections = Sections::read(&wasm, path).ok()?;
    let mut symbols = Symbols::new(&wasm, &sections, path, &here).ok()?;
    let inputs = symbols::inputs(text, "the error").ok()?;
    let shown = inputs
        .into_iter()
        .map(|input| symbols.resolve(input).shown(Shown::Text));
    Some(shown.collect::<Vec<_>>().join("\n"))
}

/// Writes what was asked for, to where it was asked for.
fn written(options: &TortureOptions, results: &Results, suite: Suite) -> Result<(), Error> {
    let pretty = torture::summary(&results.cases, results.total);
    let text = match options.format {
        Form::Pretty => pretty.trim_start().to_owned(),
        Form::Tap => torture::tap(&results.cases, results.total),
        Form::Junit => test_report::junit(&[suite]),
    };
    if let Some(path) = &options.output {
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(Error::io("create", parent))?;
        }
        fs::write(path, format!("{}\n", text.trim_end())).map_err(Error::io("write", path))?;
    }
    if is_json() {
        print_json(&json!({
            "type": "result",
            "ok": results.total.violations == 0,
            "injected": results.total.injected,
            "violations": results.total.violations,
            "runs": results.total.runs,
        }));
        return Ok(());
    }
    match options.to_stdout() {
        true => print(&pretty),
        false => print(text.trim_end()),
    }
    Ok(())
}
