//! The commands, as clap sees them. What each of them takes stands in `options`, or beside what it does.

use clap::{Parser, Subcommand};

use crate::migrate::MigrateOptions;
use crate::new::NewOptions;
use crate::options::{
    BindgenOptions, BuildOptions, CheckOptions, DoctorOptions, EnvOptions, PackOptions, TestOptions,
};
use crate::replay::ReplayOptions;
use crate::symbols::{InspectOptions, SymbolicateOptions};
use crate::torture::TortureOptions;

/// Build Rust crates into exception-safe WebAssembly packages.
#[derive(Debug, Parser)]
#[command(name = "cargo recover", bin_name = "cargo recover", version)]
pub(crate) struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,

    /// Print the result as JSON on standard output; all else is on standard error
    #[arg(long, global = true)]
    pub(crate) json: bool,

    /// Print results and errors only, and show no progress
    #[arg(short, long, global = true)]
    pub(crate) quiet: bool,
}

/// The subcommands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Build a crate and write its JavaScript package
    Build(Box<BuildOptions>),
    /// Begin a crate: a library for Node, a page, or a Durable Object
    New(NewOptions),
    /// Change a crate of wasm-bindgen to recover, in place
    Migrate(MigrateOptions),
    /// Build a package to publish, one for Node, Workers, browsers and bundlers
    Pack(Box<PackOptions>),
    /// Build again whenever the crate changes
    Watch(Box<BuildOptions>),
    /// Run the crate's tests in JavaScript engines
    Test(Box<TestOptions>),
    /// Inject a failure at every point of the crate's scenarios, one after another
    Torture(Box<TortureOptions>),
    /// Make a captured call again, and see whether it fails the same
    Replay(ReplayOptions),
    /// Name what is not protected, with its place and the fix
    Check(CheckOptions),
    /// Print the variables that let other build tools compile as `build` does
    Env(EnvOptions),
    /// Show which tools are installed, and how to install the others
    Doctor(DoctorOptions),
    /// Show the lines of Rust that a report or a stack is of
    Symbolicate(SymbolicateOptions),
    /// Show what a file has that was kept of a failure
    Inspect(InspectOptions),
    /// Write the glue of a compiled module, for tools that call wasm-bindgen by `WASM_BINDGEN_BIN`
    Bindgen(BindgenOptions),
}

/// Whether `word` begins a command of this program; with cargo's `recover` before it or not.
pub(crate) fn is_command(word: &str) -> bool {
    use clap::CommandFactory;
    word == "recover" || word == "help" || Cli::command().find_subcommand(word).is_some()
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
