//! Makes a captured call again: has Node load a package and run `js/replay.mjs`. How a capture is
//! read stands in the package, and what is compared in that script.

use std::fs;
use std::hash::{BuildHasher, RandomState};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process;

use clap::Parser;

use super::probe;
use super::progress::during;
use super::say::is_json;
use crate::command_line::{Cli, Command};
use crate::error::Error;
use crate::options::BuildOptions;
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
    let random = RandomState::new();
    let scratch = Scratch::fresh(&std::env::temp_dir(), |turn| random.hash_one(turn))?;
    in_node(options, &package, &scratch.0)
}

/// A directory of our own, for the script. It goes when it is dropped.
struct Scratch(PathBuf);

impl Scratch {
    /// Makes one below `parent`, which is everybody's: of what is there already, a link or a directory,
    /// somebody else could change the script. `number` gives one for each turn.
    fn fresh(parent: &Path, number: impl Fn(u32) -> u64) -> Result<Self, Error> {
        let mut builder = fs::DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        let mut turn = 0;
        loop {
            let path = parent.join(format!("recover-replay-{:016x}", number(turn)));
            match builder.create(&path) {
                Err(error) if error.kind() == ErrorKind::AlreadyExists && turn < 100 => turn += 1,
                Err(error) => return Err(Error::io("create", &path)(error)),
                Ok(()) => return Ok(Self(path)),
            }
        }
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What would be left there is a copy of the script.
        let _ = fs::remove_dir_all(&self.0);
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_script_is_in_a_directory_that_nobody_else_made_and_goes() {
        let outer = Scratch::fresh(&std::env::temp_dir(), |turn| {
            RandomState::new().hash_one(turn)
        });
        let outer = outer.unwrap();
        let taken = outer.0.join("recover-replay-0000000000000000");
        fs::create_dir(&taken).unwrap();
        #[cfg(unix)]
        std::os::unix::fs::symlink(&taken, outer.0.join("recover-replay-0000000000000001"))
            .unwrap();
        #[cfg(not(unix))]
        fs::create_dir(outer.0.join("recover-replay-0000000000000001")).unwrap();
        let scratch = Scratch::fresh(&outer.0, u64::from).unwrap();
        assert_eq!(scratch.0, outer.0.join("recover-replay-0000000000000002"));
        let mut inside = fs::read_dir(&taken).unwrap();
        assert!(inside.next().is_none());
        drop(scratch);
        assert!(!outer.0.join("recover-replay-0000000000000002").exists());
        // Where nothing can be made, that is an error, and no endless search.
        assert!(Scratch::fresh(&outer.0, |_| 0).is_err());
        assert!(Scratch::fresh(&outer.0.join("nowhere"), u64::from).is_err());
    }
}
