//! How the command speaks: lines of its own on standard error, results on standard output. What it
//! says is not decided here.

use std::io::{IsTerminal, Write};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::Value;

static QUIET: AtomicBool = AtomicBool::new(false);
static JSON: AtomicBool = AtomicBool::new(false);

/// Takes the options that are of every command.
pub(crate) fn configure(quiet: bool, json: bool) {
    QUIET.store(quiet, Ordering::Relaxed);
    JSON.store(json, Ordering::Relaxed);
}

/// Are only results and errors wanted?
pub(super) fn is_quiet() -> bool {
    QUIET.load(Ordering::Relaxed)
}

/// Are results to be JSON?
pub(crate) fn is_json() -> bool {
    JSON.load(Ordering::Relaxed)
}

/// Is somebody looking, who would like to see progress?
pub(super) fn is_watched() -> bool {
    !is_quiet() && std::io::stderr().is_terminal() && std::env::var_os("CI").is_none()
}

/// One line of our own, told apart from cargo's by its prefix.
pub(super) fn say(what: &str, line: &str) {
    if !is_quiet() {
        eprintln!("[recover] {what:<5} {line}");
    }
}

/// A line of what was asked for. Whoever has closed the other end needs no more of it.
pub(super) fn print(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// A document, or a line, of JSON.
pub(crate) fn print_json(value: &Value) {
    print(&value.to_string());
}

/// A path as the user would write it.
pub(super) fn shown(path: &Path) -> String {
    let here = std::env::current_dir().unwrap_or_default();
    let relative = path.strip_prefix(&here).unwrap_or(path);
    relative.display().to_string()
}
