//! How the command speaks beside cargo: a line of its own on standard error. What it says is
//! not decided here.

/// One line of our own, told apart from cargo's by its prefix.
pub(super) fn say(what: &str, line: &str) {
    eprintln!("[recover] {what:<5} {line}");
}
