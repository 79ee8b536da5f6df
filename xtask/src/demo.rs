//! `cargo xtask demo`: the gauntlet, built and run from nothing.

use std::process::ExitCode;

use crate::error::Error;
use crate::process::Cmd;
use crate::project::Project;
use crate::recover::{Build, Recover};
use crate::setup::{self, Piece};

/// What the demo needs.
pub(crate) const NEEDS: [Piece; 3] = [Piece::Nightly, Piece::Stable, Piece::Node];

/// Sets up, builds and runs; the exit code is the driver's.
pub(crate) fn run(project: &Project) -> Result<ExitCode, Error> {
    setup::ensure(project, &NEEDS)?;
    let code = build(project)?.status()?;
    Ok(match code {
        Some(0) => ExitCode::SUCCESS,
        Some(code) => u8::try_from(code).map_or(ExitCode::FAILURE, ExitCode::from),
        None => ExitCode::FAILURE,
    })
}

/// Builds both packages and returns the command that feeds them.
pub(crate) fn build(project: &Project) -> Result<Cmd, Error> {
    let recover = Recover::compile(project)?;
    let gauntlet = project.root.join("examples").join("gauntlet");
    let out = project.target.join("gauntlet");
    let (ours, plain) = (out.join("ours"), out.join("plain"));
    recover
        .build(&gauntlet.join("ours"), Build::Exnref, &ours)
        .run()?;
    // Legacy, so that the glue has no trap handler: that is what wasm-bindgen
    // writes for a stable build, and what this column is about.
    recover
        .build(&gauntlet.join("plain"), Build::Abort, &plain)
        .args(["--eh", "legacy"])
        .run()?;
    let driver = project.cmd(project.node()).arg(gauntlet.join("run.mjs"));
    Ok(driver.arg("--ours").arg(ours).arg("--plain").arg(plain))
}
