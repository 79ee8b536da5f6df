//! Reads what a program left of a failure: a report (the versioned JSON of `recovery.onReport`), several of
//! them by line, or the text of a stack. It comes from outside: nothing in it is trusted.

use serde_json::Value;

use super::stack::{self, Function, Line, Wasm};
use crate::error::Error;

/// The version of reports that is understood.
const VERSION: u64 = 1;

/// One failure.
#[derive(Debug, Clone)]
pub(crate) struct Input {
    /// The report, if it is one.
    pub(super) report: Option<Value>,
    /// The build that it is of, if it says so.
    pub(super) build: Option<String>,
    /// What stands above the frames.
    pub(super) title: Option<String>,
    /// The frames, the innermost first, and the lines between.
    pub(super) lines: Vec<Line>,
}

impl Input {
    /// Its frames as they are.
    pub(crate) fn shown(&self) -> String {
        let lines = self
            .title
            .iter()
            .chain(self.lines.iter().map(|line| &line.text));
        lines.map(String::as_str).collect::<Vec<_>>().join("\n")
    }
}

/// The failures in a file; `name` is that of the file.
pub(crate) fn inputs(text: &str, name: &str) -> Result<Vec<Input>, Error> {
    let text = text.trim_start_matches('\u{feff}');
    if text.trim().is_empty() {
        return Err(refused(name, "it is empty"));
    }
    if !text.trim_start().starts_with('{') {
        return Ok(vec![Input {
            report: None,
            build: None,
            title: None,
            lines: stack::lines(text.trim_end()),
        }]);
    }
    let mut all = vec![];
    // One document, also over several lines, or one behind another.
    for value in serde_json::Deserializer::from_str(text).into_iter::<Value>() {
        let value = value.map_err(|error| refused(name, &format!("it is no JSON: {error}")))?;
        all.push(report(value).map_err(|why| refused(name, &why))?);
    }
    Ok(all)
}

fn refused(name: &str, reason: &str) -> Error {
    Error::BadReport {
        file: name.to_owned(),
        reason: reason.to_owned(),
    }
}

fn report(value: Value) -> Result<Input, String> {
    match &value["version"] {
        Value::Number(version) if version.as_u64() == Some(VERSION) => {}
        Value::Null => return Err("it has no version: is it a report?".to_owned()),
        other => {
            return Err(format!(
                "it is of version {other}, and this cargo-recover reads version {VERSION}; update it with \
                 `cargo install cargo-recover`"
            ));
        }
    }
    let build = match &value["build"] {
        Value::Null => None,
        Value::String(id) => Some(id.to_lowercase()),
        _ => return Err("its build is no string".to_owned()),
    };
    let frames = match &value["frames"] {
        Value::Null => &vec![],
        Value::Array(frames) => frames,
        _ => return Err("its frames are no array".to_owned()),
    };
    let lines = frames.iter().map(frame).collect::<Result<Vec<_>, _>>()?;
    let string = |name: &str| value[name].as_str().filter(|text| !text.is_empty());
    let title = match (string("name"), string("message")) {
        (Some(name), Some(message)) => Some(format!("{name}: {message}")),
        (name, message) => name.or(message).map(str::to_owned),
    };
    Ok(Input {
        build,
        title,
        lines,
        report: Some(value),
    })
}

/// A pair of the function's index and the offset in the module, which is negative where none is known.
fn frame(value: &Value) -> Result<Line, String> {
    let wrong = || format!("`{value}` is no frame: expected [function, offset]");
    let pair = value
        .as_array()
        .filter(|pair| pair.len() == 2)
        .ok_or_else(wrong)?;
    let index = pair[0].as_i64().ok_or_else(wrong)?;
    let function = match u32::try_from(index) {
        Ok(index) if index > 0 => Function::Index(index),
        // Where the engine tells none: 0 is what it says then, and never a frame.
        _ if index <= 0 => Function::Unknown,
        _ => return Err(wrong()),
    };
    let offset = pair[1].as_i64().ok_or_else(wrong)?;
    let offset = u32::try_from(offset).ok();
    let place = offset.map_or(String::new(), |offset| format!(":{offset:#x}"));
    Ok(Line {
        text: format!("    at wasm-function[{}]{place}", index.max(0)),
        wasm: Some(Wasm { function, offset }),
    })
}

#[cfg(test)]
#[path = "../tests/report.rs"]
mod tests;
