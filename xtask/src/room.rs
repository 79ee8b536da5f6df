//! The Durable Object example: its packages, `cargo xtask load`, and what the tests run
//! of both. What is measured and judged stands in examples/durable-object/load.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;

use crate::engines::Engine;
use crate::error::Error;
use crate::process::Cmd;
use crate::project::Project;
use crate::recover::{Build, Recover};
use crate::setup::{self, Piece};

/// What the packages and the room need.
pub(crate) const NEEDS: [Piece; 4] = [
    Piece::Nightly,
    Piece::Stable,
    Piece::Node,
    Piece::Engine(Engine::Workerd),
];

/// The options of `load`.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// WebSockets that are open at once
    #[arg(long, value_name = "N", default_value_t = 100)]
    connections: u32,

    /// Operations of each run
    #[arg(long, value_name = "N", default_value_t = 5_000)]
    operations: u32,

    /// Share of them that fail, in all four ways
    #[arg(long, value_name = "SHARE", default_value = "1%")]
    failing: String,

    /// Rooms that the connections are led to
    #[arg(long, value_name = "N", default_value_t = 4)]
    rooms: u32,

    /// UTF-16 units that a document begins with
    #[arg(long, value_name = "N", default_value_t = 4_096)]
    length: u32,

    /// Turns that the servers are loaded by
    #[arg(long, value_name = "N", default_value_t = 5)]
    rounds: u32,

    /// Servers of recover with failures, and as many without
    #[arg(long, value_name = "N", default_value_t = 1)]
    pairs: u32,

    /// What the stream of operations depends on
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u32,
}

/// Which of the twins.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Twin {
    /// That of `#[recoverable]`.
    Room,
    /// That of plain wasm-bindgen.
    Plain,
}

impl Twin {
    fn name(self) -> &'static str {
        match self {
            Self::Room => "room",
            Self::Plain => "plain",
        }
    }
}

/// The directory of the example.
pub(crate) fn directory(project: &Project) -> PathBuf {
    project.root.join("examples").join("durable-object")
}

/// Builds a package, in the profile and with the limit that the README gives.
pub(crate) fn build(project: &Project, recover: &Recover, twin: Twin) -> Result<PathBuf, Error> {
    let out = project.target.join("room").join(twin.name());
    package(project, recover, twin, Build::Exnref, &out).run()?;
    Ok(out)
}

/// The command that does so, of a kind of build and into a directory.
pub(crate) fn package(
    project: &Project,
    recover: &Recover,
    twin: Twin,
    build: Build,
    out: &Path,
) -> Cmd {
    recover
        .build(&directory(project).join(twin.name()), build, out)
        .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "3")
        .env("CARGO_PROFILE_RELEASE_LTO", "thin")
        .args(["--profile", "release", "--max-memory", "64MiB"])
}

/// A script of the example in Node, which finds miniflare.
pub(crate) fn script(project: &Project, script: &str) -> Cmd {
    node(project).arg(directory(project).join(script))
}

/// Node that finds miniflare.
pub(crate) fn node(project: &Project) -> Cmd {
    let miniflare = Engine::Workerd.program(project);
    let modules = miniflare.parent().unwrap_or(&miniflare);
    project
        .cmd(project.node())
        .env("RECOVER_MINIFLARE", modules)
}

/// Builds both twins and loads them; the exit code is the driver's.
pub(crate) fn load(project: &Project, options: &Options) -> Result<ExitCode, Error> {
    setup::ensure(project, &NEEDS)?;
    let recover = Recover::compile(project)?;
    let room = build(project, &recover, Twin::Room)?;
    let plain = build(project, &recover, Twin::Plain)?;
    let figures = [
        ("--connections", options.connections.to_string()),
        ("--operations", options.operations.to_string()),
        ("--failing", options.failing.clone()),
        ("--rooms", options.rooms.to_string()),
        ("--length", options.length.to_string()),
        ("--rounds", options.rounds.to_string()),
        ("--pairs", options.pairs.to_string()),
        ("--seed", options.seed.to_string()),
    ];
    let mut command = script(project, "load/load.mjs")
        .arg("--room")
        .arg(room)
        .arg("--plain")
        .arg(plain);
    for (name, value) in figures {
        command = command.arg(name).arg(value);
    }
    let code = command.status()?.and_then(|code| u8::try_from(code).ok());
    Ok(code.map_or(ExitCode::FAILURE, ExitCode::from))
}
