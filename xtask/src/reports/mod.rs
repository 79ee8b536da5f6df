//! `cargo xtask reports`: the room, built as it would be shipped, meets the load test's hostile mix in each engine.
//! Each failure's report is symbolicated, and must lead to what failed; each capture is made again in Node.
//!
//! What is sent stands in tests/reports, what is due in `due`, what counts in `judge`. The last line is
//! `reports: N failures, N symbolicated, N of N replayed`; the exit code is 1 if any is missing.

mod due;
mod judge;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::engines::Engine;
use crate::error::Error;
use crate::matrix;
use crate::process::{Ended, say};
use crate::project::Project;
use crate::recover::{Build, Recover};
use crate::replays;
use crate::room::{self, Twin};
use crate::setup::{self, Piece};
use judge::Verdict;

/// The engines that are asked unless others are named.
const ENGINES: [Engine; 6] = [
    Engine::Node24,
    Engine::Chromium,
    Engine::Firefox,
    Engine::Workerd,
    Engine::Deno,
    Engine::Bun,
];

/// Both.
const STRATEGIES: [Strategy; 2] = [Strategy::Unwind, Strategy::Abort];

/// What the stage needs: all of those engines.
pub(crate) const NEEDS: [Piece; 8] = [
    Piece::Nightly,
    Piece::Stable,
    Piece::Node,
    Piece::Engine(Engine::Chromium),
    Piece::Engine(Engine::Firefox),
    Piece::Engine(Engine::Workerd),
    Piece::Engine(Engine::Deno),
    Piece::Engine(Engine::Bun),
];

/// What a package needs for it.
const FEATURES: &str = "recover-runtime/reports,recover-runtime/capture";

/// What a panic does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Strategy {
    /// Unwinds
    Unwind,
    /// Ends the instance
    Abort,
}

impl Strategy {
    fn name(self) -> &'static str {
        match self {
            Self::Unwind => "unwind",
            Self::Abort => "abort",
        }
    }

    fn build(self) -> Build {
        match self {
            Self::Unwind => Build::Exnref,
            Self::Abort => Build::Abort,
        }
    }
}

/// The options of `reports`.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Only these engines
    #[arg(long, value_name = "ENGINE", value_delimiter = ',')]
    engine: Vec<String>,

    /// Only this strategy
    #[arg(long)]
    strategy: Option<Strategy>,
}

/// What the session says of a failure.
#[derive(Debug, Deserialize)]
struct Failure {
    way: String,
    name: Option<String>,
    reports: Vec<Value>,
    captures: Vec<String>,
}

/// The counts of the closing line.
#[derive(Debug, Default, Clone, Copy)]
struct Sum {
    failures: usize,
    symbolicated: usize,
    to_the_line: usize,
    replayable: usize,
    replayed: usize,
}

impl Sum {
    fn add(&mut self, other: Self) {
        self.failures += other.failures;
        self.symbolicated += other.symbolicated;
        self.to_the_line += other.to_the_line;
        self.replayable += other.replayable;
        self.replayed += other.replayed;
    }

    fn line(self) -> String {
        format!(
            "{} failures, {} symbolicated, {} of {} replayed",
            self.failures, self.symbolicated, self.replayed, self.replayable
        )
    }
}

/// Runs what was asked for.
pub(crate) fn run(project: &Project, options: &Options) -> Result<ExitCode, Error> {
    let engines = if options.engine.is_empty() {
        ENGINES.to_vec()
    } else {
        let named = options.engine.iter().map(|name| of_name(name));
        named.collect::<Result<_, _>>()?
    };
    let strategies = match options.strategy {
        None => STRATEGIES.to_vec(),
        Some(strategy) => vec![strategy],
    };
    let (sum, held) = all(project, &engines, &strategies)?;
    println!("reports: {}", sum.line());
    Ok(match held {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    })
}

/// For the test command: how many cells (an engine in a strategy) held, and how many did not.
pub(crate) fn stage(project: &Project) -> Result<(u64, u64), Error> {
    let mut counts = (0, 0);
    let (sum, _) = each(project, &ENGINES, &STRATEGIES, |held| match held {
        true => counts.0 += 1,
        false => counts.1 += 1,
    })?;
    println!("reports: {}", sum.line());
    Ok(counts)
}

