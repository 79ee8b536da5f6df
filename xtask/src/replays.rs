//! `cargo xtask replays`: what fails in the gauntlet and in the load test, captured, and made again in
//! Node from the files alone. What counts as the same failure stands in recover-cli/js/replay.mjs.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::error::Error;
use crate::process::Cmd;
use crate::project::Project;
use crate::recover::{Build, Recover};
use crate::room::{self, Twin};
use crate::setup;

/// The feature by which a package captures.
const CAPTURING: [&str; 2] = ["--features", "recover-runtime/capture"];

/// Builds both with captures and has them fail; the exit code says whether all that can be made again
/// failed the same.
pub(crate) fn run(project: &Project) -> Result<ExitCode, Error> {
    setup::ensure(project, &room::NEEDS)?;
    let recover = Recover::compile(project)?;
    let mut same = true;
    for (package, captures) in [gauntlet(project, &recover)?, load(project, &recover)?] {
        same &= again(project, &package, &captures).status()? == Some(0);
    }
    Ok(match same {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    })
}

/// Makes the captured calls of a directory again, in Node; its last line says how many failed the same.
pub(crate) fn again(project: &Project, package: &Path, captures: &Path) -> Cmd {
    let script = project.root.join("examples").join("replays.mjs");
    let node = project.cmd(project.node()).arg(script);
    node.arg("--package")
        .arg(package)
        .arg("--captures")
        .arg(captures)
}

/// A directory without the captures of another run.
fn emptied(project: &Project, name: &str) -> Result<PathBuf, Error> {
    let captures = project.target.join("replays").join(name).join("captures");
    if captures.is_dir() {
        std::fs::remove_dir_all(&captures).map_err(|error| Error::file(&captures, error))?;
    }
    Ok(captures)
}

/// The package, and its captures.
fn gauntlet(project: &Project, recover: &Recover) -> Result<(PathBuf, PathBuf), Error> {
    let gauntlet = project.root.join("examples").join("gauntlet");
    let package = project.target.join("replays").join("gauntlet").join("pkg");
    let captures = emptied(project, "gauntlet")?;
    let build = recover.build(&gauntlet.join("ours"), Build::Exnref, &package);
    build.args(CAPTURING).run()?;
    let driver = project
        .cmd(project.node())
        .arg(gauntlet.join("captures.mjs"));
    let driver = driver.arg("--ours").arg(&package);
    driver.arg("--captures").arg(&captures).run()?;
    Ok((package, captures))
}

/// The same of the room under load, in workerd, of which more fails than usual.
fn load(project: &Project, recover: &Recover) -> Result<(PathBuf, PathBuf), Error> {
    let package = project.target.join("replays").join("room").join("pkg");
    let captures = emptied(project, "room")?;
    room::package(project, recover, Twin::Room, Build::Exnref, &package)
        .args(CAPTURING)
        .run()?;
    let driver = room::script(project, "load/load.mjs").arg("--room");
    let driver = driver.arg(&package).arg("--captures").arg(&captures);
    // It is the captures that count here, not the time: the driver's bar is not asked.
    driver
        .args(["--operations", "2000", "--failing", "10%", "--rounds", "2"])
        .run()?;
    Ok((package, captures))
}

/// How many failed the same, by the last line of [`again`].
pub(crate) fn count(output: &str) -> usize {
    let last = output.lines().next_back().unwrap_or_default();
    let told = last.split(", ").nth(1).unwrap_or_default();
    let number = told.split(' ').next().unwrap_or_default();
    number.parse().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_line_says_how_many_failed_the_same() {
        let line = "replays: 16 failures, 15 of 16 replayed (PanicError 3 of 4)";
        assert_eq!(count(&format!("  1: a reason\n{line}\n")), 15);
        assert_eq!(count("error: something else"), 0);
        assert_eq!(count(""), 0);
    }
}
