//! Makes a captured call again: has Node load a package and run `js/replay.mjs`. How a capture is
//! read stands in the package, and what is compared in that script.

use std::fs;
use std::path::{Path, PathBuf};
use std::process;

use clap::Parser;

use super::probe;
use super::progress::during;
use super::say::is_json;
use crate::error::Error;
use crate::options::{BuildOptions, Cli, Command};
use crate::pins::pins;
use crate::replay::{ReplayOptions, TestKind};

const SCRIPT: &str = include_str!("../../js/replay.mjs");

/// The feature of recover-runtime by which a package can make a captured call.
const FEATURE: &str = "recover-runtime/capture";

/// Runs it, with a package or with what `build` makes; the answer is the exit code.
pub(crate) fn replay(
    options: &ReplayOptions,
    build: impl FnOnce(&BuildOptions) -> Result<(), Error>,
) -> Result<u8, Error> {
    // Nothing is built for a file that is not there.
    if !options.file.is_file() {
        return Err(Error::NoCapture(options.file.clone()));
    }
    let package = match &options.package {
        Some(package) => package.clone(),
        None => built(options, build)?,
    };
    let scratch = std::env::temp_dir().join(format!("recover-replay-{}", std::process::id()));
    fs::create_dir_all(&scratch).map_err(Error::io("create", &scratch))?;
    let code = in_node(options, &package, &scratch);
    // What is left there is a copy of the script.
    let _ = fs::remove_dir_all(&scratch);
    code
}

/// Builds the crate, beside what it is built into by others.
fn built(
    options: &ReplayOptions,
    build: impl FnOnce(&BuildOptions) -> Result<(), Error>,
) -> Result<PathBuf, Error> {
    let words = ["cargo recover", "build"].map(str::to_owned);
    // A mistake in them ends the program, as one in our own does.
    let Command::Build(mut of) = Cli::parse_from(words.iter().chain(&options.build)).command else {
        unreachable!("the arguments say build")
    };
    of.features.named.push(FEATURE.to_owned());
    let facts = during("reading the crate", || probe::facts(&of, pins()))?;
    let out = facts.metadata.target_directory.join("recover-replay");
    of.out_dir = Some(out.clone());
    build(&of)?;
    Ok(out)
}

fn in_node(options: &ReplayOptions, package: &Path, scratch: &Path) -> Result<u8, Error> {
    let script = scratch.join("replay.mjs");
    fs::write(&script, SCRIPT).map_err(Error::io("write", &script))?;
    let mut node = process::Command::new("node");
    if options.inspect {
        node.arg("--inspect-brk");
    }
    // A path may begin with a dash.
    let named = |name: &str, path: &Path| {
        let mut argument = std::ffi::OsString::from(format!("--{name}="));
        argument.push(path);
        argument
    };
    node.arg(script)
        .arg(named("file", &options.file))
        .arg(named("package", package));
    if options.inspect {
        node.arg("--inspect");
    }
    if is_json() {
        node.arg("--json");
    }
    match options.test {
        Some(TestKind::Rust) => node.arg("--test=rust"),
        Some(TestKind::Node) => node.arg("--test=node"),
        None => &mut node,
    };
    let status = node.status().map_err(|_| Error::NoNode)?;
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    Ok(code.unwrap_or(1))
}