fn of_name(name: &str) -> Result<Engine, Error> {
    let named = Engine::ALL.into_iter().find(|engine| engine.name() == name);
    named.ok_or_else(|| {
        Error::Usage(format!(
            "no engine {name}; there are {}",
            Engine::ALL.map(Engine::name).join(", ")
        ))
    })
}

fn all(
    project: &Project,
    engines: &[Engine],
    strategies: &[Strategy],
) -> Result<(Sum, bool), Error> {
    let mut held = true;
    let (sum, any) = each(project, engines, strategies, |one| held &= one)?;
    Ok((sum, held && any))
}

/// Every engine in every strategy; the answer is the sum, and whether anything failed at all.
fn each(
    project: &Project,
    engines: &[Engine],
    strategies: &[Strategy],
    mut told: impl FnMut(bool),
) -> Result<(Sum, bool), Error> {
    let mut pieces = vec![Piece::Nightly, Piece::Stable, Piece::Node];
    pieces.extend(engines.iter().copied().map(Piece::Engine));
    setup::ensure(project, &pieces)?;
    let recover = Recover::compile(project)?;
    let mut sum = Sum::default();
    for &strategy in strategies {
        let place = project.target.join("reports").join(strategy.name());
        let package = place.join("pkg");
        room::package(project, &recover, Twin::Room, strategy.build(), &package)
            .args(["--debug-info=split", "--features", FEATURES])
            .run()?;
        for &engine in engines {
            let cell = Cell {
                project,
                recover: &recover,
                engine,
                package: &package,
                debug: &place.join("durable_room.debug.wasm"),
                place: &place.join(engine.name()),
            };
            let (one, why) = match cell.failures()? {
                Ok(failures) => cell.judged(&failures)?,
                Err(why) => (Sum::default(), vec![why]),
            };
            say(
                "reports",
                &format!(
                    "{} {}: {} ({} to the line)",
                    strategy.name(),
                    engine.name(),
                    one.line(),
                    one.to_the_line
                ),
            );
            for why in &why {
                say("missing", why);
            }
            told(why.is_empty());
            sum.add(one);
        }
    }
    Ok((sum, sum.failures > 0))
}

/// An engine, and a package for it.
struct Cell<'a> {
    project: &'a Project,
    recover: &'a Recover<'a>,
    engine: Engine,
    package: &'a Path,
    debug: &'a Path,
    /// Where its reports and captures are kept.
    place: &'a Path,
}

