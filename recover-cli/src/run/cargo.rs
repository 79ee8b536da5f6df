//! Runs cargo: one compilation at a time in a target directory, and with what it reports of it.

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Stdio;

use serde_json::Value;

use super::command::command;
use super::say::{is_json, is_quiet, say};
use crate::call::Call;
use crate::error::Error;

/// Waits until no other build of this target directory is between cargo and
/// reading what it made: all strategies give the wasm file the same name, and
/// cargo's own lock ends with cargo.
pub(super) fn lock(directory: &Path) -> Result<File, Error> {
    fs::create_dir_all(directory).map_err(Error::io("create", directory))?;
    let path = directory.join("lock");
    let file = File::create(&path).map_err(Error::io("create", &path))?;
    if file.try_lock().is_err() {
        say(
            "note",
            "waiting for another build in the same target directory",
        );
        file.lock().map_err(Error::io("lock", &path))?;
    }
    Ok(file)
}

/// Runs cargo with its own output passed through; `message` gets what it reports.
pub(super) fn compile(call: &Call, mut message: impl FnMut(&Value)) -> Result<(), Error> {
    say("run", &call.to_string());
    let mut command = command(call);
    if is_quiet() {
        command.env("CARGO_TERM_QUIET", "true");
    }
    let mut child = command
        .stdout(Stdio::piped())
        .spawn()
        .map_err(Error::io("start", &call.program))?;
    if let Some(stdout) = child.stdout.take() {
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            match serde_json::from_str::<Value>(&line) {
                Ok(value) => message(&value),
                // Not cargo's: a build script or a wrapper that talks.
                Err(_) if is_json() => eprintln!("{line}"),
                Err(_) => println!("{line}"),
            }
        }
    }
    let status = child.wait().map_err(Error::io("wait for", "cargo"))?;
    if !status.success() {
        let code = status.code().map_or("none".into(), |code| code.to_string());
        return Err(Error::Cargo(code));
    }
    Ok(())
}
