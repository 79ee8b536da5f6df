//! `cargo xtask test`: every stage in turn, whatever became of those before it.
//!
//! The last line is `N passed, N failed`, summed over the stages; the exit code
//! is 1 unless nothing failed.

mod checks;
pub(crate) mod counts;
pub(crate) mod e2e;
pub(crate) mod flavour;
mod fuzz;
pub(crate) mod runners;
mod stage;
pub(crate) mod types;
mod versions;

use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Args;

use crate::error::Error;
use crate::process::say;
use crate::project::Project;
use crate::setup;
use crate::test::counts::Counts;
use crate::test::stage::Stage;

/// The options of `test`.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Every combination that is valid, not a representative half
    #[arg(long)]
    full: bool,

    /// Print the stages and do nothing
    #[arg(long)]
    list: bool,

    /// Only these stages, or groups of them (`e2e` for all `e2e:…`)
    #[arg(long, value_name = "STAGE", value_delimiter = ',')]
    only: Vec<String>,
}

/// A stage that has run.
struct Done {
    stage: Stage,
    counts: Counts,
    time: Duration,
}

/// Runs the stages that were asked for.
pub(crate) fn run(project: &Project, options: &Options) -> Result<ExitCode, Error> {
    let stages = stage::select(&options.only, options.full).map_err(Error::Usage)?;
    if options.list {
        for stage in &stages {
            println!("{:<20} {}", stage.to_string(), stage.about());
        }
        return Ok(ExitCode::SUCCESS);
    }
    let needs: Vec<_> = stages
        .iter()
        .flat_map(|stage| stage.needs())
        .copied()
        .collect();
    setup::ensure(project, &needs)?;

    let mut done: Vec<Done> = vec![];
    for stage in stages {
        println!();
        say("stage", &format!("{stage}: {}", stage.about()));
        let start = Instant::now();
        let counts = stage.run(project).unwrap_or_else(|error| {
            say("failed", &error.to_string());
            Counts::of(false)
        });
        let counts = counts.checked(true);
        let time = start.elapsed();
        say("done", &line(&stage, counts, time));
        done.push(Done {
            stage,
            counts,
            time,
        });
    }
    Ok(conclude(&done, options))
}

fn conclude(done: &[Done], options: &Options) -> ExitCode {
    println!();
    let mut total = Counts::default();
    let mut time = Duration::ZERO;
    for one in done {
        println!("{}", line(&one.stage, one.counts, one.time));
        total += one.counts;
        time += one.time;
    }
    if done.iter().any(|one| matches!(one.stage, Stage::E2e(_))) {
        println!("not applicable: {}", flavour::NOT_APPLICABLE);
    }
    let rest = if options.full || !options.only.is_empty() {
        ""
    } else {
        "; --full runs every combination"
    };
    println!("{} stages in {:.0} s{rest}", done.len(), time.as_secs_f64());
    println!("{} passed, {} failed", total.passed, total.failed);
    if total.failed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn line(stage: &Stage, counts: Counts, time: Duration) -> String {
    let mark = if counts.failed == 0 {
        "ok    "
    } else {
        "FAILED"
    };
    let Counts { passed, failed } = counts;
    let (name, seconds) = (stage.to_string(), time.as_secs_f64());
    format!("{mark} {name:<20} {passed:>5} passed {failed:>4} failed {seconds:>7.1} s")
}
