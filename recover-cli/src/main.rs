//! `cargo recover`: builds a crate into an exception-safe WebAssembly package.
//!
//! Here stand the entry point and the exit codes, nothing else. The modules
//! depend one way: `run` gathers facts and acts on the plan; `plan` and what it
//! uses are pure; `options`, `pins` and `error` know nothing of the rest.

mod bounds;
mod build_id;
mod call;
mod check;
mod command_line;
mod compile;
mod component;
mod component_error;
mod copies;
mod debug_info;
mod declarations;
mod doctor;
mod error;
mod face;
mod facts;
mod invocation;
mod metadata;
mod migrate;
mod module;
mod new;
mod options;
mod pack;
mod package_json;
mod pins;
mod plan;
mod profile;
mod replay;
mod requirement;
mod run;
mod rustflags;
mod sections;
mod shell;
mod sites;
mod symbols;
mod test_list;
mod test_report;
mod torture;
mod values;
mod wrapper;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    if let Some(arguments) = wrapped() {
        return run::rustc(arguments).unwrap_or_else(|error| {
            eprintln!("error: {error}");
            ExitCode::from(error.exit_code())
        });
    }
    let cli = command_line::Cli::parse_from(arguments());
    run::configure(cli.quiet, cli.json);
    let result = match &cli.command {
        command_line::Command::Build(options) => run::build(options).map(|()| ExitCode::SUCCESS),
        command_line::Command::New(options) => run::new(options).map(told),
        command_line::Command::Migrate(options) => run::migrate(options).map(told),
        command_line::Command::Pack(options) => run::pack(options).map(told),
        command_line::Command::Watch(options) => run::watch(options).map(|()| ExitCode::SUCCESS),
        command_line::Command::Test(options) => run::test(options).map(ExitCode::from),
        command_line::Command::Torture(options) => run::torture(options).map(ExitCode::from),
        command_line::Command::Replay(options) => run::replay(options).map(ExitCode::from),
        command_line::Command::Check(options) => run::check(options).map(ExitCode::from),
        command_line::Command::Env(options) => run::env(options).map(|()| ExitCode::SUCCESS),
        command_line::Command::Doctor(options) => run::doctor(options).map(ExitCode::from),
        command_line::Command::Symbolicate(options) => {
            run::symbolicate(options).map(|()| ExitCode::SUCCESS)
        }
        command_line::Command::Inspect(options) => {
            run::inspect(options).map(|()| ExitCode::SUCCESS)
        }
        command_line::Command::Bindgen(options) => {
            run::bindgen(options).map(|()| ExitCode::SUCCESS)
        }
    };
    result.unwrap_or_else(|error| {
        if run::is_json() {
            run::print_json(&error.document());
        }
        eprintln!("error: {error}");
        ExitCode::from(error.exit_code())
    })
}

/// A command is done that tells by a document, too.
fn told(document: serde_json::Value) -> ExitCode {
    if run::is_json() && !document.is_null() {
        run::print_json(&document);
    }
    ExitCode::SUCCESS
}

/// The compiler and its arguments, where cargo calls this program as its rustc wrapper. Somebody who
/// has that in their shell can still call the commands.
fn wrapped() -> Option<Vec<OsString>> {
    std::env::var_os(invocation::VARIABLE)?;
    let arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    let first = arguments.first()?.to_str();
    let command = first.is_some_and(|word| {
        command_line::is_command(word) || word.starts_with('-') || is_module(word)
    });
    (!command).then_some(arguments)
}

/// Whether `word` is the first argument of wasm-bindgen's command.
fn is_module(word: &str) -> bool {
    std::path::Path::new(word)
        .extension()
        .is_some_and(|extension| extension == "wasm")
}

/// The arguments without the `recover` that cargo puts before them, so that
/// `cargo recover build` and `cargo-recover build` are the same call. Who calls us as wasm-bindgen names
/// no command.
fn arguments() -> Vec<OsString> {
    let mut arguments: Vec<OsString> = std::env::args_os().collect();
    if arguments.get(1).is_some_and(|first| first == "recover") {
        arguments.remove(1);
    }
    let first = arguments.get(1).and_then(|first| first.to_str());
    if first.is_some_and(is_module) {
        arguments.insert(1, "bindgen".into());
    }
    arguments
}
