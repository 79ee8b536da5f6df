//! `cargo xtask durable`: programs that have durable objects are killed, as often as it is told; or how long opening
//! takes is measured. What is killed and how it is judged is no matter of this file: tests/durable/kills has it.

use std::process::ExitCode;

use clap::{Args, ValueEnum};

use crate::error::Error;
use crate::process::say;
use crate::project::Project;
use crate::setup;
use crate::test::durable;

/// Where programs run that are killed, and their stores.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Engine {
    /// A store whose unsynced writes a crash tears
    Memory,
    /// A directory on a disk that loses power
    Disk,
    /// Node, over SQLite
    NodeSqlite,
    /// Node, over a directory
    Directory,
    /// Node, over a PostgreSQL server
    Postgres,
    /// workerd, over a Durable Object's SQLite
    Workerd,
    /// workerd, over a Durable Object's keys and values
    WorkerdKeys,
    /// Tabs of Chromium, over IndexedDB
    Chromium,
}

/// The options of `durable`.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// How many kills there are in each engine
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..))]
    kills: u32,

    /// What the calls, and the moments of the kills, are made of
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: i32,

    /// The most minutes that each engine takes
    #[arg(long, value_name = "N")]
    minutes: Option<u32>,

    /// Only this one; may be given several times
    #[arg(long, value_name = "ENGINE")]
    engine: Vec<Engine>,

    /// Instead, measure how long opening takes with journals of 1,000, 10,000 and 100,000 entries, in a release build
    #[arg(long)]
    recovery: bool,
}

/// Kills, or measures.
pub(crate) fn run(project: &Project, options: &Options) -> Result<ExitCode, Error> {
    setup::ensure(project, &durable::NEEDS)?;
    let packages = durable::packages(project)?;
    let mut command = durable::node(project, &packages);
    if options.recovery {
        let package = durable::released(project, &packages)?;
        say("durable", "how long opening takes");
        command = command
            .env("RECOVER_KILLS_PACKAGE", package)
            .arg("tests/durable/kills/recovery.mjs");
    } else {
        say("durable", "programs are killed");
        command = command
            .arg("tests/durable/kills/kills.mjs")
            .args(["--kills", &options.kills.to_string()])
            .arg(format!("--seed={}", options.seed));
        if let Some(minutes) = options.minutes {
            command = command.args(["--minutes", &minutes.to_string()]);
        }
        for engine in &options.engine {
            let name = engine.to_possible_value();
            command = command
                .arg("--engine")
                .args(name.iter().map(|name| name.get_name()));
        }
    }
    Ok(match command.status()? {
        Some(0) => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    })
}
