//! The project's tasks, and the only place that knows how they run.
//!
//! `cargo xtask demo | test | matrix | unplug | bench | npm | newcomer | load | replays | reports | adopt | ecosystem | component | torture | durable | lab |
//! notebook | book | shared | pins | setup`. Exit codes: 0 done;
//! 1 the task failed; 2 the machine or the call needs mending, with one line that says how.

mod adopt;
mod bench;
mod book;
mod component;
mod demo;
mod durable;
mod ecosystem;
mod engines;
mod error;
mod kinds;
mod lab;
mod layers;
mod matrix;
mod newcomer;
mod notebook;
mod npm;
mod pins;
mod process;
mod project;
mod python;
mod recover;
mod replays;
mod reports;
mod room;
mod setup;
mod shared;
mod templates;
mod test;
mod torture;
mod twins;
mod unplug;
mod worker;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::engines::Engine;
use crate::error::Error;
use crate::project::Project;
use crate::setup::Piece;

/// The tasks of this project.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    /// What to do.
    #[command(subcommand)]
    task: Task,
}

/// The tasks.
#[derive(Debug, Subcommand)]
enum Task {
    /// Build the gauntlet and feed it hostile input, in Node
    Demo,
    /// Run the tests
    Test(test::Options),
    /// Every failure in every kind of build in every engine
    Matrix(matrix::Options),
    /// Take mechanisms out, one at a time: the tests that watch them must fail
    Unplug(unplug::Options),
    /// Measure against plain wasm-bindgen
    Bench(bench::Options),
    /// Published crates, adopted: built, driven and compared with what they were
    Adopt(adopt::Options),
    /// Popular crates: built in both strategies, and one thing of each run in Node
    Ecosystem(ecosystem::Options),
    /// Components: hosts in three languages, guests in three, and what all of them see of one failure
    Component(component::Options),
    /// Pack `cargo recover` for npm, with the programs of some platforms
    Npm(npm::Options),
    /// Walk the path of somebody new, in a home of their own, and time each step
    Newcomer(newcomer::Options),
    /// Torture what recover promises: inject failures, and judge what follows
    Torture(torture::Options),
    /// Kill programs that have durable objects, and judge what became of their calls
    Durable(durable::Options),
    /// Load the Durable Object example, with failures and without
    Load(room::Options),
    /// Capture what fails in the gauntlet and under load, and make it again from the files alone
    Replays,
    /// Have the room fail in every engine: each report leads to its line, each capture fails again
    Reports(reports::Options),
    /// Build the browser lab and serve it on this machine
    Lab(lab::Options),
    /// Build the notebook example and serve it on this machine
    Notebook(notebook::Options),
    /// Make the book, with the lab on its first page, and serve it on this machine
    Book(book::Options),
    /// Write the numbers that Rust and JavaScript share into the sources of both
    Shared,
    /// Print the pinned versions and check that nothing else spells them
    Pins,
    /// Install everything that the other tasks need
    Setup {
        /// And every engine, browsers included
        #[arg(long)]
        engines: bool,
    },
}

fn main() -> ExitCode {
    match run(&Cli::parse().task) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(error.code())
        }
    }
}

fn run(task: &Task) -> Result<ExitCode, Error> {
    let project = Project::find()?;
    match task {
        Task::Demo => demo::run(&project),
        Task::Test(options) => test::run(&project, options),
        Task::Matrix(options) => matrix::run(&project, options),
        Task::Unplug(options) => unplug::run(&project, options),
        Task::Bench(options) => bench::run(&project, options),
        Task::Npm(options) => npm::run(&project, options),
        Task::Newcomer(options) => newcomer::run(&project, options),
        Task::Adopt(options) => adopt::run(&project, options),
        Task::Ecosystem(options) => ecosystem::run(&project, options),
        Task::Component(options) => component::run(&project, options),
        Task::Torture(options) => torture::run(&project, options),
        Task::Durable(options) => durable::run(&project, options),
        Task::Load(options) => room::load(&project, options),
        Task::Replays => replays::run(&project),
        Task::Reports(options) => reports::run(&project, options),
        Task::Lab(options) => lab::run(&project, options),
        Task::Notebook(options) => notebook::run(&project, options),
        Task::Book(options) => book::run(&project, options),
        Task::Shared => shared::run(&project),
        Task::Pins => pins::run(&project.root, &project.pins),
        Task::Setup { engines } => {
            setup::ensure(&project, &Piece::ALL)?;
            if *engines {
                setup::ensure(&project, &[Piece::Components, Piece::ComponentHosts])?;
                setup::ensure(&project, &Engine::ALL.map(Piece::Engine))?;
            }
            println!("everything is there");
            Ok(ExitCode::SUCCESS)
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_definition_is_consistent() {
        Cli::command().debug_assert();
    }
}
