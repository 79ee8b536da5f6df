//! Makes lines of Rust of a report that the page sends: by `cargo recover symbolicate`, and by the sources of this
//! checkout. What a report holds is not known here; it comes from outside, and only the command reads it.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

/// What a report is read with.
#[derive(Debug, Clone)]
pub(crate) struct Symbols {
    /// `cargo recover`.
    pub(crate) program: PathBuf,
    /// The debug file of the package.
    pub(crate) debug: PathBuf,
    /// Where the sources are.
    pub(crate) root: PathBuf,
}

impl Symbols {
    /// The calls of a report, the innermost first, each with its line of the source where that is ours; `None` if
    /// it can't be read.
    pub(super) fn of(&self, report: &[u8]) -> Option<Vec<u8>> {
        let mut command = Command::new(&self.program)
            .args(["recover", "symbolicate", "-", "--format", "json", "--debug"])
            .arg(&self.debug)
            .current_dir(&self.root)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .ok()?;
        command.stdin.take()?.write_all(report).ok()?;
        let output = command.wait_with_output().ok()?;
        let answer: Value = serde_json::from_slice(&output.stdout).ok()?;
        let frames = answer["frames"].as_array()?.iter();
        let calls = frames.flat_map(|frame| frame["calls"].as_array().into_iter().flatten());
        let calls: Vec<_> = calls.map(|call| self.with_source(call)).collect();
        Some(json!({ "calls": calls }).to_string().into_bytes())
    }

    fn with_source(&self, call: &Value) -> Value {
        let mut call = call.clone();
        let line = call["line"].as_u64().unwrap_or_default();
        let text = call["file"]
            .as_str()
            .and_then(|file| source(&self.root, file, line));
        if let Some(text) = text {
            call["source"] = text.into();
        }
        call
    }
}

/// A line of a Rust file below `root`; none of any other file.
fn source(root: &Path, file: &str, line: u64) -> Option<String> {
    let path = root.join(file).canonicalize().ok()?;
    let ours = path.starts_with(root.canonicalize().ok()?);
    if !ours || path.extension()? != "rs" {
        return None;
    }
    let text = fs::read_to_string(path).ok()?;
    let index = usize::try_from(line.checked_sub(1)?).ok()?;
    text.lines().nth(index).map(|line| line.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_rust_files_below_the_root_are_shown() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let first = source(root, "src/lab/symbols.rs", 1).unwrap();
        assert!(first.starts_with("//! Makes lines of Rust"), "{first}");
        for (file, line) in [
            ("src/lab/symbols.rs", 0),
            ("src/lab/symbols.rs", 100_000),
            ("Cargo.toml", 1),
            ("../recover-cli/src/main.rs", 1),
            ("/etc/passwd", 1),
            ("src", 1),
        ] {
            assert_eq!(source(root, file, line), None, "{file}");
        }
    }

    #[test]
    fn what_is_no_report_has_no_lines() {
        let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
        let symbols = Symbols {
            program: root.join("no such program"),
            debug: root.join("no.debug.wasm"),
            root,
        };
        assert_eq!(symbols.of(b"{}"), None);
    }
}
