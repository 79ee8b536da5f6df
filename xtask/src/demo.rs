//! `cargo xtask demo`: the counter and then the gauntlet, built and run from nothing.

use std::process::ExitCode;

use crate::error::Error;
use crate::process::Cmd;
use crate::project::Project;
use crate::recover::{Build, Recover};
use crate::setup::{self, Piece};

/// What the demo needs.
pub(crate) const NEEDS: [Piece; 3] = [Piece::Nightly, Piece::Stable, Piece::Node];

/// Sets up, builds and runs; the exit code is that of the driver that failed.
pub(crate) fn run(project: &Project) -> Result<ExitCode, Error> {
    setup::ensure(project, &NEEDS)?;
    counter(project)?;
    let code = build(project)?.status()?;
    Ok(match code {
        Some(0) => ExitCode::SUCCESS,
        Some(code) => u8::try_from(code).map_or(ExitCode::FAILURE, ExitCode::from),
        None => ExitCode::FAILURE,
    })
}

/// Builds the counter, one package a strategy, and has each fail in every way.
pub(crate) fn counter(project: &Project) -> Result<(), Error> {
    let recover = Recover::compile(project)?;
    let counter = project.root.join("examples").join("counter");
    for build in [Build::Exnref, Build::Abort] {
        let out = project.target.join("counter").join(build.name());
        // Little of it, since the counter fills it.
        recover
            .build(&counter, build, &out)
            .args(["--max-memory", "64MiB"])
            .run()?;
        let driver = project.cmd(project.node()).arg(counter.join("run.mjs"));
        driver.arg("--package").arg(out).run()?;
    }
    Ok(())
}

/// Builds both packages of the gauntlet and returns the command that feeds them.
pub(crate) fn build(project: &Project) -> Result<Cmd, Error> {
    let recover = Recover::compile(project)?;
    let gauntlet = project.root.join("examples").join("gauntlet");
    let out = project.target.join("gauntlet");
    let (ours, plain) = (out.join("ours"), out.join("plain"));
    recover
        .build(&gauntlet.join("ours"), Build::Exnref, &ours)
        .run()?;
    recover
        .build(&gauntlet.join("plain"), Build::Abort, &plain)
        .run()?;
    let driver = project.cmd(project.node()).arg(gauntlet.join("run.mjs"));
    Ok(driver.arg("--ours").arg(ours).arg("--plain").arg(plain))
}
