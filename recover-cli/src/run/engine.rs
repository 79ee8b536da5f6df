//! Starts an engine with tests, by the scripts in `js/`, and hears how they end. A test that takes
//! too long, or takes its engine with it, costs the others nothing: the engine is started again.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::mpsc::RecvTimeoutError;
use std::time::{Duration, Instant};

use serde::Deserialize;
use serde_json::{Value, json};

use super::driver::{Driver, START};
use crate::error::Error;
use crate::options::Engine;
use crate::test_list::Test;
use crate::test_report::Failure;

/// What it may take to close when all tests are done. Then it is ended.
const END: Duration = Duration::from_secs(5);

/// The tests of one package.
pub(super) struct Package {
    /// Where it is.
    pub(super) directory: PathBuf,
    /// The name of its files.
    pub(super) stem: String,
    /// Its tests, each with its number.
    pub(super) tests: Vec<(usize, Test)>,
}

/// What is to be run.
pub(super) struct Order<'a> {
    /// Where.
    pub(super) engine: Engine,
    /// The user's crate.
    pub(super) crate_directory: &'a Path,
    /// Keep back what tests write?
    pub(super) capture: bool,
    /// What one test may take.
    pub(super) timeout: Duration,
    /// The packages.
    pub(super) packages: &'a [Package],
    /// A directory for the scripts.
    pub(super) scratch: &'a Path,
}

/// How a test ended.
pub(super) struct Ended {
    /// Its number.
    pub(super) number: usize,
    /// What went wrong, if something did.
    pub(super) failure: Option<Failure>,
    /// What it wrote.
    pub(super) output: String,
    /// How long it took.
    pub(super) seconds: f64,
}

/// What the scripts say.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Line {
    begin: Option<usize>,
    end: Option<usize>,
    ms: f64,
    output: String,
    failure: Option<Said>,
    missing: Option<String>,
    command: String,
}

#[derive(Debug, Deserialize)]
struct Said {
    message: String,
    location: Option<String>,
    stack: String,
}

/// Runs all tests; `ended` gets each one's end, and `began` the name of the one that begins.
pub(super) fn run(
    order: &Order<'_>,
    mut began: impl FnMut(&str),
    mut ended: impl FnMut(Ended),
) -> Result<(), Error> {
    let all = order.packages.iter().flat_map(|package| &package.tests);
    let mut left: BTreeSet<usize> = all.clone().map(|(number, _)| *number).collect();
    let name = |number: usize| {
        let found = all.clone().find(|(other, _)| *other == number);
        found.map_or("", |(_, test)| test.name.as_str())
    };
    while !left.is_empty() {
        let before = left.len();
        let mut engine = Driver::start(
            order.engine,
            order.scratch,
            order.crate_directory,
            &[],
            &written(order, &left),
        )?;
        let mut current: Option<(usize, Instant)> = None;
        let why = loop {
            let waits = match (left.is_empty(), current.is_some()) {
                (true, _) => END,
                (_, true) => order.timeout,
                (_, false) => START.max(order.timeout),
            };
            match engine.next::<Line>(waits) {
                Ok(line) => {
                    if let Some(what) = line.missing {
                        return Err(Error::NoEngine {
                            what,
                            command: line.command,
                        });
                    }
                    if let Some(number) = line.begin {
                        current = Some((number, Instant::now()));
                        began(name(number));
                    }
                    if let Some(number) = line.end {
                        current = None;
                        left.remove(&number);
                        ended(Ended {
                            number,
                            failure: line.failure.map(|said| Failure {
                                message: said.message,
                                location: said.location,
                                stack: said.stack,
                            }),
                            output: line.output,
                            seconds: line.ms / 1000.0,
                        });
                    }
                }
                Err(RecvTimeoutError::Timeout) => {
                    break format!("took longer than {} s", waits.as_secs());
                }
                Err(RecvTimeoutError::Disconnected) => break engine.ending(),
            }
        };
        drop(engine);
        if let Some((number, start)) = current {
            left.remove(&number);
            ended(Ended {
                number,
                failure: Some(Failure {
                    message: why,
                    ..Failure::default()
                }),
                output: String::new(),
                seconds: start.elapsed().as_secs_f64(),
            });
        } else if left.len() == before {
            return Err(Error::Engine {
                engine: order.engine.name(),
                reason: why,
            });
        }
    }
    Ok(())
}

fn written(order: &Order<'_>, left: &BTreeSet<usize>) -> Value {
    let packages = order.packages.iter().map(|package| {
        let tests = package.tests.iter();
        let tests = tests.filter(|(number, _)| left.contains(number));
        let tests = tests.map(|(number, test)| {
            json!({
                "id": number,
                "export": test.export,
                "theirs": test.theirs,
                "panics": test.panics,
            })
        });
        json!({
            "directory": package.directory,
            "stem": package.stem,
            "tests": tests.collect::<Vec<_>>(),
        })
    });
    json!({
        "crate": order.crate_directory,
        "session": "session.mjs",
        "capture": order.capture,
        "packages": packages.collect::<Vec<_>>(),
    })
}
