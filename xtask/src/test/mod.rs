//! `cargo xtask test`: every stage, whatever became of the others; two at a time where
//! there are several.
//!
//! The last line is `N passed, N failed`, summed over the stages; the exit code
//! is 1 unless nothing failed.

mod bundlers;
mod checks;
pub(crate) mod counts;
mod done;
pub(crate) mod durable;
pub(crate) mod e2e;
pub(crate) mod flavour;
mod fuzz;
pub(crate) mod harness;
mod names;
mod pair;
mod runners;
mod stage;
mod telemetry;
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
use crate::test::done::Done;
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

    /// How many stages run at a time
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u8).range(1..=8))]
    jobs: u8,

    /// This stage alone, not the group of its name
    #[arg(long, value_name = "STAGE", hide = true)]
    stage: Option<String>,

    /// Only these stages, or groups of them (`e2e` for all `e2e:…`)
    #[arg(long, value_name = "STAGE", value_delimiter = ',')]
    only: Vec<String>,
}

/// Runs the stages that were asked for.
pub(crate) fn run(project: &Project, options: &Options) -> Result<ExitCode, Error> {
    let stages = match &options.stage {
        Some(name) => stage::named(name),
        None => stage::select(&options.only, options.full),
    };
    let stages = stages.map_err(Error::Usage)?;
    if options.list {
        for stage in &stages {
            println!("{:<20} {}", stage.to_string(), stage.about(options.full));
        }
        return Ok(ExitCode::SUCCESS);
    }
    let needs: Vec<_> = stages
        .iter()
        .flat_map(|stage| stage.needs())
        .copied()
        .collect();
    setup::ensure(project, &needs)?;

    let start = Instant::now();
    let done = match (stages.len(), usize::from(options.jobs)) {
        (0 | 1, _) | (_, 1) => in_turn(project, options, stages),
        (_, workers) => pair::run(project, stages, options.full, workers)?,
    };
    Ok(conclude(&done, options, start.elapsed()))
}

/// Runs one stage after the other in this process.
fn in_turn(project: &Project, options: &Options, stages: Vec<Stage>) -> Vec<Done> {
    let mut done = vec![];
    for stage in stages {
        println!();
        say("stage", &format!("{stage}: {}", stage.about(options.full)));
        let start = Instant::now();
        let counts = stage.run(project, options.full).unwrap_or_else(|error| {
            say("failed", &error.to_string());
            Counts::of(false)
        });
        let counts = counts.checked(true);
        let time = start.elapsed();
        let one = Done {
            stage,
            counts,
            time,
        };
        say("done", &one.line());
        done.push(one);
    }
    done
}

fn conclude(done: &[Done], options: &Options, time: Duration) -> ExitCode {
    println!();
    let mut total = Counts::default();
    for one in done {
        println!("{}", one.line());
        total += one.counts;
    }
    if done.iter().any(|one| matches!(one.stage, Stage::E2e(_))) {
        println!("not applicable: {}", flavour::NOT_APPLICABLE);
    }
    let rest = if options.full || !options.only.is_empty() || options.stage.is_some() {
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
