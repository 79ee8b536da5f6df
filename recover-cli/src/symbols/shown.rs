//! Writes what was found: for people, as JSON, or as an annotation of GitHub's.

use std::fmt::Write as _;
use std::rc::Rc;

use clap::ValueEnum;
use serde_json::{Value, json};

use super::stack::{Function, Wasm};

/// How it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Form {
    /// The stack, with names and lines
    Text,
    /// A line of JSON for each failure
    Json,
    /// An annotation of GitHub's for each failure
    Github,
}

/// A call of Rust's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Call {
    pub(super) function: String,
    pub(super) file: Option<String>,
    pub(super) line: Option<u32>,
    pub(super) column: Option<u32>,
    /// It stands within the next one.
    pub(super) inlined: bool,
    /// Its source stands below the user's directory.
    pub(super) own: bool,
}

impl Call {
    fn place(&self) -> Option<String> {
        let mut place = self.file.clone()?;
        for number in [self.line, self.column].into_iter().flatten() {
            _ = write!(place, ":{number}");
        }
        Some(place)
    }
}

/// The calls that a frame is, the innermost first, as they are written: many failures share a frame.
#[derive(Debug)]
pub(super) struct Calls {
    all: Vec<Call>,
    text: String,
    json: String,
}

impl Calls {
    /// Writes them.
    pub(super) fn of(all: Vec<Call>) -> Self {
        let lines: Vec<_> = all.iter().map(written).collect();
        let values = all.iter().map(|call| {
            json!({
                "function": call.function,
                "file": call.file,
                "line": call.line,
                "column": call.column,
                "inlined": call.inlined,
            })
        });
        Self {
            text: lines.join("\n"),
            json: Value::Array(values.collect()).to_string(),
            all,
        }
    }
}

/// A line of a stack, with what is known of it.
#[derive(Debug)]
pub(super) enum Shown {
    /// Not of the module.
    Text(String),
    /// A frame of the module.
    Frame {
        frame: Wasm,
        /// As the engine wrote it.
        text: String,
        calls: Rc<Calls>,
    },
}

/// A failure, with what is known of its frames.
#[derive(Debug)]
pub(crate) struct Resolved {
    pub(super) report: Option<Value>,
    pub(super) title: Option<String>,
    pub(super) lines: Vec<Shown>,
}

impl Resolved {
    /// How many frames of the module it has, and how many of them are known.
    pub(crate) fn counts(&self) -> (usize, usize) {
        let frames = self.lines.iter().filter_map(|line| match line {
            Shown::Text(_) => None,
            Shown::Frame { calls, .. } => Some(usize::from(!calls.all.is_empty())),
        });
        frames.fold((0, 0), |(all, known), one| (all + 1, known + one))
    }

    /// It, as it is shown.
    pub(crate) fn shown(&self, form: Form) -> String {
        match form {
            Form::Text => self.text(),
            Form::Json => self.document(),
            Form::Github => self.annotation(),
        }
    }

    fn text(&self) -> String {
        let mut lines: Vec<String> = self.title.iter().cloned().collect();
        for line in &self.lines {
            match line {
                Shown::Text(text) => lines.push(text.clone()),
                Shown::Frame { text, calls, .. } if calls.all.is_empty() => {
                    lines.push(text.clone());
                }
                Shown::Frame { calls, .. } => lines.push(calls.text.clone()),
            }
        }
        lines.join("\n")
    }

    /// It as JSON: written by hand, since most of it is written already.
    pub(crate) fn document(&self) -> String {
        let frames = self.lines.iter().map(|line| match line {
            Shown::Text(text) => format!("{{\"text\":{}}}", json!(text)),
            Shown::Frame { frame, text, calls } => {
                let function = match &frame.function {
                    Function::Index(index) => json!(index),
                    Function::Unknown => Value::Null,
                    Function::Name(name) => json!(name),
                };
                format!(
                    "{{\"text\":{},\"function\":{function},\"offset\":{},\"calls\":{}}}",
                    json!(text.trim()),
                    json!(frame.offset),
                    calls.json
                )
            }
        });
        let frames: Vec<_> = frames.collect();
        format!(
            "{{\"type\":\"symbolicated\",\"title\":{},\"report\":{},\"frames\":[{}]}}",
            json!(self.title),
            self.report.as_ref().unwrap_or(&Value::Null),
            frames.join(",")
        )
    }

    fn annotation(&self) -> String {
        let calls = || {
            self.lines.iter().flat_map(|line| match line {
                Shown::Text(_) => &[][..],
                Shown::Frame { calls, .. } => &calls.all,
            })
        };
        let first = calls().find(|call| call.own).or_else(|| calls().next());
        let mut properties = vec![];
        if let Some(call) = first {
            properties.extend(
                call.file
                    .as_ref()
                    .map(|it| format!("file={}", property(it))),
            );
            properties.extend(call.line.map(|it| format!("line={it}")));
            properties.extend(call.column.map(|it| format!("col={it}")));
        }
        let text = self.text();
        let title = text.lines().next().unwrap_or_default();
        properties.push(format!("title={}", property(title)));
        format!("::error {}::{}", properties.join(","), escaped(&text))
    }
}

fn written(call: &Call) -> String {
    let inlined = if call.inlined { " [inlined]" } else { "" };
    match call.place() {
        Some(place) => format!("    at {} ({place}){inlined}", call.function),
        None => format!("    at {}{inlined}", call.function),
    }
}

fn escaped(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

fn property(text: &str) -> String {
    escaped(text).replace(':', "%3A").replace(',', "%2C")
}