impl Cell<'_> {
    /// Has the mix fail; else the answer is why it did not run to its end.
    fn failures(&self) -> Result<Result<Vec<Failure>, String>, Error> {
        let order = json!({
            "session": "tests/reports/session.mjs",
            "package": "durable_room",
            "rows": ["mix"],
        });
        let command = matrix::driver(self.project, self.engine, &order, self.package);
        let mut heard = None;
        let ended = command.listen(matrix::PATIENCE, |line| {
            match serde_json::from_str::<Value>(line) {
                Ok(said) if said.get("end").is_some() => heard = Some(said),
                Ok(said) if said.get("begin").is_some() || said.get("ready").is_some() => {}
                _ => println!("{line}"),
            }
        })?;
        let name = self.engine.name();
        let Some(mut said) = heard else {
            return Ok(Err(match ended {
                Ended::Silent => format!("{name}: no answer came in time"),
                Ended::ByItself { .. } => format!("{name}: it ended before the mix had"),
            }));
        };
        if let Some(why) = said["why"].as_str() {
            return Ok(Err(format!("{name}: {why}")));
        }
        let failures = Vec::deserialize(said["failures"].take());
        Ok(failures.map_err(|error| format!("{name}: {error}")))
    }

    /// How many of the failures lead to their lines and fail again, and what is missing.
    fn judged(&self, failures: &[Failure]) -> Result<(Sum, Vec<String>), Error> {
        if self.place.is_dir() {
            fs::remove_dir_all(self.place).map_err(|error| Error::file(self.place, error))?;
        }
        let captures = self.place.join("captures");
        fs::create_dir_all(&captures).map_err(|error| Error::file(&captures, error))?;
        let mut missing = vec![];
        let mut sum = Sum {
            failures: failures.len(),
            ..Sum::default()
        };
        let symbolicated = self.symbolicated(failures)?;
        let example = room::directory(self.project);
        let mut weaker = BTreeMap::<(&str, &str), usize>::new();
        for failure in failures {
            let way = &*failure.way;
            let Some(due) = due::ALL.iter().find(|due| due.way == way) else {
                missing.push(format!("{way}: not in xtask/src/reports/due.rs"));
                continue;
            };
            let [report] = &failure.reports[..] else {
                let error = failure.name.as_deref().unwrap_or("nothing");
                let count = failure.reports.len();
                missing.push(format!("{way}: {error} was thrown, with {count} reports"));
                continue;
            };
            let id = report["id"].as_str().unwrap_or_default();
            let verdict = match symbolicated.get(id) {
                Some(found) => due.judge(due.number(&example)?, found),
                None => Verdict::Missing("it was not symbolicated".to_owned()),
            };
            let mut less = |why| *weaker.entry((due.way, why)).or_default() += 1;
            match verdict {
                Verdict::Line => sum.to_the_line += 1,
                Verdict::Missing(why) => {
                    missing.push(format!("{way}: {why}"));
                    continue;
                }
                // All others tell it.
                Verdict::Function | Verdict::Export if self.engine != Engine::Bun => {
                    missing.push(format!("{way}: the engine told no offset"));
                    continue;
                }
                Verdict::Function => less("the function: JavaScriptCore tells no offset"),
                Verdict::Export => {
                    less(
                        "the call of the package: JavaScriptCore tells no offset, and it is inlined",
                    );
                }
            }
            sum.symbolicated += 1;
        }
        for ((way, why), count) in weaker {
            say("weaker", &format!("{count} of {way} lead only to {why}"));
        }
        self.replay(failures, &captures, &mut sum, &mut missing)?;
        Ok((sum, missing))
    }

    /// What `cargo recover symbolicate` makes of all reports, by their ids.
    fn symbolicated(&self, failures: &[Failure]) -> Result<BTreeMap<String, Value>, Error> {
        let file = self.place.join("reports.jsonl");
        let reports = failures.iter().flat_map(|failure| &failure.reports);
        let lines: String = reports.map(|report| format!("{report}\n")).collect();
        if lines.is_empty() {
            return Ok(BTreeMap::new());
        }
        fs::write(&file, lines).map_err(|error| Error::file(&file, error))?;
        let command = self.project.cmd(self.recover.program());
        let command = command.args(["recover", "symbolicate"]).arg(file);
        let command = command.arg("--debug").arg(self.debug);
        let command = command.args(["--format", "json"]);
        let output = command.follow(|_| false)?;
        if !output.success {
            return Err(command.failed(None));
        }
        let found = output.stdout.lines().filter_map(|line| {
            let value: Value = serde_json::from_str(line).ok()?;
            Some((value["report"]["id"].as_str()?.to_owned(), value))
        });
        Ok(found.collect())
    }

    /// Makes what was captured again, in Node.
    fn replay(
        &self,
        failures: &[Failure],
        captures: &Path,
        sum: &mut Sum,
        missing: &mut Vec<String>,
    ) -> Result<(), Error> {
        for (number, failure) in failures.iter().enumerate() {
            let ended = |report: &Value| report["event"] == "end";
            if failure.way == due::BEHIND_AN_AWAIT && failure.reports.iter().all(ended) {
                say("kept", "nobody knows whose poll a trap ended: no capture");
                continue;
            }
            let [capture] = &failure.captures[..] else {
                let count = failure.captures.len();
                missing.push(format!("{}: {count} captures", failure.way));
                continue;
            };
            let told: Value = serde_json::from_str(capture).unwrap_or_default();
            if let Some(why) = told["why"].as_str() {
                say("kept", &format!("{} can't be replayed: {why}", failure.way));
                continue;
            }
            sum.replayable += 1;
            let path = captures.join(format!("{number:04}.json"));
            fs::write(&path, capture).map_err(|error| Error::file(&path, error))?;
        }
        if sum.replayable == 0 {
            return Ok(());
        }
        let again = replays::again(self.project, self.package, captures).follow(|_| true)?;
        sum.replayed = replays::count(&again.stdout);
        if !again.success || sum.replayed != sum.replayable {
            missing.push("a replay that fails the same".to_owned());
        }
        Ok(())
    }
}
