//! `cargo xtask adopt`: published crates, as they are and after `cargo recover migrate`, built in both
//! strategies and driven by one scenario. What is compared stands in tests/adopt/drive.mjs; what a crate
//! is changed by beyond that, in tests/adopt/crates.toml.

mod page;
mod row;
mod source;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use serde::Deserialize;

use crate::adopt::row::Row;
use crate::adopt::source::{Crate, Sources};
use crate::error::Error;
use crate::process::say;
use crate::project::Project;
use crate::recover::{Build, Recover};
use crate::setup::{self, Piece};

/// What it needs.
pub(crate) const NEEDS: [Piece; 3] = [Piece::Nightly, Piece::Stable, Piece::Node];

/// What both sides may have, so that it can be filled.
const MEMORY: &str = "64MiB";

/// The options of `adopt`.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Only these crates
    #[arg(long = "crate", value_name = "NAME,…", value_delimiter = ',')]
    crates: Vec<String>,

    /// Write the results here, too
    #[arg(long, value_name = "PATH")]
    json: Option<PathBuf>,

    /// Write the table into the book
    #[arg(long)]
    docs: bool,
}

/// What the driver found of one crate, built one way.
#[derive(Debug, Deserialize)]
struct Driven {
    exports: usize,
    calls: usize,
    equal: bool,
    difference: Option<Difference>,
    declarations: Vec<String>,
    gzip: f64,
    call: Option<f64>,
    ends: Ends,
}

/// The first result that is not the same.
#[derive(Debug, Deserialize)]
struct Difference {
    due: Option<String>,
    got: Option<String>,
}

/// How each side ended.
#[derive(Debug, Deserialize)]
struct Ends {
    plain: End,
    ours: End,
    /// Errors that reached nobody while ours was driven.
    uncaught: usize,
}

/// How a package ended that was fed what bricks it.
#[derive(Debug, Deserialize)]
struct End {
    survived: bool,
    after: usize,
    now: String,
    errors: Vec<String>,
}

impl End {
    fn words(&self) -> String {
        match self.survived {
            true => "survived".to_owned(),
            false if self.errors.is_empty() => "nothing failed".to_owned(),
            false => format!("wrong after {}", self.after),
        }
    }
}

#[derive(Debug, Deserialize)]
struct List {
    #[serde(rename = "crate")]
    crates: Vec<Crate>,
}

