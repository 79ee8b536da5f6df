//! `cargo xtask ecosystem`: popular crates, built into packages in both strategies, one thing of each run in
//! Node. Which crates, and what each must answer, stands in tests/ecosystem/crates.toml; the packages are
//! written by `package.rs`. Here they are built, run and judged.

mod package;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use serde::Deserialize;

use crate::ecosystem::package::{Crate, List};
use crate::error::Error;
use crate::process::say;
use crate::project::Project;
use crate::recover::{Build, Recover};
use crate::setup::{self, Piece};

/// What it needs.
pub(crate) const NEEDS: [Piece; 3] = [Piece::Nightly, Piece::Stable, Piece::Node];

/// Both strategies.
const BUILDS: [(&str, Build); 2] = [("unwind", Build::Exnref), ("abort", Build::Abort)];

/// The options of `ecosystem`.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Only these crates, each in a package of its own
    #[arg(long = "crate", value_name = "NAME,…", value_delimiter = ',')]
    crates: Vec<String>,
}

/// How a crate did in one strategy.
#[derive(Debug)]
struct Row {
    label: String,
    told: String,
    passed: bool,
}

/// What the programs of a package told.
#[derive(Debug, Deserialize)]
struct Ran {
    told: BTreeMap<String, Told>,
    /// Errors that reached nobody.
    strays: Vec<String>,
}

/// What one program told.
#[derive(Debug, Deserialize)]
struct Told {
    answer: Option<String>,
    failure: Option<String>,
}

/// Builds and runs the crates that are asked for.
pub(crate) fn run(project: &Project, options: &Options) -> Result<ExitCode, Error> {
    let list = List::read(project)?;
    let names = || list.crates.iter().map(|one| &*one.name);
    let unknown = options
        .crates
        .iter()
        .find(|name| names().all(|one| one != **name));
    if let Some(name) = unknown {
        return Err(Error::Usage(format!(
            "there is no crate `{name}` here; --crate takes {}",
            names().collect::<Vec<_>>().join(", ")
        )));
    }
    let report = |row: &Row| {
        let verdict = if row.passed { "" } else { "FAILED " };
        println!("{verdict}{}: {}", row.label, row.told);
    };
    let (passed, failed) = if options.crates.is_empty() {
        check(
            project,
            &list,
            "all",
            &list.crates.iter().collect::<Vec<_>>(),
            &report,
        )?
    } else {
        let mut sum = (0, 0);
        for one in list
            .crates
            .iter()
            .filter(|one| options.crates.contains(&one.name))
        {
            let (passed, failed) = check(project, &list, &one.name, &[one], &report)?;
            sum = (sum.0 + passed, sum.1 + failed);
        }
        sum
    };
    println!("{passed} passed, {failed} failed");
    Ok(match failed {
        0 => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    })
}

/// What a stage of the tests runs: the small ones, or all. Passed and failed.
pub(crate) fn stage(project: &Project, small: bool) -> Result<(u64, u64), Error> {
    let list = List::read(project)?;
    let crates: Vec<_> = list
        .crates
        .iter()
        .filter(|one| one.small || !small)
        .collect();
    let name = if small { "small" } else { "all" };
    check(project, &list, name, &crates, &|row| {
        if !row.passed {
            say("ecosystem", &format!("{}: {}", row.label, row.told));
        }
    })
}

/// Checks `crates`, which stand in one package, in both strategies.
fn check(
    project: &Project,
    list: &List,
    name: &str,
    crates: &[&Crate],
    report: &dyn Fn(&Row),
) -> Result<(u64, u64), Error> {
    setup::ensure(project, &NEEDS)?;
    let recover = Recover::compile(project)?;
    let (mut passed, mut failed) = (0, 0);
    for (strategy, build) in BUILDS {
        let mut rows = vec![];
        match built(project, &recover, list, name, crates, build) {
            Ok(package) => rows.extend(ran(project, &package, crates, strategy)?),
            // Which of them is it? Each by itself says so.
            Err(Error::Command { .. }) if crates.len() > 1 => {
                for one in crates {
                    rows.extend(alone(project, &recover, list, one, (strategy, build))?);
                }
            }
            Err(error @ Error::Command { .. }) => {
                rows.push(Row::failed(crates[0], strategy, &error))
            }
            Err(other) => return Err(other),
        }
        for row in rows {
            report(&row);
            match row.passed {
                true => passed += 1,
                false => failed += 1,
            }
        }
    }
    Ok((passed, failed))
}

fn alone(
    project: &Project,
    recover: &Recover<'_>,
    list: &List,
    one: &Crate,
    (strategy, build): (&str, Build),
) -> Result<Vec<Row>, Error> {
    match built(project, recover, list, &one.name, &[one], build) {
        Ok(package) => ran(project, &package, &[one], strategy),
        Err(error @ Error::Command { .. }) => Ok(vec![Row::failed(one, strategy, &error)]),
        Err(other) => Err(other),
    }
}

/// The package of these crates. They share what is compiled: one target directory for each strategy.
fn built(
    project: &Project,
    recover: &Recover<'_>,
    list: &List,
    name: &str,
    crates: &[&Crate],
    build: Build,
) -> Result<PathBuf, Error> {
    let directory = project.target.join("ecosystem").join(name);
    package::write(project, list, crates, &directory)?;
    let out = directory.join(format!("pkg-{}", build.name()));
    let target = project.target.join("ecosystem").join("target");
    recover
        .build(&directory, build, &out)
        .env("CARGO_TARGET_DIR", target.join(build.name()))
        .args(["--dev", "--no-debug-info"])
        .run()?;
    if name == "all" {
        package::keep_lock(project, &directory)?;
    }
    Ok(out)
}

/// Runs the programs of a package.
fn ran(
    project: &Project,
    package: &std::path::Path,
    crates: &[&Crate],
    strategy: &str,
) -> Result<Vec<Row>, Error> {
    let script = project.root.join("tests/ecosystem/run.mjs");
    let command = project.cmd(project.node()).arg(script).arg(package);
    let command = command.args(crates.iter().map(|one| one.ident()));
    let output = command.follow(|_| false)?;
    let last = output.stdout.lines().last().unwrap_or_default();
    let Ok(ran) = serde_json::from_str::<Ran>(last) else {
        return Err(command.failed(None));
    };
    let mut rows: Vec<_> = crates
        .iter()
        .map(|one| Row::of(one, strategy, &ran))
        .collect();
    // Nobody knows whose they are.
    if let (Some(stray), Some(row)) = (ran.strays.first(), rows.last_mut()) {
        row.passed = false;
        row.told = format!("one of these left an error that nobody caught: {stray}");
    }
    Ok(rows)
}

impl Row {
    fn label(one: &Crate, strategy: &str) -> String {
        format!("{} {} × {strategy}", one.name, one.version)
    }

    fn of(one: &Crate, strategy: &str, ran: &Ran) -> Self {
        let told = ran.told.get(&one.ident());
        let answer = told.and_then(|told| told.answer.as_deref());
        let failure = told.and_then(|told| told.failure.as_deref());
        Self {
            label: Self::label(one, strategy),
            told: match (answer, failure) {
                (Some(answer), _) if answer == one.answer => answer.to_owned(),
                (Some(answer), _) => format!("{answer:?} is not {:?}", one.answer),
                (None, failure) => failure.unwrap_or("no answer").to_owned(),
            },
            passed: answer == Some(&one.answer),
        }
    }

    fn failed(one: &Crate, strategy: &str, error: &Error) -> Self {
        Self {
            label: Self::label(one, strategy),
            told: error.to_string(),
            passed: false,
        }
    }
}
