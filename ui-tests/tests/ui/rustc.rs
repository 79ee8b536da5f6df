//! Rejections that rustc raises from a bound of ours. The case says on the line
//! what is to be raised there: `//~ ERROR text`, and `//~ NOTE text` for what
//! helps. Nothing else may be raised, and each once, with at most three remarks. Where rustc repeats
//! an error, for each call of wasm-bindgen's or each use of a type, the case says `//~ ERRORS text`.

use crate::checks::{cargo, scratch};
use crate::files::{read, root, under};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::PathBuf;

/// What is to be raised on a line.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// One error.
    Error,
    /// One, or the like of it more than once.
    Errors,
    /// A remark of an error.
    Note,
}

/// What a case says about a line.
pub(crate) struct Annotation {
    line: u64,
    kind: Kind,
    pub(crate) text: String,
}

/// The annotations of a case.
pub(crate) fn annotations(case: &str) -> Vec<Annotation> {
    let mut annotations = Vec::new();
    for (line, number) in case.lines().zip(1..) {
        for text in line.split("//~ ").skip(1).map(str::trim_end) {
            let (word, text) = text.split_once(' ').expect("a word and a text");
            let kind = match word {
                "ERROR" => Kind::Error,
                "ERRORS" => Kind::Errors,
                "NOTE" => Kind::Note,
                _ => panic!("`//~ ERROR`, `//~ ERRORS` or `//~ NOTE`, and not {word}"),
            };
            annotations.push(Annotation {
                line: number,
                kind,
                text: text.to_owned(),
            });
        }
    }
    annotations
}

/// The cases of `rustc/`.
fn checked() -> Vec<PathBuf> {
    let mut cases = under("ui-tests/recoverable/rustc", "rs");
    cases.extend(under("ui-tests/derive/rustc", "rs"));
    cases
}

/// The cases of `build/`.
fn built() -> Vec<PathBuf> {
    under("ui-tests/recoverable/build", "rs")
}

/// The cases of `component/`: natively the feature takes nothing of JavaScript away.
fn of_components() -> Vec<PathBuf> {
    let mut cases = under("ui-tests/recoverable/component", "rs");
    cases.extend(under("ui-tests/derive/component", "rs"));
    cases
}

/// All of them.
pub(crate) fn cases() -> Vec<PathBuf> {
    [checked(), built(), of_components()].concat()
}

/// An error of rustc.
struct Raised {
    line: u64,
    text: String,
    notes: String,
    /// How many there are.
    remarks: usize,
}

/// How many remarks an error of ours may have.
const REMARKS: usize = 3;

#[test]
fn bounds_explain_themselves() {
    compare_all(&checked(), "cases", "persist", &["check"]);
}

/// Those of components, which are checked without wit-bindgen: a case has the traits that it would make.
#[test]
fn bounds_of_components_explain_themselves() {
    let features = "persist\", \"component";
    compare_all(&of_components(), "component-cases", features, &["check"]);
}

/// A constant of ours that nothing but a call of wasm-bindgen's evaluates: `check` does not see it, and no
/// such call is compiled for the host.
#[test]
fn builds_explain_themselves() {
    let arguments = ["build", "--target", "wasm32-unknown-unknown"];
    compare_all(&built(), "built-cases", "persist", &arguments);
}

fn compare_all(cases: &[PathBuf], package: &str, features: &str, arguments: &[&str]) {
    let raised = raised(cases, package, features, arguments);
    let mut faults = String::new();
    for (case, name) in cases.iter().zip(names(cases)) {
        compare(&name, &read(case), raised.get(&name), &mut faults);
    }
    assert!(faults.is_empty(), "{faults}");
}

