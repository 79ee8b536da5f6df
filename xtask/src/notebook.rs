//! The notebook example: its packages, `cargo xtask notebook`, and its tests. What it does is in examples/notebook.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;

use crate::error::Error;
use crate::process::Cmd;
use crate::project::Project;
use crate::recover::{Build, Recover};
use crate::setup::{self, Piece};

/// The folder of the example.
pub(crate) const FOLDER: &str = "examples/notebook";

/// The options of `notebook`.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The port to serve on; 0 takes any that is free
    #[arg(long, default_value_t = 8789)]
    port: u16,

    /// The notebook as its first version was
    #[arg(long)]
    first: bool,
}

/// Which version of the program.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Version {
    /// The first.
    First,
    /// The present one.
    Second,
}

/// Builds and serves.
pub(crate) fn run(project: &Project, options: &Options) -> Result<ExitCode, Error> {
    setup::ensure(project, &[Piece::Nightly, Piece::Stable, Piece::Node])?;
    let version = match options.first {
        true => Version::First,
        false => Version::Second,
    };
    let package = build(project, &Recover::compile(project)?, version)?;
    let serve = project
        .cmd(project.node())
        .arg(Path::new(FOLDER).join("serve.mjs"))
        .arg("--package")
        .arg(package);
    serve.args(["--port", &options.port.to_string()]).run()?;
    Ok(ExitCode::SUCCESS)
}

/// Builds a version.
pub(crate) fn build(
    project: &Project,
    recover: &Recover<'_>,
    version: Version,
) -> Result<PathBuf, Error> {
    let (name, features): (_, &[&str]) = match version {
        Version::First => ("first", &["--features", "first"]),
        Version::Second => ("second", &[]),
    };
    let out = project.target.join("notebook").join(name);
    let build = recover.build(&project.root.join(FOLDER), Build::Exnref, &out);
    build
        .args(["--dev", "--no-debug-info"])
        .args(features)
        .run()?;
    Ok(out)
}

/// Node that finds both versions, for the tests.
pub(crate) fn tested(project: &Project, recover: &Recover<'_>, node: Cmd) -> Result<Cmd, Error> {
    let (first, second) = (Version::First, Version::Second);
    let node = node.env("RECOVER_NOTEBOOK_FIRST", build(project, recover, first)?);
    Ok(node.env("RECOVER_NOTEBOOK", build(project, recover, second)?))
}
