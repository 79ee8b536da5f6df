//! Runs cargo's, Node's or Python's tests, counts them, and shows what failed. Which tests a
//! stage runs is not decided here.

use std::path::Path;

use crate::error::Error;
use crate::process::{Cmd, say};
use crate::project::Project;
use crate::test::counts::{self, Counts};

/// How much of a failed run's output is shown.
const TAIL: usize = 300;

/// Runs a `cargo test` and counts its tests.
pub(crate) fn cargo_tests(command: &Cmd) -> Result<Counts, Error> {
    let output = command.follow(|line| {
        line.starts_with("test result:") || (line.starts_with("test ") && line.ends_with("FAILED"))
    })?;
    let counts = counts::of_cargo(&output.stdout).checked(output.success);
    if counts.failed > 0 {
        let lines = output.stdout.lines();
        show_end(
            command,
            lines.filter(|line| !line.ends_with("... ok")).collect(),
        );
    }
    Ok(counts)
}

/// Runs a `node --test` over `files` and counts its tests.
pub(crate) fn node_tests(command: Cmd, files: &[String]) -> Result<Counts, Error> {
    node_tests_but(command, files, &[])
}

/// The same, where the tests that `but` names must fail: each of them that does not is a
/// failure, and no other is one for its sake.
pub(crate) fn node_tests_but(
    command: Cmd,
    files: &[String],
    but: &[&str],
) -> Result<Counts, Error> {
    // A test that waits for ever must not keep the others from being counted.
    let command = command
        .args(["--test", "--test-timeout=900000", "--test-concurrency=2"])
        .args(["--test-reporter=tap", "--test-reporter-destination=stdout"])
        .args(files);
    let output = command.follow(|line| {
        line.starts_with("not ok")
            && counts::test_of_tap(line).is_none_or(|(name, _)| !but.contains(&name))
    })?;
    let (failed, wrong) = counts::should_fail(&output.stdout, but);
    let mut counts = counts::of_tap(&output.stdout);
    counts.failed = counts.failed.saturating_sub(failed.len() as u64);
    // Node's exit code is bad because of those.
    counts = counts.checked(output.success || !failed.is_empty());
    if counts.failed > 0 {
        show_end(&command, counts::failures_of_tap(&output.stdout, but));
    }
    for text in &wrong {
        say("failed", &format!("{text}, but its row says that it fails"));
    }
    counts.failed += wrong.len() as u64;
    let mut text = format!("{} passed, {} failed", counts.passed, counts.failed);
    if !but.is_empty() {
        text.push_str(&format!(", {} failed as they should", failed.len()));
    }
    say("node", &text);
    Ok(counts)
}

/// Has unittest say on standard output what it would say on standard error.
pub(crate) const UNITTEST: &str = "import sys, unittest; unittest.main(module=None, argv=['unittest', *sys.argv[1:]], \
    testRunner=unittest.TextTestRunner(stream=sys.stdout, verbosity=2))";

/// Runs the `test_*.py` of a folder by unittest and counts its tests.
pub(crate) fn python_tests(python: Cmd, directory: &Path) -> Result<Counts, Error> {
    let python = python.args(["-c", UNITTEST, "discover", "--start-directory"]);
    let command = python.arg(directory);
    let output =
        command.follow(|line| line.ends_with("... FAIL") || line.ends_with("... ERROR"))?;
    let counts = counts::of_unittest(&output.stdout).checked(output.success);
    if counts.failed > 0 {
        let lines = output.stdout.lines();
        show_end(
            &command,
            lines.filter(|line| !line.ends_with("... ok")).collect(),
        );
    }
    say(
        "python",
        &format!("{} passed, {} failed", counts.passed, counts.failed),
    );
    Ok(counts)
}

/// Prints the last of `lines`, which are what a failed run said.
fn show_end(command: &Cmd, lines: Vec<&str>) {
    let from = lines.len().saturating_sub(TAIL);
    say("failed", &command.line());
    for line in &lines[from..] {
        println!("{line}");
    }
}

/// The `*.test.mjs` of a directory below the root, in order.
pub(crate) fn test_files(project: &Project, directory: &Path) -> Result<Vec<String>, Error> {
    let path = project.root.join(directory);
    let entries = std::fs::read_dir(&path).map_err(|error| Error::file(&path, error))?;
    let names = entries
        .flatten()
        .filter_map(|entry| entry.file_name().into_string().ok());
    let mut files: Vec<_> = names
        .filter(|name| name.ends_with(".test.mjs"))
        .map(|name| directory.join(name).display().to_string())
        .collect();
    files.sort();
    Ok(files)
}