fn compare(name: &str, case: &str, raised: Option<&Vec<Raised>>, faults: &mut String) {
    let annotations = annotations(case);
    assert!(!annotations.is_empty(), "{name} says nothing");
    let raised = raised.map_or(&[][..], Vec::as_slice);
    for Annotation { line, text, kind } in &annotations {
        let shown = raised.iter().filter(|raised| {
            raised.line == *line
                && match kind {
                    Kind::Note => raised.notes.contains(text),
                    _ => raised.text.contains(text),
                }
        });
        match shown.count() {
            0 => {
                let _ = writeln!(faults, "{name}:{line}: not raised: {text}");
            }
            2.. if *kind == Kind::Error => {
                let _ = writeln!(faults, "{name}:{line}: raised more than once: {text}");
            }
            _ => {}
        }
    }
    for raised in raised {
        let Raised {
            line, text, notes, ..
        } = raised;
        let expected = annotations.iter().find(|annotation| {
            let is_error = annotation.kind != Kind::Note;
            is_error && annotation.line == *line && text.contains(&annotation.text)
        });
        match expected.map(|annotation| annotation.kind) {
            None => {
                let _ = writeln!(faults, "{name}:{line}: raised as well: {text}\n{notes}");
            }
            Some(Kind::Error) if raised.remarks > REMARKS => {
                let _ = writeln!(faults, "{name}:{line}: too many remarks: {text}\n{notes}");
            }
            _ => {}
        }
    }
}

fn names(cases: &[PathBuf]) -> Vec<String> {
    let name = |case: &PathBuf| {
        let parts: Vec<_> = case.iter().rev().take(3).collect();
        format!("{}-{}", parts[2].display(), parts[0].display()).replace(".rs", "")
    };
    cases.iter().map(name).collect()
}

/// The errors of each case, all checked in one package of its own.
fn raised(
    cases: &[PathBuf],
    package: &str,
    features: &str,
    arguments: &[&str],
) -> BTreeMap<String, Vec<Raised>> {
    let root = root().canonicalize().expect("the repository");
    let mut manifest = format!(
        "[package]\nname = {package:?}\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[workspace]\n\n\
         [dependencies]\nserde = {{ version = \"1\", features = [\"derive\"] }}\nwasm-bindgen = \"0.2\"\nwasm-bindgen-futures = \"0.4\"\n\
         recover-runtime = {{ path = {:?}, features = [\"{features}\"] }}\n",
        root.join("recover-runtime")
    );
    for (case, name) in cases.iter().zip(names(cases)) {
        let path = case.canonicalize().expect("a case");
        let _ = write!(manifest, "\n[[bin]]\nname = {name:?}\npath = {path:?}\n");
    }
    let package = scratch(package);
    fs::write(package.join("Cargo.toml"), manifest).expect("the manifest is written");
    fs::copy(root.join("Cargo.lock"), package.join("Cargo.lock")).expect("the lock is copied");
    let out = cargo(&package)
        .args(arguments)
        .args(["--offline", "--keep-going", "--message-format=json"])
        .output()
        .expect("cargo runs");
    let mut raised = BTreeMap::<String, Vec<Raised>>::new();
    let messages = String::from_utf8_lossy(&out.stdout);
    assert!(
        !messages.is_empty(),
        "{}",
        String::from_utf8_lossy(&out.stderr)
    );
    for line in messages.lines() {
        let line: Value = serde_json::from_str(line).expect("cargo's JSON");
        let message = &line["message"];
        if line["reason"] == "compiler-message" && message["level"] == "error" {
            let case = line["target"]["name"].as_str().expect("a name");
            let path = line["target"]["src_path"].as_str().expect("a path");
            if let Some(line) = line_in(path, message) {
                raised.entry(case.to_owned()).or_default().push(Raised {
                    line,
                    text: message["message"].to_string().replace("\\\"", "\""),
                    notes: message["rendered"].as_str().expect("a text").to_owned(),
                    remarks: remarks(message),
                });
            }
        }
    }
    raised
}

/// How many remarks a message has, but for where a bound stands.
fn remarks(message: &Value) -> usize {
    let remarks = message["children"].as_array().into_iter().flatten();
    let ours = remarks.filter(|remark| {
        let text = remark["message"].as_str().unwrap_or_default();
        !text.starts_with("required by a bound")
            && !text.starts_with("required for")
            && !text.contains("is conditionally implemented for")
    });
    ours.count()
}

/// The line of the case that a message underlines, itself or by what it expanded to.
fn line_in(path: &str, message: &Value) -> Option<u64> {
    let mut span = message["spans"]
        .as_array()?
        .iter()
        .find(|span| span["is_primary"] == true)?;
    while !path.ends_with(span["file_name"].as_str()?) {
        span = span["expansion"].get("span")?;
    }
    span["line_start"].as_u64()
}