/// Adopts the crates that are asked for.
pub(crate) fn run(project: &Project, options: &Options) -> Result<ExitCode, Error> {
    let crates = list(project)?;
    if let Some(name) = options
        .crates
        .iter()
        .find(|name| crates.iter().all(|one| one.name != **name))
    {
        let names: Vec<_> = crates.iter().map(|one| &*one.name).collect();
        return Err(Error::Usage(format!(
            "there is no crate `{name}` here; --crate takes {}",
            names.join(", ")
        )));
    }
    let wanted = |one: &Crate| options.crates.is_empty() || options.crates.contains(&one.name);
    let crates: Vec<_> = crates.into_iter().filter(wanted).collect();
    let (rows, failures) = adopt(project, &crates)?;
    for line in page::table(&rows) {
        println!("{line}");
    }
    if let Some(path) = &options.json {
        let json = serde_json::json!({ "crates": rows });
        std::fs::write(path, format!("{json:#}\n")).map_err(|error| Error::file(path, error))?;
    }
    if options.docs {
        page::write(project, &rows)?;
    }
    for failure in &failures {
        println!("FAILED {failure}");
    }
    println!(
        "{} crates, {} passed, {} failed",
        crates.len(),
        2 * crates.len() - failed(&failures),
        failed(&failures)
    );
    Ok(if failures.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// How many builds of crates fail in something.
fn failed(failures: &[String]) -> usize {
    let of = |failure: &String| failure.split(':').next().map(str::to_owned);
    failures.iter().map(of).collect::<BTreeSet<_>>().len()
}

/// What a stage of the tests runs: the small ones, or the others. Passed and failed.
pub(crate) fn stage(project: &Project, small: bool) -> Result<(u64, u64), Error> {
    let crates: Vec<_> = list(project)?
        .into_iter()
        .filter(|one| one.small == small)
        .collect();
    let (rows, failures) = adopt(project, &crates)?;
    for line in page::table(&rows).iter().chain(&failures) {
        say("adopt", line);
    }
    let failed = failed(&failures);
    Ok(((2 * crates.len() - failed) as u64, failed as u64))
}

fn list(project: &Project) -> Result<Vec<Crate>, Error> {
    let path = "tests/adopt/crates.toml";
    let list: List =
        toml::from_str(&project.read(path)?).map_err(|error| Error::file(path, error))?;
    Ok(list.crates)
}

fn label(name: &str, strategy: &str) -> String {
    format!("{name} × {strategy}:")
}

/// The rows, and what does not hold of them.
fn adopt(project: &Project, crates: &[Crate]) -> Result<(Vec<Row>, Vec<String>), Error> {
    setup::ensure(project, &NEEDS)?;
    let recover = Recover::compile(project)?;
    let (mut rows, mut failures) = (vec![], vec![]);
    for one in crates {
        let sources = source::prepare(project, &recover, one)?;
        for (strategy, build) in [("unwind", Build::Exnref), ("abort", Build::Abort)] {
            let driven = match drive(project, &recover, one, &sources, build) {
                Ok(driven) => driven,
                Err(error @ Error::Command { .. }) => {
                    failures.push(format!("{} {error}", label(&one.name, strategy)));
                    continue;
                }
                Err(other) => return Err(other),
            };
            failures.extend(
                judge(&driven, &sources)
                    .into_iter()
                    .map(|what| format!("{} {what}", label(&one.name, strategy))),
            );
            rows.push(Row {
                name: one.name.clone(),
                version: one.version.clone(),
                strategy,
                exports: driven.exports,
                lines: sources.lines,
                words: sources.words,
                calls: driven.calls,
                equal: driven.equal,
                gzip: driven.gzip,
                call: driven.call,
                bricking: driven.ends.ours.words(),
                plain: driven.ends.plain.words(),
            });
        }
    }
    Ok((rows, failures))
}

/// Builds both sides one way and drives them.
fn drive(
    project: &Project,
    recover: &Recover<'_>,
    one: &Crate,
    sources: &Sources,
    build: Build,
) -> Result<Driven, Error> {
    let out = project
        .target
        .join("adopt")
        .join(&one.name)
        .join(build.name());
    let target = project
        .target
        .join("adopt")
        .join("target")
        .join(build.name());
    let (plain, ours) = (out.join("plain"), out.join("ours"));
    for (source, out) in [(&sources.plain, &plain), (&sources.ours, &ours)] {
        let mut command = recover
            .build(source, build, out)
            .env("CARGO_TARGET_DIR", &target);
        command = command.args(["--max-memory", MEMORY]);
        if !one.features.is_empty() {
            command = command.arg("--features").arg(one.features.join(","));
        }
        if one.no_default_features {
            command = command.arg("--no-default-features");
        }
        command.run()?;
    }
    let directory = project.root.join("tests").join("adopt");
    let command = project
        .cmd(project.node())
        .arg(directory.join("drive.mjs"))
        .arg(directory.join(format!("{}.mjs", one.name)));
    let command = command.arg("--plain").arg(plain).arg("--ours").arg(ours);
    let output = command.follow(|_| false)?;
    let last = output.stdout.lines().last().unwrap_or_default();
    match serde_json::from_str(last) {
        Ok(driven) if output.success => Ok(driven),
        _ => Err(command.failed(None)),
    }
}

/// What should hold of every crate, and does not.
fn judge(driven: &Driven, sources: &Sources) -> Vec<String> {
    let mut failures = vec![];
    if sources.lines > 7 {
        failures.push(format!(
            "{} lines beside the attributes; 7 are the most",
            sources.lines
        ));
    }
    if let Some(Difference { due, got }) = &driven.difference {
        failures.push(format!(
            "{} is due, not {}",
            due.as_deref().unwrap_or("nothing"),
            got.as_deref().unwrap_or("nothing")
        ));
    } else if !driven.equal {
        failures.push("one side has more results than the other".to_owned());
    }
    if !driven.declarations.is_empty() {
        failures.push(format!("not declared: {}", driven.declarations.join(" ")));
    }
    let End {
        survived,
        after,
        now,
        errors,
    } = &driven.ends.ours;
    if errors.is_empty() {
        failures.push("what should brick it did not fail".to_owned());
    } else if !survived {
        failures.push(format!("the call after {after} that failed: {now}"));
    }
    if errors.iter().any(|error| error == "RestartLimitError") {
        failures.push("RestartLimitError".to_owned());
    }
    if driven.ends.uncaught != 0 {
        failures.push(format!(
            "{} errors that nobody caught",
            driven.ends.uncaught
        ));
    }
    failures
}
