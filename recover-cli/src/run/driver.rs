//! Starts an engine by a script of `js/`, and hears what it says. What is run in it, and what its lines say,
//! `engine` and `torture` know.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::say::is_json;
use super::scripts::{SCRIPTS, TORTURE};
use crate::error::Error;
use crate::options::Engine;

/// Begins a line of the scripts', among those that tests write themselves.
const MARK: char = '\x1e';

/// What an engine needs at least to start and to compile a module, on a slow machine.
pub(super) const START: Duration = Duration::from_secs(120);

/// Writes the scripts to where engines load them.
pub(super) fn write_scripts(directory: &Path) -> Result<(), Error> {
    let folder = directory.join("torture");
    fs::create_dir_all(&folder).map_err(Error::io("create", &folder))?;
    for (name, text) in SCRIPTS.iter().chain(TORTURE) {
        let path = directory.join(name);
        fs::write(&path, text).map_err(Error::io("write", &path))?;
    }
    // Whatever the package.json of the user's crate says of files named `.js`.
    let path = directory.join("package.json");
    fs::write(&path, "{\"type\":\"module\"}").map_err(Error::io("write", &path))
}

/// An engine that runs; it ends with this.
pub(super) struct Driver {
    child: Child,
    lines: Receiver<String>,
}

impl Driver {
    /// Starts an engine, which runs what `order` says, by a Node with these flags. The scripts are
    /// in `scratch`.
    pub(super) fn start(
        engine: Engine,
        scratch: &Path,
        crate_directory: &Path,
        flags: &[&str],
        order: &Value,
    ) -> Result<Self, Error> {
        let path = scratch.join("order.json");
        fs::write(&path, order.to_string()).map_err(Error::io("write", &path))?;
        let script = scratch.join(engine.name()).with_extension("mjs");
        let mut child = Command::new("node")
            .args(flags)
            .arg(script)
            .arg(path)
            .current_dir(crate_directory)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|_| Error::NoNode)?;
        let (sender, lines) = mpsc::channel();
        if let Some(stdout) = child.stdout.take() {
            thread::spawn(move || {
                for line in BufReader::new(stdout).split(b'\n').map_while(Result::ok) {
                    let line = String::from_utf8_lossy(&line).into_owned();
                    if sender.send(line).is_err() {
                        return;
                    }
                }
            });
        }
        Ok(Self { child, lines })
    }

    /// The next line of the scripts'; what tests write is passed on.
    pub(super) fn next<L: DeserializeOwned>(&self, waits: Duration) -> Result<L, RecvTimeoutError> {
        let until = Instant::now() + waits;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            let line = self.lines.recv_timeout(left)?;
            let (theirs, ours) = match line.split_once(MARK) {
                Some((theirs, ours)) => (theirs, Some(ours)),
                None => (&*line, None),
            };
            if ours.is_none() || !theirs.is_empty() {
                match is_json() {
                    true => eprintln!("{theirs}"),
                    false => println!("{theirs}"),
                }
            }
            if let Some(line) = ours.and_then(|ours| serde_json::from_str(ours).ok()) {
                return Ok(line);
            }
        }
    }

    /// How it ended.
    pub(super) fn ending(&mut self) -> String {
        match self.child.wait() {
            Ok(status) => format!("the engine ended ({status})"),
            Err(error) => format!("the engine ended ({error})"),
        }
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
