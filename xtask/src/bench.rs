//! `cargo xtask bench`: sets up, compiles `cargo recover`, and leaves the rest to
//! benches/run.mjs, which knows what is measured and prints the ratios.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use crate::error::Error;
use crate::project::Project;
use crate::recover::Recover;
use crate::setup::{self, Piece};

/// The options of `bench`.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Write the results here, too
    #[arg(long, value_name = "PATH")]
    json: Option<PathBuf>,
}

/// Measures.
pub(crate) fn run(project: &Project, options: &Options) -> Result<ExitCode, Error> {
    let driver = project.root.join("benches").join("run.mjs");
    if !driver.is_file() {
        return Err(Error::Check(
            "benches/run.mjs is not written yet".to_owned(),
        ));
    }
    setup::ensure(project, &[Piece::Nightly, Piece::Stable, Piece::Node])?;
    let recover = Recover::compile(project)?;
    let mut command = project
        .cmd(project.node())
        .env("RECOVER_CLI", recover.program())
        .env("RECOVER_TARGET", project.target.join("bench"))
        .env("RECOVER_NIGHTLY", &project.pins.nightly)
        .env("RECOVER_STABLE", &project.pins.stable)
        .arg(driver);
    if let Some(path) = &options.json {
        // The driver runs in the root, the caller may stand elsewhere.
        let path = std::path::absolute(path).map_err(|error| Error::file(path, error))?;
        command = command.arg("--json").arg(path);
    }
    command.run()?;
    Ok(ExitCode::SUCCESS)
}
