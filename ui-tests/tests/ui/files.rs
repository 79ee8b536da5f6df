//! The files of the tests, and that none is left over.

use std::fs;
use std::path::{Path, PathBuf};

/// The root of the repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The files under `folder` of the repository, at any depth, that end in `extension`.
pub(crate) fn under(folder: &str, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        let entries = fs::read_dir(&folder)
            .unwrap_or_else(|error| panic!("{} can't be listed: {error}", folder.display()));
        for entry in entries {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|is| is == extension) {
                found.push(path);
            }
        }
    }
    found.sort();
    assert!(!found.is_empty(), "no .{extension} under {folder}");
    found
}

/// The text of a file.
pub(crate) fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Every blessed text belongs to a case, and every case outside `rustc` has one.
#[test]
fn no_stderr_is_an_orphan() {
    for stderr in under("ui-tests", "stderr") {
        let case = stderr.with_extension("rs");
        assert!(case.exists(), "{} has no case", stderr.display());
    }
    for case in under("ui-tests/recoverable", "rs")
        .into_iter()
        .chain(under("ui-tests/derive", "rs"))
    {
        let of_rustc = ["rustc", "build", "component"];
        let in_rustc = case
            .parent()
            .is_some_and(|folder| of_rustc.iter().any(|name| folder.ends_with(name)));
        let blessed = case.with_extension("stderr").exists();
        assert_ne!(in_rustc, blessed, "{}", case.display());
    }
}

/// A case shows one fault and can be taken in at a glance.
#[test]
fn every_case_is_small() {
    for case in under("ui-tests/recoverable", "rs") {
        let lines = read(&case).lines().count();
        assert!(
            (6..=25).contains(&lines),
            "{} has {lines} lines",
            case.display()
        );
    }
}
