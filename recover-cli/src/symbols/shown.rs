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
}

impl Call {
    fn place(&self) -> Option<String> {
        let mut place = self.file.clone()?;
        for number in [self.line, self.column].into_iter().flatten() {
            _ = write!(place, ":{number}");
        }
        Some(place)
    }

    /// Is it of a crate whose source the user has before them?
    fn is_own(&self) -> bool {
        let file = self.file.as_deref().unwrap_or("/");
        let of_std = [
            "std/",
            "core/",
            "alloc/",
            "panic_unwind/",
            "compiler-builtins/",
        ];
        let first = file.split('/').next().unwrap_or_default();
        let of_registry = first
            .rsplit_once('-')
            .is_some_and(|(_, version)| version.starts_with(|it: char| it.is_ascii_digit()));
        !file.starts_with('/') && !of_registry && !of_std.iter().any(|it| file.starts_with(it))
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
        calls: Rc<[Call]>,
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
            Shown::Frame { calls, .. } => Some(usize::from(!calls.is_empty())),
        });
        frames.fold((0, 0), |(all, known), one| (all + 1, known + one))
    }

    /// It, as it is shown.
    pub(crate) fn shown(&self, form: Form) -> String {
        match form {
            Form::Text => self.text(),
            Form::Json => self.document().to_string(),
            Form::Github => self.annotation(),
        }
    }

    fn text(&self) -> String {
        let mut lines: Vec<String> = self.title.iter().cloned().collect();
        for line in &self.lines {
            match line {
                Shown::Text(text) => lines.push(text.clone()),
                Shown::Frame { text, calls, .. } if calls.is_empty() => lines.push(text.clone()),
                Shown::Frame { calls, .. } => lines.extend(calls.iter().map(written)),
            }
        }
        lines.join("\n")
    }

    /// It as JSON.
    pub(crate) fn document(&self) -> Value {
        let frames = self.lines.iter().map(|line| match line {
            Shown::Text(text) => json!({ "text": text }),
            Shown::Frame { frame, text, calls } => {
                let calls = calls.iter().map(|call| {
                    json!({
                        "function": call.function,
                        "file": call.file,
                        "line": call.line,
                        "column": call.column,
                        "inlined": call.inlined,
                    })
                });
                let index = match &frame.function {
                    Function::Index(index) => json!(index),
                    Function::Unknown => Value::Null,
                    Function::Name(name) => json!(name),
                };
                let calls: Vec<_> = calls.collect();
                json!({ "text": text.trim(), "function": index, "offset": frame.offset, "calls": calls })
            }
        });
        let frames: Vec<_> = frames.collect();
        json!({ "type": "symbolicated", "title": self.title, "report": self.report, "frames": frames })
    }

    fn annotation(&self) -> String {
        let calls = || {
            self.lines.iter().flat_map(|line| match line {
                Shown::Text(_) => &[][..],
                Shown::Frame { calls, .. } => calls,
            })
        };
        let first = calls()
            .find(|call| call.is_own())
            .or_else(|| calls().next());
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
